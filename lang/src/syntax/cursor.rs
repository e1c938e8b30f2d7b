//! The walk over pest's pairs: typed steps that answer [`Mismatch`] where grammar and tree disagree, never a panic.
//! One `Builder` turns one chunk into the tree and gathers what it has to say.

use std::iter::Peekable;
use std::sync::Arc;

use pest::iterators::{Pair, Pairs};

use super::error;
use super::grammar::Rule;
use super::scan::Scan;
use super::split::Chunk;
use crate::ast::{Docs, Ident, Name, Path};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;
use crate::span::{SourceId, Span, Spanned};

/// A node of the parse.
pub(super) type Node<'i> = Pair<'i, Rule>;

/// The grammar gives something else than the tree expects; reported as an internal error.
#[derive(Debug)]
pub(super) struct Mismatch;

/// A piece of the tree.
pub(super) type Built<T> = Result<T, Mismatch>;

/// The children of a node, from left to right.
pub(super) struct Nodes<'i>(Peekable<Pairs<'i, Rule>>);

impl<'i> Nodes<'i> {
    /// The children of `node`.
    pub(super) fn of(node: Node<'i>) -> Self {
        Self(node.into_inner().peekable())
    }

    /// The rule of the next child.
    pub(super) fn peek(&mut self) -> Option<Rule> {
        self.0.peek().map(Pair::as_rule)
    }

    /// The next child, where it is a `rule`.
    pub(super) fn one(&mut self, rule: Rule) -> Option<Node<'i>> {
        self.0.next_if(|node| node.as_rule() == rule)
    }

    /// The next child, which is a `rule`.
    pub(super) fn need(&mut self, rule: Rule) -> Built<Node<'i>> {
        self.one(rule).ok_or(Mismatch)
    }

    /// The next child, of whatever rule.
    pub(super) fn any(&mut self) -> Built<Node<'i>> {
        self.0.next().ok_or(Mismatch)
    }

    /// The first child that is a `rule`.
    pub(super) fn first(mut self, rule: Rule) -> Built<Node<'i>> {
        self.0.find(|node| node.as_rule() == rule).ok_or(Mismatch)
    }

    /// What the next child was written as.
    pub(super) fn peek_str(&mut self) -> Option<&'i str> {
        self.0.peek().map(Pair::as_str)
    }

    /// The next child, where it is a member, an index, a call or a cast.
    pub(super) fn take_postfix(&mut self) -> Option<Node<'i>> {
        self.0.next_if(|node| matches!(node.as_rule(), Rule::member | Rule::index | Rule::call | Rule::cast))
    }

    /// Steps over a child of this rule; false where the next is another.
    pub(super) fn skips(&mut self, rule: Rule) -> bool {
        self.one(rule).is_some()
    }
}

impl<'i> From<Pairs<'i, Rule>> for Nodes<'i> {
    fn from(pairs: Pairs<'i, Rule>) -> Self {
        Self(pairs.peekable())
    }
}

impl<'i> Iterator for Nodes<'i> {
    type Item = Node<'i>;

    fn next(&mut self) -> Option<Node<'i>> {
        self.0.next()
    }
}

/// Builds the tree of one chunk.
pub(super) struct Builder<'a> {
    source: SourceId,
    /// The file as it was written.
    written: &'a str,
    /// The chunk as pest reads it.
    pub(super) text: Arc<str>,
    /// What is added to an offset in the chunk to get one in the file.
    base: usize,
    /// Taken away after `base` was added: a mended keyword may be longer than what was written.
    ahead: usize,
    /// Where the chunk begins and ends in the file.
    file: (usize, usize),
    scan: &'a Scan,
    docs: &'a [Spanned<Name>],
    /// What was found.
    pub(super) diagnostics: Diagnostics,
    /// Where a `{` was expected and is not.
    pub(super) missing_brace: Option<Span>,
    /// How many bad lines were explained.
    pub(super) explained: usize,
    /// Docs that document nothing.
    pub(super) stray: Vec<Spanned<Name>>,
    /// How high the expression or type that is being built already is.
    pub(super) height: usize,
}

/// How high an expression may be: operators of one chain and brackets, from the outermost to the innermost.
pub(super) const MAX_HEIGHT: usize = 256;

