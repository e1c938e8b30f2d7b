//! Which edges the tests of a program took, and which none did.

use std::collections::BTreeSet;

use agentrun_lang::ir::{Agent, Program, State};
use agentrun_lang::span::Span;

/// The edges of the entry file's agents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All of them, by place.
    pub edges: BTreeSet<Span>,
    /// Those that some test took.
    pub taken: BTreeSet<Span>,
}

impl Coverage {
    /// Nothing taken yet.
    pub fn of(program: &Program) -> Self {
        Self::of_agents(program.agents.iter().take(program.entry_agents))
    }

    /// The same of some agents.
    pub(super) fn of_agents<'p>(agents: impl Iterator<Item = &'p Agent>) -> Self {
        let edges = agents.flat_map(|agent| {
            let states = agent.states.iter().flat_map(edges_of);
            states.chain(agent.on.iter().map(|on| on.edge.span))
        });
        Self { edges: edges.collect(), taken: BTreeSet::new() }
    }

    /// Counts what a run took.
    pub fn add(&mut self, taken: &BTreeSet<Span>) {
        self.taken.extend(taken.intersection(&self.edges));
    }

    /// The edges that no test took, in the order they stand.
    pub fn missing(&self) -> impl Iterator<Item = &Span> {
        self.edges.difference(&self.taken)
    }

    /// The share that was taken; 1 where there is no edge.
    pub fn share(&self) -> f64 {
        share(self.taken.len(), self.edges.len())
    }
}

/// How much of `all` a `part` is, from 0 to 1; 1 of nothing.
#[expect(clippy::cast_precision_loss, reason = "nobody has so many of them")]
pub fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}

fn edges_of(state: &State) -> impl Iterator<Item = Span> {
    state.edges.iter().map(|edge| edge.span).chain(state.on.iter().map(|on| on.edge.span))
}
