//! Checks a resolved program and makes its parts: every field against the table of kinds, every expression against
//! its type. What is checked comes out as pieces of [`ir`]; `lower` puts them together.

mod agent;
mod args;
mod ask;
mod attrs;
mod braces;
mod broken;
mod budget;
mod builtins;
mod cx;
mod cycles;
mod decl;
mod edges;
mod events;
mod expect;
mod expected;
mod fields;
pub mod flow;
mod forms;
mod infer;
mod machine;
mod mocked;
mod names;
mod narrow;
pub mod notes;
mod objects;
mod odd;
mod operators;
mod parallel;
mod recall;
mod renamed;
mod runs;
mod signatures;
mod state;
mod tables;
mod test;
mod types;
mod unions;
mod unused;

use std::cell::RefCell;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::ir::{self, AgentId, GuardId, McpId, MemoryId, ModelId, SkillId, ToolId};
use crate::loader::Modules;
use crate::resolve::Names;
use crate::span::Span;
use crate::value::TypeTable;

use agent::AgentCx;
use broken::Broken;
use notes::{Notebook, Notes};
use tables::Tables;

/// The name and the forms of every built-in function; two forms stand with backticks between them.
pub fn builtin_forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    builtins::forms()
}

/// The name of every tool of ours.
pub fn builtin_tools() -> impl Iterator<Item = &'static str> {
    decl::builtin_tools()
}

/// The parts of a checked program. A part that was reported and cannot be made is missing; then there is an error
/// among the findings, and no program.
#[derive(Debug, Default)]
pub struct Checked {
    /// Declared types.
    pub types: TypeTable,
    /// By [`ModelId`].
    pub models: Vec<Option<ir::Model>>,
    /// By [`GuardId`].
    pub guards: Vec<Option<ir::Guard>>,
    /// By [`MemoryId`].
    pub memories: Vec<Option<ir::Memory>>,
    /// By [`ToolId`].
    pub tools: Vec<Option<ir::Tool>>,
    /// By [`McpId`].
    pub mcps: Vec<Option<ir::Mcp>>,
    /// By [`SkillId`].
    pub skills: Vec<Option<ir::Skill>>,
    /// By [`AgentId`].
    pub agents: Vec<Option<ir::Agent>>,
    /// Tests of the entry module.
    pub tests: Vec<Option<ir::Test>>,
    /// How many of the agents stand in the entry module.
    pub entry_agents: usize,
}

/// Checks a resolved program.
pub fn check(modules: &Modules, names: &Names<'_>, out: &mut Diagnostics) -> Checked {
    check_with(modules, names, Notebook::default(), out).0
}

/// The same, with what was found out on the way.
pub fn check_noting(modules: &Modules, names: &Names<'_>, out: &mut Diagnostics) -> (Checked, Notes) {
    check_with(modules, names, Notebook(Some(RefCell::default())), out)
}

fn check_with(
    modules: &Modules,
    names: &Names<'_>,
    notes: Notebook,
    out: &mut Diagnostics,
) -> (Checked, Notes) {
    let (broken, doubled) = (Broken::of(out, &modules.sources), Broken::doubled(out));
    let (types, hit) = types::declare(names, out);
    let (tools, agents) = (Vec::new(), Vec::new());
    let mut tables = Tables { modules, names, broken, doubled, types, hit, tools, agents, notes };
    signatures::fill(&mut tables, out);
    let tables = tables;
    unions::check_declared(&tables, out);
    let models = each(names.models.len(), |index| decl::model(&tables, ModelId(index), out));
    decl::route_cycles(&tables, &models, out);
    let guards = each(names.guards.len(), |index| decl::guard(&tables, GuardId(index), out));
    let memories = each(names.memories.len(), |index| decl::memory(&tables, MemoryId(index), out));
    let mcps = each(names.mcps.len(), |index| decl::mcp(&tables, McpId(index), out));
    let skills = each(names.skills.len(), |index| decl::skill(&tables, SkillId(index), out));
    let tools = each(names.tools.len(), |index| decl::tool(&tables, ToolId(index), out));
    let mut unread = Vec::new();
    let agents = each(names.agents.len(), |index| {
        let scope = names.scope(AgentId(index))?;
        let agent = AgentCx::new(&tables, AgentId(index), scope, out).with_flow();
        let before = out.len();
        let made = machine::agent(&agent, out);
        agent.note();
        // of a graph that lacks an edge or a state nothing is proved
        let whole = !agent.broken && !out.iter().skip(before).any(undoes);
        if let Some(flow) = agent.flow.as_ref().filter(|_| whole) {
            let errors = out.iter().skip(before).filter(|finding| finding.severity == Severity::Error);
            let wrong: Vec<Span> = errors.map(|finding| finding.primary.span).collect();
            flow::prove(flow, &tables.types, &wrong, out);
        }
        let made = made?;
        if out.is_clean() {
            unused::answers(&agent, &made, &tools, out);
            unread.extend(unused::parameters(&agent));
        }
        decl::check_users(&tables, &made, out);
        Some(made)
    });
    runs::cycles(&tables, &agents, &tools, out);
    let tests = names.tests.iter().map(|declared| test::test(&tables, declared, out)).collect();
    if out.is_clean() {
        let unread: Vec<_> = unread.into_iter().filter(|param| !unused::is_said(param, out)).collect();
        out.extend(unread);
        unused::declarations(&tables, out);
    }
    let all = (!out.is_clean()).then(|| out.clone());
    broken::said_once(out, &tables.broken, &modules.sources);
    odd::misspelt(out, &modules.sources);
    odd::one_out(out, &modules.sources);
    // What only follows from an error is left out, but never the last error itself.
    if let Some(all) = all.filter(|_| out.is_clean()) {
        *out = all;
    }
    let entry_agents = names.agents.iter().filter(|agent| agent.module.0 == 0).count();
    let notes = tables.notes.0.map(|notes| Notes { table: tables.types.clone(), ..notes.into_inner() });
    let checked = Checked {
        types: tables.types,
        models,
        guards,
        memories,
        tools,
        mcps,
        skills,
        agents,
        tests,
        entry_agents,
    };
    (checked, notes.unwrap_or_default())
}

/// Findings after which the graph is not the one that was meant.
const UNDOING: &[&str] = &["E0214", "E0216", "E0220", "E0221", "E0222", "E0224"];

/// What bounds or ends it may be what is misspelt, too.
fn undoes(finding: &Diagnostic) -> bool {
    let of_the_graph = ["`loop ", "`agent "].iter().any(|owner| finding.message.starts_with(owner));
    UNDOING.contains(&finding.code.0) || (finding.code.0 == "E0210" && of_the_graph)
}

fn each<T>(count: usize, mut make: impl FnMut(u32) -> Option<T>) -> Vec<Option<T>> {
    (0..count).map(|index| make(u32::try_from(index).unwrap_or(u32::MAX))).collect()
}
