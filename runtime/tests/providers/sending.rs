//! What goes out: addresses, headers and bodies.

use std::fmt::Write as _;

use agentrun_runtime::call::provider::endpoint::{Endpoint, Kind};
use agentrun_runtime::call::provider::{ErrorClass, ModelRequest, ToolChoice, build};
use agentrun_runtime::chat::{Part, ToolCall};
use secrecy::SecretString;
use serde_json::json;

use crate::server::{Sent, Server};
use crate::support::{KEY, ask, endpoint, find_order, long_talk, plain, schema, whole};

/// Headers that say something of ours.
const HEADERS: &[&str] = &[
    "accept",
    "anthropic-version",
    "api-key",
    "authorization",
    "content-type",
    "idempotency-key",
    "openai-organization",
    "user-agent",
    "x-api-key",
    "x-goog-api-key",
];

async fn sent(
    change: impl FnOnce(&mut Endpoint),
    name: &str,
    kind: Kind,
    path: &str,
    request: &ModelRequest,
) -> Sent {
    let server = Server::playing(whole("200\ncontent-type: application/json\n\n{}"));
    let mut endpoint = endpoint(name, kind, &format!("{}{path}", server.url));
    change(&mut endpoint);
    let _ = ask(&endpoint, request).await;
    server.sent().pop().expect("a request came")
}

fn print(sent: &Sent) -> String {
    let mut out = format!("POST {}\n", sent.path);
    for name in HEADERS {
        if let Some(value) = sent.header(name) {
            writeln!(out, "{name}: {}", value.replace(KEY, "KEY")).unwrap();
        }
    }
    writeln!(out, "\n{}", serde_json::to_string_pretty(&sent.body).unwrap()).unwrap();
    out
}

/// All that a request can hold.
fn full(model: &str) -> ModelRequest {
    ModelRequest {
        messages: long_talk(),
        tools: vec![find_order()],
        tool_choice: ToolChoice::Required,
        schema: Some(schema()),
        stream: true,
        ..plain(model)
    }
}

#[tokio::test]
async fn bodies() {
    let cases = [
        ("openai", Kind::OpenAi, "gpt-4.1-mini"),
        ("openai", Kind::OpenAi, "gpt-5.5"),
        ("azure", Kind::Azure { api_version: None }, "o4-mini"),
        ("ollama", Kind::Compatible, "qwen3"),
        ("deepseek", Kind::Compatible, "deepseek-reasoner"),
        ("mistral", Kind::Compatible, "mistral-small-latest"),
        ("anthropic", Kind::Anthropic, "claude-haiku-4-5"),
        ("anthropic", Kind::Anthropic, "claude-opus-5-5"),
        ("anthropic", Kind::Anthropic, "claude-3-haiku-20240307"),
        ("google", Kind::Gemini, "gemini-2.5-flash"),
        ("google", Kind::Gemini, "gemini-3.8-flash"),
    ];
    for (name, kind, model) in cases {
        let sent = sent(|_| {}, name, kind, "", &full(model)).await;
        insta::with_settings!({ omit_expression => true, snapshot_path => "bodies", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{name}_{model}"), print(&sent));
        });
    }
}

#[tokio::test]
async fn a_plain_question_says_no_more_than_it_must() {
    let cases = [
        ("openai", Kind::OpenAi, "gpt-4.1-mini"),
        ("anthropic", Kind::Anthropic, "claude-haiku-4-5"),
        ("google", Kind::Gemini, "gemini-2.5-flash"),
    ];
    for (name, kind, model) in cases {
        let sent = sent(|_| {}, name, kind, "", &plain(model)).await;
        insta::with_settings!({ omit_expression => true, snapshot_path => "bodies", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("plain_{name}"), print(&sent));
        });
    }
}

