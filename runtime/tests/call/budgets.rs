//! What is reserved, what is booked, and that no bound is ever passed.

use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ir::Bounds;
use agentrun_runtime::call::budget::Amount;
use agentrun_runtime::call::ledger::{Cost, End};
use agentrun_runtime::call::provider::{ErrorClass, ModelReply, ProviderError};
use agentrun_runtime::call::router::catalog::{Candidate, Pool};
use agentrun_runtime::chat::Usage;
use agentrun_runtime::error::{Failure, FailureKind};
use agentrun_runtime::machine::{Outcome, Scope, Spending, Spent};
use futures_util::future::join_all;
use proptest::prelude::{Strategy, prop};

use crate::support::{Act, Actor, Stage, candidate, error, model, reply, scope};

fn calls(most: u64) -> Bounds {
    Bounds { calls: Some(most), ..Bounds::default() }
}

fn cost(most: i64) -> Bounds {
    Bounds { cost: Some(most), ..Bounds::default() }
}

fn tokens(most: u64) -> Bounds {
    Bounds { tokens: Some(most), ..Bounds::default() }
}

fn failure(outcome: Outcome) -> Failure {
    outcome.result.expect_err("the call fails")
}

fn ran_out(scope: &str, bound: &str) -> FailureKind {
    FailureKind::Budget { scope: scope.into(), bound: bound.into() }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_calls_side_by_side_never_pass_a_cap_of_ten() {
    let slow = Act::After(Duration::from_millis(50), Box::new(Act::Say("hello")));
    let actor = Actor::new([slow]);
    let mut stage = Stage::of(&[&actor]);
    stage.scopes = vec![scope("agent Main", calls(10))];
    let line = stage.line();
    let outcomes = join_all((0..200).map(|n| line.perform(stage.request(&format!("part[{n}]"))))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.result.is_ok()).count(), 10);
    assert_eq!(actor.times(), 10);
    let spent = outcomes.iter().map(|outcome| outcome.spent.calls).sum::<u64>();
    assert_eq!(spent, 10);
    let refused = outcomes.into_iter().find(|outcome| outcome.result.is_err()).unwrap();
    let refused = failure(refused);
    assert_eq!(refused.kind, ran_out("agent Main", "calls"));
    assert_eq!(
        refused.message,
        "pool `fast`: agent Main has 0 of its 10 calls left, and this call may take 1\n\
         help: raise the budget's `calls`"
    );
}

#[tokio::test(start_paused = true)]
async fn money_is_reserved_at_the_dearest_candidates_price_and_booked_at_the_real_one() {
    let actor = Actor::new([Act::Say("hello")]);
    let mut stage = Stage::of(&[&actor, &actor]);
    // 1,000 tokens of answer cost at most $0.002, the prompt about $0.0001; the call comes to $0.00012.
    stage.scopes = vec![scope("agent Main", cost(4_200_000))];
    let line = stage.line();
    let first = line.perform(stage.request("one")).await;
    assert_eq!(first.spent.cost, Some(120_000));
    let account = stage.shared.budgets.account("run", "agent Main");
    assert_eq!(account.booked, Amount { cost: 120_000, calls: 1, tokens: 110 });
    assert_eq!(account.held, Amount::default());
    stage.scopes = vec![scope("agent Main", cost(2_100_000))];
    let second = failure(line.perform(stage.request("two")).await);
    assert_eq!(second.kind, ran_out("agent Main", "cost"));
    assert!(second.message.contains("has $0.00198 of its $0.0021 left"), "{}", second.message);
}

