//! The ways on: edges in their order, handlers by event, what a target takes and what `set` writes.

use indexmap::IndexMap;

use crate::ast::{Edge, EdgeTest, Expr, Ident, Target, TargetKind};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{EdgeFacts, EdgeId, Facts};
use crate::ir::{self, Goto, On, Set, StateId};
use crate::kinds::ValueRule;
use crate::resolve::{Binding, StateEntry};
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::Type;

use super::agent::AgentCx;
use super::cx::{At, Cx, Place, Reader};
use super::events;

/// The edges and handlers of a state.
pub(super) fn of_state(
    agent: &AgentCx<'_>,
    entry: &StateEntry<'_>,
    ty: &Type,
    out: &mut Diagnostics,
) -> (Vec<ir::Edge>, Vec<On>) {
    let own = (entry.kind.value != ValueRule::None && *ty != Type::Null).then_some(ty);
    let own_caught = matches!(entry.kind.word, "loop" | "parallel").then_some(ty);
    let mut edges = Edges { agent, entry: Some(entry), out };
    edges.read(entry.decl.body.edges(), own, own_caught)
}

/// The handlers of the agent itself.
pub(super) fn of_agent(agent: &AgentCx<'_>, out: &mut Diagnostics) -> Vec<On> {
    let mut edges = Edges { agent, entry: None, out };
    edges.read(agent.scope.decl.body.edges(), None, None).1
}

struct Edges<'p, 'd> {
    agent: &'p AgentCx<'p>,
    /// The state; `None`: the agent.
    entry: Option<&'p StateEntry<'p>>,
    out: &'d mut Diagnostics,
}

/// The edges above one.
#[derive(Default)]
struct Above {
    whens: usize,
    /// The first that is always taken.
    closed: Option<Span>,
    /// It was said that one behind that is never tried.
    said: bool,
    /// No `when` stands behind the edge either.
    is_last: bool,
}

