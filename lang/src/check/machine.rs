//! An agent put together: its parameters and variables, its states, its handlers, what it requires.

use crate::ast::{Path, Require};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::ir::{self, StateId};
use crate::kinds::AGENT;
use crate::resolve::Binding;
use crate::suggest::did_you_mean;
use crate::value::Type;

use super::agent::AgentCx;
use super::cx::{Cx, Place};
use super::edges;
use super::fields::{self, Owner};
use super::infer::Base;
use super::state;

/// The agent; `None` where something in it was reported that leaves it without a state.
pub(super) fn agent(agent: &AgentCx<'_>, out: &mut Diagnostics) -> Option<ir::Agent> {
    let decl = agent.scope.decl;
    let errors = errors_in(out);
    let owner = Owner { kind: &AGENT, name: &decl.name.name, span: decl.name.span, part: false };
    let fields = fields::read(owner, &decl.body, &agent.tables.broken, out);
    let mut settings = Cx::new(agent.tables, agent.module, Place::Constant, out);
    let budget = fields.get("budget").and_then(|field| settings.budget(field, true));
    let guards = fields.get("guards").map(|field| settings.guard_list(field)).unwrap_or_default();
    let vars = vars(agent, out);
    let states: Vec<Option<ir::State>> =
        agent.scope.states.iter().map(|entry| state::state(agent, entry, &guards, out)).collect();
    let on = edges::of_agent(agent, out);
    let requires = decl.body.requires().map(|require| {
        check_require(agent, require, out);
        let text = format!("{} before {}", require.first.text(), require.then.name);
        ir::Require { text: text.into(), span: require.span }
    });
    let requires = requires.collect();
    let first = agent.scope.children(None).next();
    if first.is_none() && !agent.broken {
        out.push(
            Diagnostic::new(
                Code("E0224"),
                decl.name.span,
                format!("the agent `{}` has no states", decl.name.name),
            )
            .hint("an agent begins at its first state, and ends at a `-> return` or `-> fail`"),
        );
    }
    // what a misspelled name meant to read is not unread
    if !agent.broken && errors_in(out) == errors {
        agent.unread(out);
    }
    let signature = agent.tables.agents.get(agent.id.index()).cloned().unwrap_or_default();
    Some(ir::Agent {
        name: decl.name.name.clone(),
        doc: decl.docs.text(),
        span: decl.name.span,
        params: signature.params,
        ty: signature.ty.unwrap_or(Type::Null),
        vars,
        budget,
        guards,
        first: first?.id,
        states: states.into_iter().collect::<Option<Vec<_>>>()?,
        on,
        requires,
        slots: agent.slots(),
    })
}

fn errors_in(out: &Diagnostics) -> usize {
    out.iter().filter(|finding| finding.severity == Severity::Error).count()
}

/// Variables begin with what parameters and the variables above them say.
fn vars(agent: &AgentCx<'_>, out: &mut Diagnostics) -> Vec<ir::Var> {
    let written = agent.scope.decl.body.vars().enumerate();
    let mut vars = Vec::new();
    for (index, var) in written {
        let mut cx = Cx::new(agent.tables, agent.module, Place::Var(agent, index), out);
        let ty = agent.var_type(index);
        let value = cx.expect(&var.value, &ty);
        let slot = agent.slot(Binding::Var(index));
        vars.push(ir::Var { name: var.name.name.clone(), slot, ty, value, span: var.span });
    }
    vars
}

/// `require a.ok before b`: both are states, and what is required of the first can be true. The proof is the graph's.
fn check_require(agent: &AgentCx<'_>, require: &Require, out: &mut Diagnostics) {
    if let Some(first) = state_of(agent, &require.first, out)
        && !is_part(agent, first, &require.first)
        && !require.first.segments.last().is_some_and(|part| agent.may_declare(&part.name))
    {
        agent.reads(Binding::State(first));
        let mut cx = Cx::new(agent.tables, agent.module, Place::Constant, out);
        cx.require_field(agent.state_type(first), &require.first);
    }
    let then = Path { segments: vec![require.then.clone()], span: require.then.span };
    state_of(agent, &then, out);
}

/// `parallel.part` asks for the part's result, of whatever type it is.
fn is_part(agent: &AgentCx<'_>, state: StateId, path: &Path) -> bool {
    let [_, part] = path.segments.as_slice() else { return false };
    agent.scope.children(Some(state)).any(|child| child.part && child.decl.name.name == part.name)
}

fn state_of(agent: &AgentCx<'_>, path: &Path, out: &mut Diagnostics) -> Option<StateId> {
    let name = path.segments.first()?;
    if let Some(id) = agent.scope.state_named(&name.name) {
        return Some(id);
    }
    if agent.may_declare(&name.name) {
        return None;
    }
    let finding = Diagnostic::new(Code("E0214"), name.span, format!("no state is named `{}`", name.name));
    let states = agent.scope.states.iter().filter(|state| !state.part).map(|state| &*state.decl.name.name);
    out.push(match agent.scope.names.get(&name.name) {
        Some((Binding::Param(_) | Binding::Var(_), _)) => finding
            .hint("`require` speaks of states: a decision is an `approve`, a check is an `ask` or a `call`"),
        _ => did_you_mean(finding, &name.name, states),
    });
    None
}

impl Cx<'_, '_> {
    /// What `require` asks of a state's result is `true` or `false`.
    fn require_field(&mut self, of: Type, path: &Path) {
        let Some((last, _)) = path.segments.split_last() else { return };
        if path.segments.len() == 1 {
            return;
        }
        let mut ty = of;
        for segment in path.segments.iter().skip(1) {
            let base = Base { source: &path.text(), untyped: None };
            ty = self.field_type(&ty, segment, &base);
        }
        let bare = self.without_null(&ty);
        if !matches!(self.tables.types.resolve(&bare), Type::Bool | Type::Unknown) {
            let message = format!(
                "`require` asks for what is `true` or `false`, and `{}` is `{}`",
                path.text(),
                self.show(&ty)
            );
            self.out.push(Diagnostic::new(Code("E0301"), last.span, message));
        }
    }
}
