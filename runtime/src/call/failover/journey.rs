//! Where a call has been and where it may go next. It decides; it asks nobody and does not wait.

use std::time::Duration;

use super::breaker::{Admission, Breakers, Seat};
use super::retry::{self, Next, PATIENCE};
use crate::call::error::{CallError, Tried};
use crate::call::provider::{ErrorClass, ProviderError};
use crate::call::router::Route;
use crate::call::router::catalog::Candidate;

/// One call's way through its route.
pub(super) struct Journey<'a> {
    route: &'a Route,
    places: Vec<Place>,
    tried: Vec<Tried>,
    retries_left: u32,
    repeats: u32,
    /// Attempts made.
    pub(super) attempts: u32,
}

/// A candidate with one of its keys.
struct Place {
    candidate: usize,
    key: usize,
    seat: Seat,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Not asked yet, or to be asked next.
    Fresh,
    /// Failed; may be asked again from then on.
    Again(Duration),
    /// Not to be asked any more.
    Out,
}

/// What to do next.
pub(super) enum Pick<'a> {
    /// Ask this place.
    Ask(usize, Seat, &'a Candidate),
    /// Wait, then look again.
    Wait(Duration),
    /// There is nobody left to ask in time.
    Nobody,
}

impl<'a> Journey<'a> {
    pub(super) fn new(route: &'a Route) -> Self {
        let places = route
            .candidates
            .iter()
            .enumerate()
            .flat_map(|(candidate, who)| {
                (0..who.keys.len()).map(move |key| Place {
                    candidate,
                    key,
                    seat: Seat { target: who.target.clone(), key },
                    state: State::Fresh,
                })
            })
            .collect();
        Self { route, places, tried: Vec::new(), retries_left: route.pool.retry, repeats: 0, attempts: 0 }
    }

    /// Who comes next: the first healthy one that was not asked yet; then those whom a lasting trouble puts last; then,
    /// while further attempts are allowed, whoever can be asked the soonest.
    pub(super) fn next(&self, breakers: &Breakers, now: Duration, left: Option<Duration>) -> Pick<'a> {
        let mut last = None;
        let mut soonest: Option<(Duration, usize)> = None;
        for (index, place) in self.places.iter().enumerate() {
            let admission = breakers.admission(&place.seat, now);
            let wait = match (place.state, admission) {
                (State::Out, _) => continue,
                (State::Fresh, Admission::Now) => return self.pick(index),
                (State::Fresh, Admission::Last) => {
                    last.get_or_insert(index);
                    continue;
                }
                (State::Again(_), _) if self.retries_left == 0 => continue,
                (State::Fresh, Admission::In(wait)) => wait,
                (State::Again(from), Admission::In(wait)) => wait.max(from.saturating_sub(now)),
                (State::Again(from), Admission::Now | Admission::Last) => from.saturating_sub(now),
            };
            if soonest.is_none_or(|(least, _)| wait < least) {
                soonest = Some((wait, index));
            }
        }
        match (last, soonest) {
            (Some(index), _) => self.pick(index),
            (None, Some((wait, index))) if wait.is_zero() => self.pick(index),
            (None, Some((wait, _))) if wait <= left.unwrap_or(PATIENCE).min(PATIENCE) => Pick::Wait(wait),
            (None, _) => Pick::Nobody,
        }
    }

    /// The place is asked: counts the attempt.
    pub(super) fn enter(&mut self, index: usize) {
        self.attempts += 1;
        if let Some(Place { state: State::Again(_), .. }) = self.places.get(index) {
            self.retries_left -= 1;
            self.repeats += 1;
        }
    }

    fn pick(&self, index: usize) -> Pick<'a> {
        let place = self.places.get(index);
        let found = place.and_then(|place| Some((place, self.route.candidates.get(place.candidate)?)));
        found.map_or(Pick::Nobody, |(place, candidate)| Pick::Ask(index, place.seat.clone(), candidate))
    }

    /// A re-ask goes to the same place first; should it fail now, the others may still be asked.
    pub(super) fn stay(&mut self, index: usize) {
        if index < self.places.len() {
            let place = self.places.remove(index);
            self.places.insert(0, Place { state: State::Fresh, ..place });
        }
    }

    /// An attempt failed: says who may still be asked, or that the request itself was turned down.
    pub(super) fn failed(
        &mut self,
        index: usize,
        error: &ProviderError,
        now: Duration,
    ) -> Result<(), CallError> {
        let Some(place) = self.places.get(index) else { return Ok(()) };
        let (candidate, key) = (place.candidate, place.key);
        let rule = retry::rule(error.class);
        let tried =
            Tried { target: place.seat.target.clone(), class: Some(error.class), reason: reason(error) };
        self.tried.push(tried.clone());
        match rule.next {
            Next::Nobody if error.class == ErrorClass::ContentPolicy => {
                return Err(CallError::Refused {
                    pool: self.route.pool.name.clone(),
                    target: tried.target,
                    words: tried.reason,
                });
            }
            Next::Nobody => return Err(CallError::Rejected { pool: self.route.pool.name.clone(), tried }),
            Next::Larger => self.only_larger_than(candidate),
            Next::NextKey => {}
            // Another key of the same provider would meet the same trouble.
            Next::Any => self.drop_places(|place| place.candidate == candidate && place.key != key),
        }
        if let Some(place) = self.places.get_mut(index) {
            place.state =
                if rule.again { State::Again(now + retry::backoff(self.repeats)) } else { State::Out };
        }
        if error.class == ErrorClass::ContextLength && !self.places.iter().any(Place::is_open) {
            return Err(CallError::Rejected { pool: self.route.pool.name.clone(), tried });
        }
        Ok(())
    }

    /// There is nobody left to ask now.
    pub(super) fn nobody(&self, breakers: &Breakers, now: Duration) -> CallError {
        let mut tried = self.tried.clone();
        let mut soonest: Option<Duration> = None;
        for place in &self.places {
            let Admission::In(wait) = breakers.admission(&place.seat, now) else { continue };
            soonest = Some(soonest.map_or(wait, |least| least.min(wait)));
            if place.is_open() {
                let reason =
                    format!("not asked: it rests for another {} after earlier failures", seconds(wait));
                tried.push(Tried { target: place.seat.target.clone(), class: None, reason });
            }
        }
        tried.extend(self.route.skipped.iter().cloned());
        let pool = self.route.pool.name.clone();
        CallError::Unavailable { pool, tried: gathered(tried), retry_after: soonest }
    }

    /// What was tried so far.
    pub(super) fn tried(&self) -> Vec<Tried> {
        gathered(self.tried.clone())
    }

    fn only_larger_than(&mut self, candidate: usize) {
        let windows: Vec<Option<u64>> = self.route.candidates.iter().map(|who| who.caps().context).collect();
        let window = |candidate: usize| windows.get(candidate).copied().flatten();
        let own = window(candidate);
        self.drop_places(|place| {
            window(place.candidate).is_none_or(|other| own.is_some_and(|own| other <= own))
        });
    }

    fn drop_places(&mut self, which: impl Fn(&Place) -> bool) {
        for place in self.places.iter_mut().filter(|place| which(place)) {
            place.state = State::Out;
        }
    }
}

