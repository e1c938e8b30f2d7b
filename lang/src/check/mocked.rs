//! The states and tools that a test names: `triage`, `passes.security`, `gather.scout.dig`, `dig.search`.

use crate::ast::{Expr, ExprKind, Ident, Path};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{AgentId, StateId, ToolId};
use crate::loader::ModuleId;
use crate::resolve::{AgentScope, Def, StateEntry};
use crate::suggest::did_you_mean;

use super::tables::Tables;

/// What a test names.
pub(super) enum Target<'p> {
    /// A state of an agent: the tested one, or one that it runs.
    State(&'p AgentScope<'p>, StateId),
    /// A planner's tool.
    Tool(ToolId),
}

/// What it is named for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is answered.
    Mock,
    /// Its visits are asked for.
    Look,
}

/// What a path names, or why it names nothing that can be used so.
pub(super) fn find<'p>(
    tables: &'p Tables<'p>,
    scope: &'p AgentScope<'p>,
    path: &Path,
    purpose: Purpose,
) -> Result<Target<'p>, Box<Diagnostic>> {
    let mut segments = path.segments.iter();
    let Some(first) = segments.next() else { return Err(wrong(path, "a name is wanted here")) };
    let mut scope = scope;
    let mut entry = top(scope, first)?;
    loop {
        let Some(segment) = segments.next() else { return whole(scope, entry, path, purpose) };
        match entry.kind.word {
            "parallel" => entry = part(scope, entry, segment)?,
            "run" => {
                let id = agent_of(tables, scope, entry);
                scope = inner(tables, id, entry, segment)?;
                entry = top(scope, segment)?;
            }
            "plan" => match planned(tables, scope, entry, segment)? {
                Planned::Tool(id) => match segments.next() {
                    None => return Ok(Target::Tool(id)),
                    Some(more) => return Err(unknown(more, "a tool holds no states".to_owned())),
                },
                Planned::Server => return Ok(Target::State(scope, entry.id)),
                Planned::Agent(id) => {
                    let Some(segment) = segments.next() else {
                        return Err(wrong(
                            path,
                            "name a state of that agent: what it returns follows from them",
                        ));
                    };
                    scope = inner(tables, Some(id), entry, segment)?;
                    entry = top(scope, segment)?;
                }
            },
            word => {
                let message = format!("`{word} {}` holds no `{}`", entry.decl.name.name, segment.name);
                return Err(unknown(segment, message));
            }
        }
    }
}

/// A dotted name of an expression as a path.
pub(super) fn path_of(expr: &Expr) -> Option<Path> {
    match &expr.kind {
        ExprKind::Name(name) => {
            Some(Path { segments: vec![Ident { name: name.clone(), span: expr.span }], span: expr.span })
        }
        ExprKind::Member(base, name) => {
            let mut path = path_of(base)?;
            path.segments.push(name.clone());
            Some(Path { span: expr.span, ..path })
        }
        _ => None,
    }
}

fn wrong(path: &Path, message: &str) -> Box<Diagnostic> {
    Diagnostic::new(Code("E0514"), path.span, message).into()
}

fn unknown(at: &Ident, message: String) -> Box<Diagnostic> {
    Diagnostic::new(Code("E0514"), at.span, message).into()
}

fn top<'p>(scope: &'p AgentScope<'p>, name: &Ident) -> Result<&'p StateEntry<'p>, Box<Diagnostic>> {
    if let Some(entry) = scope.state_named(&name.name).and_then(|id| scope.state(id)) {
        return Ok(entry);
    }
    let agent = &scope.decl.name.name;
    let finding = *unknown(name, format!("the agent `{agent}` has no state `{}`", name.name));
    let part = scope.states.iter().find(|state| state.part && state.decl.name.name == name.name);
    let parallel = part.and_then(|part| scope.state(part.parent?));
    Err(if let Some(parallel) = parallel {
        finding
            .hint(format!("a part is named with its parallel: `{}.{}`", parallel.decl.name.name, name.name))
    } else {
        let states = scope.states.iter().filter(|state| !state.part).map(|state| &*state.decl.name.name);
        did_you_mean(finding, &name.name, states)
    }
    .into())
}

