//! Reserve and settle. What a call may come to is reserved in every scope around it, all or none, before it starts;
//! what it came to is booked when it ends, however it ends. So calls side by side never pass a bound together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agentrun_lang::ast::Name;

use super::error::CallError;
use super::meter::Meter;
use super::request::CallRequest;
use super::router::{self, catalog::Pool};
use crate::machine::{Scope, ScopeId, Spending};

/// The books of every run that is under way.
#[derive(Debug, Default)]
pub struct Budgets {
    runs: Mutex<HashMap<Arc<str>, HashMap<ScopeId, Account>>>,
}

/// What a call may come to, or has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Billionths of a dollar.
    pub cost: i64,
    /// Model calls.
    pub calls: u64,
    /// Input and output tokens.
    pub tokens: u64,
}

/// The state of one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What ended calls came to.
    pub booked: Amount,
    /// What open calls may still come to.
    pub held: Amount,
}

/// A reservation. It settles when it is dropped: then what its meter observed is booked, and the rest is free again.
#[derive(Debug)]
pub struct Hold {
    budgets: Arc<Budgets>,
    run: Arc<str>,
    scopes: Vec<Scope>,
    pool: Name,
    meter: Arc<Meter>,
    held: Amount,
    attempt: Amount,
}

/// A bound that has too little left.
struct Short {
    scope: ScopeId,
    bound: &'static str,
    asked: String,
    left: String,
    most: String,
}

impl Budgets {
    /// Reserves one call at the dearest candidate's price.
    pub fn reserve(self: &Arc<Self>, request: &CallRequest, pool: &Pool) -> Result<Hold, CallError> {
        let prompt = router::prompt_tokens(request);
        let answer = u64::from(router::max_tokens(request, pool));
        let mut hold = Hold {
            budgets: self.clone(),
            run: request.run.clone(),
            scopes: request.scopes.iter().filter(|scope| is_bounded(scope)).cloned().collect(),
            pool: pool.name.clone(),
            meter: request.meter.clone(),
            held: Amount::default(),
            attempt: Amount { cost: dearest(pool, prompt, answer), calls: 0, tokens: prompt + answer },
        };
        hold.grow(Amount { calls: 1, ..hold.attempt })?;
        Ok(hold)
    }

    /// The state of a scope.
    pub fn account(&self, run: &str, scope: &str) -> Account {
        self.books().get(run).and_then(|scopes| scopes.get(scope)).copied().unwrap_or_default()
    }

    /// Forgets a run that is over.
    pub fn close(&self, run: &str) {
        self.books().remove(run);
    }

    /// Holds `more` in every scope, or in none.
    fn hold(&self, run: &Arc<str>, scopes: &[Scope], more: Amount) -> Result<(), Short> {
        let mut books = self.books();
        let accounts = books.entry(run.clone()).or_default();
        for scope in scopes {
            let account = accounts.entry(scope.id.clone()).or_default();
            // A run that goes on from its record begins with what the record says.
            account.booked = account.booked.at_least(scope.spent);
            account.fits(scope, more)?;
        }
        for scope in scopes {
            if let Some(account) = accounts.get_mut(&scope.id) {
                account.held = account.held.plus(more);
            }
        }
        Ok(())
    }

    /// Gives back what was held and books what it came to.
    fn settle(&self, run: &str, scopes: &[Scope], held: Amount, spent: Amount) {
        let mut books = self.books();
        let Some(accounts) = books.get_mut(run) else { return };
        for scope in scopes {
            if let Some(account) = accounts.get_mut(&scope.id) {
                account.held = account.held.minus(held);
                account.booked = account.booked.plus(spent);
            }
        }
    }

    fn books(&self) -> MutexGuard<'_, HashMap<Arc<str>, HashMap<ScopeId, Account>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// Another model call within this one: a re-ask, whose prompt has grown by so many tokens.
    pub fn another_call(&mut self, pool: &Pool, more_prompt: u64) -> Result<(), CallError> {
        self.attempt.tokens = self.attempt.tokens.saturating_add(more_prompt);
        self.attempt.cost = self.attempt.cost.saturating_add(dearest(pool, more_prompt, 0));
        let missing = self.missing();
        self.grow(Amount { calls: 1, ..missing })
    }

    /// Another attempt at the same call: what the last one used up is reserved again.
    pub fn another_attempt(&mut self) -> Result<(), CallError> {
        let missing = self.missing();
        if missing == Amount::default() { Ok(()) } else { self.grow(missing) }
    }

