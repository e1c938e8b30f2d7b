//! What models put around a call: fences, tags of their chat templates, Python, the lines of `ReAct`.

use serde_json::{Map, Value};

use super::{Attempted, json};
use crate::chat::ToolSpec;

/// A fenced block.
pub(super) struct Fence<'a> {
    /// The word behind the opening backticks, lower case.
    pub(super) tag: &'a str,
    pub(super) body: &'a str,
    /// Bytes of the whole block, backticks included.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Tags that only a call stands in. The closing one may be missing.
const TAGS: &[(&str, &str)] = &[
    ("<tool_call>", "</tool_call>"),
    ("<tool_calls>", "</tool_calls>"),
    ("<function_call>", "</function_call>"),
    ("<function_calls>", "</function_calls>"),
    ("<functioncall>", "</functioncall>"),
    ("<tools>", "</tools>"),
    ("<|tool_call|>", "<|/tool_call|>"),
    ("<|tool_call_start|>", "<|tool_call_end|>"),
    ("[TOOL_CALLS]", "[/TOOL_CALLS]"),
    ("[TOOL_CALL]", "[/TOOL_CALL]"),
    ("<|python_tag|>", "<|eom_id|>"),
];

/// Calls that the marks of a chat template enclose; words may stand around them.
pub(super) fn tagged(text: &str) -> Option<Vec<Attempted>> {
    if let Some(calls) = functions(text).or_else(|| deepseek(text)) {
        return Some(calls);
    }
    let (open, close) = TAGS.iter().find(|(open, _)| text.contains(open))?;
    let mut calls = Vec::new();
    for (at, _) in text.match_indices(open) {
        let (before, rest) = text.split_at(at);
        let piece = rest.get(open.len()..).unwrap_or_default();
        let piece = piece.split_once(open).map_or(piece, |(piece, _)| piece);
        let body = unfenced(piece.split_once(close).map_or(piece, |(body, _)| body).trim());
        match json::calls(body, &[]).or_else(|| python_calls(body)) {
            Some(found) => calls.extend(found),
            // In the middle of a line, words may be about the mark.
            None if before.is_empty() || before.ends_with('\n') => {
                let (name, arguments) = (first_word(body), Some(body.into()));
                calls.push(Attempted { name, arguments, certain: true });
            }
            None => {}
        }
    }
    (!calls.is_empty()).then_some(calls)
}

/// `<function=search>{"q": "…"}</function>`, or with `<parameter=q>…</parameter>` inside.
fn functions(text: &str) -> Option<Vec<Attempted>> {
    let pieces: Vec<&str> = text.split("<function=").skip(1).collect();
    let calls = pieces.iter().filter_map(|piece| {
        let (name, rest) = piece.split_once('>')?;
        let body = rest.split_once("</function>").map_or(rest, |(body, _)| body).trim();
        let arguments = if body.contains("<parameter=") {
            Value::Object(parameters(body))
        } else {
            json::object(&Value::String(body.to_string()))
        };
        Some(Attempted {
            name: name.trim_matches(['"', '\'', ' ']).to_string(),
            arguments: Some(arguments),
            certain: true,
        })
    });
    Some(calls.collect::<Vec<_>>()).filter(|calls| !calls.is_empty())
}

fn parameters(body: &str) -> Map<String, Value> {
    body.split("<parameter=")
        .skip(1)
        .filter_map(|piece| {
            let (name, rest) = piece.split_once('>')?;
            let value = rest.split_once("</parameter>").map_or(rest, |(value, _)| value).trim();
            Some((name.trim().to_string(), literal(value).unwrap_or_else(|| value.into())))
        })
        .collect()
}

/// DeepSeek's `…call▁begin｜>function<｜tool▁sep｜>search`, then the arguments in a fence.
fn deepseek(text: &str) -> Option<Vec<Attempted>> {
    let calls = text.split("<｜tool▁call▁begin｜>").skip(1).filter_map(|piece| {
        let body = piece.split_once("<｜tool▁call▁end｜>").map_or(piece, |(body, _)| body);
        let (_, rest) = body.split_once("<｜tool▁sep｜>")?;
        let (name, arguments) = rest.split_once('\n')?;
        let arguments = json::object(&Value::String(unfenced(arguments.trim()).to_string()));
        Some(Attempted { name: name.trim().to_string(), arguments: Some(arguments), certain: true })
    });
    Some(calls.collect::<Vec<_>>()).filter(|calls| !calls.is_empty())
}

