//! A row for every attempt: who was asked, what came of it, how long it took and what it cost.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agentrun_lang::ast::Name;
use jiff::Timestamp;

use super::provider::ErrorClass;
use crate::chat::Usage;
use crate::machine::EffectId;

/// How many rows are kept in memory.
const KEPT: usize = 1_000;

/// One attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The run.
    pub run: Arc<str>,
    /// The effect.
    pub effect: EffectId,
    /// The attempt's number within the call, from 1.
    pub attempt: u32,
    /// The pool.
    pub pool: Name,
    /// `openai/gpt-5-mini`.
    pub target: Name,
    /// Which of the provider's keys, from 0.
    pub key: usize,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// To the first content, where it streamed.
    pub first: Option<Duration>,
    /// How it ended.
    pub end: End,
    /// The HTTP status of a failure.
    pub status: Option<u16>,
    /// Tokens as the provider counted them.
    pub usage: Usage,
    /// What it cost.
    pub cost: Cost,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a reply.
    Replied,
    /// With an error.
    Failed(ErrorClass),
    /// It was cut off from outside.
    Canceled,
}

/// What an attempt cost, in billionths of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// From the tokens that the provider counted.
    Known(i64),
    /// From tokens that we estimated.
    Estimated(i64),
    /// Nobody knows the price.
    Unknown,
}

/// Who hears of each row.
type Listener = Box<dyn Fn(&Row) + Send + Sync>;

/// Where rows go: the latest stay in memory, and each is told to a listener.
#[derive(Default)]
pub struct Ledger {
    rows: Mutex<VecDeque<Row>>,
    listener: Option<Listener>,
}

impl Ledger {
    /// Tells each row to `listener` as well.
    pub fn with_listener(listener: impl Fn(&Row) + Send + Sync + 'static) -> Self {
        Self { rows: Mutex::default(), listener: Some(Box::new(listener)) }
    }

    /// Enters a row.
    pub fn enter(&self, row: Row) {
        if let Some(listener) = &self.listener {
            listener(&row);
        }
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() == KEPT {
            rows.pop_front();
        }
        rows.push_back(row);
    }

    /// The latest rows, oldest first.
    pub fn rows(&self) -> Vec<Row> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Cost {
    /// The amount, where the price is known.
    pub fn nanos(self) -> Option<i64> {
        match self {
            Self::Known(nanos) | Self::Estimated(nanos) => Some(nanos),
            Self::Unknown => None,
        }
    }
}
