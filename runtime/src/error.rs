//! A failure as every layer above the one it happened in sees it: what kind, and whether the world changed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What went wrong, in the language's own words, and how much of it had happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The event it raises.
    pub kind: FailureKind,
    /// Whether the effect took place.
    pub commit: Commit,
    /// One or more lines for a person, the mend included where there is one.
    pub message: String,
    /// When the other side wants to be asked again.
    pub retry_after: Option<Duration>,
}

/// The language's events that a failure raises.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureKind {
    /// The answer does not fit the type, a `check` or an expression.
    Invalid,
    /// A guardrail stepped in.
    Blocked,
    /// The model said no.
    Refused,
    /// Nobody could be reached.
    Unavailable,
    /// `allow`, a sandbox or a credential forbids it.
    Denied,
    /// Anything else that failed.
    Failed,
    /// It took too long.
    Timeout,
    /// A bound ran out: the scope that did (`agent Support`, `loop work`) and which bound (`cost`).
    Budget {
        /// Which scope.
        scope: String,
        /// Which bound.
        bound: String,
    },
    /// The planner ran out of steps, a loop out of rounds.
    Exhausted,
    /// A loop made no progress.
    Stalled,
    /// A parallel did not get enough parts.
    Partial,
    /// Cancelled from outside.
    Canceled,
    /// A tool's own error, by its declared name.
    Tool(String),
}

/// Whether the effect took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Commit {
    /// Certainly not.
    None,
    /// Certainly.
    Done,
    /// Nobody knows.
    Unknown,
}

impl Failure {
    /// A failure of which nothing took place.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, commit: Commit::None, message: message.into(), retry_after: None }
    }

    /// The same with another commit.
    #[must_use]
    pub fn committed(self, commit: Commit) -> Self {
        Self { commit, ..self }
    }
}

impl FailureKind {
    /// The event's name in an `on`.
    pub fn event(&self) -> &str {
        match self {
            Self::Invalid => "invalid",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Budget { .. } => "budget",
            Self::Exhausted => "exhausted",
            Self::Stalled => "stalled",
            Self::Partial => "partial",
            Self::Canceled => "canceled",
            Self::Tool(name) => name,
        }
    }

    /// True where `on error` catches it: any failure, never a bound, never a cancellation.
    pub fn is_error(&self) -> bool {
        !matches!(
            self,
            Self::Budget { .. } | Self::Exhausted | Self::Stalled | Self::Partial | Self::Canceled
        )
    }
}