/// `Action: search`, `Action Input: {…}`; the thought before them and an invented observation after them are dropped.
pub(super) fn react(text: &str) -> Option<Vec<Attempted>> {
    let line = |word: &str| text.lines().find_map(|line| line.trim().strip_prefix(word).map(str::trim));
    let name = line("Action:")?;
    let (_, input) = text.split_once("Action Input:")?;
    let input = input.split("\nObservation").next().unwrap_or(input);
    let arguments = json::object(&Value::String(unfenced(input.trim()).to_string()));
    Some(vec![Attempted {
        name: name.trim_matches('`').to_string(),
        arguments: Some(arguments),
        certain: true,
    }])
}

/// `[search(q="rust"), now()]`, `print(search(q="rust"))`: calls of offered tools and nothing else.
pub(super) fn pythonic(text: &str, tools: &[ToolSpec]) -> Option<Vec<Attempted>> {
    let calls = python_calls(text)?;
    calls.iter().all(|call| super::offered(&call.name, tools).is_some()).then_some(calls)
}

fn python_calls(text: &str) -> Option<Vec<Attempted>> {
    let text = text.trim();
    let text = text.strip_prefix("print(").and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let calls: Option<Vec<Attempted>> = pieces(list, ',').into_iter().map(python_call).collect();
    calls.filter(|calls| !calls.is_empty())
}

fn python_call(text: &str) -> Option<Attempted> {
    let (name, arguments) = text.trim().strip_suffix(')')?.split_once('(')?;
    let name = name.trim();
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let fields: Option<Map<String, Value>> = pieces(arguments, ',')
        .into_iter()
        .filter(|piece| !piece.trim().is_empty())
        .map(|piece| {
            let (key, value) = piece.split_once('=')?;
            Some((key.trim().to_string(), literal(value.trim())?))
        })
        .collect();
    Some(Attempted { name: name.to_string(), arguments: Some(Value::Object(fields?)), certain: true })
}

/// A value as JSON or Python writes it.
fn literal(text: &str) -> Option<Value> {
    match text {
        "True" => return Some(Value::Bool(true)),
        "False" => return Some(Value::Bool(false)),
        "None" => return Some(Value::Null),
        _ => {}
    }
    if let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return Some(Value::String(inner.replace("\\'", "'").replace("\\n", "\n")));
    }
    serde_json::from_str(text).ok()
}

/// Cuts a text at a separator outside quotes and brackets.
fn pieces(text: &str, separator: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut depth, mut quote, mut escaped) = (0, 0_i32, None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) => quote = quote.filter(|_| open != letter),
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) if letter == separator && depth == 0 => {
                pieces.extend(text.get(from..at));
                from = at + letter.len_utf8();
            }
            (None, _) => {}
        }
    }
    pieces.extend(text.get(from..));
    pieces
}

/// Every fenced block of a text; the last may lack its end.
pub(super) fn fences(text: &str) -> Vec<Fence<'_>> {
    let mut fences = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("```")).map(|at| from + at) {
        let inside = start + 3;
        let Some(rest) = text.get(inside..) else { break };
        let (length, end) = match rest.find("```") {
            Some(length) => (length, inside + length + 3),
            None => (rest.len(), text.len()),
        };
        let content = rest.get(..length).unwrap_or_default();
        let tag_end = content
            .find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .unwrap_or(content.len());
        let (tag, body) = content.split_at(tag_end);
        fences.push(Fence { tag, body: body.trim(), start, end });
        from = end;
    }
    fences
}

/// The body of a fence that is all of a text.
fn unfenced(text: &str) -> &str {
    match fences(text).as_slice() {
        [only] if only.start == 0 && only.end == text.len() => only.body,
        _ => text,
    }
}

fn first_word(text: &str) -> String {
    text.chars()
        .skip_while(|letter| !letter.is_alphanumeric())
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect()
}
