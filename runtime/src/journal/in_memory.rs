//! A record that lives as long as its process.

use std::sync::{Mutex, PoisonError};

use super::{Entry, Journal, JournalError};

/// Keeps entries in a list.
#[derive(Debug, Default)]
pub struct InMemory {
    entries: Mutex<Vec<Entry>>,
}

impl InMemory {
    /// The entries so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Journal for InMemory {
    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
        Ok(())
    }
}
