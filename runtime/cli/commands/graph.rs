//! `agentrun graph`: the states and edges of a file's agents.

use agentrun_lang::graph;

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
    output::out(&match args.format {
        GraphFormat::Mermaid => graph::mermaid(program),
        GraphFormat::Dot => graph::dot(program),
        GraphFormat::Svg => graph::svg(program),
        GraphFormat::Json => graph::json(program),
    });
    Exit::Done
}
