//! Types: small, closed, structural but for declared names.

use std::collections::HashSet;
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

/// A field of a record, named or not, as the rules of types see it.
#[derive(Clone, Copy, Debug)]
pub struct FieldView<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its type.
    pub ty: &'a Type,
    /// True where a record may leave it out: it has a default, or `null` fits it.
    pub optional: bool,
}

/// Unions nested deeper than this by way of aliases are not taken apart.
const MAX_UNION_DEPTH: usize = 128;

impl TypeTable {
    /// The definition behind an id.
    pub fn get(&self, id: TypeId) -> Option<&TypeDef> {
        self.defs.get(id.0 as usize)
    }

    /// The type behind aliases; a declared record stays a [`Type::Named`]. Aliases that lead in a circle are
    /// [`Type::Unknown`].
    pub fn resolve<'a>(&'a self, ty: &'a Type) -> &'a Type {
        let mut at = ty;
        for _ in 0..=self.defs.len() {
            let Type::Named(id) = at else { return at };
            match self.get(*id) {
                Some(TypeDef { body: TypeBody::Alias { ty, .. }, .. }) => at = ty,
                Some(_) => return at,
                None => return &Type::Unknown,
            }
        }
        &Type::Unknown
    }

    /// The fields of a declared record behind an id, aliases followed.
    pub fn record(&self, ty: &Type) -> Option<&[FieldType]> {
        let Type::Named(id) = self.resolve(ty) else { return None };
        match self.get(*id) {
            Some(TypeDef { body: TypeBody::Record(fields), .. }) => Some(fields),
            _ => None,
        }
    }

    /// The fields of a record, named or not; `None` of every other type.
    pub fn fields<'a>(&'a self, ty: &'a Type) -> Option<Vec<FieldView<'a>>> {
        if let Type::Shape(fields) = self.resolve(ty) {
            let view = |(name, ty): &'a (Name, Type)| FieldView { name, ty, optional: self.takes_null(ty) };
            return Some(fields.iter().map(view).collect());
        }
        let view = |field: &'a FieldType| FieldView {
            name: &field.name,
            ty: &field.ty,
            optional: field.default.is_some() || self.takes_null(&field.ty),
        };
        self.record(ty).map(|fields| fields.iter().map(view).collect())
    }

    /// The type of a field of a record; `None` where there is no such field or no record.
    pub fn field<'a>(&'a self, ty: &'a Type, name: &str) -> Option<&'a Type> {
        if let Type::Shape(fields) = self.resolve(ty) {
            return fields.iter().find(|(known, _)| &**known == name).map(|(_, ty)| ty);
        }
        self.record(ty)?.iter().find(|field| &*field.name == name).map(|field| &field.ty)
    }

    /// True where `null` is a value of the type.
    pub fn takes_null(&self, ty: &Type) -> bool {
        let takes = |ty: &Type| matches!(ty, Type::Optional(_) | Type::Null | Type::Json | Type::Unknown);
        self.members(ty).into_iter().any(|member| takes(self.resolve(member)))
    }

    /// The members of a union, aliases followed and flattened; of every other type the type alone.
    pub fn members<'a>(&'a self, ty: &'a Type) -> Vec<&'a Type> {
        let mut members = Vec::new();
        self.collect_members(ty, &mut members, 0);
        members
    }

    fn collect_members<'a>(&'a self, ty: &'a Type, members: &mut Vec<&'a Type>, depth: usize) {
        match self.resolve(ty) {
            Type::Union(list) if depth < MAX_UNION_DEPTH => {
                list.iter().for_each(|member| self.collect_members(member, members, depth + 1));
            }
            _ => members.push(ty),
        }
    }
}

impl FieldType {
    /// The name that models and JSON see.
    pub fn wire_name(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
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

    /// A union in its normal form: flat, without doubles, `null` and `?` of any member moved to the whole. No
    /// member gives one of [`Type::Unknown`], one member is that member.
    pub fn union_of(members: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Flat::default();
        members.into_iter().for_each(|member| flat.add(member));
        let Flat { mut members, null, .. } = flat;
        let union = match (members.len(), null) {
            (0, true) => return Self::Null,
            (0, false) => return Self::Unknown,
            (1, _) => members.remove(0),
            _ => Self::Union(members.into()),
        };
        if null { union.optional() } else { union }
    }

    /// The type without its `?`.
    pub fn required(&self) -> &Self {
        if let Self::Optional(inner) = self { inner } else { self }
    }
}

/// From so many members on, doubles are looked up and not searched for.
const MANY_MEMBERS: usize = 16;

/// The members of a union while it is made.
#[derive(Default)]
struct Flat {
    members: Vec<Type>,
    /// The same, once there are many.
    seen: HashSet<Type>,
    null: bool,
}

impl Flat {
    fn add(&mut self, ty: Type) {
        match ty {
            Type::Null => self.null = true,
            Type::Optional(inner) => {
                self.null = true;
                self.add((*inner).clone());
            }
            Type::Union(members) => members.iter().for_each(|member| self.add(member.clone())),
            other => {
                if self.is_new(&other) {
                    self.members.push(other);
                }
            }
        }
    }

    fn is_new(&mut self, ty: &Type) -> bool {
        if self.members.len() < MANY_MEMBERS {
            return !self.members.contains(ty);
        }
        if self.seen.is_empty() {
            self.seen.extend(self.members.iter().cloned());
        }
        self.seen.insert(ty.clone())
    }
}
