//! What every output of the graph shows: a program's agents, their states and edges in words. Conditions stand as
//! they were written, on one line.

use std::collections::BTreeSet;

use crate::ast::Name;
use crate::ir::{
    Agent, AgentId, Budget, Edge, EffectClass, Expr, Goto, Join, Loop, MemoryId, Model, ModelId, On, Op,
    Parallel, Program, State, StateId,
};
use crate::source::SourceMap;
use crate::span::Span;
use crate::value::{Money, Type, Value};

/// An agent.
pub(super) struct Drawing<'p> {
    pub(super) name: &'p str,
    /// `(msg: string): Reply`.
    pub(super) signature: String,
    pub(super) budget: Option<String>,
    /// What was proved, `ok.approved before pay`.
    pub(super) requires: Vec<&'p str>,
    /// By [`StateId`].
    pub(super) states: Vec<Node<'p>>,
    /// Where it begins.
    pub(super) first: StateId,
    /// The agent's own handlers.
    pub(super) handlers: Vec<Way>,
}

/// A state.
pub(super) struct Node<'p> {
    pub(super) id: StateId,
    pub(super) name: &'p str,
    pub(super) kind: &'p str,
    pub(super) span: Span,
    /// The type of its result, where it has one that its kind does not say.
    pub(super) ty: Option<String>,
    /// What it works with: the pool, the tool, the bounds of a loop.
    pub(super) detail: Option<String>,
    pub(super) parent: Option<StateId>,
    /// The states in it, in order.
    pub(super) inside: Vec<StateId>,
    pub(super) is_loop: bool,
    /// A loop's `until`.
    pub(super) until: Option<String>,
    /// A part of a parallel: without edges.
    pub(super) is_part: bool,
    pub(super) ways: Vec<Way>,
}

/// An edge.
pub(super) struct Way {
    pub(super) when: When,
    /// `x = e`, in order.
    pub(super) sets: Vec<(Name, String)>,
    pub(super) to: To,
    pub(super) span: Span,
    /// Told apart from the others: an edge that no test took.
    pub(super) marked: bool,
}

/// When an edge is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// None of the edges before it was.
    Else,
    Condition(String),
    Events(Vec<Name>),
}

/// Where an edge goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum To {
    State(StateId),
    Return(Option<String>),
    Fail(String),
    Next,
    Break,
}

/// The agents of the entry file, then those they bring along; of these only one, where it is named.
pub(super) fn drawings(program: &Program, only: Option<AgentId>) -> Vec<Drawing<'_>> {
    let agents = match only {
        Some(id) => program.agent(id).map(std::slice::from_ref).unwrap_or_default(),
        None => &program.agents,
    };
    agents.iter().map(|agent| Painter { program, agent }.drawing()).collect()
}

struct Painter<'p> {
    program: &'p Program,
    agent: &'p Agent,
}

impl Drawing<'_> {
    /// Tells these edges apart from the others.
    pub(super) fn mark(&mut self, edges: &BTreeSet<Span>) {
        let of_states = self.states.iter_mut().flat_map(|state| &mut state.ways);
        for way in of_states.chain(&mut self.handlers) {
            way.marked = edges.contains(&way.span);
        }
    }

    /// The state of an id.
    pub(super) fn state(&self, id: StateId) -> Option<&Node<'_>> {
        self.states.get(id.index())
    }
}

impl When {
    /// As a label beside an arrow; empty where the edge is always taken.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Always => String::new(),
            Self::Else => "else".to_owned(),
            Self::Condition(text) => text.clone(),
            Self::Events(names) => {
                let names: Vec<&str> = names.iter().map(|name| &**name).collect();
                format!("on {}", names.join(", "))
            }
        }
    }
}

impl Way {
    /// `set x = e, y = f`; `None` where nothing is written.
    pub(super) fn written(&self) -> Option<String> {
        let sets: Vec<String> = self.sets.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        (!sets.is_empty()).then(|| format!("set {}", sets.join(", ")))
    }
}

