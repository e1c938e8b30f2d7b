//! What a run could meet and cannot do yet: found before its first effect, with its place, so that a guardrail or
//! a memory is never passed over in silence. What that is stands in the language's table, [`not_run`].

use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::not_run::{self, NotRun};
use agentrun_lang::span::Span;

use super::RunError;
use super::reach::Reach;
use crate::error::{Failure, FailureKind};

/// Something that compiles and does not run yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Where it stands.
    pub span: Span,
    /// What it is, one lowercase line with names in backticks.
    pub what: String,
    /// What to write instead.
    pub mend: String,
}

/// Everything that a run of an agent could meet and that cannot run yet, in the order of the program's tables,
/// each place once.
pub fn preflight(program: &Program, agent: AgentId) -> Vec<Unsupported> {
    met(program, agent, |found| found.refused)
}

/// Everything that a run of an agent could meet and goes on without, in the same order.
pub fn unenforced(program: &Program, agent: AgentId) -> Vec<Unsupported> {
    met(program, agent, |found| !found.refused)
}

fn met(program: &Program, agent: AgentId, wanted: impl Fn(&NotRun) -> bool) -> Vec<Unsupported> {
    let reach = Reach::of_agent(program, agent);
    let agents = reach.agents.iter().filter_map(|id| program.agent(*id));
    let tools = reach.tools.iter().filter_map(|id| program.tool(*id));
    let met = not_run::met(program, agents, tools).into_iter().filter(wanted);
    met.map(|found| Unsupported { span: found.span, what: found.what, mend: found.mend }).collect()
}

/// The error of a run that could meet something of it.
pub(super) fn refusal(program: &Program, agent: AgentId) -> Option<RunError> {
    let found = preflight(program, agent);
    let first = found.first()?;
    let more = match found.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let message = format!("{}{more}\n{}", first.what, first.mend);
    let state = program.agent(agent).map(|agent| agent.name.clone()).unwrap_or_default();
    Some(RunError { failure: Failure::new(FailureKind::Failed, message), span: first.span, state })
}
