//! The body of a Messages request.

use serde_json::{Map, Value, json};

use crate::call::provider::{Caps, ModelRequest, ProviderError, ToolChoice, caps, media};
use crate::chat::{Message, Part, Role, ToolCall, ToolResult};

/// The tool that gives an answer its shape where a model takes no schema.
const ANSWER: &str = "give_answer";

/// That tool's name, where `request` needs it.
pub(super) fn answer_tool(request: &ModelRequest) -> Option<&'static str> {
    (request.schema.is_some() && !caps::claude_takes_schema(&request.model)).then_some(ANSWER)
}

/// The body of a request.
pub(super) fn body(request: &ModelRequest, caps: &Caps, max_tokens: u32) -> Result<Value, ProviderError> {
    let mut body = Map::new();
    body.insert("model".into(), request.model.as_str().into());
    body.insert("max_tokens".into(), max_tokens.into());
    let system: Vec<String> =
        request.messages.iter().filter(|m| m.role == Role::System).map(Message::plain).collect();
    if !system.is_empty() {
        body.insert("system".into(), system.join("\n\n").into());
    }
    body.insert("messages".into(), messages(&request.messages)?.into());
    if let Some(temperature) = request.temperature.filter(|_| caps.temperature) {
        // Its scale ends at 1, where others' ends at 2.
        body.insert("temperature".into(), temperature.min(1.0).into());
    }
    let mut tools: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| {
            json!({ "name": tool.name, "description": tool.description, "input_schema": tool.parameters })
        })
        .collect();
    let mut choice = match request.tool_choice {
        _ if tools.is_empty() => None,
        ToolChoice::Required if caps.forced_tools => Some(json!({ "type": "any" })),
        ToolChoice::Auto | ToolChoice::Required => None,
        ToolChoice::None => Some(json!({ "type": "none" })),
    };
    if let Some((_, schema)) = &request.schema {
        match answer_tool(request) {
            None => {
                let format = json!({ "type": "json_schema", "schema": schema });
                body.insert("output_config".into(), json!({ "format": format }));
            }
            Some(name) => {
                choice = Some(match request.tool_choice {
                    ToolChoice::Auto | ToolChoice::Required if !tools.is_empty() => json!({ "type": "any" }),
                    _ => json!({ "type": "tool", "name": name }),
                });
                let description = "Gives the final answer, in the shape that is asked for.";
                tools.push(json!({ "name": name, "description": description, "input_schema": schema }));
            }
        }
    }
    if !tools.is_empty() {
        body.insert("tools".into(), tools.into());
    }
    if let Some(choice) = choice {
        body.insert("tool_choice".into(), choice);
    }
    if request.stream {
        body.insert("stream".into(), true.into());
    }
    Ok(Value::Object(body))
}

/// Messages that alternate: what one side says in a row stands in one.
fn messages(conversation: &[Message]) -> Result<Vec<Value>, ProviderError> {
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for message in conversation.iter().filter(|message| message.role != Role::System) {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        let blocks = blocks(message)?;
        match turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some((last, said)) if *last == role => said.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    Ok(turns.into_iter().map(|(role, content)| json!({ "role": role, "content": content })).collect())
}

fn blocks(message: &Message) -> Result<Vec<Value>, ProviderError> {
    let mut blocks: Vec<Value> = Vec::new();
    if message.role == Role::Assistant {
        blocks.extend(message.parts.iter().find_map(thoughts).unwrap_or_default());
    }
    for part in &message.parts {
        match part {
            // It refuses a text of nothing.
            Part::Text(text) if text.trim().is_empty() => {}
            Part::Text(text) => blocks.push(json!({ "type": "text", "text": &**text })),
            Part::Media(media) => blocks.push(attachment(&media::read(media)?)),
            Part::ToolCall(call) => blocks.push(tool_use(call)),
            Part::ToolResult(result) => blocks.push(tool_result(result)),
        }
    }
    Ok(blocks)
}

/// What the model thought before its calls; signed, it must go back as it came.
fn thoughts(part: &Part) -> Option<Vec<Value>> {
    let Part::ToolCall(ToolCall { echo: Some(echo), .. }) = part else { return None };
    echo.get("anthropic")?.as_array().cloned()
}

fn tool_use(call: &ToolCall) -> Value {
    let input = match &call.arguments {
        Value::Object(_) => call.arguments.clone(),
        // What was no JSON when it came is shown to the model as it wrote it.
        other => json!({ "arguments": other }),
    };
    json!({ "type": "tool_use", "id": id(&call.id), "name": call.name, "input": input })
}

fn tool_result(result: &ToolResult) -> Value {
    let (id, content) = (id(&result.id), &*result.content);
    if result.is_error {
        json!({ "type": "tool_result", "tool_use_id": id, "content": content, "is_error": true })
    } else {
        json!({ "type": "tool_result", "tool_use_id": id, "content": content })
    }
}

/// It takes letters, digits, `_` and `-`.
fn id(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect()
}

fn attachment(media: &media::Attached) -> Value {
    let source = match &media.source {
        media::Source::Base64(data) => json!({ "type": "base64", "media_type": media.mime, "data": data }),
        media::Source::Url(url) => json!({ "type": "url", "url": url }),
    };
    let kind = match media.kind {
        media::Kind::Image => "image",
        media::Kind::Pdf => "document",
    };
    json!({ "type": kind, "source": source })
}
