//! Where the syntax is wrong. What is missing or odd there may only be unreadable: it is not said twice.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::kinds;
use crate::source::SourceMap;
use crate::span::{SourceId, Span};

/// The places of syntax errors.
#[derive(Clone, Debug, Default)]
pub(super) struct Broken {
    /// Sorted.
    starts: Vec<(SourceId, u32)>,
    /// Those of lines that begin a state: its name may be lost, or the states behind it. Sorted.
    heads: Vec<(SourceId, u32)>,
}

fn is_syntax(finding: &Diagnostic) -> bool {
    finding.code.0.starts_with("E01")
}

impl Broken {
    /// The places of syntax errors among what was found so far.
    pub(super) fn of(found: &Diagnostics, sources: &SourceMap) -> Self {
        let broken = Self::places(found.iter().filter(|finding| is_syntax(finding)));
        let begins_a_state = |(source, start): &&(SourceId, u32)| {
            let line = sources.get(*source).map_or("", |source| line_around(&source.text, *start));
            let word = line.trim_start().split(|letter: char| !letter.is_ascii_alphabetic()).next();
            word.is_some_and(|word| kinds::state(word).is_some()) || line.trim_end().ends_with('{')
        };
        // a line that was cut short took the head below it with it
        let below = found.iter().filter(|finding| is_syntax(finding)).flat_map(|finding| &finding.secondary);
        let below = below.map(|label| (label.span.source, label.span.start)).collect::<Vec<_>>();
        let mut heads: Vec<_> = broken.starts.iter().chain(&below).filter(begins_a_state).copied().collect();
        heads.sort_unstable();
        Self { heads, ..broken }
    }

    /// The places where an agent's name is made twice.
    pub(super) fn doubled(found: &Diagnostics) -> Self {
        Self::places(found.iter().filter(|finding| finding.code.0 == "E0205"))
    }

    fn places<'f>(found: impl Iterator<Item = &'f Diagnostic>) -> Self {
        let mut starts: Vec<_> =
            found.map(|finding| (finding.primary.span.source, finding.primary.span.start)).collect();
        starts.sort_unstable();
        Self { starts, heads: Vec::new() }
    }

    /// True where a state inside `span` lost its name, or those behind it.
    pub(super) fn has_broken_head(&self, span: Span) -> bool {
        inside(&self.heads, span).next().is_some()
    }

    /// True where something inside `span` could not be read.
    pub(super) fn within(&self, span: Span) -> bool {
        inside(&self.starts, span).next().is_some()
    }

    /// True where a line of `span` that could not be read has `word` in it: it may declare it.
    pub(super) fn may_declare(&self, word: &str, span: Span, sources: &SourceMap) -> bool {
        inside(&self.starts, span).any(|start| {
            let line = sources.get(span.source).map_or("", |source| line_around(&source.text, start));
            let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            words.any(|other| other == word)
        })
    }
}

fn inside(starts: &[(SourceId, u32)], span: Span) -> impl Iterator<Item = u32> {
    let first = starts.partition_point(|start| *start < (span.source, span.start));
    let rest = starts.get(first..).unwrap_or_default().iter();
    rest.take_while(move |(source, start)| *source == span.source && *start <= span.end)
        .map(|(_, start)| *start)
}

/// Takes out what stands on a line that could not be read, and warnings of a place that has an error in it.
pub(super) fn said_once(found: &mut Diagnostics, broken: &Broken, sources: &SourceMap) {
    let errors = Broken::places(found.iter().filter(|finding| finding.severity == Severity::Error));
    if errors.starts.is_empty() {
        return;
    }
    let on_a_broken_line = |finding: &Diagnostic| {
        let at = finding.primary.span;
        let line = sources.get(at.source).and_then(|source| line_range(&source.text, at.start));
        line.is_some_and(|(start, end)| broken.within(Span { source: at.source, start, end }))
    };
    let is_lost = |finding: &Diagnostic| {
        let at = finding.primary.span;
        match finding.code.0 {
            // a test's words for states that are there, but cannot be read
            "E0514" => broken.has_broken_head(Span { start: 0, end: u32::MAX, ..at }),
            // what it documents is the line below that cannot be read
            "W1102" => sources
                .get(at.source)
                .and_then(|source| code_below(&source.text, at.end))
                .is_some_and(|(start, end)| broken.within(Span { source: at.source, start, end })),
            _ => false,
        }
    };
    let unread = Unread::of(broken, sources);
    let louder = Broken::places(found.iter().filter(|finding| LOUDER.contains(&finding.code.0)));
    let mut told: Option<(SourceId, u32, Span)> = None;
    let mut syntax: Vec<&Diagnostic> = found.iter().filter(|finding| finding.code.0 == "E0101").collect();
    syntax.sort_by_key(|finding| finding.primary.span);
    let mut drowned: Vec<Span> = Vec::new();
    for finding in syntax {
        let at = finding.primary.span;
        let Some((start, end)) = sources.get(at.source).and_then(|source| line_range(&source.text, at.start))
        else {
            continue;
        };
        let line = Span { source: at.source, start, end };
        match told {
            // what stands at the very place of the one that is kept is kept with it
            Some((source, begin, first)) if (source, begin) == (at.source, start) => {
                if first != at {
                    drowned.push(at);
                }
            }
            _ if louder.within(line) => drowned.push(at),
            _ => told = Some((at.source, start, at)),
        }
    }
    let keep = |finding: &&Diagnostic| {
        let repeats = finding.code.0 == "E0101" && drowned.binary_search(&finding.primary.span).is_ok();
        let whole = finding.primary.span;
        let names_nothing = finding.code.0 == "E0406"
            && found
                .iter()
                .any(|other| other.code.0.starts_with("E0") && inside_of(other.primary.span, whole));
        if repeats || names_nothing || !is_syntax(finding) && unread.explains(finding) {
            return false;
        }
        let other_stage = !is_syntax(finding) && !finding.code.0.starts_with("W11");
        // an edge that is never taken for what is wrong in it, a name that may be old and may be missing
        let follows = ["W14", "W15"].iter().any(|stage| finding.code.0.starts_with(stage))
            && errors.within(finding.primary.span);
        !(follows || is_lost(finding) || other_stage && on_a_broken_line(finding))
    };
    let kept: Vec<Diagnostic> = found.iter().filter(keep).cloned().collect();
    *found = Diagnostics::default();
    found.extend(kept);
}

