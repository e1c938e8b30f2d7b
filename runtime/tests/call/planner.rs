//! A planner's turns, with models that can do more and less.

use std::sync::Arc;

use agentrun_lang::ir::Bounds;
use agentrun_lang::value::Type;
use agentrun_runtime::call::provider::{Caps, ModelReply};
use agentrun_runtime::chat::{FinishReason, Message, Part, Role, ToolCall, ToolResult, ToolSpec};
use agentrun_runtime::error::FailureKind;
use agentrun_runtime::machine::{Answer, ModelAnswer, Outcome, Output};
use serde_json::json;

use crate::support::{Act, Actor, Stage, reply, scope, shown};

fn native() -> Caps {
    Caps { tools: true, ..Caps::default() }
}

fn constrained() -> Caps {
    Caps { tools: true, schema: true, ..Caps::default() }
}

fn schema_only() -> Caps {
    Caps { schema: true, ..Caps::default() }
}

fn calls(calls: &[(&str, serde_json::Value)]) -> Act {
    let tool_calls = calls
        .iter()
        .map(|(name, arguments)| ToolCall {
            name: (*name).into(),
            arguments: arguments.clone(),
            ..ToolCall::default()
        })
        .collect();
    Act::Give(Box::new(ModelReply { tool_calls, finish: FinishReason::ToolCalls, ..reply("") }))
}

