//! The pools of a program with everyone in them who can answer, found once before a run begins.

use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Model, ModelId, Strategy};
use indexmap::IndexMap;

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

/// `provider/model`, as a program or a command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetName {
    /// `openai`.
    pub provider: Name,
    /// `gpt-5-mini`.
    pub model: Name,
}

/// What a machine offers where a program leaves the choice open, and what its user chose instead.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// For pools without `use`, the best first.
    pub found: Vec<TargetName>,
    /// `--model POOL=TARGET`: pool by pool, in place of its own targets.
    pub overrides: IndexMap<Name, Vec<TargetName>>,
}

/// A `--model` that names no pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`--model {given}=…` names no pool of this program; it has {}", known.join(", "))]
pub struct UnknownPool {
    /// What was given.
    pub given: Name,
    /// What there is, each name in backticks.
    pub known: Vec<String>,
}

impl Catalog {
    /// Connects the pools of a program. `connect` makes a candidate of a target of a pool; a pool with an `exec` or a
    /// `url` and no `use` is given without one.
    pub fn build(
        models: &[Model],
        choices: &Choices,
        mut connect: impl FnMut(&Model, Option<&TargetName>) -> Candidate,
    ) -> Result<Self, UnknownPool> {
        if let Some(given) =
            choices.overrides.keys().find(|name| !models.iter().any(|model| model.name == **name))
        {
            let known = models.iter().map(|model| format!("`{}`", model.name)).collect();
            return Err(UnknownPool { given: given.clone(), known });
        }
        let pools = models
            .iter()
            .map(|model| {
                let candidates = match targets(model, choices) {
                    Some(targets) => targets.iter().map(|target| connect(model, Some(target))).collect(),
                    None => vec![connect(model, None)],
                };
                Arc::new(Pool::new(model, candidates))
            })
            .collect();
        Ok(Self { pools })
    }

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

/// The targets of a pool; `None` where its own `exec` or `url` is all it has.
fn targets(model: &Model, choices: &Choices) -> Option<Vec<TargetName>> {
    if let Some(chosen) = choices.overrides.get(&model.name) {
        return Some(chosen.clone());
    }
    let own = model.targets.as_ref().map(|targets| {
        targets
            .iter()
            .map(|target| TargetName { provider: target.provider.clone(), model: target.model.clone() })
            .collect()
    });
    match own {
        Some(targets) => Some(targets),
        None if model.exec.is_some() || model.url.is_some() => None,
        None => Some(choices.found.clone()),
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
