//! The shapes that models give a call in JSON.

use agentrun_lang::value::{Reply, Type, TypeTable, coerce, to_json};
use serde_json::{Map, Value};

use super::Attempted;
use crate::chat::ToolSpec;

const NAME_KEYS: &[&str] = &["name", "tool", "function", "tool_name", "function_name", "action", "toolName"];
const ARGUMENT_KEYS: &[&str] =
    &["arguments", "parameters", "args", "params", "input", "action_input", "tool_input", "kwargs"];
const WRAPPERS: &[&str] = &["tool_call", "function_call", "function", "call"];
const LISTS: &[&str] = &["tool_calls", "function_calls", "calls", "tools"];

/// Calls that make up the whole of a text, one JSON value after another.
pub(super) fn calls(text: &str, tools: &[ToolSpec]) -> Option<Vec<Attempted>> {
    let (calls, rest) = calls_then(text, tools)?;
    rest.trim().is_empty().then_some(calls)
}

/// Calls at the beginning of a text, and what follows them.
pub(super) fn calls_then<'a>(text: &'a str, tools: &[ToolSpec]) -> Option<(Vec<Attempted>, &'a str)> {
    let mut calls = Vec::new();
    let mut rest = text;
    loop {
        let trimmed =
            rest.trim_start_matches(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';'));
        let Some((value, after)) = next_value(trimmed) else { break };
        let Some(found) = from_value(&value, tools) else { break };
        calls.extend(found);
        rest = after;
    }
    if calls.is_empty() {
        return Some((from_value(&mended(text)?, tools)?, ""));
    }
    Some((calls, rest))
}

/// The first JSON value of a text and what follows it.
fn next_value(text: &str) -> Option<(Value, &str)> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..).unwrap_or_default()))
}

/// JSON that only a patient reader reads (a bracket forgotten, a comma too many), where it is all of a text.
fn mended(text: &str) -> Option<Value> {
    let text = text.trim();
    if !(text.starts_with(['{', '[']) && text.ends_with(['}', ']'])) {
        return None;
    }
    // What is missing at the end is tried and not guessed: a bracket added inside a string mends nothing.
    ["", "}", "}}", "]", "}]"].iter().find_map(|end| {
        let closed = format!("{text}{end}");
        let read = coerce(&closed, &Type::Json, &TypeTable::default(), Reply::default()).ok()?;
        Some(to_json(&read.value)).filter(|value| value.is_object() || value.is_array())
    })
}

/// The calls that a JSON value stands for; `None` where it has no call's shape.
pub(super) fn from_value(value: &Value, tools: &[ToolSpec]) -> Option<Vec<Attempted>> {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let calls: Option<Vec<Vec<Attempted>>> =
                items.iter().map(|item| from_value(item, tools)).collect();
            calls.map(|calls| calls.into_iter().flatten().collect())
        }
        Value::Object(fields) => from_object(fields, tools),
        _ => None,
    }
}

fn from_object(fields: &Map<String, Value>, tools: &[ToolSpec]) -> Option<Vec<Attempted>> {
    if let Some(list) = LISTS.iter().find_map(|key| fields.get(*key)?.as_array()) {
        return from_value(&Value::Array(list.clone()), tools);
    }
    if let Some(inner) = WRAPPERS.iter().find_map(|key| fields.get(*key)?.as_object()) {
        return from_object(inner, tools);
    }
    named(fields).or_else(|| flat(fields, tools)).or_else(|| keyed(fields, tools)).map(|call| vec![call])
}

/// `{"name": "search", "arguments": {…}}` under any of the usual keys; arguments may be JSON in a string.
fn named(fields: &Map<String, Value>) -> Option<Attempted> {
    let name = NAME_KEYS.iter().find_map(|key| fields.get(*key)?.as_str())?;
    let arguments = ARGUMENT_KEYS.iter().find_map(|key| fields.get(*key))?;
    Some(Attempted { name: name.to_string(), arguments: Some(object(arguments)), certain: true })
}

/// `{"tool": "search", "q": "…"}`: the arguments stand beside the name, and all are the tool's.
fn flat(fields: &Map<String, Value>, tools: &[ToolSpec]) -> Option<Attempted> {
    let (key, name) = ["tool", "function", "action", "tool_name", "function_name"]
        .iter()
        .find_map(|key| Some((*key, fields.get(*key)?.as_str()?)))?;
    let tool = super::offered(name, tools)?;
    let arguments: Map<String, Value> = fields
        .iter()
        .filter(|(other, _)| *other != key)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let nothing = arguments.is_empty();
    (takes(tool, &arguments)).then(|| Attempted {
        name: name.to_string(),
        arguments: (!nothing).then_some(Value::Object(arguments)),
        certain: true,
    })
}

/// `{"search": {"q": "…"}}`: the only key is a tool's name.
fn keyed(fields: &Map<String, Value>, tools: &[ToolSpec]) -> Option<Attempted> {
    let (name, value) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let tool = tools.iter().find(|tool| tool.name == *name)?;
    let arguments = value.as_object().filter(|arguments| takes(tool, arguments))?;
    Some(Attempted { name: name.clone(), arguments: Some(Value::Object(arguments.clone())), certain: false })
}

/// True where every argument is a parameter of the tool.
fn takes(tool: &ToolSpec, arguments: &Map<String, Value>) -> bool {
    let parameters = tool.parameters.get("properties").and_then(Value::as_object);
    arguments.keys().all(|key| parameters.is_some_and(|parameters| parameters.contains_key(key)))
}

/// Arguments as an object, where they are one in a string.
pub(super) fn object(arguments: &Value) -> Value {
    match arguments {
        Value::String(text) => match serde_json::from_str(text.trim()).ok().or_else(|| mended(text)) {
            Some(object @ Value::Object(_)) => object,
            _ if text.trim().is_empty() => Value::Object(Map::new()),
            _ => arguments.clone(),
        },
        Value::Null => Value::Object(Map::new()),
        other => other.clone(),
    }
}