/// The second turn of a planner with one tool: it has searched once.
fn stage(actor: &Arc<Actor>) -> Stage {
    let mut stage = Stage::of(&[actor]);
    stage.call.tools = vec![ToolSpec {
        name: "search".into(),
        description: "Finds pages.".into(),
        parameters: json!({"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}),
        reads: true,
    }];
    let call = ToolCall {
        id: "call00001".into(),
        name: "search".into(),
        arguments: json!({"q": "rust"}),
        echo: None,
    };
    let result = ToolResult {
        id: "call00001".into(),
        name: "search".into(),
        content: "3 pages".into(),
        is_error: false,
    };
    stage.call.messages = vec![
        Message::text(Role::System, "Be brief."),
        Message::text(Role::User, "What is Rust?"),
        Message { role: Role::Assistant, parts: vec![Part::ToolCall(call)] },
        Message { role: Role::Tool, parts: vec![Part::ToolResult(result)] },
    ];
    stage
}

async fn answer(actor: &Arc<Actor>) -> ModelAnswer {
    answered(stage(actor).perform().await)
}

fn answered(outcome: Outcome) -> ModelAnswer {
    match outcome.result {
        Ok(Answer::Model(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

fn told(answer: &ModelAnswer) -> String {
    if let Some(value) = &answer.value {
        return format!("{value:?}");
    }
    let calls = answer.tool_calls.iter().map(|call| format!("{}{}", call.name, call.arguments));
    calls.collect::<Vec<_>>().join(" ")
}

#[tokio::test(start_paused = true)]
async fn native_calls_come_back_with_ids_and_the_offered_names() {
    let actor = Actor::with_caps(
        [calls(&[("Search", json!({"q": "a"})), ("search", json!("{\"q\": \"b\"}"))])],
        native(),
    );
    let answer = answer(&actor).await;
    assert_eq!(told(&answer), r#"search{"q":"a"} search{"q":"b"}"#);
    let ids: Vec<&str> = answer.tool_calls.iter().map(|call| &*call.id).collect();
    assert!(ids.iter().all(|id| id.len() == 9) && ids[0] != ids[1], "{ids:?}");
    let request = actor.request(0);
    assert_eq!((request.tools.len(), request.messages.len()), (1, 4));
    assert!(!request.stream);
}

#[tokio::test(start_paused = true)]
async fn a_call_printed_as_text_is_taken_and_an_answer_is_an_answer() {
    let printed = "```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}\n```";
    assert_eq!(told(&answer(&Actor::with_caps([Act::Say(printed)], native())).await), r#"search{"q":"a"}"#);
    let said = answer(&Actor::with_caps([Act::Say("A language.")], native())).await;
    assert_eq!(told(&said), r#"String("A language.")"#);
}

#[tokio::test(start_paused = true)]
async fn models_without_tools_get_them_by_instructions() {
    let printed = "```json\n{\"tool\": \"search\", \"arguments\": {\"q\": \"a\"}}\n```";
    let actor = Actor::with_caps([Act::Say(printed)], Caps::default());
    assert_eq!(told(&answer(&actor).await), r#"search{"q":"a"}"#);
    insta::assert_snapshot!("planner_by_text", shown(&actor.request(0)));
}

#[tokio::test(start_paused = true)]
async fn servers_that_constrain_answers_get_the_choice_as_a_schema() {
    let actor = Actor::with_caps([Act::Say(r#"{"tool": "search", "arguments": {"q": "a"}}"#)], schema_only());
    assert_eq!(told(&answer(&actor).await), r#"search{"q":"a"}"#);
    insta::assert_snapshot!("planner_by_schema", shown(&actor.request(0)));
    let done = Actor::with_caps([Act::Say(r#"{"answer": "A language."}"#)], schema_only());
    assert_eq!(told(&answer(&done).await), r#"String("A language.")"#);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_call_is_quoted_once_even_without_repair() {
    let wrong = calls(&[("delete", json!({}))]);
    let actor = Actor::with_caps([wrong.clone(), Act::Say("A language.")], native());
    let outcome = stage(&actor).perform().await;
    assert_eq!(outcome.spent.calls, 2);
    assert_eq!(told(&answered(outcome)), r#"String("A language.")"#);
    let again = actor.request(1);
    assert_eq!(again.idempotency_key, "run/main/say#1~1");
    assert_eq!(again.tools.len(), 1);
    assert_eq!(
        again.messages[4..].iter().map(Message::plain).collect::<Vec<_>>(),
        [
            "```json\n{\"tool\":\"delete\",\"arguments\":{}}\n```",
            "That does not fit:\n- there is no tool `delete`; the tools are `search`\n\
             Go on from there: call a tool, or give the answer, in the form that was asked for."
        ]
    );
    // Twice wrong is invalid.
    let actor = Actor::with_caps([wrong], native());
    let failure = stage(&actor).perform().await.result.unwrap_err();
    assert_eq!((failure.kind, actor.times()), (FailureKind::Invalid, 2));
    assert_eq!(
        failure.message,
        "pool `fast`: the answer of p0/m does not fit\n  - there is no tool `delete`; the tools are `search`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_re_ask_is_held_to_a_schema_where_the_server_can() {
    let actor = Actor::with_caps(
        [calls(&[("search", json!("rust"))]), Act::Say(r#"{"tool": "search", "arguments": {"q": "rust"}}"#)],
        constrained(),
    );
    assert_eq!(told(&answer(&actor).await), r#"search{"q":"rust"}"#);
    assert_eq!((actor.request(0).tools.len(), actor.request(0).schema), (1, None));
    insta::assert_snapshot!("planner_re_ask_by_schema", shown(&actor.request(1)));
}

#[tokio::test(start_paused = true)]
async fn every_re_ask_reserves_a_call() {
    let actor = Actor::with_caps([calls(&[("delete", json!({}))])], native());
    let mut stage = stage(&actor);
    stage.scopes = vec![scope("agent Main", Bounds { calls: Some(1), ..Bounds::default() })];
    let failure = stage.perform().await.result.unwrap_err();
    let kind = FailureKind::Budget { scope: "agent Main".into(), bound: "calls".into() };
    assert_eq!((failure.kind, actor.times()), (kind, 1));
}

#[tokio::test(start_paused = true)]
async fn a_planners_text_is_shown_when_it_is_known_to_be_the_answer() {
    let actor = Actor::with_caps([Act::Say("A language.")], native());
    let mut stage = stage(&actor);
    stage.call.stream = true;
    stage.perform().await.result.unwrap();
    assert_eq!(stage.reader.text(), "1> p0/m\n1 A language.");
    let printed = Actor::with_caps([Act::Say(r#"{"name": "search", "arguments": {"q": "a"}}"#)], native());
    let mut other = self::stage(&printed);
    other.call.stream = true;
    other.perform().await.result.unwrap();
    assert_eq!(other.reader.text(), "1> p0/m");
}

/// `{ "name": string, "pages": int }`.
fn page() -> Output {
    Output::Typed(Type::Shape(vec![("name".into(), Type::String), ("pages".into(), Type::Int)].into()))
}

async fn typed(said: &'static str, caps: Caps) -> (ModelAnswer, Arc<Actor>) {
    let actor = Actor::with_caps([Act::Say(said)], caps);
    let mut stage = stage(&actor);
    stage.call.output = page();
    (answered(stage.perform().await), actor)
}

#[tokio::test(start_paused = true)]
async fn a_typed_answer_ends_a_plan_under_every_protocol() {
    const PAGE: &str = r#"{"name": "Rust", "pages": 3}"#;
    for (name, caps, said) in [
        ("planner_typed_native", native(), PAGE),
        ("planner_typed_text", Caps::default(), "Here it is: {\"name\": \"Rust\", \"pages\": 3}"),
        ("planner_typed_schema", schema_only(), r#"{"answer": {"name": "Rust", "pages": 3}}"#),
    ] {
        let (answer, actor) = typed(said, caps).await;
        let value = agentrun_lang::value::to_json(answer.value.as_ref().unwrap());
        assert_eq!(value, json!({"name": "Rust", "pages": 3}), "{name}");
        insta::assert_snapshot!(name, shown(&actor.request(0)));
    }
    // As if by a tool.
    let (answer, _) =
        typed(r#"{"name": "final_answer", "arguments": {"name": "Rust", "pages": 3}}"#, native()).await;
    assert!(answer.value.is_some());
    // An answer that happens to look like a call of a tool that is not there.
    let actor =
        Actor::with_caps([Act::Say(r#"{"name": "Rust", "input": {"q": "x"}, "pages": 3}"#)], native());
    let mut stage = stage(&actor);
    stage.call.output = page();
    assert!(answered(stage.perform().await).value.is_some());
}

/// A server of one's own is asked for a call or words first; words are put in form by a call of their own.
#[tokio::test(start_paused = true)]
async fn on_a_constraining_server_the_type_comes_after_the_words() {
    let form = r#"{"name": "Rust", "pages": 3}"#;
    let actor = Actor::with_caps([Act::Say("Rust has 3 pages."), Act::Say(form)], constrained());
    let mut used = stage(&actor);
    used.call.output = page();
    let outcome = used.perform().await;
    assert_eq!(outcome.spent.calls, 2);
    assert!(answered(outcome).value.is_some());
    let seen = used.reader.text();
    assert!(seen.contains("! p0/m: the answer has no form yet"), "{seen}");
    assert!(!shown(&actor.request(0)).contains("pages\": integer"));
    insta::assert_snapshot!("planner_form", shown(&actor.request(1)));
    // Before any tool was used, the words may be mere talk: a tool is still offered.
    let actor = Actor::with_caps(
        [Act::Say("I look it up."), Act::Say(r#"{"tool": "search", "arguments": {"q": "a"}}"#)],
        constrained(),
    );
    let mut fresh = stage(&actor);
    fresh.call.output = page();
    fresh.call.messages.truncate(2);
    assert_eq!(told(&answered(fresh.perform().await)), r#"search{"q":"a"}"#);
    insta::assert_snapshot!("planner_form_or_tool", shown(&actor.request(1)));
    // Elsewhere the type is told at once, and words are put in form all the same.
    let actor = Actor::with_caps([Act::Say("Rust has 3 pages."), Act::Say(form)], native());
    let mut told_at_once = stage(&actor);
    told_at_once.call.output = page();
    assert!(answered(told_at_once.perform().await).value.is_some());
    assert!(actor.request(1).messages.last().unwrap().plain().starts_with("Put that answer in the form"));
    // A value that fits needs no form.
    let actor = Actor::with_caps([Act::Say(form)], constrained());
    let mut typed = stage(&actor);
    typed.call.output = page();
    assert_eq!(typed.perform().await.spent.calls, 1);
}

/// A small model asks for the same again and again: it is told once that it has the result.
#[tokio::test(start_paused = true)]
async fn a_repeated_read_is_pointed_to_its_result_once() {
    const AGAIN: &str = "```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```";
    let actor = Actor::with_caps([Act::Say(AGAIN), Act::Say(r#"{"answer": "3 pages."}"#)], constrained());
    let again = stage(&actor);
    let outcome = again.perform().await;
    assert_eq!((told(&answered(outcome)), actor.times()), (r#"String("3 pages.")"#.to_string(), 2));
    let seen = again.reader.text();
    assert!(seen.contains("! p0/m: it asks for a result that it has"), "{seen}");
    let nudge = actor.request(1).messages.last().unwrap().plain();
    assert!(nudge.starts_with("You have called that already"), "{nudge}");
    // It may insist.
    let actor = Actor::with_caps([Act::Say(AGAIN)], constrained());
    assert_eq!(told(&answered(stage(&actor).perform().await)), r#"search{"q":"rust"}"#);
    // Where it has insisted before and got the same, the answer alone is asked for.
    let actor = Actor::with_caps([Act::Say(AGAIN), Act::Say(AGAIN), Act::Say("3 pages.")], constrained());
    let mut twice = stage(&actor);
    let turn = twice.call.messages[2..].to_vec();
    twice.call.messages.extend(turn);
    assert_eq!(told(&answered(twice.perform().await)), r#"String("3 pages.")"#);
    assert_eq!((actor.times(), actor.request(2).tools.len(), actor.request(2).schema), (3, 0, None));
    // Another question, a tool that writes, and a provider that is trusted are left alone.
    let other = Actor::with_caps([calls(&[("search", json!({"q": "else"}))])], constrained());
    stage(&other).perform().await.result.unwrap();
    let hosted = Actor::with_caps([calls(&[("search", json!({"q": "rust"}))])], native());
    stage(&hosted).perform().await.result.unwrap();
    let writes = Actor::with_caps([calls(&[("search", json!({"q": "rust"}))])], constrained());
    let mut writing = stage(&writes);
    writing.call.tools[0].reads = false;
    writing.perform().await.result.unwrap();
    assert_eq!((other.times(), hosted.times(), writes.times()), (1, 1, 1));
}

/// A model that prints its calls reads them, and what they gave, as text from then on.
#[tokio::test(start_paused = true)]
async fn a_printed_call_stays_text_in_the_next_turn() {
    let printed = Act::Say("```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"else\"}}\n```");
    let actor = Actor::with_caps([printed, Act::Say("3 pages.")], native());
    let mut stage = stage(&actor);
    stage.call.messages.truncate(2);
    let mut answer = answered(stage.perform().await);
    let call = answer.tool_calls.remove(0);
    let result = ToolResult {
        id: call.id.clone(),
        name: call.name.clone(),
        content: "3 pages".into(),
        is_error: false,
    };
    let again = ToolCall { arguments: json!({ "q": "more" }), ..call.clone() };
    let said = Part::Text("I search.\n{\"name\": \"search\", \"arguments\": {\"q\": \"else\"}}".into());
    let parts = vec![said, Part::ToolCall(call), Part::ToolCall(again)];
    stage.call.messages.push(Message { role: Role::Assistant, parts });
    stage.call.messages.push(Message { role: Role::Tool, parts: vec![Part::ToolResult(result)] });
    stage.line().perform(stage.request("main/plan#1.2")).await.result.unwrap();
    let texts: Vec<String> = actor.request(1).messages.iter().map(Message::plain).collect();
    let call = |q: &str| format!("```json\n{{\"tool\":\"search\",\"arguments\":{{\"q\":\"{q}\"}}}}\n```");
    assert_eq!(
        texts[2],
        format!("{}\n{}", call("else"), call("more")),
        "each call once, without the text it stood in"
    );
    assert_eq!(texts[3], "The tool `search` gave:\n3 pages");
    assert_eq!(actor.request(1).tools.len(), 1);
}
