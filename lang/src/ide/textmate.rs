//! A grammar for editors that color by lines, made from the same tables as the rest: what a word is, before any server
//! has answered. And the snippets of those editors.

use serde_json::{Map, Value, json};

use crate::check::builtin_forms;
use crate::kinds::{DECLARATIONS, STATES};
use crate::syntax;

use super::hover::{ATTRIBUTES, TYPES};
use super::snippets;

/// Words that stand between expressions and edges.
const CONTROL: &[&str] = &[
    "when", "else", "on", "set", "return", "fail", "next", "break", "var", "require", "before", "mock",
    "expect", "snapshot", "each",
];
const OPERATORS: &[&str] = &["and", "or", "not", "in", "is", "as"];
const NAME: &str = "[A-Za-z_][A-Za-z0-9_]*";

/// The grammar in the form of `TextMate`, as JSON.
pub fn textmate() -> Value {
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "agent",
        "scopeName": "source.agent",
        "patterns": [{ "include": "#declaration" }, { "include": "#inside" }],
        "repository": {
            "inside": { "patterns": include(&[
                "comment", "block", "string", "attribute", "state", "event", "edge", "key", "type", "literal", "word",
                "function", "operator",
            ]) },
            "comment": { "patterns": [
                { "name": "comment.line.documentation.agent", "match": "##(?!#).*$" },
                { "name": "comment.line.number-sign.agent", "match": "#.*$" },
            ] },
            "block": {
                "name": "string.quoted.triple.agent",
                "begin": "\"\"\"",
                "end": "\"\"\"",
                "patterns": include(&["escape", "hole"]),
            },
            "string": {
                "name": "string.quoted.double.agent",
                "begin": "\"",
                "end": "\"|$",
                "patterns": include(&["escape", "hole"]),
            },
            "escape": { "name": "constant.character.escape.agent", "match": "\\\\(u\\{[0-9A-Fa-f]*\\}|.)" },
            "hole": {
                "name": "meta.embedded.hole.agent",
                "begin": "\\$\\{",
                "end": "\\}",
                "beginCaptures": { "0": { "name": "punctuation.section.embedded.begin.agent" } },
                "endCaptures": { "0": { "name": "punctuation.section.embedded.end.agent" } },
                "patterns": include(&["braces", "inside"]),
            },
            "braces": { "begin": "\\{", "end": "\\}", "patterns": include(&["braces", "inside"]) },
            "declaration": { "patterns": [
                {
                    "match": "^(edition)\\s+([0-9]+)",
                    "captures": captures(&["keyword.other.edition.agent", "constant.numeric.agent"]),
                },
                { "match": "^(import)\\b", "captures": captures(&["keyword.control.import.agent"]) },
                { "match": "^(test)\\b", "captures": captures(&["storage.type.test.agent"]) },
                {
                    "match": format!("^({})\\s+({NAME})", words(&declared())),
                    "captures": captures(&["storage.type.declaration.agent", "entity.name.type.agent"]),
                },
            ] },
            "attribute": { "name": "storage.modifier.attribute.agent", "match": format!("@({})\\b", words(&attributes())) },
            "state": {
                "match": format!("\\b({})\\s+({NAME})(?=\\s*[:{{])", words(&states())),
                "captures": captures(&["storage.type.state.agent", "entity.name.function.state.agent"]),
            },
            "event": {
                "match": format!("\\b(on)\\s+({NAME}(?:\\s*,\\s*{NAME})*)(?=\\s*->)"),
                "captures": captures(&["keyword.control.agent", "variable.other.event.agent"]),
            },
            "edge": { "patterns": [
                {
                    "match": "(->)\\s*(return|fail|next|break)\\b",
                    "captures": captures(&["keyword.operator.arrow.agent", "keyword.control.agent"]),
                },
                {
                    "match": format!("(->)\\s*({NAME})"),
                    "captures": captures(&["keyword.operator.arrow.agent", "entity.name.function.state.agent"]),
                },
                { "name": "keyword.operator.arrow.agent", "match": "->" },
            ] },
            "key": { "patterns": [
                { "name": "support.type.property-name.agent", "match": format!("(?<![.\\w])({})(?=\\s*:)", words(&keys())) },
                { "name": "variable.other.property.agent", "match": format!("(?<![.\\w]){NAME}(?=\\s*:)") },
            ] },
            "type": {
                "match": format!("([:|<])\\s*({})\\b(?!\\s*[:(.])", words(&types())),
                "captures": { "2": { "name": "support.type.primitive.agent" } },
            },
            "literal": { "patterns": [
                { "name": "constant.language.agent", "match": "(?<!\\.)\\b(true|false|null)\\b" },
                { "name": "constant.numeric.money.agent", "match": "\\$[0-9][0-9_]*(\\.[0-9][0-9_]*)?" },
                {
                    "name": "constant.numeric.duration.agent",
                    "match": "\\b[0-9][0-9_]*(\\.[0-9]+)?(ms|[smhdw])([0-9]+(ms|[smhdw]))*\\b",
                },
                { "name": "constant.numeric.agent", "match": "\\b[0-9][0-9_]*(\\.[0-9][0-9_]*)?\\b" },
            ] },
            "word": { "patterns": [
                { "name": "keyword.control.agent", "match": format!("(?<!\\.)\\b({})\\b(?!\\s*:)", words(CONTROL)) },
                { "name": "keyword.operator.word.agent", "match": format!("(?<!\\.)\\b({})\\b(?!\\s*:)", words(OPERATORS)) },
            ] },
            "function": { "name": "support.function.agent", "match": format!("(?<!\\.)\\b({})(?=\\()", words(&functions())) },
            "operator": { "name": "keyword.operator.agent", "match": "==|!=|<=|>=|\\?\\?|[-+*/%<>=|?]" },
        },
    })
}

