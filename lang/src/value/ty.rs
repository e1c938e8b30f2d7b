//! Types: small, closed, structural but for declared names.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Labels, Value};
use crate::ast::Name;
use crate::span::Span;

/// Index of a declared type in the [`TypeTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TypeId(pub u32);

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// Unknown because of an error already reported; fits everywhere, so that one mistake gives one message.
    Unknown,
    /// Only `null`.
    Null,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `float`; an `int` fits.
    Float,
    /// `string`.
    String,
    /// `money`.
    Money,
    /// `duration`.
    Duration,
    /// `date`.
    Date,
    /// `json`: any value that JSON can say.
    Json,
    /// `bytes`.
    Bytes,
    /// `image`.
    Image,
    /// `pdf`.
    Pdf,
    /// A string literal.
    Literal(Name),
    /// `T[]`.
    List(Arc<Type>),
    /// `T?`; never nested.
    Optional(Arc<Type>),
    /// `map<T>`, keys are strings.
    Map(Arc<Type>),
    /// `A | B`; at least two, flat, no `Optional` or `Null` inside.
    Union(Arc<[Type]>),
    /// A declared type.
    Named(TypeId),
    /// A record without a name: a parallel's parts, `approve`'s answer, an object literal.
    Shape(Arc<[(Name, Type)]>),
}

/// A declared type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<String>,
    /// What it stands for.
    pub body: TypeBody,
    /// Where it is declared.
    pub span: Span,
}

/// What a declared type stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TypeBody {
    /// `type A = T @attr`.
    Alias {
        /// The type behind it.
        ty: Type,
        /// What its values must hold.
        constraints: Vec<Constraint>,
        /// What its values carry.
        labels: Labels,
    },
    /// `type A { … }`.
    Record(Vec<FieldType>),
}

/// A field of a record type, or a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldType {
    /// Its name.
    pub name: Name,
    /// The name that models and JSON see (`@alias("…")`), where another.
    pub alias: Option<Name>,
    /// Its type.
    pub ty: Type,
    /// What its value must hold.
    pub constraints: Vec<Constraint>,
    /// What its value carries.
    pub labels: Labels,
    /// The value where none is given; such a field is not required.
    pub default: Option<Value>,
    /// Its documentation.
    pub doc: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// What a value must hold beyond its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Constraint {
    /// `@range(low, high)`, both inclusive; of numbers, money (as USD amounts) and durations (as milliseconds).
    Range(Option<f64>, Option<f64>),
    /// `@len(low, high)`, both inclusive; of strings (characters) and lists.
    Len(Option<u64>, Option<u64>),
    /// `@match("regex")`, anywhere in the string; checked to compile.
    Match(Name),
}

/// Every declared type of a program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TypeTable {
    /// By [`TypeId`].
    pub defs: Vec<TypeDef>,
}

impl TypeTable {
    /// The definition behind an id.
    pub fn get(&self, id: TypeId) -> Option<&TypeDef> {
        self.defs.get(id.0 as usize)
    }
}

impl Type {
    /// `T[]`.
    pub fn list(item: Self) -> Self {
        Self::List(Arc::new(item))
    }

    /// `T?`; an optional stays as it is.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Optional(_) | Self::Null | Self::Unknown => self,
            other => Self::Optional(Arc::new(other)),
        }
    }

    /// The type without its `?`.
    pub fn required(&self) -> &Self {
        if let Self::Optional(inner) = self { inner } else { self }
    }
}
