//! What stands under the pointer: a declaration with its docs, a name with its type, a word with the table's line.

use std::fmt::Write as _;

use crate::ast::Item;
use crate::check::builtin_forms;
use crate::kinds::{self, Field, Kind, Need, ValueRule};
use crate::span::Span;
use crate::value::Type;

use super::Analysis;
use super::index::{DefKind, Definition, Index, Word};

/// A text about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// Markdown.
    pub text: String,
    /// What it is about.
    pub span: Span,
}

/// Lines of a declaration that are shown.
const MOST_LINES: usize = 16;

/// What is known of an offset of the entry.
pub fn hover(analysis: &Analysis, offset: u32) -> Option<Hover> {
    let source = analysis.module()?.source;
    let names = analysis.names();
    let index = Index::of(analysis, &names);
    let touches = |span: &Span| span.source == source && span.start <= offset && offset <= span.end;
    if let Some((span, made)) = index.at(source, offset) {
        let made = index.behind(*made.first()?);
        let definition = index.definition(made)?;
        return Some(Hover { text: of_definition(analysis, definition, span), span });
    }
    let words = index.words.iter().filter(|(span, _)| touches(span));
    if let Some((span, word)) = words.min_by_key(|(span, _)| span.end - span.start) {
        let text = of_word(analysis.compilation.modules.sources.slice(*span), *word)?;
        return Some(Hover { text, span: *span });
    }
    // what no name explains still has a type: `.len` of a text, `work.rounds`
    let exprs = analysis.notes.exprs.iter().filter(|(span, ty)| touches(span) && *ty != Type::Unknown);
    let (span, ty) = exprs.min_by_key(|(span, _)| span.end - span.start)?;
    let written = analysis.compilation.modules.sources.slice(*span);
    (!written.contains('\n'))
        .then(|| Hover { text: code(&format!("{written}: {}", analysis.show(ty))), span: *span })
}

fn code(text: &str) -> String {
    format!("```agent\n{text}\n```")
}

fn of_definition(analysis: &Analysis, definition: &Definition, at: Span) -> String {
    let sources = &analysis.compilation.modules.sources;
    let name = sources.slice(definition.name);
    let whole = sources.slice(definition.whole);
    let mut text = match definition.kind {
        DefKind::State => {
            let kind = whole.split_whitespace().next().unwrap_or("");
            let ty = type_of(analysis, definition).map(|ty| format!(": {ty}")).unwrap_or_default();
            let mut text = code(&format!("{kind} {name}{ty}"));
            if let Some(kind) = kinds::state(kind) {
                let _ = write!(text, "\n\n{}", kind.doc);
            }
            text
        }
        DefKind::Each => {
            let ty = type_of(analysis, definition).map(|ty| format!(": {ty}")).unwrap_or_default();
            code(&format!("{name}{ty}"))
        }
        DefKind::Agent | DefKind::Tool => code(&head(analysis, definition, whole)),
        DefKind::Param | DefKind::Field | DefKind::Alias | DefKind::Var => code(whole),
        DefKind::Type | DefKind::Model | DefKind::Guard | DefKind::Memory | DefKind::Mcp | DefKind::Skill => {
            code(&cut(whole))
        }
    };
    if let Some(here) = narrowed(analysis, definition, at) {
        let _ = write!(text, "\n\nhere: `{here}`");
    }
    if let Some(docs) = &definition.docs {
        let _ = write!(text, "\n\n{docs}");
    }
    text
}

/// The type of an agent's name.
pub(super) fn type_of(analysis: &Analysis, definition: &Definition) -> Option<String> {
    let (agent, binding) = definition.binding?;
    let known = analysis.notes.agents.get(agent)?;
    let (_, ty) = known.iter().find(|(known, _)| *known == binding)?;
    (!matches!(ty, Type::Unknown | Type::Null)).then(|| analysis.show(ty))
}

/// What is known in that place, where it is more than the type.
fn narrowed(analysis: &Analysis, definition: &Definition, at: Span) -> Option<String> {
    let (_, ty) =
        analysis.notes.exprs.iter().rev().find(|(span, _)| span.end == at.end && span.source == at.source)?;
    let shown = analysis.show(ty);
    let declared = type_of(analysis, definition);
    (*ty != Type::Unknown && declared.is_some_and(|declared| declared != shown)).then_some(shown)
}

/// A tool's or an agent's head, up to its body.
fn head(analysis: &Analysis, definition: &Definition, whole: &str) -> String {
    let items = analysis.compilation.modules.list.iter().flat_map(|module| &module.ast.items);
    let body = items.filter(|item| item.span() == definition.whole).find_map(|item| match item {
        Item::Agent(decl) => Some(decl.body.span),
        Item::Tool(decl) => Some(decl.body.span),
        _ => None,
    });
    let length = body.map_or(whole.len(), |body| body.start.saturating_sub(definition.whole.start) as usize);
    whole.get(..length).unwrap_or(whole).trim_end().to_owned()
}