#[tokio::test(start_paused = true)]
async fn the_outermost_scope_that_has_too_little_is_named_and_nothing_is_held() {
    let actor = Actor::new([Act::Say("hello")]);
    let mut stage = Stage::of(&[&actor]);
    stage.scopes = vec![
        scope("agent Main", tokens(5_000)),
        scope("loop work", tokens(500)),
        scope("run dig", tokens(400)),
    ];
    assert_eq!(failure(stage.perform().await).kind, ran_out("loop work", "tokens"));
    for id in ["agent Main", "loop work", "run dig"] {
        assert_eq!(stage.shared.budgets.account("run", id).held, Amount::default());
    }
    assert_eq!(actor.times(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_from_what_its_record_says() {
    let actor = Actor::new([Act::Say("hello")]);
    let mut stage = Stage::of(&[&actor]);
    let spent = Spending { calls: 3, ..Spending::default() };
    stage.scopes = vec![Scope { spent, ..scope("agent Main", calls(4)) }];
    let line = stage.line();
    assert!(line.perform(stage.request("one")).await.result.is_ok());
    assert_eq!(failure(line.perform(stage.request("two")).await).kind, ran_out("agent Main", "calls"));
    stage.shared.budgets.close("run");
    assert_eq!(stage.shared.budgets.account("run", "agent Main").booked, Amount::default());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_price_is_refused_under_a_cost_and_only_there() {
    let actor = Actor::new([Act::Say("hello")]);
    let mut stage = Stage::of(&[&actor]);
    let unpriced = Candidate { price: None, ..candidate(0, &[&actor]) };
    stage.pool = Pool::new(&model(), vec![unpriced.clone()]);
    let free = stage.perform().await;
    assert_eq!(free.spent, Spent { cost: None, time: 0, calls: 1, input: 100, output: 10 });
    stage.scopes = vec![scope("agent Main", cost(1_000_000_000))];
    let refused = failure(stage.perform().await);
    assert_eq!(
        refused.message,
        "no model of pool `fast` can take this call\n  \
         p0/m: its price is not known, and a budget bounds the cost\n\
         help: write `price: { input: $0.10, output: $0.40 }` (for a million tokens) in the pool"
    );
    // Another one whose price is known answers.
    stage.pool = Pool::new(&model(), vec![unpriced, candidate(1, &[&actor])]);
    assert!(stage.perform().await.result.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_costs_what_was_seen_of_it() {
    let counted = ProviderError {
        usage: Usage { input: Some(100), output: Some(50), ..Usage::default() },
        ..error(ErrorClass::Truncated)
    };
    let first = Actor::new([Act::FailWith(Box::new(counted))]);
    let second = Actor::new([Act::Fail(ErrorClass::Server)]);
    let third = Actor::new([Act::Say("hello")]);
    let stage = Stage::of(&[&first, &second, &third]);
    let outcome = stage.perform().await;
    assert_eq!(outcome.spent, Spent { cost: Some(320_000), time: 0, calls: 1, input: 200, output: 60 });
    let rows = stage.shared.ledger.rows();
    let told: Vec<_> = rows.iter().map(|row| (&*row.target, row.end, row.cost)).collect();
    assert_eq!(
        told,
        [
            ("p0/m", End::Failed(ErrorClass::Truncated), Cost::Known(200_000)),
            ("p1/m", End::Failed(ErrorClass::Server), Cost::Estimated(0)),
            ("p2/m", End::Replied, Cost::Known(120_000)),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_further_attempt_reserves_what_the_last_one_used_up() {
    let counted = ProviderError {
        usage: Usage { input: Some(100), output: Some(900), ..Usage::default() },
        ..error(ErrorClass::Truncated)
    };
    let first = Actor::new([Act::FailWith(Box::new(counted))]);
    let second = Actor::new([Act::Say("hello")]);
    let mut stage = Stage::of(&[&first, &second]);
    stage.scopes = vec![scope("agent Main", tokens(1_500))];
    assert_eq!(failure(stage.perform().await).kind, ran_out("agent Main", "tokens"));
    assert_eq!((first.times(), second.times()), (1, 0));
    assert_eq!(stage.shared.budgets.account("run", "agent Main").booked.tokens, 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_settles_what_was_seen() {
    let actor = Actor::new([Act::HangAfter(&["forty letters of an answer are ten tokens"])]);
    let mut stage = Stage::of(&[&actor]);
    stage.call.stream = true;
    stage.scopes = vec![scope("agent Main", calls(10))];
    let request = stage.request("one");
    let meter = Arc::clone(&request.meter);
    let line = stage.line();
    let cut = tokio::time::timeout(Duration::from_secs(1), line.perform(request)).await;
    assert!(cut.is_err());
    let spent = meter.spent();
    assert_eq!((spent.calls, spent.output, spent.time), (1, 11, 1_000));
    assert!(spent.input > 0 && spent.cost.is_some_and(|cost| cost > 0), "{spent:?}");
    let account = stage.shared.budgets.account("run", "agent Main");
    assert_eq!(account.held, Amount::default());
    assert_eq!((account.booked.calls, account.booked.tokens), (1, spent.input + spent.output));
    assert_eq!(stage.shared.ledger.rows()[0].end, End::Canceled);
}

#[tokio::test(start_paused = true)]
async fn a_count_of_nothing_beside_an_answer_is_no_count() {
    let usage = Usage { input: Some(0), output: Some(0), ..Usage::default() };
    let actor =
        Actor::new([Act::Give(Box::new(ModelReply { usage, ..reply("forty letters of an answer") }))]);
    let stage = Stage::of(&[&actor]);
    let spent = stage.perform().await.spent;
    assert_eq!(spent.output, 7);
    assert!(spent.input > 0 && spent.cost.is_some_and(|cost| cost > 14_000), "{spent:?}");
    assert!(matches!(stage.shared.ledger.rows()[0].cost, Cost::Estimated(_)));
}

/// Some providers count 1 when an answer begins, and the rest when it ends.
#[tokio::test(start_paused = true)]
async fn what_was_counted_before_a_stream_broke_off_is_only_a_part() {
    let broken = ProviderError {
        usage: Usage { input: Some(100), output: Some(1), ..Usage::default() },
        partial: "word ".repeat(1_000),
        ..error(ErrorClass::Truncated)
    };
    let stage = Stage::of(&[&Actor::new([Act::FailWith(Box::new(broken))])]);
    let spent = stage.perform().await.spent;
    assert_eq!((spent.input, spent.output, spent.cost), (100, 1_250, Some(2_600_000)));
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_nobody_answered_in_time_is_paid_for() {
    for cut_after in [1, 600] {
        let actor = Actor::new([Act::Hang]);
        let stage = Stage::of(&[&actor]);
        let request = stage.request("one");
        let meter = Arc::clone(&request.meter);
        let line = stage.line();
        let _ = tokio::time::timeout(Duration::from_secs(cut_after), line.perform(request)).await;
        let spent = meter.spent();
        assert!(spent.input > 0 && spent.cost.is_some_and(|cost| cost > 0), "{cut_after} s: {spent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_whose_answer_broke_off_at_once_is_paid_for() {
    let stage = Stage::of(&[&Actor::new([Act::Fail(ErrorClass::Truncated)])]);
    let spent = stage.perform().await.spent;
    assert!(spent.input > 0 && spent.cost.is_some_and(|cost| cost > 0), "{spent:?}");
}

#[tokio::test(start_paused = true)]
async fn time_is_one_deadline_over_every_attempt_and_wait() {
    let hang = Actor::new([Act::Hang]);
    let mut stage = Stage::of(&[&hang, &hang]);
    let bounds = Bounds { time: Some(20_000), ..Bounds::default() };
    let spent = Spending { time: 6_000, ..Spending::default() };
    stage.scopes = vec![
        scope("agent Main", Bounds { time: Some(60_000), ..bounds }),
        Scope { spent, ..scope("loop work", bounds) },
    ];
    stage.time_left = Some(14_000);
    let started = tokio::time::Instant::now();
    let outcome = stage.perform().await;
    // Ten seconds for the first candidate, the four that are left for the second.
    let took = started.elapsed();
    assert!((14_000..14_020).contains(&took.as_millis()), "{took:?}");
    assert_eq!((outcome.spent.time / 100, hang.times()), (140, 2));
    let failure = failure(outcome);
    assert_eq!(failure.kind, ran_out("loop work", "time"));
    assert!(failure.message.contains("p0/m: no whole answer within 10 s"), "{}", failure.message);
}

/// What one of many calls may come to, what it comes to (at most that), and after which it ends.
fn steps() -> impl Strategy<Value = Vec<(u64, u64, usize)>> {
    prop::collection::vec((1_u64..500, 0_u64..500, 0_usize..8), 1..60)
}

proptest::proptest! {
    /// Calls that overlap in any way: what is booked never passes the cap, and in the end nothing is held.
    #[test]
    fn holds_never_pass_the_cap_and_are_always_released(cap in 0_u64..4_000, steps in steps()) {
        let stage = tokio::runtime::Runtime::new().unwrap().block_on(async { Stage::of(&[]) });
        let budgets = Arc::clone(&stage.shared.budgets);
        let mut open = std::collections::VecDeque::new();
        let check = || {
            let account = budgets.account("run", "agent Main");
            assert!(account.booked.tokens + account.held.tokens <= cap, "{account:?}");
        };
        for (index, (asked, real, overlap)) in steps.into_iter().enumerate() {
            let mut request = stage.request(&format!("part[{index}]"));
            request.scopes = vec![scope("agent Main", tokens(cap)), scope("loop work", tokens(cap / 2))];
            request.call.max_tokens = Some(u32::try_from(asked).unwrap());
            let meter = Arc::clone(&request.meter);
            if let Ok(hold) = budgets.reserve(&request, &stage.pool) {
                open.push_back((hold, meter, real.min(asked)));
            }
            check();
            while open.len() > overlap {
                let (hold, meter, real) = open.pop_front().unwrap();
                meter.charge(agentrun_runtime::call::meter::Charge { cost: Some(0), input: 0, output: real });
                hold.settle();
                check();
            }
        }
        drop(open);
        for id in ["agent Main", "loop work"] {
            assert_eq!(budgets.account("run", id).held, Amount::default());
        }
    }
}
