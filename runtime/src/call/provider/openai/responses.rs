//! The Responses API: the body that is sent, the whole that comes back, and the events of a stream. It is asked
//! statelessly: nothing is stored there, and what a model thought goes back beside its tool calls.

use serde_json::{Map, Value, json};

use super::chat::schema_name;
use crate::call::provider::assemble::Assembly;
use crate::call::provider::{ModelRequest, ProviderError, ToolChoice, caps, count, fault, media};
use crate::chat::{FinishReason, Message, Part, Role, ToolCall, Usage};

/// It refuses a lower bound.
const LEAST_TOKENS: u32 = 16;

/// The body of a request.
pub(super) fn body(request: &ModelRequest, max_tokens: u32) -> Result<Value, ProviderError> {
    let mut body = Map::new();
    body.insert("model".into(), request.model.as_str().into());
    let system: Vec<String> =
        request.messages.iter().filter(|m| m.role == Role::System).map(Message::plain).collect();
    if !system.is_empty() {
        body.insert("instructions".into(), system.join("\n\n").into());
    }
    let mut input = Vec::new();
    for message in request.messages.iter().filter(|message| message.role != Role::System) {
        items(message, &mut input)?;
    }
    body.insert("input".into(), input.into());
    body.insert("max_output_tokens".into(), max_tokens.max(LEAST_TOKENS).into());
    body.insert("store".into(), false.into());
    if caps::reasons(&request.model) {
        body.insert("include".into(), json!(["reasoning.encrypted_content"]));
    }
    if let Some(temperature) = request.temperature.filter(|_| caps::takes_temperature(&request.model)) {
        body.insert("temperature".into(), temperature.into());
    }
    if let Some((name, schema)) = &request.schema {
        let format =
            json!({ "type": "json_schema", "name": schema_name(name), "strict": true, "schema": schema });
        body.insert("text".into(), json!({ "format": format }));
    }
    if !request.tools.is_empty() {
        body.insert("tools".into(), request.tools.iter().map(tool).collect());
        match request.tool_choice {
            ToolChoice::Auto => {}
            ToolChoice::Required => drop(body.insert("tool_choice".into(), "required".into())),
            ToolChoice::None => drop(body.insert("tool_choice".into(), "none".into())),
        }
    }
    if request.stream {
        body.insert("stream".into(), true.into());
    }
    Ok(Value::Object(body))
}

/// Strict is its default, and refuses what most tools' schemas hold.
fn tool(tool: &crate::chat::ToolSpec) -> Value {
    json!({
        "type": "function", "name": tool.name, "description": tool.description,
        "parameters": tool.parameters, "strict": false,
    })
}

/// A message as items: what is said, what was thought before a call, calls and results.
fn items(message: &Message, input: &mut Vec<Value>) -> Result<(), ProviderError> {
    let mut said = Vec::new();
    let mut rest = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text(text) if message.role == Role::Assistant => {
                said.push(json!({ "type": "output_text", "text": &**text }));
            }
            Part::Text(text) => said.push(json!({ "type": "input_text", "text": &**text })),
            Part::Media(media) => said.push(attachment(&media::read(media)?)),
            Part::ToolCall(call) => {
                rest.extend(thoughts(call));
                rest.push(tool_call(call));
            }
            Part::ToolResult(result) => rest.push(json!({
                "type": "function_call_output", "call_id": result.id, "output": &*result.content,
            })),
        }
    }
    if !said.is_empty() {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        input.push(json!({ "role": role, "content": said }));
    }
    input.append(&mut rest);
    Ok(())
}

fn attachment(media: &media::Attached) -> Value {
    match media.kind {
        media::Kind::Image => json!({ "type": "input_image", "image_url": media.url() }),
        media::Kind::Pdf if media.is_remote() => json!({ "type": "input_file", "file_url": media.url() }),
        media::Kind::Pdf => json!({
            "type": "input_file", "filename": "document.pdf", "file_data": media.url(),
        }),
    }
}

fn thoughts(call: &ToolCall) -> Vec<Value> {
    let items = call.echo.as_ref().and_then(|echo| echo.get("responses")?.as_array());
    items.cloned().unwrap_or_default()
}

