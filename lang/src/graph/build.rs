//! Builds the graph of one agent. A state is two nodes: entered, and done with its edges still to try; a loop has
//! a third, where `-> next` arrives. So every arc of the graph says what happens on it.

use indexmap::IndexMap;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

use super::events::{self, Events};
use crate::ast::{Body, Edge, EdgeTest, TargetKind};
use crate::ir::StateId;
use crate::resolve::{AgentScope, StateEntry};

/// A point in a run of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// The agent begins.
    Start,
    /// A state is entered; its fields are read.
    Enter(StateId),
    /// A state has its result; its edges are tried.
    Done(StateId),
    /// A round of a loop is over: `until`, `stall`, `max` and `budget` decide.
    Next(StateId),
    /// `-> return`.
    Return,
    /// `-> fail`.
    Fail,
}

/// A written edge: the state it stands in (`None`: the agent), and its place among that body's edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeId {
    /// Whose edge.
    pub owner: Option<StateId>,
    /// Which one, from 0.
    pub index: usize,
}

/// What happens between two points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arc {
    /// A machine goes to its first state.
    Begin,
    /// A state gets its result.
    Complete,
    /// A written edge is taken after that.
    Choice(EdgeId),
    /// An event takes a written edge.
    Caught(EdgeId),
    /// A loop begins another round.
    Round,
    /// A loop's `until` holds.
    Until,
}

/// The graph of one agent.
#[derive(Debug)]
pub struct StateGraph<'a> {
    /// Its names and states.
    pub scope: &'a AgentScope<'a>,
    /// True where an edge leads nowhere or to another state than it seems: that is reported, and what cannot be
    /// reached may be a consequence of it.
    pub broken: bool,
    pub(super) nodes: DiGraph<Node, Arc>,
    pub(super) start: NodeIndex,
    points: Vec<Points>,
    ends: [NodeIndex; 2],
    caught: IndexMap<EdgeId, Vec<EdgeIndex>>,
    /// The agent's edges, then each state's; each with the number of edges without `on` before it.
    written: Vec<Vec<(&'a Edge, usize)>>,
}

/// The nodes of a state; a parallel's part has none.
#[derive(Clone, Copy, Debug, Default)]
struct Points {
    enter: Option<NodeIndex>,
    done: Option<NodeIndex>,
    next: Option<NodeIndex>,
    first: Option<StateId>,
    /// The number of the first state behind it that does not stand in it.
    behind: usize,
}

impl<'a> StateGraph<'a> {
    /// The graph of an agent.
    pub fn build(scope: &'a AgentScope<'a>) -> Self {
        let mut nodes = DiGraph::new();
        let start = nodes.add_node(Node::Start);
        let ends = [nodes.add_node(Node::Return), nodes.add_node(Node::Fail)];
        let mut points = vec![Points::default(); scope.states.len()];
        for (index, points) in points.iter_mut().enumerate() {
            points.behind = index + 1;
        }
        for (state, points) in scope.states.iter().zip(&mut points).filter(|(state, _)| !state.part) {
            points.enter = Some(nodes.add_node(Node::Enter(state.id)));
            points.done = Some(nodes.add_node(Node::Done(state.id)));
            points.next = is_loop(state).then(|| nodes.add_node(Node::Next(state.id)));
        }
        let bodies =
            std::iter::once(&scope.decl.body).chain(scope.states.iter().map(|state| &state.decl.body));
        let written = bodies.map(numbered).collect();
        let caught = IndexMap::new();
        let mut graph = Self { scope, broken: false, nodes, start, points, ends, caught, written };
        graph.connect();
        graph
    }

    /// The node of a point; `None` where the agent has no such point.
    pub(super) fn node(&self, point: Node) -> Option<NodeIndex> {
        match point {
            Node::Start => Some(self.start),
            Node::Enter(id) => self.points(id).enter,
            Node::Done(id) => self.points(id).done,
            Node::Next(id) => self.points(id).next,
            Node::Return => self.ends.first().copied(),
            Node::Fail => self.ends.last().copied(),
        }
    }

