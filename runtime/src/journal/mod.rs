//! A run's record: what was asked for before it started, what came of it after it ended. The machine is rebuilt
//! by feeding the recorded events again; nothing else of a run is ever stored.

mod in_memory;
mod lines;

pub use in_memory::InMemory;
pub use lines::{Lines, read};

use std::path::PathBuf;

use agentrun_lang::value::Value;
use serde::{Deserialize, Serialize};

use crate::machine::{EffectId, Event, Note, RunError};

/// The version of the record's format; a reader refuses any other.
pub const FORMAT: u32 = 1;

/// Takes entries in order. `append` returns once the entry is as safe as the journal makes it.
pub trait Journal: Send + Sync {
    /// Adds one.
    fn append(&self, entry: &Entry) -> Result<(), JournalError>;
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
    /// An entry could not be said as JSON.
    #[error("an entry could not be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
}