fn part<'p>(
    scope: &'p AgentScope<'p>,
    parallel: &StateEntry<'_>,
    name: &Ident,
) -> Result<&'p StateEntry<'p>, Box<Diagnostic>> {
    let named = |part: &&StateEntry<'_>| part.decl.name.name == name.name;
    if let Some(part) = scope.children(Some(parallel.id)).find(named) {
        return Ok(part);
    }
    let finding =
        *unknown(name, format!("the parallel `{}` has no part `{}`", parallel.decl.name.name, name.name));
    let parts = scope.children(Some(parallel.id)).map(|part| &*part.decl.name.name).collect::<Vec<_>>();
    Err(did_you_mean(finding, &name.name, parts.into_iter()).into())
}

fn module(tables: &Tables<'_>, scope: &AgentScope<'_>) -> ModuleId {
    tables.names.agents.get(scope.id.index()).map_or(ModuleId(0), |agent| agent.module)
}

/// The agent that a `run` runs.
fn agent_of(tables: &Tables<'_>, scope: &AgentScope<'_>, entry: &StateEntry<'_>) -> Option<AgentId> {
    let value = &entry.decl.body.field("agent")?.value;
    let ExprKind::Call(name, _) = &value.kind else { return None };
    let ExprKind::Name(name) = &name.kind else { return None };
    match tables.names.find(module(tables, scope), name) {
        Some(Def::Agent(id)) => Some(id),
        _ => None,
    }
}

fn inner<'p>(
    tables: &'p Tables<'p>,
    id: Option<AgentId>,
    entry: &StateEntry<'_>,
    at: &Ident,
) -> Result<&'p AgentScope<'p>, Box<Diagnostic>> {
    let scope = id.and_then(|id| tables.names.scope(id));
    scope.ok_or_else(|| unknown(at, format!("`{}` runs no agent that is known", entry.decl.name.name)))
}

/// What a planner has under a name.
enum Planned {
    Tool(ToolId),
    /// A server's tool, which has no declaration here.
    Server,
    Agent(AgentId),
}

fn planned(
    tables: &Tables<'_>,
    scope: &AgentScope<'_>,
    entry: &StateEntry<'_>,
    name: &Ident,
) -> Result<Planned, Box<Diagnostic>> {
    let module = module(tables, scope);
    let listed = |key: &str| match entry.decl.body.field(key).map(|field| &field.value.kind) {
        Some(ExprKind::List(items)) => items.iter().collect::<Vec<&Expr>>(),
        _ => Vec::new(),
    };
    let (tools, agents) = (listed("tools"), listed("agents"));
    let is_named = |item: &&&Expr| matches!(&item.kind, ExprKind::Name(word) if *word == name.name);
    let of_server = |item: &&&Expr| {
        path_of(item).is_some_and(|path| {
            path.segments.len() > 1 && path.segments.first().is_some_and(|first| first.name == name.name)
        })
    };
    if tools.iter().chain(&agents).any(|item| is_named(&item)) {
        match tables.names.find(module, &name.name) {
            Some(Def::Tool(id)) => return Ok(Planned::Tool(id)),
            Some(Def::Agent(id)) => return Ok(Planned::Agent(id)),
            _ => {}
        }
    }
    if tools.iter().any(|item| of_server(&item)) {
        return Ok(Planned::Server);
    }
    let message = format!("the planner `{}` has no tool or agent `{}`", entry.decl.name.name, name.name);
    let known: Vec<&str> = tools.iter().chain(&agents).map(|item| tables.source(item.span)).collect();
    Err(did_you_mean(*unknown(name, message), &name.name, known.into_iter()).into())
}

/// The path ends at a state.
fn whole<'p>(
    scope: &'p AgentScope<'p>,
    entry: &'p StateEntry<'p>,
    path: &Path,
    purpose: Purpose,
) -> Result<Target<'p>, Box<Diagnostic>> {
    let name = &entry.decl.name.name;
    let finding = |message: String| Diagnostic::new(Code("E0514"), path.span, message);
    match (purpose, entry.kind.word) {
        (Purpose::Mock, "parallel") => {
            let parts: Vec<String> = scope
                .children(Some(entry.id))
                .map(|part| format!("`{name}.{}`", part.decl.name.name))
                .collect();
            Err(finding(format!("a parallel is answered part by part: `{name}`"))
                .hint(format!("mock {}", parts.join(", ")))
                .into())
        }
        (Purpose::Mock, "loop") => Err(finding(format!("the loop `{name}` has no answer of its own"))
            .hint("mock the states inside it: each `mock` of a state is its next visit")
            .into()),
        (Purpose::Mock, word @ ("branch" | "let")) => {
            Err(finding(format!("`{word} {name}` asks nobody: there is nothing to answer")).into())
        }
        _ => Ok(Target::State(scope, entry.id)),
    }
}
