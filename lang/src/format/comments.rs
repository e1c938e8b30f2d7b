//! The comments of a file, handed out in order, so that none is lost and none is written twice.

use crate::ast::{Docs, Name};
use crate::source::Source;
use crate::span::Spanned;

/// A comment that is to be written.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    /// As it is to be written, with its marks.
    pub(super) text: String,
    /// Where it begins and ends in the source.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What has not been written yet.
pub(super) struct Comments<'a> {
    source: &'a Source,
    all: &'a [Spanned<Name>],
    taken: Vec<bool>,
    /// All before this one are taken.
    first: usize,
}

impl<'a> Comments<'a> {
    /// All comments of a file.
    pub(super) fn new(source: &'a Source, all: &'a [Spanned<Name>]) -> Self {
        Self { source, all, taken: vec![false; all.len()], first: 0 }
    }

    /// Takes those that begin before `offset`.
    pub(super) fn before(&mut self, offset: usize) -> Vec<Comment> {
        self.within(0, offset)
    }

    /// Takes those that begin in a range.
    pub(super) fn within(&mut self, start: usize, end: usize) -> Vec<Comment> {
        let left = self.left_in(start, end);
        for at in &left {
            if let Some(taken) = self.taken.get_mut(*at) {
                *taken = true;
            }
        }
        while self.taken.get(self.first) == Some(&true) {
            self.first += 1;
        }
        left.iter().filter_map(|at| self.all.get(*at)).map(|comment| self.comment(comment)).collect()
    }

    /// Takes the one behind `end` on the same line, where nothing but a comma stands between.
    pub(super) fn behind(&mut self, end: usize) -> Option<Comment> {
        let next = self.all.get(self.at(end))?.span.start as usize;
        let gap = self.source.text.get(end..next)?;
        let glued = gap.chars().all(|sign| matches!(sign, ' ' | '\t' | '\r' | ','));
        if glued { self.within(next, next + 1).pop() } else { None }
    }

    /// True where one that is left begins in a range.
    pub(super) fn any_in(&self, start: usize, end: usize) -> bool {
        !self.left_in(start, end).is_empty()
    }

    /// The first that begins at `offset` or behind it.
    fn at(&self, offset: usize) -> usize {
        self.all.partition_point(|comment| (comment.span.start as usize) < offset)
    }

    fn left_in(&self, start: usize, end: usize) -> Vec<usize> {
        let begin = self.at(start).max(self.first);
        (begin..self.at(end)).filter(|at| self.taken.get(*at) == Some(&false)).collect()
    }

    fn comment(&self, comment: &Spanned<Name>) -> Comment {
        let range = comment.span.range();
        let line = self.source.text.get(..range.start).unwrap_or("").rsplit('\n').next().unwrap_or("");
        let leads = line.trim_start_matches('\u{feff}').trim().is_empty();
        let written = self.source.slice(comment.span).trim_end().to_owned();
        let comment = Comment { text: written, start: range.start, end: range.end };
        if leads { comment } else { comment.plain() }
    }
}

impl Comment {
    /// With `#` where it was written as a doc: a doc that moves could come to document something.
    pub(super) fn plain(mut self) -> Self {
        if let Some(doc) = self.text.strip_prefix("##").filter(|rest| !rest.starts_with('#')) {
            self.text = format!("#{doc}");
        }
        self
    }
}

/// Docs as they are written.
pub(super) fn docs(docs: &Docs) -> impl Iterator<Item = Comment> {
    docs.lines.iter().map(|line| {
        let text = format!("## {}", line.node).trim_end().to_owned();
        let range = line.span.range();
        Comment { text, start: range.start, end: range.end }
    })
}
