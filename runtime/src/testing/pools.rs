//! The pools of a program as a test has them: each candidate is there, and the test's lines answer for it.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Model, Program};

use crate::call::cost::{Price, PriceTable};
use crate::call::provider::endpoint::{Endpoint, Kind};
use crate::call::provider::scripted::Play;
use crate::call::provider::{self};
use crate::call::router::catalog::{Candidate, Catalog, Pool};

/// Every pool, answered by `play`. Candidates keep their names and prices; a pool that leaves the choice open has one,
/// `mock`, which costs nothing.
pub(super) fn mocked(program: &Program, play: &Arc<Play>, prices: &PriceTable) -> Catalog {
    Catalog::of(program.models.iter().map(|model| pool(model, play, prices)).collect())
}

fn pool(model: &Model, play: &Arc<Play>, prices: &PriceTable) -> Pool {
    let targets = model.targets.as_deref().unwrap_or_default();
    let mut candidates: Vec<Candidate> = targets
        .iter()
        .map(|target| {
            let label = Name::from(format!("{}/{}", target.provider, target.model));
            let price = prices.price(&target.provider, &target.model, false);
            candidate(model, play, label, target.model.clone(), price)
        })
        .collect();
    if candidates.is_empty() {
        candidates.push(candidate(model, play, "mock".into(), "mock".into(), Some(Price::FREE)));
    }
    Pool::new(model, candidates)
}

/// The endpoint has the name by which a test answers for it alone, `smart["openai/gpt-5.1"]`.
fn candidate(model: &Model, play: &Arc<Play>, target: Name, name: Name, price: Option<Price>) -> Candidate {
    let endpoint = Endpoint {
        name: format!("{}[{:?}]", model.name, &*target),
        kind: Kind::Scripted(play.clone()),
        url: None,
        key: None,
        headers: Vec::new(),
    };
    Candidate {
        target,
        model: name,
        keys: vec![provider::build(&endpoint)],
        price,
        first_token: endpoint.first_token(),
        weight: 1.0,
    }
}
