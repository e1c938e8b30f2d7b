//! How types relate: what may be given where something is expected, what two of them have in common, whether
//! the members of a union can be told apart. Structural: a name only stands for what it declares, and a record
//! is closed (a field that the other does not know is a mistake, not an extra).

use std::collections::HashMap;

use super::{FieldView, Type, TypeId, TypeTable};
use crate::ast::Name;

/// Why a type may not stand where another is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Where inside the type: field names, `[]` for the elements of a list or a map; empty at the top.
    pub path: Vec<Name>,
    /// What is wrong there.
    pub why: Why,
}

/// What is wrong at one place of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// One type stands where another is expected.
    Type {
        /// The type that stands there.
        found: Type,
        /// The type that should.
        expected: Type,
    },
    /// It may be `null`, and the other may not.
    Null {
        /// The type that should stand there.
        expected: Type,
    },
    /// A required field is not there.
    Missing {
        /// The field.
        field: Name,
        /// The record that asks for it.
        of: Type,
    },
    /// A field that the expected record does not have.
    Extra {
        /// The field.
        field: Name,
        /// The record that does not know it.
        of: Type,
    },
}

impl Mismatch {
    /// The place as it is read (`.lines[].qty`); empty at the top.
    pub fn place(&self) -> String {
        self.path
            .iter()
            .map(|step| if &**step == "[]" { "[]".to_owned() } else { format!(".{step}") })
            .collect()
    }

    /// What is wrong, in one lowercase line with names in backticks, the place first where it lies inside.
    pub fn describe(&self, table: &TypeTable) -> String {
        let why = match &self.why {
            Why::Type { found, expected } => {
                format!("expected `{}`, found `{}`", expected.display(table), found.display(table))
            }
            Why::Null { expected } => format!("may be `null`, expected `{}`", expected.display(table)),
            Why::Missing { field, of } => format!("field `{field}` of `{}` is missing", of.display(table)),
            Why::Extra { field, of } => format!("`{}` has no field `{field}`", of.display(table)),
        };
        if self.path.is_empty() { why } else { format!("`{}`: {why}", self.place()) }
    }
}

/// True where a value of type `from` may stand where a `to` is expected.
pub fn assignable(from: &Type, to: &Type, table: &TypeTable) -> bool {
    mismatch(from, to, table).is_none()
}

/// The first reason why a `from` may not stand where a `to` is expected.
pub fn mismatch(from: &Type, to: &Type, table: &TypeTable) -> Option<Mismatch> {
    let mut relation = Relation { table, assumed: Vec::new(), refuted: HashMap::new(), path: Vec::new() };
    relation.give(from, to).err().map(|why| Mismatch { path: relation.path, why })
}

/// The smallest type that holds both: what a list's elements or a choice's branches have in common.
pub fn join(left: &Type, right: &Type, table: &TypeTable) -> Type {
    if let (Type::List(left), Type::List(right)) = (left, right) {
        return if has_unknown(left) || has_unknown(right) {
            Type::list(join(left, right, table))
        } else {
            join_whole(&Type::List(left.clone()), &Type::List(right.clone()), table)
        };
    }
    if matches!(left, Type::Unknown) {
        return right.clone();
    }
    if matches!(right, Type::Unknown) {
        return left.clone();
    }
    join_whole(left, right, table)
}

fn join_whole(left: &Type, right: &Type, table: &TypeTable) -> Type {
    if matches!(left, Type::Null) || matches!(right, Type::Null) {
        return Type::union_of([left.clone(), right.clone()]);
    }
    if assignable(left, right, table) {
        return right.clone();
    }
    if assignable(right, left, table) {
        return left.clone();
    }
    let (inner_left, inner_right) = (left.required(), right.required());
    if inner_left != left || inner_right != right {
        return join(inner_left, inner_right, table).optional();
    }
    Type::union_of([left.clone(), right.clone()])
}

/// True where no value is of both types, so that a union of them always knows which member a value is. Records
/// differ in a field of literals or in a required key.
pub fn distinguishable(left: &Type, right: &Type, table: &TypeTable) -> bool {
    let (left, right) = (table.resolve(left), table.resolve(right));
    match (left, right) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        (Type::List(_), Type::List(_))
        | (Type::Json, _)
        | (_, Type::Json)
        | (Type::Optional(_) | Type::Null, Type::Optional(_) | Type::Null)
        | (Type::Literal(_), Type::String)
        | (Type::String, Type::Literal(_))
        | (Type::Int, Type::Float)
        | (Type::Float, Type::Int) => false,
        (Type::Optional(inner), other) | (other, Type::Optional(inner)) => {
            distinguishable(inner, other, table)
        }
        (Type::Union(members), other) | (other, Type::Union(members)) => {
            members.iter().all(|member| distinguishable(member, other, table))
        }
        (Type::Literal(left), Type::Literal(right)) => left != right,
        _ => match (table.fields(left), table.fields(right)) {
            (Some(left), Some(right)) => records_differ(&left, &right, table),
            (Some(_), None) => !matches!(right, Type::Map(_)),
            (None, Some(_)) => !matches!(left, Type::Map(_)),
            (None, None) => std::mem::discriminant(left) != std::mem::discriminant(right),
        },
    }
}

fn records_differ(left: &[FieldView<'_>], right: &[FieldView<'_>], table: &TypeTable) -> bool {
    let asks_for_more = |one: &[FieldView<'_>], other: &[FieldView<'_>]| {
        one.iter().any(|field| !field.optional && other.iter().all(|known| known.name != field.name))
    };
    let literals_differ = left.iter().any(|field| {
        let twin = right.iter().find(|known| known.name == field.name);
        twin.is_some_and(|twin| literals_apart(field.ty, twin.ty, table))
    });
    asks_for_more(left, right) || asks_for_more(right, left) || literals_differ
}

