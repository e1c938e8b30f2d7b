//! What one call has cost so far: written by its attempts, read by its hold and, after a cancel, by the driver.

use std::sync::{Mutex, PoisonError};

use crate::machine::Spent;

/// A running sum. Attempts that were cut off count with what was observed of them.
#[derive(Debug, Default)]
pub struct Meter {
    sum: Mutex<Sum>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    known_cost: i64,
    unpriced: bool,
    calls: u64,
    input: u64,
    output: u64,
    time: u64,
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// Billionths of a dollar; `None` where the price is not known.
    pub cost: Option<i64>,
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
}

impl Meter {
    /// A model call begins: the first, or a re-ask.
    pub fn call(&self) {
        self.with(|sum| sum.calls += 1);
    }

    /// An attempt ended.
    pub fn charge(&self, charge: Charge) {
        self.with(|sum| {
            match charge.cost {
                Some(cost) => sum.known_cost = sum.known_cost.saturating_add(cost),
                None => sum.unpriced = true,
            }
            sum.input = sum.input.saturating_add(charge.input);
            sum.output = sum.output.saturating_add(charge.output);
        });
    }

    /// The call has taken so many milliseconds.
    pub fn took(&self, millis: u64) {
        self.with(|sum| sum.time = sum.time.max(millis));
    }

    /// The sum so far.
    pub fn spent(&self) -> Spent {
        self.with(|sum| Spent {
            cost: (!sum.unpriced).then_some(sum.known_cost),
            time: sum.time,
            calls: sum.calls,
            input: sum.input,
            output: sum.output,
        })
    }

    /// The part of the sum whose price is known, in billionths of a dollar.
    pub fn known_cost(&self) -> i64 {
        self.with(|sum| sum.known_cost)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Sum) -> T) -> T {
        change(&mut self.sum.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
