//! Declarations and tests.

use super::Formatter;
use super::body::Member;
use super::doc::Doc;
use super::lines::{Align, Line};
use crate::ast::{
    Docs, Item, Mock, Mocked, Param, TestDecl, TestMember, TypeBody, TypeDecl, TypeExpr, TypeField,
};
use crate::span::Span;

impl Formatter<'_> {
    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Type(decl) => self.type_decl(decl),
            Item::Tool(decl) => {
                self.above(0, decl.span.start as usize, &decl.docs);
                let head = self.signature(
                    "tool",
                    &decl.name.name,
                    &decl.params,
                    decl.ty.as_ref(),
                    decl.name.span,
                    decl.body.span,
                );
                self.block(0, head, Align::Decl, decl.span.start, decl.body.span, &decl.body.members);
            }
            Item::Agent(decl) => {
                self.above(0, decl.span.start as usize, &decl.docs);
                let head = self.signature(
                    "agent",
                    &decl.name.name,
                    &decl.params,
                    decl.ty.as_ref(),
                    decl.name.span,
                    decl.body.span,
                );
                self.block(0, head, Align::Decl, decl.span.start, decl.body.span, &decl.body.members);
            }
            Item::Block(decl) => {
                self.above(0, decl.span.start as usize, &decl.docs);
                let head = Doc::text(format!("{} {}", decl.kind.word(), decl.name.name));
                self.block(0, head, Align::Decl, decl.span.start, decl.body.span, &decl.body.members);
            }
            Item::Test(decl) => self.test(decl),
        }
    }

    fn signature(
        &mut self,
        word: &str,
        name: &str,
        params: &[Param],
        ty: Option<&TypeExpr>,
        name_span: Span,
        body: Span,
    ) -> Doc {
        let mut docs = vec![Doc::text(format!("{word} {name}"))];
        let end = ty.map_or(body.start, |ty| ty.span.start);
        docs.push(self.params(params, Span { start: name_span.end, end, ..name_span }));
        if let Some(ty) = ty {
            docs.extend([Doc::text(": "), self.ty(ty)]);
        }
        Doc::Seq(docs)
    }

    fn type_decl(&mut self, decl: &TypeDecl) {
        self.above(0, decl.span.start as usize, &decl.docs);
        match &decl.body {
            TypeBody::Alias(ty, attrs) => {
                let head = format!("type {} = ", decl.name.name);
                let doc = Doc::Seq(vec![Doc::text(head), self.ty(ty), self.attrs(attrs)]);
                let range = decl.span.range();
                self.line(Line::plain(0, doc.render(0, 0, 0)), range.start, range.end);
            }
            TypeBody::Record(fields) => {
                let head = Doc::text(format!("type {}", decl.name.name));
                let open = self.open_brace(decl.name.span.end);
                let body = Span { start: open, ..decl.span };
                self.block(0, head, Align::Decl, decl.span.start, body, fields);
            }
        }
    }

    /// The first `{` behind an offset that stands in no comment.
    fn open_brace(&self, from: u32) -> u32 {
        let mut at = from as usize;
        while let Some(byte) = self.source.text.as_bytes().get(at) {
            match byte {
                b'{' => break,
                b'#' => {
                    let rest = self.source.text.get(at..).unwrap_or("");
                    at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => at += 1,
            }
        }
        u32::try_from(at).unwrap_or(from)
    }

    fn test(&mut self, decl: &TestDecl) {
        self.above(0, decl.span.start as usize, &decl.docs);
        let head = Doc::text(format!("test {}", self.source.slice(decl.name.span)));
        self.block(0, head, Align::None, decl.span.start, decl.body, &decl.members);
    }
}

impl Member for TypeField {
    fn span(&self) -> Span {
        self.span
    }

    fn docs(&self) -> Option<&Docs> {
        Some(&self.docs)
    }

    fn cell(&self, out: &mut Formatter<'_>) -> Option<(String, String)> {
        let value = self.value(out).flat()?;
        self.docs
            .lines
            .is_empty()
            .then(|| (self.name.name.to_string(), format!("{}: {value}", self.name.name)))
    }

    fn lines(&self, indent: usize, out: &mut Formatter<'_>) {
        let lead = format!("{}:", self.name.name);
        let rest = self.value(out).render(indent, indent + lead.chars().count() + 1, 0);
        let range = self.span.range();
        out.line(Line::padded(indent, Align::Field, lead, rest), range.start, range.end);
    }
}

impl TypeField {
    fn value(&self, out: &mut Formatter<'_>) -> Doc {
        let mut docs = vec![out.ty(&self.ty), out.attrs(&self.attrs)];
        if let Some(default) = &self.default {
            docs.extend([Doc::text(" = "), out.expr(default)]);
        }
        Doc::Seq(docs)
    }
}

impl Member for TestMember {
    fn span(&self) -> Span {
        match self {
            Self::Field(field) => field.span,
            Self::Mock(mock) => mock.span,
            Self::Expect(_, span) | Self::Snapshot(_, span) => *span,
        }
    }

    fn docs(&self) -> Option<&Docs> {
        None
    }

    fn cell(&self, out: &mut Formatter<'_>) -> Option<(String, String)> {
        match self {
            Self::Field(field) => field.cell(out),
            Self::Mock(mock) => {
                let value = out.expr(&mock.value).flat()?;
                Some((String::new(), format!("mock {} = {value}", mocked(mock, out))))
            }
            Self::Expect(expr, _) => Some((String::new(), format!("expect {}", out.expr(expr).flat()?))),
            Self::Snapshot(..) => Some((String::new(), snapshot(self, out))),
        }
    }

    fn lines(&self, indent: usize, out: &mut Formatter<'_>) {
        let range = self.span().range();
        let line = match self {
            Self::Field(field) => return field.lines(indent, out),
            Self::Mock(mock) => {
                let lead = format!("mock {}", mocked(mock, out));
                let column = indent + lead.chars().count() + 3;
                let rest = format!("= {}", out.expr(&mock.value).render(indent, column, 0));
                Line::padded(indent, Align::Mock, lead, rest)
            }
            Self::Expect(expr, _) => {
                Line::plain(indent, format!("expect {}", out.expr(expr).render(indent, indent + 7, 0)))
            }
            Self::Snapshot(..) => Line::plain(indent, snapshot(self, out)),
        };
        out.line(line, range.start, range.end);
    }
}

fn mocked(mock: &Mock, out: &Formatter<'_>) -> String {
    match &mock.mocked {
        Mocked::Path(path) => path.text(),
        Mocked::Candidate(pool, candidate) => format!("{}[{}]", pool.name, out.source.slice(candidate.span)),
    }
}

fn snapshot(member: &TestMember, out: &Formatter<'_>) -> String {
    match member {
        TestMember::Snapshot(Some(name), _) => format!("snapshot {}", out.source.slice(name.span)),
        _ => "snapshot".to_owned(),
    }
}
