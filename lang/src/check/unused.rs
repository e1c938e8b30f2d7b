//! What is written and changes nothing: declarations and parameters that nothing uses, and a person's answer that nothing
//! reads although something is done behind it.

use crate::ast::{Item, Name};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, EffectClass, Goto, Op, StateId};
use crate::loader::ModuleId;
use crate::resolve::{Binding, Def};
use crate::span::Span;

use super::agent::AgentCx;
use super::tables::Tables;

/// A warning for each declaration of the program's own file that nothing uses. A file without an agent is there for
/// others, and what it declares is theirs to use.
pub(super) fn declarations(tables: &Tables<'_>, out: &mut Diagnostics) {
    let Some(module) = tables.modules.list.first() else { return };
    if !module.ast.items.iter().any(|item| matches!(item, Item::Agent(_))) {
        return;
    }
    for item in &module.ast.items {
        let Some(name) = item.name() else { continue };
        let Some(def) = tables.names.unused(ModuleId(0), &name.name) else { continue };
        let what = match def {
            Def::Agent(_) | Def::Unknown => continue,
            Def::Type(_) => "type",
            Def::Model(_) => "pool",
            Def::Guard(_) => "guard",
            Def::Memory(_) => "memory",
            Def::Tool(_) => "tool",
            Def::Mcp(_) => "server",
            Def::Skill(_) => "skill",
        };
        let message = format!("nothing uses the {what} `{}`", name.name);
        let finding = Diagnostic::new(Code("W1305"), name.span, message);
        out.push(match def {
            Def::Guard(_) => finding
                .hint(format!("it checks what names it: `guards: [{}]` in an agent or a state", name.name)),
            _ => finding.hint("remove it, or use it"),
        });
    }
}

/// A warning for each parameter that nothing reads.
pub(super) fn parameters(agent: &AgentCx<'_>) -> Vec<Diagnostic> {
    if agent.module != ModuleId(0) {
        return Vec::new();
    }
    let params = agent.scope.decl.params.iter().enumerate().filter(|(index, param)| {
        let name = &param.name.name;
        let is_used = agent.is_read(Binding::Param(*index)) || keeps_a_memory(agent.tables, name);
        !is_used && !name.starts_with('_')
    });
    let unread = params.map(|(_, param)| {
        let name = &param.name.name;
        Diagnostic::new(Code("W1305"), param.name.span, format!("nothing reads the parameter `{name}`"))
            .hint(format!("remove it, read it, or write `_{name}` where callers give it in any case"))
    });
    unread.collect()
}

/// Whether another finding says already why a parameter is not read: it stands in plain braces.
pub(super) fn is_said(param: &Diagnostic, found: &Diagnostics) -> bool {
    let Some(name) = param.message.split('`').nth(1) else { return false };
    found.iter().any(|finding| {
        let holes = finding.hints.iter().filter_map(|hint| hint.split_once("`${"));
        finding.code.0 == "W1303"
            && holes.into_iter().any(|(_, hole)| {
                hole.strip_prefix(name)
                    .is_some_and(|rest| !rest.starts_with(|sign: char| sign.is_alphanumeric() || sign == '_'))
            })
    })
}

/// A memory is kept by the parameter that its `scope` names.
fn keeps_a_memory(tables: &Tables<'_>, name: &Name) -> bool {
    tables.names.memories.iter().any(|memory| {
        let scope = memory.decl.body.field("scope").map(|field| &field.value.kind);
        matches!(scope, Some(crate::ast::ExprKind::Name(scope)) if scope == name)
    })
}

/// A warning for each `approve` whose answer nothing reads although something is changed behind it: a no would change
/// nothing.
pub(super) fn answers(
    agent: &AgentCx<'_>,
    made: &ir::Agent,
    tools: &[Option<ir::Tool>],
    out: &mut Diagnostics,
) {
    for entry in agent.scope.states.iter().filter(|state| state.kind.word == "approve") {
        let asked = if entry.part { entry.parent.unwrap_or(entry.id) } else { entry.id };
        if agent.is_read(Binding::State(entry.id)) || agent.is_read(Binding::State(asked)) {
            continue;
        }
        let Some((name, span, word)) = change_behind(made, asked, tools) else { continue };
        let approve = &entry.decl.name;
        let message = format!("nothing reads the answer of `{}`: a no leads on like a yes", approve.name);
        let finding = Diagnostic::new(Code("W1306"), approve.span, message).also(span, word);
        out.push(if entry.part {
            finding.hint("let an edge of the parallel read it")
        } else {
            finding.hint(format!("let its edges choose: `when .approved -> {name}  else -> return …`"))
        });
    }
}

/// The nearest state behind `from` that changes something, and how.
fn change_behind(
    made: &ir::Agent,
    from: StateId,
    tools: &[Option<ir::Tool>],
) -> Option<(Name, Span, &'static str)> {
    let mut seen = vec![false; made.states.len()];
    let mut waiting = std::collections::VecDeque::from([from]);
    while let Some(id) = waiting.pop_front() {
        let Some(state) = made.states.get(id.index()) else { continue };
        match seen.get_mut(id.index()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        if id != from
            && let Some(word) = change(state, tools)
        {
            return Some((state.name.clone(), state.span, word));
        }
        let inside: Vec<StateId> = match &state.op {
            Op::Loop(round) => vec![round.first],
            Op::Parallel(parallel) if id != from => parallel.parts.iter().map(|part| part.state).collect(),
            _ => Vec::new(),
        };
        waiting.extend(inside);
        let edges = state.edges.iter().chain(state.on.iter().map(|on| &on.edge));
        for edge in edges {
            match edge.goto {
                Goto::State(target) => waiting.push_back(target),
                Goto::Next | Goto::Break => waiting.extend(state.parent),
                Goto::Return(_) | Goto::Fail(_) => {}
            }
        }
    }
    None
}

/// What a state changes that a person may have to allow.
fn change(state: &ir::State, tools: &[Option<ir::Tool>]) -> Option<&'static str> {
    let effect = |id: &ir::ToolId| tools.get(id.index())?.as_ref().map(|tool| tool.effect);
    let worst = match &state.op {
        Op::Call(call) => effect(&call.tool),
        Op::Plan(plan) => {
            let effects: Vec<EffectClass> = plan.tools.iter().filter_map(effect).collect();
            [EffectClass::Irreversible, EffectClass::Write].into_iter().find(|worst| effects.contains(worst))
        }
        _ => None,
    };
    match worst? {
        EffectClass::Read => None,
        EffectClass::Write => Some("this writes in any case"),
        EffectClass::Irreversible => Some("this is done in any case, and cannot be undone"),
    }
}
