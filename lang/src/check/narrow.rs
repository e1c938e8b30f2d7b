//! What a fact makes of a type.

use crate::ast::Name;
use crate::graph::{Case, Known};
use crate::value::{Type, TypeTable, assignable, distinguishable, literals};

use super::types::TypeReader;

/// The type of a value of type `ty` of which `known` holds.
pub(super) fn narrow(ty: Type, known: &Known, reader: &TypeReader, table: &TypeTable) -> Type {
    match known {
        Known::Null => Type::Null,
        Known::NonNull | Known::True | Known::False => without_null(&ty, table),
        Known::Is(cases) => {
            let parts = cases.iter().map(|case| among(&ty, &case_type(case, reader), table));
            let narrowed = Type::union_of(parts.collect::<Vec<_>>());
            if narrowed == Type::Unknown { ty } else { narrowed }
        }
        Known::IsNot(cases) => {
            let cases: Vec<Type> = cases.iter().map(|case| case_type(case, reader)).collect();
            let is_case = |member: &Type| cases.iter().any(|case| assignable(member, case, table));
            let left = members(&ty, table).into_iter().filter(|member| !is_case(member));
            let narrowed = Type::union_of(left.collect::<Vec<_>>());
            if narrowed == Type::Unknown { ty } else { narrowed }
        }
    }
}

/// The members of a union of records that agree with what is known of a field of literals that all of them have:
/// `kind` in `Bug | Question`. `told` narrows the type of a field.
pub(super) fn told_by_fields(ty: Type, table: &TypeTable, told: impl Fn(&Name, Type) -> Type) -> Type {
    let all = members(&ty, table);
    let records: Vec<&Type> = all.iter().filter(|member| table.fields(member).is_some()).collect();
    let Some((first, rest)) = records.split_first().filter(|(_, rest)| !rest.is_empty()) else { return ty };
    let words = |record: &Type, field: &Name| -> Option<Vec<Name>> {
        let words = literals(table.field(record, field)?, table)?;
        Some(words.into_iter().cloned().collect())
    };
    let mut left = all.clone();
    for field in table.fields(first).unwrap_or_default() {
        let of_all: Option<Vec<Vec<Name>>> = records.iter().map(|record| words(record, field.name)).collect();
        let Some(of_all) = of_all.filter(|_| !rest.is_empty()) else { continue };
        let whole = Type::union_of(of_all.into_iter().flatten().map(Type::Literal));
        let known = told(field.name, whole.clone());
        if known == whole {
            continue;
        }
        let Some(known) = literals(&known, table) else { continue };
        let agrees = |member: &Type| {
            words(member, field.name).is_none_or(|words| words.iter().any(|word| known.contains(&word)))
        };
        left.retain(agrees);
    }
    if left.len() == all.len() || left.iter().all(|member| *member == Type::Null) {
        return ty;
    }
    Type::union_of(left)
}

fn case_type(case: &Case, reader: &TypeReader) -> Type {
    match case {
        Case::Literal(text) => Type::Literal(Name::clone(text)),
        Case::Type(name) => reader.look_up(name).unwrap_or(Type::Unknown),
    }
}

/// What of `ty` can be a `case`: the members that are one; where a member holds more, the case itself.
fn among(ty: &Type, case: &Type, table: &TypeTable) -> Type {
    if *case == Type::Unknown {
        return ty.clone();
    }
    let parts = members(ty, table).into_iter().filter_map(|member| {
        if assignable(&member, case, table) && !matches!(table.resolve(&member), Type::Unknown) {
            Some(member)
        } else if !distinguishable(&member, case, table) || matches!(table.resolve(&member), Type::Json) {
            Some(case.clone())
        } else {
            None
        }
    });
    Type::union_of(parts.collect::<Vec<_>>())
}

/// The members of a union one by one, `null` among them where it may be null.
fn members(ty: &Type, table: &TypeTable) -> Vec<Type> {
    let mut list = Vec::new();
    for member in table.members(ty) {
        match table.resolve(member) {
            Type::Optional(inner) => {
                list.push(Type::Null);
                list.extend(members(inner, table));
            }
            _ => list.push(member.clone()),
        }
    }
    list
}

fn without_null(ty: &Type, table: &TypeTable) -> Type {
    match table.resolve(ty) {
        Type::Optional(inner) => without_null(inner, table),
        Type::Union(members) => Type::union_of(members.iter().map(|member| without_null(member, table))),
        _ => ty.clone(),
    }
}
