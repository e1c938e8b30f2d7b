//! The commands about runs that a journal has, as clap sees them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::terminal;

/// Which journal.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Where {
    /// The journal to look into, instead of the user's own
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
}

/// What is seen of a run that goes on, and whom it may ask.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub(crate) struct Going {
    /// Show nothing but the result and errors
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Print one JSON event a line on standard output instead of the result
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,

    /// No colors
    #[arg(long)]
    pub(crate) no_color: bool,

    /// Never ask on the terminal
    #[arg(long)]
    pub(crate) no_ask: bool,
}

impl Going {
    /// Whether a person at the terminal is asked.
    pub(crate) fn asks(&self) -> bool {
        !self.no_ask && !self.json && terminal::is_there()
    }
}

/// What to take up again.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// A run's id, its beginning, or `last`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,

    /// Answer what the run waits for: JSON or a word (`yes`, `no`, a choice); `EFFECT=ANSWER` where it waits for several
    #[arg(long, value_name = "[EFFECT=]ANSWER")]
    pub(crate) answer: Vec<String>,

    /// Answer for a pool with another target from here on
    #[arg(long, value_name = "[POOL=]TARGET")]
    pub(crate) model: Vec<String>,

    /// How it goes on.
    #[command(flatten)]
    pub(crate) going: Going,

    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// Which runs to list.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RunsArgs {
    /// Something else to do with them.
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,

    /// Only runs with this: `state=waiting`, `agent=Support`, `file=main.agent`, `user=ana`, or a word that any of these,
    /// or the id, contains
    #[arg(long, value_name = "[KEY=]TEXT")]
    pub(crate) filter: Vec<String>,

    /// As JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,

    /// Where they are.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// What else to do with runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Delete runs that are over
    Prune {
        /// Only runs that began longer ago than this: `30d`, `12h`
        #[arg(long, value_name = "TIME")]
        older: String,

        /// Where they are.
        #[command(flatten)]
        place: Where,
    },
}

/// Which run to show.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A run's id, its beginning, or `last`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// As one HTML page that needs nothing else
    #[arg(long, conflicts_with = "json")]
    pub(crate) html: bool,

    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// From where to try another way.
#[derive(Debug, Args)]
pub(crate) struct ForkArgs {
    /// A run's id, its beginning, or `last`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,

    /// The step that is done anew: a state's path or an effect, as `agentrun show` names them, such as `draft#2`
    #[arg(long, value_name = "STEP", required_unless_present = "set")]
    pub(crate) at: Option<String>,

    /// What that step gives: nobody is asked. Without `--at`, the last time that STATE asked
    #[arg(long, value_name = "STATE=VALUE")]
    pub(crate) set: Option<String>,

    /// Answer for a pool with another target from there on
    #[arg(long, value_name = "[POOL=]TARGET")]
    pub(crate) model: Vec<String>,

    /// How it goes on.
    #[command(flatten)]
    pub(crate) going: Going,

    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// Which runs to compare.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// A run's id, its beginning, or `last`
    #[arg(value_name = "RUN1")]
    pub(crate) one: String,

    /// Another
    #[arg(value_name = "RUN2")]
    pub(crate) other: String,

    /// Where they are.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// Whose data to forget.
#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// The user, as `--caller user=…` named them
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,

    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Where,
}

/// Which run to replay.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A run's id, its beginning, or `last`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,

    /// No colors
    #[arg(long)]
    pub(crate) no_color: bool,

    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Where,
}
