//! `loop`: a nested machine, round after round, and the four tests at each `next`.

use agentrun_lang::ast::Name;
use agentrun_lang::eval::{eval, is_true};
use agentrun_lang::ir::{Loop, Op, Stall, StateId};
use agentrun_lang::value::{Labeled, Labels, Value, order};

use super::super::arena::Key;
use super::super::context::{Cx, lost};
use super::super::raise::Raised;
use super::super::reach::chats_below;
use super::super::run::Ready;
use super::{Frame, Rounds, Visit};
use crate::error::{Failure, FailureKind};

/// What a `next` comes to.
enum Verdict {
    /// Another round.
    On,
    /// The normal exit.
    Done,
    /// An event of the loop.
    Event(Failure),
}

/// Enters a loop and its first round.
pub(in super::super) fn enter(
    cx: &mut Cx<'_, '_>,
    key: Key<Frame>,
    id: StateId,
    path: Name,
    op: &Loop,
) -> Result<(), Box<Raised>> {
    let frame = cx.frame(key)?;
    let (outer, agent) = (frame.loop_account(), frame.agent);
    let account =
        op.budget.map(|budget| cx.run.budgets.open(format!("loop {path}").into(), outer, budget.bounds));
    let fresh = if op.fresh { chats_below(cx.program, agent, id, &op.carry) } else { Box::default() };
    let entered = cx.run.now;
    let rounds = Rounds { state: id, path, entered, round: 0, best: None, idle: 0, account, fresh };
    cx.frame_mut(key)?.loops.push(rounds);
    begin_round(cx, key, op)
}

/// The innermost loop goes on, ends, or raises: `until`, then `stall`, `max`, `budget`.
pub(in super::super) fn next(cx: &mut Cx<'_, '_>, key: Key<Frame>) -> Result<(), Box<Raised>> {
    let id = cx.frame(key)?.loops.last().map(|rounds| rounds.state).ok_or_else(|| lost("a loop"))?;
    let Op::Loop(op) = &cx.state(key, id)?.op else { return Err(lost("a loop")) };
    match verdict(cx, key, op) {
        Ok(Verdict::On) => begin_round(cx, key, op),
        Ok(Verdict::Done) => exit(cx, key),
        Ok(Verdict::Event(failure)) => {
            let span = cx.state(key, id)?.span;
            let raised = cx.fail_at(key, id, span, failure);
            raise_at_loop(cx, key, raised)
        }
        Err(raised) => raise_at_loop(cx, key, raised),
    }
}

/// Leaves the innermost loop by its normal exit.
pub(in super::super) fn exit(cx: &mut Cx<'_, '_>, key: Key<Frame>) -> Result<(), Box<Raised>> {
    let rounds = pop(cx, key)?.ok_or_else(|| lost("a loop"))?;
    let value = result(rounds.round);
    cx.leave(key, &Visit::new(rounds.state, rounds.path, rounds.entered), value)
}

/// Takes the innermost loop off, with its account.
pub(in super::super) fn pop(cx: &mut Cx<'_, '_>, key: Key<Frame>) -> Result<Option<Rounds>, Box<Raised>> {
    let frame = cx.frame_mut(key)?;
    let Some(rounds) = frame.loops.pop() else { return Ok(None) };
    let outer = frame.loop_account();
    if let Some(account) = rounds.account {
        cx.run.budgets.close(account, outer);
    }
    Ok(Some(rounds))
}

/// A loop's value.
pub(in super::super) fn result(rounds: u64) -> Labeled {
    let rounds = Value::Int(i64::try_from(rounds).unwrap_or(i64::MAX));
    Labeled::new(Value::record([("rounds", rounds)]), Labels::NONE)
}

fn begin_round(cx: &mut Cx<'_, '_>, key: Key<Frame>, op: &Loop) -> Result<(), Box<Raised>> {
    let rounds = cx.frame_mut(key)?.loops.last_mut().ok_or_else(|| lost("a loop"))?;
    rounds.round = rounds.round.saturating_add(1);
    let (id, value) = (rounds.state, result(rounds.round));
    if !rounds.fresh.is_empty() {
        let fresh = rounds.fresh.clone();
        cx.run.chats.clear(&fresh);
    }
    let state = cx.state(key, id)?;
    cx.bind(key, state, value)?;
    cx.run.ready.push(Ready::Enter(key, op.first));
    Ok(())
}

fn raise_at_loop(cx: &mut Cx<'_, '_>, key: Key<Frame>, raised: Box<Raised>) -> Result<(), Box<Raised>> {
    let rounds = pop(cx, key)?.ok_or_else(|| lost("a loop"))?;
    cx.raise(key, &Visit::new(rounds.state, rounds.path, rounds.entered), raised, true)
}

fn verdict(cx: &mut Cx<'_, '_>, key: Key<Frame>, op: &Loop) -> Result<Verdict, Box<Raised>> {
    let rounds = cx.frame(key)?.loops.last().ok_or_else(|| lost("a loop"))?;
    let visit = Visit::new(rounds.state, rounds.path.clone(), cx.run.now);
    let (round, account) = (rounds.round, rounds.account);
    let own = result(round);
    let name = &cx.state(key, visit.state)?.name;
    if let Some(until) = &op.until
        && cx.read_after(key, &visit, Some(&own), |env| is_true(until, env))?
    {
        return Ok(Verdict::Done);
    }
    if let Some(stall) = &op.stall
        && is_stalled(cx, key, &visit, &own, stall)?
    {
        let message = format!("{} rounds of `{name}` without progress", stall.rounds);
        return Ok(Verdict::Event(Failure::new(FailureKind::Stalled, message)));
    }
    if op.max.is_some_and(|max| round >= max) {
        let message = format!("`{name}` ran out of rounds after {round}");
        return Ok(Verdict::Event(Failure::new(FailureKind::Exhausted, message)));
    }
    let spent = account.and_then(|account| cx.run.budgets.exhausted(account, cx.run.now));
    Ok(spent.map_or(Verdict::On, Verdict::Event))
}

/// Measures once a round; only less than the best so far is progress. The first measure is the best so far.
fn is_stalled(
    cx: &mut Cx<'_, '_>,
    key: Key<Frame>,
    visit: &Visit,
    own: &Labeled,
    stall: &Stall,
) -> Result<bool, Box<Raised>> {
    let measure = cx.read_after(key, visit, Some(own), |env| eval(&stall.of, env))?.value;
    let rounds = cx.frame_mut(key)?.loops.last_mut().ok_or_else(|| lost("a loop"))?;
    let ordered = match &rounds.best {
        _ if measure.is_null() => Ok(rounds.round == 1),
        None => Ok(true),
        Some(best) => order(&measure, best).map(std::cmp::Ordering::is_lt),
    };
    let progress = match ordered {
        Ok(progress) => progress,
        Err(message) => {
            let failure = Failure::new(FailureKind::Invalid, message);
            return Err(cx.fail_at(key, visit.state, stall.of.span, failure));
        }
    };
    if !progress {
        rounds.idle = rounds.idle.saturating_add(1);
        return Ok(rounds.idle >= stall.rounds);
    }
    if !measure.is_null() {
        rounds.best = Some(measure);
    }
    rounds.idle = 0;
    Ok(false)
}
