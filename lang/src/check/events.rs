//! Which events a handler may name.

use crate::ast::{ExprKind, Ident};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::StateId;
use crate::kinds::{COMMON_EVENTS, STATES};
use crate::resolve::{Def, StateEntry};
use crate::suggest::did_you_mean;

use super::agent::AgentCx;

/// The finding where a state never raises such an event.
pub(super) fn unknown_in_state(
    agent: &AgentCx<'_>,
    entry: &StateEntry<'_>,
    name: &Ident,
) -> Option<Diagnostic> {
    let shown = format!("`{} {}`", entry.kind.word, entry.decl.name.name);
    if matches!(entry.kind.word, "loop" | "parallel") {
        return unknown_inside(agent, Some(entry.id), &shown, name);
    }
    let tool = tool_errors(agent, entry);
    if entry.kind.word == "call" && tool.is_none() {
        return None;
    }
    let mut known: Vec<&str> = entry.kind.events.to_vec();
    known.extend(tool.unwrap_or_default());
    for event in COMMON_EVENTS {
        if !known.contains(event) {
            known.push(event);
        }
    }
    if known.contains(&&*name.name) {
        return None;
    }
    let finding = Diagnostic::new(Code("E0216"), name.span, format!("{shown} raises no `{}`", name.name));
    let finding = did_you_mean(finding, &name.name, known.iter().copied());
    Some(if entry.kind.word == "call" && finding.hints.iter().all(|hint| !hint.starts_with("did")) {
        finding
            .hint(format!("an error of the tool's own stands in its declaration: `errors: [{}]`", name.name))
    } else {
        finding
    })
}

/// The finding where nothing in an agent raises such an event.
pub(super) fn unknown_in_agent(agent: &AgentCx<'_>, name: &Ident) -> Option<Diagnostic> {
    let shown = format!("`agent {}`", agent.scope.decl.name.name);
    unknown_inside(agent, None, &shown, name)
}

/// What encloses others hears all that they may raise.
fn unknown_inside(
    agent: &AgentCx<'_>,
    around: Option<StateId>,
    shown: &str,
    name: &Ident,
) -> Option<Diagnostic> {
    let general =
        STATES.iter().flat_map(|kind| kind.events.iter().copied()).chain(COMMON_EVENTS.iter().copied());
    if general.clone().any(|event| event == &*name.name) {
        return None;
    }
    let inside = |entry: &&StateEntry<'_>| {
        std::iter::successors(entry.parent, |id| agent.scope.state(*id).and_then(|state| state.parent))
            .any(|parent| Some(parent) == around)
    };
    let inner = agent.scope.states.iter().filter(|entry| around.is_none() || inside(entry));
    let mut known: Vec<&str> = Vec::new();
    for entry in inner.filter(|entry| entry.kind.word == "call") {
        match tool_errors(agent, entry) {
            Some(errors) => known.extend(errors),
            None => return None,
        }
    }
    if known.contains(&&*name.name) {
        return None;
    }
    known.extend(general);
    known.sort_unstable();
    known.dedup();
    let finding =
        Diagnostic::new(Code("E0216"), name.span, format!("nothing in {shown} raises `{}`", name.name));
    Some(did_you_mean(finding, &name.name, known.iter().copied()))
}

/// The errors that a call's tool declares; `None` where the tool is not known.
fn tool_errors<'p>(agent: &AgentCx<'p>, entry: &StateEntry<'_>) -> Option<Vec<&'p str>> {
    let value = &entry.decl.body.field("tool")?.value;
    let ExprKind::Call(callee, _) = &value.kind else { return None };
    let ExprKind::Name(name) = &callee.kind else { return None };
    let Some(Def::Tool(id)) = agent.tables.names.find(agent.module, name) else { return None };
    let declared = agent.tables.names.tools.get(id.index())?;
    let Some(field) = declared.decl.body.field("errors") else { return Some(Vec::new()) };
    let ExprKind::List(items) = &field.value.kind else { return None };
    Some(
        items
            .iter()
            .filter_map(|item| match &item.kind {
                ExprKind::Name(error) => Some(&**error),
                _ => None,
            })
            .collect(),
    )
}
