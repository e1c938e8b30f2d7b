//! One bound of time over every candidate, attempt and wait of a call.

use std::time::Duration;

use crate::clock::Clock;
use crate::machine::{Scope, ScopeId};

/// When a call must be over, on the clock's `elapsed`.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    at: Option<Duration>,
    scope: ScopeId,
}

impl Deadline {
    /// From the milliseconds that all `time` budgets have left; the tightest of them is the one that runs out.
    pub(super) fn new(clock: &dyn Clock, time_left: Option<u64>, scopes: &[Scope]) -> Self {
        let left = |scope: &Scope| scope.bounds.time.map(|most| most.saturating_sub(scope.spent.time));
        let tightest = scopes
            .iter()
            .filter_map(|scope| left(scope).map(|left| (left, &scope.id)))
            .min_by_key(|(left, _)| *left);
        let millis = time_left.or(tightest.map(|(left, _)| left));
        let scope = tightest.map_or_else(|| "the run".into(), |(_, id)| id.clone());
        Self { at: millis.map(|millis| clock.elapsed() + Duration::from_millis(millis)), scope }
    }

    /// What is left; `None` without a bound.
    pub(super) fn left(&self, clock: &dyn Clock) -> Option<Duration> {
        self.at.map(|at| at.saturating_sub(clock.elapsed()))
    }

    /// True once nothing is left.
    pub(super) fn is_over(&self, clock: &dyn Clock) -> bool {
        self.left(clock).is_some_and(|left| left.is_zero())
    }

    /// Whose time runs out.
    pub(super) fn scope(&self) -> &ScopeId {
        &self.scope
    }
}
