//! One attempt at one candidate: its clock, its reader, its row in the ledger, its charge, however it ends.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agentrun_lang::ast::Name;
use tracing::Instrument as _;

use super::breaker::{Breakers, Seat};
use crate::call::estimate;
use crate::call::ledger::{Cost, End, Ledger, Row};
use crate::call::meter::Charge;
use crate::call::provider::{Delta, ErrorClass, ModelReply, ModelRequest, ProviderError, Timeouts, spoken};
use crate::call::request::CallRequest;
use crate::call::router::catalog::Candidate;
use crate::chat::{FinishReason, Usage};
use crate::clock::Clock;
use crate::trace;

/// Where no `timeout` of the pool says otherwise.
const CONNECT: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_mins(1);
const TOTAL: Duration = Duration::from_mins(10);

/// The bounds of one attempt: the pool's `timeout`, and never more than the call has left.
pub(super) fn timeouts(first_token: Duration, pool: Option<Duration>, left: Option<Duration>) -> Timeouts {
    let total = pool.unwrap_or(TOTAL).min(left.unwrap_or(Duration::MAX));
    Timeouts {
        connect: CONNECT.min(total),
        first_token: first_token.min(total),
        idle: IDLE.min(total),
        total,
    }
}

/// What an attempt needs of its surroundings.
pub(super) struct Attempt<'a> {
    pub(super) clock: &'a dyn Clock,
    pub(super) ledger: &'a Ledger,
    pub(super) breakers: &'a Breakers,
    pub(super) request: &'a CallRequest,
    pub(super) candidate: &'a Candidate,
    pub(super) seat: &'a Seat,
    pub(super) pool: &'a Name,
    pub(super) number: u32,
    /// What the prompt comes to, where the provider does not say.
    pub(super) prompt_tokens: u64,
}

impl Attempt<'_> {
    /// Asks once.
    pub(super) async fn make(&self, asked: &ModelRequest) -> Result<ModelReply, ProviderError> {
        let Some(provider) = self.candidate.keys.get(self.seat.key) else {
            return Err(failure(ErrorClass::NotConfigured, "there is nobody to ask"));
        };
        let open = Open::new(self);
        let screen = &self.request.screen;
        screen.attempt(self.number, &self.candidate.target);
        let grows = asked.stream;
        let mut sink = |delta: Delta| {
            open.saw(&delta);
            if let Delta::Text(text) = delta
                && grows
            {
                screen.delta(self.number, &text);
            }
        };
        let total = asked.timeouts.total;
        let span = trace::attempt(&self.candidate.target, self.number);
        let answer = provider.complete(asked, &mut sink).instrument(span.clone());
        let result = match tokio::time::timeout(total, answer).await {
            Ok(Ok(reply)) if is_empty(&reply) => {
                Err(ProviderError { usage: reply.usage, ..failure(ErrorClass::Empty, "the answer is blank") })
            }
            Ok(result) => result,
            Err(_) => {
                Err(failure(ErrorClass::TimeoutTotal, format!("no whole answer within {}", spoken(total))))
            }
        };
        record(&span, &result);
        open.end(&result);
        result
    }
}

/// How the attempt ended, on its span.
fn record(span: &tracing::Span, result: &Result<ModelReply, ProviderError>) {
    let usage = match result {
        Ok(reply) => {
            span.record("gen_ai.response.finish_reasons", tracing::field::debug(&reply.finish));
            reply.model.as_deref().map(|model| span.record("gen_ai.response.model", model));
            reply.usage
        }
        Err(error) => {
            span.record("error.type", tracing::field::debug(error.class));
            error.usage
        }
    };
    usage.input.map(|tokens| span.record("gen_ai.usage.input_tokens", tokens));
    usage.output.map(|tokens| span.record("gen_ai.usage.output_tokens", tokens));
}

/// An answer in which there is nothing is no answer: another candidate may give one. With `max_tokens` used up it is
/// one, and says so.
fn is_empty(reply: &ModelReply) -> bool {
    reply.text.trim().is_empty()
        && reply.tool_calls.is_empty()
        && reply.refusal.is_none()
        && reply.finish == FinishReason::Stop
}

pub(super) fn failure(class: ErrorClass, message: impl Into<String>) -> ProviderError {
    ProviderError {
        class,
        status: None,
        message: message.into(),
        retry_after: None,
        partial: String::new(),
        usage: Usage::default(),
    }
}

