//! How the targets are: which of them to leave alone for a while. In memory, shared by every call of a process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agentrun_lang::ast::Name;

use super::retry::{self, Rest};
use crate::call::provider::ErrorClass;

/// So many failures in a row open the breaker.
const FAILURES: u32 = 5;
/// How long it is open at first and at most; it doubles each time the probe fails.
const OPEN_FIRST: Duration = Duration::from_secs(5);
const OPEN_MOST: Duration = Duration::from_mins(2);
/// How long to leave a target alone that limits its rate and does not say how long.
const COOL_FIRST: Duration = Duration::from_secs(1);
const COOL_MOST: Duration = Duration::from_mins(1);
/// No server's wish keeps it out for longer.
const LONGEST: Duration = Duration::from_hours(1);

/// A target with one of its provider's keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seat {
    /// `openai/gpt-5-mini`.
    pub target: Name,
    /// Which key, from 0.
    pub key: usize,
}

/// The health of every target that was asked.
#[derive(Debug, Default)]
pub struct Breakers {
    health: Mutex<HashMap<Seat, Health>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Health {
    /// Failures in a row.
    failures: u32,
    /// How often it opened in a row.
    opened: u32,
    /// Rate limits in a row that named no time.
    limits: u32,
    /// Nobody asks it before.
    rests_until: Duration,
    /// Others go first before.
    last_until: Duration,
    /// One call is finding out whether it is well again.
    probing: bool,
}

/// Whether a target may be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Now,
    /// Yes, after everyone else.
    Last,
    /// In so long.
    In(Duration),
}

impl Breakers {
    /// Whether a target may be asked. It changes nothing: [`enter`](Self::enter) takes the probe.
    pub fn admission(&self, seat: &Seat, now: Duration) -> Admission {
        let Some(health) = self.health().get(seat).copied() else { return Admission::Now };
        if health.rests_until > now {
            return Admission::In(health.rests_until.saturating_sub(now));
        }
        if health.probing {
            return Admission::In(Duration::from_millis(100));
        }
        if health.last_until > now { Admission::Last } else { Admission::Now }
    }

    /// An attempt begins; false when another call's probe is under way.
    pub fn enter(&self, seat: &Seat, now: Duration) -> bool {
        let mut all = self.health();
        let Some(health) = all.get_mut(seat) else { return true };
        if health.rests_until > now || health.probing {
            return false;
        }
        health.probing = health.opened > 0;
        true
    }

    /// The attempt gave a reply. What was asked of everyone meanwhile, to wait, still holds.
    pub fn well(&self, seat: &Seat, now: Duration) {
        let mut all = self.health();
        if let Some(health) = all.get_mut(seat) {
            *health = Health { rests_until: health.rests_until, ..Health::default() };
            if health.rests_until <= now {
                all.remove(seat);
            }
        }
    }

    /// The attempt was cut off from outside: it says nothing about the target.
    pub fn abandoned(&self, seat: &Seat) {
        if let Some(health) = self.health().get_mut(seat) {
            health.probing = false;
        }
    }

    /// The attempt failed.
    pub fn failed(&self, seat: &Seat, class: ErrorClass, retry_after: Option<Duration>, now: Duration) {
        let rule = retry::rule(class);
        let mut all = self.health();
        let health = all.entry(seat.clone()).or_default();
        health.probing = false;
        match rule.rest {
            Rest::None => {}
            Rest::AsAsked => {
                let rest = retry_after.unwrap_or_else(|| {
                    health.limits += 1;
                    jittered(COOL_FIRST, COOL_MOST, health.limits - 1)
                });
                health.rest(now, rest);
            }
            Rest::Last(rest) => health.last_until = health.last_until.max(now + rest),
        }
        if rule.counts {
            health.failures += 1;
            if health.failures >= FAILURES || health.opened > 0 {
                health.rest(now, jittered(OPEN_FIRST, OPEN_MOST, health.opened));
                health.opened += 1;
            }
            // A server that says when it will be back (503) is taken at its word.
            if let Some(rest) = retry_after {
                health.rest(now, rest);
            }
        }
    }

    fn health(&self) -> MutexGuard<'_, HashMap<Seat, Health>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Health {
    /// Never shortens what was said before.
    fn rest(&mut self, now: Duration, rest: Duration) {
        self.rests_until = self.rests_until.max(now + rest.min(LONGEST));
    }
}

/// Doubles from `first` to `most`, with up to a fifth off at random.
fn jittered(first: Duration, most: Duration, times: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times)).min(most).mul_f64(1.0 - 0.2 * fastrand::f64())
}
