//! Runs a route: attempt after attempt below one deadline, until an answer is valid or nobody is left to ask.

mod attempt;
mod breaker;
mod deadline;
mod journey;
mod retry;

use std::sync::Arc;

use agentrun_lang::ast::Name;

use self::attempt::Attempt;
pub use self::breaker::{Admission, Breakers, Seat};
use self::deadline::Deadline;
use self::journey::{Journey, Pick};
pub use self::retry::{Next, PATIENCE, Rest, Rule, backoff, rule};
use super::answer::{self, Reading, Valid};
use super::budget::Hold;
use super::error::{CallError, Tried};
use super::ledger::Ledger;
use super::protocol::{Asked, Talk};
use super::provider::{ErrorClass, ModelReply, ProviderError};
use super::request::CallRequest;
use super::router::Route;
use super::router::catalog::Candidate;
use crate::clock::Clock;
use crate::machine::ModelAnswer;

/// Asks, and goes on where an answer does not come or does not hold.
pub struct Failover {
    clock: Arc<dyn Clock>,
    breakers: Arc<Breakers>,
    ledger: Arc<Ledger>,
}

/// One call on its way.
struct Call<'a> {
    failover: &'a Failover,
    route: &'a Route,
    request: &'a CallRequest,
    deadline: Deadline,
    journey: Journey<'a>,
    talk: Talk<'a>,
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
    ) -> Result<ModelAnswer, CallError> {
        let mut call = Call {
            failover: self,
            route,
            request,
            deadline: Deadline::new(&*self.clock, request.time_left, &request.scopes),
            journey: Journey::new(route),
            talk: Talk::new(request),
        };
        loop {
            let reached = call.reach(hold).await?;
            let attempts = call.journey.attempts;
            let target = reached.candidate.target.clone();
            let pool = route.pool.name.clone();
            let more = match answer::read(&reached.reply, &reached.asked, request) {
                Reading::Valid(answer) => {
                    request.screen.finish(attempts);
                    if let Valid::Value { cut: true, .. } = answer {
                        let warning = format!("the answer of {target} was cut off after `max_tokens`");
                        request.screen.warn(&warning);
                    }
                    return Ok(answer.into_reply(reached.reply, target, attempts));
                }
                Reading::Refused(words) => {
                    request.screen.retract(attempts, "the model refused");
                    return Err(CallError::Refused { pool, target, words });
                }
                Reading::InWords => {
                    request.screen.failed(attempts, &target, IN_WORDS);
                    call.talk.form(&reached.reply, &reached.asked)
                }
                Reading::Repeated => {
                    request.screen.failed(attempts, &target, REPEATED);
                    call.talk.nudge(&reached.reply, &reached.asked)
                }
                Reading::Wrong(violations) => {
                    request.screen.retract(attempts, "the answer does not fit");
                    let Some(more) = call.talk.again(&reached.reply, &reached.asked, &violations) else {
                        let answer = reached.reply.text;
                        return Err(CallError::Invalid { pool, target, violations, answer });
                    };
                    request.screen.failed(attempts, &target, &violations.join("; "));
                    more
                }
            };
            hold.another_call(&route.pool, more)?;
            call.journey.stay(reached.place);
        }
    }
}

/// What the reader is told where an answer is asked for again although nothing is wrong with it.
const IN_WORDS: &str = "the answer has no form yet: its type is asked for now, which is no repair";
const REPEATED: &str = "it asks for a result that it has: it is told so, which is no repair";

impl<'a> Call<'a> {
    /// Asks until somebody replies: one model call, however many attempts it takes.
    async fn reach(&mut self, hold: &mut Hold) -> Result<Reached<'a>, CallError> {
        let before = self.journey.attempts;
        loop {
            let (place, seat, candidate) = self.choose().await?;
            hold.another_attempt()?;
            if !self.failover.breakers.enter(&seat, self.failover.clock.elapsed()) {
                continue;
            }
            if self.journey.attempts == before {
                self.request.meter.call();
            }
            self.journey.enter(place);
            let attempt = Attempt {
                clock: &*self.failover.clock,
                ledger: &self.failover.ledger,
                breakers: &self.failover.breakers,
                request: self.request,
                candidate,
                seat: &seat,
                pool: &self.route.pool.name,
                number: self.journey.attempts,
                prompt_tokens: self.route.prompt_tokens,
            };
            let left = self.deadline.left(attempt.clock);
            let timeouts = attempt::timeouts(candidate.first_token, self.route.pool.timeout, left);
            let asked = self.talk.ask(self.route, candidate, timeouts);
            match attempt.make(&asked.request).await {
                Ok(reply) => return Ok(Reached { place, candidate, asked, reply }),
                Err(error) => self.go_on(place, seat.target, &error)?,
            }
        }
    }

    /// Who is asked next, after a wait where one is due.
    async fn choose(&self) -> Result<(usize, Seat, &'a Candidate), CallError> {
        let clock = &*self.failover.clock;
        loop {
            if self.deadline.is_over(clock) {
                return Err(self.time_up());
            }
            let now = clock.elapsed();
            match self.journey.next(&self.failover.breakers, now, self.deadline.left(clock)) {
                Pick::Ask(place, seat, candidate) => return Ok((place, seat, candidate)),
                Pick::Wait(wait) => clock.sleep(wait).await,
                Pick::Nobody => return Err(self.journey.nobody(&self.failover.breakers, now)),
            }
        }
    }

    /// After a failed attempt: nothing, where another may follow.
    fn go_on(&mut self, place: usize, target: Name, error: &ProviderError) -> Result<(), CallError> {
        let screen = &self.request.screen;
        let shown = screen.shown();
        let why = journey::reason(error);
        screen.retract(self.journey.attempts, &why);
        screen.failed(self.journey.attempts, &target, &why);
        self.journey.failed(place, error, self.failover.clock.elapsed())?;
        if error.class == ErrorClass::TimeoutTotal && self.deadline.is_over(&*self.failover.clock) {
            return Err(self.time_up());
        }
        if shown > 0 && !screen.retracts() {
            let tried = Tried { target, class: Some(error.class), reason: why };
            let others = self.route.candidates.len() > 1;
            return Err(CallError::Cut { pool: self.route.pool.name.clone(), tried, shown, others });
        }
        Ok(())
    }

    fn time_up(&self) -> CallError {
        CallError::TimeUp {
            pool: self.route.pool.name.clone(),
            scope: self.deadline.scope().clone(),
            tried: self.journey.tried(),
        }
    }
}
