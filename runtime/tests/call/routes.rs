//! Who is asked first, and who is passed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use agentrun_lang::ir::{Model, Strategy};
use agentrun_lang::value::{Media, MediaSource};
use agentrun_runtime::call::provider::{Caps, ErrorClass};
use agentrun_runtime::call::router::catalog::{Candidate, Pool};
use agentrun_runtime::chat::Part;
use agentrun_runtime::machine::{Answer, Outcome};

use crate::support::{Act, Actor, Stage, candidate, model};

fn hello() -> Arc<Actor> {
    Actor::new([Act::Say("hello")])
}

fn with_caps(caps: Caps) -> Arc<Actor> {
    Actor::with_caps([Act::Say("hello")], caps)
}

fn target_of(outcome: Outcome) -> String {
    let Ok(Answer::Model(answer)) = outcome.result else { panic!("{:?}", outcome.result) };
    answer.target.to_string()
}

fn message_of(outcome: Outcome) -> String {
    outcome.result.expect_err("the call fails").message
}

fn priced(index: usize, actor: &Arc<Actor>, dollars: Option<i64>) -> Candidate {
    let price = dollars.map(|dollars| {
        let nanos = dollars * 1_000_000_000;
        agentrun_runtime::call::cost::Price::stated(agentrun_lang::ir::Price { input: nanos, output: nanos })
    });
    Candidate { price, ..candidate(index, &[actor]) }
}

#[tokio::test(start_paused = true)]
async fn the_cheapest_known_price_comes_first() {
    let actor = hello();
    let mut stage = Stage::of(&[]);
    let candidates = vec![priced(0, &actor, None), priced(1, &actor, Some(3)), priced(2, &actor, Some(2))];
    stage.pool = Pool::new(&Model { strategy: Strategy::Cheapest, ..model() }, candidates);
    assert_eq!(target_of(stage.perform().await), "p2/m");
}

#[tokio::test(start_paused = true)]
async fn weights_share_calls_and_the_same_call_goes_the_same_way() {
    let actor = hello();
    let mut stage = Stage::of(&[]);
    let weighted = Model { strategy: Strategy::Weighted, weights: vec![3.0, 1.0, 0.0], ..model() };
    stage.pool = Pool::new(&weighted, (0..3).map(|index| candidate(index, &[&actor])).collect());
    let line = stage.line();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for n in 0..400 {
        let effect = format!("main/say#{n}");
        let first = target_of(line.perform(stage.request(&effect)).await);
        assert_eq!(first, target_of(line.perform(stage.request(&effect)).await));
        *counts.entry(first).or_default() += 1;
    }
    assert_eq!(counts.len(), 2, "{counts:?}");
    assert!((260..=340).contains(&counts["p0/m"]), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_take_the_call_is_passed_over_and_named() {
    let blind = with_caps(Caps::default());
    let seeing = with_caps(Caps { images: true, ..Caps::default() });
    let picture = Media { mime: "image/png".into(), source: MediaSource::Bytes(vec![1].into()) };
    let mut stage = Stage::of(&[&blind, &seeing]);
    stage.call.messages[0].parts.push(Part::Media(picture.clone()));
    assert_eq!(target_of(stage.perform().await), "p1/m");
    let mut stage = Stage::of(&[&blind]);
    stage.call.messages[0].parts.push(Part::Media(picture));
    assert_eq!(
        message_of(stage.perform().await),
        "no model of pool `fast` can take this call\n  p0/m: it takes no images\n\
         help: add a model that takes it to the pool's `use`"
    );
    assert_eq!(blind.times(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_window_too_small_is_passed_over_while_a_larger_one_is_there() {
    let small = with_caps(Caps { context: Some(1_000), ..Caps::default() });
    let large = with_caps(Caps { context: Some(100_000), ..Caps::default() });
    assert_eq!(target_of(Stage::of(&[&small, &large]).perform().await), "p1/m");
    // Alone it does, with what is left for the answer.
    assert_eq!(target_of(Stage::of(&[&small]).perform().await), "p0/m");
    assert_eq!(small.request(0).max_tokens, 1_000 - 73);
    // A prompt that leaves no room for an answer does not go out.
    let mut stage = Stage::of(&[&small]);
    stage.call = crate::support::question(&"word ".repeat(700));
    let message = message_of(stage.perform().await);
    assert!(message.contains("its window of 1000 tokens is too small"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_key_gives_way_to_the_next_and_other_faults_do_not_try_it() {
    let dead = Actor::new([Act::Fail(ErrorClass::Unauthorized)]);
    let live = hello();
    let mut stage = Stage::of(&[]);
    stage.pool = Pool::new(&model(), vec![candidate(0, &[&dead, &live])]);
    assert_eq!(target_of(stage.perform().await), "p0/m");
    assert_eq!((dead.times(), live.times()), (1, 1));
    assert_eq!(stage.reader.text(), "1> p0/m\n! p0/m: the key is not taken\n2> p0/m");
    // From then on the live key goes first.
    assert_eq!(target_of(stage.perform().await), "p0/m");
    assert_eq!((dead.times(), live.times()), (1, 2));
    let down = Actor::new([Act::Fail(ErrorClass::Server)]);
    stage.pool = Pool::new(&model(), vec![candidate(5, &[&down, &live]), candidate(6, &[&live])]);
    assert_eq!(target_of(stage.perform().await), "p6/m");
}

#[tokio::test(start_paused = true)]
async fn a_pool_of_nobody_says_what_to_set_up() {
    let message = message_of(Stage::of(&[]).perform().await);
    assert!(
        message.starts_with("no model of pool `fast` can take this call\nhelp: set `OPENAI_API_KEY`"),
        "{message}"
    );
}
