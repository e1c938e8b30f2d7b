//! Conversations as models without tool calls read them, and where instructions go.

use std::sync::Arc;

use serde_json::json;

use super::Protocol;
use crate::call::provider::ModelReply;
use crate::chat::{Message, Part, Role, ToolCall, ToolResult};

/// Marks a call that a model printed as text. The mark stays with the conversation: a model that prints its calls reads
/// its own hand better than its template's marks, which it does not write.
pub(in crate::call) fn printed(call: ToolCall) -> ToolCall {
    ToolCall { echo: Some(json!({ "printed": true })), ..call }
}

/// True of a message with a call that was printed as text.
pub(super) fn has_printed_call(message: &Message) -> bool {
    let is_printed = |call: &ToolCall| call.echo.as_ref().is_some_and(|echo| echo.get("printed").is_some());
    message.parts.iter().any(|part| matches!(part, Part::ToolCall(call) if is_printed(call)))
}

/// Calls and results as text: the model sees its own calls in the form it is asked to write them in. Messages of one
/// role that follow one another become one, since many chat templates insist on turns.
pub(super) fn as_text(messages: Vec<Message>, protocol: Protocol) -> Vec<Message> {
    let mut plain: Vec<Message> = Vec::new();
    for message in messages {
        let role = if message.role == Role::Tool { Role::User } else { message.role };
        // The text that a call was found in says the call once more.
        let printed = has_printed_call(&message);
        let mut parts: Vec<Part> = Vec::new();
        for part in message.parts {
            let text = match part {
                Part::Text(_) if printed => continue,
                Part::ToolCall(call) => call_as_text(&call, protocol),
                Part::ToolResult(result) => result_as_text(&result),
                other => {
                    parts.push(other);
                    continue;
                }
            };
            let gap = if parts.is_empty() { "" } else { "\n" };
            parts.push(Part::Text(format!("{gap}{text}").into()));
        }
        match plain.last_mut() {
            Some(last) if last.role == role && role != Role::System => {
                last.parts.push(Part::Text("\n\n".into()));
                last.parts.extend(parts);
            }
            _ => plain.push(Message { role, parts }),
        }
    }
    plain
}

/// A wrong reply as the assistant's turn.
pub(super) fn quoted(reply: &ModelReply, protocol: Protocol) -> Message {
    let mut text = reply.text.trim_end().to_string();
    for call in &reply.tool_calls {
        text.push_str(if text.is_empty() { "" } else { "\n" });
        text.push_str(&call_as_text(call, protocol));
    }
    // Providers refuse a turn of nothing.
    if text.is_empty() {
        text.push_str("(nothing)");
    }
    Message::text(Role::Assistant, text)
}

/// Puts instructions behind the system's words.
pub(super) fn add_to_system(messages: &mut Vec<Message>, words: &str) {
    match messages.iter_mut().find(|message| message.role == Role::System) {
        Some(system) => system.parts.push(Part::Text(format!("\n\n{words}").into())),
        None => messages.insert(0, Message::text(Role::System, words)),
    }
}

/// Puts instructions behind the last question.
pub(super) fn add_to_question(messages: &mut Vec<Message>, words: &str) {
    match messages.iter_mut().rev().find(|message| message.role == Role::User) {
        Some(question) => question.parts.push(Part::Text(format!("\n\n{words}").into())),
        None => messages.push(Message::text(Role::User, Arc::<str>::from(words))),
    }
}

/// A call in the form that the protocol asks for.
fn call_as_text(call: &ToolCall, protocol: Protocol) -> String {
    let body = json!({ "tool": call.name, "arguments": call.arguments });
    if protocol == Protocol::Schema { body.to_string() } else { format!("```json\n{body}\n```") }
}

fn result_as_text(result: &ToolResult) -> String {
    let verb = if result.is_error { "failed" } else { "gave" };
    format!("The tool `{}` {verb}:\n{}", result.name, result.content)
}
