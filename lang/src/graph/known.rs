//! What the checker asks about a place: what a value may still be there, and whether a name can be read.

use std::borrow::Cow;
use std::collections::VecDeque;

use fixedbitset::FixedBitSet;
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::build::{Arc, EdgeId, Node};
use super::choice::Values;
use super::facts::{Fact, Known};
use super::flow::Flow;
use super::path::AccessPath;
use crate::ast::{EdgeTest, Name};
use crate::ir::StateId;
use crate::value::{Type, TypeTable};

/// What holds in one place of an agent.
pub struct Facts<'f, 'a> {
    flow: &'f Flow<'a>,
    /// Whose result `.f` is.
    owner: Option<Name>,
    /// The point that the place is at or just behind.
    point: Node,
    known: Option<Cow<'f, FixedBitSet>>,
}

/// Whether a state's result can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Every way here sets it.
    Always,
    /// Every way here sets it or passes an event of the parallel it is: parts may be missing.
    InPart,
    /// Some way here does not set it.
    Maybe,
}

/// What holds at an edge.
pub struct EdgeFacts<'f, 'a> {
    /// Which one.
    pub id: EdgeId,
    /// When its condition is tried: the ones before it did not hold.
    pub tried: Facts<'f, 'a>,
    /// When it is taken, before it writes: what its `return`, `fail` and `set` read.
    pub taken: Facts<'f, 'a>,
}

impl<'a> Flow<'a> {
    /// What holds when a state is entered: what its fields read. A part is entered with its parallel.
    pub fn entering(&self, id: StateId) -> Facts<'_, 'a> {
        let point = match self.graph.scope.state(id) {
            Some(state) if state.part => state.parent.map_or(Node::Start, Node::Enter),
            _ => Node::Enter(id),
        };
        self.at(id, point)
    }

    /// What holds when a state has its result: what its `check` reads.
    pub fn done(&self, id: StateId) -> Facts<'_, 'a> {
        match self.graph.scope.state(id) {
            Some(state) if state.part => self.entering(id),
            _ => self.at(id, Node::Done(id)),
        }
    }

    /// What holds when a round of a loop is over: what its `until` and `stall` read.
    pub fn round_over(&self, id: StateId) -> Facts<'_, 'a> {
        self.at(id, Node::Next(id))
    }

    /// What holds at each edge of a state, `on` edges too, in the order written.
    pub fn edges(&self, id: StateId) -> Vec<EdgeFacts<'_, 'a>> {
        let Some(body) = self.graph.body(Some(id)) else { return Vec::new() };
        let mut outcomes = self.outcome(id).map(|outcome| outcome.edges).unwrap_or_default().into_iter();
        body.edges()
            .enumerate()
            .map(|(index, edge)| {
                let edge_id = EdgeId { owner: Some(id), index };
                if let EdgeTest::On(_) = edge.test {
                    return EdgeFacts {
                        id: edge_id,
                        tried: self.caught(edge_id),
                        taken: self.caught(edge_id),
                    };
                }
                let [tried, taken] = outcomes.next().unwrap_or_default();
                let with = |values: Option<Values>| {
                    let known = self.known_at(Node::Done(id)).zip(values).map(|(known, values)| {
                        let mut known = known.clone();
                        if let Some(choice) = self.choice(id) {
                            choice.learn(&values, &self.table, &mut known);
                        }
                        Cow::Owned(known)
                    });
                    Facts { known, ..self.done(id) }
                };
                EdgeFacts { id: edge_id, tried: with(tried), taken: with(taken) }
            })
            .collect()
    }

    /// What holds when an `on` edge of a state or of the agent is taken, before it writes.
    pub fn caught(&self, id: EdgeId) -> Facts<'_, 'a> {
        let source = self.graph.arcs_of(id).iter().find_map(|arc| self.graph.nodes.edge_endpoints(*arc));
        let point = source.and_then(|(from, _)| self.graph.nodes.node_weight(from)).copied();
        let known = self.known_caught(id).map(Cow::Owned);
        Facts { flow: self, owner: self.owner(id.owner), point: point.unwrap_or(Node::Start), known }
    }

    fn at(&self, id: StateId, point: Node) -> Facts<'_, 'a> {
        let known = self.known_at(point).map(Cow::Borrowed);
        Facts { flow: self, owner: self.owner(Some(id)), point, known }
    }

    fn owner(&self, id: Option<StateId>) -> Option<Name> {
        let state = self.graph.scope.state(id?)?;
        (!state.part).then(|| state.decl.name.name.clone())
    }
}

impl Facts<'_, '_> {
    /// False where no run comes: anything may be said of it.
    pub fn is_reached(&self) -> bool {
        self.known.is_some()
    }

    /// Everything that is known here, of paths by the names of the agent.
    pub fn list(&self, types: &TypeTable) -> Vec<Fact> {
        let Some(known) = &self.known else { return Vec::new() };
        let table = &self.flow.table;
        let of = |path: &AccessPath| {
            let path = path.clone();
            let known = table.known(&path, known, types);
            known.into_iter().map(move |known| Fact { path: path.clone(), known })
        };
        table.entries.keys().flat_map(of).collect()
    }

