//! Between a provider's stream and the reader: the output chain's filters, and whether anything was shown yet.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a call's reader listens. Deltas of one attempt are the pieces of one text; a repeated attempt begins anew.
pub trait DeltaSink: Send + Sync {
    /// An attempt begins, the first with number 1.
    fn attempt(&self, attempt: u32, target: &str);
    /// The next piece of the answer's text.
    fn delta(&self, attempt: u32, text: &str);
    /// The attempt gave nothing that counts, and why.
    fn failed(&self, _attempt: u32, _target: &str, _reason: &str) {}
    /// What this attempt had shown does not hold.
    fn retracted(&self, attempt: u32, reason: &str);
    /// Something that a person should know and that does not stop the call: a key that is not taken.
    fn warned(&self, _warning: &str) {}
    /// True where the reader can take back what it has shown. Only then may another candidate be asked after the
    /// first words: what a terminal has printed stays printed.
    fn retracts(&self) -> bool {
        false
    }
}

/// Passes a stream on, holding back what it must see more of.
pub trait Filter: Send {
    /// The next piece; returns what is cleared by it.
    fn push(&mut self, text: &str) -> String;
    /// The stream is over; returns the rest.
    fn finish(&mut self) -> String;
}

/// Makes a fresh filter for each attempt.
pub type FilterMaker = Arc<dyn Fn() -> Box<dyn Filter> + Send + Sync>;

/// A sink nobody reads.
pub struct Nobody;

impl DeltaSink for Nobody {
    fn attempt(&self, _attempt: u32, _target: &str) {}
    fn delta(&self, _attempt: u32, _text: &str) {}
    fn retracted(&self, _attempt: u32, _reason: &str) {}
}

/// A sink behind the output chain's filters.
pub struct Screen {
    sink: Arc<dyn DeltaSink>,
    makers: Vec<FilterMaker>,
    /// Nothing is shown before the whole answer is.
    held: bool,
    filters: Mutex<Vec<Box<dyn Filter>>>,
    /// Characters that the reader has seen of this attempt.
    shown: AtomicUsize,
}

impl Screen {
    /// Shows everything to `sink`.
    pub fn new(sink: Arc<dyn DeltaSink>) -> Self {
        Self { sink, makers: Vec::new(), held: false, filters: Mutex::default(), shown: AtomicUsize::new(0) }
    }

    /// The same behind filters, the first nearest to the provider.
    #[must_use]
    pub fn behind(self, makers: Vec<FilterMaker>) -> Self {
        Self { makers, ..self }
    }

    /// The same, showing nothing before the answer is whole.
    #[must_use]
    pub fn held(self) -> Self {
        Self { held: true, ..self }
    }

    /// An attempt begins.
    pub fn attempt(&self, attempt: u32, target: &str) {
        *self.filters() = self.makers.iter().map(|make| make()).collect();
        self.shown.store(0, Ordering::Relaxed);
        self.sink.attempt(attempt, target);
    }

    /// A piece of the answer has come.
    pub fn delta(&self, attempt: u32, text: &str) {
        if self.held {
            return;
        }
        if self.makers.is_empty() {
            return self.show(attempt, text);
        }
        let mut filters = self.filters();
        let cleared = filters.iter_mut().fold(text.to_string(), |text, filter| filter.push(&text));
        drop(filters);
        self.show(attempt, &cleared);
    }

    /// The attempt's stream ended well: what the filters still hold goes out.
    pub fn finish(&self, attempt: u32) {
        let mut filters = self.filters();
        let rest = filters.iter_mut().fold(String::new(), |before, filter| {
            let mut cleared = if before.is_empty() { String::new() } else { filter.push(&before) };
            cleared.push_str(&filter.finish());
            cleared
        });
        filters.clear();
        drop(filters);
        self.show(attempt, &rest);
    }

    /// The answer is whole and cleared: a reader who has seen nothing of it sees it at once.
    pub fn whole(&self, attempt: u32, text: &str) {
        if self.shown() == 0 {
            self.show(attempt, text);
        }
    }

    /// The attempt failed: says so to a reader who has seen some of it.
    pub fn retract(&self, attempt: u32, reason: &str) {
        if self.shown.swap(0, Ordering::Relaxed) > 0 {
            self.sink.retracted(attempt, reason);
        }
    }

    /// The attempt gave nothing that counts; another may follow.
    pub fn failed(&self, attempt: u32, target: &str, reason: &str) {
        tracing::warn!(attempt, target, "{reason}");
        self.sink.failed(attempt, target, reason);
    }

    /// Tells the reader, and the log, what does not stop the call.
    pub fn warn(&self, warning: &str) {
        tracing::warn!("{warning}");
        self.sink.warned(warning);
    }

    /// How many characters of this attempt the reader has seen.
    pub fn shown(&self) -> usize {
        self.shown.load(Ordering::Relaxed)
    }

    /// True where the reader can take back what it has shown.
    pub fn retracts(&self) -> bool {
        self.sink.retracts()
    }

    fn show(&self, attempt: u32, text: &str) {
        if !text.is_empty() {
            self.shown.fetch_add(text.chars().count(), Ordering::Relaxed);
            self.sink.delta(attempt, text);
        }
    }

    fn filters(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn Filter>>> {
        self.filters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