impl<'p> Painter<'p> {
    fn drawing(&self) -> Drawing<'p> {
        let agent = self.agent;
        let params: Vec<String> =
            agent.params.iter().map(|param| format!("{}: {}", param.name, self.ty(&param.ty))).collect();
        let result = if agent.ty == Type::Null { String::new() } else { format!(": {}", self.ty(&agent.ty)) };
        let mut states: Vec<Node<'p>> =
            (0_u32..).map(StateId).zip(&agent.states).map(|(id, state)| self.node(id, state)).collect();
        for (id, state) in (0_u32..).map(StateId).zip(&agent.states) {
            if let Some(outer) = state.parent.and_then(|parent| states.get_mut(parent.index())) {
                outer.inside.push(id);
            }
        }
        Drawing {
            name: &agent.name,
            signature: format!("({}){result}", params.join(", ")),
            budget: agent.budget.map(|budget| bounds(&budget)).filter(|text| !text.is_empty()),
            requires: agent.requires.iter().map(|require| &*require.text).collect(),
            states,
            first: agent.first,
            handlers: agent.on.iter().map(|on| self.caught(on)).collect(),
        }
    }

    fn node(&self, id: StateId, state: &'p State) -> Node<'p> {
        let in_parallel = state
            .parent
            .and_then(|parent| self.agent.state(parent))
            .is_some_and(|parent| matches!(parent.op, Op::Parallel(_)));
        let mut ways = Vec::with_capacity(state.edges.len() + state.on.len());
        for (index, edge) in state.edges.iter().enumerate() {
            let otherwise = if index == 0 { When::Always } else { When::Else };
            let when = edge.when.as_ref().map_or(otherwise, |when| When::Condition(self.text(when.span)));
            ways.push(self.way(when, edge));
        }
        ways.extend(state.on.iter().map(|on| self.caught(on)));
        Node {
            id,
            name: self.own_name(state),
            kind: &state.kind,
            span: state.span,
            ty: self.written_type(state),
            detail: self.detail(&state.op),
            parent: state.parent,
            inside: Vec::new(),
            is_loop: matches!(state.op, Op::Loop(_)),
            until: match &state.op {
                Op::Loop(around) => self.expr(around.until.as_ref()),
                _ => None,
            },
            is_part: in_parallel,
            ways,
        }
    }

    /// A part's name without its parallel's.
    fn own_name(&self, state: &'p State) -> &'p str {
        let around = state.parent.and_then(|parent| self.agent.state(parent));
        around
            .and_then(|around| state.name.strip_prefix(&*around.name)?.strip_prefix('.'))
            .unwrap_or(&state.name)
    }

    fn caught(&self, on: &On) -> Way {
        self.way(When::Events(on.events.clone()), &on.edge)
    }

    fn way(&self, when: When, edge: &Edge) -> Way {
        let to = match &edge.goto {
            Goto::State(id) => To::State(*id),
            Goto::Return(value) => To::Return(value.as_ref().map(|value| self.text(value.span))),
            Goto::Fail(why) => To::Fail(self.text(why.span)),
            Goto::Next => To::Next,
            Goto::Break => To::Break,
        };
        let name = |slot: usize| self.agent.slots.get(slot).cloned().unwrap_or_else(|| "?".into());
        let sets = edge.sets.iter().map(|set| (name(set.slot.index()), self.text(set.value.span))).collect();
        Way { when, sets, to, span: edge.span, marked: false }
    }

    fn written_type(&self, state: &State) -> Option<String> {
        let is_written =
            matches!(state.op, Op::Ask(_) | Op::Plan(_) | Op::Wait(_)) && state.ty != Type::String;
        is_written.then(|| self.ty(&state.ty))
    }

    fn detail(&self, op: &Op) -> Option<String> {
        Some(match op {
            Op::Ask(ask) => self.pool(ask.model)?,
            Op::Plan(plan) => {
                let tools = plan.tools.iter().filter_map(|id| self.program.tool(*id)).map(|tool| &*tool.name);
                let servers = plan.mcp_tools.iter().map(|(_, name)| &**name);
                let agents =
                    plan.agents.iter().filter_map(|id| self.program.agent(*id)).map(|agent| &*agent.name);
                let helpers: Vec<&str> = tools.chain(servers).chain(agents).collect();
                let pool = self.pool(plan.ask.model)?;
                if helpers.is_empty() { pool } else { format!("{pool} · {}", helpers.join(", ")) }
            }
            Op::Call(call) => {
                let tool = self.program.tool(call.tool)?;
                match tool.effect {
                    EffectClass::Irreversible => format!("{} · irreversible", tool.name),
                    EffectClass::Read | EffectClass::Write => tool.name.to_string(),
                }
            }
            Op::Run(run) => self.program.agent(run.agent)?.name.to_string(),
            Op::Loop(around) => self.loop_detail(around)?,
            Op::Parallel(parallel) => self.parallel_detail(parallel)?,
            Op::Let(value) => self.text(value.span),
            Op::Recall { from, .. } | Op::Forget { from, .. } => self.memory(*from)?,
            Op::Remember { into, .. } => self.memory(*into)?,
            Op::Open { skill, .. } => self.program.skill(*skill)?.name.to_string(),
            Op::Approve(approve) => self.expr(approve.by.as_ref())?,
            Op::Wait(wait) => self.expr(wait.queue.as_ref().or(wait.webhook.as_ref()))?,
            Op::Branch => return None,
        })
    }

    fn loop_detail(&self, around: &Loop) -> Option<String> {
        let mut parts = Vec::new();
        parts.extend(around.until.as_ref().map(|until| format!("until {}", self.text(until.span))));
        parts.extend(around.max.map(|max| format!("max {max}")));
        parts.extend(around.budget.as_ref().map(bounds));
        parts.extend(
            around
                .stall
                .as_ref()
                .map(|stall| format!("stall {} rounds of {}", stall.rounds, self.text(stall.of.span))),
        );
        joined(parts)
    }

    fn parallel_detail(&self, parallel: &Parallel) -> Option<String> {
        let mut parts = Vec::new();
        if let Some((slot, list)) = &parallel.each {
            let name = self.agent.slots.get(slot.index()).map_or("?", |name| &**name);
            parts.push(format!("each {name} in {}", self.text(list.span)));
        }
        parts.extend(parallel.max.map(|max| format!("max {max}")));
        match parallel.join {
            Join::All => {}
            Join::Any => parts.push("join any".to_owned()),
            Join::Count(count) => parts.push(format!("join quorum({count})")),
            Join::Share(share) => parts.push(format!("join quorum({share})")),
        }
        parts.extend(parallel.budget.as_ref().map(bounds));
        joined(parts)
    }

    fn pool(&self, id: ModelId) -> Option<String> {
        self.program.model(id).map(|model: &Model| model.name.to_string())
    }

    fn memory(&self, id: MemoryId) -> Option<String> {
        self.program.memory(id).map(|memory| memory.name.to_string())
    }

    fn expr(&self, expr: Option<&Expr>) -> Option<String> {
        expr.map(|expr| self.text(expr.span))
    }

    fn ty(&self, ty: &Type) -> String {
        ty.display(&self.program.types).to_string()
    }

    fn text(&self, span: Span) -> String {
        one_line(&self.program.sources, span)
    }
}

/// The text of a span on one line, comments left out.
fn one_line(sources: &SourceMap, span: Span) -> String {
    let mut text = String::new();
    let mut quoted = false;
    let mut escaped = false;
    let mut comment = false;
    for sign in sources.slice(span).chars() {
        comment = (comment || (sign == '#' && !quoted)) && sign != '\n';
        if comment {
            continue;
        }
        quoted ^= sign == '"' && !escaped;
        escaped = quoted && sign == '\\' && !escaped;
        text.push(sign);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn joined(parts: Vec<String>) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn bounds(budget: &Budget) -> String {
    let bounds = budget.bounds;
    let mut parts = Vec::new();
    parts.extend(bounds.cost.map(|nanos| Value::Money(Money::usd_nanos(i128::from(nanos))).to_string()));
    parts.extend(
        bounds.time.map(|millis| Value::Duration(i64::try_from(millis).unwrap_or(i64::MAX)).to_string()),
    );
    parts.extend(bounds.calls.map(|calls| format!("{calls} calls")));
    parts.extend(bounds.tokens.map(|tokens| format!("{tokens} tokens")));
    parts.join(", ")
}
