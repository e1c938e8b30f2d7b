//! Every state can be reached.

use super::head;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{Flow, Node, StateGraph};
use crate::ir::StateId;
use crate::resolve::StateEntry;

pub(super) fn check(flow: &Flow<'_>, diagnostics: &mut Diagnostics) {
    let graph = &flow.graph;
    // an edge that leads nowhere is reported, and may be the one that is missing here
    if graph.broken {
        return;
    }
    let reached = graph.reached();
    let is_lost = |id: StateId| !reached.contains(Node::Enter(id));
    let lost: Vec<&StateEntry<'_>> = graph
        .scope
        .states
        .iter()
        .filter(|state| !state.part && is_lost(state.id) && !state.parent.is_some_and(is_lost))
        .collect();
    let comes_from_lost = |state: &StateEntry<'_>| {
        graph.before(Node::Enter(state.id)).iter().any(|node| match node {
            Node::Enter(from) | Node::Done(from) | Node::Next(from) => *from != state.id && is_lost(*from),
            _ => false,
        })
    };
    // first those that nothing leads to; what is lost behind them has no fault of its own, and of states that
    // lead to one another the first is named
    let mut explained = vec![false; graph.scope.states.len()];
    let (behind, first): (Vec<&StateEntry<'_>>, Vec<&StateEntry<'_>>) =
        lost.into_iter().partition(|state| comes_from_lost(state));
    for state in first.into_iter().chain(behind) {
        if explained.get(state.id.index()) == Some(&true) {
            continue;
        }
        diagnostics.push(unreachable(graph, state));
        let led_to = graph.reached_from(Node::Enter(state.id));
        for (id, explained) in graph.scope.states.iter().map(|state| state.id).zip(&mut explained) {
            *explained |= led_to.contains(Node::Enter(id));
        }
    }
}

fn unreachable(graph: &StateGraph<'_>, state: &StateEntry<'_>) -> Diagnostic {
    let name = &state.decl.name.name;
    let found = Diagnostic::new(Code("E0402"), head(state.decl), format!("`{name}` is never reached"));
    let exit = graph.before(Node::Enter(state.id)).into_iter().find_map(|node| match node {
        Node::Done(id) => graph.scope.state(id).filter(|from| from.kind.word == "loop"),
        _ => None,
    });
    if let Some(from) = exit {
        let around = &from.decl.name.name;
        return found
            .label(format!("only the normal exit of `{around}` leads here, and nothing takes it"))
            .also(head(from.decl), "no `until`, and no `-> break` in it")
            .hint(format!(
                "add `until: …` or a `-> break` to `{around}`, or write `on exhausted -> {name}` there"
            ));
    }
    let begins = graph.scope.children(state.parent).next().map(|first| &first.decl.name.name);
    let found = found.label("no edge leads here");
    match begins {
        Some(begins) => {
            found.hint(format!("add an edge `-> {name}` on a way from `{begins}`, or delete the state"))
        }
        None => found,
    }
}
