//! Fault by fault: how often each candidate is asked, how long that takes, and what comes of it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use agentrun_runtime::call::provider::{ErrorClass, ProviderError};
use agentrun_runtime::call::router::catalog::Pool;
use agentrun_runtime::chat::FinishReason;
use agentrun_runtime::machine::{Answer, Outcome};

use crate::support::{Act, Actor, Reader, Stage, error, reply};

/// A fault, and what is expected of it.
struct Case {
    what: &'static str,
    /// What each candidate does, one act after another.
    acts: Vec<Vec<Act>>,
    retry: u32,
    stream: bool,
    /// How often each candidate is asked.
    asked: &'static [usize],
    /// `ok: text`, or `event: ` and the beginning of each line of its message that matters.
    outcome: &'static str,
    /// The least and the most time it takes, in milliseconds.
    took: (u64, u64),
}

fn case(what: &'static str, acts: Vec<Vec<Act>>, asked: &'static [usize], outcome: &'static str) -> Case {
    Case { what, acts, retry: 0, stream: false, asked, outcome, took: (0, 0) }
}

fn asks_to_wait(class: ErrorClass, status: u16, wait: Duration) -> Act {
    let error = ProviderError { status: Some(status), retry_after: Some(wait), ..error(class) };
    Act::FailWith(Box::new(error))
}

fn well() -> Vec<Act> {
    vec![Act::Say("hello")]
}

fn fail(class: ErrorClass) -> Vec<Act> {
    vec![Act::Fail(class)]
}

fn limited() -> Vec<Act> {
    vec![asks_to_wait(ErrorClass::RateLimited, 429, Duration::from_secs(20))]
}

/// With another candidate: who moves on, and who ends the call.
fn with_another() -> Vec<Case> {
    use ErrorClass as E;
    let moves = |what, class| case(what, vec![fail(class), well()], &[1, 1], "ok: hello");
    vec![
        moves("connect", E::Connect),
        moves("tls", E::Tls),
        moves("no first token", E::TimeoutFirstToken),
        moves("silence", E::TimeoutIdle),
        moves("too long", E::TimeoutTotal),
        moves("408", E::Transient),
        moves("429 quota", E::Quota),
        moves("401", E::Unauthorized),
        moves("404", E::NotFound),
        moves("413", E::TooLarge),
        moves("501", E::Unsupported),
        moves("500", E::Server),
        moves("a cut body", E::Truncated),
        moves("an empty 200", E::Empty),
        moves("no JSON", E::BadFormat),
        moves("not set up", E::NotConfigured),
        case("429 with Retry-After", vec![limited(), well()], &[1, 1], "ok: hello"),
        Case {
            took: (10_000, 10_020),
            ..case("a hang", vec![vec![Act::Hang], well()], &[1, 1], "ok: hello")
        },
        case("text of nothing", vec![vec![Act::Say("  ")], well()], &[1, 1], "ok: hello"),
        case(
            "400",
            vec![fail(E::BadRequest), well()],
            &[1, 0],
            "failed: pool `fast`: p0/m turned the request down: a bad request",
        ),
        case(
            "content policy",
            vec![fail(E::ContentPolicy), well()],
            &[1, 0],
            "refused: pool `fast`: p0/m refused: the provider's policy forbids it",
        ),
        case(
            "the model refuses",
            vec![vec![refusal()], well()],
            &[1, 0],
            "refused: pool `fast`: p0/m refused: I will not.",
        ),
        case(
            "too long for its window, and the other's is not known to be larger",
            vec![fail(E::ContextLength), well()],
            &[1, 0],
            "failed: pool `fast`: p0/m turned the request down: the prompt is too long for the model",
        ),
        case(
            "both are down",
            vec![fail(E::Connect), fail(E::Server)],
            &[1, 1],
            "unavailable: no model of pool `fast` answered\n  p0/m: no connection\n  p1/m: an error of the server",
        ),
        Case {
            retry: 1,
            took: (0, 500),
            ..case(
                "both are down, then one is up",
                vec![vec![Act::Fail(E::Server), Act::Say("hello")], fail(E::Unsupported)],
                &[2, 1],
                "ok: hello",
            )
        },
    ]
}

/// Alone: who is asked again, and after how long.
fn alone() -> Vec<Case> {
    use ErrorClass as E;
    let down = "unavailable: no model of pool `fast` answered\n  p0/m: ";
    let once = |what, class| Case { retry: 2, ..case(what, vec![fail(class)], &[1], down) };
    vec![
        once("501 alone", E::Unsupported),
        once("401 alone", E::Unauthorized),
        once("quota alone", E::Quota),
        once("404 alone", E::NotFound),
        once("not set up alone", E::NotConfigured),
        case("500 alone, no retry", vec![fail(E::Server)], &[1], down),
        Case {
            retry: 2,
            took: (0, 1_500),
            ..case(
                "a storm of 500",
                vec![fail(E::Server)],
                &[3],
                "unavailable: no model of pool `fast` answered\n  p0/m: an error of the server (3 times)",
            )
        },
        Case {
            retry: 2,
            took: (0, 1_500),
            ..case(
                "500 twice, then well",
                vec![vec![Act::Fail(E::Server), Act::Fail(E::Server), Act::Say("hello")]],
                &[3],
                "ok: hello",
            )
        },
        Case {
            retry: 1,
            took: (20_000, 20_500),
            ..case(
                "Retry-After is waited for",
                vec![vec![asks_to_wait(E::RateLimited, 429, Duration::from_secs(20)), Act::Say("hello")]],
                &[2],
                "ok: hello",
            )
        },
        Case {
            retry: 1,
            ..case(
                "Retry-After beyond all patience",
                vec![vec![asks_to_wait(E::RateLimited, 429, Duration::from_mins(15))]],
                &[1],
                "unavailable: no model of pool `fast` answered\n  p0/m: too many requests (429); it asks to wait 900 s",
            )
        },
        Case {
            retry: 1,
            took: (7_000, 7_500),
            ..case(
                "503 with Retry-After",
                vec![vec![asks_to_wait(E::Server, 503, Duration::from_secs(7)), Act::Say("hello")]],
                &[2],
                "ok: hello",
            )
        },
        Case {
            took: (10_000, 10_020),
            ..case(
                "a hang alone",
                vec![vec![Act::Hang]],
                &[1],
                "unavailable: no model of pool `fast` answered\n  p0/m: no whole answer within 10 s",
            )
        },
    ]
}

