//! `agentrun completions bash`: a script for a shell.

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::exit::Exit;
use crate::output;

/// Prints the script.
pub(crate) fn completions(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "agentrun", &mut script);
    output::out(&String::from_utf8_lossy(&script));
    Exit::Done
}