impl<'a> Builder<'a> {
    /// A builder for a chunk of `source`.
    pub(super) fn new(source: &'a Source, chunk: &'a Chunk, scan: &'a Scan) -> Self {
        let (written, parsed) = chunk.keyword;
        Self {
            source: source.id,
            written: &source.text,
            text: Arc::clone(&chunk.text),
            base: chunk.at + written,
            ahead: parsed,
            file: (chunk.at, chunk.end),
            scan,
            docs: scan.docs.get(chunk.docs.clone()).unwrap_or(&[]),
            diagnostics: Diagnostics::default(),
            missing_brace: None,
            explained: 0,
            stray: Vec::new(),
            height: 0,
        }
    }

    /// Where `start..end` of the chunk stand in the file: whole characters, for a mended one may be shorter than what
    /// was written.
    pub(super) fn place(&self, start: usize, end: usize) -> Span {
        let (floor, ceiling) = self.file;
        let shift = |offset: usize| (self.base + offset).saturating_sub(self.ahead).clamp(floor, ceiling);
        let start = self.written.floor_char_boundary(shift(start));
        Span::new(self.source, start, self.written.ceil_char_boundary(shift(end)))
    }

    /// Where a node stands in the file; pest counts the blanks and comments behind it as its own, this does not.
    pub(super) fn span(&self, node: &Node<'_>) -> Span {
        let span = node.as_span();
        let written = node.as_str();
        let mut length = written.len();
        loop {
            length = written.get(..length).unwrap_or("").trim_end().len();
            let end = self.place(0, span.start() + length).end;
            let ends_here = |comment: &&Spanned<Name>| comment.span.end == end;
            let comment =
                [self.scan.comments.as_slice(), self.scan.docs.as_slice()].into_iter().find_map(|known| {
                    known.get(known.partition_point(|comment| comment.span.end < end)).filter(ends_here)
                });
            match comment {
                Some(comment) if length > 0 => {
                    length = length.saturating_sub((comment.span.end - comment.span.start) as usize);
                }
                _ => break,
            }
        }
        self.place(span.start(), span.start() + length)
    }

    /// The file as it was written between two places.
    pub(super) fn written_between(&self, start: u32, end: u32) -> &'a str {
        self.written.get(start as usize..end as usize).unwrap_or("")
    }

    /// Adds a finding.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports a `{` whose block goes on to the end of the text; those around it end there too, which is said once.
    pub(super) fn unclosed(&mut self, at: usize) {
        if !self.diagnostics.iter().any(|known| known.code == error::UNCLOSED_BRACE) {
            self.report(error::unclosed_brace(self.place(at, at + 1), None));
        }
    }

    /// A word or a name with its place.
    pub(super) fn ident(&self, node: &Node<'_>) -> Ident {
        Ident { name: node.as_str().into(), span: self.span(node) }
    }

    /// A dotted name.
    pub(super) fn path(&self, node: Node<'_>) -> Path {
        let span = self.span(&node);
        let segments = Nodes::of(node).map(|segment| self.ident(&segment)).collect();
        Path { segments, span }
    }

    /// The docs above a node that can have some.
    pub(super) fn docs(&mut self, before: Span) -> Docs {
        Docs { lines: self.docs_until(before.start) }
    }

    /// Docs above what has none: they stay as comments, with a warning.
    pub(super) fn no_docs(&mut self, before: u32) {
        let lines = self.docs_until(before);
        if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
            self.report(error::stray_doc(first.span.to(last.span)));
        }
        let marked = |line: &Spanned<Name>| format!("## {}", line.node).trim_end().into();
        self.stray.extend(lines.iter().map(|line| Spanned::new(marked(line), line.span)));
    }

    fn docs_until(&mut self, offset: u32) -> Vec<Spanned<Name>> {
        let count = self.docs.partition_point(|doc| doc.span.start < offset);
        let (above, below) = self.docs.split_at(count);
        self.docs = below;
        above.to_vec()
    }

    /// Builds from another text that stands for the chunk from `start` on, its first `ahead` bytes being more.
    pub(super) fn within<T>(
        &mut self,
        text: &str,
        start: usize,
        ahead: usize,
        build: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = (Arc::clone(&self.text), self.base, self.ahead);
        self.text = text.into();
        self.base += start;
        self.ahead += ahead;
        let result = build(self);
        (self.text, self.base, self.ahead) = outer;
        result
    }

    /// Runs `build` some levels higher; `None`, with a report, where that is too high to walk.
    pub(super) fn higher<T>(
        &mut self,
        levels: usize,
        span: Span,
        too_high: impl FnOnce(Span, usize) -> Diagnostic,
        build: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.height += levels;
        let result = if self.height > MAX_HEIGHT {
            self.report(too_high(Span { end: span.start + 1, ..span }, MAX_HEIGHT));
            None
        } else {
            Some(build(self))
        };
        self.height -= levels;
        result
    }
}