impl<'p> Edges<'p, '_> {
    fn read<'e>(
        &mut self,
        edges: impl Iterator<Item = &'e Edge>,
        own: Option<&'p Type>,
        own_caught: Option<&'p Type>,
    ) -> (Vec<ir::Edge>, Vec<On>) {
        let (mut normal, mut handlers) = (Vec::new(), Vec::new());
        let mut above = Above::default();
        let mut handled: IndexMap<&str, Span> = IndexMap::new();
        let mut places = self.places().into_iter();
        let edges: Vec<&Edge> = edges.collect();
        let last_when = edges.iter().rposition(|edge| matches!(edge.test, EdgeTest::When(_)));
        for (index, edge) in edges.into_iter().enumerate() {
            let place = places.next();
            if let EdgeTest::On(events) = &edge.test {
                self.events(events, &mut handled);
                let id = EdgeId { owner: self.entry.map(|entry| entry.id), index };
                let facts = self.agent.flow.as_ref().map(|flow| flow.caught(id));
                let (goto, sets) = self.cx(facts.as_ref(), own_caught, |cx, this| this.arrow(edge, cx));
                if let Some(goto) = goto {
                    let events = events.iter().map(|event| event.name.clone()).collect();
                    handlers.push(On { events, edge: ir::Edge { span: edge.span, when: None, goto, sets } });
                }
                continue;
            }
            if self.entry.is_none() && self.agent.broken {
                continue;
            }
            if self.entry.is_none() {
                self.out.push(
                    Diagnostic::new(Code("E0220"), edge.span, "an agent itself has only `on` edges")
                        .hint("it begins at its first state; other edges stand in the states"),
                );
                continue;
            }
            above.is_last = last_when.is_none_or(|last| last < index);
            self.place(edge, &mut above);
            normal.extend(self.edge(edge, place, own));
            match &edge.test {
                EdgeTest::When(_) => above.whens += 1,
                _ => above.closed = above.closed.or(Some(edge.span)),
            }
        }
        (normal, handlers)
    }

    /// Whether an edge stands where it can be taken.
    fn place(&mut self, edge: &Edge, above: &mut Above) {
        if let Some(closed) = above.closed {
            if std::mem::replace(&mut above.said, true) {
                return;
            }
            let message = match edge.test {
                EdgeTest::When(_) => "this `when` is never tried: an edge above it is always taken",
                _ => "this edge is never taken: one above it always is",
            };
            self.out.push(
                Diagnostic::new(Code("E0219"), edge.span, message)
                    .also(closed, "always taken")
                    .hint("edges are tried in order: what holds otherwise stands last"),
            );
        } else if edge.test == EdgeTest::Else && above.whens == 0 && above.is_last && !self.is_broken() {
            self.out.push(
                Diagnostic::new(Code("E0219"), edge.span, "this `else` has no `when` before it")
                    .hint("an edge that is always taken is written `-> state`"),
            );
        }
    }

    /// True where an edge of the state may be what could not be read.
    fn is_broken(&self) -> bool {
        self.entry.is_some_and(|entry| self.agent.tables.broken.within(entry.decl.body.span))
    }

    /// What holds at each edge of the state.
    fn places(&self) -> Vec<EdgeFacts<'p, 'p>> {
        match (&self.agent.flow, self.entry) {
            (Some(flow), Some(entry)) => flow.edges(entry.id),
            _ => Vec::new(),
        }
    }

    fn edge(
        &mut self,
        edge: &Edge,
        place: Option<EdgeFacts<'_, '_>>,
        own: Option<&Type>,
    ) -> Option<ir::Edge> {
        let (tried, taken) = place.map(|place| (place.tried, place.taken)).unzip();
        let when = match &edge.test {
            EdgeTest::When(condition) => Some(self.cx(tried.as_ref(), own, |cx, _| cx.condition(condition))),
            _ => None,
        };
        let (goto, sets) = self.cx(taken.as_ref(), own, |cx, this| {
            // an edge that is never taken tells nothing of what it reads
            if let EdgeTest::When(condition) = &edge.test {
                cx.know(crate::graph::facts(condition, true));
            }
            this.arrow(edge, cx)
        });
        Some(ir::Edge { span: edge.span, when, goto: goto?, sets })
    }

    /// Runs `then` with the context of an edge.
    fn cx<T>(
        &mut self,
        facts: Option<&Facts<'_, '_>>,
        own: Option<&Type>,
        then: impl FnOnce(&mut Cx<'_, '_>, &EdgePlace<'_>) -> T,
    ) -> T {
        let state = self.entry.map(|entry| entry.id);
        let at = At { state, own, facts, reader: Reader::Program };
        let mut cx = Cx::new(self.agent.tables, self.agent.module, Place::Agent(self.agent, at), self.out);
        then(&mut cx, &EdgePlace { agent: self.agent, entry: self.entry })
    }

    /// Whether the events are some that can come, each once.
    fn events<'e>(&mut self, names: &'e [Ident], handled: &mut IndexMap<&'e str, Span>) {
        for name in names {
            if let Some(first) = handled.get(&*name.name) {
                self.out.push(
                    Diagnostic::new(
                        Code("E0223"),
                        name.span,
                        format!("the event `{}` is handled twice", name.name),
                    )
                    .also(*first, "handled here already"),
                );
                continue;
            }
            handled.insert(&name.name, name.span);
            let finding = match self.entry {
                Some(entry) => events::unknown_in_state(self.agent, entry, name),
                None => events::unknown_in_agent(self.agent, name),
            };
            self.out.extend(finding);
        }
    }
}

/// Where an edge stands, for its target.
struct EdgePlace<'p> {
    agent: &'p AgentCx<'p>,
    entry: Option<&'p StateEntry<'p>>,
}

