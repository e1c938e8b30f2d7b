//! `agentrun explore`: every edge taken once, with values made from the types; what goes wrong is told with a test.

use agentrun_lang::ir::{AgentId, Program};
use agentrun_runtime::machine::{preflight, roots};
use agentrun_runtime::testing::{Explored, explore as explore_agent};

use crate::args::ExploreArgs;
use crate::compile::compile;
use crate::exit::Exit;
use crate::launch::failed;
use crate::output;

/// Edges listed for one agent.
const MOST_EDGES: usize = 40;

/// Explores a file's agents.
pub(crate) fn explore(args: &ExploreArgs) -> Exit {
    let color = output::color(args.no_color);
    let compiled = match compile(&args.file, color, true) {
        Ok(compiled) => compiled,
        Err(exit) => return exit,
    };
    let program = &*compiled.program;
    let agents = match chosen(program, args.agent.as_deref()) {
        Ok(agents) => agents,
        Err(message) => {
            output::complain(&message);
            return Exit::Usage;
        }
    };
    let mut wrong = false;
    for agent in agents {
        let name = program.agent(agent).map_or("", |agent| &*agent.name);
        let later = preflight(program, agent);
        if let Some(first) = later.first() {
            output::err(&format!(
                "{name}: not explored: {} ({})\n",
                first.what,
                program.sources.place(first.span)
            ));
            continue;
        }
        let found = explore_agent(program, agent);
        wrong |= !found.errors.is_empty();
        tell(program, name, &found, color);
    }
    if wrong { Exit::Failed } else { Exit::Done }
}

/// The named agent, else every one of the file that no other runs.
fn chosen(program: &Program, name: Option<&str>) -> Result<Vec<AgentId>, String> {
    if let Some(name) = name {
        let found =
            program.entry_agent(name).ok_or_else(|| format!("there is no agent `{name}` in this file"))?;
        return Ok(vec![found]);
    }
    let roots: Vec<AgentId> = roots(program).collect();
    if roots.is_empty() { Err("this file declares no agent; it is a library".into()) } else { Ok(roots) }
}

fn tell(program: &Program, name: &str, found: &Explored, color: bool) {
    let (taken, edges) = (found.coverage.taken.len(), found.coverage.edges.len());
    let runs = if found.runs == 1 { "run" } else { "runs" };
    let end = match found.errors.len() {
        0 => "nothing goes wrong".to_owned(),
        1 => "one place goes wrong".to_owned(),
        count => format!("{count} places go wrong"),
    };
    output::err(&format!("{name}: {} {runs}, {taken} of {edges} edges taken, {end}\n", found.runs));
    for span in found.coverage.missing().take(MOST_EDGES) {
        let text = program.sources.slice(*span).split_whitespace().collect::<Vec<_>>().join(" ");
        output::err(&format!("  never taken: {}  {text}\n", program.sources.place(*span)));
    }
    for counter in &found.errors {
        output::err(&failed(program, &counter.error, color));
        output::out(&format!("{}\n", counter.test));
    }
}
