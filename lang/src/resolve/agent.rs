//! An agent's flat namespace and its table of states.

use indexmap::IndexMap;

use crate::ast::{AgentDecl, Body, Ident, StateDecl};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{AgentId, StateId};
use crate::kinds;
use crate::span::Span;

use super::{AgentScope, Binding, StateEntry};

/// Collects an agent's names and states; a name made twice is reported, and the first one keeps it.
pub(super) fn scope<'a>(id: AgentId, decl: &'a AgentDecl, diagnostics: &mut Diagnostics) -> AgentScope<'a> {
    let scope = AgentScope { id, decl, states: Vec::new(), names: IndexMap::new() };
    let mut builder = Builder { scope, diagnostics };
    for (index, param) in decl.params.iter().enumerate() {
        builder.name(&param.name, Binding::Param(index));
    }
    for (index, var) in decl.body.vars().enumerate() {
        builder.name(&var.name, Binding::Var(index));
    }
    builder.states(&decl.body, None, false);
    builder.each_names();
    builder.scope
}

struct Builder<'a, 'd> {
    scope: AgentScope<'a>,
    diagnostics: &'d mut Diagnostics,
}

impl<'a> Builder<'a, '_> {
    fn name(&mut self, ident: &Ident, binding: Binding) {
        match self.scope.names.get(&ident.name) {
            Some((known, first)) => {
                self.diagnostics.push(named_twice(ident, binding, *known, *first));
            }
            None => {
                self.scope.names.insert(ident.name.clone(), (binding, ident.span));
            }
        }
    }

    fn states(&mut self, body: &'a Body, parent: Option<StateId>, part: bool) {
        let mut parts: IndexMap<&str, Span> = IndexMap::new();
        for decl in body.states() {
            let Some(kind) = kinds::state(&decl.kind.name) else { continue };
            let id = StateId(u32::try_from(self.scope.states.len()).unwrap_or(u32::MAX));
            self.scope.states.push(StateEntry { id, decl, kind, parent, part });
            if part {
                match parts.get(&*decl.name.name) {
                    Some(first) => self.diagnostics.push(part_twice(decl, *first)),
                    None => {
                        parts.insert(&decl.name.name, decl.name.span);
                    }
                }
            } else {
                self.name(&decl.name, Binding::State(id));
            }
            // elsewhere a nested state is out of place, and `check` says so
            if matches!(kind.word, "loop" | "parallel") {
                self.states(&decl.body, Some(id), kind.word == "parallel");
            }
        }
    }

    /// An `each` name is read only inside its parallel, so two parallels may use the same word; any other name may not be hidden by it.
    fn each_names(&mut self) {
        let eachs: Vec<(StateId, &'a Ident)> = self
            .scope
            .states
            .iter()
            .filter_map(|state| state.decl.body.each().map(|each| (state.id, &each.name)))
            .collect();
        for (id, name) in eachs {
            if !matches!(self.scope.names.get(&name.name), Some((Binding::Each(_), _))) {
                self.name(name, Binding::Each(id));
            }
        }
    }
}

fn named_twice(ident: &Ident, new: Binding, known: Binding, first: Span) -> Diagnostic {
    let name = &ident.name;
    let message = match (known, new) {
        (Binding::State(_), Binding::State(_)) => format!("two states are named `{name}`"),
        (Binding::Param(_), Binding::Param(_)) => format!("two parameters are named `{name}`"),
        (Binding::Var(_), Binding::Var(_)) => format!("two variables are named `{name}`"),
        _ => format!("`{name}` is {} already", sort(known)),
    };
    Diagnostic::new(Code("E0205"), ident.span, message)
        .also(first, "first one here")
        .hint("parameters, variables and states of an agent share one namespace, a loop's states too")
}

fn part_twice(decl: &StateDecl, first: Span) -> Diagnostic {
    let message = format!("two parts of this parallel are named `{}`", decl.name.name);
    Diagnostic::new(Code("E0205"), decl.name.span, message).also(first, "first one here")
}

fn sort(binding: Binding) -> &'static str {
    match binding {
        Binding::Param(_) => "a parameter",
        Binding::Var(_) => "a variable",
        Binding::State(_) => "a state",
        Binding::Each(_) => "the name of an element",
    }
}
