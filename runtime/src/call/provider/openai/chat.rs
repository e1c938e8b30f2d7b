//! Chat completions: the body that is sent, the whole that comes back, and the chunks of a stream.

use serde_json::{Map, Value, json};

use super::messages;
use super::quirks::{Limit, Quirks};
use crate::call::provider::assemble::{Assembly, Draft};
use crate::call::provider::{Caps, ModelRequest, ProviderError, ToolChoice, caps, count};
use crate::chat::{FinishReason, Usage};

/// The body of a request.
pub(super) fn body(
    request: &ModelRequest,
    quirks: Quirks,
    caps: &Caps,
    max_tokens: u32,
) -> Result<Value, ProviderError> {
    let mut body = Map::new();
    body.insert("model".into(), request.model.as_str().into());
    body.insert("messages".into(), messages::messages(&request.messages, quirks)?.into());
    let by_model = quirks.limit == Limit::ByModel && caps::reasons(&request.model);
    let limit = if by_model || quirks.limit == Limit::MaxCompletionTokens {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    body.insert(limit.into(), max_tokens.into());
    if let Some(temperature) = request.temperature.filter(|_| caps.temperature) {
        body.insert("temperature".into(), temperature.into());
    }
    if let Some((name, schema)) = &request.schema {
        body.insert("response_format".into(), response_format(name, schema, caps.schema));
    }
    if !request.tools.is_empty() {
        let tools: Vec<Value> = request
            .tools
            .iter()
            .map(|tool| {
                json!({ "type": "function", "function": {
                    "name": tool.name, "description": tool.description, "parameters": tool.parameters,
                }})
            })
            .collect();
        body.insert("tools".into(), tools.into());
        match request.tool_choice {
            ToolChoice::Auto => {}
            ToolChoice::Required if !caps.forced_tools => {}
            ToolChoice::Required => drop(body.insert("tool_choice".into(), "required".into())),
            ToolChoice::None => drop(body.insert("tool_choice".into(), "none".into())),
        }
    }
    if request.stream {
        body.insert("stream".into(), true.into());
        if quirks.stream_options {
            body.insert("stream_options".into(), json!({ "include_usage": true }));
        }
    }
    Ok(Value::Object(body))
}

/// Who takes no schema is asked for JSON of any shape; the prompt must say which.
fn response_format(name: &str, schema: &Value, takes_schema: bool) -> Value {
    if !takes_schema {
        return json!({ "type": "json_object" });
    }
    json!({
        "type": "json_schema",
        "json_schema": { "name": schema_name(name), "strict": true, "schema": schema },
    })
}

/// A name that every server takes: letters, digits, `_` and `-`, at most 64.
pub(super) fn schema_name(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name: String = name.chars().map(|c| if fits(c) { c } else { '_' }).take(64).collect();
    if name.is_empty() { "answer".into() } else { name }
}

/// Reads a whole completion; false where it is none.
pub(super) fn whole(value: &Value, assembly: &mut Assembly<'_>) -> bool {
    let Some(choice) = value.pointer("/choices/0") else { return false };
    let Some(message) = choice.get("message").filter(|message| message.is_object()) else { return false };
    head(value, assembly);
    said(message, assembly);
    finished(choice, assembly);
    true
}

/// Reads one chunk of a stream; true where the answer is said to be complete.
pub(super) fn event(value: &Value, assembly: &mut Assembly<'_>) -> bool {
    head(value, assembly);
    // An Azure filter's chunk and the one that brings the usage have no choice.
    let Some(choice) = value.pointer("/choices/0") else { return false };
    if let Some(delta) = choice.get("delta") {
        said(delta, assembly);
    }
    finished(choice, assembly)
}

fn head(value: &Value, assembly: &mut Assembly<'_>) {
    if let Some(model) = value.get("model").and_then(Value::as_str).filter(|model| !model.is_empty()) {
        assembly.model = Some(model.to_owned());
    }
    if let Some(id) = value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        assembly.request_id.get_or_insert_with(|| id.to_owned());
    }
    // Groq puts a stream's usage aside.
    let found =
        value.get("usage").filter(|usage| usage.is_object()).or_else(|| value.pointer("/x_groq/usage"));
    if let Some(found) = found {
        assembly.usage = usage(found);
    }
}

