//! What the proofs ask of the flow: a way on which something does not hold, and edges that no run takes.

use std::collections::VecDeque;

use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use petgraph::graph::{EdgeIndex, NodeIndex};

use super::build::{Arc, EdgeId, Node};
use super::cells::Cell;
use super::flow::Flow;
use super::key::key;
use super::path::{AccessPath, Root};
use crate::ast::{EdgeTest, Name};
use crate::ir::StateId;

/// Places, each with what is known there on one way, that are followed before ways are taken together where they meet.
const MOST_WAYS: usize = 4_096;

/// What must hold before a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A state, or a part of a parallel, has got its result.
    Done(StateId),
    /// A value is true.
    True(AccessPath),
}

/// A way from the agent's beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The states it enters.
    pub states: Vec<Name>,
    /// The last edge of it.
    pub last: Option<EdgeId>,
}

/// Why no run takes an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// The edges before it leave no case.
    Covered,
    /// An edge before it has the same condition.
    Repeats(EdgeId),
    /// Its condition is never true.
    Never,
}

impl Flow<'_> {
    /// A shortest way to `to` at whose end `promise` does not hold; `None` where it always does.
    pub fn way_without(&self, promise: &Promise, to: Node) -> Option<Way> {
        let known = self.known_at(to)?;
        if self.holds(promise, known) {
            return None;
        }
        let goal = self.graph.node(to)?;
        if let Ok(found) = self.exact(promise, goal) {
            return found;
        }
        let mut search = Search { came: vec![[None, None]; self.graph.nodes.node_count()] };
        let mut work = VecDeque::from([(self.graph.start, false)]);
        while let Some((node, held)) = work.pop_front() {
            if (node, held) == (goal, false) {
                return Some(self.way(&search, goal));
            }
            for (arc, next, holds) in self.steps(promise, node, held) {
                if next != self.graph.start && search.is_new(next, holds) {
                    search.note(next, holds, Came { node, held, arc });
                    work.push_back((next, holds));
                }
            }
        }
        None
    }

    /// The same with what is known on each way by itself: where two meet, what holds on one by what the other does not
    /// is not lost, and a handler of the agent's is taken once for each of its events.
    fn exact(&self, promise: &Promise, goal: NodeIndex) -> Result<Option<Way>, TooMany> {
        let start = self.graph.start;
        let mut seen =
            IndexMap::from([((start, self.known_in(start).ok_or(TooMany)?.clone(), Vec::new()), None)]);
        let mut at = 0;
        while let Some(((node, known, fired), _)) = seen.get_index(at) {
            let (node, fired) = (*node, fired.clone());
            let point = *self.graph.nodes.node_weight(node).ok_or(TooMany)?;
            for (arc, next, known) in self.leaving_with(node, point, &known.clone()) {
                let Some(fired) = self.fires(arc, &fired) else { continue };
                if next == goal && !self.holds(promise, &known) {
                    let mut steps = vec![(next, Some(arc))];
                    let mut back = Some(at);
                    while let Some(((node, ..), came)) = back.and_then(|at| seen.get_index(at)) {
                        steps.push((*node, came.map(|(_, arc)| arc)));
                        back = came.map(|(at, _)| at);
                    }
                    return Ok(Some(self.told(steps.into_iter())));
                }
                if next != start {
                    seen.entry((next, known, fired)).or_insert(Some((at, arc)));
                }
            }
            if seen.len() > MOST_WAYS {
                return Err(TooMany);
            }
            at += 1;
        }
        Ok(None)
    }

    /// The handlers of the agent's that have fired behind an arc; `None` where it is one that has fired before.
    fn fires(&self, arc: EdgeIndex, fired: &[usize]) -> Option<Vec<usize>> {
        let mut fired = fired.to_vec();
        if let Some(Arc::Caught(EdgeId { owner: None, index })) = self.graph.nodes.edge_weight(arc) {
            let events = match &self.graph.body(None)?.edges().nth(*index)?.test {
                EdgeTest::On(events) => events.len(),
                _ => 1,
            };
            if fired.iter().filter(|known| *known == index).count() >= events {
                return None;
            }
            fired.push(*index);
            fired.sort_unstable();
        }
        Some(fired)
    }

    /// The edges of a state that no run takes, where one comes to it at all.
    pub fn idle_edges(&self, id: StateId) -> Vec<(EdgeId, Idle)> {
        let mut idle = Vec::new();
        let Some((outcome, choice)) = self.outcome(id).zip(self.choice(id)) else { return idle };
        let Some((known, body)) = self.known_at(Node::Done(id)).zip(self.graph.body(Some(id))) else {
            return idle;
        };
        let edges = body.edges().enumerate().filter(|(_, edge)| !matches!(edge.test, EdgeTest::On(_)));
        if outcome.mistyped || choice.opaque {
            return idle;
        }
        let mut above: Vec<(EdgeId, String)> = Vec::new();
        for (at, ((index, edge), [tried, taken])) in edges.zip(outcome.edges).enumerate() {
            let edge_id = EdgeId { owner: Some(id), index };
            let EdgeTest::When(condition) = &edge.test else {
                if tried.is_none() {
                    idle.push((edge_id, Idle::Covered));
                }
                // what stands behind it is an error of its own
                return idle;
            };
            let key = key(condition, None);
            let first = above.iter().find(|(_, other)| *other == key).map(|(id, _)| *id);
            match (tried, taken, first) {
                (_, Some(_), _) => {}
                (_, None, Some(first)) => idle.push((edge_id, Idle::Repeats(first))),
                (None, None, None) => idle.push((edge_id, Idle::Covered)),
                (Some(_), None, None) => {
                    let alone = choice.is_ever_taken(at, known);
                    idle.push((edge_id, if alone { Idle::Covered } else { Idle::Never }));
                }
            }
            above.push((edge_id, key));
        }
        idle
    }

    fn holds(&self, promise: &Promise, known: &FixedBitSet) -> bool {
        match promise {
            Promise::Done(id) => known.contains(self.table.set_bit(*id)),
            // What was true of an earlier visit is true still, and is no word on this one.
            Promise::True(path) => {
                let state = self.state_of(path);
                self.table.is_true(path, known)
                    && state.is_none_or(|id| known.contains(self.table.counts_bit(id)))
            }
        }
    }

    /// The state whose result a path begins with.
    fn state_of(&self, path: &AccessPath) -> Option<StateId> {
        let Root::Name(root) = &path.root else { return None };
        let states = &self.graph.scope.states;
        states.iter().find(|state| !state.part && state.decl.name.name == *root).map(|state| state.id)
    }

    /// The arcs from a node where `promise` is held or not, each with whether it is held behind it.
    fn steps(&self, promise: &Promise, node: NodeIndex, held: bool) -> Vec<(EdgeIndex, NodeIndex, bool)> {
        let Some((point, known)) = self.graph.nodes.node_weight(node).zip(self.known_in(node)) else {
            return Vec::new();
        };
        let mut known = known.clone();
        match promise {
            Promise::Done(id) => known.set(self.table.set_bit(*id), held),
            Promise::True(path) => {
                self.table.forget(path, &mut known);
                if held {
                    self.table.restrict(path, |cell| *cell == Cell::True, &mut known);
                }
            }
        }
        self.leaving_with(node, *point, &known)
            .into_iter()
            .map(|(arc, next, known)| (arc, next, self.holds(promise, &known)))
            .collect()
    }

    /// Whether an edge to `node` is a `break` of the loop whose exit the way takes: that edge is the one to look at.
    fn breaks_out(&self, node: NodeIndex, exit: Option<EdgeId>) -> bool {
        let around = exit.and_then(|exit| exit.owner);
        around.is_some_and(|id| {
            self.graph.node(Node::Done(id)) == Some(node) && self.graph.node(Node::Next(id)).is_some()
        })
    }

    fn way(&self, search: &Search, goal: NodeIndex) -> Way {
        let mut steps = Vec::new();
        let (mut node, mut held) = (goal, false);
        loop {
            let came = search.get(node, held);
            steps.push((node, came.map(|came| came.arc)));
            let Some(came) = came else { break };
            (node, held) = (came.node, came.held);
        }
        self.told(steps.into_iter())
    }

    /// A way as it is told, from its nodes backwards, each with the arc that led to it.
    fn told(&self, steps: impl Iterator<Item = (NodeIndex, Option<EdgeIndex>)>) -> Way {
        let mut way = Way { states: Vec::new(), last: None };
        for (node, arc) in steps {
            if let Some(Node::Enter(id)) = self.graph.nodes.node_weight(node) {
                way.states.extend(self.graph.scope.state(*id).map(|state| state.decl.name.name.clone()));
            }
            if let Some(Arc::Choice(id) | Arc::Caught(id)) =
                arc.and_then(|arc| self.graph.nodes.edge_weight(arc))
                && (way.last.is_none() || self.breaks_out(node, way.last))
            {
                way.last = Some(*id);
            }
        }
        way.states.reverse();
        way
    }
}

/// There are more ways than are followed one by one.
struct TooMany;

/// How a search came to each node, once without the promise and once with it.
struct Search {
    came: Vec<[Option<Came>; 2]>,
}

#[derive(Clone, Copy)]
struct Came {
    node: NodeIndex,
    held: bool,
    arc: EdgeIndex,
}

impl Search {
    fn get(&self, node: NodeIndex, held: bool) -> Option<Came> {
        self.came.get(node.index())?.get(usize::from(held)).copied()?
    }

    fn is_new(&self, node: NodeIndex, held: bool) -> bool {
        self.get(node, held).is_none()
    }

    fn note(&mut self, node: NodeIndex, held: bool, came: Came) {
        if let Some(slot) = self.came.get_mut(node.index()).and_then(|slots| slots.get_mut(usize::from(held)))
        {
            *slot = Some(came);
        }
    }
}
