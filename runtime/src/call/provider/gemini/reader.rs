//! Reads a response: a whole one is one chunk, a stream is many of the same shape.

use serde_json::{Value, json};

use crate::call::provider::assemble::Assembly;
use crate::call::provider::read::{Dialect, Heard};
use crate::call::provider::{ErrorClass, ProviderError, count, fault};
use crate::chat::{FinishReason, Usage};

/// Reads what Gemini says.
pub(super) struct Reader;

/// What a finish reason means.
enum End {
    Reply(FinishReason),
    Refusal,
    Error(ErrorClass),
}

impl Dialect for Reader {
    fn wanted(&self) -> &'static str {
        "a Gemini response"
    }

    fn marker(&self) -> &'static str {
        "finishReason"
    }

    /// A server that knows no `alt=sse` answers a wish for a stream with a list of its chunks.
    fn whole(&mut self, value: &Value, assembly: &mut Assembly<'_>) -> Result<bool, ProviderError> {
        let chunks = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let mut complete = false;
        for one in chunks {
            if let Some(error) = fault::in_band(one) {
                return Err(error);
            }
            complete |= chunk(one, assembly)?;
        }
        let is_empty_one = value.get("candidates").is_some() || value.get("usageMetadata").is_some();
        Ok(complete || assembly.has_content() || is_empty_one)
    }

    fn event(&mut self, value: &Value, assembly: &mut Assembly<'_>) -> Result<Heard, ProviderError> {
        Ok(if chunk(value, assembly)? { Heard::Answer } else { Heard::Part })
    }
}

/// Reads a chunk; true where the answer is complete.
fn chunk(value: &Value, assembly: &mut Assembly<'_>) -> Result<bool, ProviderError> {
    if let Some(model) = value["modelVersion"].as_str() {
        assembly.model = Some(model.to_owned());
    }
    if let Some(id) = value["responseId"].as_str() {
        assembly.request_id.get_or_insert_with(|| id.to_owned());
    }
    if let Some(found) = value.get("usageMetadata").filter(|usage| usage.is_object()) {
        assembly.usage = usage(found);
    }
    if let Some(reason) = value.pointer("/promptFeedback/blockReason").and_then(Value::as_str) {
        let words = value.pointer("/promptFeedback/blockReasonMessage").and_then(Value::as_str);
        assembly.refusal = words.map_or_else(|| format!("the prompt was blocked: {reason}"), str::to_owned);
        assembly.finish = Some(FinishReason::ContentFilter);
        return Ok(true);
    }
    let Some(candidate) = value.pointer("/candidates/0") else { return Ok(false) };
    for part in candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten() {
        said(part, assembly);
    }
    match candidate["finishReason"].as_str() {
        None | Some("FINISH_REASON_UNSPECIFIED") => Ok(false),
        Some(reason) => finished(reason, candidate["finishMessage"].as_str(), assembly),
    }
}

fn said(part: &Value, assembly: &mut Assembly<'_>) {
    if let Some(text) = part["text"].as_str() {
        if part["thought"].as_bool() == Some(true) {
            assembly.reasoning(text);
        } else {
            assembly.text(text);
        }
    }
    let Some(call) = part.get("functionCall") else { return };
    // Each part is a whole call of its own.
    let index = assembly.calls() as u64;
    assembly.call(index, call["id"].as_str(), call["name"].as_str(), |draft| {
        draft.object = call.get("args").filter(|args| !args.is_null()).cloned();
        draft.echo = part
            .get("thoughtSignature")
            .filter(|signature| signature.is_string())
            .map(|signature| json!({ "gemini": { "thoughtSignature": signature } }));
    });
}

fn finished(reason: &str, message: Option<&str>, assembly: &mut Assembly<'_>) -> Result<bool, ProviderError> {
    match end(reason) {
        End::Reply(finish) => assembly.finish = Some(finish),
        End::Refusal => {
            assembly.finish = Some(FinishReason::ContentFilter);
            assembly.refusal =
                message.map_or_else(|| format!("the answer was stopped: {reason}"), str::to_owned);
        }
        End::Error(class) => {
            let said = format!("the answer ended in {reason}");
            let said = message.map_or_else(|| said.clone(), |words| format!("{said}: {words}"));
            return Err(ProviderError::of(class, fault::one_line(&said)));
        }
    }
    Ok(true)
}

fn end(reason: &str) -> End {
    match reason {
        "STOP" => End::Reply(FinishReason::Stop),
        "MAX_TOKENS" | "CONTINUATION" => End::Reply(FinishReason::Length),
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR"
        | "ESCALATION" => End::Refusal,
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "MALFORMED_RESPONSE" => {
            End::Error(ErrorClass::Transient)
        }
        "MISSING_THOUGHT_SIGNATURE" => End::Error(ErrorClass::BadRequest),
        "PUP_LIMITED_DISABLED" => End::Error(ErrorClass::Unauthorized),
        other => End::Reply(FinishReason::Other(other.to_owned())),
    }
}

/// Tokens as Gemini counts them: thoughts stand beside the candidates, and what is 0 is left out.
fn usage(usage: &Value) -> Usage {
    let count = |path: &str| count::tokens(usage, path);
    let thoughts = count("/thoughtsTokenCount");
    let written = count("/candidatesTokenCount");
    let output = match (written, thoughts) {
        (None, None) => None,
        (written, thoughts) => Some(written.unwrap_or(0) + thoughts.unwrap_or(0)),
    };
    Usage {
        input: count("/promptTokenCount")
            .map(|prompt| prompt + count("/toolUsePromptTokenCount").unwrap_or(0)),
        output,
        cached: count("/cachedContentTokenCount"),
        cache_write: None,
        reasoning: thoughts,
    }
}
