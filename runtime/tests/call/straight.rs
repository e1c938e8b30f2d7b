//! The way of a call that meets no trouble.

use std::sync::Arc;

use agentrun_runtime::chat::FinishReason;
use agentrun_runtime::machine::{Answer, Spent};

use crate::support::{Act, Actor, Stage};

#[tokio::test(start_paused = true)]
async fn a_text_comes_back_with_what_it_cost() {
    let actor = Actor::new([Act::Say("good day  \n")]);
    let outcome = Stage::of(&[&actor]).perform().await;
    let Ok(Answer::Model(answer)) = outcome.result else { panic!("{:?}", outcome.result) };
    assert_eq!(&*answer.text, "good day");
    assert_eq!(&*answer.target, "p0/m");
    assert_eq!((answer.attempts, answer.finish), (1, FinishReason::Stop));
    assert_eq!(outcome.spent, Spent { cost: Some(120_000), time: 0, calls: 1, input: 100, output: 10 });
    assert_eq!(actor.request(0).idempotency_key, "run/main/say#1");
}

#[tokio::test(start_paused = true)]
async fn a_stream_reaches_the_reader_as_it_comes_and_once() {
    let actor = Actor::new([Act::Say("good day to you")]);
    let mut stage = Stage::of(&[&actor]);
    stage.call.stream = true;
    let outcome = stage.perform().await;
    assert!(outcome.result.is_ok());
    assert_eq!(stage.reader.text(), "1> p0/m\n1 good \n1 day \n1 to \n1 you");
    assert_eq!(Arc::strong_count(&stage.reader), 1);
}