/// The snippets of editors without a server, as JSON: one for each declaration and each kind of state.
pub fn snippet_file() -> Value {
    let mut file = Map::new();
    for (word, doc, body) in snippets::DECLARATIONS {
        file.insert((*word).to_owned(), snippet(word, doc, body));
    }
    for kind in STATES {
        file.insert(kind.word.to_owned(), snippet(kind.word, kind.doc, &snippets::state(kind)));
    }
    Value::Object(file)
}

fn snippet(word: &str, doc: &str, body: &str) -> Value {
    let lines: Vec<&str> = body.lines().collect();
    json!({ "prefix": word, "description": doc, "body": lines })
}

fn include(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "include": format!("#{name}") })).collect()
}

fn captures(names: &[&str]) -> Value {
    let numbered = names.iter().enumerate();
    Value::Object(numbered.map(|(at, name)| ((at + 1).to_string(), json!({ "name": name }))).collect())
}

/// The longest first, so that none hides another.
fn words(words: &[&str]) -> String {
    let mut words = words.to_vec();
    words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    words.dedup();
    words.join("|")
}

fn declared() -> Vec<&'static str> {
    let headless = ["edition", "import", "test"];
    syntax::DECLARATIONS.iter().copied().filter(|word| !headless.contains(word)).collect()
}

fn states() -> Vec<&'static str> {
    STATES.iter().map(|kind| kind.word).collect()
}

fn keys() -> Vec<&'static str> {
    let kinds = STATES.iter().copied().chain(DECLARATIONS.iter().copied());
    kinds.flat_map(|kind| kind.fields).map(|field| field.key).collect()
}

fn types() -> Vec<&'static str> {
    TYPES.iter().map(|(name, _)| *name).chain(["map"]).collect()
}

fn attributes() -> Vec<&'static str> {
    ATTRIBUTES.iter().map(|(name, ..)| *name).collect()
}

fn functions() -> Vec<&'static str> {
    builtin_forms().map(|(name, _)| name).collect()
}
