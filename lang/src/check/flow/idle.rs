//! Edges that are never taken: what they ask for is taken before them, or never so.

use crate::ast::{Edge, EdgeTest};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{EdgeId, Flow, Idle};
use crate::resolve::StateEntry;

pub(super) fn check(flow: &Flow<'_>, diagnostics: &mut Diagnostics) {
    for state in flow.graph.scope.states.iter().filter(|state| !state.part) {
        for (id, idle) in flow.idle_edges(state.id) {
            if let Some(edge) = flow.graph.edge(id) {
                diagnostics.push(never_taken(flow, edge, idle));
            }
        }
        silent_bounds(flow, state, diagnostics);
    }
}

fn never_taken(flow: &Flow<'_>, edge: &Edge, idle: Idle) -> Diagnostic {
    let found = |message: &str| Diagnostic::new(Code("W1402"), edge.span, message);
    match idle {
        Idle::Covered => match edge.test {
            EdgeTest::When(_) => found("this edge is never taken")
                .label("the edges above it take every case")
                .hint("delete it, or make a condition above it narrower"),
            _ => found("this `else` is never taken")
                .label("the conditions above it cover every value")
                .hint("delete it"),
        },
        Idle::Repeats(first) => {
            let found =
                found("this edge is never taken").label("its condition is one that an edge above has taken");
            let found = match flow.graph.edge(first) {
                Some(first) => found.also(first.span, "taken here"),
                None => found,
            };
            found.hint("delete it, or ask for something else")
        }
        Idle::Never => found("this edge is never taken")
            .label("its condition is never true here")
            .hint("delete it, or compare with a value that can be there"),
    }
}

/// A loop raises `exhausted` for its `max` and `stalled` for its `stall` alone.
fn silent_bounds(flow: &Flow<'_>, state: &StateEntry<'_>, diagnostics: &mut Diagnostics) {
    if state.kind.word != "loop" {
        return;
    }
    for (index, edge) in state.decl.body.edges().enumerate() {
        let EdgeTest::On(names) = &edge.test else { continue };
        let id = EdgeId { owner: Some(state.id), index };
        let bounds = names.iter().all(|name| matches!(&*name.name, "exhausted" | "stalled"));
        if !bounds || flow.graph.is_caught(id) {
            continue;
        }
        let missing = names.iter().map(|name| if &*name.name == "stalled" { "stall" } else { "max" });
        let missing = missing.map(|field| format!("`{field}`")).collect::<Vec<_>>().join(" or ");
        let name = &state.decl.name.name;
        diagnostics.push(
            Diagnostic::new(Code("W1403"), edge.span, format!("nothing in `{name}` raises this event"))
                .label(format!("`{name}` has no {missing}"))
                .hint(format!("add {missing} to `{name}`, or delete this edge")),
        );
    }
}
