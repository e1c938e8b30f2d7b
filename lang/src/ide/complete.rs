//! What can be written at a cursor: by the kinds table, by the names of the program, by the types of what stands there.

use std::sync::Arc;

use crate::kinds::{self, FieldType};
use crate::loader::{LoadError, Loader, ModulePath};
use crate::span::Span;

use super::Analysis;
use super::at::word_start;
use super::context::{Context, FrameKind, expects_operand};
use super::offer::Offer;

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What a person reads and types.
    pub label: String,
    /// What it is.
    pub kind: ItemKind,
    /// One line beside it; may be empty.
    pub detail: String,
    /// What the manual or its docs say; may be empty.
    pub doc: String,
    /// What is written: a text, or a snippet with `${1:places}` to fill.
    pub insert: String,
    /// Whether `insert` is a snippet.
    pub is_snippet: bool,
    /// What it replaces in the entry.
    pub span: Span,
}

/// What a [`Completion`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// A field of a kind or of a record.
    Field,
    /// A keyword.
    Keyword,
    /// A state.
    State,
    /// A parameter, a variable, an element.
    Variable,
    /// A built-in or a tool.
    Function,
    /// An agent.
    Agent,
    /// A pool, a guard, a memory, a server, a skill.
    Resource,
    /// A type.
    Type,
    /// An event.
    Event,
    /// A word or a literal of a list.
    Value,
}

/// Stands where the cursor is, so that half a line can be read.
const MARK: &str = "cursor_here";

/// What can be written at a byte offset of `entry`.
pub fn complete(entry: &ModulePath, loader: &dyn Loader, offset: usize) -> Vec<Completion> {
    let Ok(bytes) = loader.load(entry) else { return Vec::new() };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Vec::new() };
    let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = word_start(text, offset);
    let context = Context::of(text.get(..start).unwrap_or(""));
    if context.is_text {
        return Vec::new();
    }
    let rest = text.get(offset..).unwrap_or("");
    let behind = rest.len() - rest.trim_start_matches(super::at::is_word).len();
    let marked = [text.get(..start).unwrap_or(""), MARK, text.get(offset + behind..).unwrap_or("")].concat();
    let marked = Marked { entry, text: marked.into_bytes().into(), inner: loader };
    let analysis = Analysis::of(entry, &marked);
    let mut offer = Offer::new(&analysis, &context, start, offset + behind);
    at(&mut offer, &context);
    offer.finish()
}

/// The entry with the mark in it.
struct Marked<'l> {
    entry: &'l ModulePath,
    text: Arc<[u8]>,
    inner: &'l dyn Loader,
}

impl Loader for Marked<'_> {
    fn load(&self, path: &ModulePath) -> Result<Arc<[u8]>, LoadError> {
        if path == self.entry { Ok(Arc::clone(&self.text)) } else { self.inner.load(path) }
    }
}

fn at(offer: &mut Offer<'_, '_>, context: &Context<'_>) {
    let Some(top) = context.top() else { return };
    match top.last() {
        "." => return offer.members(),
        "@" => return offer.attributes(),
        _ => {}
    }
    match top.kind {
        FrameKind::File => match top.first() {
            "" => offer.declarations(),
            _ if offer.is_head() => offer.declarations(),
            "type" | "agent" | "tool" if matches!(top.last(), "=" | ":" | "|") => offer.types(),
            _ => {}
        },
        FrameKind::Names => offer.importable(),
        FrameKind::Record if matches!(top.last(), ":" | "|" | "<") => offer.types(),
        FrameKind::Params if matches!(top.last(), ":" | "|" | "<") => offer.types(),
        FrameKind::Record | FrameKind::Params => {}
        FrameKind::Call(callee) => call(offer, context, callee, top.last()),
        FrameKind::List => match context.field() {
            Some((_, field)) if top.last().is_empty() => offer.values_of(field.ty, true),
            _ => operand(offer, top.last()),
        },
        FrameKind::Object if top.last().is_empty() => offer.keys(),
        FrameKind::Object | FrameKind::Hole => operand(offer, top.last()),
        FrameKind::Decl(..) | FrameKind::State(..) => member(offer, context),
    }
}

/// The inside of a call's parentheses.
fn call(offer: &mut Offer<'_, '_>, context: &Context<'_>, callee: &str, last: &str) {
    match callee {
        "reroute" | "judge" if last.is_empty() => return offer.values_of(FieldType::Pool, true),
        "visits" | "visited" | "attempts" | "model_of" if last.is_empty() => return offer.states(),
        "calls" | "args"
            if last.is_empty() && context.body().is_some_and(|body| body.first() == "expect") =>
        {
            return offer.values_of(FieldType::Tools, true);
        }
        _ => {}
    }
    if last.is_empty() {
        offer.arguments(callee);
    }
    operand(offer, last);
}

/// Where an expression is wanted, or goes on.
fn operand(offer: &mut Offer<'_, '_>, last: &str) {
    match last {
        "is" => {
            offer.literals();
            offer.types();
        }
        "as" => offer.types(),
        "==" | "!=" => {
            offer.literals();
            offer.values();
        }
        _ if last.is_empty() || expects_operand(last) || matches!(last, "(" | "[" | ",") => offer.values(),
        _ => {}
    }
}

/// A body's member.
fn member(offer: &mut Offer<'_, '_>, context: &Context<'_>) {
    let Some(body) = context.body() else { return };
    let last = body.last();
    if last.is_empty() {
        return offer.member_starts();
    }
    let first = body.first();
    if last == "->" {
        return offer.targets();
    }
    if body.has("set") && matches!(last, "set" | ",") {
        return offer.variables();
    }
    if first == "on" && !body.has("->") && matches!(last, "on" | ",") {
        return offer.events();
    }
    if !expects_operand(last) {
        if first == "require" && !body.has("before") {
            return offer.word("before", "the state that needs it");
        }
        if body.has("->") && !body.has("set") {
            offer.word("set", "writes variables after the choice");
        }
        return offer.member_starts();
    }
    let head = kinds::state(first).is_some() && body.pieces.get(1).is_some_and(|piece| piece.text != ":");
    let types = (head || first == "var") && !body.has("=") && matches!(last, ":" | "|" | "<");
    match first {
        _ if types => offer.types(),
        "require" => offer.states(),
        "mock" if last == "mock" => offer.states(),
        "mock" => offer.mock_values(),
        _ => match context.field() {
            Some((_, field)) if body.pieces.len() == 2 => offer.values_of(field.ty, false),
            _ => operand(offer, last),
        },
    }
}
