//! Runs a route: attempt after attempt below one deadline, until an answer is valid or nobody is left to ask.

mod attempt;
mod breaker;
mod deadline;
mod journey;
mod retry;

use std::sync::Arc;

use self::attempt::Attempt;
pub use self::breaker::{Admission, Breakers, Seat};
use self::deadline::Deadline;
use self::journey::{Journey, Pick};
pub use self::retry::{Next, PATIENCE, Rest, Rule, backoff, rule};
use super::answer::{self, Reading};
use super::budget::Hold;
use super::error::{CallError, Tried};
use super::ledger::Ledger;
use super::protocol::{Asked, Talk};
use super::provider::{ErrorClass, ModelReply, ProviderError};
use super::reply::CallReply;
use super::request::CallRequest;
use super::router::Route;
use super::router::catalog::Candidate;
use crate::clock::Clock;

/// Asks, and goes on where an answer does not come or does not hold.
pub struct Failover {
    clock: Arc<dyn Clock>,
    breakers: Arc<Breakers>,
    ledger: Arc<Ledger>,
}

/// A reply, from whom, and how they were asked.
struct Reached<'a> {
    place: usize,
    candidate: &'a Candidate,
    asked: Asked,
    reply: ModelReply,
}

impl Failover {
    /// Over this clock, with health and ledger that calls share.
    pub fn new(clock: Arc<dyn Clock>, breakers: Arc<Breakers>, ledger: Arc<Ledger>) -> Self {
        Self { clock, breakers, ledger }
    }

    /// Asks until an answer is valid. A wrong answer is asked for again, quoting what is wrong with it, as often as the
    /// request allows: each time is another model call, by the same target where it is still there.
    pub async fn run(
        &self,
        route: &Route,
        request: &CallRequest,
        hold: &mut Hold,
    ) -> Result<CallReply, CallError> {
        let deadline = Deadline::new(&*self.clock, request.time_left, &request.scopes);
        let mut journey = Journey::new(route);
        let mut talk = Talk::new(request);
        loop {
            let reached = self.reach(&mut journey, &talk, &deadline, route, request, hold).await?;
            let target = reached.candidate.target.clone();
            let violations = match answer::read(&reached.reply, &reached.asked, request) {
                Reading::Valid(answer) => {
                    request.screen.finish(journey.attempts);
                    return Ok(answer.into_reply(reached.reply, target, journey.attempts));
                }
                Reading::Refused(words) => {
                    request.screen.retract(journey.attempts, "the model refused");
                    return Err(CallError::Refused { pool: route.pool.name.clone(), target, words });
                }
                Reading::Wrong(violations) => violations,
            };
            let Some(more) = talk.again(&reached.reply, &reached.asked, &violations) else {
                return Err(CallError::Invalid {
                    pool: route.pool.name.clone(),
                    target,
                    violations,
                    answer: reached.reply.text,
                });
            };
            request.screen.retract(journey.attempts, "the answer does not fit");
            hold.another_call(&route.pool, more)?;
            journey.stay(reached.place);
        }
    }

    /// Asks until somebody replies: one model call, however many attempts it takes.
    async fn reach<'a>(
        &self,
        journey: &mut Journey<'a>,
        talk: &Talk<'_>,
        deadline: &Deadline,
        route: &'a Route,
        request: &CallRequest,
        hold: &mut Hold,
    ) -> Result<Reached<'a>, CallError> {
        let before = journey.attempts;
        loop {
            let place = self.choose(journey, deadline, route).await?;
            let (Some(seat), Some(candidate)) = (journey.seat(place).cloned(), journey.candidate(place))
            else {
                return Err(journey.nobody(&self.breakers, self.clock.elapsed()));
            };
            hold.another_attempt()?;
            if journey.attempts == before {
                request.meter.call();
            }
            journey.enter(place);
            let attempt = Attempt {
                clock: &*self.clock,
                ledger: &self.ledger,
                breakers: &self.breakers,
                request,
                candidate,
                seat: &seat,
                pool: &route.pool.name,
                number: journey.attempts,
                prompt_tokens: route.prompt_tokens,
            };
            let timeouts =
                attempt::timeouts(candidate.first_token, route.pool.timeout, deadline.left(&*self.clock));
            let asked = talk.ask(route, candidate, timeouts);
            match attempt.make(&asked.request).await {
                Ok(reply) => return Ok(Reached { place, candidate, asked, reply }),
                Err(error) => self.go_on(journey, place, &error, deadline, route, request)?,
            }
        }
    }

    /// Who is asked next, after a wait where one is due.
    async fn choose(
        &self,
        journey: &Journey<'_>,
        deadline: &Deadline,
        route: &Route,
    ) -> Result<usize, CallError> {
        loop {
            let now = self.clock.elapsed();
            if deadline.is_over(&*self.clock) {
                return Err(time_up(journey, deadline, route));
            }
            match journey.next(&self.breakers, now, deadline.left(&*self.clock)) {
                Pick::Ask(place) => {
                    if journey.seat(place).is_none_or(|seat| self.breakers.enter(seat, now)) {
                        return Ok(place);
                    }
                }
                Pick::Wait(wait) => tokio::time::sleep(wait).await,
                Pick::Nobody => return Err(journey.nobody(&self.breakers, now)),
            }
        }
    }

    /// After a failed attempt: nothing, where another may follow.
    fn go_on(
        &self,
        journey: &mut Journey<'_>,
        place: usize,
        error: &ProviderError,
        deadline: &Deadline,
        route: &Route,
        request: &CallRequest,
    ) -> Result<(), CallError> {
        let screen = &request.screen;
        let shown = screen.shown();
        let why = journey::reason(error);
        screen.retract(journey.attempts, &why);
        let target = journey.seat(place).map(|seat| seat.target.clone());
        if error.class == ErrorClass::Unauthorized
            && let Some(target) = &target
        {
            screen.warn(&format!("{target}: {why}"));
        }
        journey.failed(place, error, self.clock.elapsed())?;
        if error.class == ErrorClass::TimeoutTotal && deadline.is_over(&*self.clock) {
            return Err(time_up(journey, deadline, route));
        }
        if shown > 0
            && !screen.retracts()
            && let Some(target) = target
        {
            let tried = Tried { target, class: Some(error.class), reason: why };
            let others = route.candidates.len() > 1;
            return Err(CallError::Cut { pool: route.pool.name.clone(), tried, shown, others });
        }
        Ok(())
    }
}

fn time_up(journey: &Journey<'_>, deadline: &Deadline, route: &Route) -> CallError {
    CallError::TimeUp {
        pool: route.pool.name.clone(),
        scope: deadline.scope().clone(),
        tried: journey.tried(),
    }
}
