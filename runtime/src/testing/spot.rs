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
        let (head, tail) = split(rest);
        match &state.op {
            Op::Run(run) => agent = run.agent,
            Op::Plan(plan) => {
                let tool =
                    plan.tools.iter().find(|id| is_named(program.tool(**id).map(|tool| &*tool.name), head));
                if let Some(tool) = tool {
                    return Some(Spot::Tool(agent, id, *tool));
                }
                let inner = plan
                    .agents
                    .iter()
                    .find(|id| is_named(program.agent(**id).map(|agent| &*agent.name), head));
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
        Spot::State(agent, id) => {
            match program.agent(agent).and_then(|agent| agent.state(id)).map(|state| &state.op) {
                Some(Op::Ask(_) | Op::Plan(_)) => Who::Model,
                Some(Op::Call(call)) => tool(call.tool),
                Some(Op::Run(_)) => Who::Agent,
                Some(Op::Approve(_) | Op::Wait(_)) => Who::Person,
                _ => Who::Nobody,
            }
        }
    }
}

/// The state that a path begins with, and what is left of it. A part is named behind its parallel.
fn state_of<'a>(
    program: &'a Program,
    agent: AgentId,
    path: &'a str,
) -> Option<(StateId, &'a State, Option<&'a str>)> {
    let (head, rest) = split(path);
    let agent = program.agent(agent)?;
    let is_part = |state: &State| {
        let parent = state.parent.and_then(|parent| agent.state(parent));
        parent.is_some_and(|parent| matches!(parent.op, Op::Parallel(_)))
    };
    let named = |(_, state): &(StateId, &'a State)| *state.name == *head && !is_part(state);
    let (id, state) = (0_u32..).map(StateId).zip(&agent.states).find(named)?;
    match (&state.op, rest) {
        (Op::Parallel(parallel), Some(rest)) => {
            let (head, rest) = split(rest);
            let mut parts =
                parallel.parts.iter().filter_map(|part| Some((part.state, agent.state(part.state)?)));
            let (id, state) = parts.find(|(_, state)| *state.name == *head)?;
            Some((id, state, rest))
        }
        _ => Some((id, state, rest)),
    }
}

/// The first name of a path, and the rest.
fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)))
}

fn is_named(name: Option<&str>, word: &str) -> bool {
    name == Some(word)
}
