//! The `agentrun` command: reads the command line, hands over, ends with an exit code.

mod answer;
mod args;
mod commands;
mod compile;
mod exit;
mod files;
mod input;
mod keep;
mod launch;
mod log;
mod lsp;
mod output;
mod page;
mod params;
mod recorded;
mod render;
mod screen;
mod session;
mod setup;
mod stops;
mod stored;
mod terminal;
mod timeline;
mod visible;

use std::ffi::OsString;
use std::process::ExitCode;

use agentrun_runtime::tool::sandbox;
use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::exit::Exit;

fn main() -> ExitCode {
    // A confined command starts as this same program; nothing else may have happened by then.
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == sandbox::EXEC_WORD) {
        return sandbox::exec_main(words);
    }
    let argv = match std::env::args_os().map(OsString::into_string).collect::<Result<Vec<_>, _>>() {
        Ok(argv) => argv,
        Err(arg) => {
            output::complain(&format!("the argument `{}` is no UTF-8 text", arg.to_string_lossy()));
            return Exit::Usage.into();
        }
    };
    let split = params::split(argv);
    let cli = match Cli::try_parse_from(&split.ours) {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` arrive here too, and are no failure.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    log::start();
    let exit = match cli.command {
        None => commands::run::run(&cli.run, &split.params),
        Some(Command::Run(args)) => commands::run::run(&args, &split.params),
        Some(Command::Check(args)) => commands::check::check(&args),
        Some(Command::Explore(args)) => commands::explore::explore(&args),
        Some(Command::Test(args)) => commands::test::test(&args),
        Some(Command::Fmt(args)) => commands::fmt::fmt(&args),
        Some(Command::Graph(args)) => commands::graph::graph(&args),
        Some(Command::Explain(args)) => commands::explain::explain(&args),
        Some(Command::New(args)) => commands::new::new(&args),
        Some(Command::Doctor(args)) => commands::doctor::doctor(&args),
        Some(Command::Prices(args)) => commands::prices::prices(&args),
        Some(Command::Runs(args)) => commands::runs::runs(&args),
        Some(Command::Show(args)) => commands::show::show(&args),
        Some(Command::Resume(args)) => commands::resume::resume(&args),
        Some(Command::Replay(args)) => commands::replay::replay(&args),
        Some(Command::Fork(args)) => commands::fork::fork(&args),
        Some(Command::Diff(args)) => commands::diff::diff(&args),
        Some(Command::Forget(args)) => commands::forget::forget(&args),
        Some(Command::Lsp { .. }) => commands::lsp::lsp(),
        Some(Command::Completions { shell }) => commands::completions::completions(shell),
    };
    // What could not be written was not done.
    if exit == Exit::Done && output::is_lost() { Exit::Failed } else { exit }.into()
}