fn cut(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    if text.lines().count() > MOST_LINES {
        lines.push("…");
    }
    lines.join("\n")
}

fn of_word(written: &str, word: Word) -> Option<String> {
    match word {
        Word::Kind(kind) => Some(of_kind(kind)),
        Word::Key(kind, field) => Some(of_field(kind, field)),
        Word::Event => Some(format!("{}\n\n{}", code(&format!("on {written}")), of_event(written))),
        Word::Function => {
            let (_, form) = builtin_forms().find(|(name, _)| *name == written)?;
            Some(format!("`{form}`"))
        }
        Word::BuiltInType => of_type(written).map(|doc| format!("{}\n\n{doc}", code(written))),
        Word::Attribute => {
            of_attribute(written).map(|doc| format!("{}\n\n{doc}", code(&format!("@{written}"))))
        }
        Word::Enum => None,
    }
}

fn of_kind(kind: &Kind) -> String {
    let mut text = format!("{}\n\n{}", code(kind.word), kind.doc);
    let value = match kind.value {
        ValueRule::Declared => "its value is of the written type, `string` where none is written",
        ValueRule::Rows => "its value is `string[]`, or `Hit[]` where that is written",
        ValueRule::Inferred => "the type of its value is found from its fields",
        ValueRule::None => "",
    };
    if !value.is_empty() {
        let _ = write!(text, "; {value}");
    }
    if !kind.fields.is_empty() {
        let keys: Vec<String> = kind.fields.iter().map(|field| format!("`{}`", field.key)).collect();
        let _ = write!(text, "\n\nfields: {}", keys.join(" "));
    }
    if !kind.events.is_empty() {
        let events: Vec<String> = kind.events.iter().map(|event| format!("`{event}`")).collect();
        let _ = write!(text, "\n\nevents: {}", events.join(" "));
    }
    text
}

/// What the manual says of a field.
pub(super) fn of_field(kind: &Kind, field: &Field) -> String {
    let need = match field.need {
        Need::Required => "; required".to_owned(),
        Need::Optional => String::new(),
        Need::Default(value) => format!("; where it is not written: {value}"),
    };
    format!(
        "{}\n\n{}\n\ntakes {}{need}",
        code(&format!("{}: … # of `{}`", field.key, kind.word)),
        field.doc,
        field.ty.takes()
    )
}

/// What an event means.
pub(super) fn of_event(name: &str) -> &'static str {
    match name {
        "error" => "any failure, never a bound",
        "invalid" => "a value could not be computed, or an answer did not fit its type",
        "budget" => "a budget ran out",
        "blocked" => "a guard blocked it",
        "refused" => "the model refused",
        "unavailable" => "nobody answered",
        "failed" => "it failed for another reason",
        "denied" => "it was not allowed",
        "timeout" => "it took too long",
        "exhausted" => "the rounds or steps ran out",
        "stalled" => "rounds went by without progress",
        "partial" => "not enough parts came",
        _ => "an error that a tool declares",
    }
}

/// The types that need no declaration.
pub(super) const TYPES: &[(&str, &str)] = &[
    ("string", "a text"),
    ("int", "a whole number"),
    ("float", "a number; an `int` fits"),
    ("bool", "`true` or `false`"),
    ("money", "an amount with its currency: `$0.25`"),
    ("duration", "a length of time: `90s`, `1h30m`"),
    ("date", "a point in time, ISO 8601 in JSON"),
    ("json", "any value that JSON can say"),
    ("bytes", "bytes, base64 in JSON"),
    ("image", "an image: a path or a data URL"),
    ("pdf", "a document: a path or a data URL"),
];

fn of_type(name: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, _)| *known == name).map(|(_, doc)| *doc)
}

/// What may stand behind `@`.
pub(super) const ATTRIBUTES: &[(&str, &str, &str)] = &[
    ("range", "range(${1:1}, ${2:5})", "smallest and largest number, both inclusive"),
    ("len", "len(${1:1}, ${2:100})", "shortest and longest text or list, both inclusive"),
    ("match", "match(\"${1:^[A-Z]+$}\")", "a regular expression that the text holds"),
    ("pii", "pii", "a person's data"),
    ("secret", "secret", "nothing that a model may read"),
    ("untrusted", "untrusted", "a text that nobody vouches for"),
    ("alias", "alias(\"${1:name}\")", "the name that models and JSON see"),
];

fn of_attribute(name: &str) -> Option<&'static str> {
    ATTRIBUTES.iter().find(|(known, ..)| *known == name).map(|(_, _, doc)| *doc)
}