/// An attempt that has begun. Dropped before its end, it was cut off: what was seen of it is charged all the same.
struct Open<'a> {
    attempt: &'a Attempt<'a>,
    at: jiff::Timestamp,
    started: Duration,
    first: OnceLock<Duration>,
    seen: AtomicU64,
    ended: bool,
}

impl<'a> Open<'a> {
    fn new(attempt: &'a Attempt<'a>) -> Self {
        Self {
            attempt,
            at: attempt.clock.now(),
            started: attempt.clock.elapsed(),
            first: OnceLock::new(),
            seen: AtomicU64::new(0),
            ended: false,
        }
    }

    fn saw(&self, delta: &Delta) {
        self.first.get_or_init(|| self.took());
        let (Delta::Text(text) | Delta::Reasoning(text) | Delta::ToolCall(text)) = delta;
        self.seen.fetch_add(text.len() as u64, Ordering::Relaxed);
    }

    fn took(&self) -> Duration {
        self.attempt.clock.elapsed().saturating_sub(self.started)
    }

    fn end(mut self, result: &Result<ModelReply, ProviderError>) {
        self.ended = true;
        let now = self.attempt.clock.elapsed();
        let (breakers, seat) = (self.attempt.breakers, self.attempt.seat);
        match result {
            Ok(reply) => {
                breakers.well(seat, now);
                let written = estimate::text(&reply.text)
                    + reply
                        .tool_calls
                        .iter()
                        .map(|call| estimate::text(&call.arguments.to_string()))
                        .sum::<u64>();
                // What it thought is in no reply; a stream has shown it.
                let written = written.max(self.observed());
                self.enter(End::Replied, None, reply.usage, reply.request_id.clone(), Some(written));
            }
            Err(error) => {
                breakers.failed(seat, error.class, error.retry_after, now);
                let written = self.observed().max(estimate::text(&error.partial));
                // Nobody knows how far one came whose time ran out, or that broke off: its prompt at least was sent.
                let sent = matches!(
                    error.class,
                    ErrorClass::TimeoutFirstToken
                        | ErrorClass::TimeoutIdle
                        | ErrorClass::TimeoutTotal
                        | ErrorClass::Truncated
                );
                let written = (sent || written > 0).then_some(written);
                self.enter(End::Failed(error.class), error.status, error.usage, None, written);
            }
        }
    }

    /// Output tokens that came as deltas.
    fn observed(&self) -> u64 {
        self.seen.load(Ordering::Relaxed).div_ceil(4)
    }

    /// Charges the meter and writes the row. `written` is our own count of the output: with none, and none of the
    /// provider's, nothing is charged. A provider's 0 where there is something is no count, and what it had counted
    /// before a stream broke off is only a part.
    fn enter(
        &self,
        end: End,
        status: Option<u16>,
        usage: Usage,
        request_id: Option<String>,
        written: Option<u64>,
    ) {
        let attempt = self.attempt;
        let replied = matches!(end, End::Replied);
        let ours = written.unwrap_or(0);
        let theirs = (
            usage.input.filter(|input| *input > 0),
            usage.output.filter(|output| if replied { *output > 0 || ours == 0 } else { *output >= ours }),
        );
        let (input, output) = match theirs {
            (None, None) if written.is_none() => (0, 0),
            (input, output) => (input.unwrap_or(attempt.prompt_tokens), output.unwrap_or(ours)),
        };
        let counted = theirs.0.is_some() && theirs.1.is_some();
        let full = Usage { input: Some(input), output: Some(output), ..usage };
        let cost = match attempt.candidate.price.as_ref().and_then(|price| price.of(&full)) {
            Some(nanos) if counted => Cost::Known(nanos),
            Some(nanos) => Cost::Estimated(nanos),
            None if input == 0 && output == 0 => Cost::Estimated(0),
            None => Cost::Unknown,
        };
        attempt.request.meter.charge(Charge { cost: cost.nanos(), input, output });
        attempt.ledger.enter(Row {
            run: attempt.request.run.clone(),
            effect: attempt.request.effect.clone(),
            attempt: attempt.number,
            pool: attempt.pool.clone(),
            target: attempt.candidate.target.clone(),
            key: attempt.seat.key,
            at: self.at,
            took: self.took(),
            first: self.first.get().copied(),
            end,
            status,
            usage,
            cost,
            request_id,
        });
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.attempt.breakers.abandoned(self.attempt.seat);
            let observed = self.observed();
            self.enter(End::Canceled, None, Usage::default(), None, Some(observed));
        }
    }
}