#[tokio::test]
async fn addresses() {
    let azure = |version: Option<&str>| Kind::Azure { api_version: version.map(Into::into) };
    let cases = [
        ("openai", Kind::OpenAi, "", "m", "/v1/chat/completions"),
        ("openai", Kind::OpenAi, "/", "m", "/v1/chat/completions"),
        ("openai", Kind::OpenAi, "/v1", "m", "/v1/chat/completions"),
        ("openai", Kind::OpenAi, "/v1/", "gpt-5.3-codex", "/v1/responses"),
        ("compat", Kind::Compatible, "/api/v1", "m", "/api/v1/chat/completions"),
        ("compat", Kind::Compatible, "/v1/chat/completions", "m", "/v1/chat/completions"),
        // Who speaks chat completions only is asked for nothing else.
        ("compat", Kind::Compatible, "/v1", "gpt-5.3-codex", "/v1/chat/completions"),
        ("deepseek", Kind::Compatible, "", "m", "/chat/completions"),
        ("azure", azure(None), "", "gpt-4o", "/openai/v1/chat/completions"),
        ("azure", azure(None), "/openai/v1", "gpt-4o", "/openai/v1/chat/completions"),
        (
            "azure",
            azure(Some("2024-10-21")),
            "",
            "my-gpt",
            "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
        ),
        (
            "azure",
            azure(Some("2024-10-21")),
            "/openai/deployments/other",
            "x",
            "/openai/deployments/other/chat/completions?api-version=2024-10-21",
        ),
        ("azure", azure(Some("2025-04-01-preview")), "", "gpt-5-codex", "/openai/v1/responses"),
        ("anthropic", Kind::Anthropic, "", "m", "/v1/messages"),
        ("anthropic", Kind::Anthropic, "/v1", "m", "/v1/messages"),
        ("anthropic", Kind::Anthropic, "/proxy/v1/messages", "m", "/proxy/v1/messages"),
        ("google", Kind::Gemini, "", "m", "/v1beta/models/m:generateContent"),
        ("google", Kind::Gemini, "/v1", "models/m", "/v1/models/m:generateContent"),
        // What stands behind a `?` stays there, and a `#` is for browsers.
        ("openai", Kind::OpenAi, "/v1?team=a", "m", "/v1/chat/completions?team=a"),
        ("openai", Kind::OpenAi, "/?team=a", "m", "/v1/chat/completions?team=a"),
        ("openai", Kind::OpenAi, "/v1/chat/completions?team=a", "m", "/v1/chat/completions?team=a"),
        ("openai", Kind::OpenAi, "/v1/#there", "m", "/v1/chat/completions"),
        ("anthropic", Kind::Anthropic, "/v1/?team=a", "m", "/v1/messages?team=a"),
        ("google", Kind::Gemini, "?team=a", "m", "/v1beta/models/m:generateContent?team=a"),
        (
            "azure",
            azure(Some("2024-10-21")),
            "?team=a",
            "my-gpt",
            "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21&team=a",
        ),
    ];
    for (name, kind, path, model, expected) in cases {
        let sent = sent(|_| {}, name, kind, path, &plain(model)).await;
        assert_eq!(sent.path, expected, "{name} at `{path}`");
    }
}

