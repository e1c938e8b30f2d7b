//! `parallel`: states side by side, or one for each element; done once enough have come.

use std::fmt::Write as _;
use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Join, Op, Parallel, Part, SlotId, State, StateId};
use agentrun_lang::value::{Labeled, Labels, Value};

use super::super::Note;
use super::super::arena::Key;
use super::super::budget::Account;
use super::super::context::{Cx, lost};
use super::super::raise::Raised;
use super::super::run::Ready;
use super::{Activity, Came, Frame, Place, Visit};
use crate::error::{Failure, FailureKind};

/// A parallel at work.
#[derive(Debug)]
pub(in super::super) struct Fan {
    /// The parallel's own visit.
    pub(in super::super) visit: Visit,
    /// Its own account, where it has a budget.
    pub(in super::super) account: Option<Key<Account>>,
    each: Option<Each>,
    parts: Vec<PartAt>,
    /// The next part to begin.
    next: usize,
    came: usize,
    ended: usize,
    /// How many must come.
    needed: usize,
    /// Without a quorum, `partial` leaves all that came: one failure does not end the others.
    is_all: bool,
}

#[derive(Debug)]
struct Each {
    slot: SlotId,
    elements: Arc<Vec<Value>>,
    labels: Labels,
}

#[derive(Debug)]
enum PartAt {
    Waiting,
    Working(Visit),
    Came(Labeled),
    Failed(FailureKind, String),
}

impl Fan {
    /// The visit of a part at work.
    pub(in super::super) fn part(&self, part: u32) -> Option<&Visit> {
        match self.parts.get(part as usize) {
            Some(PartAt::Working(visit)) => Some(visit),
            _ => None,
        }
    }

    /// The same, to change it.
    pub(in super::super) fn part_mut(&mut self, part: u32) -> Option<&mut Visit> {
        match self.parts.get_mut(part as usize) {
            Some(PartAt::Working(visit)) => Some(visit),
            _ => None,
        }
    }

    /// The element of a part, with the slot that reads it.
    pub(in super::super) fn element(&self, part: u32) -> Option<(SlotId, Labeled)> {
        let each = self.each.as_ref()?;
        let value = each.elements.get(part as usize)?;
        Some((each.slot, Labeled::new(value.clone(), each.labels)))
    }

    /// Whether what has not ended can change nothing: enough came, or too few can still come.
    fn is_decided(&self) -> bool {
        let open = self.parts.len().saturating_sub(self.ended);
        let can_come = self.is_all || self.came.saturating_add(open) >= self.needed;
        self.came >= self.needed || !can_come || open == 0
    }

    /// The parts at work.
    pub(in super::super) fn working(&self) -> Vec<u32> {
        let working = |(index, part): (usize, &PartAt)| match part {
            PartAt::Working(_) => u32::try_from(index).ok(),
            _ => None,
        };
        self.parts.iter().enumerate().filter_map(working).collect()
    }
}

/// Enters a parallel and begins as many of its parts as may work at once.
pub(in super::super) fn enter(
    cx: &mut Cx<'_, '_>,
    key: Key<Frame>,
    id: StateId,
    path: Name,
    op: &Parallel,
) -> Result<(), Box<Raised>> {
    let visit = Visit::new(id, path.clone(), cx.run.now);
    cx.frame_mut(key)?.activity = Activity::Visit(visit);
    let each = match read_each(cx, Place::whole(key), op) {
        Ok(each) => each,
        Err(raised) => {
            cx.run.ready.push(Ready::Came(Place::whole(key), Err(raised)));
            return Ok(());
        }
    };
    let count = each.as_ref().map_or(op.parts.len(), |each| each.elements.len());
    let frame = cx.frame(key)?;
    let outer = frame.loop_account();
    let account =
        op.budget.map(|budget| cx.run.budgets.open(format!("parallel {path}").into(), outer, budget.bounds));
    let fan = Fan {
        visit: Visit::new(id, path, cx.run.now),
        account,
        each,
        parts: std::iter::repeat_with(|| PartAt::Waiting).take(count).collect(),
        next: 0,
        came: 0,
        ended: 0,
        needed: needed(op.join, count),
        is_all: matches!(op.join, Join::All),
    };
    cx.frame_mut(key)?.activity = Activity::Fan(Box::new(fan));
    if count == 0 {
        return settle(cx, key);
    }
    let at_once = op.max.map_or(count, |max| (max as usize).clamp(1, count));
    begin_more(cx, key, at_once)
}