fn tool_call(call: &ToolCall) -> Value {
    let arguments = match &call.arguments {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    json!({ "type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments })
}

/// Reads a whole response; false where it is none.
pub(super) fn whole(value: &Value, assembly: &mut Assembly<'_>) -> bool {
    let Some(output) = value.get("output").and_then(Value::as_array) else { return false };
    for (index, item) in output.iter().enumerate() {
        item_said(index as u64, item, assembly);
    }
    ended(value, assembly);
    true
}

/// Reads one event of a stream; true where the answer is complete.
pub(super) fn event(value: &Value, assembly: &mut Assembly<'_>) -> Result<bool, ProviderError> {
    let delta = value.get("delta").and_then(Value::as_str).unwrap_or_default();
    let index = value.get("output_index").and_then(Value::as_u64).unwrap_or_default();
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "response.created" => head(value.get("response").unwrap_or(value), assembly),
        "response.output_text.delta" => assembly.text(delta),
        "response.refusal.delta" => assembly.refusal.push_str(delta),
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
            assembly.reasoning(delta);
        }
        "response.output_item.added" => call_begins(index, value.get("item"), assembly),
        "response.function_call_arguments.delta" => {
            assembly.call(index, None, None, |draft| draft.arguments.push_str(delta));
        }
        "response.completed" | "response.incomplete" => {
            let response = value.get("response").unwrap_or(value);
            // A server that streams no deltas says it all here.
            if !assembly.has_content() {
                return Ok(whole(response, assembly));
            }
            ended(response, assembly);
            return Ok(true);
        }
        "response.failed" => {
            return Err(value.get("response").and_then(fault::in_band).unwrap_or_else(|| failed(value)));
        }
        "error" => return Err(failed(value)),
        _ => {}
    }
    Ok(false)
}

/// An error event holds its code and message itself.
fn failed(value: &Value) -> ProviderError {
    let error = json!({ "error": { "code": value.get("code"), "message": value.get("message") } });
    fault::in_band(&error).unwrap_or_else(|| {
        ProviderError::of(crate::call::provider::ErrorClass::Server, "the response failed".into())
    })
}

fn call_begins(index: u64, item: Option<&Value>, assembly: &mut Assembly<'_>) {
    let Some(item) = item.filter(|item| item["type"] == "function_call") else { return };
    assembly.call(index, item["call_id"].as_str(), item["name"].as_str(), |_| {});
}

fn item_said(index: u64, item: &Value, assembly: &mut Assembly<'_>) {
    match item["type"].as_str().unwrap_or_default() {
        "message" => {
            for part in item["content"].as_array().into_iter().flatten() {
                assembly.text(part["text"].as_str().unwrap_or_default());
                assembly.refusal.push_str(part["refusal"].as_str().unwrap_or_default());
            }
        }
        "reasoning" => {
            for part in item["summary"].as_array().into_iter().flatten() {
                assembly.reasoning(part["text"].as_str().unwrap_or_default());
            }
        }
        "function_call" => {
            let arguments = item["arguments"].as_str().unwrap_or_default();
            assembly.call(index, item["call_id"].as_str(), item["name"].as_str(), |draft| {
                draft.arguments.push_str(arguments);
            });
        }
        _ => {}
    }
}

fn head(response: &Value, assembly: &mut Assembly<'_>) {
    assembly.model = response["model"].as_str().map(str::to_owned).or(assembly.model.take());
    if let Some(id) = response["id"].as_str() {
        assembly.request_id.get_or_insert_with(|| id.to_owned());
    }
}

/// What a finished response says of itself.
fn ended(response: &Value, assembly: &mut Assembly<'_>) {
    head(response, assembly);
    if let Some(found) = response.get("usage").filter(|usage| usage.is_object()) {
        assembly.usage = usage(found);
    }
    let thoughts: Vec<&Value> = response["output"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item["type"] == "reasoning" && item["encrypted_content"].is_string())
        .collect();
    let echo = (!thoughts.is_empty()).then(|| json!({ "responses": thoughts }));
    if let Some(call) = assembly.first_call() {
        call.echo = echo;
    }
    assembly.finish = Some(match response.pointer("/incomplete_details/reason").and_then(Value::as_str) {
        None => FinishReason::Stop,
        Some("max_output_tokens") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.to_owned()),
    });
    if assembly.finish == Some(FinishReason::ContentFilter) && assembly.refusal.is_empty() {
        assembly.refusal.push_str("the provider's content filter stopped the answer");
    }
}

fn usage(usage: &Value) -> Usage {
    let count = |path: &str| count::tokens(usage, path);
    Usage {
        input: count("/input_tokens"),
        output: count("/output_tokens"),
        cached: count("/input_tokens_details/cached_tokens"),
        cache_write: count("/input_tokens_details/cache_write_tokens"),
        reasoning: count("/output_tokens_details/reasoning_tokens"),
    }
}
