//! The launcher of confined commands as a program of its own, for those who build the runtime into theirs: their
//! `Settings::launcher` names this one. The `agentrun` program is its own launcher.

use std::process::ExitCode;

use agentrun_runtime::tool::sandbox::{EXEC_WORD, exec_main};

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|word| word == EXEC_WORD) { exec_main(args) } else { ExitCode::from(2) }
}
