//! What happened, as the machine is told; and what it answers.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labels, Value};
use serde::{Deserialize, Serialize};

use super::{Effect, EffectId};
use crate::chat::{FinishReason, ToolCall};
use crate::error::Failure;

/// Something that happened, at a time: the machine has no clock of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Milliseconds since 1970.
    pub at: i64,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EventKind {
    /// The run begins: the agent's index and a value for each parameter, checked against its type.
    Begin {
        /// Which agent.
        agent: u32,
        /// One a parameter.
        input: Vec<Value>,
        /// Tenant, user, team, tier: what `caller` reads.
        caller: Value,
    },
    /// An effect ended.
    Finished {
        /// Which.
        effect: EffectId,
        /// How.
        outcome: Outcome,
    },
    /// A run whose process was gone is taken up again: the time since the last event counts for nobody.
    Resumed {
        /// Effects that were under way when it went, and what each may have cost: charged, since nobody will ever
        /// know.
        lost: Vec<(EffectId, Spent)>,
    },
    /// Somebody pressed Ctrl-C: every open effect is cancelled and the run fails as `canceled`.
    Cancel,
}

/// How an effect ended, and what it cost either way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What came back.
    pub result: Result<Answer, Failure>,
    /// What it cost.
    pub spent: Spent,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// A model's.
    Model(ModelAnswer),
    /// A tool's value, with labels of its own.
    Tool(Value, Labels),
    /// A person's: the shape of `approve`, or the value of a `wait`.
    Human(Value),
    /// Nobody is there to answer: the effect stays open and the run may end as waiting.
    Parked,
}

/// A model's answer: a value of the asked type, or tool calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// The typed value; `None` where tools were asked for instead.
    pub value: Option<Value>,
    /// The text as it came.
    pub text: Arc<str>,
    /// Tools it asks for.
    pub tool_calls: Vec<ToolCall>,
    /// `openai/gpt-5-mini`.
    pub target: Name,
    /// Attempts made, the last included.
    pub attempts: u32,
    /// Why it stopped.
    pub finish: FinishReason,
}

/// What an effect cost. An unknown price is `cost: None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Billionths of a dollar.
    pub cost: Option<i64>,
    /// Milliseconds it took; a durable wait's do not count.
    pub time: u64,
    /// Model calls: repairs count, failover's attempts do not.
    pub calls: u64,
    /// Input tokens, counted or estimated.
    pub input: u64,
    /// Output tokens, counted or estimated.
    pub output: u64,
}

impl Spent {
    /// What costs nobody anything.
    pub const FREE: Self = Self { cost: Some(0), time: 0, calls: 0, input: 0, output: 0 };

    /// Adds what something else cost, but for its time: what happens side by side takes no longer.
    pub fn add(&mut self, other: &Self) {
        self.cost = self.cost.zip(other.cost).map(|(sum, cost)| sum.saturating_add(cost));
        self.calls = self.calls.saturating_add(other.calls);
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
    }
}

/// What to do next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Start these, cancel those; both may be empty while others are still open.
    Perform {
        /// To start, in order.
        start: Vec<Effect>,
        /// To cancel; a late outcome is journaled and settled, never given to the machine.
        cancel: Vec<EffectId>,
    },
    /// Nothing is open but what waits for a person.
    Waiting,
    /// The agent returned.
    Done(Value),
    /// The run failed.
    Failed(RunError),
}

/// Why a run failed, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// What happened.
    pub failure: Failure,
    /// The state's place in the program.
    pub span: Span,
    /// `Support.triage`.
    pub state: Name,
}

/// What the machine did on its way, for records and screens. Never read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// A state was entered.
    Entered {
        /// Its path, `gather#1[2].scout/dig#1`.
        path: Name,
        /// `Scout.dig`.
        state: Name,
        /// Its kind.
        kind: Name,
        /// Which time, from 1.
        visit: u32,
    },
    /// A state was left by an edge.
    Left {
        /// Its path.
        path: Name,
        /// Its result, or the failure's event.
        result: Result<Value, Name>,
        /// Where to: a state's name, `return`, `fail`, `next`, `break`, or what handled the event.
        to: Name,
        /// The place of the edge or handler that was followed; `None` where another state's led out of this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edge: Option<Span>,
    },
}
