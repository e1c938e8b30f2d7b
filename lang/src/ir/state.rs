//! States, what they do, and the edges between them.

use serde::{Deserialize, Serialize};

use super::{AgentId, Expr, GuardId, MemoryId, ModelId, SkillId, SlotId, StateId, Template, ToolId};
use crate::ast::Name;
use crate::span::Span;
use crate::value::Type;

/// A state. A machine walks `edges` after its operation is done, `on` after it failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Its name.
    pub name: Name,
    /// The word of its kind, `ask`.
    pub kind: Name,
    /// Its documentation.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Where its result goes.
    pub slot: SlotId,
    /// The type of its result ([`Type::Null`] where it has none).
    pub ty: Type,
    /// The loop it stands in; `None` at the agent's top.
    pub parent: Option<StateId>,
    /// What it does.
    pub op: Op,
    /// Tried in order once the operation is done; empty in a parallel's part.
    pub edges: Vec<Edge>,
    /// By event.
    pub on: Vec<On>,
    /// The agent's guardrails, then its own.
    pub guards: Vec<GuardId>,
}

/// What a state does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// One typed model call.
    Ask(Ask),
    /// A planner.
    Plan(Plan),
    /// One tool call.
    Call(Call),
    /// A nested machine, round after round.
    Loop(Loop),
    /// Edges only.
    Branch,
    /// States side by side.
    Parallel(Parallel),
    /// Another agent.
    Run(RunAgent),
    /// A person's decision.
    Approve(Approve),
    /// A user's turn, a queue or a webhook.
    Wait(Wait),
    /// A pure value.
    Let(Expr),
    /// Reads a memory.
    Recall {
        /// Which.
        from: MemoryId,
        /// What is looked for.
        query: Option<Expr>,
        /// A key.
        key: Option<Expr>,
        /// At most so many.
        top: u32,
        /// A filter over `meta`.
        filter: Option<Expr>,
        /// The past.
        as_of: Option<Expr>,
    },
    /// Writes a memory.
    Remember {
        /// Which.
        into: MemoryId,
        /// What.
        value: Expr,
        /// Its key.
        key: Option<Expr>,
        /// What stands beside it.
        meta: Option<Expr>,
        /// How long it lives, in milliseconds.
        ttl: Option<u64>,
        /// The pool that sums it up first.
        summarize: Option<ModelId>,
    },
    /// Deletes from a memory.
    Forget {
        /// Which.
        from: MemoryId,
        /// One row.
        uid: Option<Expr>,
        /// By key.
        key: Option<Expr>,
        /// By text.
        query: Option<Expr>,
        /// Everything of the scope.
        all: bool,
    },
    /// Opens a skill.
    Open {
        /// Which.
        skill: SkillId,
        /// The files wanted beside its text.
        files: Vec<Expr>,
    },
}

/// What every model state shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The pool that answers.
    pub model: ModelId,
    /// What is asked; a planner's goal stands here too.
    pub prompt: Template,
    /// The system text.
    pub system: Option<Template>,
    /// Chat memories and opened skills.
    pub context: Vec<ContextItem>,
    /// Images and documents to attach.
    pub images: Vec<Expr>,
    /// The task's name for the router.
    pub task: Option<Name>,
    /// Skills whose texts a planner or an `ask` may open.
    pub skills: Vec<SkillId>,
    /// How often to ask again, quoting what was wrong.
    pub repair: u32,
    /// Each must be true of the answer (`.f` is the answer's).
    pub check: Vec<Expr>,
    /// Whether an exact match may answer.
    pub cache: bool,
    /// Overrides the pool's.
    pub temperature: Option<f64>,
    /// Overrides the pool's.
    pub max_tokens: Option<u32>,
    /// Whether the text streams to the reader; only a `string` answer does.
    pub stream: bool,
}

/// What a `context:` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContextItem {
    /// A chat memory.
    Memory(MemoryId),
    /// The result of an `open` state.
    Skill(SlotId),
}

/// A planner: the model picks among tools and agents until it gives the type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Model, context, task, repair and the like; `prompt` is the goal.
    pub ask: Ask,
    /// Tools it may call.
    pub tools: Vec<ToolId>,
    /// Whole servers' tools it may call, by `mcp.tool`.
    pub mcp_tools: Vec<(super::McpId, Name)>,
    /// Agents it may run.
    pub agents: Vec<AgentId>,
    /// At most so many turns.
    pub steps: u32,
    /// Tools that ask a person first.
    pub confirm: Vec<ToolId>,
}

