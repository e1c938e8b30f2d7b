//! What stands between braces: on one line or a member a line.

use super::doc::{Doc, WIDTH};
use super::lines::{Align, Line};
use super::{Blank, Formatter};
use crate::ast::{self, Docs, Each, Edge, EdgeTest, Field, Require, StateDecl, Target, TargetKind, Var};
use crate::span::Span;

/// A member of a block.
pub(super) trait Member {
    /// Where it stands, without its docs.
    fn span(&self) -> Span;
    /// Its docs, where it can have some.
    fn docs(&self) -> Option<&Docs>;
    /// Its key and its text on one line; `None` where it needs lines of its own.
    fn cell(&self, out: &mut Formatter<'_>) -> Option<(String, String)>;
    /// Writes its lines.
    fn lines(&self, indent: usize, out: &mut Formatter<'_>);
}

impl Formatter<'_> {
    /// A head and its block, which begins at `start` and whose braces stand at `body`.
    pub(super) fn block<M: Member>(
        &mut self,
        indent: usize,
        head: Doc,
        align: Align,
        start: u32,
        body: Span,
        members: &[M],
    ) {
        let (start, open, end) = (start as usize, body.start as usize, body.end as usize);
        if let Some(line) = self.one_line(indent, &head, align, body, members) {
            return self.line(line, start, end);
        }
        let head = Doc::Seq(vec![head, Doc::text(" {")]).render(indent, indent, 0);
        self.line(Line::plain(indent, head), start, open + 1);
        self.blank = Blank::Never;
        for member in members {
            let none = Docs::default();
            self.above(indent + 2, member.span().start as usize, member.docs().unwrap_or(&none));
            member.lines(indent + 2, self);
        }
        self.above(indent + 2, end.saturating_sub(1), &Docs::default());
        self.blank = Blank::Never;
        self.line(Line::plain(indent, "}"), end, end);
    }

    /// The whole block on one line, where it was written so, fits and holds no comment.
    fn one_line<M: Member>(
        &mut self,
        indent: usize,
        head: &Doc,
        align: Align,
        body: Span,
        members: &[M],
    ) -> Option<Line> {
        let written = self.source.slice(body);
        let range = body.range();
        if self.comments.any_in(range.start, range.end) {
            return None;
        }
        let head = head.flat()?;
        if members.is_empty() {
            return Some(Line::padded(indent, align, head, "{}"));
        }
        if written.contains('\n') {
            return None;
        }
        let cells = members.iter().map(|member| member.cell(self)).collect::<Option<Vec<_>>>()?;
        let inner: usize = cells.iter().map(|(_, cell)| cell.chars().count() + 2).sum();
        let width = indent + head.chars().count() + inner + 4;
        let mut line = Line::padded(indent, align, head, "");
        line.cells = cells;
        (width <= WIDTH).then_some(line)
    }
}

impl Member for ast::Member {
    fn span(&self) -> Span {
        match self {
            Self::Field(field) => field.span,
            Self::Each(each) => each.span,
            Self::Edge(edge) => edge.span,
            Self::Var(var) => var.span,
            Self::Require(require) => require.span,
            Self::State(state) => state.span,
        }
    }

    fn docs(&self) -> Option<&Docs> {
        if let Self::State(state) = self { Some(&state.docs) } else { None }
    }

    fn cell(&self, out: &mut Formatter<'_>) -> Option<(String, String)> {
        match self {
            Self::Field(field) => field.cell(out),
            Self::Each(each) => Some(("each".to_owned(), format!("each: {}", out.each(each).flat()?))),
            Self::Edge(edge) => Some(("->".to_owned(), out.edge(edge).flat()?)),
            Self::Var(var) => Some(("var".to_owned(), out.var(var).flat()?)),
            Self::Require(require) => Some(("require".to_owned(), require_text(require))),
            Self::State(_) => None,
        }
    }

    fn lines(&self, indent: usize, out: &mut Formatter<'_>) {
        let range = self.span().range();
        let line = match self {
            Self::Field(field) => return field.lines(indent, out),
            Self::State(state) => return out.state(indent, state),
            Self::Each(each) => {
                let rest = out.each(each).render(indent, indent + 6, 0);
                Line::padded(indent, Align::Field, "each:", rest)
            }
            Self::Edge(edge) => out.edge_line(indent, edge),
            Self::Var(var) => Line::plain(indent, out.var(var).render(indent, indent, 0)),
            Self::Require(require) => Line::plain(indent, require_text(require)),
        };
        out.line(line, range.start, range.end);
    }
}

impl Field {
    /// Its key and its text on one line.
    pub(super) fn cell(&self, out: &mut Formatter<'_>) -> Option<(String, String)> {
        let value = out.expr(&self.value).flat()?;
        Some((self.key.name.to_string(), format!("{}: {value}", self.key.name)))
    }

