//! The body of a `generateContent` request.

use serde_json::{Map, Value, json};

use crate::call::provider::{Caps, ModelRequest, ProviderError, ToolChoice, caps, media};
use crate::chat::{Message, Part, Role, ToolCall, ToolResult};

/// What its documentation names for calls that another model made.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The body of a request.
pub(super) fn body(request: &ModelRequest, caps: &Caps, max_tokens: u32) -> Result<Value, ProviderError> {
    let signed = caps::gemini_signs(&request.model);
    let mut body = Map::new();
    let system: Vec<Value> = request
        .messages
        .iter()
        .filter(|message| message.role == Role::System)
        .map(|message| json!({ "text": message.plain() }))
        .collect();
    if !system.is_empty() {
        body.insert("systemInstruction".into(), json!({ "parts": system }));
    }
    body.insert("contents".into(), contents(&request.messages, signed)?.into());
    if !request.tools.is_empty() {
        let declarations: Vec<Value> = request
            .tools
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name,
                    "description": tool.description,
                    "parametersJsonSchema": tool.parameters,
                })
            })
            .collect();
        body.insert("tools".into(), json!([{ "functionDeclarations": declarations }]));
        let mode = match request.tool_choice {
            ToolChoice::Auto => None,
            ToolChoice::Required => Some("ANY"),
            ToolChoice::None => Some("NONE"),
        };
        if let Some(mode) = mode {
            body.insert("toolConfig".into(), json!({ "functionCallingConfig": { "mode": mode } }));
        }
    }
    let mut generation = Map::new();
    generation.insert("maxOutputTokens".into(), max_tokens.into());
    if let Some(temperature) = request.temperature.filter(|_| caps.temperature) {
        generation.insert("temperature".into(), temperature.into());
    }
    // Before Gemini 3 a schema beside tools is refused; the tools are what cannot be done without.
    if let Some((_, schema)) = request.schema.as_ref().filter(|_| signed || request.tools.is_empty()) {
        generation.insert("responseMimeType".into(), "application/json".into());
        generation.insert("responseJsonSchema".into(), schema.clone());
    }
    body.insert("generationConfig".into(), generation.into());
    Ok(Value::Object(body))
}

/// Contents that alternate: what one side says in a row stands in one.
fn contents(conversation: &[Message], signed: bool) -> Result<Vec<Value>, ProviderError> {
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for message in conversation.iter().filter(|message| message.role != Role::System) {
        let role = if message.role == Role::Assistant { "model" } else { "user" };
        let parts = parts(message, signed)?;
        match turns.last_mut() {
            _ if parts.is_empty() => {}
            Some((last, said)) if *last == role => said.extend(parts),
            _ => turns.push((role, parts)),
        }
    }
    Ok(turns.into_iter().map(|(role, parts)| json!({ "role": role, "parts": parts })).collect())
}

fn parts(message: &Message, signed: bool) -> Result<Vec<Value>, ProviderError> {
    let mut parts = Vec::new();
    let mut first_call = true;
    for part in &message.parts {
        match part {
            Part::Text(text) if text.is_empty() => {}
            Part::Text(text) => parts.push(json!({ "text": &**text })),
            Part::Media(media) => parts.push(attachment(&media::read(media)?)),
            Part::ToolCall(call) => {
                // Of several calls in one turn only the first is signed.
                parts.push(function_call(call, signed && first_call));
                first_call = false;
            }
            Part::ToolResult(result) => parts.push(function_response(result)),
        }
    }
    Ok(parts)
}

fn function_call(call: &ToolCall, must_sign: bool) -> Value {
    let args = match &call.arguments {
        Value::Object(_) => call.arguments.clone(),
        other => json!({ "arguments": other }),
    };
    let called = json!({ "id": call.id, "name": call.name, "args": args });
    let signature = call.echo.as_ref().and_then(|echo| echo.pointer("/gemini/thoughtSignature")).cloned();
    match signature.or_else(|| must_sign.then(|| NO_SIGNATURE.into())) {
        Some(signature) => json!({ "functionCall": called, "thoughtSignature": signature }),
        None => json!({ "functionCall": called }),
    }
}

/// Its response must be an object.
fn function_response(result: &ToolResult) -> Value {
    let object = serde_json::from_str::<Value>(&result.content).ok().filter(Value::is_object);
    let response = match object {
        _ if result.is_error => json!({ "error": &*result.content }),
        Some(object) => object,
        None => json!({ "output": &*result.content }),
    };
    json!({ "functionResponse": { "id": result.id, "name": result.name, "response": response } })
}

fn attachment(media: &media::Attached) -> Value {
    match &media.source {
        media::Source::Base64(data) => json!({ "inlineData": { "mimeType": media.mime, "data": data } }),
        media::Source::Url(url) => json!({ "fileData": { "mimeType": media.mime, "fileUri": url } }),
    }
}
