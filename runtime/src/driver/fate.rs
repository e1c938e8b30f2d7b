//! What a person says of a tool's call that was under way when its process went, and that changes something: to do it
//! again, that it took place, or that it failed.

use agentrun_lang::ast::Name;
use agentrun_lang::ir::Tool;
use agentrun_lang::value::{Labels, TypeTable, Value, read_json};

use super::resume::Fate;
use crate::error::{Commit, Failure, FailureKind};
use crate::machine::Answer;

/// It is to be called again.
const REPEAT: &str = "repeat";
/// It took place.
const DONE: &str = "done";
/// It is to count as failed.
const FAILED: &str = "failed";

/// Which answers there are for one tool.
#[derive(Clone, Copy, Debug)]
pub struct FateForm {
    /// Whether `done` alone says all: the tool may give nothing.
    gives_nothing: bool,
}

impl FateForm {
    /// The answers for a tool.
    pub fn of(tool: &Tool, types: &TypeTable) -> Self {
        Self { gives_nothing: read_json(&serde_json::Value::Null, &tool.ty, types).is_ok() }
    }

    /// The words to choose from where somebody is asked.
    pub(super) fn choices(self) -> Vec<Name> {
        let words: &[&str] = if self.gives_nothing { &[REPEAT, DONE, FAILED] } else { &[REPEAT, FAILED] };
        words.iter().map(|word| Name::from(*word)).collect()
    }

    /// What is asked.
    pub fn question(self, tool: &str) -> String {
        let done = if self.gives_nothing { "it took place: done, " } else { "" };
        format!(
            "The process ended while `{tool}` was called, and whether the call took place is not known.\nCall it \
             again: repeat, {done}let it count as failed: failed"
        )
    }

    /// What was said, written as JSON: `"repeat"`, `"failed"`, `"done"`, or `{"done": RESULT}`.
    pub fn read(self, json: &serde_json::Value, tool: &Tool, types: &TypeTable) -> Result<Value, String> {
        let said =
            |word: &str, value: Value| Value::record([("choice", Value::text(word)), ("value", value)]);
        let done = match json {
            serde_json::Value::String(word) if word == REPEAT || word == FAILED => {
                return Ok(said(word, Value::Null));
            }
            serde_json::Value::String(word) if word == DONE && self.gives_nothing => &serde_json::Value::Null,
            serde_json::Value::Object(object) if object.len() == 1 => object.get(DONE).unwrap_or(json),
            _ => json,
        };
        if std::ptr::eq(done, json) {
            return Err(format!(
                "say \"{REPEAT}\", \"{FAILED}\", or {{\"{DONE}\": RESULT}} with what `{}` gave",
                tool.name
            ));
        }
        match read_json(done, &tool.ty, types) {
            Ok(read) => Ok(said(DONE, read.value)),
            Err(wrong) => {
                let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
                Err(format!("that is no result of `{}`: {}", tool.name, wrong.join("; ")))
            }
        }
    }

    /// What follows from an answer.
    pub(super) fn fate(answer: &Value, tool: &Tool) -> Fate {
        let Value::Record(answer) = answer else { return Fate::Open };
        match answer.get("choice").and_then(Value::as_str) {
            Some(REPEAT) => Fate::Repeat,
            Some(DONE) => {
                let value = answer.get("value").cloned().unwrap_or(Value::Null);
                Fate::Ended(Ok(Answer::Tool(value, Labels::TOOL.union(tool.labels))))
            }
            Some(FAILED) => {
                let message = format!(
                    "the process ended while `{}` was called, and whether the call took place is not known",
                    tool.name
                );
                Fate::Ended(Err(Failure::new(FailureKind::Failed, message).committed(Commit::Unknown)))
            }
            _ => Fate::Open,
        }
    }
}
