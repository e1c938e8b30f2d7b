//! The one line that every model call takes: reserve, input guardrails, route, attempts until an answer is valid,
//! output guardrails, settle. There is no other way to a provider.

pub mod answer;
mod attach;
pub mod budget;
pub mod cost;
pub mod error;
pub mod estimate;
pub mod failover;
pub mod guardrail;
pub mod ledger;
pub mod meter;
pub mod protocol;
pub mod provider;
pub mod request;
pub mod router;
pub mod screen;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::budget::Budgets;
use self::error::CallError;
use self::failover::{Breakers, Failover};
use self::guardrail::Chain;
use self::ledger::Ledger;
use self::meter::Meter;
use self::request::CallRequest;
use self::router::Router;
use self::router::catalog::Catalog;
use crate::clock::Clock;
use crate::machine::{Answer, ModelAnswer, Outcome, Spent};

/// What the calls of a process share, whichever program they belong to.
#[derive(Clone)]
pub struct Shared {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What is reserved and spent.
    pub budgets: Arc<Budgets>,
    /// How the targets are.
    pub breakers: Arc<Breakers>,
    /// What was done.
    pub ledger: Arc<Ledger>,
}

/// The line for the pools of one program.
pub struct CallLine {
    clock: Arc<dyn Clock>,
    budgets: Arc<Budgets>,
    guardrails: Chain,
    router: Router,
    failover: Failover,
    folder: PathBuf,
}

impl Shared {
    /// Nothing spent, everyone well.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, budgets: Arc::default(), breakers: Arc::default(), ledger: Arc::default() }
    }
}

impl CallLine {
    /// A line over these pools and guardrails; files that prompts attach are found from `folder`.
    pub fn new(shared: Shared, catalog: Arc<Catalog>, guardrails: Chain, folder: PathBuf) -> Self {
        let Shared { clock, budgets, breakers, ledger } = shared;
        let failover = Failover::new(clock.clone(), breakers, ledger);
        Self { clock, budgets, guardrails, router: Router::new(catalog), failover, folder }
    }

    /// Makes a call and says how it ended and what it cost. Dropping the future ends the attempt that is open and
    /// settles what was observed of it; a clone of `request.meter` tells how much that was.
    pub async fn perform(&self, request: CallRequest) -> Outcome {
        let stopwatch = Stopwatch::start(&*self.clock, request.meter.clone());
        let result = self.call(request).await;
        let spent = stopwatch.stop();
        match result {
            Ok(reply) => Outcome { result: Ok(Answer::Model(reply)), spent },
            Err(error) => Outcome { result: Err(error.failure()), spent },
        }
    }

    /// Forgets a run that is over.
    pub fn close(&self, run: &str) {
        self.budgets.close(run);
    }

    /// What a call may come to: what its budgets would hold for it, whether it has any or not.
    pub fn hold(&self, request: &CallRequest) -> Spent {
        let Ok(pool) = self.router.pool(request) else { return Spent::FREE };
        let (input, output) = (router::prompt_tokens(request), u64::from(router::max_tokens(request, pool)));
        Spent { cost: budget::at_most(pool, input, output), time: 0, calls: 1, input, output }
    }

    /// Makes a call.
    pub async fn call(&self, request: CallRequest) -> Result<ModelAnswer, CallError> {
        let request = attach::read(request, &self.folder).await?;
        let mut hold = self.budgets.reserve(&request, self.router.pool(&request)?)?;
        let request = self.guardrails.check_input(request).await?;
        let route = self.router.plan(&request)?;
        let reply = self.failover.run(&route, &request, &mut hold).await?;
        let reply = self.guardrails.check_output(reply, &request).await?;
        hold.settle();
        Ok(reply)
    }
}

/// Measures how long a call takes, also where it is dropped.
struct Stopwatch<'a> {
    clock: &'a dyn Clock,
    began: Duration,
    meter: Arc<Meter>,
}

impl<'a> Stopwatch<'a> {
    fn start(clock: &'a dyn Clock, meter: Arc<Meter>) -> Self {
        Self { clock, began: clock.elapsed(), meter }
    }

    fn stop(self) -> Spent {
        let meter = self.meter.clone();
        drop(self);
        meter.spent()
    }
}

impl Drop for Stopwatch<'_> {
    fn drop(&mut self) {
        let took = self.clock.elapsed().saturating_sub(self.began);
        self.meter.took(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    }
}