/// Streams that break.
fn streams() -> Vec<Case> {
    let stream = |what, acts, asked, outcome| Case { stream: true, ..case(what, acts, asked, outcome) };
    vec![
        stream("cut before the first word", vec![vec![Act::Cut(&[])], well()], &[1, 1], "ok: hello"),
        stream(
            "cut after the first words",
            vec![vec![Act::Cut(&["good ", "day"])], well()],
            &[1, 0],
            "unavailable: pool `fast`: p0/m failed after 8 characters had been shown: the answer broke off",
        ),
        Case {
            took: (10_000, 10_020),
            ..stream(
                "silence after the first words",
                vec![vec![Act::HangAfter(&["good "])], well()],
                &[1, 0],
                "unavailable: pool `fast`: p0/m failed after 5 characters had been shown: no whole answer within 10 s",
            )
        },
        Case {
            took: (10_000, 10_020),
            ..stream(
                "silence before the first word",
                vec![vec![Act::HangAfter(&[])], well()],
                &[1, 1],
                "ok: hello",
            )
        },
    ]
}

fn refusal() -> Act {
    Act::Give(Box::new(agentrun_runtime::call::provider::ModelReply {
        refusal: Some("I will not.".to_string()),
        finish: FinishReason::Stop,
        ..reply("")
    }))
}

#[tokio::test(start_paused = true)]
async fn every_fault_leads_where_the_table_says() {
    let mut wrong = Vec::new();
    let mut messages = String::new();
    for case in with_another().into_iter().chain(alone()).chain(streams()) {
        let started = tokio::time::Instant::now();
        let (asked, outcome, _) = play(&case, false).await;
        if !outcome.starts_with("ok") {
            let _ = writeln!(messages, "# {}\n{outcome}\n", case.what);
        }
        let took = u64::try_from(started.elapsed().as_millis()).unwrap();
        if asked != case.asked
            || !outcome.starts_with(case.outcome)
            || !(case.took.0..=case.took.1).contains(&took)
        {
            wrong.push(format!(
                "{}: asked {asked:?} in {took} ms, {outcome}\n  expected {:?} in {:?}, {}",
                case.what, case.asked, case.took, case.outcome
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("failures", messages);
}

#[tokio::test(start_paused = true)]
async fn what_was_shown_is_taken_back_and_nothing_is_shown_twice() {
    let cut =
        Case { stream: true, ..case("cut", vec![vec![Act::Cut(&["good ", "day"])], well()], &[1, 0], "") };
    let (_, _, seen) = play(&cut, false).await;
    assert_eq!(seen, "1> p0/m\n1 good \n1 day\n1< the answer broke off\n! p0/m: the answer broke off");
    // A reader that can take words back sees the next candidate's instead.
    let (asked, outcome, seen) = play(&cut, true).await;
    assert_eq!((asked, &*outcome), (vec![1, 1], "ok: hello"));
    assert_eq!(
        seen,
        "1> p0/m\n1 good \n1 day\n1< the answer broke off\n! p0/m: the answer broke off\n2> p1/m\n2 hello"
    );
    // With nothing shown there is nothing to take back.
    let before = Case { acts: vec![vec![Act::Cut(&[])], well()], ..cut };
    let (_, _, seen) = play(&before, false).await;
    assert_eq!(seen, "1> p0/m\n! p0/m: the answer broke off\n2> p1/m\n2 hello");
}

/// How often each was asked, what came of it, what the reader saw.
async fn play(case: &Case, retracts: bool) -> (Vec<usize>, String, String) {
    let actors: Vec<Arc<Actor>> = case.acts.iter().map(|acts| Actor::new(acts.clone())).collect();
    let mut stage = Stage::of(&actors.iter().collect::<Vec<_>>());
    stage.pool = Pool { retry: case.retry, ..stage.pool };
    stage.call.stream = case.stream;
    stage.reader = Arc::new(Reader { retracts, ..Reader::default() });
    let outcome = stage.perform().await;
    (actors.iter().map(|actor| actor.times()).collect(), told(&outcome), stage.reader.text())
}

fn told(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(Answer::Model(answer)) => format!("ok: {}", answer.text),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => format!("{}: {}", failure.kind.event(), failure.message),
    }
}
