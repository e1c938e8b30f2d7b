//! A run's record: what was asked for before it started, what came of it after it ended. The machine is rebuilt
//! by feeding the recorded events again; nothing else of a run is ever stored.

mod both;
mod in_memory;
mod lines;
mod sqlite;

pub use both::Both;
pub use in_memory::InMemory;
pub use lines::{Lines, read};
pub use sqlite::{About, Forgotten, Recording, RunLine, RunState, Sqlite};

use std::path::PathBuf;

use agentrun_lang::value::Value;
use serde::{Deserialize, Serialize};

use crate::machine::{EffectId, Event, Note, RunError};
use crate::sqlite::SqliteError;

/// The version of the record's format; a reader refuses any other.
pub const FORMAT: u32 = 1;

/// Takes entries in order. `append` returns once the entry is as safe as the journal makes it.
pub trait Journal: Send + Sync {
    /// Adds one.
    fn append(&self, entry: &Entry) -> Result<(), JournalError>;

    /// Adds several, all or none where the journal can.
    fn append_all(&self, entries: &[Entry], outlasts: Outlasts) -> Result<(), JournalError> {
        let _ = outlasts;
        entries.iter().try_for_each(|entry| self.append(entry))
    }
}

/// What entries must outlast, where the journal can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outlasts {
    /// The process.
    #[default]
    Kill,
    /// The machine's power, for what changes the world or cannot be had again; and all entries before it too.
    PowerCut,
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The run.
    pub run: String,
    /// From 0; only orders the lines.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// What is recorded.
    #[serde(flatten)]
    pub kind: EntryKind,
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum EntryKind {
    /// The run's first line.
    Started {
        /// [`FORMAT`].
        format: u32,
        /// The program's hash.
        program: String,
        /// The agent's name.
        agent: String,
    },
    /// An effect is about to start.
    Requested {
        /// Which.
        effect: EffectId,
        /// `model`, `tool`, `human`, `wait`.
        kind: String,
        /// What in particular: a pool, a tool, a question.
        what: String,
        /// What a tool is given, by parameter, or a person is shown, by label; secret values are left out. Never
        /// read back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<serde_json::Value>,
        /// SHA-256 of all that is asked, by which a replay sees that it still asks the same.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        request: String,
    },
    /// How far the command of a tool was confined; stands before what came of it, and is never read back.
    Confined {
        /// Whose command.
        effect: EffectId,
        /// The level of the sandbox that was reached.
        level: String,
        /// SHA-256 of the policy, in hexadecimal.
        policy: String,
    },
    /// Something happened; fed to a machine in this order, these rebuild the run.
    Happened {
        /// What.
        event: Event,
    },
    /// An effect's outcome after the run's end: kept for its cost, never given to the machine.
    Late {
        /// What.
        event: Event,
    },
    /// A state was entered or left; never read back.
    Noted {
        /// Which.
        note: Note,
    },
    /// The run's last line.
    Finished {
        /// How it ended.
        end: End,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum End {
    /// With a result.
    Done {
        /// The agent's value.
        result: Value,
    },
    /// With a failure; a cancelled run's is `Canceled`.
    Failed {
        /// Why and where.
        error: RunError,
    },
    /// Waiting for a person.
    Waiting {
        /// The effects that wait.
        on: Vec<EffectId>,
    },
}

impl End {
    /// True of a run that goes on once somebody answers.
    pub fn waits(&self) -> bool {
        matches!(self, Self::Waiting { .. })
    }
}

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be opened, written or flushed.
    #[error("cannot use the record {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{path} is no record of a run, and is not written over: name another file")]
    Taken {
        /// Which file.
        path: PathBuf,
    },
    /// A line is no entry.
    #[error("{path}:{line}: not an entry of a run's record: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// Another version of the format.
    #[error("{path} is a record of format {found}; this agentrun reads format {FORMAT}")]
    Format {
        /// Which file.
        path: PathBuf,
        /// The format it says.
        found: u32,
    },
    /// The database could not be opened or written.
    #[error(transparent)]
    Database(#[from] SqliteError),
    /// A text that is needed was deleted, or never kept.
    #[error(
        "run {run} cannot be rebuilt: a text of its entry {seq} is gone, deleted by `agentrun forget` or left out by \
         `--no-content`"
    )]
    Forgotten {
        /// Which run.
        run: String,
        /// Which entry.
        seq: u64,
    },
    /// Another process is at the run.
    #[error("run {run} is going on in another process")]
    Busy {
        /// Which run.
        run: String,
    },
    /// No run is meant.
    #[error("there is no run `{given}` in {path}{}", named(known))]
    NoRun {
        /// What was asked for.
        given: String,
        /// Which file.
        path: PathBuf,
        /// Some that there are, the newest first.
        known: Vec<String>,
    },
    /// Several runs are meant.
    #[error("several runs begin with `{given}`: {}; write more of the one that is meant", matches.join(", "))]
    Ambiguous {
        /// What was asked for.
        given: String,
        /// Some of them.
        matches: Vec<String>,
    },
    /// An entry could not be said as JSON.
    #[error("an entry could not be written or read as JSON: {0}")]
    Encode(#[from] serde_json::Error),
}

fn named(known: &[String]) -> String {
    if known.is_empty() {
        "; it holds none".to_string()
    } else {
        format!("; the newest are {}", known.join(", "))
    }
}
