//! Braces of a chunk that do not pair: which one is to blame is read from the indentation, and the copy is mended
//! so that every other error of the chunk is still found.

use std::cmp::Ordering;
use std::ops::Range;

use super::error;
use super::scan::{Brace, Scan};
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::span::Span;

/// What is wrong with a chunk's braces.
#[derive(Debug, Default)]
struct Verdict {
    /// Opening braces that nothing closes.
    unclosed: Vec<Brace>,
    /// Closing braces that nothing opened.
    extra: Vec<Brace>,
}

/// What was mended in a chunk.
#[derive(Default)]
pub(super) struct Balance {
    /// What must be appended to the chunk.
    pub(super) appended: String,
    /// What is wrong.
    pub(super) findings: Vec<Diagnostic>,
}

/// Mends the braces of the chunk `start..end`.
pub(super) fn balance(source: &Source, scan: &mut Scan, start: usize, end: usize) -> Balance {
    let mut balance = Balance::default();
    let from = scan.braces.partition_point(|brace| brace.at < start);
    let to = scan.braces.partition_point(|brace| brace.at < end);
    let verdict = judge(scan.braces.get(from..to).unwrap_or(&[]));
    let silent = scan.mended.iter().any(|at| (start..end).contains(at));
    for brace in &verdict.extra {
        set(scan, brace.at, b' ');
        if !silent {
            let place = Span::new(source.id, brace.at, brace.at + 1);
            balance.findings.push(error::extra_brace(place).fix(place, ""));
        }
    }
    // Inner ones first, so that each finds its own blank.
    for brace in verdict.unclosed.iter().rev() {
        let line = next_outer_line(source, brace, end);
        if !line.is_some_and(|line| place(scan, line)) {
            balance.appended.push('}');
        }
        if !silent {
            balance.findings.push(unclosed(source, brace, line, start..end));
        }
    }
    balance
}

fn unclosed(source: &Source, brace: &Brace, line: Option<usize>, chunk: Range<usize>) -> Diagnostic {
    let span = Span::new(source.id, brace.at, brace.at + 1);
    let expected = line.map(|at| Span::new(source.id, at, at));
    let finding = error::unclosed_brace(span, expected);
    let indent = " ".repeat(brace.indent);
    match line {
        Some(at) => {
            let before = source.text.get(..at).unwrap_or("");
            let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
            finding.fix(Span::new(source.id, begin, begin), format!("{indent}}}\n"))
        }
        None => {
            let end = chunk.start + last_code(source.text.get(chunk).unwrap_or(""));
            finding.fix(Span::new(source.id, end, end), format!("\n{indent}}}"))
        }
    }
}

/// Where a text ends, but for blank lines and for comments in column 0, which belong to what follows.
fn last_code(text: &str) -> usize {
    let mut text = text.trim_end();
    while let Some(at) =
        text.rfind('\n').filter(|at| text.get(at + 1..).is_some_and(|line| line.starts_with('#')))
    {
        text = text.get(..at).unwrap_or("").trim_end();
    }
    text.len()
}

/// Plain pairing first; only a chunk that it cannot pair is read again by indentation.
fn judge(braces: &[Brace]) -> Verdict {
    let plain = pair(braces, |_, _| false, |_, _| false);
    if plain.unclosed.is_empty() && plain.extra.is_empty() {
        return plain;
    }
    let opens = braces.iter().filter(|brace| brace.open).count();
    let closes = braces.len() - opens;
    let outdented = |open: &Brace, close: &Brace| close.leads && close.indent < open.indent;
    let indented = |open: &Brace, close: &Brace| close.leads && close.indent > open.indent;
    let guided = match opens.cmp(&closes) {
        Ordering::Greater => pair(braces, outdented, |_, _| false),
        Ordering::Less => pair(braces, |_, _| false, indented),
        Ordering::Equal => pair(braces, outdented, indented),
    };
    let wrong = |verdict: &Verdict| verdict.unclosed.len() + verdict.extra.len();
    if wrong(&guided) <= wrong(&plain) { guided } else { plain }
}

fn pair(
    braces: &[Brace],
    leaves_open: impl Fn(&Brace, &Brace) -> bool,
    is_extra: impl Fn(&Brace, &Brace) -> bool,
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut stack: Vec<Brace> = Vec::new();
    for brace in braces {
        if brace.open {
            stack.push(*brace);
            continue;
        }
        // A brace that closes one further out stands exactly under its line.
        let fits_lower = |stack: &[Brace]| {
            stack.split_last().is_some_and(|(_, lower)| lower.iter().any(|open| open.indent == brace.indent))
        };
        while fits_lower(&stack) && stack.last().is_some_and(|open| leaves_open(open, brace)) {
            verdict.unclosed.extend(stack.pop());
        }
        match stack.last() {
            Some(open) if is_extra(open, brace) => verdict.extra.push(*brace),
            Some(_) => {
                stack.pop();
            }
            None => verdict.extra.push(*brace),
        }
    }
    verdict.unclosed.append(&mut stack);
    verdict.unclosed.sort_by_key(|brace| brace.at);
    verdict
}

/// The first token of the next line that is not indented deeper than the line of `brace`.
fn next_outer_line(source: &Source, brace: &Brace, end: usize) -> Option<usize> {
    let rest = source.text.get(brace.at..end)?;
    let mut at = brace.at + rest.find('\n')? + 1;
    while at < end {
        let line = source.text.get(at..end)?.split('\n').next()?;
        let token = line.trim_start();
        let indent = line.len() - token.len();
        if !token.is_empty() && !token.starts_with('#') && indent <= brace.indent {
            return Some(at + indent);
        }
        at += line.len() + 1;
    }
    None
}

/// Writes `}` over a blank before `at`, or over a comment that stands there; false when there is no room.
fn place(scan: &mut Scan, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    match scan.text.get(before) {
        Some(b' ' | b'\t') => {
            set(scan, before, b'}');
            true
        }
        Some(b'\n') => {
            let line = scan.text.get(..before).and_then(|text| text.iter().rposition(|byte| *byte == b'\n'));
            let line = line.map_or(0, |newline| newline + 1);
            let comment =
                scan.comments.iter().find(|comment| (line..before).contains(&(comment.span.start as usize)));
            match comment.map(|comment| comment.span.range()) {
                Some(range) => {
                    let begin = range.start;
                    range.for_each(|at| set(scan, at, b' '));
                    set(scan, begin, b'}');
                }
                None => set(scan, before, b'}'),
            }
            true
        }
        _ => false,
    }
}

fn set(scan: &mut Scan, at: usize, byte: u8) {
    if let Some(place) = scan.text.get_mut(at) {
        *place = byte;
    }
}
