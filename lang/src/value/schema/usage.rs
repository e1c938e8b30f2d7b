//! Which declared types a schema names more than once, and which refer to themselves: those get a definition.

use std::collections::{HashMap, HashSet};

use crate::value::{Type, TypeBody, TypeId, TypeTable};

/// How declared types are used from some types on.
#[derive(Debug, Default)]
pub(super) struct Usage {
    counts: HashMap<TypeId, u32>,
    recursive: HashSet<TypeId>,
}

impl Usage {
    /// Walks everything that can be reached from `roots`.
    pub(super) fn of<'t>(table: &TypeTable, roots: impl IntoIterator<Item = &'t Type>) -> Self {
        let mut usage = Self::default();
        let mut waiting: Vec<TypeId> = Vec::new();
        for root in roots {
            named_in(root, &mut |id| usage.count(id, &mut waiting));
        }
        let mut edges: HashMap<TypeId, Vec<TypeId>> = HashMap::new();
        while let Some(id) = waiting.pop() {
            let mut inside = Vec::new();
            each_inside(id, table, &mut |inner| inside.push(inner));
            for inner in &inside {
                usage.count(*inner, &mut waiting);
            }
            edges.insert(id, inside);
        }
        let reaches_itself = |id: &&TypeId| {
            let mut seen = HashSet::new();
            let mut open = edges.get(*id).cloned().unwrap_or_default();
            while let Some(next) = open.pop() {
                if next == **id {
                    return true;
                }
                if seen.insert(next) {
                    open.extend(edges.get(&next).into_iter().flatten());
                }
            }
            false
        };
        usage.recursive = edges.keys().filter(reaches_itself).copied().collect();
        usage
    }

    fn count(&mut self, id: TypeId, waiting: &mut Vec<TypeId>) {
        let count = self.counts.entry(id).or_default();
        *count += 1;
        if *count == 1 {
            waiting.push(id);
        }
    }

    /// True where a type refers to itself, directly or by way of others.
    pub(super) fn is_recursive(&self, id: TypeId) -> bool {
        self.recursive.contains(&id)
    }

    /// True where a type stands in more than one place.
    pub(super) fn is_shared(&self, id: TypeId) -> bool {
        self.counts.get(&id).is_some_and(|count| *count > 1)
    }
}

fn each_inside(id: TypeId, table: &TypeTable, visit: &mut impl FnMut(TypeId)) {
    match table.get(id).map(|def| &def.body) {
        Some(TypeBody::Alias { ty, .. }) => named_in(ty, visit),
        Some(TypeBody::Record(fields)) => fields.iter().for_each(|field| named_in(&field.ty, visit)),
        None => {}
    }
}

fn named_in(ty: &Type, visit: &mut impl FnMut(TypeId)) {
    match ty {
        Type::Named(id) => visit(*id),
        Type::List(inner) | Type::Optional(inner) | Type::Map(inner) => named_in(inner, visit),
        Type::Union(members) => members.iter().for_each(|member| named_in(member, visit)),
        Type::Shape(fields) => fields.iter().for_each(|(_, ty)| named_in(ty, visit)),
        _ => {}
    }
}