    /// What is known of a path.
    pub fn known(&self, path: &AccessPath, types: &TypeTable) -> Vec<Known> {
        let Some(known) = &self.known else { return Vec::new() };
        self.flow.table.known(&self.named(path), known, types)
    }

    /// The type of a path whose declared type is `ty`, without what it cannot be here.
    pub fn narrow(&self, path: &AccessPath, ty: &Type, types: &TypeTable) -> Type {
        let Some(known) = &self.known else { return ty.clone() };
        self.flow.table.narrow(&self.named(path), ty, known, types)
    }

    /// Whether the result of a state can be read here.
    pub fn reading(&self, id: StateId) -> Reading {
        let Some(known) = &self.known else { return Reading::Always };
        let table = &self.flow.table;
        let word = self.flow.graph.scope.state(id).map_or("", |state| state.kind.word);
        match (known.contains(table.set_bit(id)), known.contains(table.read_bit(id)), word) {
            (true, _, _) | (false, true, "loop") => Reading::Always,
            (false, true, "parallel") => Reading::InPart,
            _ => Reading::Maybe,
        }
    }

    /// True where the result of a state may be one of an earlier round of a loop that this place stands in too.
    pub fn is_of_earlier_round(&self, id: StateId) -> bool {
        let Some(known) = &self.known else { return false };
        let (Node::Enter(here) | Node::Done(here) | Node::Next(here)) = self.point else { return false };
        let graph = &self.flow.graph;
        let loops: Vec<StateId> = graph.enclosing(id).collect();
        let inside = |around| loops.contains(&around);
        let shared =
            graph.enclosing(here).any(inside) || matches!(self.point, Node::Next(around) if inside(around));
        shared && !known.contains(self.flow.table.fresh_bit(id))
    }

    /// A shortest way here that does not set the result of a state, as state names from the first on; `None`
    /// where every way sets it.
    pub fn way_without(&self, id: StateId) -> Option<Vec<Name>> {
        let known = self.known.as_ref()?;
        let bit = self.flow.table.set_bit(id);
        if known.contains(bit) {
            return None;
        }
        let to = self.flow.graph.node(self.point)?;
        let past_events =
            || self.flow.shortest(to, |flow, arc| flow.completes(arc, id) || flow.catches(arc, id));
        past_events().or_else(|| self.flow.shortest(to, |flow, arc| flow.completes(arc, id)))
    }

    fn named(&self, path: &AccessPath) -> AccessPath {
        match &self.owner {
            Some(owner) => path.clone().owned_by(owner),
            None => path.clone(),
        }
    }
}

impl Flow<'_> {
    /// The states on a shortest way to `to` that a run may take without an arc that `avoid` names.
    pub(super) fn shortest(
        &self,
        to: NodeIndex,
        avoid: impl Fn(&Self, EdgeIndex) -> bool,
    ) -> Option<Vec<Name>> {
        let nodes = &self.graph.nodes;
        let start = self.graph.start;
        let mut came: Vec<Option<NodeIndex>> = vec![None; nodes.node_count()];
        let mut work = VecDeque::from([start]);
        while let Some(node) = work.pop_front() {
            if node == to {
                return Some(self.names_on(&came, to));
            }
            for arc in nodes.edges_directed(node, Direction::Outgoing) {
                let Some(slot) = came.get_mut(arc.target().index()) else { continue };
                if slot.is_none()
                    && arc.target() != start
                    && self.is_taken(arc.id())
                    && !avoid(self, arc.id())
                {
                    *slot = Some(node);
                    work.push_back(arc.target());
                }
            }
        }
        None
    }

    fn names_on(&self, came: &[Option<NodeIndex>], to: NodeIndex) -> Vec<Name> {
        let back = std::iter::successors(Some(to), |node| came.get(node.index()).copied().flatten());
        let mut names: Vec<Name> = back
            .filter_map(|node| match self.graph.nodes.node_weight(node)? {
                Node::Enter(id) => self.graph.scope.state(*id).map(|state| state.decl.name.name.clone()),
                _ => None,
            })
            .collect();
        names.reverse();
        names
    }

    /// Whether an arc gives a state its result; a loop can be read from its first round on.
    fn completes(&self, arc: EdgeIndex, id: StateId) -> bool {
        let Some((from, to)) = self.graph.nodes.edge_endpoints(arc) else { return false };
        let begins = self.graph.nodes.edge_weight(arc) == Some(&Arc::Begin);
        self.graph.node(Node::Done(id)) == Some(to)
            || (begins && self.graph.node(Node::Enter(id)) == Some(from))
    }

    /// Whether an arc is an event that a state's own body catches.
    fn catches(&self, arc: EdgeIndex, id: StateId) -> bool {
        matches!(self.graph.nodes.edge_weight(arc), Some(Arc::Caught(edge)) if edge.owner == Some(id))
    }
}
