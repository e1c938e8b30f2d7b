//! Expressions and the texts with holes.

use super::{Ident, Name, Path, TypeExpr};
use crate::span::Span;
use crate::value::Money;

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// `10_000`.
    Int(i64),
    /// `0.4`.
    Float(f64),
    /// `$0.25`.
    Money(Money),
    /// `90d`, in milliseconds.
    Duration(i64),
    /// `"…"` or `"""…"""`, with holes.
    Text(Text),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a: 1, "b c": 2 }`.
    Object(Vec<Pair>),
    /// `.f`: a field of the state's own result.
    Own(Ident),
    /// A bare word; the kinds table says where it is looked up.
    Name(Name),
    /// `a.f`.
    Member(Box<Expr>, Ident),
    /// `a[i]`.
    Index(Box<Expr>, Box<Expr>),
    /// `f(x, n: y)`.
    Call(Box<Expr>, Vec<Arg>),
    /// `a as T`.
    Cast(Box<Expr>, TypeExpr),
    /// `-a`, `not a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`; the span is the operator's.
    Binary(BinaryOp, Span, Box<Expr>, Box<Expr>),
    /// `a is "x" | T`.
    Is(Box<Expr>, Vec<Pattern>),
    /// `(a)`, kept for the formatter.
    Paren(Box<Expr>),
    /// What could not be parsed; already reported.
    Bad,
}

impl Expr {
    /// Visits it and every expression inside it, each before what it holds, from left to right.
    pub fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            ExprKind::Text(text) => {
                for segment in &text.segments {
                    if let Segment::Hole(hole) = segment {
                        hole.each(visit);
                    }
                }
            }
            ExprKind::List(items) => items.iter().for_each(|item| item.each(visit)),
            ExprKind::Object(pairs) => pairs.iter().for_each(|pair| pair.value.each(visit)),
            ExprKind::Member(inner, _)
            | ExprKind::Cast(inner, _)
            | ExprKind::Unary(_, inner)
            | ExprKind::Is(inner, _)
            | ExprKind::Paren(inner) => inner.each(visit),
            ExprKind::Index(left, right) | ExprKind::Binary(_, _, left, right) => {
                left.each(visit);
                right.each(visit);
            }
            ExprKind::Call(function, args) => {
                function.each(visit);
                for arg in args {
                    arg.value.each(visit);
                }
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Money(_)
            | ExprKind::Duration(_)
            | ExprKind::Own(_)
            | ExprKind::Name(_)
            | ExprKind::Bad => {}
        }
    }
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum UnaryOp {
    /// `-`.
    Neg,
    /// `not`.
    Not,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum BinaryOp {
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `==`.
    Eq,
    /// `!=`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `in`.
    In,
    /// `??`.
    Else,
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `%`.
    Rem,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::Else => "??",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
        }
    }
}

/// `name: value` in a call, or a bare value.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The parameter's name, where it is written.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// `key: value` in an object; the key may be a string.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The key.
    pub key: Ident,
    /// The value.
    pub value: Expr,
}

/// What stands behind `is`.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `"refund"`.
    Literal(Ident),
    /// `Bad`.
    Type(Path),
}

/// A string: text and holes, escapes resolved, a block's first newline and common indent dropped.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// True for `"""…"""`.
    pub block: bool,
    /// From left to right; adjacent literals are joined, so a text without holes has at most one segment.
    pub segments: Vec<Segment>,
}

impl Text {
    /// The text where it has no holes.
    pub fn literal(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [] => Some(""),
            [Segment::Literal(text, _)] => Some(text),
            _ => None,
        }
    }
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// Plain characters, and where they stand.
    Literal(Name, Span),
    /// `${…}`; the span of the expression.
    Hole(Expr),
}