/// One tool call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Which tool.
    pub tool: ToolId,
    /// One a parameter, in the order of the tool's; defaults are filled in.
    pub args: Vec<Expr>,
    /// Milliseconds; overrides the tool's.
    pub timeout: Option<u64>,
    /// Further attempts.
    pub retry: u32,
}

/// A nested machine. Its states are those with this state as `parent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    /// Where a round begins.
    pub first: StateId,
    /// Tested at each `next`, first.
    pub until: Option<Expr>,
    /// At most so many rounds.
    pub max: Option<u64>,
    /// What it may spend.
    pub budget: Option<Budget>,
    /// Ends it when nothing moves.
    pub stall: Option<Stall>,
    /// A new model context every round.
    pub fresh: bool,
    /// Memories that survive `fresh`.
    pub carry: Vec<MemoryId>,
}

/// `stall: { of: e, rounds: n }`: no progress means not smaller than the best so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    /// What must get smaller.
    pub of: Expr,
    /// After so many rounds without.
    pub rounds: u32,
}

/// States side by side, or one for each element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parallel {
    /// Its parts; exactly one where `each` is there.
    pub parts: Vec<Part>,
    /// The list and the slot of an element.
    pub each: Option<(SlotId, Expr)>,
    /// At most so many at once.
    pub max: Option<u32>,
    /// When it is done.
    pub join: Join,
    /// What it may spend.
    pub budget: Option<Budget>,
}

/// A part of a parallel: a state without edges, in [`Agent::states`](super::Agent::states), its `parent` the parallel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The state.
    pub state: StateId,
}

/// When a parallel is done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Join {
    /// Every part has come.
    All,
    /// One has.
    Any,
    /// So many have.
    Count(u32),
    /// Such a share has, rounded up; above 0, at most 1.
    Share(f64),
}

/// Another agent, in a frame of the same run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunAgent {
    /// Which.
    pub agent: AgentId,
    /// One a parameter, defaults filled in.
    pub args: Vec<Expr>,
    /// Its slice.
    pub budget: Option<Budget>,
}

/// A person's decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approve {
    /// The question.
    pub prompt: Template,
    /// What is shown with it: a label (the source text) and a value each.
    pub show: Vec<(Name, Expr)>,
    /// Who may answer.
    pub by: Option<Expr>,
    /// Milliseconds.
    pub timeout: Option<u64>,
    /// The words to choose from; empty: yes or no.
    pub choices: Vec<Name>,
}

/// A user's turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// What is shown: a label and a value each.
    pub show: Vec<(Name, Expr)>,
    /// A queue's name.
    pub queue: Option<Expr>,
    /// A webhook's name.
    pub webhook: Option<Expr>,
    /// Milliseconds.
    pub timeout: Option<u64>,
}

/// The way on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// Where it stands.
    pub span: Span,
    /// Its condition; `None` is always.
    pub when: Option<Expr>,
    /// Where it goes.
    pub goto: Goto,
    /// Written together before entry, right sides read first.
    pub sets: Vec<Set>,
}

/// `set x = e`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Set {
    /// The variable.
    pub slot: SlotId,
    /// The value.
    pub value: Expr,
}

/// Where an edge goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Goto {
    /// A state of the same agent; leaving loops is allowed, entering is not.
    State(StateId),
    /// The agent's result.
    Return(Option<Expr>),
    /// The agent fails.
    Fail(Expr),
    /// The next round of the innermost loop.
    Next,
    /// Out of the innermost loop, by its normal exit.
    Break,
}

/// An edge by event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct On {
    /// Which events.
    pub events: Vec<EventName>,
    /// The way on; its `when` is `None`.
    pub edge: Edge,
}

/// An event's name: the kinds' (`invalid`, `budget`, …), `error`, or a tool's own error.
pub type EventName = Name;

/// What may be spent. Every field stands alone; `None` bounds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// What it bounds.
    pub bounds: Bounds,
    /// Kept back for the path behind the agent's `on budget`, in billionths of a dollar.
    pub reserve: Option<i64>,
    /// Where it stands.
    pub span: Span,
}

/// The four bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Billionths of a dollar.
    pub cost: Option<i64>,
    /// Milliseconds, durable waits left out.
    pub time: Option<u64>,
    /// Model calls.
    pub calls: Option<u64>,
    /// Input and output tokens.
    pub tokens: Option<u64>,
}
