//! Where the dotted names of a test lead in a program: `triage`, `passes.security`, `gather.scout.dig`, `dig.search`.

use agentrun_lang::ir::{AgentId, Op, Program, State, StateId, ToolBody, ToolId};

/// What a test names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// A state.
    State(AgentId, StateId),
    /// A planner's tool.
    Tool(AgentId, StateId, ToolId),
}

/// Who answers there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A model.
    Model,
    /// A tool.
    Tool,
    /// A person.
    Person,
    /// An agent, as a whole.
    Agent,
    /// Nobody: it has no effect of its own.
    Nobody,
}

/// What `path` names, seen from an agent.
pub(super) fn find(program: &Program, agent: AgentId, path: &str) -> Option<Spot> {
    let mut agent = agent;
    let mut rest = path;
    loop {
        let (id, state, more) = state_of(program, agent, rest)?;
        let Some(more) = more else { return Some(Spot::State(agent, id)) };
        rest = more;
        let (head, tail) = rest.split_once('.').map_or((rest, None), |(head, tail)| (head, Some(tail)));
        match &state.op {
            Op::Run(run) => agent = run.agent,
            Op::Plan(plan) => {
                let tool = plan.tools.iter().find(|id| is_named(program.tool(**id).map(|tool| &*tool.name), head));
                if let Some(tool) = tool {
                    return Some(Spot::Tool(agent, id, *tool));
                }
                let inner = plan.agents.iter().find(|id| is_named(program.agent(**id).map(|agent| &*agent.name), head));
                (agent, rest) = (*inner?, tail?);
            }
            Op::Call(call) => match &program.tool(call.tool)?.body {
                ToolBody::Agent(inner, _) => agent = *inner,
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// Who answers at a spot.
pub(super) fn who(program: &Program, spot: Spot) -> Who {
    let is_agent = |id: ToolId| program.tool(id).is_some_and(|tool| matches!(tool.body, ToolBody::Agent(..)));
    let tool = |id: ToolId| if is_agent(id) { Who::Agent } else { Who::Tool };
    match spot {
        Spot::Tool(_, _, id) => tool(id),
        Spot::State(agent, id) => match program.agent(agent).and_then(|agent| agent.state(id)).map(|state| &state.op) {
            Some(Op::Ask(_) | Op::Plan(_)) => Who::Model,
            Some(Op::Call(call)) => tool(call.tool),
            Some(Op::Run(_)) => Who::Agent,
            Some(Op::Approve(_) | Op::Wait(_)) => Who::Person,
            _ => Who::Nobody,
        },
    }
}

/// The state that a path begins with, and what is left of it. A part's name is `parallel.part`.
fn state_of<'a>(program: &'a Program, agent: AgentId, path: &'a str) -> Option<(StateId, &'a State, Option<&'a str>)> {
    let states = &program.agent(agent)?.states;
    let begins = |state: &&State| {
        path.strip_prefix(&*state.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    // The longest name: `gather.scout` before `gather`.
    let state = states.iter().filter(begins).max_by_key(|state| state.name.len())?;
    let index = states.iter().position(|known| std::ptr::eq(known, state))?;
    let rest = path.strip_prefix(&*state.name)?.strip_prefix('.');
    Some((StateId(u32::try_from(index).ok()?), state, rest))
}

fn is_named(name: Option<&str>, word: &str) -> bool {
    name == Some(word)
}
