//! How a pool orders those who can answer.

use std::cmp::Ordering;
use std::sync::Arc;

use agentrun_lang::ir::Strategy;
use sha2::{Digest, Sha256};

use super::catalog::{Candidate, Pool};
use crate::machine::EffectId;

/// The strategy's word.
pub(super) fn word(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Failover => "failover",
        Strategy::Cheapest => "cheapest",
        Strategy::Fastest => "fastest",
        Strategy::Weighted => "weighted",
        Strategy::Cascade => "cascade",
        Strategy::Route => "route",
    }
}

/// The candidates in the order they are asked. The same run and effect give the same order, so a replay agrees.
pub(super) fn order(
    pool: &Pool,
    candidates: Vec<Arc<Candidate>>,
    run: &str,
    effect: &EffectId,
    tokens: &(u64, u64),
) -> Vec<Arc<Candidate>> {
    match pool.strategy {
        Strategy::Cheapest => cheapest(candidates, tokens),
        Strategy::Weighted => weighted(candidates, run, effect),
        Strategy::Failover | Strategy::Fastest | Strategy::Cascade | Strategy::Route => candidates,
    }
}

/// By what this call may cost there; an unknown price comes last, and equals stay in their order.
fn cheapest(mut candidates: Vec<Arc<Candidate>>, &(input, output): &(u64, u64)) -> Vec<Arc<Candidate>> {
    candidates.sort_by_key(|candidate| {
        candidate.price.as_ref().map_or(i64::MAX, |price| price.at_most(input, output))
    });
    candidates
}

/// At random by weight, without replacement: each draws a number in (0, 1], and the largest of its root by weight
/// comes first (Efraimidis and Spirakis). A weight of 0 comes last.
fn weighted(candidates: Vec<Arc<Candidate>>, run: &str, effect: &EffectId) -> Vec<Arc<Candidate>> {
    let mut drawn: Vec<(f64, Arc<Candidate>)> = candidates
        .into_iter()
        .enumerate()
        .map(|(index, candidate)| {
            let luck = draw(run, effect, index);
            let score = if candidate.weight > 0.0 { luck.ln() / candidate.weight } else { f64::NEG_INFINITY };
            (score, candidate)
        })
        .collect();
    drawn.sort_by(|(a, _), (b, _)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    drawn.into_iter().map(|(_, candidate)| candidate).collect()
}

/// A number in (0, 1] that only run, effect and place decide.
fn draw(run: &str, effect: &EffectId, index: usize) -> f64 {
    let hash = Sha256::new()
        .chain_update(run)
        .chain_update([0])
        .chain_update(effect.0.as_bytes())
        .chain_update(index.to_le_bytes())
        .finalize();
    let bits = hash.iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    (f64::from(bits) + 1.0) / (f64::from(u32::MAX) + 1.0)
}