    /// Ends it.
    pub fn settle(self) {
        drop(self);
    }

    /// What must be held beyond what is, so that one more attempt is covered.
    fn missing(&self) -> Amount {
        let spent = self.spent();
        Amount {
            cost: spent.cost.saturating_add(self.attempt.cost).saturating_sub(self.held.cost).max(0),
            calls: 0,
            tokens: spent.tokens.saturating_add(self.attempt.tokens).saturating_sub(self.held.tokens),
        }
    }

    fn spent(&self) -> Amount {
        let spent = self.meter.spent();
        Amount {
            cost: self.meter.known_cost(),
            calls: spent.calls,
            tokens: spent.input.saturating_add(spent.output),
        }
    }

    fn grow(&mut self, more: Amount) -> Result<(), CallError> {
        if !self.scopes.is_empty() {
            self.budgets.hold(&self.run, &self.scopes, more).map_err(|short| CallError::Budget {
                pool: self.pool.clone(),
                scope: short.scope,
                bound: short.bound,
                asked: short.asked,
                left: short.left,
                most: short.most,
            })?;
        }
        self.held = self.held.plus(more);
        Ok(())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.scopes.is_empty() {
            self.budgets.settle(&self.run, &self.scopes, self.held, self.spent());
        }
    }
}

impl Account {
    /// Whether `more` is still free in every bound of the scope.
    fn fits(&self, scope: &Scope, more: Amount) -> Result<(), Short> {
        let taken = self.booked.plus(self.held);
        let bounds = &scope.bounds;
        let short =
            |bound, asked, left, most| Err(Short { scope: scope.id.clone(), bound, asked, left, most });
        if let Some(most) = bounds.cost.filter(|most| taken.cost.saturating_add(more.cost) > *most) {
            let left = most.saturating_sub(taken.cost);
            return short("cost", dollars(more.cost), dollars(left), dollars(most));
        }
        if let Some(most) = bounds.calls.filter(|most| taken.calls.saturating_add(more.calls) > *most) {
            let left = most.saturating_sub(taken.calls);
            return short("calls", more.calls.to_string(), left.to_string(), format!("{most} calls"));
        }
        if let Some(most) = bounds.tokens.filter(|most| taken.tokens.saturating_add(more.tokens) > *most) {
            let left = most.saturating_sub(taken.tokens);
            return short("tokens", more.tokens.to_string(), left.to_string(), format!("{most} tokens"));
        }
        Ok(())
    }
}

impl Amount {
    fn plus(self, other: Self) -> Self {
        Self {
            cost: self.cost.saturating_add(other.cost),
            calls: self.calls.saturating_add(other.calls),
            tokens: self.tokens.saturating_add(other.tokens),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            cost: self.cost.saturating_sub(other.cost).max(0),
            calls: self.calls.saturating_sub(other.calls),
            tokens: self.tokens.saturating_sub(other.tokens),
        }
    }

    fn at_least(self, spent: Spending) -> Self {
        Self {
            cost: self.cost.max(spent.cost),
            calls: self.calls.max(spent.calls),
            tokens: self.tokens.max(spent.tokens),
        }
    }
}

fn is_bounded(scope: &Scope) -> bool {
    let bounds = &scope.bounds;
    bounds.cost.is_some() || bounds.calls.is_some() || bounds.tokens.is_some()
}

/// What so many tokens cost at the dearest candidate whose price is known; others are not asked under a `cost` bound.
/// What a call comes to at most at the dearest candidate's price; `None` where a candidate has no known price.
pub fn at_most(pool: &Pool, prompt: u64, answer: u64) -> Option<i64> {
    let known = pool.candidates.iter().all(|candidate| candidate.price.is_some());
    known.then(|| dearest(pool, prompt, answer))
}

fn dearest(pool: &Pool, prompt: u64, answer: u64) -> i64 {
    let prices = pool.candidates.iter().filter_map(|candidate| candidate.price.as_ref());
    prices.map(|price| price.at_most(prompt, answer)).max().unwrap_or(0)
}

/// An amount as a person reads it: to the cent, or to the digits that it has.
fn dollars(nanos: i64) -> String {
    let micros = nanos.max(0) / 1_000;
    let (whole, cents, rest) = (micros / 1_000_000, micros / 10_000 % 100, micros % 10_000);
    if rest == 0 {
        return format!("${whole}.{cents:02}");
    }
    format!("${whole}.{cents:02}{rest:04}").trim_end_matches('0').to_string()
}
