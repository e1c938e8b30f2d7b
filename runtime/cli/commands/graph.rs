//! `agentrun graph`: the states and edges of a file's agents.

use agentrun_lang::graph;
use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::suggest::nearest;

use crate::args::{GraphArgs, GraphFormat};
use crate::compile::compile;
use crate::exit::Exit;
use crate::output;

/// Prints the graph.
pub(crate) fn graph(args: &GraphArgs) -> Exit {
    let compiled = match compile(&args.file, output::color(false), false) {
        Ok(compiled) => compiled,
        Err(exit) => return exit,
    };
    let program = &compiled.program;
    let only = match args.agent.as_deref().map(|name| named(program, name)).transpose() {
        Ok(only) => only,
        Err(message) => {
            output::complain(&message);
            return Exit::Usage;
        }
    };
    output::out(&match args.format {
        GraphFormat::Mermaid => graph::mermaid(program, only),
        GraphFormat::Dot => graph::dot(program, only),
        GraphFormat::Svg => graph::svg(program, only),
        GraphFormat::Json => graph::json(program, only),
    });
    Exit::Done
}

fn named(program: &Program, name: &str) -> Result<AgentId, String> {
    program.entry_agent(name).ok_or_else(|| {
        let agents = program.agents.iter().take(program.entry_agents);
        let agents: Vec<&str> = agents.map(|agent| &*agent.name).collect();
        let mend = match nearest(name, agents.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", agents.join(", ")),
        };
        format!("there is no agent `{name}`; {mend}")
    })
}
