//! What an agent can come to: the states, tools and agents behind a state, found once by walking the tables.

use std::collections::BTreeSet;

use agentrun_lang::ir::{
    Agent, AgentId, ContextItem, EffectClass, MemoryId, ModelId, Op, Plan, Program, State, StateId, Tool,
    ToolBody, ToolId,
};

/// Agents and tools, each once, in the order they are met.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) agents: Vec<AgentId>,
    pub(super) tools: Vec<ToolId>,
}

impl Reach {
    /// What an agent can come to, itself included.
    pub(super) fn of_agent(program: &Program, agent: AgentId) -> Self {
        let mut reach = Self::default();
        reach.add_agent(agent);
        reach.close(program, 0)
    }

    /// What some states can come to, without their own agent.
    pub(super) fn of_states<'s>(program: &Program, states: impl IntoIterator<Item = &'s State>) -> Self {
        let mut reach = Self::default();
        states.into_iter().for_each(|state| reach.add_state(program, state));
        reach.close(program, 0)
    }

    fn close(mut self, program: &Program, from: usize) -> Self {
        let mut at = from;
        while let Some(agent) = self.agents.get(at).copied() {
            let states = program.agent(agent).map(|agent| agent.states.as_slice()).unwrap_or_default();
            for state in states {
                self.add_state(program, state);
            }
            at += 1;
        }
        self
    }

    fn add_state(&mut self, program: &Program, state: &State) {
        match &state.op {
            Op::Call(call) => self.add_tool(program, call.tool),
            Op::Run(run) => self.add_agent(run.agent),
            Op::Plan(Plan { tools, agents, .. }) => {
                for tool in tools {
                    self.add_tool(program, *tool);
                }
                for agent in agents {
                    self.add_agent(*agent);
                }
            }
            _ => {}
        }
    }

    fn add_agent(&mut self, agent: AgentId) {
        if !self.agents.contains(&agent) {
            self.agents.push(agent);
        }
    }

    fn add_tool(&mut self, program: &Program, tool: ToolId) {
        if self.tools.contains(&tool) {
            return;
        }
        self.tools.push(tool);
        if let Some(ToolBody::Agent(agent, _)) = program.tool(tool).map(|tool| &tool.body) {
            self.add_agent(*agent);
        }
    }
}

/// Whom a run of an agent could ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// A model.
    pub models: bool,
    /// A person.
    pub people: bool,
    /// Tools, each once.
    pub tools: Vec<ToolId>,
    /// Pools, each once.
    pub pools: Vec<ModelId>,
    /// Agents, itself included, each once.
    pub agents: Vec<AgentId>,
}

/// Whom a run of an agent could ask.
pub fn asks(program: &Program, agent: AgentId) -> Asks {
    let reach = Reach::of_agent(program, agent);
    let mut asks = Asks::default();
    for state in reach.agents.iter().filter_map(|id| program.agent(*id)).flat_map(|agent| &agent.states) {
        asks.models |= matches!(state.op, Op::Ask(_) | Op::Plan(_));
        asks.people |= matches!(state.op, Op::Approve(_) | Op::Wait(_));
        if let Op::Ask(ask) | Op::Plan(Plan { ask, .. }) = &state.op
            && !asks.pools.contains(&ask.model)
        {
            asks.pools.push(ask.model);
        }
    }
    asks.tools = reach.tools;
    asks.agents = reach.agents;
    asks
}

/// True of an agent that changes nothing and asks nobody: a planner may run several of them side by side.
pub(super) fn only_reads(program: &Program, agent: AgentId) -> bool {
    let reach = Reach::of_agent(program, agent);
    let quiet = |state: &State| {
        !matches!(state.op, Op::Approve(_) | Op::Wait(_) | Op::Remember { .. } | Op::Forget { .. })
    };
    let mut agents = reach.agents.iter().filter_map(|agent| program.agent(*agent));
    let mut tools = reach.tools.iter().filter_map(|tool| program.tool(*tool));
    agents.all(|agent| agent.states.iter().all(quiet)) && tools.all(|tool| tool.effect == EffectClass::Read)
}

/// The memories that model states below a loop use as context, those of agents that run there too, without what
/// the loop carries.
pub(super) fn chats_below(
    program: &Program,
    agent: AgentId,
    id: StateId,
    carry: &[MemoryId],
) -> Box<[MemoryId]> {
    let Some(own) = program.agent(agent) else { return Box::default() };
    let below: Vec<&State> = own.states.iter().filter(|state| stands_below(own, state, id)).collect();
    let reach = Reach::of_states(program, below.iter().copied());
    let others =
        reach.agents.iter().filter_map(|agent| program.agent(*agent)).flat_map(|agent| &agent.states);
    let mut chats = BTreeSet::new();
    for state in below.into_iter().chain(others) {
        let context = match &state.op {
            Op::Ask(ask) => &ask.context,
            Op::Plan(plan) => &plan.ask.context,
            _ => continue,
        };
        chats.extend(context.iter().filter_map(|item| match item {
            ContextItem::Memory(id) if !carry.contains(id) => Some(*id),
            _ => None,
        }));
    }
    chats.into_iter().collect()
}

fn stands_below(agent: &Agent, state: &State, id: StateId) -> bool {
    let mut parent = state.parent;
    for _ in 0..agent.states.len() {
        match parent {
            Some(at) if at == id => return true,
            Some(at) => parent = agent.state(at).and_then(|state| state.parent),
            None => return false,
        }
    }
    false
}

/// The agents of the entry file that no other runs, plans with or calls, in their order.
pub fn roots(program: &Program) -> impl Iterator<Item = AgentId> {
    let all = (0_u32..).map(AgentId).take(program.entry_agents);
    all.filter(|id| !is_run_by_another(program, *id))
}

/// The agent that a file means where none is named: `Main`, else the only one that no other runs.
pub fn main_agent(program: &Program) -> Option<AgentId> {
    if let Some(main) = program.entry_agent("Main") {
        return Some(main);
    }
    let mut roots = roots(program);
    let only = roots.next()?;
    roots.next().is_none().then_some(only)
}

fn is_run_by_another(program: &Program, id: AgentId) -> bool {
    let by_tool = |tool: &Tool| matches!(&tool.body, ToolBody::Agent(agent, _) if *agent == id);
    program.tools.iter().any(by_tool)
        || program.agents.iter().flat_map(|agent| &agent.states).any(|state| match &state.op {
            Op::Run(run) => run.agent == id,
            Op::Plan(plan) => plan.agents.contains(&id),
            _ => false,
        })
}
