//! Text to tree. `parse` never fails: it answers the tree of what could be read and what is wrong with the rest.
//!
//! One pass over the bytes (`scan`) finds strings, comments and braces; `split` cuts at declarations in column 0;
//! `balance` mends braces; pest parses each chunk by `agent.pest`; a `cursor::Builder` makes the tree and `recover`
//! explains bad lines in the words of `error`. Nothing here knows names, kinds' fields or types.

mod balance;
mod cursor;
mod dropped;
mod error;
mod expr;
mod foreign;
mod grammar;
mod habits;
mod heads;
mod item;
mod literal;
mod meant;
mod prompt;
mod recover;
mod scan;
mod signs;
mod split;
mod state;
mod ty;
mod words;

use std::collections::BTreeSet;
use std::{panic, thread};

use pest::Parser;

use cursor::{Builder, Mismatch};
use grammar::{Grammar, Rule};
use item::Parts;
use scan::Scan;
use split::Chunk;

use crate::ast::{Import, Module, Name};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::Source;
use crate::span::{Span, Spanned};

/// The words that begin a declaration.
pub const DECLARATIONS: &[&str] = split::DECLARATIONS;

/// True of a word that cannot be a name.
pub fn is_reserved(word: &str) -> bool {
    error::RESERVED_WORDS.contains(&word)
}

/// Parses a file. Everything that could be read is in the tree, everything else in the diagnostics.
pub fn parse(source: &Source) -> (Module, Diagnostics) {
    let mut module = Module {
        source: source.id,
        edition: None,
        imports: Vec::new(),
        items: Vec::new(),
        comments: Vec::new(),
    };
    let mut diagnostics = Diagnostics::default();
    if let Some(span) = split::agent_script(source) {
        diagnostics.push(error::agent_script(span));
        return (module, diagnostics);
    }
    let mut scan = scan::scan(source);
    let chunks = split::chunks(source, &mut scan);
    let parsed = parse_chunks(source, &chunks, &scan);
    let mut parts = Parts::default();
    // What the scan mended may trip the grammar at the same place: that is said once.
    let errors = scan.diagnostics.iter().filter(|known| known.severity == Severity::Error);
    let known: BTreeSet<u32> = errors.map(|known| known.primary.span.start).collect();
    let is_new = |found: &Diagnostic| !known.contains(&found.primary.span.start);
    for chunk in parsed {
        parts.editions.extend(chunk.parts.editions);
        parts.imports.extend(chunk.parts.imports);
        parts.items.extend(chunk.parts.items);
        diagnostics.extend(chunk.diagnostics.iter().filter(|found| is_new(found)).cloned());
        scan.comments.extend(chunk.stray);
    }
    diagnostics.extend(scan.diagnostics.iter().cloned());
    scan.comments.sort_by_key(|comment| comment.span);
    let tried = chunks.iter().any(|chunk| chunk.text.starts_with("edition"));
    check_head(source, &parts, tried, &mut diagnostics);
    module.edition = parts.editions.first().copied();
    module.imports = parts.imports;
    module.items = parts.items;
    module.comments = scan.comments;
    (module, diagnostics)
}

/// What one chunk gives.
struct Parsed {
    parts: Parts,
    diagnostics: Diagnostics,
    stray: Vec<Spanned<Name>>,
}

/// From how many bytes on the chunks of a file are parsed on two threads.
const TWO_THREADS_FROM: usize = 256 * 1024;

/// Parses every chunk; what comes out does not depend on how many threads did it.
fn parse_chunks(source: &Source, chunks: &[Chunk], scan: &Scan) -> Vec<Parsed> {
    let parse_all = |chunks: &[Chunk]| -> Vec<Parsed> {
        chunks.iter().map(|chunk| parse_chunk(source, chunk, scan)).collect()
    };
    if source.text.len() < TWO_THREADS_FROM {
        return parse_all(chunks);
    }
    let (first, second) = chunks.split_at(chunks.partition_point(|chunk| chunk.at < source.text.len() / 2));
    thread::scope(|scope| {
        let Ok(other) = thread::Builder::new().spawn_scoped(scope, || parse_all(second)) else {
            return parse_all(chunks);
        };
        let mut parsed = parse_all(first);
        parsed.extend(other.join().unwrap_or_else(|fault| panic::resume_unwind(fault)));
        parsed
    })
}

fn parse_chunk(source: &Source, chunk: &Chunk, scan: &Scan) -> Parsed {
    let mut builder = Builder::new(source, chunk, scan);
    let node = Grammar::parse(Rule::chunk, &chunk.text).ok().and_then(|mut pairs| pairs.next());
    let built = node.ok_or(Mismatch).and_then(|node| builder.chunk(node));
    let parts = built.unwrap_or_else(|Mismatch| {
        builder.report(error::internal(builder.place(0, 0)));
        Parts::default()
    });
    // A `{` that is missing explains a `}` too many.
    // A `}` that was expected on the line of an open `{` is the one that is missing.
    let expected = |brace: &Diagnostic| {
        builder.diagnostics.iter().any(|found| {
            found.primary.text.contains("`}`") && same_line(source, brace.primary.span, found.primary.span)
        })
    };
    let braces = chunk.braces.iter().filter(|brace| match brace.code {
        error::EXTRA_BRACE => builder.missing_brace.is_none(),
        _ => !expected(brace),
    });
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(braces.cloned());
    diagnostics.extend(builder.diagnostics.iter().cloned());
    Parsed { parts, diagnostics, stray: builder.stray }
}

fn same_line(source: &Source, first: Span, second: Span) -> bool {
    let between = source.text.get(first.start as usize..second.start as usize);
    between.is_some_and(|between| !between.contains('\n'))
}

/// `edition` first, once; then imports; then declarations. `tried` where a bad `edition` was told already.
fn check_head(source: &Source, parts: &Parts, tried: bool, diagnostics: &mut Diagnostics) {
    let first_item = parts.items.first().map(crate::ast::Item::span);
    let begins = parts.imports.first().map(|import| import.span).into_iter().chain(first_item).min();
    match (parts.editions.as_slice(), begins) {
        ([], Some(begin)) if !tried => diagnostics.push(error::no_edition(begin.at_start())),
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
pub fn decode(source: crate::span::SourceId, bytes: Vec<u8>) -> (String, Option<Diagnostic>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(fault) => {
            let at = fault.utf8_error().valid_up_to();
            let byte = fault.as_bytes().get(at).copied().unwrap_or(0);
            let text = String::from_utf8_lossy(fault.as_bytes()).into_owned();
            // The text has a replacement character in its place.
            let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
            (text, Some(error::not_utf8(Span::new(source, at, end), byte)))
        }
    }
}
