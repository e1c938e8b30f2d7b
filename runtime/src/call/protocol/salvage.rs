//! Tool calls that a model printed into its answer's text, though it had a better way. They are taken only where the
//! name is one of the offered tools and the arguments are an object, and only where the text is a call and does not
//! quote one: the call is the whole text, or stands behind one short paragraph of words.

mod json;
mod markup;

use serde_json::Value;

use crate::call::provider::MOST_CALLS;
use crate::chat::{ToolCall, ToolSpec};

/// The longest lead-in before a call in an answer that might as well be prose.
const LEAD_IN: usize = 300;

/// A call begins at one of the first lines that look like JSON, or nowhere.
const STARTS: usize = 8;

/// What was found in a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Calls, in their order; ids are still empty.
    Calls(Vec<ToolCall>),
    /// It hands the answer over as if by a tool, `final_answer({…})`.
    Answer(Value),
    /// It looks like a call and is none, or it is not clear whether it is one.
    Broken(String),
    /// Prose, or data.
    Nothing,
}

/// What kind of answer the text may be, if it is no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Free text, which may quote anything: a call must be alone.
    Prose,
    /// Data of a type: words around a call are no part of an answer either.
    Data,
}

/// A piece of a text.
enum Block<'a> {
    Words(&'a str),
    Calls(Vec<Attempted>),
}

/// Something that has a call's shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempted {
    name: String,
    arguments: Option<Value>,
    /// Whether it can be nothing else, by its marks or keys.
    certain: bool,
}

/// Looks for calls of the offered tools.
pub fn find(text: &str, tools: &[ToolSpec], otherwise: Otherwise) -> Found {
    let text = without_thoughts(text).trim();
    if let Some(attempted) = markup::tagged(text) {
        return settle(attempted, tools);
    }
    let blocks = blocks(text, tools);
    let calls = first_calls(&blocks);
    if calls.is_empty() {
        return Found::Nothing;
    }
    let found = settle(calls, tools);
    if matches!(found, Found::Nothing) || otherwise == Otherwise::Data || stands_alone(&blocks) {
        return found;
    }
    Found::Broken(
        "it is not clear whether this calls a tool or quotes a call: to call it, send the call and nothing else; \
         to answer, send words without a call in them"
            .to_string(),
    )
}

/// The text behind a leading `<think>…</think>`, which is never part of an answer.
pub fn without_thoughts(text: &str) -> &str {
    let start = text.trim_start();
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>")] {
        if let Some(rest) = start.strip_prefix(open) {
            return rest.split_once(close).map_or("", |(_, after)| after);
        }
    }
    // Templates that open the thought themselves leave only its end in the text.
    text.split_once("</think>").map_or(text, |(_, after)| after)
}

/// A call's arguments as an object, where they came as one in a string.
pub fn arguments(given: &Value) -> Value {
    json::object(given)
}

/// The calls up to the next words, each once. What stands behind those words was written in the belief of a result
/// that the model had not seen.
fn first_calls(blocks: &[Block<'_>]) -> Vec<Attempted> {
    let mut calls: Vec<Attempted> = Vec::new();
    for block in blocks {
        match block {
            Block::Words(words) if !calls.is_empty() && !words.trim().is_empty() => break,
            Block::Words(_) => {}
            Block::Calls(found) => {
                for call in found {
                    // One more than are taken tells that there are too many.
                    if calls.len() > MOST_CALLS {
                        return calls;
                    }
                    if !calls.contains(call) {
                        calls.push(call.clone());
                    }
                }
            }
        }
    }
    calls
}

/// Calls with nothing but one short paragraph before them.
fn stands_alone(blocks: &[Block<'_>]) -> bool {
    let lead_in = |words: &str| {
        let words = words.trim();
        words.chars().count() <= LEAD_IN && !words.contains("\n\n")
    };
    blocks.iter().enumerate().all(|(index, block)| match block {
        Block::Calls(_) => true,
        Block::Words(words) => words.trim().is_empty() || (index == 0 && lead_in(words)),
    })
}

/// Cuts a text at its fences, or else at the JSON that ends it.
fn blocks<'a>(text: &'a str, tools: &[ToolSpec]) -> Vec<Block<'a>> {
    let fences = markup::fences(text);
    if fences.is_empty() {
        return bare(text, tools);
    }
    let mut blocks = Vec::new();
    let mut from = 0;
    for fence in fences {
        let calls = match fence.tag {
            "" | "json" | "json5" | "jsonc" | "tool_call" | "tool_calls" | "tool" | "xml" => {
                json::calls(fence.body, tools).or_else(|| markup::tagged(fence.body))
            }
            "tool_code" | "python" | "py" => markup::pythonic(fence.body, tools),
            _ => None,
        };
        if let Some(calls) = calls {
            blocks.push(Block::Words(text.get(from..fence.start).unwrap_or_default()));
            blocks.push(Block::Calls(calls));
            from = fence.end;
        }
    }
    blocks.push(Block::Words(text.get(from..).unwrap_or_default()));
    blocks
}