    /// Writes its lines.
    pub(super) fn lines(&self, indent: usize, out: &mut Formatter<'_>) {
        let lead = format!("{}:", self.key.name);
        let rest = out.expr(&self.value).render(indent, indent + lead.chars().count() + 1, 0);
        let range = self.span.range();
        out.line(Line::padded(indent, Align::Field, lead, rest), range.start, range.end);
    }
}

fn require_text(require: &Require) -> String {
    format!("require {} before {}", require.first.text(), require.then.name)
}

impl Formatter<'_> {
    fn each(&mut self, each: &Each) -> Doc {
        Doc::Seq(vec![Doc::text(format!("{} in ", each.name.name)), self.expr(&each.list)])
    }

    fn var(&mut self, var: &Var) -> Doc {
        let head = Doc::text(format!("var {}: ", var.name.name));
        Doc::Seq(vec![head, self.ty(&var.ty), Doc::text(" = "), self.expr(&var.value)])
    }

    fn state(&mut self, indent: usize, state: &StateDecl) {
        let mut head = vec![Doc::text(format!("{} {}", state.kind.name, state.name.name))];
        if let Some(ty) = &state.ty {
            head.extend([Doc::text(": "), self.ty(ty)]);
        }
        let (start, body) = (state.span.start, state.body.span);
        self.block(indent, Doc::Seq(head), Align::None, start, body, &state.body.members);
    }

    /// An edge, its arrow padded where its condition fits on the line.
    fn edge_line(&mut self, indent: usize, edge: &Edge) -> Line {
        let align = match &edge.test {
            EdgeTest::When(_) | EdgeTest::Else => Align::When,
            EdgeTest::On(_) => Align::On,
            EdgeTest::Always => Align::None,
        };
        if let EdgeTest::When(test) = &edge.test {
            let (start, goes) = (edge.span.range().start, edge.target.span.range().start);
            // one of the arrow's has no place but above, and those before it stay before it
            if self.comments.any_in(test.span.range().end, goes) {
                let inside = self.comments.within(start, goes);
                self.lift(indent, start, inside);
            }
        }
        let test = self.edge_test(&edge.test);
        let goes = self.edge_goes(edge);
        let lead = test.flat().filter(|lead| indent + lead.chars().count() + 20 <= WIDTH);
        match lead {
            Some(lead) if !lead.is_empty() => {
                let rest = goes.render(indent, indent + lead.chars().count() + 1, 0);
                Line::padded(indent, align, lead, rest)
            }
            _ => Line::plain(indent, edge_of(test, goes).render(indent, indent, 0)),
        }
    }

    fn edge(&mut self, edge: &Edge) -> Doc {
        let test = self.edge_test(&edge.test);
        let goes = self.edge_goes(edge);
        edge_of(test, goes)
    }

    fn edge_test(&mut self, test: &EdgeTest) -> Doc {
        match test {
            EdgeTest::Always => Doc::text(""),
            EdgeTest::Else => Doc::text("else"),
            EdgeTest::When(test) => Doc::Seq(vec![Doc::text("when "), self.expr(test)]),
            EdgeTest::On(events) => {
                let events: Vec<&str> = events.iter().map(|event| &*event.name).collect();
                Doc::text(format!("on {}", events.join(", ")))
            }
        }
    }

    /// `-> target  set a = b`.
    fn edge_goes(&mut self, edge: &Edge) -> Doc {
        let target = self.target(&edge.target);
        let mut sets = Vec::new();
        for (at, set) in edge.sets.iter().enumerate() {
            let before = if at == 0 { "set " } else { ", " };
            sets.extend([Doc::text(format!("{before}{} = ", set.name.name)), self.expr(&set.value)]);
        }
        if sets.is_empty() {
            return Doc::Seq(vec![Doc::text("-> "), target]);
        }
        sets.insert(0, Doc::Wide);
        Doc::group(vec![Doc::text("-> "), target, Doc::nest(sets)])
    }

    fn target(&mut self, target: &Target) -> Doc {
        match &target.kind {
            TargetKind::State(name) => Doc::text(&*name.name),
            TargetKind::Return(None) => Doc::text("return"),
            TargetKind::Return(Some(value)) => Doc::Seq(vec![Doc::text("return "), self.expr(value)]),
            TargetKind::Fail(why) => Doc::Seq(vec![Doc::text("fail "), self.expr(why)]),
            TargetKind::Next => Doc::text("next"),
            TargetKind::Break => Doc::text("break"),
        }
    }
}

/// A condition, where there is one, and where it goes.
fn edge_of(test: Doc, goes: Doc) -> Doc {
    match test.flat() {
        Some(none) if none.is_empty() => goes,
        _ => Doc::group(vec![test, Doc::nest(vec![Doc::Space, goes])]),
    }
}
