//! The pools of a program as a test has them: each candidate is there under its own name and price, and a
//! [`Voice`] answers for it.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Model, ModelId, Program};

use super::voice::{Shared, Voice};
use crate::call::cost::{Price, PriceTable};
use crate::call::provider::endpoint::{Endpoint, Kind, Known};
use crate::call::provider::{self, Provider};
use crate::call::router::catalog::{Candidate, Catalog, Pool};

/// Every pool. A pool that leaves the choice open has one candidate, `mock`, which costs nothing. With `live`, models
/// are there to be asked where the test does not answer.
pub(super) fn voiced(
    program: &Program,
    shared: &Arc<Shared>,
    prices: &PriceTable,
    live: Option<&Catalog>,
) -> Catalog {
    let ids = (0_u32..).map(ModelId);
    let pools = program.models.iter().zip(ids).map(|(model, id)| {
        let real =
            live.and_then(|live| live.pool(id)).map(|pool| pool.candidates.as_slice()).unwrap_or_default();
        pool(model, shared, prices, real)
    });
    Catalog::of(pools.collect())
}

fn pool(model: &Model, shared: &Arc<Shared>, prices: &PriceTable, real: &[Arc<Candidate>]) -> Pool {
    let targets = model.targets.as_deref().unwrap_or_default();
    let mut candidates: Vec<Candidate> = targets
        .iter()
        .enumerate()
        .map(|(at, target)| {
            let label = Name::from(format!("{}/{}", target.provider, target.model));
            let price = prices.price(&target.provider, &target.model, false);
            let declared = Known::named(&target.provider).map(|known| known.endpoint(None, None));
            candidate(model, shared, (label, target.model.clone()), declared.as_ref(), price, real.get(at))
        })
        .collect();
    if candidates.is_empty() {
        let real = real.first();
        let names =
            real.map_or(("mock".into(), "mock".into()), |real| (real.target.clone(), real.model.clone()));
        candidates.push(candidate(model, shared, names, None, Some(Price::FREE), real));
    }
    Pool::new(model, candidates)
}

fn candidate(
    model: &Model,
    shared: &Arc<Shared>,
    (target, name): (Name, Name),
    declared: Option<&Endpoint>,
    price: Option<Price>,
    real: Option<&Arc<Candidate>>,
) -> Candidate {
    let own = format!("{}[{:?}]", model.name, &*target);
    let scripted = Endpoint {
        name: own.clone(),
        kind: Kind::Scripted(shared.play.clone()),
        url: None,
        key: None,
        headers: Vec::new(),
    };
    let voice = Voice {
        name: own,
        target: target.to_string(),
        scripted: provider::build(&scripted),
        declared: declared.map(provider::build),
        live: real.and_then(|real| real.keys.first()).cloned(),
        shared: shared.clone(),
    };
    let keys: Vec<Arc<dyn Provider>> = vec![Arc::new(voice)];
    Candidate { target, model: name, keys, price, first_token: scripted.first_token(), weight: 1.0 }
}