/// Begins a part.
pub(in super::super) fn begin_part(cx: &mut Cx<'_, '_>, place: Place) -> Result<(), Box<Raised>> {
    let now = cx.run.now;
    let Activity::Fan(fan) = &cx.frame(place.frame)?.activity else { return Ok(()) };
    let (parallel, outer, is_each) = (fan.visit.state, fan.visit.path.clone(), fan.each.is_some());
    let part = place.part.ok_or_else(|| lost("a part"))?;
    let id = part_state(cx, place.frame, parallel, if is_each { 0 } else { part as usize })?;
    let name = &cx.state(place.frame, id)?.name;
    let path = cx.path(|text| {
        if is_each { write!(text, "{outer}[{part}].{name}") } else { write!(text, "{outer}.{name}") }
    });
    if let Some(memo) = cx.frame_mut(place.frame)?.states.get_mut(id.index()) {
        memo.visits = memo.visits.saturating_add(1);
    }
    cx.note_entered(place.frame, id, &path)?;
    let Activity::Fan(fan) = &mut cx.frame_mut(place.frame)?.activity else { return Ok(()) };
    if let Some(waiting) = fan.parts.get_mut(part as usize) {
        *waiting = PartAt::Working(Visit::new(id, path, now));
    }
    cx.begin(place);
    Ok(())
}

/// A part came to an end: when enough have come, or no longer can, the rest are cancelled.
pub(in super::super) fn part_came(cx: &mut Cx<'_, '_>, place: Place, came: Came) -> Result<(), Box<Raised>> {
    let Activity::Fan(fan) = &mut cx.frame_mut(place.frame)?.activity else { return Ok(()) };
    let part = place.part.ok_or_else(|| lost("a part"))? as usize;
    let at = fan.parts.get_mut(part).ok_or_else(|| lost("a part"))?;
    let (result, end) = match came {
        Ok(value) => (Ok(value.value.clone()), PartAt::Came(value)),
        Err(raised) => {
            let name = Name::from(raised.failure.kind.event());
            (Err(name), PartAt::Failed(raised.failure.kind, raised.failure.message))
        }
    };
    fan.came += usize::from(result.is_ok());
    fan.ended += 1;
    let PartAt::Working(visit) = std::mem::replace(at, end) else { return Err(lost("a part")) };
    let (done, parallel) = (fan.is_decided(), fan.visit.state);
    let to = cx.state(place.frame, parallel)?.name.clone();
    cx.note_left(visit.path, result, to, None);
    if done { settle(cx, place.frame) } else { begin_more(cx, place.frame, 1) }
}

/// Lines the next parts up, the first of them on top.
fn begin_more(cx: &mut Cx<'_, '_>, key: Key<Frame>, count: usize) -> Result<(), Box<Raised>> {
    let Activity::Fan(fan) = &mut cx.frame_mut(key)?.activity else { return Err(lost("a parallel")) };
    let from = fan.next;
    fan.next = from.saturating_add(count).min(fan.parts.len());
    let parts = (from..fan.next).rev().filter_map(|part| u32::try_from(part).ok());
    cx.run.ready.extend(parts.map(|part| Ready::Begin(Place { frame: key, part: Some(part) })));
    Ok(())
}

/// The parallel is over: what still works is cancelled, and it is done or raises `partial`.
fn settle(cx: &mut Cx<'_, '_>, key: Key<Frame>) -> Result<(), Box<Raised>> {
    let Activity::Fan(fan) = &cx.frame(key)?.activity else { return Err(lost("a parallel")) };
    let (working, id) = (fan.working(), fan.visit.state);
    let to = cx.state(key, id)?.name.clone();
    for part in working {
        let place = Place { frame: key, part: Some(part) };
        let path = cx.visited(place)?.2;
        cx.abandon_visit(place);
        cx.run.notes.push(Note::Left { path, result: Err("canceled".into()), to: to.clone(), edge: None });
    }
    cx.run.ready.retain(|ready| !is_part_of(ready, key));
    let activity = std::mem::replace(&mut cx.frame_mut(key)?.activity, Activity::Between);
    let Activity::Fan(fan) = activity else { return Err(lost("a parallel")) };
    let encloses = |scope: &str| {
        let outer = fan.account.or_else(|| cx.frame(key).ok().map(Frame::loop_account));
        outer.is_some_and(|outer| cx.run.budgets.encloses(outer, scope))
    };
    let causes = causes(&fan, encloses);
    if let Some(account) = fan.account {
        let outer = cx.frame(key)?.loop_account();
        cx.run.budgets.close(account, outer);
    }
    let state = cx.state(key, id)?;
    let value = collect(&fan, state, cx.agent(key)?);
    let came = if fan.came >= fan.needed {
        Ok(value)
    } else {
        cx.bind(key, state, value)?;
        let failure = Failure::new(FailureKind::Partial, too_few(&fan, &state.name));
        let mut raised = cx.fail_at(key, id, state.span, failure);
        raised.causes = causes;
        Err(raised)
    };
    cx.frame_mut(key)?.activity = Activity::Visit(fan.visit);
    cx.run.ready.push(Ready::Came(Place::whole(key), came));
    Ok(())
}

