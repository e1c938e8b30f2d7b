//! `require a before b` and `require a.ok before b`: every way to `b` has gone through `a`, or takes an edge that
//! implies `a.ok`, which still holds in `b`.

use super::{head, is_misread};
use crate::ast::Require;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{AccessPath, Flow, Node, Promise, Way};
use crate::ir::StateId;
use crate::resolve::AgentScope;
use crate::span::Span;

pub(super) fn check(flow: &Flow<'_>, wrong: &[Span], diagnostics: &mut Diagnostics) {
    let scope = flow.graph.scope;
    let misread = scope.states.iter().any(|state| is_misread(&state.decl.body, wrong));
    for require in scope.decl.body.requires() {
        let Some(then) = scope.state_named(&require.then.name) else { continue };
        let Some(promise) = promise(scope, require) else { continue };
        if misread && matches!(promise, Promise::True(_)) {
            continue;
        }
        if let Some(way) = flow.way_without(&promise, Node::Enter(then)) {
            diagnostics.push(broken(flow, require, &promise, &way));
        } else if let Some(warning) = answered(scope, require, &promise) {
            diagnostics.push(warning);
        }
    }
}

/// What must hold; `None` where the names mean nothing, which is reported elsewhere.
fn promise(scope: &AgentScope<'_>, require: &Require) -> Option<Promise> {
    let (root, fields) = require.first.segments.split_first()?;
    if !scope.names.contains_key(&root.name) {
        return None;
    }
    if let (Some(id), []) = (scope.state_named(&root.name), fields) {
        return Some(Promise::Done(id));
    }
    if let (Some(id), [field]) = (scope.state_named(&root.name), fields) {
        let part = scope.children(Some(id)).find(|part| part.part && part.decl.name.name == field.name);
        if let Some(part) = part {
            return Some(Promise::Done(part.id));
        }
    }
    Some(Promise::True(AccessPath::dotted(&require.first)))
}

fn broken(flow: &Flow<'_>, require: &Require, promise: &Promise, way: &Way) -> Diagnostic {
    let (first, then) = (require.first.text(), &require.then.name);
    let message = match promise {
        Promise::Done(_) => format!("`{then}` can be reached without `{first}`"),
        Promise::True(_) => format!("`{then}` can be reached where `{first}` is not known to be true"),
    };
    let mut found = Diagnostic::new(Code("E0406"), require.span, message)
        .label(format!("not so on the way {}", super::assigned::way(&way.states)));
    if let Some(edge) = way.last.and_then(|id| flow.graph.edge(id)) {
        let from = match way.last.and_then(|id| id.owner) {
            Some(_) => format!("this edge goes to `{then}` without it"),
            None => format!("this handler goes to `{then}` from wherever it is raised"),
        };
        found = found.also(edge.span, from);
    }
    if let Some(around) = each_around(flow, promise) {
        return found
            .hint(format!("`{first}` runs once for each element, never for an empty list: write `require {around} before {then}`"));
    }
    match promise {
        Promise::Done(_) => found.hint(format!("let every way to `{then}` go through `{first}` first")),
        Promise::True(_) => {
            found.hint(format!("go to `{then}` only by an edge `when {first}`, or one that implies it"))
        }
    }
}

/// The parallel with an `each` whose part a promise names.
fn each_around<'a>(flow: &Flow<'a>, promise: &Promise) -> Option<&'a str> {
    let Promise::Done(id) = promise else { return None };
    let around = flow.graph.scope.state(flow.graph.scope.state(*id).filter(|state| state.part)?.parent?)?;
    around.decl.body.each()?;
    Some(&around.decl.name.name)
}

/// A person's no completes an `approve` too.
fn answered(scope: &AgentScope<'_>, require: &Require, promise: &Promise) -> Option<Diagnostic> {
    let Promise::Done(id) = promise else { return None };
    let state = scope.state(*id).filter(|state| state.kind.word == "approve" && !has_choices(*id, scope))?;
    let (first, then) = (require.first.text(), &require.then.name);
    Some(
        Diagnostic::new(
            Code("W1404"),
            require.first.span,
            format!("a no before `{then}` is enough for this `require`"),
        )
        .label(format!("`{first}` is done with either answer"))
        .also(head(state.decl), "the person is asked here")
        .hint(format!("write `require {first}.approved before {then}`")),
    )
}

fn has_choices(id: StateId, scope: &AgentScope<'_>) -> bool {
    scope.state(id).is_some_and(|state| state.decl.body.field("choices").is_some())
}