fn inside_of(part: Span, whole: Span) -> bool {
    part != whole && part.source == whole.source && part.start >= whole.start && part.end <= whole.end
}

/// Findings that say all there is to say of their line: a string or a sign that takes the rest with it.
const LOUDER: &[&str] = &["E0104", "E0105", "E0112"];

/// What may be missing elsewhere because it could not be read, by source.
#[derive(Default)]
struct Unread {
    sources: Vec<Words>,
}

#[derive(Default)]
struct Words {
    /// On lines that could not be read.
    on_lines: HashSet<String>,
    /// Types, tools and the like with such a line.
    declared: Vec<String>,
}

impl Unread {
    fn of(broken: &Broken, sources: &SourceMap) -> Self {
        let mut unread = Self::default();
        for (id, start) in &broken.starts {
            let Some(source) = sources.get(*id) else { continue };
            let index = id.0 as usize;
            if unread.sources.len() <= index {
                unread.sources.resize_with(index + 1, Words::default);
            }
            let Some(words) = unread.sources.get_mut(index) else { continue };
            let line = line_around(&source.text, *start);
            words.on_lines.extend(words_of(line).map(str::to_owned));
            if let Some(name) = declared_at(&source.text, *start)
                && !words.declared.iter().any(|known| known == name)
            {
                words.declared.push(name.to_owned());
            }
        }
        unread
    }

    fn explains(&self, finding: &Diagnostic) -> bool {
        let Some(words) = self.sources.get(finding.primary.span.source.0 as usize) else { return false };
        let mut quoted = finding.message.split('`').skip(1).step_by(2);
        match finding.code.0 {
            "E0206" | "E0207" | "E0209" | "E0214" | "E0218" => {
                finding.message.contains("is named `")
                    && quoted.next().is_some_and(|name| words.on_lines.contains(name))
            }
            "E0216" | "E0301" | "E0303" | "E0307" | "E0308" | "E0310" | "E0506" => {
                let places = std::iter::once(&finding.primary).chain(&finding.secondary);
                let mut texts = quoted.chain(places.map(|label| &*label.text)).flat_map(words_of);
                texts.any(|word| words.declared.iter().any(|name| name == word))
            }
            _ => false,
        }
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

/// The name of the declaration that a place stands in, where that is no agent.
fn declared_at(text: &str, at: u32) -> Option<&str> {
    let before = text.get(..line_range(text, at)?.1 as usize)?;
    let head =
        before.rsplit('\n').find(|line| line.starts_with(|letter: char| letter.is_ascii_alphabetic()))?;
    let mut words = words_of(head);
    let first = words.next()?;
    match first {
        "agent" | "test" | "import" | "edition" => None,
        "type" | "tool" | "model" | "guard" | "memory" | "mcp" | "skill" => words.next(),
        name => Some(name),
    }
}

/// The first line below `at` that is neither blank nor a comment.
fn code_below(text: &str, at: u32) -> Option<(u32, u32)> {
    let mut next = line_range(text, at)?.1;
    loop {
        next = next.checked_add(1)?;
        let (start, end) = line_range(text, next)?;
        let line = text.get(start as usize..end as usize)?.trim();
        if !line.is_empty() && !line.starts_with('#') {
            return Some((start, end));
        }
        if end as usize >= text.len() {
            return None;
        }
        next = end;
    }
}

fn line_around(text: &str, at: u32) -> &str {
    let range = line_range(text, at).map(|(start, end)| start as usize..end as usize);
    range.and_then(|range| text.get(range)).unwrap_or("")
}

/// First and last byte of the line that `at` is on.
fn line_range(text: &str, at: u32) -> Option<(u32, u32)> {
    let at = at as usize;
    let bytes = text.as_bytes();
    let before = bytes.get(..at.min(bytes.len()))?;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let after = bytes.get(start..)?;
    let end = after.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| start + newline);
    Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
}
