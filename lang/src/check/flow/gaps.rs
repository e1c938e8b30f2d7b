//! Whatever a state's result is, one of its edges is taken.

use super::{head, is_misread};
use crate::ast::EdgeTest;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{Flow, Gap};
use crate::resolve::StateEntry;
use crate::span::Span;
use crate::value::TypeTable;

pub(super) fn check(flow: &Flow<'_>, types: &TypeTable, wrong: &[Span], diagnostics: &mut Diagnostics) {
    for state in flow.graph.scope.states.iter().filter(|state| !state.part) {
        let chooses = state.decl.body.edges().any(|edge| !matches!(edge.test, EdgeTest::On(_)));
        // without any edge it is a dead end, which is said elsewhere
        if !chooses || is_misread(&state.decl.body, wrong) {
            continue;
        }
        if let Some(gap) = flow.gap(state.id, types) {
            diagnostics.push(left_out(state, &gap));
        }
    }
}

fn left_out(state: &StateEntry<'_>, gap: &Gap) -> Diagnostic {
    let name = &state.decl.name.name;
    let conditions = state.decl.body.edges().filter(|edge| matches!(edge.test, EdgeTest::When(_)));
    let last = conditions.last().map_or(head(state.decl), |edge| edge.span);
    match gap {
        Gap::Values { subject, values, null } => {
            let mut cases: Vec<String> =
                values.iter().map(|value| format!("when {subject} is {value} -> …")).collect();
            let mut names: Vec<&str> = values.iter().map(String::as_str).collect();
            if *null {
                cases.push(format!("when {subject} == null -> …"));
                names.push("null");
            }
            Diagnostic::new(
                Code("E0404"),
                head(state.decl),
                format!("`{name}` has no edge where `{subject}` is {}", list_or(&names)),
            )
            .label(if names.len() == 1 { "a value is left out" } else { "values are left out" })
            .also(last, "the last of its conditions")
            .hint(format!("add `{}`, or `else -> …`", cases.join("`, `")))
        }
        Gap::Case(case) => Diagnostic::new(
            Code("E0403"),
            head(state.decl),
            format!("`{name}` has no way on where none of its conditions holds"),
        )
        .label(case.as_ref().map_or_else(|| "no `else` here".to_owned(), |case| format!("such as {case}")))
        .also(last, "the last of its conditions")
        .hint("add `else -> …` behind the conditions"),
    }
}

fn list_or(values: &[&str]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    match values.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
