//! Types as written.

use super::{Arg, Ident, Name, Path};
use crate::span::Span;

/// A type with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `string`, `Invoice`; a path has one segment in this edition.
    Path(Path),
    /// `"refund"`.
    Literal(Name),
    /// `map<T>`.
    Map(Box<TypeExpr>),
    /// `T[]`.
    List(Box<TypeExpr>),
    /// `T?`.
    Optional(Box<TypeExpr>),
    /// `A | B`, at least two.
    Union(Vec<TypeExpr>),
}

/// `@range(1, 5)`, `@pii`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attr {
    /// The word behind `@`.
    pub name: Ident,
    /// Its arguments.
    pub args: Vec<Arg>,
    /// From `@` to the end.
    pub span: Span,
}
