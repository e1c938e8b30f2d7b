//! Names to what they mean: the declarations each module sees, and each agent's flat namespace. What a name
//! means *in a place* (a pool here, a state there) is looked up by `check`, with the tables made here.

mod agent;
mod import;
mod scope;

pub use scope::{AgentScope, Binding, StateEntry};

use std::cell::Cell;

use indexmap::IndexMap;

use crate::ast::{AgentDecl, BlockDecl, BlockKind, Item, Name, TestDecl, ToolDecl, TypeDecl};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{AgentId, GuardId, McpId, MemoryId, ModelId, SkillId, ToolId};
use crate::loader::{ModuleId, Modules};
use crate::span::Span;
use crate::value::TypeId;

/// A declaration and the module it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a, T> {
    /// The module.
    pub module: ModuleId,
    /// As written.
    pub decl: &'a T,
}

/// What a declared name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Def {
    /// A type.
    Type(TypeId),
    /// A pool.
    Model(ModelId),
    /// A guardrail.
    Guard(GuardId),
    /// A memory.
    Memory(MemoryId),
    /// A tool.
    Tool(ToolId),
    /// A server of tools.
    Mcp(McpId),
    /// A skill.
    Skill(SkillId),
    /// An agent.
    Agent(AgentId),
    /// Something imported that could not be found; already reported.
    Unknown,
}

impl Def {
    /// What it is, with its article: `a tool`.
    pub fn sort(self) -> &'static str {
        match self {
            Self::Type(_) => "a type",
            Self::Model(_) => "a model pool",
            Self::Guard(_) => "a guard",
            Self::Memory(_) => "a memory",
            Self::Tool(_) => "a tool",
            Self::Mcp(_) => "an MCP server",
            Self::Skill(_) => "a skill",
            Self::Agent(_) => "an agent",
            Self::Unknown => "unknown",
        }
    }
}

/// The names that one module sees: its own declarations and what it imports.
pub type ModuleScope = IndexMap<Name, (Def, Span)>;

/// Every declaration of a program by its id, and every scope.
#[derive(Debug, Default)]
pub struct Names<'a> {
    /// By [`TypeId`].
    pub types: Vec<Declared<'a, TypeDecl>>,
    /// By [`ModelId`].
    pub models: Vec<Declared<'a, BlockDecl>>,
    /// By [`GuardId`].
    pub guards: Vec<Declared<'a, BlockDecl>>,
    /// By [`MemoryId`].
    pub memories: Vec<Declared<'a, BlockDecl>>,
    /// By [`McpId`].
    pub mcps: Vec<Declared<'a, BlockDecl>>,
    /// By [`SkillId`].
    pub skills: Vec<Declared<'a, BlockDecl>>,
    /// By [`ToolId`].
    pub tools: Vec<Declared<'a, ToolDecl>>,
    /// By [`AgentId`]; the entry module's first.
    pub agents: Vec<Declared<'a, AgentDecl>>,
    /// Tests of the entry module; those of others are never read.
    pub tests: Vec<Declared<'a, TestDecl>>,
    /// An agent's names and states, by [`AgentId`].
    pub scopes: Vec<AgentScope<'a>>,
    /// What each module sees, by [`ModuleId`].
    pub modules: Vec<ModuleScope>,
    /// By module, in the order of its scope: whether the name was looked up.
    used: Vec<Vec<Cell<bool>>>,
}

impl<'a> Names<'a> {
    /// What a name means among a module's declarations.
    pub fn find(&self, module: ModuleId, name: &str) -> Option<Def> {
        let (index, _, (def, _)) = self.modules.get(module.index())?.get_full(name)?;
        if let Some(used) = self.used.get(module.index()).and_then(|used| used.get(index)) {
            used.set(true);
        }
        Some(*def)
    }

    /// What a name means that nothing has looked up until now; `None` of one that was, or that is none.
    pub fn unused(&self, module: ModuleId, name: &str) -> Option<Def> {
        let (index, _, (def, _)) = self.modules.get(module.index())?.get_full(name)?;
        let used = self.used.get(module.index())?.get(index)?.get();
        (!used).then_some(*def)
    }

    /// The scope of an agent.
    pub fn scope(&self, id: AgentId) -> Option<&AgentScope<'a>> {
        self.scopes.get(id.index())
    }
}

/// Gives every declaration an id and every module and agent its names.
pub fn resolve<'a>(modules: &'a Modules, diagnostics: &mut Diagnostics) -> Names<'a> {
    let mut names = Names::default();
    for (index, module) in modules.list.iter().enumerate() {
        let id = ModuleId(u32::try_from(index).unwrap_or(u32::MAX));
        let scope = declare(&mut names, id, &module.ast.items, diagnostics);
        names.modules.push(scope);
    }
    import::bind(modules, &mut names, diagnostics);
    names.used = names.modules.iter().map(|scope| vec![Cell::new(false); scope.len()]).collect();
    for (index, agent) in names.agents.iter().enumerate() {
        let id = AgentId(u32::try_from(index).unwrap_or(u32::MAX));
        names.scopes.push(agent::scope(id, agent.decl, diagnostics));
    }
    names
}

fn declare<'a>(
    names: &mut Names<'a>,
    module: ModuleId,
    items: &'a [Item],
    diagnostics: &mut Diagnostics,
) -> ModuleScope {
    let mut scope = ModuleScope::new();
    for item in items {
        let def = match item {
            Item::Type(decl) => Def::Type(TypeId(push(&mut names.types, module, decl))),
            Item::Tool(decl) => Def::Tool(ToolId(push(&mut names.tools, module, decl))),
            Item::Agent(decl) => Def::Agent(AgentId(push(&mut names.agents, module, decl))),
            Item::Block(decl) => match decl.kind {
                BlockKind::Model => Def::Model(ModelId(push(&mut names.models, module, decl))),
                BlockKind::Guard => Def::Guard(GuardId(push(&mut names.guards, module, decl))),
                BlockKind::Memory => Def::Memory(MemoryId(push(&mut names.memories, module, decl))),
                BlockKind::Mcp => Def::Mcp(McpId(push(&mut names.mcps, module, decl))),
                BlockKind::Skill => Def::Skill(SkillId(push(&mut names.skills, module, decl))),
            },
            Item::Test(decl) => {
                if module.0 == 0 {
                    push(&mut names.tests, module, decl);
                }
                continue;
            }
        };
        let Some(name) = item.name() else { continue };
        match scope.get(&name.name) {
            Some((_, first)) => diagnostics.push(declared_twice(&name.name, name.span, *first)),
            None => {
                scope.insert(name.name.clone(), (def, name.span));
            }
        }
    }
    scope
}

fn push<'a, T>(table: &mut Vec<Declared<'a, T>>, module: ModuleId, decl: &'a T) -> u32 {
    table.push(Declared { module, decl });
    u32::try_from(table.len() - 1).unwrap_or(u32::MAX)
}

fn declared_twice(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(Code("E0204"), span, format!("`{name}` is declared twice"))
        .also(first, "first declared here")
        .hint("all declarations of a file share one namespace: rename one of them")
}