fn literals_apart(left: &Type, right: &Type, table: &TypeTable) -> bool {
    match (literals(left, table), literals(right, table)) {
        (Some(left), Some(right)) => left.iter().all(|word| !right.contains(word)),
        _ => false,
    }
}

/// The words of a type that is made of string literals alone.
pub fn literals<'a>(ty: &'a Type, table: &'a TypeTable) -> Option<Vec<&'a Name>> {
    let literal = |member: &'a Type| match table.resolve(member) {
        Type::Literal(word) => Some(word),
        _ => None,
    };
    table.members(ty).into_iter().map(literal).collect()
}

fn has_unknown(ty: &Type) -> bool {
    match ty {
        Type::Unknown => true,
        Type::List(inner) | Type::Optional(inner) | Type::Map(inner) => has_unknown(inner),
        _ => false,
    }
}

/// Types nested deeper than this are taken as given; a value is checked when it comes anyway.
const MAX_DEPTH: usize = 256;

struct Relation<'a> {
    table: &'a TypeTable,
    /// Pairs of records being compared, or found to hold: a recursive type that comes back to one holds if all
    /// else does.
    assumed: Vec<(TypeId, TypeId)>,
    /// Pairs that do not hold.
    refuted: HashMap<(TypeId, TypeId), Why>,
    path: Vec<Name>,
}

impl Relation<'_> {
    fn give(&mut self, from: &Type, to: &Type) -> Result<(), Why> {
        let table = self.table;
        if from == to || self.path.len() > MAX_DEPTH {
            return Ok(());
        }
        match (table.resolve(from), table.resolve(to)) {
            (Type::Unknown, _)
            | (_, Type::Unknown | Type::Json)
            | (Type::Int, Type::Float)
            | (Type::Literal(_), Type::String)
            | (Type::Null, Type::Optional(_)) => Ok(()),
            (from, to) if from == to => Ok(()),
            (Type::Optional(from), Type::Optional(to)) => self.give(from, to),
            (Type::Null, resolved) if table.takes_null(resolved) => Ok(()),
            (Type::Null, _) => Err(Why::Null { expected: to.clone() }),
            (Type::Optional(inner), resolved) => {
                self.give(inner, to)?;
                if table.takes_null(resolved) { Ok(()) } else { Err(Why::Null { expected: to.clone() }) }
            }
            (_, Type::Optional(inner)) => self.give(from, inner),
            (Type::Union(members), _) => members.iter().try_for_each(|member| self.give(member, to)),
            (_, Type::Union(_)) => self.give_to_member(from, to),
            (Type::List(from), Type::List(to)) | (Type::Map(from), Type::Map(to)) => {
                self.inside("[]", from, to)
            }
            (one, other) => self.give_record(one, other, from, to),
        }
    }

    /// One member has to take it. Where the union has only one record, a record is measured against that last:
    /// the reason then names the field.
    fn give_to_member(&mut self, from: &Type, to: &Type) -> Result<(), Why> {
        let table = self.table;
        let (records, others): (Vec<_>, Vec<_>) =
            table.members(to).into_iter().partition(|member| table.fields(member).is_some());
        let depth = self.path.len();
        for member in others.iter().chain(records.iter().filter(|_| records.len() > 1)) {
            if self.give(from, member).is_ok() {
                return Ok(());
            }
            self.path.truncate(depth);
        }
        match (table.fields(from), records.as_slice()) {
            (Some(_), [record]) => self.give(from, record),
            _ => Err(Why::Type { found: from.clone(), expected: to.clone() }),
        }
    }

    /// `one` and `other` are `from` and `to` without aliases.
    fn give_record(&mut self, one: &Type, other: &Type, from: &Type, to: &Type) -> Result<(), Why> {
        let (Type::Named(one), Type::Named(other)) = (one, other) else {
            return self.give_fields(one, other, from, to);
        };
        let pair = (*one, *other);
        if self.assumed.contains(&pair) {
            return Ok(());
        }
        if let Some(why) = self.refuted.get(&pair) {
            return Err(why.clone());
        }
        let assumed = self.assumed.len();
        self.assumed.push(pair);
        let given = self.give_fields(&Type::Named(*one), &Type::Named(*other), from, to);
        if let Err(why) = &given {
            // What was found to hold under a wrong assumption is found again.
            self.assumed.truncate(assumed);
            self.refuted.insert(pair, why.clone());
        }
        given
    }

    fn give_fields(&mut self, one: &Type, other: &Type, from: &Type, to: &Type) -> Result<(), Why> {
        let table = self.table;
        let apart = || Why::Type { found: from.clone(), expected: to.clone() };
        let given = table.fields(one).ok_or_else(apart)?;
        if let Type::Map(value) = other {
            return given.iter().try_for_each(|field| self.inside(field.name, field.ty, value));
        }
        let wanted = table.fields(other).ok_or_else(apart)?;
        for field in &wanted {
            match given.iter().find(|known| known.name == field.name) {
                Some(known) => self.inside(field.name, known.ty, field.ty)?,
                None if field.optional => {}
                None => return Err(Why::Missing { field: field.name.clone(), of: to.clone() }),
            }
        }
        match given.iter().find(|field| wanted.iter().all(|known| known.name != field.name)) {
            Some(extra) => Err(Why::Extra { field: extra.name.clone(), of: to.clone() }),
            None => Ok(()),
        }
    }

    fn inside(&mut self, step: &str, from: &Type, to: &Type) -> Result<(), Why> {
        self.path.push(step.into());
        self.give(from, to)?;
        self.path.pop();
        Ok(())
    }
}
