//! Unions whose members a value can be told to be of, and types that some value can have.

use crate::ast::{self, TypeExpr, TypeExprKind};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::loader::ModuleId;
use crate::value::{Type, TypeBody, TypeId, TypeTable, distinguishable};

use super::tables::Tables;
use super::types::TypeReader;

/// Reports the unions in a written type whose records differ neither in a literal field nor in a required key.
pub(super) fn check(ty: &TypeExpr, module: ModuleId, tables: &Tables, out: &mut Diagnostics) {
    match &ty.kind {
        TypeExprKind::Path(_) | TypeExprKind::Literal(_) => {}
        TypeExprKind::Map(inner) | TypeExprKind::List(inner) | TypeExprKind::Optional(inner) => {
            check(inner, module, tables, out);
        }
        TypeExprKind::Union(members) => {
            for member in members {
                check(member, module, tables, out);
            }
            apart(members, module, tables, out);
        }
    }
}

fn apart(members: &[TypeExpr], module: ModuleId, tables: &Tables, out: &mut Diagnostics) {
    let table = &tables.types;
    let reader = TypeReader { names: tables.names, module, hit: tables.hit };
    let mut muted = Diagnostics::default();
    let records: Vec<(&TypeExpr, Type)> = members
        .iter()
        .map(|member| (member, reader.read(member, &mut muted)))
        .filter(|(_, ty)| table.members(ty).into_iter().any(|member| table.fields(member).is_some()))
        .collect();
    for (index, (member, ty)) in records.iter().enumerate() {
        let twin = records.iter().take(index).find(|(_, other)| alike(other, ty, table));
        if let Some((twin, other)) = twin {
            let message = format!(
                "`{}` and `{}` cannot be told apart in a union",
                other.display(table),
                ty.display(table)
            );
            out.push(
                Diagnostic::new(Code("E0310"), member.span, message)
                    .also(twin.span, "the other one")
                    .hint("give each a field of another literal, `kind: \"a\"` and `kind: \"b\"`, or a required key that the other lacks"),
            );
        }
    }
}

fn alike(left: &Type, right: &Type, table: &TypeTable) -> bool {
    let records = |ty| table.members(ty).into_iter().filter(|member| table.fields(member).is_some());
    records(left).any(|one| records(right).any(|other| !distinguishable(one, other, table)))
}

/// Reports the declared types of which no value can be made, since each would hold another one.
pub(super) fn check_declared(tables: &Tables, out: &mut Diagnostics) {
    for declared in &tables.names.types {
        match &declared.decl.body {
            ast::TypeBody::Alias(ty, _) => check(ty, declared.module, tables, out),
            ast::TypeBody::Record(fields) => {
                for field in fields {
                    check(&field.ty, declared.module, tables, out);
                }
            }
        }
    }
    let users = users(&tables.types);
    let mut finite = vec![false; tables.types.defs.len()];
    grow(&mut finite, (0..tables.types.defs.len()).collect(), &users, &tables.types);
    for (index, (declared, def)) in tables.names.types.iter().zip(&tables.types.defs).enumerate() {
        if finite.get(index).copied().unwrap_or(true) {
            continue;
        }
        let name = &declared.decl.name;
        let finding = match (&declared.decl.body, &def.body) {
            (ast::TypeBody::Record(fields), TypeBody::Record(types)) => {
                let endless = fields
                    .iter()
                    .zip(types)
                    .find(|(_, read)| read.default.is_none() && !has_value(&read.ty, &finite));
                let span = endless.map_or(name.span, |(field, _)| field.ty.span);
                let written = endless.map_or("", |(field, _)| tables.source(field.ty.span));
                Diagnostic::new(
                    Code("E0309"),
                    span,
                    format!("no `{}` can be made: each needs another one inside", name.name),
                )
                .hint(format!("write `{written}?` where it may end, or `{written}[]`"))
            }
            _ => Diagnostic::new(
                Code("E0309"),
                name.span,
                format!("the type `{}` stands for itself", name.name),
            ),
        };
        out.push(finding);
        // the others of the same circle are the same mistake
        if let Some(slot) = finite.get_mut(index) {
            *slot = true;
        }
        grow(&mut finite, users.get(index).cloned().unwrap_or_default(), &users, &tables.types);
    }
}

/// By type: the types that name it.
fn users(table: &TypeTable) -> Vec<Vec<usize>> {
    let mut users = vec![Vec::new(); table.defs.len()];
    for (index, def) in table.defs.iter().enumerate() {
        let mut note = |id: TypeId| {
            if let Some(users) = users.get_mut(id.0 as usize) {
                users.push(index);
            }
        };
        match &def.body {
            TypeBody::Alias { ty, .. } => named_in(ty, &mut note),
            TypeBody::Record(fields) => fields.iter().for_each(|field| named_in(&field.ty, &mut note)),
        }
    }
    users
}

fn named_in(ty: &Type, note: &mut impl FnMut(TypeId)) {
    match ty {
        Type::Named(id) => note(*id),
        Type::Union(members) => members.iter().for_each(|member| named_in(member, note)),
        Type::Shape(fields) => fields.iter().for_each(|(_, ty)| named_in(ty, note)),
        _ => {}
    }
}

/// By type: whether some value is of it. Found from below, from what is asked on: a type that has got a value may
/// give one to its users.
fn grow(finite: &mut [bool], mut asked: Vec<usize>, users: &[Vec<usize>], table: &TypeTable) {
    while let Some(index) = asked.pop() {
        let Some(def) = table.defs.get(index) else { continue };
        if finite.get(index).copied().unwrap_or(true) {
            continue;
        }
        let now = match &def.body {
            TypeBody::Alias { ty, .. } => has_value(ty, finite),
            TypeBody::Record(fields) => {
                fields.iter().all(|field| field.default.is_some() || has_value(&field.ty, finite))
            }
        };
        if now && let Some(slot) = finite.get_mut(index) {
            *slot = true;
            asked.extend(users.get(index).into_iter().flatten());
        }
    }
}

fn has_value(ty: &Type, finite: &[bool]) -> bool {
    match ty {
        Type::Named(id) => finite.get(id.0 as usize).copied().unwrap_or(true),
        Type::Union(members) => members.iter().any(|member| has_value(member, finite)),
        Type::Shape(fields) => fields.iter().all(|(_, ty)| has_value(ty, finite)),
        _ => true,
    }
}
