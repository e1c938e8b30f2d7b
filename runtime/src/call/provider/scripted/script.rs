//! A script: what a model, a person and tools answer, as people write it in `script.json`.
//!
//! ```json
//! {
//!   "delay_ms": 5,
//!   "replies": {
//!     "Support.triage": [{ "kind": "refund" }, "a second reply", { "error": "rate_limited" }],
//!     "Support.plan": [{ "tool_calls": [{ "name": "find_order", "arguments": { "id": "o1" } }] }, "done"],
//!     "*": "whatever else is asked"
//!   },
//!   "human": { "Support.refund_ok": { "approved": true, "by": "dana" } },
//!   "tools": { "find_order": [{ "id": "o1" }, { "error": "not_found" }] }
//! }
//! ```
//!
//! A key is a state's path (`gather.scout.dig`), `Agent.state`, the state's name alone, or `*`. Its replies are given in order, one an attempt, and the
//! last one repeats; a single reply may stand without its list. A string is the answer's text. An object is a typed
//! answer, except `{"tool_calls": […], "text": …}`, `{"error": …, "message": …, "retry_after_ms": …, "text": …}`,
//! `{"refusal": …}`, and `{"value": …}`, which holds a typed answer that would look like one of these.

use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::play::{Cue, path};
use crate::call::provider::ErrorClass;

/// What everyone answers.
#[derive(Debug, Default)]
pub struct Script {
    /// What messages call it: a path.
    pub name: String,
    /// How long each reply is waited for.
    pub delay: Duration,
    /// How long it pauses between two pieces of a reply.
    pub pace: Duration,
    /// A model's replies by state.
    pub replies: IndexMap<String, Vec<ModelReplyLine>>,
    /// A candidate's replies, whatever state asks it, by its endpoint's name; a test's only.
    pub candidates: IndexMap<String, Vec<ModelReplyLine>>,
    /// A person's answers by state: for an `approve` its record (`approved`, `choice`, `by`, `comment`, `edited`), for
    /// a `wait` the value itself.
    pub human: IndexMap<String, Vec<AnswerLine>>,
    /// Tools' answers by name.
    pub tools: IndexMap<String, Vec<AnswerLine>>,
}

/// One reply of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelReplyLine {
    /// Text, or a typed answer as JSON.
    Text(String),
    /// It asks for tools: a name and arguments each.
    Calls {
        /// What it says beside.
        text: String,
        /// The calls.
        calls: Vec<(String, Value)>,
    },
    /// It refuses.
    Refusal(String),
    /// It fails.
    Fault(ModelFault),
    /// The whole call ends with this event and these words; a test's only.
    Ends(String, String),
}

/// A failure of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFault {
    /// Which.
    pub class: ErrorClass,
    /// What it says.
    pub message: String,
    /// When it wants to be asked again.
    pub retry_after: Option<Duration>,
    /// Text that comes before it.
    pub text: String,
}

