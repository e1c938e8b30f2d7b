//! What the tests ask with, and how they print what comes back.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::value::{Media, MediaSource};
use agentrun_runtime::call::provider::endpoint::{Endpoint, Kind};
use agentrun_runtime::call::provider::{
    self, Delta, ModelReply, ModelRequest, ProviderError, Timeouts, ToolChoice,
};
use agentrun_runtime::chat::{Message, Part, Role, ToolCall, ToolResult, ToolSpec, Usage};
use secrecy::SecretString;
use serde_json::json;

use crate::server::{Act, Server};

/// The key that must never be seen.
pub(crate) const KEY: &str = "sk-secret-0123456789";

/// An endpoint at `url`.
pub(crate) fn endpoint(name: &str, kind: Kind, url: &str) -> Endpoint {
    Endpoint {
        name: name.into(),
        kind,
        url: Some(url.into()),
        key: Some(SecretString::from(KEY)),
        headers: Vec::new(),
    }
}

/// A question to `model`, without more.
pub(crate) fn plain(model: &str) -> ModelRequest {
    ModelRequest {
        model: model.into(),
        messages: vec![
            Message::text(Role::System, "You are terse."),
            Message::text(Role::User, "Where is order o1?"),
        ],
        tools: Vec::new(),
        tool_choice: ToolChoice::Auto,
        schema: None,
        temperature: Some(0.2),
        max_tokens: 256,
        stream: false,
        idempotency_key: "run-1/ask#1".into(),
        state: "Main.ask".into(),
        effect: "ask#1".into(),
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            first_token: Duration::from_millis(300),
            idle: Duration::from_millis(200),
            total: Duration::from_secs(2),
        },
    }
}

/// A tool.
pub(crate) fn find_order() -> ToolSpec {
    ToolSpec {
        name: "find_order".into(),
        description: "Finds an order.".into(),
        parameters: json!({
            "type": "object",
            "properties": { "id": { "type": "string" } },
            "required": ["id"],
            "additionalProperties": false,
        }),
        reads: true,
    }
}

/// A schema for an answer.
pub(crate) fn schema() -> (String, serde_json::Value) {
    let schema = json!({
        "type": "object",
        "properties": { "kind": { "type": "string", "enum": ["refund", "other"] } },
        "required": ["kind"],
        "additionalProperties": false,
    });
    ("Support.triage".into(), schema)
}

/// A conversation with every part that one may have: media, calls, results, two messages of one side.
pub(crate) fn long_talk() -> Vec<Message> {
    let png = Media { mime: "image/png".into(), source: MediaSource::Bytes(Arc::from(*b"\x89PNG")) };
    let link =
        Media { mime: "image/jpeg".into(), source: MediaSource::Url("https://example.com/a.jpg".into()) };
    let pdf = Media { mime: "application/pdf".into(), source: MediaSource::Bytes(Arc::from(*b"%PDF")) };
    let call = |id: &str, order: &str| {
        Part::ToolCall(ToolCall {
            id: id.into(),
            name: "find_order".into(),
            arguments: json!({ "id": order }),
            echo: None,
        })
    };
    let result = |id: &str, content: &str, is_error: bool| {
        Part::ToolResult(ToolResult {
            id: id.into(),
            name: "find_order".into(),
            content: content.into(),
            is_error,
        })
    };
    vec![
        Message::text(Role::System, "You are terse."),
        Message::text(Role::User, "Look at these."),
        Message {
            role: Role::User,
            parts: vec![
                Part::Text("A picture:".into()),
                Part::Media(png),
                Part::Media(link),
                Part::Media(pdf),
            ],
        },
        Message {
            role: Role::Assistant,
            parts: vec![Part::Text("I look both up.".into()), call("call_1", "o1"), call("call_2", "o2")],
        },
        Message {
            role: Role::Tool,
            parts: vec![
                result("call_1", "{\"status\":\"sent\"}", false),
                result("call_2", "no such order", true),
            ],
        },
        Message::text(Role::User, "And now?"),
        Message::text(Role::User, "Be quick."),
    ]
}

