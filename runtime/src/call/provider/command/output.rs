//! What a command prints: plain text, or the JSON of `claude -p --output-format json` and `stream-json`.

use serde_json::Value;

use super::said_class;
use crate::call::provider::assemble::Assembly;
use crate::call::provider::{ErrorClass, ProviderError, count, fault};
use crate::chat::Usage;

/// Its output so far.
#[derive(Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    /// How much of it was passed on as text.
    told: usize,
}

impl Output {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes more; plain text is passed on at once.
    pub(super) fn push(&mut self, bytes: &[u8], assembly: &mut Assembly<'_>) {
        self.bytes.extend_from_slice(bytes);
        if self.may_be_json() {
            return;
        }
        let new = self.bytes.get(self.told..).unwrap_or_default();
        // A character may come in two pieces.
        let whole = match std::str::from_utf8(new) {
            Ok(text) => text,
            Err(error) if error.error_len().is_some() => return,
            Err(error) => {
                std::str::from_utf8(new.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
            }
        };
        self.told += whole.len();
        assembly.text(whole);
    }

    /// Reads what was kept back.
    pub(super) fn finish(self, assembly: &mut Assembly<'_>) -> Result<(), ProviderError> {
        let rest = String::from_utf8_lossy(self.bytes.get(self.told..).unwrap_or_default());
        match self.may_be_json().then(|| result(&rest)).flatten() {
            Some(result) => read(&result, assembly)?,
            None => assembly.text(&rest),
        }
        // A command ends its output with a newline that is no part of the answer.
        assembly.text.truncate(assembly.text.trim_end().len());
        Ok(())
    }

    fn may_be_json(&self) -> bool {
        let first = self.bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        self.told == 0 && first.is_none_or(|byte| matches!(byte, b'{' | b'['))
    }
}

/// The record that says how it went: alone, last of a list, or last of many lines.
fn result(text: &str) -> Option<Value> {
    let is_result = |value: &Value| value["type"] == "result";
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(records)) => records.into_iter().rfind(is_result),
        Ok(value) => Some(value).filter(is_result),
        Err(_) => text.lines().rev().find_map(|line| serde_json::from_str(line).ok().filter(is_result)),
    }
}

fn read(result: &Value, assembly: &mut Assembly<'_>) -> Result<(), ProviderError> {
    let words = result["result"].as_str().unwrap_or_default();
    assembly.usage = usage(&result["usage"]);
    assembly.request_id = result["session_id"].as_str().map(str::to_owned);
    let models = result["modelUsage"].as_object();
    assembly.model =
        models.filter(|models| models.len() == 1).and_then(|models| models.keys().next().cloned());
    if result["is_error"].as_bool() == Some(true) {
        let said = if words.is_empty() { result["subtype"].as_str().unwrap_or("an error") } else { words };
        let class = said_class(said).unwrap_or(ErrorClass::Command);
        let error = ProviderError::of(class, fault::one_line(said));
        return Err(ProviderError { usage: assembly.usage, ..error });
    }
    // With a schema of its own the answer stands apart.
    match result.get("structured_output").filter(|value| !value.is_null()) {
        Some(value) => assembly.text(&value.to_string()),
        None => assembly.text(words),
    }
    Ok(())
}

/// Anthropic's counts, as its own provider reads them.
fn usage(usage: &Value) -> Usage {
    let count = |path: &str| count::tokens(usage, path);
    let (cached, written) = (count("/cache_read_input_tokens"), count("/cache_creation_input_tokens"));
    Usage {
        input: count("/input_tokens").map(|fresh| fresh + cached.unwrap_or(0) + written.unwrap_or(0)),
        output: count("/output_tokens"),
        cached,
        cache_write: written,
        reasoning: None,
    }
}
