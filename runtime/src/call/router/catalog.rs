//! The pools of a program with everyone in them who can answer, found once before a run begins.

use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Model, ModelId, Strategy};

use crate::call::cost::Price;
use crate::call::provider::{Caps, Provider};

/// Every pool of a program.
#[derive(Default)]
pub struct Catalog {
    /// By [`ModelId`].
    pools: Vec<Arc<Pool>>,
}

/// A pool, ready to be asked.
pub struct Pool {
    /// Its name.
    pub name: Name,
    /// Who can answer, in the order of `use`.
    pub candidates: Vec<Arc<Candidate>>,
    /// How one is chosen.
    pub strategy: Strategy,
    /// Further attempts, once every candidate was tried.
    pub retry: u32,
    /// Of one attempt, to its last token.
    pub timeout: Option<Duration>,
    /// What a model may write.
    pub max_tokens: u32,
    /// Where the provider takes one.
    pub temperature: Option<f64>,
}

/// A model at a provider.
#[derive(Clone)]
pub struct Candidate {
    /// `openai/gpt-5-mini`.
    pub target: Name,
    /// The model's name at the provider.
    pub model: Name,
    /// The provider once for each of its keys, in the order they are used.
    pub keys: Vec<Arc<dyn Provider>>,
    /// What it costs; `None` where nobody knows.
    pub price: Option<Price>,
    /// How long its first word may take, where it streams.
    pub first_token: Duration,
    /// Its share, for `weighted`.
    pub weight: f64,
}

impl Catalog {
    /// A catalog of these pools, by [`ModelId`].
    pub fn of(pools: Vec<Pool>) -> Self {
        Self { pools: pools.into_iter().map(Arc::new).collect() }
    }

    /// The pool of an id.
    pub fn pool(&self, id: ModelId) -> Option<&Arc<Pool>> {
        self.pools.get(id.index())
    }

    /// Every pool.
    pub fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.pools.iter().map(|pool| &**pool)
    }
}

impl Pool {
    /// A pool as its declaration says, with these candidates. Weights go to them in order; what is missing is 1.
    pub fn new(model: &Model, candidates: Vec<Candidate>) -> Self {
        let candidates = candidates
            .into_iter()
            .enumerate()
            .map(|(index, candidate)| {
                let weight = model.weights.get(index).copied().unwrap_or(1.0);
                let price = candidate.price.or(model.price.map(Price::stated));
                Arc::new(Candidate { price, weight, ..candidate })
            })
            .collect();
        Self {
            name: model.name.clone(),
            candidates,
            strategy: model.strategy,
            retry: model.retry,
            timeout: model.timeout.map(Duration::from_millis),
            max_tokens: model.max_tokens,
            temperature: model.temperature,
        }
    }
}

impl Candidate {
    /// What it can do; nothing where there is no provider behind it.
    pub fn caps(&self) -> Caps {
        self.keys.first().map(|provider| provider.caps(&self.model)).unwrap_or_default()
    }
}
