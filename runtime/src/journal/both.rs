//! One record in two places.

use std::sync::Arc;

use super::{Entry, Journal, JournalError, Outlasts};

/// Writes to the first, then to the second; what the first could not take the second never sees.
pub struct Both(pub Arc<dyn Journal>, pub Arc<dyn Journal>);

impl Journal for Both {
    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.0.append(entry)?;
        self.1.append(entry)
    }

    fn append_all(&self, entries: &[Entry], outlasts: Outlasts) -> Result<(), JournalError> {
        self.0.append_all(entries, outlasts)?;
        self.1.append_all(entries, outlasts)
    }
}
