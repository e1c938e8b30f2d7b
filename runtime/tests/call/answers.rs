//! Typed answers: read, checked, asked for again.

use std::sync::Arc;

use agentrun_lang::ast::BinaryOp;
use agentrun_lang::ir::{Expr, ExprKind};
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::Span;
use agentrun_lang::value::{Date, Type, Value, to_json};
use agentrun_runtime::call::provider::{Caps, ErrorClass, ModelReply, SchemaDialect};
use agentrun_runtime::chat::{FinishReason, Message};
use agentrun_runtime::error::FailureKind;
use agentrun_runtime::machine::{Answer, Checks, Outcome, Output, Spending};
use jiff::civil::date;

use crate::support::{Act, Actor, Stage, reply, shown};

/// `{ kind: "refund" | "other", total: int }`.
fn ty() -> Type {
    let kind = Type::Union(vec![Type::Literal("refund".into()), Type::Literal("other".into())].into());
    Type::Shape(vec![("kind".into(), kind), ("total".into(), Type::Int)].into())
}

fn stage(actor: &Arc<Actor>, repair: u32) -> Stage {
    let mut stage = Stage::of(&[actor]);
    stage.call.output = Output::Typed(ty());
    stage.call.repair = repair;
    stage
}

/// `check: .total == 3`.
fn check(stage: &mut Stage) {
    let mut sources = SourceMap::default();
    let source = sources.add("main.agent", ".total == 3");
    let span = |start, end| Span { source: source.id, start, end };
    let total = Expr { kind: ExprKind::Field(Box::new(own(span(0, 1))), "total".into()), span: span(0, 6) };
    let three = Expr { kind: ExprKind::Const(Value::Int(3)), span: span(10, 11) };
    let kind = ExprKind::Binary(BinaryOp::Eq, Box::new(total), Box::new(three));
    stage.program.sources = Arc::new(sources);
    stage.call.checks = Some(Arc::new(Checks {
        exprs: vec![Expr { kind, span: span(0, 11) }],
        slots: Vec::new().into(),
        overlay: Vec::new(),
        spent: Spending::default(),
        now: Date::Day(date(2026, 11, 23)),
    }));
}

fn own(span: Span) -> Expr {
    Expr { kind: ExprKind::Own, span }
}

fn told(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(Answer::Model(answer)) => to_json(answer.value.as_ref().unwrap()).to_string(),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => format!("{}: {}", failure.kind.event(), failure.message),
    }
}

fn last_words(actor: &Actor, n: usize) -> Vec<String> {
    let messages = actor.request(n).messages;
    messages[messages.len() - 2..].iter().map(Message::plain).collect()
}

