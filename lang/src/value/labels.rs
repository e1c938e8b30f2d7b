//! Where a value came from and how it must be kept: a set that grows by union through every expression.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Type, TypeBody, TypeTable, Value};

/// A set of labels, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Labels(pub u16);

impl Labels {
    /// Nothing known against it.
    pub const NONE: Self = Self(0);
    /// Personal data (`@pii`).
    pub const PII: Self = Self(1);
    /// A secret (`@secret`).
    pub const SECRET: Self = Self(1 << 1);
    /// Text that nobody vouches for (`@untrusted`, `taint: untrusted`).
    pub const UNTRUSTED: Self = Self(1 << 2);
    /// Came from the run's input or a person.
    pub const USER: Self = Self(1 << 3);
    /// Came from a tool.
    pub const TOOL: Self = Self(1 << 4);
    /// Came from a model.
    pub const MODEL: Self = Self(1 << 5);
    /// Came from a memory.
    pub const MEMORY: Self = Self(1 << 6);

    /// Both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when every label of `other` is in this set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A value with its labels: what every binding is, and what `eval` gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Labeled {
    /// The value.
    pub value: Value,
    /// Its labels.
    pub labels: Labels,
}

/// The labels that a type puts on its values: those of its fields and aliases, however deep.
pub fn labels_of_type(ty: &Type, table: &TypeTable) -> Labels {
    let (mut labels, mut seen, mut open) = (Labels::NONE, HashSet::new(), vec![ty]);
    while let Some(ty) = open.pop() {
        match ty {
            Type::List(inner) | Type::Optional(inner) | Type::Map(inner) => open.push(inner),
            Type::Union(members) => open.extend(members.iter()),
            Type::Shape(fields) => open.extend(fields.iter().map(|(_, ty)| ty)),
            Type::Named(id) if seen.insert(*id) => match table.get(*id).map(|def| &def.body) {
                Some(TypeBody::Alias { ty, labels: own, .. }) => {
                    labels = labels.union(*own);
                    open.push(ty);
                }
                Some(TypeBody::Record(fields)) => {
                    labels = fields.iter().fold(labels, |labels, field| labels.union(field.labels));
                    open.extend(fields.iter().map(|field| &field.ty));
                }
                None => {}
            },
            _ => {}
        }
    }
    labels
}

impl Labeled {
    /// Pairs them.
    pub fn new(value: Value, labels: Labels) -> Self {
        Self { value, labels }
    }
}