impl EdgePlace<'_> {
    /// Where the edge goes and what it writes; no target where it was reported.
    fn arrow(&self, edge: &Edge, cx: &mut Cx<'_, '_>) -> (Option<Goto>, Vec<Set>) {
        let goto = self.target(&edge.target, cx);
        (goto, self.sets(edge, cx))
    }

    fn target(&self, target: &Target, cx: &mut Cx<'_, '_>) -> Option<Goto> {
        match &target.kind {
            TargetKind::State(name) => self.state(name, cx).map(Goto::State),
            TargetKind::Return(value) => Some(Goto::Return(self.returned(value.as_ref(), target.span, cx))),
            TargetKind::Fail(why) => Some(Goto::Fail(cx.expect(why, &Type::String))),
            TargetKind::Next => self.in_loop("next", target.span, cx).then_some(Goto::Next),
            TargetKind::Break => self.in_loop("break", target.span, cx).then_some(Goto::Break),
        }
    }

    fn parent(&self) -> Option<StateId> {
        self.entry.and_then(|entry| entry.parent)
    }

    fn in_loop(&self, word: &str, span: Span, cx: &mut Cx<'_, '_>) -> bool {
        if self.parent().is_some() {
            return true;
        }
        let finding = Diagnostic::new(Code("E0222"), span, format!("`{word}` stands only inside a loop"));
        cx.out.push(match self.entry {
            Some(entry) if entry.kind.word == "loop" => {
                finding.hint("this edge belongs to the loop itself, and is taken when it is over: write it into a state inside")
            }
            _ if word == "break" => {
                finding.hint("an agent ends by `-> return …` or `-> fail \"why\"`; else name a state: `-> state`")
            }
            _ => finding.hint("name the state that comes next: `-> state`"),
        });
        false
    }

    fn state(&self, name: &Ident, cx: &mut Cx<'_, '_>) -> Option<StateId> {
        let scope = self.agent.scope;
        let Some(id) = scope.state_named(&name.name) else {
            if self.agent.may_declare(&name.name) {
                return None;
            }
            cx.out.push(self.no_state(name, cx));
            return None;
        };
        // into a loop: its container is none of those around this edge
        let container = scope.state(id).and_then(|state| state.parent);
        let around =
            std::iter::successors(self.parent(), |id| scope.state(*id).and_then(|state| state.parent));
        match container.filter(|container| !around.into_iter().any(|parent| parent == *container)) {
            None => Some(id),
            Some(container) => {
                let outer = scope.state(container).map_or("", |state| &*state.decl.name.name);
                let message =
                    format!("`{}` is inside the loop `{outer}`, and no edge leads into a loop", name.name);
                cx.out.push(
                    Diagnostic::new(Code("E0222"), name.span, message)
                        .hint(format!("write `-> {outer}`: a round begins at its first state"))
                        .fix(name.span, outer),
                );
                None
            }
        }
    }

    fn no_state(&self, name: &Ident, cx: &Cx<'_, '_>) -> Diagnostic {
        let scope = self.agent.scope;
        let wrong = |message: String| Diagnostic::new(Code("E0214"), name.span, message);
        if let Some(part) = scope.states.iter().find(|state| state.part && state.decl.name.name == name.name)
        {
            let parallel =
                part.parent.and_then(|id| scope.state(id)).map_or("", |state| &*state.decl.name.name);
            return wrong(format!("`{}` is a part of `{parallel}`, and no edge leads to a part", name.name))
                .hint(format!("write `-> {parallel}`"))
                .fix(name.span, parallel);
        }
        match scope.names.get(&name.name) {
            Some((Binding::Param(_), _)) => {
                return wrong(format!("`{}` is a parameter, and an edge leads to a state", name.name));
            }
            Some((Binding::Var(_), _)) => {
                return wrong(format!("`{}` is a variable, and an edge leads to a state", name.name));
            }
            _ => {}
        }
        if let Some(def) = cx.tables.names.find(cx.module, &name.name) {
            return wrong(format!("`{}` is {}, and an edge leads to a state", name.name, def.sort()));
        }
        let finding = match &*name.name {
            "end" | "done" | "stop" | "finish" | "exit" => {
                return wrong(format!("no state is named `{}`", name.name))
                    .hint("an agent ends by `-> return …` or `-> fail \"why\"`");
            }
            "continue" => {
                return wrong("no state is named `continue`".to_owned())
                    .hint("the next round begins by `-> next`");
            }
            _ => wrong(format!("no state is named `{}`", name.name)),
        };
        let states = scope.states.iter().filter(|state| !state.part).map(|state| &*state.decl.name.name);
        did_you_mean(finding, &name.name, states)
    }

    fn returned(&self, value: Option<&Expr>, span: Span, cx: &mut Cx<'_, '_>) -> Option<ir::Expr> {
        let agent = &self.agent.scope.decl.name;
        let ty =
            self.agent.tables.agents.get(self.agent.id.index()).and_then(|signature| signature.ty.clone());
        match (value, ty) {
            (Some(value), Some(ty)) => Some(cx.expect(value, &ty)),
            (None, None) => None,
            (Some(value), None) => {
                cx.infer(value, None);
                cx.out.push(
                    Diagnostic::new(
                        Code("E0315"),
                        value.span,
                        format!("the agent `{}` has no type, so it returns no value", agent.name),
                    )
                    .hint(format!("write `agent {}(…): T {{`, or `-> return` alone", agent.name)),
                );
                None
            }
            // its value may be what could not be read
            (None, Some(_)) if self.agent.broken => None,
            (None, Some(ty)) => {
                let shown = cx.show(&ty);
                cx.out.push(
                    Diagnostic::new(
                        Code("E0315"),
                        span,
                        format!(
                            "the agent `{}` returns `{shown}`, and this `return` has no value",
                            agent.name
                        ),
                    )
                    .hint("write the value behind it: `-> return x`"),
                );
                None
            }
        }
    }

    fn sets(&self, edge: &Edge, cx: &mut Cx<'_, '_>) -> Vec<Set> {
        let mut written: IndexMap<&str, Span> = IndexMap::new();
        let mut sets = Vec::with_capacity(edge.sets.len());
        for set in &edge.sets {
            let name = &set.name;
            if let Some(first) = written.get(&*name.name) {
                cx.out.push(
                    Diagnostic::new(Code("E0211"), name.span, format!("`{}` is set twice", name.name))
                        .also(*first, "first one here"),
                );
            }
            written.insert(&name.name, name.span);
            match self.agent.scope.names.get(&name.name) {
                Some((binding @ Binding::Var(index), _)) => {
                    let value = cx.expect(&set.value, &self.agent.var_type(*index));
                    sets.push(Set { slot: self.agent.slot(*binding), value });
                }
                other => {
                    cx.infer(&set.value, None);
                    // The line that declares it may be the one that could not be read.
                    if other.is_some() || !self.agent.may_declare(&name.name) {
                        cx.out.push(self.not_settable(name, other.map(|(binding, _)| *binding)));
                    }
                }
            }
        }
        sets
    }

    fn not_settable(&self, name: &Ident, binding: Option<Binding>) -> Diagnostic {
        let message = match binding {
            Some(Binding::Param(_)) => format!("`{}` is a parameter, and `set` writes variables", name.name),
            Some(Binding::State(_)) => {
                format!("`{}` is a state's result, and `set` writes variables", name.name)
            }
            Some(Binding::Each(_)) => format!("`{}` is an element, and `set` writes variables", name.name),
            _ => format!("no variable is named `{}`", name.name),
        };
        let finding = Diagnostic::new(Code("E0218"), name.span, message);
        let vars: Vec<&str> = self.agent.scope.decl.body.vars().map(|var| &*var.name.name).collect();
        if binding.is_none() && !vars.is_empty() {
            return did_you_mean(finding, &name.name, vars.into_iter());
        }
        finding.hint(format!(
            "declare one in the agent: `var {}: T = …`",
            if binding.is_none() { &*name.name } else { "x" }
        ))
    }
}