fn is_part_of(ready: &Ready, key: Key<Frame>) -> bool {
    match ready {
        Ready::Begin(place) | Ready::Came(place, _) => place.frame == key && place.part.is_some(),
        Ready::Enter(..) | Ready::Ended(..) => false,
    }
}

/// What the parts failed with, each kind once; a budget only where its scope stands around the parts.
fn causes(fan: &Fan, encloses: impl Fn(&str) -> bool) -> Vec<FailureKind> {
    let mut causes = Vec::new();
    for part in &fan.parts {
        let PartAt::Failed(kind, _) = part else { continue };
        let counts = match kind {
            FailureKind::Budget { scope, .. } => encloses(scope),
            _ => true,
        };
        if counts && !causes.contains(kind) {
            causes.push(kind.clone());
        }
    }
    causes
}

fn too_few(fan: &Fan, name: &str) -> String {
    let mut message =
        format!("{} of {} parts of `{name}` came, {} are needed", fan.came, fan.parts.len(), fan.needed);
    let failed = fan.parts.iter().enumerate().filter_map(|(index, part)| match part {
        PartAt::Failed(kind, why) => Some(format!("\n[{index}] {}: {why}", kind.event())),
        _ => None,
    });
    message.extend(failed.take(5));
    message
}

fn collect(fan: &Fan, state: &State, agent: &agentrun_lang::ir::Agent) -> Labeled {
    let labels = fan.parts.iter().fold(Labels::NONE, |labels, part| match part {
        PartAt::Came(value) => labels.union(value.labels),
        _ => labels,
    });
    let came = |part: &PartAt| match part {
        PartAt::Came(value) => Some(value.value.clone()),
        _ => None,
    };
    let value = match &state.op {
        Op::Parallel(op) if fan.each.is_none() => {
            let name =
                |part: &Part| agent.state(part.state).map(|state| state.name.clone()).unwrap_or_default();
            let names = op.parts.iter().map(name);
            Value::record(names.zip(fan.parts.iter().map(|part| came(part).unwrap_or(Value::Null))))
        }
        _ => Value::list(fan.parts.iter().filter_map(came)),
    };
    Labeled::new(value, labels)
}

fn read_each(cx: &mut Cx<'_, '_>, place: Place, op: &Parallel) -> Result<Option<Each>, Box<Raised>> {
    let Some((slot, list)) = &op.each else { return Ok(None) };
    let read = cx.eval(place, list)?;
    match read.value {
        Value::List(elements) => Ok(Some(Each { slot: *slot, elements, labels: read.labels })),
        other => {
            let message = format!("expected a list, found `{}`", other.kind_word());
            let mut raised = cx.fail(place, Failure::new(FailureKind::Invalid, message));
            raised.span = list.span;
            Err(raised)
        }
    }
}

fn part_state(cx: &Cx<'_, '_>, key: Key<Frame>, id: StateId, index: usize) -> Result<StateId, Box<Raised>> {
    match &cx.state(key, id)?.op {
        Op::Parallel(op) => op.parts.get(index).map(|part| part.state).ok_or_else(|| lost("a part")),
        _ => Err(lost("a parallel")),
    }
}

/// How many of `count` parts must come. More than there are can never come: the event is `partial` then.
fn needed(join: Join, count: usize) -> usize {
    match join {
        Join::All => count,
        Join::Any => 1,
        Join::Count(least) => least as usize,
        Join::Share(share) => share_of(share, count),
    }
}

/// The smallest whole number that is at least `share` of `count`, rounding errors of the product left out.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a list has fewer elements than a float counts exactly, and a share lies between 0 and 1"
)]
fn share_of(share: f64, count: usize) -> usize {
    (share.clamp(0.0, 1.0) * count as f64 - 1e-9).ceil().max(0.0) as usize
}
