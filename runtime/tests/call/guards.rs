//! Where guardrails stand: before the prompt goes out, between stream and reader, before the answer counts.

use std::sync::Arc;

use agentrun_lang::ir::{GuardId, GuardOn};
use agentrun_runtime::call::guardrail::{Chain, Guardrail, Verdict};
use agentrun_runtime::call::screen::{Filter, FilterMaker};
use agentrun_runtime::machine::{Answer, Outcome};
use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::support::{Act, Actor, Stage};

/// Acts on texts with `secret` in them.
struct Watch {
    side: GuardOn,
    verdict: Verdict,
    filters: bool,
}

impl Guardrail for Watch {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn side(&self) -> GuardOn {
        self.side
    }

    fn check<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Verdict> {
        let found = text.contains("secret");
        ready(if found { self.verdict.clone() } else { Verdict::Pass }).boxed()
    }

    fn filter(&self) -> Option<FilterMaker> {
        self.filters.then(|| Arc::new(|| Box::new(Words::default()) as Box<dyn Filter>) as FilterMaker)
    }
}

/// Cuts the word `secret` out, word by word.
#[derive(Default)]
struct Words {
    held: String,
}

impl Filter for Words {
    fn push(&mut self, text: &str) -> String {
        self.held.push_str(text);
        let end = self.held.rfind(' ').map_or(0, |at| at + 1);
        let cleared: String = self.held.drain(..end).collect();
        cleared.replace("secret", "***")
    }

    fn finish(&mut self) -> String {
        std::mem::take(&mut self.held).replace("secret", "***")
    }
}

fn stage(actor: &Arc<Actor>, side: GuardOn, verdict: Verdict, filters: bool) -> Stage {
    let mut stage = Stage::of(&[actor]);
    stage.call.guards = vec![GuardId(0)];
    stage.call.stream = true;
    stage.guardrails = Chain::new(vec![Some(Arc::new(Watch { side, verdict, filters }))]);
    stage
}

fn told(outcome: Outcome) -> String {
    match outcome.result {
        Ok(Answer::Model(answer)) => answer.text.to_string(),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => format!("{}: {}", failure.kind.event(), failure.message),
    }
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_that_is_not_there_stops_the_call() {
    let actor = Actor::new([Act::Say("hello")]);
    let mut stage = Stage::of(&[&actor]);
    stage.call.guards = vec![GuardId(3)];
    assert_eq!(
        told(stage.perform().await),
        "blocked: guardrail `#3` stopped the prompt of this call: it cannot run here, and a guardrail is never passed over"
    );
    assert_eq!(actor.times(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_is_stopped_before_anyone_is_asked_and_nothing_stays_reserved() {
    let actor = Actor::new([Act::Say("hello")]);
    let mut stage = stage(&actor, GuardOn::Input, Verdict::Block("a secret".to_string()), true);
    stage.call.messages = crate::support::question("the secret is 42").messages;
    assert_eq!(
        told(stage.perform().await),
        "blocked: guardrail `watch` stopped the prompt of this call: a secret"
    );
    assert_eq!(actor.times(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_redacted_prompt_goes_out_without_it() {
    let actor = Actor::new([Act::Say("hello")]);
    let mut stage = stage(&actor, GuardOn::Input, Verdict::Redact("[REDACTED]".to_string()), true);
    stage.call.messages = crate::support::question("the secret is 42").messages;
    assert_eq!(told(stage.perform().await), "hello");
    assert_eq!(actor.request(0).messages[0].plain(), "[REDACTED]");
}

#[tokio::test(start_paused = true)]
async fn a_stream_reaches_the_reader_through_the_filter() {
    let actor = Actor::new([Act::Say("the secret is secret")]);
    let stage = stage(&actor, GuardOn::Output, Verdict::Redact("the *** is ***".to_string()), true);
    assert_eq!(told(stage.perform().await), "the *** is ***");
    assert_eq!(stage.reader.text(), "1> p0/m\n1 the \n1 *** \n1 is \n1 ***");
}

#[tokio::test(start_paused = true)]
async fn without_a_filter_nothing_is_shown_before_the_whole_is_cleared() {
    let actor = Actor::new([Act::Say("the secret is 42")]);
    let cleared = stage(&actor, GuardOn::Output, Verdict::Redact("the rest".to_string()), false);
    assert_eq!(told(cleared.perform().await), "the rest");
    assert_eq!(cleared.reader.text(), "1> p0/m\n1 the rest");
    let blocked = stage(&actor, GuardOn::Output, Verdict::Block("a secret".to_string()), false);
    assert_eq!(
        told(blocked.perform().await),
        "blocked: guardrail `watch` stopped the answer of this call: a secret"
    );
    assert_eq!(blocked.reader.text(), "1> p0/m");
}

#[tokio::test(start_paused = true)]
async fn what_a_filter_let_pass_is_taken_back_when_the_whole_is_blocked() {
    let actor = Actor::new([Act::Say("the secret is 42")]);
    let stage = stage(&actor, GuardOn::Output, Verdict::Block("a secret".to_string()), true);
    let told = told(stage.perform().await);
    assert!(told.starts_with("blocked: "), "{told}");
    let seen = stage.reader.text();
    assert!(seen.ends_with("1< guardrail `watch` stopped the answer of this call: a secret"), "{seen}");
}
