//! The command line as clap sees it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::recorded::{DiffArgs, ForgetArgs, ForkArgs, ReplayArgs, ResumeArgs, RunsArgs, ShowArgs};

/// Compile, check and run agents written as `.agent` files.
#[derive(Debug, Parser)]
#[command(
    name = "agentrun",
    version,
    about = "Compile, check and run agents written as .agent files",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    after_long_help = AFTER_HELP,
    after_help = "`agentrun --help` shows examples, exit codes and the environment."
)]
pub(crate) struct Cli {
    /// A command; without one, `agentrun FILE` runs the file.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// What to run.
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

const AFTER_HELP: &str = "\
Examples:
  agentrun hello.agent --q \"Why is the sky blue?\"   a parameter by its name
  echo \"Hi\" | agentrun hello.agent                 one string parameter from standard input
  agentrun team.agent Research --input '{\"question\": \"…\"}'
  agentrun hello.agent --model fast=ollama/qwen3:8b  another model for the pool `fast`
  agentrun check --format github .                  every .agent file below this folder
  agentrun graph hello.agent --format svg > hello.svg

Output: the result alone goes to standard output, everything else to standard error.

Exit codes: 0 done, 1 failed, 2 usage, 3 does not compile, 4 waiting for a person, 129 ended by SIGHUP, 130 interrupted (Ctrl-C), 143 ended by SIGTERM.

Environment: OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, GEMINI_API_KEY,
GOOGLE_GEMINI_BASE_URL and the other providers' own; HTTPS_PROXY, NO_PROXY; NO_COLOR; AGENTRUN_LOG
(a filter such as `info` or `agentrun_runtime=debug`), AGENTRUN_LOG_FORMAT=json. `agentrun doctor` shows what
was found.";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run an agent (the same as `agentrun FILE`)
    Run(RunArgs),
    /// Compile files and show what is wrong with them, without running anything
    Check(CheckArgs),
    /// Run the tests that stand in .agent files
    Test(TestArgs),
    /// Take every edge once, with values made from the types and no model
    Explore(ExploreArgs),
    /// Format files in place
    Fmt(FmtArgs),
    /// Draw the state graph of a file's agents
    Graph(GraphArgs),
    /// Explain a diagnostic code such as E0301
    Explain(ExplainArgs),
    /// Start a new agent in a new folder
    New(NewArgs),
    /// Show the models, keys and servers that were found, and what a pool would use
    Doctor(DoctorArgs),
    /// Show the price list, or check another one
    Prices(PricesArgs),
    /// List the runs that the journal has, the newest first
    Runs(RunsArgs),
    /// Show what a run did, when, and what it cost
    Show(ShowArgs),
    /// Take up a run that was killed or waits for a person
    Resume(ResumeArgs),
    /// Run a recorded run again from its record alone, and see that it gives the same
    Replay(ReplayArgs),
    /// Begin a run again from one of its steps, with another answer or another model
    Fork(ForkArgs),
    /// Compare two runs: where their paths part, what each asked, gave and cost
    Diff(DiffArgs),
    /// Delete every text of a user from the journal
    Forget(ForgetArgs),
    /// Serve an editor: the language server, on standard input and output
    Lsp {
        /// Standard input and output; there is no other way, and editors ask for it.
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Print a completion script for a shell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// What to run, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RunArgs {
    /// A .agent file, or a folder with a main.agent
    #[arg(value_name = "FILE", required = true)]
    pub(crate) file: Option<PathBuf>,

    /// Which agent of the file; by default its only one, or `Main`
    #[arg(value_name = "AGENT")]
    pub(crate) agent: Option<String>,

    /// All parameters as one JSON object; `@FILE` reads it from a file, `-` from standard input
    #[arg(long, value_name = "JSON", help_heading = "Input")]
    pub(crate) input: Option<String>,

    /// One parameter, for a name that is also a flag of ours; `--NAME VALUE` does for the others
    #[arg(long = "arg", value_name = "NAME=VALUE", help_heading = "Input")]
    pub(crate) args: Vec<String>,

    /// Who calls: `user=ana,team=core,tier=free`
    #[arg(long, value_name = "KEY=VALUE,…", help_heading = "Input")]
    pub(crate) caller: Option<String>,

    /// Answer for a pool with another target: `fast=openai/gpt-5-mini`, or `openai/gpt-5-mini` for every pool
    #[arg(long, value_name = "[POOL=]TARGET", help_heading = "Models")]
    pub(crate) model: Vec<String>,

    /// Answer from a file of scripted replies instead of models
    #[arg(long, value_name = "FILE", help_heading = "Models")]
    pub(crate) script: Option<PathBuf>,

    /// Keep the run in this journal instead of the user's own
    #[arg(long, value_name = "FILE", help_heading = "Journal")]
    pub(crate) journal: Option<PathBuf>,

    /// Keep the run in no journal: it cannot be taken up, shown or replayed afterwards
    #[arg(long, conflicts_with = "journal", help_heading = "Journal")]
    pub(crate) no_journal: bool,

    /// Keep no texts in the journal, only their hashes: the run can be shown, and not be taken up or replayed
    #[arg(long, conflicts_with = "no_journal", help_heading = "Journal")]
    pub(crate) no_content: bool,

    /// Write the run's record as JSON lines
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) record: Option<PathBuf>,

