//! Every cycle passes through a bound. A loop's rounds are bounded by its `max` or its `budget`; what goes round
//! otherwise needs `time` or `calls` of something around it, or `cost` or `tokens` where each turn asks a model.
//! `until` and `stall` bound nothing: whether they come true is up to the work. What only an agent's handler
//! closes is bounded, for a handler fires once a run for each event.

use super::head;
use crate::ast::{Body, ExprKind, StateDecl};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{Arc, Cycle, Flow, Node, StateGraph};
use crate::ir::StateId;
use crate::resolve::StateEntry;
use crate::span::Span;

pub(super) fn check(flow: &Flow<'_>, diagnostics: &mut Diagnostics) {
    let bounds = Bounds::of(&flow.graph);
    let loops = flow.graph.scope.states.iter().filter(|state| is_loop(state)).map(|state| Some(state.id));
    for machine in std::iter::once(None).chain(loops) {
        let open = flow.graph.cycles_in(machine, |from, arc| bounds.leaves_open(machine, from, arc));
        if open.is_empty() {
            let uncounted =
                flow.graph.cycles_in(machine, |from, arc| bounds.leaves_uncounted(machine, from, arc));
            diagnostics.extend(uncounted.iter().map(|cycle| bounds.uncounted(machine, cycle)));
        }
        diagnostics.extend(open.iter().map(|cycle| bounds.unbounded(machine, cycle)));
    }
}

/// What bounds the cycles of an agent.
struct Bounds<'g, 'a> {
    graph: &'g StateGraph<'a>,
    agent: Budget,
    /// By state; empty but for loops.
    loops: Vec<Budget>,
    /// By state: all that stands around it, its own bounds too.
    around: Vec<Budget>,
}

/// Which bounds are written.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one bound is written")]
struct Budget {
    /// A loop's `max`: it counts rounds.
    rounds: bool,
    time: bool,
    calls: bool,
    /// `cost` or `tokens`: they count where a model is asked.
    spent: bool,
}

impl Budget {
    fn of(body: &Body) -> Self {
        let mut budget = Self { rounds: body.field("max").is_some(), ..Self::default() };
        if let Some(ExprKind::Object(pairs)) = body.field("budget").map(|field| &field.value.kind) {
            for pair in pairs {
                match &*pair.key.name {
                    "time" => budget.time = true,
                    "calls" => budget.calls = true,
                    "cost" | "tokens" => budget.spent = true,
                    _ => {}
                }
            }
        }
        budget
    }

    fn with(self, outer: Self) -> Self {
        Self {
            rounds: self.rounds,
            time: self.time || outer.time,
            calls: self.calls || outer.calls,
            spent: self.spent || outer.spent,
        }
    }

    fn is_budget(self) -> bool {
        self.time || self.calls || self.spent
    }
}

impl<'g, 'a> Bounds<'g, 'a> {
    fn of(graph: &'g StateGraph<'a>) -> Self {
        let agent = Budget { rounds: false, ..Budget::of(&graph.scope.decl.body) };
        let loops: Vec<Budget> = graph
            .scope
            .states
            .iter()
            .map(|state| if is_loop(state) { Budget::of(&state.decl.body) } else { Budget::default() })
            .collect();
        let mut around: Vec<Budget> = Vec::with_capacity(loops.len());
        for (state, own) in graph.scope.states.iter().zip(&loops) {
            let outer = state.parent.and_then(|parent| around.get(parent.index())).copied().unwrap_or(agent);
            around.push(own.with(outer));
        }
        Self { graph, agent, loops, around }
    }

    /// Whether a cycle of the machine on this arc may have no bound at all.
    fn leaves_open(&self, machine: Option<StateId>, from: Node, arc: Arc) -> bool {
        let around = self.around(machine);
        if around.time || around.calls || is_once(arc) {
            return false;
        }
        if let (Node::Next(id), Arc::Round) = (from, arc) {
            return !self.own(id).rounds && !self.own(id).is_budget();
        }
        !(around.spent && self.is_work(from, arc, |id| self.asks_model(id)))
    }

    /// Whether a cycle of the machine on this arc may have a bound that nothing in it counts against.
    fn leaves_uncounted(&self, machine: Option<StateId>, from: Node, arc: Arc) -> bool {
        let around = self.around(machine);
        if is_once(arc) {
            return false;
        }
        if let (Node::Next(id), Arc::Round) = (from, arc) {
            return !self.own(id).rounds;
        }
        let spends = (around.calls || around.spent) && self.is_work(from, arc, |id| self.asks_model(id));
        let passes = around.time && self.is_work(from, arc, |id| self.takes_time(id));
        !spends && !passes
    }

    /// Whether a state that `does` something does it on this arc; a loop counts with all that stands in it.
    fn is_work(&self, from: Node, arc: Arc, does: impl Fn(StateId) -> bool) -> bool {
        let Node::Enter(id) = from else { return false };
        if self.graph.scope.state(id).is_some_and(is_loop) {
            return self.graph.inside(id).iter().any(|state| does(state.id));
        }
        matches!(arc, Arc::Complete | Arc::Caught(_)) && does(id)
    }

    /// The bounds that hold in a machine.
    fn around(&self, machine: Option<StateId>) -> Budget {
        machine.map_or(self.agent, |id| self.around.get(id.index()).copied().unwrap_or_default())
    }

    fn own(&self, id: StateId) -> Budget {
        self.loops.get(id.index()).copied().unwrap_or_default()
    }

    fn asks_model(&self, id: StateId) -> bool {
        self.graph.scope.state(id).is_some_and(asks_model)
            || self.graph.inside(id).iter().any(|part| part.part && asks_model(part))
    }

