//! What the machine asks the driver to do. Each effect has a stable id, is journaled before it starts and
//! after it ends, and comes back as an event.

use std::fmt;
use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Bounds, ContextItem, Expr, GuardId, ModelId, ToolId};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Date, Labeled, Labels, Type, Value};
use serde::{Deserialize, Serialize};

use crate::chat::{Message, ToolSpec};

/// A stable id: path, visit, part and step by name, `gather#1[2].scout/dig#1.3`. With the run's id it is the
/// journal's key and the idempotency key that tools and providers get.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectId(pub Arc<str>);

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing to do.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Which.
    pub id: EffectId,
    /// The state's place in the program.
    pub span: Span,
    /// The budgets that a spend charges, outermost first.
    pub scopes: Vec<Scope>,
    /// Milliseconds that all `time` budgets have left; the host ends the effect then, as `budget`.
    pub time_left: Option<u64>,
    /// What to do.
    pub kind: EffectKind,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum EffectKind {
    /// A model call, through the whole call line.
    CallModel(Box<CallModel>),
    /// A tool call.
    CallTool(CallTool),
    /// A person's decision.
    AskHuman(AskHuman),
    /// A user's turn.
    Wait(WaitFor),
}

/// A name for a budget's scope, unique in a run: `agent Support`, `loop work#2`, `parallel gather#1`.
pub type ScopeId = Arc<str>;

/// A budget around an effect, and what the machine knows to be spent of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Which.
    pub id: ScopeId,
    /// Its bounds, a kept-back reserve already taken off.
    pub bounds: Bounds,
    /// What settled outcomes have charged to it.
    pub spent: Spending,
}

/// Settled spending of a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// Billionths of a dollar.
    pub cost: i64,
    /// Milliseconds.
    pub time: u64,
    /// Model calls.
    pub calls: u64,
    /// Input and output tokens.
    pub tokens: u64,
}

/// A model call: what an `ask`, or one turn of a `plan`, wants to know.
#[derive(Clone, Debug)]
pub struct CallModel {
    /// The pool.
    pub pool: ModelId,
    /// The conversation, the system message first where there is one.
    pub messages: Vec<Message>,
    /// Labels of everything that went into the messages.
    pub labels: Labels,
    /// Tools that the model may ask for; empty for an `ask`.
    pub tools: Vec<ToolSpec>,
    /// What must come back.
    pub output: Output,
    /// How often to ask again with the violation.
    pub repair: u32,
    /// What must be true of the answer.
    pub checks: Option<Arc<Checks>>,
    /// Overrides the pool's.
    pub temperature: Option<f64>,
    /// Overrides the pool's.
    pub max_tokens: Option<u32>,
    /// The task's name for the router.
    pub task: Option<Name>,
    /// Whether an exact match may answer.
    pub cache: bool,
    /// Whether a text answer streams to the reader.
    pub stream: bool,
    /// Guardrails, the agent's first.
    pub guards: Vec<GuardId>,
    /// `Support.triage`, for traces and scripts: agent and state; a part is `Support.results.one`.
    pub state: Name,
    /// What its `context:` named, for a later issue's caches.
    pub context: Vec<ContextItem>,
}

/// What a model must give back.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Plain text.
    Text,
    /// A value of a type, as JSON.
    Typed(Type),
}

/// `check:` conditions with what they read, so that the call line can test an answer by itself.
#[derive(Clone, Debug)]
pub struct Checks {
    /// Each must be true.
    pub exprs: Vec<Expr>,
    /// The agent's bindings at the state's entry.
    pub slots: Arc<[Option<Labeled>]>,
    /// An `each` element, where the state is a parallel's part.
    pub overlay: Vec<(agentrun_lang::ir::SlotId, Labeled)>,
    /// The moment of entry.
    pub now: Date,
    /// What the run had spent then.
    pub spent: Spending,
}

/// A tool call.
#[derive(Clone, Debug)]
pub struct CallTool {
    /// Which.
    pub tool: ToolId,
    /// One a parameter, each already of its parameter's type.
    pub args: Vec<Labeled>,
    /// Milliseconds.
    pub timeout: Option<u64>,
    /// Further attempts, where the effect class or `once` allows one.
    pub retry: u32,
    /// The value of the tool's `once`, where it has one.
    pub once: Option<Value>,
    /// `Support.order`.
    pub state: Name,
}

/// A person's decision.
#[derive(Clone, Debug, PartialEq)]
pub struct AskHuman {
    /// The question.
    pub prompt: String,
    /// What is shown with it.
    pub show: Vec<(Name, Labeled)>,
    /// Who may answer.
    pub by: Option<String>,
    /// The words to choose from; empty: yes or no.
    pub choices: Vec<Name>,
    /// Milliseconds.
    pub timeout: Option<u64>,
    /// `Support.refund_ok`.
    pub state: Name,
}

/// A user's turn.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitFor {
    /// What is shown.
    pub show: Vec<(Name, Labeled)>,
    /// A queue.
    pub queue: Option<String>,
    /// A webhook.
    pub webhook: Option<String>,
    /// What must come.
    pub ty: Type,
    /// Milliseconds.
    pub timeout: Option<u64>,
    /// `Support.escalate`.
    pub state: Name,
}
