//! How a command is confined: a policy, the process that watches over a command, and the process that confines
//! itself and becomes it. Both are this program started again as `agentrun __exec`, so that nothing of ours runs
//! between fork and exec. What a command may touch is decided in `grants.rs`; `exec/run.rs` starts it all.
//!
//! Order in the command's own process: new session, limits, descriptors, capabilities, `no_new_privs`, Landlock,
//! seccomp, exec. Landlock and seccomp hold for all that it starts, for ever.

mod confine;
mod grants;
#[cfg(target_os = "linux")]
mod seccomp;
mod supervise;
mod toolchains;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use agentrun_lang::ir::Sandbox;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) use self::grants::grants;
pub(super) use self::toolchains::needs;

/// The hidden first argument that turns the program into a launcher.
pub const EXEC_WORD: &str = "__exec";
/// Before the policy: confine this process and become the command, rather than watch over one that does.
const CONFINE_WORD: &str = "--confine";

/// What a command may do. Equal policies have equal hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The level that was asked for; below it the command is not started.
    pub level: Sandbox,
    /// Files and folders that it may read and execute.
    pub read: Vec<PathBuf>,
    /// Files and folders that it may also change.
    pub write: Vec<PathBuf>,
    /// Files and folders inside of those that it may only read.
    pub keep: Vec<PathBuf>,
    /// Whether it may reach the network.
    pub network: bool,
    /// What it may use up.
    pub limits: Limits,
    /// Milliseconds between asking it to end and ending it.
    pub grace: u64,
}

/// What a command may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds of processor time of one process.
    pub cpu: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// Bytes of memory of one process.
    pub memory: u64,
}

/// The confinement that a command really had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// How far it went.
    pub level: Level,
    /// The version of Landlock's rules in force; 0: none.
    pub landlock: u32,
    /// Whether system calls were filtered.
    pub seccomp: bool,
    /// What was missing, in words; empty where nothing was.
    pub missing: Vec<String>,
    /// SHA-256 of the policy, in hexadecimal.
    pub policy: String,
}

/// How far a confinement went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A clean environment, limits and a timeout.
    None,
    /// Some of `base`.
    Partial,
    /// Landlock, seccomp, limits, a clean environment.
    Base,
}

/// What the launcher tells the process that asked for the command, one JSON a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// It is confined and about to become the command.
    Confined {
        /// How far.
        confinement: Confinement,
        /// The number of its process and of its group.
        group: u32,
    },
    /// It was not started.
    Refused(Refusal),
    /// It ended.
    Ended {
        /// Its exit code, where it exited.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
        /// How many processes that it left behind were ended.
        swept: u32,
    },
}

/// Why a command was not started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Refusal {
    /// The machine lacks what the level needs.
    Level(Vec<String>),
    /// There is no such program.
    NotFound(String),
    /// The program may not be executed.
    NotExecutable(String),
    /// The start went wrong otherwise.
    Failed(String),
}

impl Policy {
    /// Its SHA-256, in hexadecimal.
    pub fn hash(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{:x}", Sha256::digest(text))
    }
}

impl Level {
    /// The word in records and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Base => "base",
        }
    }
}

/// Acts as the launcher. `args` are what follows [`EXEC_WORD`]. To be called before any thread is started; it
/// returns when the command has ended, or could not be started.
pub fn exec_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Request::read(args) {
        Some(Request { confine: true, policy, argv }) => confine::confine(&policy, &argv),
        Some(Request { confine: false, policy, argv }) => supervise::supervise(&policy, &argv),
        None => ExitCode::from(2),
    }
}

struct Request {
    confine: bool,
    policy: Policy,
    argv: Vec<OsString>,
}

impl Request {
    /// `[--confine] POLICY -- PROGRAM ARGUMENT…`.
    fn read(args: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut args = args.into_iter().peekable();
        let confine = args.next_if(|arg| arg == CONFINE_WORD).is_some();
        let policy = serde_json::from_str(args.next()?.to_str()?).ok()?;
        args.next_if(|arg| arg == "--")?;
        Some(Self { confine, policy, argv: args.collect() })
    }
}

/// The file of the program that runs now, also where it was replaced on disk meanwhile: what a program that is its
/// own launcher names as `Settings::launcher`.
pub fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}

/// One line for the other end.
fn line(report: &Report) -> Vec<u8> {
    let mut line = serde_json::to_vec(report).unwrap_or_default();
    line.push(b'\n');
    line
}