/// Asks once.
pub(crate) async fn ask(
    endpoint: &Endpoint,
    request: &ModelRequest,
) -> (Vec<Delta>, Result<ModelReply, ProviderError>) {
    let mut deltas = Vec::new();
    let reply = provider::build(endpoint).complete(request, &mut |delta| deltas.push(delta)).await;
    (deltas, reply)
}

/// Asks a server that plays `acts`.
pub(crate) async fn ask_acts(
    name: &str,
    kind: Kind,
    request: &ModelRequest,
    acts: Vec<Act>,
) -> (Server, Vec<Delta>, Result<ModelReply, ProviderError>) {
    let server = Server::playing(acts);
    let (deltas, reply) = ask(&endpoint(name, kind, &server.url), request).await;
    (server, deltas, reply)
}

/// A whole answer: the text of a fixture, head and body, sent with its length.
pub(crate) fn whole(fixture: &str) -> Vec<Act> {
    let (head, body) = parts(fixture);
    vec![Act::Send(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())]
}

/// The same, its body in chunks of `size` bytes.
pub(crate) fn chunked(fixture: &str, size: usize) -> Vec<Act> {
    let (head, body) = parts(fixture);
    let mut bytes = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.as_bytes().chunks(size) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    vec![Act::Send(bytes)]
}

/// A fixture: a status, headers, an empty line, a body.
fn parts(fixture: &str) -> (String, &str) {
    let (head, body) = fixture.split_once("\n\n").unwrap_or((fixture, ""));
    let mut lines = head.lines();
    let mut out = format!("HTTP/1.1 {} Said\r\nconnection: close\r\n", lines.next().unwrap());
    for line in lines {
        write!(out, "{line}\r\n").unwrap();
    }
    (out, body)
}

/// What came back, as a reviewer reads it: a line a delta, then what was made of all.
pub(crate) fn print(deltas: &[Delta], reply: &Result<ModelReply, ProviderError>) -> String {
    let mut out = String::new();
    for delta in deltas {
        writeln!(out, "< {delta:?}").unwrap();
    }
    match reply {
        Ok(reply) => print_reply(&mut out, reply),
        Err(error) => print_error(&mut out, error),
    }
    assert!(!out.contains(KEY), "the key is to be seen in {out}");
    out
}

fn print_reply(out: &mut String, reply: &ModelReply) {
    writeln!(out, "text     {:?}", reply.text).unwrap();
    for call in &reply.tool_calls {
        writeln!(out, "call     {} {}({})", call.id, call.name, call.arguments).unwrap();
        if let Some(echo) = &call.echo {
            writeln!(out, "  echo   {echo}").unwrap();
        }
    }
    writeln!(out, "finish   {:?}", reply.finish).unwrap();
    if let Some(refusal) = &reply.refusal {
        writeln!(out, "refusal  {refusal:?}").unwrap();
    }
    writeln!(out, "usage    {}", usage(&reply.usage)).unwrap();
    writeln!(out, "model    {}", reply.model.as_deref().unwrap_or("-")).unwrap();
    writeln!(out, "request  {}", reply.request_id.as_deref().unwrap_or("-")).unwrap();
}

fn print_error(out: &mut String, error: &ProviderError) {
    writeln!(out, "error    {:?} status {:?}", error.class, error.status).unwrap();
    writeln!(out, "says     {}", error.message).unwrap();
    if let Some(wait) = error.retry_after {
        writeln!(out, "again in {wait:?}").unwrap();
    }
    if !error.partial.is_empty() {
        writeln!(out, "partial  {:?}", error.partial).unwrap();
    }
    if error.usage != Usage::default() {
        writeln!(out, "usage    {}", usage(&error.usage)).unwrap();
    }
}

fn usage(usage: &Usage) -> String {
    let fields = [
        ("input", usage.input),
        ("cached", usage.cached),
        ("written", usage.cache_write),
        ("output", usage.output),
        ("reasoning", usage.reasoning),
    ];
    let known: Vec<String> = fields.iter().filter_map(|(name, n)| n.map(|n| format!("{name} {n}"))).collect();
    if known.is_empty() { "unknown".into() } else { known.join(", ") }
}
