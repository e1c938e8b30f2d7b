//! Where a file is cut: at each declaration in column 0, outside strings and comments. A chunk is parsed alone, so
//! an error in one never hides another, and chunks can be parsed side by side.

use std::ops::Range;
use std::sync::Arc;

use super::balance::{Balance, balance};
use super::error;
use super::scan::{Scan, into_text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;
use crate::span::Span;
use crate::suggest::nearest;

/// Where a chunk begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkStart {
    pub(super) at: usize,
    /// The first doc that belongs to it.
    pub(super) first_doc: usize,
    /// Too deep to be parsed; already reported.
    pub(super) skip: bool,
}

/// The words that begin a declaration.
pub(super) const DECLARATIONS: &[&str] =
    &["agent", "edition", "guard", "import", "mcp", "memory", "model", "skill", "test", "tool", "type"];

/// True when the text begins as only a declaration does: this cuts a file even where a brace is still open.
pub(super) fn looks_like_declaration(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("");
    let word = word_at(line);
    let rest = line.get(word.len()..).unwrap_or("");
    let Some(rest) = rest.strip_prefix([' ', '\t']).map(str::trim_start) else {
        return false;
    };
    let name = word_at(rest);
    let after = rest.get(name.len()..).unwrap_or("").trim_start();
    match word {
        "edition" => rest.starts_with(|sign: char| sign.is_ascii_digit()),
        "import" | "test" => rest.starts_with('"'),
        "type" => !name.is_empty() && after.starts_with(['{', '=']),
        "model" | "guard" | "mcp" | "skill" | "memory" => !name.is_empty() && after.starts_with('{'),
        "" => false,
        // `agent A(`, `tool t(`, and misspelt ones: no member of a body is two words before a parenthesis.
        _ => !name.is_empty() && after.starts_with('(') && !MEMBER_WORDS.contains(&word),
    }
}

/// True when the text may begin a declaration, or was meant to, where none is open but the last one may not have ended:
/// the word of one, or two words and a bracket.
pub(super) fn may_declare(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("");
    let word = word_at(line);
    let rest = line.get(word.len()..).unwrap_or("").trim_start();
    let name = word_at(rest);
    let after = rest.get(name.len()..).unwrap_or("").trim_start();
    DECLARATIONS.contains(&word)
        || rest.starts_with('"')
        || (!name.is_empty() && after.starts_with(['(', '{', '=']))
}

/// Words that may stand before a name and a parenthesis inside a body.
const MEMBER_WORDS: &[&str] = &["when", "expect", "return", "fail", "and", "or", "not", "in", "is", "as"];

/// The word at the start of a text; may be empty.
pub(super) fn word_at(text: &str) -> &str {
    let begins = text.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_');
    let end = text.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).unwrap_or(text.len());
    if begins { text.get(..end).unwrap_or("") } else { "" }
}

/// A stretch of the file that is parsed alone.
pub(super) struct Chunk {
    /// What pest parses.
    pub(super) text: Arc<str>,
    /// Where it begins in the file.
    pub(super) at: usize,
    /// Where it ends in the file.
    pub(super) end: usize,
    /// The length of the keyword as it is written in the file, and as it stands in `text`.
    pub(super) keyword: (usize, usize),
    /// The docs that belong to it.
    pub(super) docs: Range<usize>,
    /// What is wrong with its braces.
    pub(super) braces: Vec<Diagnostic>,
}

/// The chunks of a scanned file, braces balanced and keywords mended.
pub(super) fn chunks(source: &Source, scan: &mut Scan) -> Vec<Chunk> {
    let starts = std::mem::take(&mut scan.chunks);
    let ends = starts.iter().skip(1).map(|next| (next.at, next.first_doc));
    let ends: Vec<(usize, usize)> = ends.chain([(scan.text.len(), scan.docs.len())]).collect();
    let balances: Vec<Balance> = starts
        .iter()
        .zip(&ends)
        .map(
            |(start, (end, _))| {
                if start.skip { Balance::default() } else { balance(source, scan, start.at, *end) }
            },
        )
        .collect();
    let text = into_text(std::mem::take(&mut scan.text));
    let mut chunks = Vec::with_capacity(starts.len());
    for ((start, (end, last_doc)), balance) in starts.iter().zip(ends).zip(balances) {
        let written = text.get(start.at..end).unwrap_or("");
        let nothing = written.trim().is_empty() && balance.findings.is_empty();
        if start.skip || nothing {
            continue;
        }
        let word = word_at(written);
        let keyword = mended_keyword(source, start.at, written, &mut scan.diagnostics).unwrap_or(word);
        let rest = written.get(word.len()..).unwrap_or("");
        chunks.push(Chunk {
            text: [keyword, rest, &balance.appended].concat().into(),
            at: start.at,
            end,
            keyword: (word.len(), keyword.len()),
            docs: start.first_doc..last_doc,
            braces: balance.findings,
        });
    }
    chunks
}

/// The declaration that a misspelt word in column 0 was meant to be.
fn mended_keyword(
    source: &Source,
    at: usize,
    text: &str,
    diagnostics: &mut Diagnostics,
) -> Option<&'static str> {
    let word = word_at(text);
    if word.is_empty() || DECLARATIONS.contains(&word) {
        return None;
    }
    let span = Span::new(source.id, at, at + word.len());
    let meant = nearest(word, DECLARATIONS.iter().copied())
        .filter(|meant| looks_like_declaration(&[meant, text.get(word.len()..).unwrap_or("")].concat()))?;
    diagnostics.push(error::unknown_declaration(span, word, Some(meant)));
    Some(meant)
}

/// Blocks that open a file of Salesforce's Agent Script, which shares our ending.
const AGENT_SCRIPT: &[&str] = &[
    "system",
    "config",
    "variables",
    "language",
    "connection",
    "knowledge",
    "start_agent",
    "topic",
    "subagent",
];

/// Where a file of Agent Script begins; `None` for ours.
pub(super) fn agent_script(source: &Source) -> Option<Span> {
    let text = source.text.trim_start_matches('\u{feff}');
    let begin = source.text.len() - text.len();
    let mut at = begin;
    for line in text.split_inclusive('\n') {
        let word = word_at(line);
        let rest = line.get(word.len()..).unwrap_or("").trim_end();
        let name = word_at(rest.trim_start());
        let after = rest.trim_start().get(name.len()..).unwrap_or("");
        if AGENT_SCRIPT.contains(&word) && (rest == ":" || (!name.is_empty() && after == ":")) {
            return Some(Span::new(source.id, at, at + word.len()));
        }
        if !(line.trim().is_empty() || line.starts_with('#')) {
            return None;
        }
        at += line.len();
    }
    None
}
