//! What an edge's `set` says about the variables it writes.

use fixedbitset::FixedBitSet;
use indexmap::IndexMap;

use super::build::{EdgeId, StateGraph};
use super::cells::Cell;
use super::facts::Constant;
use super::formula::Reader;
use super::path::{AccessPath, Root};
use super::table::Table;
use super::types::{Domain, Types};
use crate::ast::{BinaryOp, Expr, ExprKind, Name};
use crate::ir::StateId;
use crate::resolve::Binding;

/// What is known of a value that is written.
#[derive(Clone, Debug)]
pub(super) enum Written {
    Constant(Constant),
    NonNull,
    /// Not `null` where that state has a result.
    ResultOf(StateId),
    /// It is what stands there; by its type it may be `null`.
    Copy(AccessPath),
    Unknown,
}

/// What every edge of an agent writes.
#[derive(Debug, Default)]
pub(super) struct Writes {
    by_edge: IndexMap<EdgeId, Vec<(Name, Written)>>,
}

impl Writes {
    pub(super) fn of(graph: &StateGraph<'_>, types: &dyn Types) -> Self {
        let mut writes = Self::default();
        let owners = std::iter::once(None).chain(graph.scope.states.iter().map(|state| Some(state.id)));
        for owner in owners {
            let name = owner.and_then(|id| graph.scope.state(id)).map(|state| &state.decl.name.name);
            let reader = Reader { owner: name, scope: graph.scope, types };
            let Some(body) = graph.body(owner) else { continue };
            for (index, edge) in body.edges().enumerate().filter(|(_, edge)| !edge.sets.is_empty()) {
                let list = edge
                    .sets
                    .iter()
                    .filter(|set| matches!(graph.scope.names.get(&set.name.name), Some((Binding::Var(_), _))))
                    .map(|set| (set.name.name.clone(), read(&set.value, &reader)))
                    .collect();
                writes.by_edge.insert(EdgeId { owner, index }, list);
            }
        }
        writes
    }

    /// Right sides are read together, so each reads what held before the edge wrote anything.
    pub(super) fn apply(&self, edge: EdgeId, table: &Table, known: &mut FixedBitSet) {
        let Some(list) = self.by_edge.get(&edge) else { return };
        let before = known.clone();
        for (name, written) in list {
            table.reset(name, false, known);
            written.apply(name, table, &before, known);
        }
    }
}

impl Written {
    pub(super) fn apply(&self, name: &Name, table: &Table, before: &FixedBitSet, known: &mut FixedBitSet) {
        let path = AccessPath::name(name.clone());
        match self {
            Self::Constant(constant) => table.restrict_to(&path, constant, known),
            Self::NonNull => table.restrict(&path, |cell| *cell != Cell::Null, known),
            Self::ResultOf(state) if before.contains(table.set_bit(*state)) => {
                table.restrict(&path, |cell| *cell != Cell::Null, known);
            }
            Self::Copy(from) if table.is_non_null(from, before) => {
                table.restrict(&path, |cell| *cell != Cell::Null, known);
            }
            Self::ResultOf(_) | Self::Copy(_) | Self::Unknown => {}
        }
    }
}

/// What is known of the value of `expr`.
pub(super) fn read(expr: &Expr, reader: &Reader<'_>) -> Written {
    if let Some(constant) = Constant::of(expr) {
        return Written::Constant(constant);
    }
    match &expr.kind {
        ExprKind::Paren(inner) => read(inner, reader),
        ExprKind::Binary(BinaryOp::Else, _, _, default) => match read(default, reader) {
            Written::Constant(Constant::Null) => Written::Unknown,
            Written::Constant(_) => Written::NonNull,
            other => other,
        },
        // what computes takes no `null` and makes none
        ExprKind::Text(_)
        | ExprKind::List(_)
        | ExprKind::Object(_)
        | ExprKind::Is(..)
        | ExprKind::Unary(..)
        | ExprKind::Binary(..) => Written::NonNull,
        _ => read_path(expr, reader),
    }
}

fn read_path(expr: &Expr, reader: &Reader<'_>) -> Written {
    let Some(path) = reader.path(expr) else { return Written::Unknown };
    let null = Domain::of_path(&path, reader.types).is_none_or(|domain| domain.null);
    match &path.root {
        Root::Name(root) if !null => {
            reader.scope.state_named(root).map_or(Written::NonNull, Written::ResultOf)
        }
        _ => Written::Copy(path),
    }
}
