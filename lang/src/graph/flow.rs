//! What holds in each place of an agent, whichever way a run came there: a forward dataflow over the graph. Known
//! are cells that values are not in (see [`table`](super::table)), states that have a result, and states whose
//! result is of this round of the loops around them.

use std::collections::VecDeque;

use fixedbitset::FixedBitSet;
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::build::{Arc, EdgeId, Node, StateGraph};
use super::choice::{COMPARED, Choice, Outcome};
use super::events;
use super::formula::{Atom, Formula, Reader};
use super::path::AccessPath;
use super::table::Table;
use super::types::Types;
use super::write::{self, Writes};
use crate::ast::{EdgeTest, Expr, ExprKind, Name};
use crate::ir::StateId;
use crate::resolve::{AgentScope, Binding, StateEntry};

/// The graph of an agent with what holds in it.
pub struct Flow<'a> {
    /// The graph.
    pub graph: StateGraph<'a>,
    pub(super) table: Table,
    /// The choice between a state's edges, by state.
    choices: Vec<Choice>,
    /// A loop's `until`, an answer's `check`, by state.
    conditions: Vec<Option<Choice>>,
    writes: Writes,
    /// By state: whether a visit that fails leaves the last result as it was.
    kept: Vec<bool>,
    /// The variables that an edge may have written when what it returns or fails with cannot be computed.
    half_written: Vec<&'a Name>,
    /// What holds at a node; `None` where no run comes.
    known: Vec<Option<FixedBitSet>>,
    /// The arcs that a run may take.
    taken: FixedBitSet,
}

