//! Every state has a way on, and from every state an end can be reached.

use super::head;
use crate::ast::{EdgeTest, TargetKind};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{Flow, Node, Points, StateGraph};
use crate::ir::StateId;
use crate::resolve::StateEntry;

pub(super) fn check(flow: &Flow<'_>, diagnostics: &mut Diagnostics) {
    let graph = &flow.graph;
    if graph.broken {
        return;
    }
    let reached = graph.reached();
    let mut stuck = Vec::new();
    for state in
        graph.scope.states.iter().filter(|state| !state.part && reached.contains(Node::Done(state.id)))
    {
        if !has_way_on(state) {
            diagnostics.push(no_way_on(state));
            stuck.push(Node::Done(state.id));
        }
    }
    // a loop without an exit, behind which a state is never reached, is said there
    let exits =
        graph.scope.states.iter().filter(|state| is_loop(state) && !reached.contains(Node::Done(state.id)));
    stuck.extend(
        exits.filter(|state| leads_nowhere(graph, state, &reached)).map(|state| Node::Next(state.id)),
    );
    let ending = graph.ending(&stuck);
    let endless = |id: StateId| reached.contains(Node::Enter(id)) && !ending.contains(Node::Enter(id));
    let mut list = graph.scope.states.iter().filter(|state| !state.part && endless(state.id));
    if let Some(first) = list.next() {
        let others: Vec<&StateEntry<'_>> = list.collect();
        let exit = is_loop(first) && !reached.contains(Node::Done(first.id));
        diagnostics.push(no_end(first, &others, exit));
    }
}

fn has_way_on(state: &StateEntry<'_>) -> bool {
    state.decl.body.edges().any(|edge| !matches!(edge.test, EdgeTest::On(_)))
}

fn no_way_on(state: &StateEntry<'_>) -> Diagnostic {
    let name = &state.decl.name.name;
    let found = Diagnostic::new(Code("E0403"), head(state.decl), format!("`{name}` has no way on"));
    let (label, hint) = match (state.kind.word, state.parent) {
        ("loop", _) => {
            ("when it is left, no edge says where to", "add `-> STATE` or `-> return …` to the loop")
        }
        (_, Some(_)) => ("no edge leaves it", "add `-> next`, `-> break` or `-> STATE`"),
        (_, None) => ("no edge leaves it", "add `-> STATE`, `-> return …` or `-> fail \"why\"`"),
    };
    found.label(label).hint(hint)
}

fn is_loop(state: &StateEntry<'_>) -> bool {
    state.kind.word == "loop"
}

/// Whether an edge of a state goes to a state that is not reached.
fn leads_nowhere(graph: &StateGraph<'_>, state: &StateEntry<'_>, reached: &Points) -> bool {
    state.decl.body.edges().any(|edge| match &edge.target.kind {
        TargetKind::State(name) => {
            graph.scope.state_named(&name.name).is_some_and(|to| !reached.contains(Node::Enter(to)))
        }
        _ => false,
    })
}

fn no_end(first: &StateEntry<'_>, others: &[&StateEntry<'_>], endless_loop: bool) -> Diagnostic {
    let name = &first.decl.name.name;
    let mut found =
        Diagnostic::new(Code("E0405"), head(first.decl), format!("no end can be reached from `{name}`"))
            .label(if endless_loop {
                "nothing leaves this loop: no `until`, and no `-> break` in it"
            } else {
                "no way from here leads to a `-> return` or a `-> fail`"
            });
    for other in others.iter().take(3) {
        found = found.also(head(other.decl), "nor from here");
    }
    found.hint(if endless_loop {
        "add `until: …` to the loop, or a `-> break` or `-> return …` inside"
    } else {
        "add an edge `-> return …` or `-> fail \"why\"` on the way"
    })
}
