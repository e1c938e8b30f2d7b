//! Strings as they are written: escapes stay, holes are formatted, a block moves to its place by its common indent.

use super::Formatter;
use super::doc::Doc;
use crate::ast::{Expr, ExprKind, Segment, Text};
use crate::span::Span;

/// A line of a block: its characters as written, holes formatted.
#[derive(Default)]
struct TextLine {
    /// What stands before the first character that is no blank; a hole is none.
    blanks: String,
    rest: String,
    /// Something else than blanks stands on it.
    solid: bool,
}

impl Formatter<'_> {
    /// A string.
    pub(super) fn text(&mut self, text: &Text, span: Span) -> Doc {
        let written = self.source.slice(span).replace("\r\n", "\n");
        let Some(pieces) = self.pieces(text, span) else {
            // The comments in its holes are written with it.
            self.comments.within(span.start as usize, span.end as usize);
            return verbatim(&written);
        };
        if !text.block {
            let inner: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            return Doc::text(format!("\"{inner}\""));
        }
        block(&pieces).unwrap_or_else(|| verbatim(&written))
    }

    /// The inside of a string, holes formatted; `None` where a hole cannot stand on one line.
    fn pieces(&mut self, text: &Text, span: Span) -> Option<Vec<Piece>> {
        let marks = if text.block { 3 } else { 1 };
        let range = span.range();
        let end = range.end.checked_sub(marks)?;
        let mut at = range.start + marks;
        let mut pieces = Vec::new();
        for segment in &text.segments {
            let Segment::Hole(hole) = segment else { continue };
            let (begin, after) = self.hole_range(hole, at, end)?;
            pieces.push(Piece { text: self.source.text.get(at..begin)?.replace("\r\n", "\n"), hole: false });
            pieces.push(Piece { text: format!("${{{}}}", self.hole(hole)?), hole: true });
            at = after;
        }
        pieces.push(Piece { text: self.source.text.get(at..end)?.replace("\r\n", "\n"), hole: false });
        Some(pieces)
    }

    /// From `${` to behind `}`.
    fn hole_range(&self, hole: &Expr, from: usize, end: usize) -> Option<(usize, usize)> {
        let range = hole.span.range();
        let before = self.source.text.get(from..range.start)?;
        let begin = from + before.trim_end().strip_suffix("${")?.len();
        let after = self.source.text.get(range.end..end)?;
        let blanks = after.len() - after.trim_start().len();
        after.trim_start().starts_with('}').then_some((begin, range.end + blanks + 1))
    }

    fn hole(&mut self, hole: &Expr) -> Option<String> {
        let range = hole.span.range();
        if matches!(hole.kind, ExprKind::Bad) || self.comments.any_in(range.start, range.end) {
            return None;
        }
        self.expr(hole).flat()
    }
}

struct Piece {
    text: String,
    hole: bool,
}

/// Exactly as written; its lines keep their indent, for it is part of the text.
fn verbatim(written: &str) -> Doc {
    // A `Text` with newlines is written as it is; where it stands in a group, the group breaks.
    let mut lines = written.split('\n');
    let first = Doc::text(lines.next().unwrap_or(""));
    let rest: Vec<Doc> = lines.map(|line| Doc::Raw(line.to_owned())).collect();
    if rest.is_empty() { first } else { Doc::Seq([vec![first], rest].concat()) }
}

/// `None` where the text is blanks alone, whose indent cannot be told from its content.
fn block(pieces: &[Piece]) -> Option<Doc> {
    let mut lines = lines(pieces);
    let on_own_line = lines.len() > 1 && lines.first().is_some_and(|line| !line.solid);
    if on_own_line {
        lines.remove(0);
    }
    if lines.len() > 1 && lines.last().is_some_and(|line| !line.solid) {
        lines.pop();
    }
    // A first line behind the marks keeps its blanks and does not count for the indent of the others.
    let counted = || lines.iter().skip(usize::from(!on_own_line)).filter(|line| line.solid);
    if let ([line], false) = (lines.as_slice(), on_own_line) {
        // A quote at the end would close the text early.
        if line.rest.ends_with('"') {
            return None;
        }
        return Some(Doc::text(format!("\"\"\"{}{}\"\"\"", line.blanks, line.rest)));
    }
    let indent = counted().map(|line| line.blanks.as_str()).reduce(shared)?.len();
    let texts = lines.iter().enumerate().map(|(at, line)| {
        let keeps_all = at == 0 && !on_own_line;
        let blanks = if keeps_all { line.blanks.as_str() } else { line.blanks.get(indent..).unwrap_or("") };
        Doc::text(format!("{blanks}{}", line.rest))
    });
    let inner = texts.flat_map(|text| [Doc::Hard, text]).collect();
    Some(Doc::Seq(vec![Doc::text("\"\"\""), Doc::nest(inner), Doc::Hard, Doc::text("\"\"\"")]))
}

fn lines(pieces: &[Piece]) -> Vec<TextLine> {
    let mut lines = vec![TextLine::default()];
    for piece in pieces {
        for (at, part) in piece.text.split('\n').enumerate() {
            if at > 0 {
                lines.push(TextLine::default());
            }
            let Some(line) = lines.last_mut() else { continue };
            let blanks = if line.solid || piece.hole {
                0
            } else {
                part.len() - part.trim_start_matches([' ', '\t']).len()
            };
            let (begin, rest) = part.split_at(blanks);
            line.blanks.push_str(begin);
            line.rest.push_str(rest);
            line.solid |= piece.hole || !rest.is_empty();
        }
    }
    lines
}

fn shared<'t>(left: &'t str, right: &'t str) -> &'t str {
    let length = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    left.get(..length).unwrap_or("")
}
