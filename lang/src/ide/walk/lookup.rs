//! Where a bare name is looked up, and where the name stands that declared it.

use crate::kinds::FieldType;
use crate::resolve::{AgentScope, Binding, Def, Names};
use crate::span::Span;

/// The name of a declaration.
pub(in super::super) fn declared(names: &Names<'_>, def: Def) -> Option<Span> {
    Some(match def {
        Def::Type(id) => names.types.get(id.0 as usize)?.decl.name.span,
        Def::Model(id) => names.models.get(id.index())?.decl.name.span,
        Def::Guard(id) => names.guards.get(id.index())?.decl.name.span,
        Def::Memory(id) => names.memories.get(id.index())?.decl.name.span,
        Def::Tool(id) => names.tools.get(id.index())?.decl.name.span,
        Def::Mcp(id) => names.mcps.get(id.index())?.decl.name.span,
        Def::Skill(id) => names.skills.get(id.index())?.decl.name.span,
        Def::Agent(id) => names.agents.get(id.index())?.decl.name.span,
        Def::Unknown => return None,
    })
}

/// Where a bare name of an expression is looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Among an agent's names, then among declarations.
    Value,
    /// Among declarations.
    Declared,
    /// Nowhere: it is a word.
    Word,
    /// In `expect`: the states of the tested agent, then declarations.
    Tested,
}

pub(super) fn lookup(ty: FieldType) -> Lookup {
    match ty {
        FieldType::Pool
        | FieldType::ToolCall
        | FieldType::AgentCall
        | FieldType::Tested
        | FieldType::Tools
        | FieldType::Agents
        | FieldType::Skills
        | FieldType::Skill
        | FieldType::Memory
        | FieldType::Memories
        | FieldType::Guards
        | FieldType::McpTool
        | FieldType::Judge
        | FieldType::Detectors
        | FieldType::Action => Lookup::Declared,
        FieldType::Word(_)
        | FieldType::Words
        | FieldType::Errors
        | FieldType::Join
        | FieldType::Builtin
        | FieldType::Scope => Lookup::Word,
        _ => Lookup::Value,
    }
}

/// The name that a binding was made by.
pub(super) fn bound(scope: &AgentScope<'_>, binding: Binding) -> Option<Span> {
    Some(match binding {
        Binding::Param(index) => scope.decl.params.get(index)?.name.span,
        Binding::Var(index) => scope.decl.body.vars().nth(index)?.name.span,
        Binding::State(id) => scope.state(id)?.decl.name.span,
        Binding::Each(id) => scope.state(id)?.decl.body.each()?.name.span,
    })
}