    fn takes_time(&self, id: StateId) -> bool {
        self.graph.scope.state(id).is_some_and(|state| !matches!(state.kind.word, "branch" | "let" | "loop"))
    }

    fn unbounded(&self, machine: Option<StateId>, cycle: &Cycle) -> Diagnostic {
        let message = format!("this cycle has no bound: {}", self.path(cycle));
        let at = self.closing(cycle).unwrap_or_else(|| self.place(cycle));
        let found = Diagnostic::new(Code("E0401"), at, message.clone());
        let around = cycle.steps.iter().find_map(|(from, arc)| match (from, arc) {
            (Node::Next(id), Arc::Round) => self.graph.scope.state(*id),
            _ => None,
        });
        if let Some(around) = around {
            let name = &around.decl.name.name;
            return Diagnostic::new(Code("E0401"), head(around.decl), message)
                .label(format!("the loop `{name}` can run for ever: no `max`, no `budget`"))
                .hint("add `max: 40`")
                .fix(opening(around.decl), " max: 40 ");
        }
        let rounds = machine.filter(|id| self.own(*id).rounds).and_then(|id| self.graph.scope.state(id));
        if let Some(around) = rounds {
            let name = &around.decl.name.name;
            return found
                .label(format!("it goes round within one round of `{name}`, which `max` does not count"))
                .also(head(around.decl), "this loop")
                .hint(format!("go on by `-> next`, or add `budget: {{ calls: 20 }}` to `{name}`"));
        }
        let agent = &self.graph.scope.decl.name.name;
        if self.around(machine).spent {
            return found
                .label("a turn that asks no model spends nothing, so no `cost` and no `tokens` bound it")
                .hint(format!("add `time: 10m` to the budget of `{agent}`"));
        }
        found.label(format!("`{agent}` can go round here for ever: no `budget` bounds it")).hint(format!(
            "add `budget: {{ calls: 20, time: 10m }}` to `{agent}`, or make it a `loop` with a `max`"
        ))
    }

    fn uncounted(&self, machine: Option<StateId>, cycle: &Cycle) -> Diagnostic {
        let message = format!("nothing in this cycle counts against its bound: {}", self.path(cycle));
        let time = self.around(machine).time;
        let label = if time {
            "no state of it takes time, so `time` never ends it"
        } else {
            "no state of it asks a model, so neither `calls` nor `cost` nor `tokens` ends it"
        };
        let hint = if time { "go round by a `loop` with a `max`" } else { "add `time: 10m` to the budget" };
        let at = self.closing(cycle).unwrap_or_else(|| self.place(cycle));
        Diagnostic::new(Code("W1401"), at, message).label(label).hint(hint)
    }

    /// The states of a cycle as they are written: `code -> jot -> verify -> next`, or back to the first.
    fn path(&self, cycle: &Cycle) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut first = None;
        for (point, _) in rotated(cycle) {
            match point {
                Node::Enter(id) => {
                    let name = self.graph.scope.state(id).map_or("", |state| &*state.decl.name.name);
                    first = first.or(Some(name));
                    names.push(name);
                }
                Node::Next(_) => names.push("next"),
                _ => {}
            }
        }
        if names.last() != Some(&"next") {
            names.extend(first);
        }
        names.join(" -> ")
    }

    /// The edge that leads back to the first state of the cycle.
    fn closing(&self, cycle: &Cycle) -> Option<crate::span::Span> {
        let edge = rotated(cycle).into_iter().rev().find_map(|(_, arc)| match arc {
            Arc::Choice(edge) | Arc::Caught(edge) => Some(edge),
            _ => None,
        });
        Some(self.graph.edge(edge?)?.span)
    }

    /// The first state of the cycle.
    fn place(&self, cycle: &Cycle) -> crate::span::Span {
        let first = rotated(cycle).into_iter().find_map(|(point, _)| match point {
            Node::Enter(id) => self.graph.scope.state(id),
            _ => None,
        });
        first.map_or(self.graph.scope.decl.name.span, |state| head(state.decl))
    }
}

/// The cycle from where it begins for a reader: behind a loop's `next`, else at the state written first.
fn rotated(cycle: &Cycle) -> Vec<(Node, Arc)> {
    let behind_next = cycle.steps.iter().position(|(_, arc)| *arc == Arc::Round).map(|at| at + 1);
    let written_first = || {
        let entered = cycle.steps.iter().enumerate().filter_map(|(at, (point, _))| match point {
            Node::Enter(id) => Some((*id, at)),
            _ => None,
        });
        entered.min().map(|(_, at)| at)
    };
    let at = behind_next.or_else(written_first).unwrap_or(0) % cycle.steps.len().max(1);
    let (before, after) = cycle.steps.split_at_checked(at).unwrap_or((&[], &cycle.steps));
    after.iter().chain(before).copied().collect()
}

/// An agent's handler fires once a run for each event.
fn is_once(arc: Arc) -> bool {
    matches!(arc, Arc::Caught(edge) if edge.owner.is_none())
}

fn is_loop(state: &StateEntry<'_>) -> bool {
    state.kind.word == "loop"
}

fn asks_model(state: &StateEntry<'_>) -> bool {
    match state.kind.word {
        "ask" | "plan" | "run" => true,
        "remember" => state.decl.body.field("summarize").is_some(),
        _ => false,
    }
}

/// Behind the brace that opens a body.
fn opening(decl: &StateDecl) -> Span {
    let at = decl.body.span.start.saturating_add(1);
    Span { start: at, end: at, ..decl.body.span }
}