impl Place {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Fresh)
    }
}

/// The failure in one line: what kind, in our words, then the provider's; what we found ourselves says both.
pub(super) fn reason(error: &ProviderError) -> String {
    let said = error.message.trim();
    let mut text = match error.status {
        None if is_ours(error.class) && !said.is_empty() => String::new(),
        None => words(error.class).to_string(),
        Some(status) => format!("{} ({status})", words(error.class)),
    };
    if !said.is_empty() {
        let colon = if text.is_empty() { "" } else { ": " };
        text = format!("{text}{colon}{said}");
    }
    if let Some(wait) = error.retry_after {
        text = format!("{text}; it asks to wait {}", seconds(wait));
    }
    text
}

/// What no provider says of itself: the words are ours, and whole.
fn is_ours(class: ErrorClass) -> bool {
    use ErrorClass as E;
    matches!(
        class,
        E::Connect
            | E::Tls
            | E::TimeoutFirstToken
            | E::TimeoutIdle
            | E::TimeoutTotal
            | E::Truncated
            | E::Empty
            | E::BadFormat
            | E::NotConfigured
    )
}

/// Repetitions of one failure in one line.
fn gathered(tried: Vec<Tried>) -> Vec<Tried> {
    let mut all: Vec<(Tried, u32)> = Vec::new();
    for one in tried {
        match all.iter_mut().find(|(other, _)| *other == one) {
            Some((_, times)) => *times += 1,
            None => all.push((one, 1)),
        }
    }
    all.into_iter()
        .map(|(one, times)| match times {
            1 => one,
            _ => Tried { reason: format!("{} ({times} times)", one.reason), ..one },
        })
        .collect()
}

fn seconds(wait: Duration) -> String {
    if wait < Duration::from_secs(10) {
        format!("{:.1} s", wait.as_secs_f64())
    } else {
        format!("{:.0} s", wait.as_secs_f64())
    }
}

/// A kind of failure in words.
fn words(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Connect => "no connection",
        ErrorClass::Tls => "no secure connection",
        ErrorClass::TimeoutFirstToken => "no answer in time",
        ErrorClass::TimeoutIdle => "it fell silent in the middle of its answer",
        ErrorClass::TimeoutTotal => "it took too long",
        ErrorClass::Transient => "a passing trouble",
        ErrorClass::RateLimited => "too many requests",
        ErrorClass::Quota => "no money left on the account",
        ErrorClass::Unauthorized => "the key is not taken",
        ErrorClass::NotFound => "no such model or address",
        ErrorClass::ContextLength => "the prompt is too long for the model",
        ErrorClass::ContentPolicy => "the provider's policy forbids it",
        ErrorClass::BadRequest => "a bad request",
        ErrorClass::TooLarge => "the request is too large",
        ErrorClass::Unsupported => "it cannot do that",
        ErrorClass::Server => "an error of the server",
        ErrorClass::Truncated => "the answer broke off",
        ErrorClass::Empty => "an empty answer",
        ErrorClass::BadFormat => "an answer that is not in the provider's format",
        ErrorClass::NotConfigured => "not set up",
        ErrorClass::Command => "the command failed",
    }
}
