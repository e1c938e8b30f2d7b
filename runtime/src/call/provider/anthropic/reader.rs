//! Reads a message, whole or as events.

use serde_json::{Value, json};

use crate::call::provider::assemble::Assembly;
use crate::call::provider::read::{Dialect, Heard};
use crate::call::provider::{ProviderError, count};
use crate::chat::{FinishReason, Usage};

/// What is read so far beside the answer itself.
pub(super) struct Reader {
    /// The tool whose input is the answer.
    answer_tool: Option<&'static str>,
    /// The block that is that tool's call.
    answer_block: Option<u64>,
    /// Blocks of thought, to go back with the calls.
    thoughts: Vec<(u64, Value)>,
}

impl Reader {
    pub(super) fn new(answer_tool: Option<&'static str>) -> Self {
        Self { answer_tool, answer_block: None, thoughts: Vec::new() }
    }

    /// A block begins, or stands there whole.
    fn begins(&mut self, index: u64, block: &Value, assembly: &mut Assembly<'_>) {
        match block["type"].as_str().unwrap_or_default() {
            "text" => assembly.text(block["text"].as_str().unwrap_or_default()),
            "thinking" | "redacted_thinking" => {
                assembly.reasoning(block["thinking"].as_str().unwrap_or_default());
                self.thoughts.push((index, block.clone()));
            }
            "tool_use" if self.answer_tool.is_some() && block["name"].as_str() == self.answer_tool => {
                self.answer_block = Some(index);
                if let Some(input) = input(block) {
                    assembly.text(&input.to_string());
                }
            }
            "tool_use" => {
                assembly.call(index, block["id"].as_str(), block["name"].as_str(), |call| {
                    call.object = input(block).cloned();
                });
            }
            _ => {}
        }
    }

    fn goes_on(&mut self, index: u64, delta: &Value, assembly: &mut Assembly<'_>) {
        let piece = |key: &str| delta[key].as_str().unwrap_or_default();
        match piece("type") {
            "text_delta" => assembly.text(piece("text")),
            "thinking_delta" => {
                assembly.reasoning(piece("thinking"));
                self.think(index, "thinking", piece("thinking"));
            }
            "signature_delta" => self.think(index, "signature", piece("signature")),
            "input_json_delta" if self.answer_block == Some(index) => assembly.text(piece("partial_json")),
            "input_json_delta" => {
                assembly.call(index, None, None, |call| call.arguments.push_str(piece("partial_json")));
            }
            _ => {}
        }
    }

    fn think(&mut self, index: u64, key: &str, piece: &str) {
        if let Some((_, block)) = self.thoughts.iter_mut().find(|(at, _)| *at == index) {
            match &mut block[key] {
                Value::String(said) => said.push_str(piece),
                other => *other = piece.into(),
            }
        }
    }

    fn stopped(&self, end: &Value, assembly: &mut Assembly<'_>) {
        let Some(reason) = end["stop_reason"].as_str() else { return };
        assembly.finish = Some(match reason {
            "end_turn" | "stop_sequence" => FinishReason::Stop,
            "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
            // The call that is the answer is no call to the outside.
            "tool_use" if assembly.calls() == 0 => FinishReason::Stop,
            "tool_use" => FinishReason::ToolCalls,
            "refusal" => FinishReason::ContentFilter,
            other => FinishReason::Other(other.to_owned()),
        });
        if reason == "refusal" {
            assembly.refusal = refusal(&end["stop_details"]);
        }
        if !self.thoughts.is_empty() {
            let blocks: Vec<&Value> = self.thoughts.iter().map(|(_, block)| block).collect();
            let echo = json!({ "anthropic": blocks });
            if let Some(call) = assembly.first_call() {
                call.echo = Some(echo);
            }
        }
    }
}

impl Dialect for Reader {
    fn wanted(&self) -> &'static str {
        "a message"
    }

    fn marker(&self) -> &'static str {
        "message_stop"
    }

    fn whole(&mut self, message: &Value, assembly: &mut Assembly<'_>) -> Result<bool, ProviderError> {
        let Some(content) = message.get("content").and_then(Value::as_array) else { return Ok(false) };
        head(message, assembly);
        for (index, block) in content.iter().enumerate() {
            self.begins(index as u64, block, assembly);
        }
        self.stopped(message, assembly);
        Ok(true)
    }

    fn event(&mut self, event: &Value, assembly: &mut Assembly<'_>) -> Result<Heard, ProviderError> {
        let index = event["index"].as_u64().unwrap_or_default();
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => head(&event["message"], assembly),
            "content_block_start" => self.begins(index, &event["content_block"], assembly),
            "content_block_delta" => self.goes_on(index, &event["delta"], assembly),
            "message_delta" => {
                usage(&event["usage"], &mut assembly.usage);
                self.stopped(&event["delta"], assembly);
            }
            "message_stop" => return Ok(Heard::All),
            _ => {}
        }
        Ok(Heard::Part)
    }
}

/// A call's input, where it came with its block: in a stream it begins as an empty object and follows in pieces.
fn input(block: &Value) -> Option<&Value> {
    let input = block.get("input")?;
    let empty = input.as_object().is_some_and(serde_json::Map::is_empty);
    (!empty && !input.is_null()).then_some(input)
}

fn refusal(details: &Value) -> String {
    match (details["explanation"].as_str(), details["category"].as_str()) {
        (Some(words), _) => words.to_owned(),
        (None, Some(category)) => format!("the model declined to answer ({category})"),
        (None, None) => "the model declined to answer".into(),
    }
}

fn head(message: &Value, assembly: &mut Assembly<'_>) {
    assembly.model = message["model"].as_str().map(str::to_owned);
    if let Some(id) = message["id"].as_str() {
        assembly.request_id.get_or_insert_with(|| id.to_owned());
    }
    usage(&message["usage"], &mut assembly.usage);
}

/// Tokens as Messages counts them: what was cached stands beside `input_tokens`. A later count replaces an earlier.
fn usage(usage: &Value, counted: &mut Usage) {
    let count = |path: &str| count::tokens(usage, path);
    let (cached, written) = (count("/cache_read_input_tokens"), count("/cache_creation_input_tokens"));
    if let Some(fresh) = count("/input_tokens") {
        counted.input = Some(fresh + cached.unwrap_or(0) + written.unwrap_or(0));
    }
    counted.output = count("/output_tokens").or(counted.output);
    counted.cached = cached.or(counted.cached);
    counted.cache_write = written.or(counted.cache_write);
    counted.reasoning = count("/output_tokens_details/thinking_tokens").or(counted.reasoning);
}
