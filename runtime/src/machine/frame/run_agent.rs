//! `run`: another agent in a frame of the same run, with a slice of the budget. Planners and tools that an agent
//! stands behind start theirs here too.

use agentrun_lang::ast::Name;
use agentrun_lang::eval::eval;
use agentrun_lang::ir::{AgentId, Bounds, RunAgent};
use agentrun_lang::value::Labeled;

use super::super::ScopeId;
use super::super::arena::Key;
use super::super::context::{Cx, lost};
use super::super::label::type_labels;
use super::super::raise::Raised;
use super::super::run::Ready;
use super::{Activity, Came, Frame, Next, Owner, Place, StateMemo, Work};
use crate::error::{Failure, FailureKind};

/// Agents that may run inside one another. The compiler refuses a cycle of agents, so no program comes near it.
const MAX_DEPTH: u32 = 64;

/// An agent to start.
pub(super) struct Start {
    /// Which.
    pub(super) agent: AgentId,
    /// One a parameter.
    pub(super) args: Vec<Labeled>,
    /// What stands before its states' paths.
    pub(super) prefix: Name,
    /// What it may spend beside its own budget, and under which name.
    pub(super) slice: Option<(ScopeId, Bounds)>,
}

/// Enters the run's own agent.
pub(in super::super) fn enter_root(
    cx: &mut Cx<'_, '_>,
    agent: AgentId,
    args: Vec<Labeled>,
) -> Result<Key<Frame>, Box<Raised>> {
    enter(cx, None, Start { agent, args, prefix: Name::default(), slice: None })
}

/// Begins a `run`.
pub(in super::super) fn begin(
    cx: &mut Cx<'_, '_>,
    place: Place,
    op: &RunAgent,
    path: &Name,
) -> Result<Next, Box<Raised>> {
    let agent = cx.program.agent(op.agent).ok_or_else(|| lost("an agent"))?;
    let args = cx.arguments(place, &agent.name, &agent.params, &op.args)?;
    let slice = op.budget.map(|budget| (format!("run {path}").into(), budget.bounds));
    let start = Start { agent: op.agent, args, prefix: format!("{path}/").into(), slice };
    let frame = enter(cx, Some(place.owner()), start)?;
    cx.visit_mut(place)?.work = Work::Frame(frame, 1);
    Ok(Next::Open)
}

/// The agent of a `run` ended: what it raised is `failed` here, or `budget`.
pub(in super::super) fn resume(cx: &mut Cx<'_, '_>, place: Place, came: Came) -> Came {
    cx.take_work(place)?;
    came.map_err(|raised| outward(&raised, FailureKind::Failed))
}

/// A failure as whoever runs the agent sees it: a budget stays one, everything else is `kind`. It keeps its place.
pub(super) fn outward(raised: &Raised, kind: FailureKind) -> Box<Raised> {
    let budget = raised.budget().cloned();
    let inner = raised.state.split('.').next().unwrap_or_default();
    let message = match &budget {
        Some(_) => raised.failure.message.clone(),
        None => format!("agent `{inner}` failed: {}", raised.failure.message),
    };
    let failure = Failure { kind: budget.unwrap_or(kind), message, ..raised.failure.clone() };
    Raised::new(failure, raised.span, raised.state.clone())
}

/// Puts a frame up and lines its first state up.
pub(super) fn enter(
    cx: &mut Cx<'_, '_>,
    owner: Option<Owner>,
    start: Start,
) -> Result<Key<Frame>, Box<Raised>> {
    let Start { agent: id, args, prefix, slice } = start;
    let agent = cx.program.agent(id).ok_or_else(|| lost("an agent"))?;
    let refuse = |message: String| {
        Raised::new(Failure::new(FailureKind::Failed, message), agent.span, agent.name.clone())
    };
    let (outer, depth) = match owner {
        Some(owner) => {
            let frame = cx.frame(owner.place.frame)?;
            (frame.innermost(owner.place.part), frame.depth + 1)
        }
        None => (cx.run.budgets.whole(), 0),
    };
    if depth >= MAX_DEPTH {
        return Err(refuse(format!("`{}` is the {MAX_DEPTH}th agent that runs inside another", agent.name)));
    }
    if args.len() != agent.params.len() {
        let message = format!("`{}` takes {} values, found {}", agent.name, agent.params.len(), args.len());
        return Err(refuse(message));
    }
    let mut slots = vec![None; agent.slots.len().max(args.len())];
    for ((slot, value), param) in slots.iter_mut().zip(args).zip(&agent.params) {
        let labels = value.labels.union(param.labels).union(type_labels(&param.ty, &cx.program.types));
        *slot = Some(Labeled::new(value.value, labels));
    }
    let mut account = outer;
    if let Some((scope, bounds)) = slice {
        account = cx.run.budgets.open(scope, account, bounds);
    }
    if let Some(budget) = &agent.budget {
        account = cx.run.budgets.open_agent(format!("agent {prefix}{}", agent.name).into(), account, budget);
    }
    let frame = Frame {
        agent: id,
        owner,
        prefix,
        slots,
        states: vec![StateMemo::default(); agent.states.len()],
        account,
        outer,
        fired: Vec::new(),
        loops: Vec::new(),
        activity: Activity::Between,
        depth,
    };
    let key = cx.run.frames.insert(frame);
    match bind_vars(cx, key) {
        Ok(()) => cx.run.ready.push(Ready::Enter(key, agent.first)),
        Err(raised) => cx.run.ready.push(Ready::Ended(key, Err(raised))),
    }
    Ok(key)
}

fn bind_vars(cx: &mut Cx<'_, '_>, key: Key<Frame>) -> Result<(), Box<Raised>> {
    for var in &cx.agent(key)?.vars {
        let value = cx.read_vars(key, |env| eval(&var.value, env))?;
        if let Some(slot) = cx.frame_mut(key)?.slots.get_mut(var.slot.index()) {
            *slot = Some(value);
        }
    }
    Ok(())
}
