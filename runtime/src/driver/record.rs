//! Writes a run's entries with their order and time: what belongs together goes together.

use std::sync::Arc;

use crate::clock::Clock;
use crate::journal::{Entry, EntryKind, Journal, JournalError, Outlasts};
use crate::machine::{Event, EventKind, Note};

/// The end of a run's record.
pub(super) struct Record {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    pub(super) run: Arc<str>,
    seq: u64,
    pending: Vec<Entry>,
    outlasts: Outlasts,
}

impl Record {
    /// A record whose next entry has the number `seq`.
    pub(super) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, run: Arc<str>, seq: u64) -> Self {
        Self { journal, clock, run, seq, pending: Vec::new(), outlasts: Outlasts::Kill }
    }

    /// An event that happens now.
    pub(super) fn stamp(&self, kind: EventKind) -> Event {
        Event { at: self.clock.now().as_millisecond(), kind }
    }

    /// Adds an entry to those that are written next.
    pub(super) fn add(&mut self, kind: EntryKind) {
        let at = self.clock.now().as_millisecond();
        self.pending.push(Entry { run: self.run.to_string(), seq: self.seq, at, kind });
        self.seq += 1;
    }

    /// Adds what the machine did on its way.
    pub(super) fn add_notes(&mut self, notes: &[Note]) {
        for note in notes {
            self.add(EntryKind::Noted { note: note.clone() });
        }
    }

    /// Makes what is written next outlast a power cut.
    pub(super) fn must_last(&mut self) {
        self.outlasts = Outlasts::PowerCut;
    }

    /// Writes what was added. Nothing follows from an entry before this.
    pub(super) fn write(&mut self) -> Result<(), JournalError> {
        let pending = std::mem::take(&mut self.pending);
        let outlasts = std::mem::take(&mut self.outlasts);
        if pending.is_empty() { Ok(()) } else { self.journal.append_all(&pending, outlasts) }
    }
}