/// One answer of a tool or a person.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerLine {
    /// Its value.
    Value(Value),
    /// It fails: with an error's name, and words.
    Error(String, String),
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{script}`: {why}")]
pub struct ScriptError {
    script: String,
    why: String,
}

impl ScriptError {
    /// Why, without the script's name.
    pub fn why(&self) -> &str {
        &self.why
    }
}

/// What a script looks like.
const SHAPE: &str = r#"{ "replies": { "STATE": "text" }, "tools": { }, "human": { } }"#;

/// Words for a model's failures.
const FAULTS: &[(&str, ErrorClass)] = &[
    ("timeout", ErrorClass::TimeoutTotal),
    ("unavailable", ErrorClass::Server),
    ("connect", ErrorClass::Connect),
    ("rate_limited", ErrorClass::RateLimited),
    ("quota", ErrorClass::Quota),
    ("unauthorized", ErrorClass::Unauthorized),
    ("not_found", ErrorClass::NotFound),
    ("context_length", ErrorClass::ContextLength),
    ("content_policy", ErrorClass::ContentPolicy),
    ("bad_request", ErrorClass::BadRequest),
    ("unsupported", ErrorClass::Unsupported),
    ("server", ErrorClass::Server),
    ("truncated", ErrorClass::Truncated),
    ("empty", ErrorClass::Empty),
    ("bad_format", ErrorClass::BadFormat),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// For people.
    #[serde(rename = "about", default)]
    _about: Option<Value>,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    pace_ms: u64,
    #[serde(default)]
    replies: Map<String, Value>,
    #[serde(default)]
    human: Map<String, Value>,
    #[serde(default)]
    tools: Map<String, Value>,
}

impl Script {
    /// Reads a script; `name` is what messages call it.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScriptError> {
        let fail = |why: String| ScriptError { script: name.to_owned(), why };
        let written: Written = serde_json::from_str(text).map_err(|error| {
            fail(match error.classify() {
                // Nothing in it is meant as one.
                Category::Syntax if !text.trim_start().starts_with('{') => {
                    format!("no script: it should be a JSON object such as {SHAPE}")
                }
                Category::Data => format!("{error}; a script is a JSON object such as {SHAPE}"),
                _ => format!("not JSON: {error}"),
            })
        })?;
        let mut script = Self {
            name: name.to_owned(),
            delay: Duration::from_millis(written.delay_ms),
            pace: Duration::from_millis(written.pace_ms),
            ..Self::default()
        };
        for (key, value) in written.replies {
            let value = list(value);
            if value.is_empty() {
                return Err(fail(format!("reply of `{key}`: the list is empty")));
            }
            let lines = value
                .into_iter()
                .map(|line| reply(line).map_err(|why| fail(format!("reply of `{key}`: {why}"))));
            let lines = lines.collect::<Result<Vec<_>, _>>()?;
            script.replies.insert(key, lines);
        }
        for (key, value) in written.human {
            script.human.insert(key, list(value).into_iter().map(answer_line).collect());
        }
        for (key, value) in written.tools {
            script.tools.insert(key, list(value).into_iter().map(answer_line).collect());
        }
        Ok(script)
    }
}

/// The key that answers for a state, and its lines: its path, `Agent.state`, the state's name alone, `*`.
pub(super) fn find<'a, T>(lines: &'a IndexMap<String, Vec<T>>, cue: Cue<'_>) -> Option<(&'a str, &'a [T])> {
    let path = path(cue.effect).name;
    let alone = cue.state.rsplit('.').next().unwrap_or(cue.state);
    let found = [&path, cue.state, alone, "*"].into_iter().find_map(|key| lines.get_key_value(key));
    found.map(|(key, lines)| (key.as_str(), lines.as_slice()))
}

/// One answer may stand without its list.
fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(lines) => lines,
        one => vec![one],
    }
}

fn reply(value: Value) -> Result<ModelReplyLine, String> {
    let object = match value {
        Value::String(text) => return Ok(ModelReplyLine::Text(text)),
        Value::Object(object) => object,
        other => return Ok(ModelReplyLine::Text(other.to_string())),
    };
    let only = |keys: &[&str]| object.keys().all(|key| keys.contains(&key.as_str()));
    let words = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(Value::Array(calls)) = object.get("tool_calls").filter(|_| only(&["tool_calls", "text"])) {
        let calls = calls.iter().map(tool_call).collect::<Result<Vec<_>, _>>()?;
        return Ok(ModelReplyLine::Calls { text: words("text"), calls });
    }
    if let Some(Value::String(word)) =
        object.get("error").filter(|_| only(&["error", "message", "retry_after_ms", "text"]))
    {
        return fault(word, &object).map(ModelReplyLine::Fault);
    }
    match (object.len(), object.get("refusal"), object.get("value")) {
        (1, Some(Value::String(words)), _) => Ok(ModelReplyLine::Refusal(words.clone())),
        (1, _, Some(value)) => Ok(ModelReplyLine::Text(value.to_string())),
        _ => Ok(ModelReplyLine::Text(Value::Object(object).to_string())),
    }
}

fn tool_call(call: &Value) -> Result<(String, Value), String> {
    let name = call.get("name").and_then(Value::as_str).ok_or("a tool call needs a `name`")?;
    let arguments = call.get("arguments").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    Ok((name.to_owned(), arguments))
}

fn fault(word: &str, object: &Map<String, Value>) -> Result<ModelFault, String> {
    let Some((_, class)) = FAULTS.iter().find(|(known, _)| *known == word) else {
        let known: Vec<String> = FAULTS.iter().map(|(word, _)| format!("`{word}`")).collect();
        return Err(format!(
            "`{word}` is no error: one of {}; a typed answer with a field `error` is written {{\"value\": {{…}}}}",
            known.join(", ")
        ));
    };
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(ModelFault {
        class: *class,
        message: text("message").unwrap_or_else(|| format!("scripted error `{word}`")),
        retry_after: object.get("retry_after_ms").and_then(Value::as_u64).map(Duration::from_millis),
        text: text("text").unwrap_or_default(),
    })
}

fn answer_line(value: Value) -> AnswerLine {
    let Value::Object(object) = &value else { return AnswerLine::Value(value) };
    let only = object.keys().all(|key| matches!(key.as_str(), "error" | "message"));
    match (object.get("error"), object.get("value")) {
        (Some(Value::String(word)), _) if only => {
            let said = object.get("message").and_then(Value::as_str).map(str::to_owned);
            AnswerLine::Error(word.clone(), said.unwrap_or_else(|| format!("scripted error `{word}`")))
        }
        (_, Some(inner)) if object.len() == 1 => AnswerLine::Value(inner.clone()),
        _ => AnswerLine::Value(value),
    }
}
