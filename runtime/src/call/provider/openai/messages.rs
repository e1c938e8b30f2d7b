//! A conversation as `messages` of a chat completion.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::quirks::Quirks;
use crate::call::provider::{ProviderError, assemble, media};
use crate::chat::{Message, Part, Role, ToolCall, ToolResult};

/// The messages; a tool's results become messages of their own.
pub(super) fn messages(conversation: &[Message], quirks: Quirks) -> Result<Vec<Value>, ProviderError> {
    let mut out: Vec<Value> = Vec::with_capacity(conversation.len());
    for message in conversation {
        out.extend(results(message).map(|result| tool(result, quirks)));
        let Some(written) = written(message, quirks)? else { continue };
        match out.last_mut().filter(|last| quirks.alternates && joins(last, &written)) {
            Some(last) => join(last, &written),
            None => out.push(written),
        }
    }
    Ok(out)
}

fn results(message: &Message) -> impl Iterator<Item = &ToolResult> {
    message
        .parts
        .iter()
        .filter_map(|part| if let Part::ToolResult(result) = part { Some(result) } else { None })
}

fn tool(result: &ToolResult, quirks: Quirks) -> Value {
    json!({ "role": "tool", "tool_call_id": id(&result.id, quirks), "content": &*result.content })
}

/// What a message says beside tools' results; `None` where that is nothing.
fn written(message: &Message, quirks: Quirks) -> Result<Option<Value>, ProviderError> {
    let role = match message.role {
        Role::System => "system",
        Role::Assistant => return Ok(assistant(message, quirks)),
        Role::User | Role::Tool => "user",
    };
    let content = content(message)?;
    Ok((!content.is_null()).then(|| json!({ "role": role, "content": content })))
}

/// A text where there is only text, else a list of parts.
fn content(message: &Message) -> Result<Value, ProviderError> {
    if !message.parts.iter().any(|part| matches!(part, Part::Media(_))) {
        let text = message.plain();
        return Ok(if text.is_empty() { Value::Null } else { Value::String(text) });
    }
    let mut parts = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text(text) => parts.push(json!({ "type": "text", "text": &**text })),
            Part::Media(media) => parts.push(attachment(&media::read(media)?)),
            Part::ToolCall(_) | Part::ToolResult(_) => {}
        }
    }
    Ok(Value::Array(parts))
}

fn attachment(media: &media::Attached) -> Value {
    match media.kind {
        media::Kind::Image => json!({ "type": "image_url", "image_url": { "url": media.url() } }),
        media::Kind::Pdf => json!({
            "type": "file",
            "file": { "filename": "document.pdf", "file_data": media.url() },
        }),
    }
}

fn assistant(message: &Message, quirks: Quirks) -> Option<Value> {
    let text = message.plain();
    let calls: Vec<&ToolCall> = message
        .parts
        .iter()
        .filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
        .collect();
    if text.is_empty() && calls.is_empty() {
        return None;
    }
    let content = if text.is_empty() { Value::Null } else { Value::String(text) };
    let mut out = Map::new();
    out.insert("role".into(), "assistant".into());
    out.insert("content".into(), content);
    if !calls.is_empty() && quirks.wants_reasoning {
        // It insists on some: a blank stands for what another model thought.
        out.insert("reasoning_content".into(), reasoning(&calls).unwrap_or(" ").into());
    }
    if !calls.is_empty() {
        out.insert("tool_calls".into(), calls.iter().map(|call| tool_call(call, quirks)).collect());
    }
    Some(Value::Object(out))
}

fn reasoning<'a>(calls: &[&'a ToolCall]) -> Option<&'a str> {
    calls.iter().find_map(|call| call.echo.as_ref()?.get("reasoning_content")?.as_str())
}

fn tool_call(call: &ToolCall, quirks: Quirks) -> Value {
    let arguments = match &call.arguments {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    json!({
        "id": id(&call.id, quirks),
        "type": "function",
        "function": { "name": call.name, "arguments": arguments },
    })
}

fn id(id: &str, quirks: Quirks) -> Cow<'_, str> {
    let fits = id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if quirks.short_ids && !fits { Cow::Owned(assemble::our_id(id, 0)) } else { Cow::Borrowed(id) }
}

/// Two messages of one side whose texts can stand in one.
fn joins(last: &Value, next: &Value) -> bool {
    let plain = |message: &Value| message["content"].is_string() && message["tool_calls"].is_null();
    last["role"] == next["role"] && plain(last) && plain(next)
}

fn join(last: &mut Value, next: &Value) {
    let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    *last = json!({ "role": last["role"], "content": format!("{}\n\n{}", text(last), text(next)) });
}
