//! Which agents lead to which: by `run`, by a planner's list, by a tool that is an agent. No agent leads to itself.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, AgentId, Op, ToolBody, ToolId};
use crate::span::Span;

use super::cycles;
use super::tables::Tables;

/// Reports agents that run each other in a circle.
pub(super) fn cycles(
    tables: &Tables<'_>,
    agents: &[Option<ir::Agent>],
    tools: &[Option<ir::Tool>],
    out: &mut Diagnostics,
) {
    let next = |index: usize| -> Vec<(AgentId, Span)> {
        let agent = agents.get(index).and_then(Option::as_ref);
        agent.into_iter().flat_map(|agent| &agent.states).flat_map(|state| led(state, tools)).collect()
    };
    let ids = |index: usize| next(index).into_iter().map(|(id, _)| id.index()).collect();
    for cycle in cycles::cycles(agents.len(), ids) {
        let name = |index: &usize| tables.names.agents.get(*index).map_or("", |agent| &*agent.decl.name.name);
        let Some(first) = cycle.first() else { continue };
        let steps = cycle.iter().zip(cycle.iter().skip(1).chain([first]));
        let mut places =
            steps.filter_map(|(from, to)| next(*from).into_iter().find(|(id, _)| id.index() == *to));
        let Some((_, at)) = places.next() else { continue };
        let way: Vec<String> =
            cycle.iter().chain([first]).map(|index| format!("`{}`", name(index))).collect();
        let message = match cycle.as_slice() {
            [only] => format!("the agent `{}` runs itself", name(only)),
            _ => format!("these agents run each other in a circle: {}", way.join(" -> ")),
        };
        let finding = Diagnostic::new(Code("E0509"), at, message);
        let finding = places.fold(finding, |finding, (_, span)| finding.also(span, "and here"));
        out.push(
            finding.hint("nothing would bound how deep it goes: what repeats is a `loop` inside one agent"),
        );
    }
}

/// The agents that a state leads to.
fn led(state: &ir::State, tools: &[Option<ir::Tool>]) -> Vec<(AgentId, Span)> {
    let of_tool = |id: &ToolId| match tools.get(id.index()).and_then(Option::as_ref).map(|tool| &tool.body) {
        Some(ToolBody::Agent(id, _)) => Some(*id),
        _ => None,
    };
    let ids: Vec<AgentId> = match &state.op {
        Op::Run(run) => vec![run.agent],
        Op::Call(call) => of_tool(&call.tool).into_iter().collect(),
        Op::Plan(plan) => plan.agents.iter().copied().chain(plan.tools.iter().filter_map(of_tool)).collect(),
        _ => Vec::new(),
    };
    ids.into_iter().map(|id| (id, state.span)).collect()
}