impl<'a> Flow<'a> {
    /// Builds the graph of an agent and finds what holds in it.
    pub fn of(scope: &'a AgentScope<'a>, types: &dyn Types) -> Self {
        let graph = StateGraph::build(scope);
        let reader = |owner: Option<&'a Name>| Reader { owner, scope, types };
        let read_choice = |state: &StateEntry<'a>| -> Vec<Option<Formula<Atom>>> {
            let reader = reader(Some(&state.decl.name.name));
            normal_tests(state).map(|test| test.map(|test| reader.formula(test))).collect()
        };
        let edges: Vec<Vec<Option<Formula<Atom>>>> = scope.states.iter().map(read_choice).collect();
        let conditions: Vec<Option<Formula<Atom>>> = scope
            .states
            .iter()
            .map(|state| conjunction(&reader((!state.part).then_some(&state.decl.name.name)), state))
            .collect();
        let mut atoms: Vec<&Atom> = Vec::new();
        let is_read = |list: &Vec<Option<Formula<Atom>>>| list.len() <= COMPARED;
        let read = edges.iter().filter(|list| is_read(list));
        let formulas = read.flatten().flatten().chain(conditions.iter().flatten());
        formulas.for_each(|formula| formula.atoms(&mut |atom| atoms.push(atom)));
        // what a `require` asks for and what edges write is followed too, though no condition may speak of it
        let body = &scope.decl.body;
        let mut followed: Vec<AccessPath> =
            body.requires().map(|require| AccessPath::dotted(&require.first)).collect();
        followed.extend(body.vars().map(|var| AccessPath::name(var.name.name.clone())));
        let followed: Vec<Atom> = followed.into_iter().map(Atom::true_of).collect();
        atoms.extend(&followed);
        let table = Table::of(atoms.into_iter(), &scope.states, types);
        let choices = edges
            .into_iter()
            .map(
                |edges| {
                    if is_read(&edges) { Choice::of(&edges, &table, types) } else { Choice::opaque(&edges) }
                },
            )
            .collect();
        let conditions = conditions
            .into_iter()
            .map(|condition| condition.map(|formula| Choice::of(&[Some(formula)], &table, types)))
            .collect();
        let writes = Writes::of(&graph, types);
        let kept = scope.states.iter().map(events::keeps_its_result).collect();
        let bodies = std::iter::once(body).chain(scope.states.iter().map(|state| &state.decl.body));
        let half_written = bodies.flat_map(events::half_written).collect();
        let known = vec![None; graph.nodes.node_count()];
        let taken = FixedBitSet::with_capacity(graph.nodes.edge_count());
        let mut flow = Self { graph, table, choices, conditions, writes, kept, half_written, known, taken };
        flow.run(types);
        flow
    }

    /// What holds at a point; `None` where no run comes.
    pub(super) fn known_at(&self, point: Node) -> Option<&FixedBitSet> {
        self.known_in(self.graph.node(point)?)
    }

    /// Whether a run may take an arc.
    pub(super) fn is_taken(&self, arc: EdgeIndex) -> bool {
        self.taken.contains(arc.index())
    }

    /// What may happen at the edges of a state; `None` where no run comes.
    pub(super) fn outcome(&self, id: StateId) -> Option<Outcome> {
        let known = self.known_at(Node::Done(id))?;
        Some(self.choice(id)?.outcome(known))
    }

    pub(super) fn choice(&self, id: StateId) -> Option<&Choice> {
        self.choices.get(id.index())
    }

    /// What holds when an `on` edge is taken, before it writes; `None` where it never is.
    pub(super) fn known_caught(&self, id: EdgeId) -> Option<FixedBitSet> {
        let mut met: Option<FixedBitSet> = None;
        for arc in self.graph.arcs_of(id) {
            let Some((from, _)) = self.graph.nodes.edge_endpoints(*arc) else { continue };
            let Some(known) = self.known_in(from) else { continue };
            let mut known = known.clone();
            if let Some(node) = self.graph.nodes.node_weight(from) {
                self.catch(*node, id, &mut known);
            }
            match &mut met {
                Some(met) => met.intersect_with(&known),
                None => met = Some(known),
            }
        }
        met
    }

    fn run(&mut self, types: &dyn Types) {
        let start = self.graph.start;
        let first = self.beginning(types);
        if let Some(known) = self.known.get_mut(start.index()) {
            *known = Some(first);
        }
        let mut work = VecDeque::from([start]);
        let mut waiting = FixedBitSet::with_capacity(self.known.len());
        while let Some(node) = work.pop_front() {
            waiting.set(node.index(), false);
            for (arc, to, known) in self.leaving(node) {
                self.taken.insert(arc.index());
                if self.meet(to, known) && !waiting.put(to.index()) {
                    work.push_back(to);
                }
            }
        }
    }

    /// Narrows what holds at `node` to what `known` says too; true where that is news.
    fn meet(&mut self, node: NodeIndex, known: FixedBitSet) -> bool {
        let Some(slot) = self.known.get_mut(node.index()) else { return false };
        match slot {
            None => *slot = Some(known),
            Some(there) if there.is_subset(&known) => return false,
            Some(there) => there.intersect_with(&known),
        }
        true
    }

    fn beginning(&self, types: &dyn Types) -> FixedBitSet {
        let scope = self.graph.scope;
        let mut known = FixedBitSet::with_capacity(self.table.bits());
        for (name, (binding, _)) in &scope.names {
            match binding {
                // how far a loop has come may be read while it runs
                Binding::State(id) if scope.state(*id).is_none_or(|state| state.kind.word != "loop") => {
                    self.table.unset(name, &mut known);
                }
                Binding::State(_) => self.table.reset(name, true, &mut known),
                Binding::Param(_) | Binding::Var(_) | Binding::Each(_) => {
                    self.table.reset(name, false, &mut known);
                }
            }
        }
        // No visit has failed yet.
        for state in &scope.states {
            known.insert(self.table.counts_bit(state.id));
        }
        let before = known.clone();
        for var in scope.decl.body.vars() {
            write::read(&var.value, &Reader { owner: None, scope, types }).apply(
                &var.name.name,
                &self.table,
                &before,
                &mut known,
            );
        }
        known
    }

    /// What holds at a node; `None` where no run comes.
    pub(super) fn known_in(&self, node: NodeIndex) -> Option<&FixedBitSet> {
        self.known.get(node.index())?.as_ref()
    }

    /// The arcs that a run may take from `node`, and what holds after each.
    fn leaving(&self, node: NodeIndex) -> Vec<(EdgeIndex, NodeIndex, FixedBitSet)> {
        match self.graph.nodes.node_weight(node).zip(self.known_in(node)) {
            Some((point, known)) => self.leaving_with(node, *point, known),
            None => Vec::new(),
        }
    }

    /// The same, where `known` holds at `node`.
    pub(super) fn leaving_with(
        &self,
        node: NodeIndex,
        point: Node,
        known: &FixedBitSet,
    ) -> Vec<(EdgeIndex, NodeIndex, FixedBitSet)> {
        let outcome = match point {
            Node::Done(id) => self.choice(id).map(|choice| choice.outcome(known)),
            _ => None,
        };
        self.graph
            .nodes
            .edges_directed(node, Direction::Outgoing)
            .filter_map(|arc| {
                let mut known = known.clone();
                self.follow(point, *arc.weight(), outcome.as_ref(), &mut known)?;
                if let Some(to) = self.graph.nodes.node_weight(arc.target()) {
                    self.arrive(*to, *arc.weight(), &mut known);
                }
                Some((arc.id(), arc.target(), known))
            })
            .collect()
    }

    /// What changes on an arc; `None` where no run takes it.
    fn follow(&self, from: Node, arc: Arc, outcome: Option<&Outcome>, known: &mut FixedBitSet) -> Option<()> {
        match (from, arc) {
            (Node::Enter(id), Arc::Complete) => self.complete(id, known),
            (Node::Enter(id), Arc::Begin) => self.begin_round(id, known),
            (Node::Next(id), Arc::Round) => {
                self.assume_until(id, false, known)?;
                self.begin_round(id, known);
            }
            (Node::Next(id), Arc::Until) => self.assume_until(id, true, known)?,
            (Node::Done(id), Arc::Choice(edge)) => {
                let [_, taken] = outcome?.edges.get(self.graph.normal_index(edge)?)?;
                self.choice(id)?.learn(taken.as_ref()?, &self.table, known);
                self.writes.apply(edge, &self.table, known);
            }
            (_, Arc::Caught(edge)) => {
                if let Node::Next(id) = from
                    && !self.until_fails(id)
                {
                    self.assume_until(id, false, known)?;
                }
                self.catch(from, edge, known);
                self.writes.apply(edge, &self.table, known);
            }
            _ => {}
        }
        Some(())
    }

    /// Narrows to a loop's `until` being `truth`: it is asked before any bound. `None` where it cannot be.
    fn assume_until(&self, id: StateId, truth: bool, known: &mut FixedBitSet) -> Option<()> {
        let Some(until) = self.conditions.get(id.index()).and_then(Option::as_ref) else { return Some(()) };
        let outcome = until.outcome(known);
        let values = if truth {
            outcome.edges.into_iter().next().and_then(|[_, taken]| taken)
        } else {
            outcome.rest.map(|(values, _)| values)
        };
        until.learn(&values?, &self.table, known);
        Some(())
    }

    /// Whether computing a loop's `until` may raise an event itself.
    fn until_fails(&self, id: StateId) -> bool {
        let until = self.graph.body(Some(id)).and_then(|body| body.field("until"));
        until.is_some_and(|until| events::computes(&until.value))
    }

    /// What reaching a point changes by itself.
    fn arrive(&self, to: Node, arc: Arc, known: &mut FixedBitSet) {
        match to {
            // out of its own `until` or by a `break` inside: the loop has its result
            Node::Done(id) if arc != Arc::Complete => self.complete(id, known),
            Node::Next(id) => self.table.reset(self.name(id), false, known),
            _ => {}
        }
    }

    /// A state gets its result.
    fn complete(&self, id: StateId, known: &mut FixedBitSet) {
        self.table.reset(self.name(id), false, known);
        known.insert(self.table.set_bit(id));
        known.insert(self.table.read_bit(id));
        known.insert(self.table.fresh_bit(id));
        known.insert(self.table.counts_bit(id));
        let Some(state) = self.graph.scope.state(id) else { return };
        if state.kind.word == "parallel" && joins_all(state) {
            // of an empty list, no part of an `each` ever ran
            for part in self.graph.inside(id).iter().filter(|_| state.decl.body.each().is_none()) {
                known.insert(self.table.set_bit(part.id));
            }
        }
        // a loop's condition is its `until`, which a `break` passes by
        if state.kind.word == "loop" {
            return;
        }
        if let Some(check) = self.conditions.get(id.index()).and_then(Option::as_ref) {
            let taken = check.outcome(known).edges.into_iter().next().and_then(|[_, taken]| taken);
            if let Some(taken) = taken {
                check.learn(&taken, &self.table, known);
            }
        }
    }

    /// What was true of a state's last result does not count behind a visit that fails.
    fn catch(&self, from: Node, edge: EdgeId, known: &mut FixedBitSet) {
        if let Node::Enter(id) | Node::Next(id) = from {
            known.set(self.table.counts_bit(id), false);
            match from {
                _ if self.kept.get(id.index()) == Some(&true) => self.table.doubt(self.name(id), known),
                Node::Next(_) => self.table.reset(self.name(id), false, known),
                _ => self.table.reset(self.name(id), true, known),
            }
        }
        for name in &self.half_written {
            self.table.reset(name, false, known);
        }
        if let Some(owner) = edge.owner {
            // rounds, and the parts that came, can be read behind the event
            known.insert(self.table.read_bit(owner));
        }
    }

    /// What a loop's states set is of an earlier round now; its own `.rounds` counts this one.
    fn begin_round(&self, id: StateId, known: &mut FixedBitSet) {
        self.table.reset(self.name(id), false, known);
        known.insert(self.table.read_bit(id));
        known.insert(self.table.fresh_bit(id));
        for state in self.graph.inside(id) {
            known.set(self.table.fresh_bit(state.id), false);
        }
    }

    fn name(&self, id: StateId) -> &'a str {
        self.graph.scope.state(id).map_or("", |state| &*state.decl.name.name)
    }
}

/// The conditions of a state's edges in order; a bare edge and `else` have none.
fn normal_tests<'a>(state: &StateEntry<'a>) -> impl Iterator<Item = Option<&'a Expr>> + use<'a> {
    state.decl.body.edges().filter_map(|edge| match &edge.test {
        EdgeTest::When(condition) => Some(Some(condition)),
        EdgeTest::Always | EdgeTest::Else => Some(None),
        EdgeTest::On(_) => None,
    })
}

/// What holds when a loop's `until` ends it, or an answer has passed its `check`.
fn conjunction(reader: &Reader<'_>, state: &StateEntry<'_>) -> Option<Formula<Atom>> {
    let key = if state.kind.word == "loop" { "until" } else { "check" };
    let value = &state.decl.body.field(key)?.value;
    let conditions = match &value.kind {
        ExprKind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    conditions
        .iter()
        .map(|condition| reader.formula(condition))
        .reduce(|left, right| Formula::And(Box::new(left), Box::new(right)))
}

fn joins_all(state: &StateEntry<'_>) -> bool {
    state
        .decl
        .body
        .field("join")
        .is_none_or(|join| matches!(&join.value.kind, ExprKind::Name(name) if &**name == "all"))
}