#[tokio::test]
async fn what_is_no_address_is_said_before_anything_is_sent() {
    let cases = [
        (
            "not a url",
            "`not a url` is no address of `openai`: invalid international domain name; write it like https://api.openai.com/v1",
        ),
        (
            "http://",
            "`http://` is no address of `openai`: no host stands behind its scheme; write it like https://api.openai.com/v1",
        ),
        (
            "http:///v1",
            "`http:///v1` is no address of `openai`: no host stands behind its scheme; write it like https://api.openai.com/v1",
        ),
        (
            "http:/host",
            "`http:/host` is no address of `openai`: no host stands behind its scheme; write it like https://api.openai.com/v1",
        ),
        (
            "ftp://host/v1",
            "`ftp://host/v1` is no address of `openai`: it must begin with `http://` or `https://`; write it like https://api.openai.com/v1",
        ),
        (
            "http://me:secret@[::1",
            "`http://[::1` is no address of `openai`: invalid IPv6 address; write it like https://api.openai.com/v1",
        ),
        (
            "http://host:99999/v1?key=secret",
            "`http://host:99999/v1` is no address of `openai`: invalid port number; write it like https://api.openai.com/v1",
        ),
    ];
    for (url, expected) in cases {
        let (_, reply) = ask(&endpoint("openai", Kind::OpenAi, url), &plain("m")).await;
        let error = reply.expect_err(url);
        assert_eq!((error.class, error.message.as_str()), (ErrorClass::NotConfigured, expected), "{url}");
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_not_sent() {
    for (key, says) in
        [("  \n", "blank"), ("sk-a\nb", "no header"), ("sk-…abc", "no header"), ("sk-a\u{7f}", "no header")]
    {
        let server = Server::playing(Vec::new());
        let mut endpoint = endpoint("openai", Kind::OpenAi, &server.url);
        endpoint.key = Some(SecretString::from(key));
        let (_, reply) = ask(&endpoint, &plain("m")).await;
        let error = reply.expect_err(key);
        assert_eq!(error.class, ErrorClass::NotConfigured, "{key:?}");
        assert!(error.message.contains(says), "{key:?}: {error}");
        assert!(server.sent().is_empty());
    }
}

#[tokio::test]
async fn keys_go_where_each_provider_looks_for_them() {
    let cases = [
        ("sk-ant-api03-abcdef", Some("sk-ant-api03-abcdef"), None),
        ("sk-ant-oat01-abcdef", None, Some("Bearer sk-ant-oat01-abcdef")),
        ("gateway-token", Some("gateway-token"), Some("Bearer gateway-token")),
    ];
    for (key, api_key, authorization) in cases {
        let with_key = |endpoint: &mut Endpoint| endpoint.key = Some(SecretString::from(key));
        let sent = sent(with_key, "anthropic", Kind::Anthropic, "", &plain("m")).await;
        assert_eq!(
            (sent.header("x-api-key"), sent.header("authorization")),
            (api_key, authorization),
            "{key}"
        );
    }
    let none = sent(|endpoint| endpoint.key = None, "ollama", Kind::Compatible, "", &plain("m")).await;
    assert_eq!(none.header("authorization"), None);
    let further = |endpoint: &mut Endpoint| {
        endpoint.headers = vec![("OpenAI-Organization".into(), SecretString::from("org-1"))];
    };
    let sent = sent(further, "openai", Kind::OpenAi, "", &plain("m")).await;
    assert_eq!(sent.header("openai-organization"), Some("org-1"));
}

#[tokio::test]
async fn an_idempotency_key_that_no_header_carries_is_hashed() {
    for key in ["run/größe#1", "with space", &"x".repeat(300)] {
        let request = ModelRequest { idempotency_key: key.into(), ..plain("m") };
        let sent = sent(|_| {}, "openai", Kind::OpenAi, "", &request).await;
        let header = sent.header("idempotency-key").unwrap();
        assert!(header.len() == 64 && header.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}: {header}");
    }
}

#[tokio::test]
async fn what_a_provider_gave_beside_a_call_goes_back_to_it_and_to_nobody_else() {
    let echoes = [
        ("deepseek", Kind::Compatible, "deepseek-reasoner", json!({ "reasoning_content": "mark" })),
        ("openai", Kind::OpenAi, "gpt-5.5", json!({ "responses": [{ "type": "reasoning", "id": "mark" }] })),
        (
            "anthropic",
            Kind::Anthropic,
            "claude-opus-5",
            json!({ "anthropic": [{ "type": "thinking", "thinking": "mark" }] }),
        ),
        ("google", Kind::Gemini, "gemini-3.8-flash", json!({ "gemini": { "thoughtSignature": "mark" } })),
    ];
    for (at, (name, kind, model, _)) in echoes.iter().enumerate() {
        for (from, (.., echo)) in echoes.iter().enumerate() {
            let mut request = full(model);
            for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
                if let Part::ToolCall(ToolCall { echo: kept, .. }) = part {
                    *kept = Some(echo.clone());
                }
            }
            let sent = sent(|_| {}, name, kind.clone(), "", &request).await;
            assert_eq!(sent.body.to_string().contains("mark"), at == from, "{echo} to {name}");
        }
    }
}

#[tokio::test]
async fn no_key_is_to_be_seen_in_what_is_printed() {
    let endpoint = Endpoint {
        headers: vec![("x-team".into(), SecretString::from(KEY))],
        ..endpoint("openai", Kind::OpenAi, "http://127.0.0.1:9/v1")
    };
    let (_, reply) = ask(&endpoint, &plain("m")).await;
    let error = reply.expect_err("nobody listens there");
    for text in [format!("{endpoint:?}"), format!("{error:?} {error}")] {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[test]
fn caps() {
    let table = [
        (
            "openai",
            Kind::OpenAi,
            &[
                "gpt-4.1",
                "gpt-5",
                "gpt-5.1",
                "gpt-5.1-2025-11-13",
                "gpt-5.4-pro",
                "gpt-6.1-sol",
                "gpt-5-chat-latest",
                "o3",
                "o4-mini-2025-04-16",
                "omni-moderation",
                "unheard-of",
            ][..],
        ),
        (
            "anthropic",
            Kind::Anthropic,
            &[
                "claude-3-5-haiku-20241022",
                "claude-haiku-4-5-20251001",
                "claude-opus-4-6",
                "claude-opus-4-7",
                "claude-opus-5",
                "claude-opus-5-5",
                "claude-haiku-5-5",
                "claude-novel-7",
            ],
        ),
        (
            "google",
            Kind::Gemini,
            &[
                "gemini-2.5-flash",
                "gemini-3.5-flash",
                "gemini-3.5-flash-lite",
                "gemini-3.8-flash",
                "gemini-4-pro",
            ],
        ),
        (
            "bedrock-gateway",
            Kind::Compatible,
            &["us.anthropic.claude-opus-4-7-v1:0", "openai/gpt-5-mini", "anthropic/claude-opus-4.6"],
        ),
        ("deepseek", Kind::Compatible, &["deepseek-v4-pro"]),
        ("moonshot", Kind::Compatible, &["kimi-k3", "kimi-k2-turbo-preview"]),
        ("groq", Kind::Compatible, &["qwen/qwen3.8-27b"]),
    ];
    let mut out = String::new();
    for (name, kind, models) in table {
        for model in models {
            let caps = build(&endpoint(name, kind.clone(), "https://example.com")).caps(model);
            let words = [
                ("tools", caps.tools),
                ("forced", caps.forced_tools),
                ("schema", caps.schema),
                ("images", caps.images),
                ("pdf", caps.pdf),
                ("temperature", caps.temperature),
            ];
            let can: Vec<&str> = words.iter().filter(|(_, can)| *can).map(|(word, _)| *word).collect();
            let context = caps.context.map_or("?".into(), |context| context.to_string());
            writeln!(out, "{name}/{model}: {} {:?} {context}", can.join(" "), caps.dialect).unwrap();
        }
    }
    let local = build(&endpoint("ollama", Kind::Compatible, "http://127.0.0.1:1/v1")).caps("gpt-5");
    writeln!(out, "ollama/gpt-5: {local:?}").unwrap();
    insta::with_settings!({ omit_expression => true, snapshot_path => "bodies", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("caps", out);
    });
}