#[tokio::test(start_paused = true)]
async fn words_and_fences_around_a_value_do_not_matter() {
    for said in [
        r#"{"kind": "refund", "total": 3}"#,
        "Sure! Here it is:\n```json\n{\"kind\": \"refund\", \"total\": 3,}\n```\nAnything else?",
        "<think>hm</think>{\"total\": \"3\", \"kind\": \"Refund\"}",
    ] {
        let outcome = stage(&Actor::new([Act::Say(said)]), 0).perform().await;
        assert_eq!(told(&outcome), r#"{"kind":"refund","total":3}"#, "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_value_is_quoted_and_asked_for_again() {
    let actor = Actor::new([
        Act::Say(r#"{"kind": "refund", "total": "three"}"#),
        Act::Say(r#"{"kind": "refund", "total": 3}"#),
    ]);
    let outcome = stage(&actor, 1).perform().await;
    assert_eq!(told(&outcome), r#"{"kind":"refund","total":3}"#);
    assert_eq!((outcome.spent.calls, outcome.spent.input), (2, 200));
    let quoted = last_words(&actor, 1);
    assert_eq!(quoted[0], r#"{"kind": "refund", "total": "three"}"#);
    assert!(
        quoted[1].starts_with("That does not fit:\n- `total`: expected `int`, found \"three\"\n"),
        "{}",
        quoted[1]
    );
}

#[tokio::test(start_paused = true)]
async fn without_repair_left_it_is_invalid_and_says_what_is_wrong() {
    let actor = Actor::new([Act::Say(r#"{"kind": "sale"}"#)]);
    let outcome = stage(&actor, 2).perform().await;
    assert_eq!(actor.times(), 3);
    assert_eq!(outcome.result.as_ref().unwrap_err().kind, FailureKind::Invalid);
    insta::assert_snapshot!("invalid", told(&outcome));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_is_quoted_with_both_its_sides() {
    let actor = Actor::new([
        Act::Say(r#"{"kind": "refund", "total": 5}"#),
        Act::Say(r#"{"kind": "refund", "total": 3}"#),
    ]);
    let mut stage = stage(&actor, 1);
    check(&mut stage);
    assert_eq!(told(&stage.perform().await), r#"{"kind":"refund","total":3}"#);
    let quoted = last_words(&actor, 1);
    assert!(
        quoted[1].contains("- `.total == 3` is not true: 5 on the left, 3 on the right\n"),
        "{}",
        quoted[1]
    );
}

#[tokio::test(start_paused = true)]
async fn a_bad_value_is_never_failed_over_and_a_fault_in_a_re_ask_is() {
    let first = Actor::new([Act::Say("no"), Act::Fail(ErrorClass::Server)]);
    let second = Actor::new([Act::Say(r#"{"kind": "other", "total": 1}"#)]);
    let mut both = Stage::of(&[&first, &second]);
    both.call.output = Output::Typed(ty());
    assert!(told(&both.perform().await).starts_with("invalid: "));
    assert_eq!((first.times(), second.times()), (1, 0));
    let first = Actor::new([Act::Say("no"), Act::Fail(ErrorClass::Server)]);
    let mut both = Stage::of(&[&first, &second]);
    both.call.output = Output::Typed(ty());
    both.call.repair = 1;
    assert_eq!(told(&both.perform().await), r#"{"kind":"other","total":1}"#);
    assert_eq!((first.times(), second.times()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_was_cut_off_says_so() {
    let cut = |text: &str| Act::Give(Box::new(ModelReply { finish: FinishReason::Length, ..reply(text) }));
    let outcome = stage(&Actor::new([cut(r#"{"kind": "refund", "to"#)]), 0).perform().await;
    let told_of = told(&outcome);
    assert!(told_of.contains("\n  - it was cut off after `max_tokens` (1000)\n"), "{told_of}");
    // What came of it fits: it is taken, and the reader is told.
    let fits = stage(&Actor::new([cut(r#"{"total": 3, "kind": "refund""#)]), 0);
    assert_eq!(told(&fits.perform().await), r#"{"kind":"refund","total":3}"#);
    assert_eq!(fits.reader.text(), "1> p0/m\n! the answer of p0/m was cut off after `max_tokens`");
    let nothing = stage(&Actor::new([cut("")]), 0).perform().await;
    assert!(told(&nothing).contains("there is nothing in it: it was cut off after `max_tokens` (1000)"));
}

#[tokio::test(start_paused = true)]
async fn the_type_goes_out_as_a_schema_where_one_is_taken_and_in_words_where_none_is() {
    let caps = |schema, dialect| Caps { schema, dialect, ..Caps::default() };
    for (name, caps) in [
        ("ask_in_words", caps(false, SchemaDialect::Full)),
        ("ask_by_grammar", caps(true, SchemaDialect::Full)),
        ("ask_by_openai", caps(true, SchemaDialect::OpenAi)),
    ] {
        let actor = Actor::with_caps([Act::Say(r#"{"kind": "refund", "total": 3}"#)], caps);
        assert!(stage(&actor, 0).perform().await.result.is_ok());
        insta::assert_snapshot!(name, shown(&actor.request(0)));
    }
    // What such a schema wraps is unwrapped.
    let actor = Actor::with_caps([Act::Say(r#"{"value": [1, 2]}"#)], caps(true, SchemaDialect::OpenAi));
    let mut list = stage(&actor, 0);
    list.call.output = Output::Typed(Type::list(Type::Int));
    assert_eq!(told(&list.perform().await), "[1,2]");
}