    /// Show nothing but the result and errors
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Print one JSON event a line on standard output instead of the result
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    pub(crate) json: bool,

    /// No colors
    #[arg(long, help_heading = "Output")]
    pub(crate) no_color: bool,

    /// Where tools work and relative paths begin; by default the program's folder
    #[arg(long, value_name = "FOLDER", value_parser = folder, help_heading = "Safety")]
    pub(crate) workdir: Option<PathBuf>,

    /// Let commands that ask for `sandbox: off` run unconfined
    #[arg(long, help_heading = "Safety")]
    pub(crate) allow_unsandboxed: bool,

    /// Never ask on the terminal: what waits for a person ends the run with exit code 4
    #[arg(long, help_heading = "Safety")]
    pub(crate) no_ask: bool,
}

/// A folder that is there.
fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() {
        Ok(path)
    } else if path.exists() {
        Err("it is no folder".into())
    } else {
        Err("there is no such folder".into())
    }
}

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files, or folders to search for .agent files
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,

    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,

    /// No colors
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// How `check` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Human,
    /// One object with every finding
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub's workflow commands
    Github,
}

/// What to explore.
#[derive(Debug, Args)]
pub(crate) struct ExploreArgs {
    /// A .agent file, or a folder with a main.agent
    pub(crate) file: PathBuf,

    /// Only this agent; by default every agent of the file that no other runs
    pub(crate) agent: Option<String>,

    /// No colors
    #[arg(long)]
    pub(crate) no_color: bool,
}

/// What to test.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Files, or folders to search for .agent files
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Only tests that did not hold the last time, or that depend on something that is another now
    #[arg(long, conflicts_with_all = ["record", "live"])]
    pub(crate) changed: bool,

    /// Run again what depends on a file whenever that is saved
    #[arg(long, conflicts_with_all = ["record", "live", "update", "review"])]
    pub(crate) watch: bool,

    /// Ask models where neither the test nor its cassette answers, and keep their answers in the cassette
    #[arg(long, help_heading = "Models")]
    pub(crate) record: bool,

    /// Ask models for all that the test does not answer, and write its cassette anew
    #[arg(long, conflicts_with = "record", help_heading = "Models")]
    pub(crate) live: bool,

    /// Accept every snapshot as it is now
    #[arg(long, help_heading = "Snapshots")]
    pub(crate) update: bool,

    /// Show each new snapshot and ask whether to accept it
    #[arg(long, conflicts_with = "update", help_heading = "Snapshots")]
    pub(crate) review: bool,

    /// Keep all that models are asked in snapshots, instead of its hash
    #[arg(long, help_heading = "Snapshots")]
    pub(crate) prompts: bool,

    /// Show the edges that no test takes
    #[arg(long, help_heading = "Output")]
    pub(crate) coverage: bool,

    /// Draw each file's graph into this folder, the edges that no test takes in red
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) svg: Option<PathBuf>,

    /// Print one JSON object a test on standard output
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// Write a `JUnit` report
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) junit: Option<PathBuf>,

    /// Show failures alone
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// No colors
    #[arg(long, help_heading = "Output")]
    pub(crate) no_color: bool,

    /// How many tests run side by side; by default one for each processor
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
}

/// What to format.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Files, or folders to search for .agent files; `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Change nothing; exit with 1 if a file would change, and name it
    #[arg(long)]
    pub(crate) check: bool,
}

/// What to draw.
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// A .agent file, or a folder with a main.agent
    pub(crate) file: PathBuf,

    /// Only this agent; by default every agent of the file
    pub(crate) agent: Option<String>,

    /// How to draw
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub(crate) format: GraphFormat,
}

/// How `graph` draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A Mermaid flowchart
    Mermaid,
    /// Graphviz
    Dot,
    /// A picture
    Svg,
    /// States and edges as data
    Json,
}

/// What to explain.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code such as E0301; without one, all codes are listed
    pub(crate) code: Option<String>,
}

/// What to start.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The new folder; its last part names the agent
    pub(crate) name: PathBuf,
}

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// A .agent file whose pools to look at
    pub(crate) file: Option<PathBuf>,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do with prices.
#[derive(Debug, Args)]
pub(crate) struct PricesArgs {
    /// Only models whose name contains this
    pub(crate) filter: Option<String>,

    /// Take this price list (the format of the one that ships) as the user's own from now on
    #[arg(long, value_name = "FILE")]
    pub(crate) update: Option<PathBuf>,
}