/// Reads a message or a delta.
fn said(message: &Value, assembly: &mut Assembly<'_>) {
    for key in ["reasoning_content", "reasoning"] {
        if let Some(piece) = message.get(key).and_then(Value::as_str).filter(|piece| !piece.is_empty()) {
            assembly.reasoning(piece);
            break;
        }
    }
    match message.get("content") {
        Some(Value::String(piece)) => assembly.text(piece),
        Some(Value::Array(parts)) => parts.iter().for_each(|part| content_part(part, assembly)),
        _ => {}
    }
    if let Some(piece) = message.get("refusal").and_then(Value::as_str) {
        assembly.refusal.push_str(piece);
    }
    let calls = message.get("tool_calls").and_then(Value::as_array);
    for (n, call) in calls.into_iter().flatten().enumerate() {
        tool_call(n, call, assembly);
    }
    if let Some(call) = message.get("function_call").filter(|call| call.is_object()) {
        function(0, None, call, assembly);
    }
}

/// Mistral's parts: text, and what it thought.
fn content_part(part: &Value, assembly: &mut Assembly<'_>) {
    if let Some(piece) = part.get("text").and_then(Value::as_str) {
        assembly.text(piece);
    }
    for thought in part.get("thinking").and_then(Value::as_array).into_iter().flatten() {
        assembly.reasoning(thought.get("text").and_then(Value::as_str).unwrap_or_default());
    }
}

fn tool_call(n: usize, call: &Value, assembly: &mut Assembly<'_>) {
    let index = call.get("index").and_then(Value::as_u64).unwrap_or(n as u64);
    let id = call.get("id").and_then(Value::as_str);
    if let Some(function_) = call.get("function") {
        function(index, id, function_, assembly);
    }
}

fn function(index: u64, id: Option<&str>, function: &Value, assembly: &mut Assembly<'_>) {
    let name = function.get("name").and_then(Value::as_str);
    assembly.call(index, id, name, |draft| arguments(draft, function.get("arguments")));
}

fn arguments(draft: &mut Draft, arguments: Option<&Value>) {
    match arguments {
        Some(Value::String(piece)) => draft.arguments.push_str(piece),
        None | Some(Value::Null) => {}
        Some(object) => draft.object = Some(object.clone()),
    }
}

fn finished(choice: &Value, assembly: &mut Assembly<'_>) -> bool {
    let Some(word) = choice.get("finish_reason").and_then(Value::as_str) else { return false };
    if assembly.calls() > 0 && !assembly.reasoning.is_empty() {
        let echo = json!({ "reasoning_content": assembly.reasoning });
        if let Some(call) = assembly.first_call() {
            call.echo = Some(echo);
        }
    }
    assembly.finish = Some(finish(word));
    if word == "content_filter" && assembly.refusal.is_empty() {
        assembly.refusal.push_str("the provider's content filter stopped the answer");
    }
    true
}

fn finish(word: &str) -> FinishReason {
    match word {
        "stop" | "eos" | "end_turn" => FinishReason::Stop,
        "length" | "max_tokens" | "model_length" => FinishReason::Length,
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" | "sensitive" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// Tokens as chat completions count them: `prompt_tokens` has the cached ones in it, `completion_tokens` the
/// reasoning.
pub(super) fn usage(usage: &Value) -> Usage {
    let count = |path: &str| count::tokens(usage, path);
    let (input, output) = (count("/prompt_tokens"), count("/completion_tokens"));
    let reasoning = count("/completion_tokens_details/reasoning_tokens");
    // xAI counts what it reasons beside what it writes; the total tells.
    let beside = match (count("/total_tokens"), input, output, reasoning) {
        (Some(total), Some(input), Some(output), Some(reasoning)) => total == input + output + reasoning,
        _ => false,
    };
    Usage {
        input,
        output: if beside { Some(output.unwrap_or(0) + reasoning.unwrap_or(0)) } else { output },
        cached: ["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens", "/cached_tokens"]
            .into_iter()
            .find_map(count),
        cache_write: count("/prompt_tokens_details/cache_write_tokens"),
        reasoning,
    }
}
