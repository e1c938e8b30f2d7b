//! Where a run stands: a frame for each agent at work, and in it the one state it visits, or a parallel's many.
//! One file a kind says how a visit begins and goes on.

pub(super) mod ask;
pub(super) mod call;
pub(super) mod human;
pub(super) mod loops;
pub(super) mod parallel;
pub(super) mod plan;
pub(super) mod run_agent;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, MemoryId, SlotId, StateId};
use agentrun_lang::value::{Labeled, Value};

use self::ask::Asked;
use self::parallel::Fan;
use self::plan::Planner;
use super::EffectId;
use super::arena::Key;
use super::budget::Account;
use super::raise::Raised;

/// An agent at work.
#[derive(Debug)]
pub(super) struct Frame {
    /// Which agent.
    pub(super) agent: AgentId,
    /// Who waits for its result; the run itself where nobody does.
    pub(super) owner: Option<Owner>,
    /// What stands before its states' names in a path; empty or ends in `/`.
    pub(super) prefix: Name,
    /// Its bindings.
    pub(super) slots: Vec<Option<Labeled>>,
    /// One a state.
    pub(super) states: Vec<StateMemo>,
    /// The innermost account around all of it.
    pub(super) account: Key<Account>,
    /// The account around it that is not its own.
    pub(super) outer: Key<Account>,
    /// Handlers of the agent that have fired: which `on`, which of its events.
    pub(super) fired: Vec<(usize, usize)>,
    /// The loops it stands in, outermost first.
    pub(super) loops: Vec<Rounds>,
    /// What it does.
    pub(super) activity: Activity,
    /// How many frames stand around it.
    pub(super) depth: u32,
}

/// What a frame keeps for each of its states.
#[derive(Clone, Debug, Default)]
pub(super) struct StateMemo {
    /// How often it was entered.
    pub(super) visits: u32,
    /// `Support.triage`, once it was needed.
    pub(super) name: Option<Name>,
}

/// What a frame does.
#[derive(Debug)]
pub(super) enum Activity {
    /// It is between two states.
    Between,
    /// It visits a state.
    Visit(Visit),
    /// It visits a parallel.
    Fan(Box<Fan>),
}

/// One visit of a state.
#[derive(Debug)]
pub(super) struct Visit {
    /// Which.
    pub(super) state: StateId,
    /// Its path, `gather#1[2].scout/dig#1`.
    pub(super) path: Name,
    /// When it was entered, in milliseconds since 1970.
    pub(super) entered: i64,
    /// What it waits for.
    pub(super) work: Work,
}

/// What a visit waits for.
#[derive(Debug)]
pub(super) enum Work {
    /// Nothing yet, or nothing more.
    Idle,
    /// An effect.
    Effect(EffectId),
    /// A model call, and what is kept for its answer.
    Ask(Box<Asked>),
    /// An agent's frame, and which attempt it is.
    Frame(Key<Frame>, u32),
    /// A planner's turns.
    Plan(Box<Planner>),
}

/// A round of a loop.
#[derive(Debug)]
pub(super) struct Rounds {
    /// The loop.
    pub(super) state: StateId,
    /// Its path.
    pub(super) path: Name,
    /// When it was entered.
    pub(super) entered: i64,
    /// Rounds begun.
    pub(super) round: u64,
    /// The least that `stall` has measured.
    pub(super) best: Option<Value>,
    /// Rounds since.
    pub(super) idle: u32,
    /// Its own account, where it has a budget.
    pub(super) account: Option<Key<Account>>,
    /// Chat memories emptied at each round.
    pub(super) fresh: Box<[MemoryId]>,
}

/// A visit: the frame's own, or that of a parallel's part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The frame.
    pub(super) frame: Key<Frame>,
    /// The part.
    pub(super) part: Option<u32>,
}

/// Who waits for an agent's result, or for an effect's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    /// The visit.
    pub(super) place: Place,
    /// The planner's call in its turn, where it is one.
    pub(super) call: Option<u32>,
}

/// What a visit does next.
#[derive(Debug)]
pub(super) enum Next {
    /// It waits.
    Open,
    /// It is done.
    Done(Labeled),
}

/// What a visit came to.
pub(super) type Came = Result<Labeled, Box<Raised>>;

impl Place {
    /// The frame's own visit.
    pub(super) fn whole(frame: Key<Frame>) -> Self {
        Self { frame, part: None }
    }

    /// The owner without a planner's call.
    pub(super) fn owner(self) -> Owner {
        Owner { place: self, call: None }
    }
}

impl Visit {
    /// A visit that waits for nothing yet.
    pub(super) fn new(state: StateId, path: Name, entered: i64) -> Self {
        Self { state, path, entered, work: Work::Idle }
    }
}

impl Frame {
    /// The visit at a part, or the frame's own.
    pub(super) fn visit(&self, part: Option<u32>) -> Option<&Visit> {
        match (&self.activity, part) {
            (Activity::Visit(visit), None) => Some(visit),
            (Activity::Fan(fan), None) => Some(&fan.visit),
            (Activity::Fan(fan), Some(part)) => fan.part(part),
            _ => None,
        }
    }

    /// The same, to change it.
    pub(super) fn visit_mut(&mut self, part: Option<u32>) -> Option<&mut Visit> {
        match (&mut self.activity, part) {
            (Activity::Visit(visit), None) => Some(visit),
            (Activity::Fan(fan), None) => Some(&mut fan.visit),
            (Activity::Fan(fan), Some(part)) => fan.part_mut(part),
            _ => None,
        }
    }

    /// The element that a part of a parallel works on, with the slot that reads it.
    pub(super) fn element(&self, part: Option<u32>) -> Option<(SlotId, Labeled)> {
        match (&self.activity, part) {
            (Activity::Fan(fan), Some(part)) => fan.element(part),
            _ => None,
        }
    }

    /// The innermost account around a visit of it.
    pub(super) fn innermost(&self, part: Option<u32>) -> Key<Account> {
        if let (Activity::Fan(fan), Some(_)) = (&self.activity, part)
            && let Some(account) = fan.account
        {
            return account;
        }
        self.loop_account()
    }

    /// The innermost account around the state it stands at.
    pub(super) fn loop_account(&self) -> Key<Account> {
        self.loops.iter().rev().find_map(|rounds| rounds.account).unwrap_or(self.account)
    }
}
