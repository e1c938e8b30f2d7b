//! Replies from a script.

use std::fmt::Write as _;
use std::sync::Arc;

use agentrun_runtime::call::provider::endpoint::{Endpoint, Kind};
use agentrun_runtime::call::provider::scripted::{AnswerLine, Cue, Play, Script};
use agentrun_runtime::call::provider::{Delta, ErrorClass, ModelRequest, build};
use serde_json::json;

use crate::support::{plain, print};

const SCRIPT: &str = r#"{
  "about": "what each state hears",
  "delay_ms": 1,
  "replies": {
    "Support.triage": [
      { "kind": "refund", "amount": 12.5 },
      "a text of some length, which comes in pieces: déjà vu",
      { "tool_calls": [{ "name": "find_order", "arguments": { "id": "o1" } }, { "name": "now" }], "text": "I look." },
      { "error": "rate_limited", "retry_after_ms": 1500 },
      { "error": "truncated", "text": "It is on its", "message": "the line went dead" },
      { "refusal": "I cannot do that." },
      { "value": { "error": "timeout" } },
      { "error": "not an error's name", "fields": 2 },
      ["a", "list"],
      42
    ],
    "plan": "by the state's name alone",
    "*": ["first", "then this"]
  },
  "human": { "Support.refund_ok": { "approved": true, "by": "dana" }, "ask": ["one", "two"] },
  "tools": { "find_order": [{ "id": "o1" }, { "error": "not_found" }, { "value": { "error": "x" } }] }
}"#;

fn script() -> Script {
    Script::parse("script.json", SCRIPT).unwrap()
}

fn endpoint(script: Script) -> Endpoint {
    Endpoint {
        name: "script".into(),
        kind: Kind::Scripted(Arc::new(Play::new(Arc::new(script)))),
        url: None,
        key: None,
        headers: vec![],
    }
}

#[tokio::test]
async fn replies_in_order_and_the_last_repeats() {
    let provider = build(&endpoint(script()));
    let mut out = String::new();
    for attempt in 0..11 {
        let request = ModelRequest { state: "Support.triage".into(), stream: attempt == 1, ..plain("any") };
        let mut deltas = Vec::new();
        let reply = provider.complete(&request, &mut |delta| deltas.push(delta)).await;
        write!(out, "-- attempt {}\n{}", attempt + 1, print(&deltas, &reply)).unwrap();
    }
    insta::with_settings!({ omit_expression => true, snapshot_path => "bodies", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("scripted", out);
    });
}

#[tokio::test]
async fn a_state_is_found_by_its_full_name_its_own_and_the_star() {
    let provider = build(&endpoint(script()));
    let cases = [
        ("Other.plan", "by the state's name alone"),
        ("Other.a", "first"),
        ("Other.b", "first"),
        ("Other.a", "then this"),
        ("Other.a", "then this"),
    ];
    for (state, expected) in cases {
        let request = ModelRequest { state: state.into(), ..plain("any") };
        let reply = provider.complete(&request, &mut |_| {}).await.unwrap();
        assert_eq!(reply.text, expected, "{state}");
    }
}

#[tokio::test]
async fn a_state_without_a_reply_is_told_with_its_mend() {
    let script = Script::parse("examples/01/script.json", r#"{ "replies": { "Main.other": "x" } }"#).unwrap();
    let request = ModelRequest { state: "Main.ask".into(), ..plain("any") };
    let error = build(&endpoint(script)).complete(&request, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotConfigured);
    assert_eq!(
        error.message,
        "`examples/01/script.json` has no reply for `Main.ask`: add `\"Main.ask\": [\"…\"]` under `replies`"
    );
}

#[test]
fn people_and_tools() {
    let play = Play::new(Arc::new(script()));
    let human = |effect, state| play.human(Cue { effect, state }).cloned();
    let value = |value| Some(AnswerLine::Value(value));
    assert_eq!(human("refund_ok#4", "Support.refund_ok"), value(json!({ "approved": true, "by": "dana" })));
    assert_eq!(human("ask#1", "Main.ask"), value(json!("one")));
    assert_eq!(human("ask#2", "Main.ask"), value(json!("two")));
    assert_eq!(human("none#1", "Main.none"), None);
    let tool = |name| play.tool(Cue { effect: "order#1", state: "Support.order" }, name).cloned();
    assert_eq!(tool("find_order"), value(json!({ "id": "o1" })));
    assert_eq!(
        tool("find_order"),
        Some(AnswerLine::Error("not_found".into(), "scripted error `not_found`".into()))
    );
    assert_eq!(tool("find_order"), value(json!({ "error": "x" })));
    assert_eq!(tool("find_order"), value(json!({ "error": "x" })));
    assert_eq!(tool("other"), None);
}

/// The elements of an `each` take the lines in the order of their list, whichever comes first; each keeps its own for
/// every attempt, and the next visit goes on behind them.
#[test]
fn elements_take_lines_by_their_place() {
    let text = r#"{ "tools": { "gather.dig": ["a", "b", "c", "d"] } }"#;
    let play = Play::new(Arc::new(Script::parse("s.json", text).unwrap()));
    let given =
        ["gather#1[1].dig", "gather#1[0].dig", "gather#1[1].dig", "gather#2[0].dig", "gather#2[5].dig"]
            .map(|effect| play.tool(Cue { effect, state: "A.gather.dig" }, "search").cloned());
    let told = ["b", "a", "b", "c", "d"].map(|text| Some(AnswerLine::Value(json!(text))));
    assert_eq!(given, told);
}

#[test]
fn wrong_scripts() {
    let cases = [
        ("{", "`s.json`: not JSON: EOF while parsing an object at line 1 column 1"),
        (
            r#"{ "reply": {} }"#,
            "`s.json`: unknown field `reply`, expected one of `about`, `delay_ms`, `pace_ms`, `replies`, `human`, `tools` at line 1 column 9; a script is a JSON object such as { \"replies\": { \"STATE\": \"text\" }, \"tools\": { }, \"human\": { } }",
        ),
        (
            r#"{ "replies": { "a": { "error": "tmeout" } } }"#,
            "`s.json`: reply of `a`: `tmeout` is no error: one of `timeout`, `unavailable`, `connect`, `rate_limited`, `quota`, `unauthorized`, `not_found`, `context_length`, `content_policy`, `bad_request`, `unsupported`, `server`, `truncated`, `empty`, `bad_format`; a typed answer with a field `error` is written {\"value\": {…}}",
        ),
        (
            r#"{ "replies": { "a": { "tool_calls": [{}] } } }"#,
            "`s.json`: reply of `a`: a tool call needs a `name`",
        ),
        (r#"{ "replies": { "a": [] } }"#, "`s.json`: reply of `a`: the list is empty"),
    ];
    for (text, expected) in cases {
        assert_eq!(Script::parse("s.json", text).unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn pieces_join_to_the_text() {
    let provider = build(&endpoint(script()));
    let request = ModelRequest { state: "x.plan".into(), stream: true, ..plain("any") };
    let mut joined = String::new();
    let reply = provider
        .complete(&request, &mut |delta| match delta {
            Delta::Text(piece) => joined += &piece,
            other => panic!("{other:?}"),
        })
        .await
        .unwrap();
    assert_eq!(joined, reply.text);
}
