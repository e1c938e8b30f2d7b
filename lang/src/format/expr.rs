//! Expressions and types: on one line where they fit, lists and chains broken where they do not.

use super::Formatter;
use super::doc::Doc;
use crate::ast::{
    Arg, Attr, BinaryOp, Expr, ExprKind, ImportName, Pair, Param, Pattern, TypeExpr, TypeExprKind, UnaryOp,
};
use crate::span::Span;

/// What stands between brackets.
pub(super) trait Element {
    /// Where it stands.
    fn span(&self) -> Span;
    /// Its layout.
    fn show(&self, out: &mut Formatter<'_>) -> Doc;
}

/// A pair of brackets.
#[derive(Clone, Copy)]
pub(super) struct Brackets {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    /// Blanks inside them where they stand on one line.
    pub(super) padded: bool,
}

const SQUARE: Brackets = Brackets { open: "[", close: "]", padded: false };
const ROUND: Brackets = Brackets { open: "(", close: ")", padded: false };
/// The braces of an object or an import.
pub(super) const CURLY: Brackets = Brackets { open: "{", close: "}", padded: true };

impl Element for Expr {
    fn span(&self) -> Span {
        self.span
    }

    fn show(&self, out: &mut Formatter<'_>) -> Doc {
        out.expr(self)
    }
}

impl Element for Pair {
    fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }

    fn show(&self, out: &mut Formatter<'_>) -> Doc {
        let written = out.source.slice(self.key.span);
        let key = if written.starts_with('"') { written } else { &*self.key.name };
        Doc::Seq(vec![Doc::text(format!("{key}: ")), out.expr(&self.value)])
    }
}

impl Element for Arg {
    fn span(&self) -> Span {
        self.name.as_ref().map_or(self.value.span, |name| name.span.to(self.value.span))
    }

    fn show(&self, out: &mut Formatter<'_>) -> Doc {
        let value = out.expr(&self.value);
        match &self.name {
            Some(name) => Doc::Seq(vec![Doc::text(format!("{}: ", name.name)), value]),
            None => value,
        }
    }
}

impl Element for Param {
    fn span(&self) -> Span {
        self.span
    }

    fn show(&self, out: &mut Formatter<'_>) -> Doc {
        let mut docs =
            vec![Doc::text(format!("{}: ", self.name.name)), out.ty(&self.ty), out.attrs(&self.attrs)];
        if let Some(default) = &self.default {
            docs.extend([Doc::text(" = "), out.expr(default)]);
        }
        Doc::Seq(docs)
    }
}

impl Element for ImportName {
    fn span(&self) -> Span {
        self.alias.as_ref().map_or(self.name.span, |alias| self.name.span.to(alias.span))
    }

    fn show(&self, _: &mut Formatter<'_>) -> Doc {
        match &self.alias {
            Some(alias) => Doc::text(format!("{} as {}", self.name.name, alias.name)),
            None => Doc::text(&*self.name.name),
        }
    }
}

