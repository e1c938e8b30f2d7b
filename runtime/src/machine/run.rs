//! A run: where it stands and what it knows. It is rebuilt by feeding it the same events, never stored.

use std::fmt;
use std::sync::Arc;

use agentrun_lang::eval::Meters;
use agentrun_lang::ir::StateId;
use agentrun_lang::value::{Labeled, Labels, Value};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::arena::{Arena, Key};
use super::budget::{Account, Budgets, Spends};
use super::conversation::Chats;
use super::frame::{Came, Frame, Owner, Place};
use super::{Effect, EffectId, Note, RunError, Spending, Step};
use crate::error::Failure;

/// A run's name, unique to whoever runs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub Arc<str>);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A run of one agent and of all that it runs.
#[derive(Debug)]
pub struct Run {
    id: RunId,
    /// The time of the last event.
    pub(super) now: i64,
    pub(super) caller: Value,
    pub(super) ended: Option<Box<Result<Labeled, RunError>>>,
    pub(super) frames: Arena<Frame>,
    pub(super) root: Option<Key<Frame>>,
    pub(super) budgets: Budgets,
    pub(super) chats: Chats,
    /// Effects that were started and have not ended, cancelled ones included.
    pub(super) open: IndexMap<EffectId, Open>,
    /// What is left to do before the step is over; the last is first.
    pub(super) ready: Vec<Ready>,
    pub(super) start: Vec<Effect>,
    pub(super) cancel: Vec<EffectId>,
    pub(super) notes: Vec<Note>,
    /// A buffer for paths.
    pub(super) scratch: String,
}

/// An effect that was started and has not ended.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) owner: Owner,
    pub(super) account: Key<Account>,
    /// Whether its time counts.
    pub(super) timed: bool,
    /// Nobody is there to answer it.
    pub(super) parked: bool,
    /// It was cancelled: its outcome is charged to these and goes nowhere.
    pub(super) canceled: Option<Box<[Key<Account>]>>,
}

/// Something to do in the same step.
#[derive(Debug)]
pub(super) enum Ready {
    /// A frame's next state.
    Enter(Key<Frame>, StateId),
    /// A parallel's part begins.
    Begin(Place),
    /// A visit came to an end.
    Came(Place, Came),
    /// An agent did.
    Ended(Key<Frame>, Came),
}

impl Run {
    /// A run that has not begun; [`EventKind::Begin`](super::EventKind::Begin) begins it.
    pub fn new(id: RunId) -> Self {
        Self {
            id,
            now: 0,
            caller: Value::Null,
            ended: None,
            frames: Arena::new(),
            root: None,
            budgets: Budgets::new(),
            chats: Chats::default(),
            open: IndexMap::new(),
            ready: Vec::new(),
            start: Vec::new(),
            cancel: Vec::new(),
            notes: Vec::new(),
            scratch: String::new(),
        }
    }

    /// Its name.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Tenant, user, team, tier, as the run began with them; `null` before.
    pub fn caller(&self) -> &Value {
        &self.caller
    }

    /// How it ended; `None` while it goes on.
    pub fn result(&self) -> Option<Result<&Value, &RunError>> {
        self.ended.as_ref().map(|ended| ended.as_ref().as_ref().map(|labeled| &labeled.value))
    }

    /// The labels of its result; none while it goes on or where it failed.
    pub fn result_labels(&self) -> Labels {
        match self.ended.as_deref() {
            Some(Ok(labeled)) => labeled.labels,
            _ => Labels::NONE,
        }
    }

    /// What its outcomes have cost so far, and its running time up to the last event.
    pub fn spending(&self) -> Spending {
        self.budgets.spending(self.now)
    }

    /// The same, as expressions read it.
    pub(super) fn meters(&self) -> Meters {
        let Spending { cost, time, calls, tokens } = self.spending();
        Meters { cost, time, calls, tokens }
    }

    /// True once a model call came back without a known price, so that the cost is a lower bound.
    pub fn has_unknown_cost(&self) -> bool {
        self.budgets.unknown_cost
    }

    /// The effects that are still wanted, in no particular but always the same order.
    pub fn open_effects(&self) -> impl Iterator<Item = &EffectId> {
        self.open.iter().filter(|(_, open)| open.canceled.is_none()).map(|(id, _)| id)
    }

    /// The effects that were given up and whose outcomes have not come yet.
    pub fn canceled_effects(&self) -> impl Iterator<Item = &EffectId> {
        self.open.iter().filter(|(_, open)| open.canceled.is_some()).map(|(id, _)| id)
    }

    /// Whether an effect waits for a person who was not there.
    pub fn is_parked(&self, id: &EffectId) -> bool {
        self.open.get(id).is_some_and(|open| open.parked)
    }

    /// An open effect as it would be asked for now: what its budgets have left may have changed since it was. A
    /// failure where one of them has nothing left.
    pub fn again(&self, effect: &Effect) -> Result<Effect, Failure> {
        let Some(open) = self.open.get(&effect.id) else { return Ok(effect.clone()) };
        let (scopes, time_left) = self.budgets.scopes(open.account, Spends::of(&effect.kind), self.now)?;
        Ok(Effect { scopes, time_left, ..effect.clone() })
    }

    /// The time of the last event, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// True where nothing is open but what waits for a person that is not there.
    pub fn is_waiting(&self) -> bool {
        let mut wanted = self.open.values().filter(|open| open.canceled.is_none()).peekable();
        self.ended.is_none() && wanted.peek().is_some() && wanted.all(|open| open.parked)
    }

    /// What it did since the last call.
    pub fn drain_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// What is to be cancelled although no [`Step::Perform`] said so: what was open when the run ended.
    pub fn drain_canceled(&mut self) -> Vec<EffectId> {
        std::mem::take(&mut self.cancel)
    }

    /// What the step comes to, once nothing more is ready.
    pub(super) fn take_step(&mut self) -> Step {
        if let Some(ended) = &self.ended {
            return match ended.as_ref() {
                Ok(labeled) => Step::Done(labeled.value.clone()),
                Err(error) => Step::Failed(error.clone()),
            };
        }
        if self.start.is_empty() && self.cancel.is_empty() && self.is_waiting() {
            return Step::Waiting;
        }
        Step::Perform { start: std::mem::take(&mut self.start), cancel: std::mem::take(&mut self.cancel) }
    }
}