/// A text without fences: calls as JSON that run to its end, or as Python's.
fn bare<'a>(text: &'a str, tools: &[ToolSpec]) -> Vec<Block<'a>> {
    if let Some(calls) = markup::pythonic(text, tools).or_else(|| markup::react(text)) {
        return vec![Block::Calls(calls)];
    }
    let starts = text.char_indices().filter(|(at, letter)| {
        let line_start = text.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
        matches!(letter, '{' | '[') && line_start
    });
    for (at, _) in starts.take(STARTS) {
        let (words, rest) = text.split_at(at);
        if let Some((calls, after)) = json::calls_then(rest, tools) {
            return vec![Block::Words(words), Block::Calls(calls), Block::Words(after)];
        }
    }
    vec![Block::Words(text)]
}

/// Checks names and arguments against the tools.
fn settle(attempted: Vec<Attempted>, tools: &[ToolSpec]) -> Found {
    if attempted.len() > MOST_CALLS {
        return Found::Broken(format!("it calls more than {MOST_CALLS} tools at once"));
    }
    let mut calls = Vec::new();
    let mut wrong = Vec::new();
    let mut doubtful = false;
    for one in attempted {
        match (offered(&one.name, tools), one.arguments) {
            (Some(tool), Some(arguments @ Value::Object(_))) => {
                calls.push(ToolCall { name: tool.name.clone(), arguments, ..ToolCall::default() });
            }
            (Some(tool), None) if takes_nothing(tool) => {
                let arguments = Value::Object(serde_json::Map::new());
                calls.push(ToolCall { name: tool.name.clone(), arguments, ..ToolCall::default() });
            }
            (Some(tool), _) if one.certain => {
                wrong.push(format!("the arguments of `{}` must be one JSON object", tool.name));
            }
            (None, Some(Value::Object(mut fields))) if is_answer(&one.name) => {
                let inner = if fields.len() == 1 {
                    fields.remove("answer").or_else(|| fields.remove("value"))
                } else {
                    None
                };
                return Found::Answer(inner.unwrap_or(Value::Object(fields)));
            }
            (None, Some(_)) if one.certain => wrong.push(unknown(&one.name, tools)),
            _ => doubtful = true,
        }
    }
    match (wrong.is_empty(), calls.is_empty(), doubtful) {
        (true, false, false) => Found::Calls(calls),
        (true, _, _) => Found::Nothing,
        (false, _, _) => Found::Broken(wrong.join("; ")),
    }
}

/// The tool that a name means: spelled as offered, or up to case, `-` and `_`, and a `functions.` before it.
pub fn offered<'a>(name: &str, tools: &'a [ToolSpec]) -> Option<&'a ToolSpec> {
    let name = name.trim();
    let name = ["functions.", "function.", "tools.", "tool."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    tools.iter().find(|tool| tool.name == name).or_else(|| {
        let plain = |name: &str| name.replace(['-', ' '], "_").to_lowercase();
        let mut alike = tools.iter().filter(|tool| plain(&tool.name) == plain(name));
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// What to say of a tool that was not offered.
pub fn unknown(name: &str, tools: &[ToolSpec]) -> String {
    if tools.is_empty() {
        return format!("there is no tool `{name}`, and none at all: give the answer");
    }
    let names: Vec<String> = tools.iter().map(|tool| format!("`{}`", tool.name)).collect();
    format!("there is no tool `{name}`; the tools are {}", names.join(", "))
}

fn is_answer(name: &str) -> bool {
    matches!(name, "final_answer" | "answer" | "finish" | "final")
}

fn takes_nothing(tool: &ToolSpec) -> bool {
    let required = tool.parameters.get("required").and_then(Value::as_array);
    required.is_none_or(Vec::is_empty)
}
