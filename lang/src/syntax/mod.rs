//! Text to tree. `parse` never fails: it answers the tree of what could be read and what is wrong with the rest.
//!
//! One pass over the bytes (`scan`) finds strings, comments and braces; `split` cuts at declarations in column 0;
//! `balance` mends braces; pest parses each chunk by `agent.pest`; a `cursor::Builder` makes the tree and `recover`
//! explains bad lines in the words of `error`. Nothing here knows names, kinds' fields or types.

mod balance;
mod cursor;
mod error;
mod expr;
mod grammar;
mod item;
mod literal;
mod prompt;
mod recover;
mod scan;
mod split;
mod state;
mod suggest;
mod ty;
mod words;

use pest::Parser;

use cursor::{Builder, Mismatch};
use grammar::{Grammar, Rule};
use item::Parts;

use crate::ast::{Import, Module};
use crate::diagnostic::Diagnostics;
use crate::source::Source;
use crate::span::{Span, Spanned};

/// Parses a file. Everything that could be read is in the tree, everything else in the diagnostics.
pub fn parse(source: &Source) -> (Module, Diagnostics) {
    let mut module = Module {
        source: source.id,
        edition: None,
        imports: Vec::new(),
        items: Vec::new(),
        comments: Vec::new(),
    };
    if let Some(span) = split::agent_script(source) {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(error::agent_script(span));
        return (module, diagnostics);
    }
    let mut scan = scan::scan(source);
    let chunks = split::chunks(source, &mut scan);
    let mut diagnostics = std::mem::take(&mut scan.diagnostics);
    let mut comments = std::mem::take(&mut scan.comments);
    let mut parts = Parts::default();
    for chunk in &chunks {
        let docs = scan.docs.get(chunk.docs.clone()).unwrap_or(&[]);
        let mut builder = Builder::new(source.id, chunk, docs);
        match Grammar::parse(Rule::chunk, &chunk.text).ok().and_then(|mut pairs| pairs.next()) {
            Some(node) => match builder.chunk(node) {
                Ok(built) => {
                    parts.editions.extend(built.editions);
                    parts.imports.extend(built.imports);
                    parts.items.extend(built.items);
                }
                Err(Mismatch) => builder.report(error::internal(builder.place(0, 0))),
            },
            None => builder.report(error::internal(builder.place(0, 0))),
        }
        diagnostics.extend(builder.diagnostics.iter().cloned());
        comments.append(&mut builder.stray);
    }
    comments.sort_by_key(|comment| comment.span);
    check_head(source, &parts, &mut diagnostics);
    module.edition = parts.editions.first().copied();
    module.imports = parts.imports;
    module.items = parts.items;
    module.comments = comments;
    (module, diagnostics)
}

/// `edition` first, once; then imports; then declarations.
fn check_head(source: &Source, parts: &Parts, diagnostics: &mut Diagnostics) {
    let first_item = parts.items.first().map(crate::ast::Item::span);
    let begins = parts.imports.first().map(|import| import.span).into_iter().chain(first_item).min();
    match (parts.editions.as_slice(), begins) {
        ([], Some(begin)) => diagnostics.push(error::no_edition(begin.at_start())),
        ([edition, ..], Some(begin)) if begin < edition.span => {
            diagnostics.push(error::late_edition(edition.span));
        }
        _ => {}
    }
    for again in parts.editions.iter().skip(1) {
        let first = parts.editions.first().map_or(again.span, |first: &Spanned<u32>| first.span);
        diagnostics.push(error::second_edition(again.span, first));
    }
    let late = |import: &&Import| first_item.is_some_and(|item| item < import.span);
    for import in parts.imports.iter().filter(late) {
        diagnostics.push(error::late_import(import.span, first_item.unwrap_or(Span::new(source.id, 0, 0))));
    }
}

/// The text of a file's bytes. Where they are not UTF-8, one error at the first bad byte, and a text that is the same up
/// to there.
pub fn decode(
    source: crate::span::SourceId,
    bytes: Vec<u8>,
) -> (String, Option<crate::diagnostic::Diagnostic>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(fault) => {
            let at = fault.utf8_error().valid_up_to();
            let byte = fault.as_bytes().get(at).copied().unwrap_or(0);
            let text = String::from_utf8_lossy(fault.as_bytes()).into_owned();
            (text, Some(error::not_utf8(Span::new(source, at, at + 1), byte)))
        }
    }
}
