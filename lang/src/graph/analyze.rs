//! Questions about the shape of the graph alone: what can be reached, from where an end can, which cycles there are.

use std::collections::VecDeque;

use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::build::{Arc, Node, StateGraph};
use crate::ir::StateId;

/// A cycle of the graph: its points in order, each with the arc that leaves it; the last goes back to the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The points and arcs.
    pub steps: Vec<(Node, Arc)>,
}

impl StateGraph<'_> {
    /// The points that the written edges reach from the agent's beginning.
    pub fn reached(&self) -> Points {
        self.spread(&[self.start], Direction::Outgoing)
    }

    /// The points that the written edges reach from a point, itself too.
    pub fn reached_from(&self, from: Node) -> Points {
        let from: Vec<NodeIndex> = self.node(from).into_iter().collect();
        self.spread(&from, Direction::Outgoing)
    }

    /// The points from which written edges lead to a `return` or a `fail`, and those that `also` names and all
    /// that leads to them.
    pub fn ending(&self, also: &[Node]) -> Points {
        let mut ends: Vec<NodeIndex> = also.iter().filter_map(|node| self.node(*node)).collect();
        ends.extend([Node::Return, Node::Fail].iter().filter_map(|node| self.node(*node)));
        self.spread(&ends, Direction::Incoming)
    }

    /// The points with an arc to `to`.
    pub fn before(&self, to: Node) -> Vec<Node> {
        let Some(to) = self.node(to) else { return Vec::new() };
        let sources = self.nodes.neighbors_directed(to, Direction::Incoming);
        sources.filter_map(|node| self.nodes.node_weight(node).copied()).collect()
    }

    /// A shortest cycle of each knot in the machine of `around` (`None`: the agent's), of the arcs that `keep`
    /// keeps. A loop in it counts as one point, [`Node::Enter`]: what goes round inside is its own machine's.
    pub fn cycles_in(&self, around: Option<StateId>, keep: impl Fn(Node, Arc) -> bool) -> Vec<Cycle> {
        let machine = self.machine(around, keep);
        let mut knots: Vec<Vec<NodeIndex>> = tarjan_scc(&machine);
        for knot in &mut knots {
            knot.sort_unstable();
        }
        knots.sort_unstable();
        knots.iter().filter_map(|knot| shortest_cycle(&machine, knot)).collect()
    }

    fn machine(&self, around: Option<StateId>, keep: impl Fn(Node, Arc) -> bool) -> DiGraph<Node, Arc> {
        let states = match around {
            Some(id) => self.inside(id),
            None => self.scope.states.as_slice(),
        };
        let own = around.map(Node::Next).into_iter();
        let points = own.chain(
            states
                .iter()
                .flat_map(|state| [Node::Enter(state.id), Node::Done(state.id), Node::Next(state.id)]),
        );
        let mut machine = DiGraph::new();
        let mut by_point: IndexMap<Node, NodeIndex> = IndexMap::new();
        for from in points.filter_map(|point| self.node(point)) {
            for arc in self.nodes.edges_directed(from, Direction::Outgoing) {
                let ends = [arc.source(), arc.target()].map(|node| self.point_in(around, node));
                let [Some(from), Some(to)] = ends else { continue };
                // what comes back to a loop's one point stayed in it, but for an edge that enters it anew
                let stayed = from == to && self.nodes.node_weight(arc.target()) != Some(&to);
                if stayed || !keep(from, *arc.weight()) {
                    continue;
                }
                let [from, to] =
                    [from, to].map(|point| *by_point.entry(point).or_insert_with(|| machine.add_node(point)));
                machine.add_edge(from, to, *arc.weight());
            }
        }
        machine
    }

    /// The point of the machine of `around` that a node is or stands in; `None` outside of it.
    fn point_in(&self, around: Option<StateId>, node: NodeIndex) -> Option<Node> {
        let point = *self.nodes.node_weight(node)?;
        let (Node::Enter(id) | Node::Done(id) | Node::Next(id)) = point else { return None };
        if around.map(Node::Next) == Some(point) {
            return Some(point);
        }
        let child = std::iter::once(id)
            .chain(self.enclosing(id))
            .find(|id| self.scope.state(*id).is_some_and(|state| state.parent == around))?;
        let is_loop = self.node(Node::Next(child)).is_some();
        Some(if is_loop { Node::Enter(child) } else { point })
    }

    fn spread(&self, from: &[NodeIndex], direction: Direction) -> Points {
        let mut seen = vec![false; self.nodes.node_count()];
        let mut work: Vec<NodeIndex> = from.to_vec();
        while let Some(node) = work.pop() {
            let Some(slot) = seen.get_mut(node.index()) else { continue };
            if !std::mem::replace(slot, true) {
                work.extend(self.nodes.neighbors_directed(node, direction));
            }
        }
        let index =
            |point: Node| self.node(point).and_then(|node| seen.get(node.index())).copied().unwrap_or(false);
        let by_state = |point: fn(StateId) -> Node| {
            self.scope.states.iter().map(|state| index(point(state.id))).collect()
        };
        Points { enter: by_state(Node::Enter), done: by_state(Node::Done), next: by_state(Node::Next) }
    }
}

/// A set of points of the states.
#[derive(Clone, Debug)]
pub struct Points {
    enter: Vec<bool>,
    done: Vec<bool>,
    next: Vec<bool>,
}

impl Points {
    /// Whether a state's point is among them.
    pub fn contains(&self, point: Node) -> bool {
        let (list, id) = match point {
            Node::Enter(id) => (&self.enter, id),
            Node::Done(id) => (&self.done, id),
            Node::Next(id) => (&self.next, id),
            Node::Start | Node::Return | Node::Fail => return false,
        };
        list.get(id.index()).copied().unwrap_or(false)
    }
}

/// A shortest cycle within a strongly connected set, from its first point on.
fn shortest_cycle(machine: &DiGraph<Node, Arc>, knot: &[NodeIndex]) -> Option<Cycle> {
    let inside = |node: NodeIndex| knot.binary_search(&node).is_ok();
    let from = *knot.first()?;
    let mut came: Vec<Option<(NodeIndex, Arc)>> = vec![None; machine.node_count()];
    let mut work = VecDeque::from([from]);
    while let Some(node) = work.pop_front() {
        for arc in machine.edges_directed(node, Direction::Outgoing).filter(|arc| inside(arc.target())) {
            let slot = came.get_mut(arc.target().index())?;
            if slot.is_some() {
                continue;
            }
            *slot = Some((node, *arc.weight()));
            if arc.target() == from {
                return walk_back(machine, &came, from);
            }
            work.push_back(arc.target());
        }
    }
    None
}

fn walk_back(
    machine: &DiGraph<Node, Arc>,
    came: &[Option<(NodeIndex, Arc)>],
    from: NodeIndex,
) -> Option<Cycle> {
    let mut steps = Vec::new();
    let mut at = from;
    loop {
        let (before, arc) = (*came.get(at.index())?)?;
        steps.push((*machine.node_weight(before)?, arc));
        at = before;
        if at == from {
            steps.reverse();
            return Some(Cycle { steps });
        }
    }
}
