//! Exit codes, as documented in `--help` and the README.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was well.
    Done,
    /// The run failed, a file would change, a thing was not found.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A file does not compile.
    DoesNotCompile,
    /// The run waits for a person.
    Waiting,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// SIGHUP.
    HungUp,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::DoesNotCompile => 3,
            Exit::Waiting => 4,
            Exit::HungUp => 129,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        })
    }
}