    /// The edge as written.
    pub fn edge(&self, id: EdgeId) -> Option<&'a Edge> {
        self.written(id).map(|(edge, _)| edge)
    }

    /// Which of its state's edges without `on` an edge is.
    pub(super) fn normal_index(&self, id: EdgeId) -> Option<usize> {
        self.written(id).map(|(_, normal)| normal)
    }

    fn written(&self, id: EdgeId) -> Option<(&'a Edge, usize)> {
        let owner = id.owner.map_or(0, |state| state.index() + 1);
        self.written.get(owner)?.get(id.index).copied()
    }

    /// The body of a state, or of the agent.
    pub fn body(&self, owner: Option<StateId>) -> Option<&'a Body> {
        match owner {
            Some(id) => self.scope.state(id).map(|state| &state.decl.body),
            None => Some(&self.scope.decl.body),
        }
    }

    /// Where a loop's round begins.
    pub fn first_of(&self, id: StateId) -> Option<StateId> {
        self.points(id).first
    }

    /// The states that stand in a loop or a parallel, at any depth.
    pub fn inside(&self, id: StateId) -> &'a [StateEntry<'a>] {
        self.scope.states.get(id.index() + 1..self.points(id).behind).unwrap_or(&[])
    }

    /// Whether anything may raise what an `on` edge catches.
    pub fn is_caught(&self, id: EdgeId) -> bool {
        !self.arcs_of(id).is_empty()
    }

    /// The arcs on which an `on` edge is taken.
    pub(super) fn arcs_of(&self, id: EdgeId) -> &[EdgeIndex] {
        self.caught.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The loops and parallels that a state stands in, from the inside out.
    pub fn enclosing(&self, id: StateId) -> impl Iterator<Item = StateId> {
        std::iter::successors(self.parent(id), |id| self.parent(*id))
    }

    fn parent(&self, id: StateId) -> Option<StateId> {
        self.scope.state(id).and_then(|state| state.parent)
    }

    fn points(&self, id: StateId) -> Points {
        self.points.get(id.index()).copied().unwrap_or_default()
    }

    fn connect(&mut self) {
        let scope = self.scope;
        for state in &scope.states {
            let around: Vec<StateId> = self.enclosing(state.id).collect();
            for around in around {
                if let Some(points) = self.points.get_mut(around.index()) {
                    points.behind = state.id.index() + 1;
                }
            }
        }
        let mut first = None;
        for state in scope.states.iter().filter(|state| !state.part) {
            // of two states of one name, edges lead to the first: the other one is no finding of its own
            self.broken |= scope.state_named(&state.decl.name.name) != Some(state.id);
            match state.parent {
                None => first = first.or(Some(state.id)),
                Some(parent) => {
                    if let Some(points) = self.points.get_mut(parent.index()) {
                        points.first = points.first.or(Some(state.id));
                    }
                }
            }
        }
        if let Some(first) = first {
            self.arc(Node::Start, Node::Enter(first), Arc::Begin);
        }
        let events: Vec<Events> = scope.states.iter().map(|state| Events::of(state, scope)).collect();
        for state in scope.states.iter().filter(|state| !state.part) {
            if is_loop(state) {
                self.connect_loop(state);
            } else {
                self.arc(Node::Enter(state.id), Node::Done(state.id), Arc::Complete);
            }
            self.connect_edges(state);
            if let Some(events) = events.get(state.id.index()) {
                self.connect_events(state, events);
            }
        }
    }

    fn connect_loop(&mut self, state: &StateEntry<'a>) {
        let id = state.id;
        match self.first_of(id) {
            Some(first) => {
                self.arc(Node::Enter(id), Node::Enter(first), Arc::Begin);
                self.arc(Node::Next(id), Node::Enter(first), Arc::Round);
            }
            None => self.broken = true,
        }
        if state.decl.body.field("until").is_some() {
            self.arc(Node::Next(id), Node::Done(id), Arc::Until);
        }
    }

    fn connect_edges(&mut self, state: &StateEntry<'a>) {
        for (index, edge) in state.decl.body.edges().enumerate() {
            if !matches!(edge.test, EdgeTest::On(_)) {
                let id = EdgeId { owner: Some(state.id), index };
                self.edge_arc(Node::Done(state.id), edge, Arc::Choice(id), state.parent);
            }
        }
    }

    fn connect_events(&mut self, state: &StateEntry<'a>, events: &Events) {
        // a loop itself raises its bounds when a round is over; what its states raise comes from them
        let from = if is_loop(state) { Node::Next(state.id) } else { Node::Enter(state.id) };
        for id in events::caught(self, state.id, events) {
            let Some(edge) = self.edge(id) else { continue };
            let around = id.owner.and_then(|owner| self.parent(owner));
            self.edge_arc(from, edge, Arc::Caught(id), around);
        }
    }

    /// The arc of a written edge whose `next` and `break` mean the loop `around`.
    fn edge_arc(&mut self, from: Node, edge: &Edge, arc: Arc, around: Option<StateId>) {
        let to = match (&edge.target.kind, around) {
            (TargetKind::State(name), _) => self.scope.state_named(&name.name).map(Node::Enter),
            (TargetKind::Return(_), _) => Some(Node::Return),
            (TargetKind::Fail(_), _) => Some(Node::Fail),
            (TargetKind::Next, Some(around)) => Some(Node::Next(around)),
            (TargetKind::Break, Some(around)) => Some(Node::Done(around)),
            (TargetKind::Next | TargetKind::Break, None) => None,
        };
        match to {
            Some(to) => self.arc(from, to, arc),
            None => self.broken = true,
        }
    }

    fn arc(&mut self, from: Node, to: Node, arc: Arc) {
        match (self.node(from), self.node(to)) {
            (Some(from), Some(to)) => {
                let index = self.nodes.add_edge(from, to, arc);
                if let Arc::Caught(id) = arc {
                    self.caught.entry(id).or_default().push(index);
                }
            }
            _ => self.broken = true,
        }
    }
}

fn is_loop(state: &StateEntry<'_>) -> bool {
    state.kind.word == "loop"
}

fn numbered(body: &Body) -> Vec<(&Edge, usize)> {
    let mut normal = 0;
    body.edges()
        .map(|edge| {
            let index = normal;
            normal += usize::from(!matches!(edge.test, EdgeTest::On(_)));
            (edge, index)
        })
        .collect()
}
