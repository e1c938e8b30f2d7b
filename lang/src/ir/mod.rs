//! The checked program as the runtime executes it: immutable, serde, walked by index. Names that a run's record
//! shows are kept; nothing is looked up by name at run time.

mod decl;
mod expr;
mod providers;
mod state;

pub use decl::{
    Agent, Builtin, EffectClass, Guard, GuardAction, GuardOn, KeyRef, Mcp, Memory, MemoryKind, Model, Param,
    Price, Require, Sandbox, Skill, Strategy, Target, Test, Tool, ToolBody, Var,
};
pub use expr::{ExpectFunction, Expr, ExprKind, Function, Meter, Pattern, Piece, Template};
pub use providers::PROVIDERS;
pub use state::{
    Approve, Ask, Bounds, Budget, Call, ContextItem, Edge, EventName, Goto, Join, Loop, On, Op, Parallel,
    Part, Plan, RunAgent, Set, Stall, State, Wait,
};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::source::SourceMap;
use crate::value::TypeTable;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The index into its table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}

ids! {
    /// Index into [`Program::agents`].
    AgentId,
    /// Index into [`Agent::states`].
    StateId,
    /// Index into an agent's or a tool's bindings: parameters first, then variables, states, `each` names.
    SlotId,
    /// Index into [`Program::tools`].
    ToolId,
    /// Index into [`Program::models`].
    ModelId,
    /// Index into [`Program::guards`].
    GuardId,
    /// Index into [`Program::memories`].
    MemoryId,
    /// Index into [`Program::mcps`].
    McpId,
    /// Index into [`Program::skills`].
    SkillId,
}

/// A compiled program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// SHA-256 over everything below but the sources, in hexadecimal: the program's version in a journal.
    pub hash: String,
    /// Declared types.
    pub types: TypeTable,
    /// Pools.
    pub models: Vec<Model>,
    /// Guardrails.
    pub guards: Vec<Guard>,
    /// Memories.
    pub memories: Vec<Memory>,
    /// Tools.
    pub tools: Vec<Tool>,
    /// MCP servers.
    pub mcps: Vec<Mcp>,
    /// Skills.
    pub skills: Vec<Skill>,
    /// Agents of every module; the entry module's first, in the order written.
    pub agents: Vec<Agent>,
    /// How many of `agents` stand in the entry module.
    pub entry_agents: usize,
    /// Tests of the entry module.
    pub tests: Vec<Test>,
    /// The texts it was compiled from.
    pub sources: Arc<SourceMap>,
}

macro_rules! lookups {
    ($($(#[$doc:meta])* $name:ident($id:ident) -> $table:ident: $item:ident),+ $(,)?) => {
        impl Program {$(
            $(#[$doc])*
            pub fn $name(&self, id: $id) -> Option<&$item> {
                self.$table.get(id.index())
            }
        )+}
    };
}

lookups! {
    /// The agent of an id.
    agent(AgentId) -> agents: Agent,
    /// The tool of an id.
    tool(ToolId) -> tools: Tool,
    /// The pool of an id.
    model(ModelId) -> models: Model,
    /// The guardrail of an id.
    guard(GuardId) -> guards: Guard,
    /// The memory of an id.
    memory(MemoryId) -> memories: Memory,
    /// The MCP server of an id.
    mcp(McpId) -> mcps: Mcp,
    /// The skill of an id.
    skill(SkillId) -> skills: Skill,
}

impl Program {
    /// The agent named `name` among the entry module's.
    pub fn entry_agent(&self, name: &str) -> Option<AgentId> {
        let index = self.agents.iter().take(self.entry_agents).position(|agent| &*agent.name == name)?;
        u32::try_from(index).ok().map(AgentId)
    }
}

impl Agent {
    /// The state of an id.
    pub fn state(&self, id: StateId) -> Option<&State> {
        self.states.get(id.index())
    }
}