impl Formatter<'_> {
    /// An expression. Literals stay as they are written.
    pub(super) fn expr(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Text(text) => self.text(text, expr.span),
            ExprKind::List(items) => self.list(SQUARE, expr.span, items),
            ExprKind::Object(pairs) => self.list(CURLY, expr.span, pairs),
            ExprKind::Own(field) => Doc::text(format!(".{}", field.name)),
            ExprKind::Name(name) => Doc::text(&**name),
            ExprKind::Member(of, field) => {
                Doc::Seq(vec![self.expr(of), Doc::text(format!(".{}", field.name))])
            }
            ExprKind::Index(of, index) => {
                Doc::Seq(vec![self.expr(of), Doc::text("["), self.expr(index), Doc::text("]")])
            }
            ExprKind::Call(of, args) => {
                let head = self.expr(of);
                let span = Span { start: of.span.end, ..expr.span };
                Doc::Seq(vec![head, self.list(ROUND, span, args)])
            }
            ExprKind::Cast(of, ty) => Doc::Seq(vec![self.expr(of), Doc::text(" as "), self.ty(ty)]),
            ExprKind::Unary(UnaryOp::Neg, of) => Doc::Seq(vec![Doc::text("-"), self.expr(of)]),
            ExprKind::Unary(UnaryOp::Not, of) => Doc::Seq(vec![Doc::text("not "), self.expr(of)]),
            ExprKind::Binary(op, ..) => {
                let mut parts = Vec::new();
                let first = self.chain(expr, *op, &mut parts);
                Doc::group(vec![first, Doc::nest(parts)])
            }
            ExprKind::Is(of, patterns) => {
                let head = self.expr(of);
                let patterns: Vec<String> = patterns.iter().map(|pattern| self.pattern(pattern)).collect();
                Doc::Seq(vec![head, Doc::text(format!(" is {}", patterns.join(" | ")))])
            }
            ExprKind::Paren(of) => Doc::Seq(vec![Doc::text("("), self.expr(of), Doc::text(")")]),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Money(_)
            | ExprKind::Duration(_)
            | ExprKind::Bad => Doc::text(self.source.slice(expr.span)),
        }
    }

    /// The operands of one operator's chain behind the first, which is the answer; each with its operator before it.
    fn chain(&mut self, expr: &Expr, op: BinaryOp, parts: &mut Vec<Doc>) -> Doc {
        let ExprKind::Binary(own, sign, left, right) = &expr.kind else {
            return self.expr(expr);
        };
        if level(*own) != level(op) {
            return self.expr(expr);
        }
        let first = self.chain(left, op, parts);
        for comment in self.comments.within(expr.span.start as usize, sign.start as usize) {
            parts.push(Doc::text(format!("  {}", comment.plain().text)));
            parts.push(Doc::Hard);
        }
        if !matches!(parts.last(), Some(Doc::Hard)) {
            parts.push(Doc::Space);
        }
        parts.push(Doc::text(format!("{} ", own.symbol())));
        parts.push(self.expr(right));
        first
    }

    fn pattern(&self, pattern: &Pattern) -> String {
        match pattern {
            Pattern::Literal(literal) => self.source.slice(literal.span).to_owned(),
            Pattern::Type(path) => path.text(),
        }
    }

    /// Elements between brackets. It stays broken where the first element was written on a line of its own.
    pub(super) fn list<T: Element>(&mut self, brackets: Brackets, span: Span, items: &[T]) -> Doc {
        let mut inner = Vec::new();
        let mut hard = items.first().is_some_and(|first| self.breaks_before(brackets, span, first.span()));
        let separator = |hard: bool, flat: Doc| if hard { Doc::Hard } else { flat };
        let edge = || if brackets.padded { Doc::Space } else { Doc::Soft };
        for (at, item) in items.iter().enumerate() {
            let mut before = self.comments.within(span.start as usize, item.span().start as usize);
            let shown = item.show(self);
            // what found no place inside of it stands above it
            before.extend(self.comments.within(item.span().start as usize, item.span().end as usize));
            hard |= !before.is_empty();
            inner.push(separator(hard, if at == 0 { edge() } else { Doc::Space }));
            inner.extend(before.into_iter().flat_map(|comment| [Doc::text(comment.plain().text), Doc::Hard]));
            inner.push(shown);
            inner.push(if at + 1 < items.len() { Doc::text(",") } else { Doc::Broken(",") });
            let behind = self.comments.behind(item.span().end as usize);
            hard = behind.is_some();
            inner.extend(behind.map(|comment| Doc::text(format!("  {}", comment.plain().text))));
        }
        for comment in self.comments.within(span.start as usize, (span.end as usize).saturating_sub(1)) {
            inner.extend([Doc::Hard, Doc::text(comment.plain().text)]);
            hard = true;
        }
        if inner.is_empty() {
            return Doc::text(format!("{}{}", brackets.open, brackets.close));
        }
        Doc::group(vec![
            Doc::text(brackets.open),
            Doc::nest(inner),
            separator(hard, edge()),
            Doc::text(brackets.close),
        ])
    }

    fn breaks_before(&self, brackets: Brackets, list: Span, first: Span) -> bool {
        let before = self.source.text.get(list.start as usize..first.start as usize).unwrap_or("");
        before.split_once(brackets.open).is_some_and(|(_, before)| before.contains('\n'))
    }

    /// `(a: T, b: U = 1)`.
    pub(super) fn params(&mut self, params: &[Param], span: Span) -> Doc {
        self.list(ROUND, span, params)
    }

    /// A type.
    pub(super) fn ty(&mut self, ty: &TypeExpr) -> Doc {
        match &ty.kind {
            TypeExprKind::Path(path) => Doc::text(path.text()),
            TypeExprKind::Literal(_) => Doc::text(self.source.slice(ty.span)),
            TypeExprKind::Map(of) => Doc::Seq(vec![Doc::text("map<"), self.ty(of), Doc::text(">")]),
            TypeExprKind::List(of) => Doc::Seq(vec![self.ty(of), Doc::text("[]")]),
            TypeExprKind::Optional(of) => Doc::Seq(vec![self.ty(of), Doc::text("?")]),
            TypeExprKind::Union(parts) => {
                let mut docs = Vec::new();
                for (at, part) in parts.iter().enumerate() {
                    let part = self.ty(part);
                    docs.extend(if at == 0 { vec![part] } else { vec![Doc::Space, Doc::text("| "), part] });
                }
                let first = docs.remove(0);
                Doc::group(vec![first, Doc::nest(docs)])
            }
        }
    }

    /// ` @range(1, 5) @pii`.
    pub(super) fn attrs(&mut self, attrs: &[Attr]) -> Doc {
        let mut docs = Vec::new();
        for attr in attrs {
            docs.push(Doc::text(format!(" @{}", attr.name.name)));
            if attr.span.end > attr.name.span.end {
                let span = Span { start: attr.name.span.end, ..attr.span };
                docs.push(self.list(ROUND, span, &attr.args));
            }
        }
        Doc::Seq(docs)
    }
}

/// Operators that read as one chain.
fn level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Eq
        | BinaryOp::Ne
        | BinaryOp::Lt
        | BinaryOp::Le
        | BinaryOp::Gt
        | BinaryOp::Ge
        | BinaryOp::In => 3,
        BinaryOp::Else => 4,
        BinaryOp::Add | BinaryOp::Sub => 5,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 6,
    }
}
