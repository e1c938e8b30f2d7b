//! Ways on: the edge that a finished state takes, the handler that catches an event, and what is left on the way.

use std::sync::LazyLock;

use agentrun_lang::ast::Name;
use agentrun_lang::eval::{eval, is_true};
use agentrun_lang::ir::{Edge, Expr, Goto, On, Op, State, StateId};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labeled, Labels, Value};

use super::Note;
use super::arena::Key;
use super::context::{Cx, lost};
use super::frame::{Frame, Visit, loops};
use super::raise::Raised;
use super::run::Ready;
use crate::error::{Failure, FailureKind};

static RETURN: LazyLock<Name> = LazyLock::new(|| "return".into());
static FAIL: LazyLock<Name> = LazyLock::new(|| "fail".into());
static NEXT: LazyLock<Name> = LazyLock::new(|| "next".into());
static BREAK: LazyLock<Name> = LazyLock::new(|| "break".into());

/// Who catches an event.
enum Catcher<'p> {
    /// The state itself.
    State(&'p Edge),
    /// The loop at that depth.
    Loop(usize, &'p Edge),
    /// The agent.
    Agent(&'p Edge),
    /// Nobody.
    Nobody,
}

impl<'p> Cx<'p, '_> {
    /// A state is done: its result is bound, and the first edge that holds is followed.
    pub(super) fn leave(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        value: Labeled,
    ) -> Result<(), Box<Raised>> {
        let state = self.state(key, visit.state)?;
        let own = value.clone();
        self.bind(key, state, value)?;
        match self.choose(key, visit, state, &own) {
            Ok(edge) => self.follow(key, visit, edge, Some(&own), Ok(own.value.clone())),
            Err(raised) => self.raise(key, visit, raised, true),
        }
    }

    /// Binds a state's result.
    pub(super) fn bind(&mut self, key: Key<Frame>, state: &State, value: Labeled) -> Result<(), Box<Raised>> {
        let slot = self.frame_mut(key)?.slots.get_mut(state.slot.index());
        if let Some(slot) = slot {
            *slot = Some(value);
        }
        Ok(())
    }

    fn bound(&self, key: Key<Frame>, state: &State) -> Result<Option<Labeled>, Box<Raised>> {
        Ok(self.frame(key)?.slots.get(state.slot.index()).cloned().flatten())
    }

    fn choose(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        state: &'p State,
        own: &Labeled,
    ) -> Result<&'p Edge, Box<Raised>> {
        for edge in &state.edges {
            let holds = match &edge.when {
                None => true,
                Some(when) => self.read_after(key, visit, Some(own), |env| is_true(when, env))?,
            };
            if holds {
                return Ok(edge);
            }
        }
        let message = format!("no edge of `{}` holds", state.name);
        Err(self.fail_at(key, visit.state, state.span, Failure::new(FailureKind::Invalid, message)))
    }

    /// An event: the state's own handlers (unless one of them is what failed), then the loops around it from the
    /// inside out, then the agent's. What is left on the way is closed; where nobody catches it, the agent fails.
    pub(super) fn raise(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        mut raised: Box<Raised>,
        own: bool,
    ) -> Result<(), Box<Raised>> {
        let state = self.state(key, visit.state)?;
        let own_handler = if own { pick(&raised, &state.on) } else { None };
        raised.causes.retain(|cause| matches!(cause, FailureKind::Budget { .. }));
        let catcher = match own_handler {
            Some(edge) => Catcher::State(edge),
            None => self.catcher(key, &raised)?,
        };
        let event: Name = raised.failure.kind.event().into();
        match catcher {
            Catcher::State(edge) => {
                // A loop's rounds and the parts that came can be read behind the event.
                let kept = raised.failure.kind == FailureKind::Partial || matches!(state.op, Op::Loop(_));
                let own = if kept { self.bound(key, state)? } else { None };
                self.follow(key, visit, edge, own.as_ref(), Err(event))
            }
            Catcher::Loop(depth, edge) => self.catch_in_loop(key, visit, depth, edge, &event),
            Catcher::Agent(edge) => {
                let agent = self.agent(key)?;
                if raised.budget().is_some() && agent.budget.is_some() {
                    let account = self.frame(key)?.account;
                    self.run.budgets.release(account);
                }
                let noted = self.run.notes.len();
                self.abandon_loops(key, visit, &event, &agent.name, Some(edge.span))?;
                let Some(raised) = self.go(key, visit, edge, None)? else { return Ok(()) };
                self.run.notes.truncate(noted);
                self.raise(key, visit, raised, false)
            }
            Catcher::Nobody => {
                self.abandon_loops(key, visit, &event, &FAIL, None)?;
                self.run.ready.push(Ready::Ended(key, Err(raised)));
                Ok(())
            }
        }
    }

    /// The state and the loops around it are left by an event that something outside them sees to.
    fn abandon_loops(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        event: &Name,
        to: &Name,
        edge: Option<Span>,
    ) -> Result<(), Box<Raised>> {
        self.note_left(visit.path.clone(), Err(event.clone()), to.clone(), edge);
        while let Some(rounds) = loops::pop(self, key)? {
            self.note_left(rounds.path, Err(event.clone()), to.clone(), None);
        }
        Ok(())
    }

    fn catcher(&mut self, key: Key<Frame>, raised: &Raised) -> Result<Catcher<'p>, Box<Raised>> {
        let agent = self.agent(key)?;
        let frame = self.frame_mut(key)?;
        for (depth, rounds) in frame.loops.iter().enumerate().rev() {
            let state = agent.state(rounds.state).ok_or_else(|| lost("a loop"))?;
            if let Some(edge) = pick(raised, &state.on) {
                return Ok(Catcher::Loop(depth, edge));
            }
        }
        let fresh = |place| !frame.fired.contains(&place);
        let Some(place) = raised.handler(&agent.on, fresh) else { return Ok(Catcher::Nobody) };
        frame.fired.push(place);
        let on = agent.on.get(place.0).ok_or_else(|| lost("a handler"))?;
        Ok(Catcher::Agent(&on.edge))
    }

    fn catch_in_loop(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        depth: usize,
        edge: &'p Edge,
        event: &Name,
    ) -> Result<(), Box<Raised>> {
        let catcher = self.frame(key)?.loops.get(depth).map(|rounds| rounds.state);
        let catcher = self.state(key, catcher.ok_or_else(|| lost("a loop"))?)?.name.clone();
        self.note_left(visit.path.clone(), Err(event.clone()), catcher.clone(), None);
        while let Some(rounds) = loops::pop(self, key)? {
            if self.frame(key)?.loops.len() == depth {
                let visit = Visit::new(rounds.state, rounds.path, rounds.entered);
                let own = loops::result(rounds.round);
                return self.follow(key, &visit, edge, Some(&own), Err(event.clone()));
            }
            self.note_left(rounds.path, Err(event.clone()), catcher.clone(), None);
        }
        Err(lost("a loop"))
    }

    /// Follows an edge of a state: writes what it sets, then goes where it goes. What fails on the way is an
    /// event of the state again; its own handlers stay out of it where one of them led here.
    pub(super) fn follow(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        edge: &'p Edge,
        own: Option<&Labeled>,
        result: Result<Value, Name>,
    ) -> Result<(), Box<Raised>> {
        let from_event = result.is_err();
        let noted = self.run.notes.len();
        let to = self.target(key, &edge.goto)?;
        self.note_left(visit.path.clone(), result, to, Some(edge.span));
        let Some(raised) = self.go(key, visit, edge, own)? else { return Ok(()) };
        self.run.notes.truncate(noted);
        self.raise(key, visit, raised, !from_event)
    }

    /// Goes an edge's way; gives back what failed while it was read.
    fn go(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        edge: &'p Edge,
        own: Option<&Labeled>,
    ) -> Result<Option<Box<Raised>>, Box<Raised>> {
        match self.write_sets(key, visit, edge, own) {
            Ok(()) => {}
            Err(raised) => return Ok(Some(raised)),
        }
        match &edge.goto {
            Goto::State(target) => self.goto(key, *target)?,
            Goto::Next => loops::next(self, key)?,
            Goto::Break => loops::exit(self, key)?,
            Goto::Return(expr) => match self.read_end(key, visit, expr.as_ref(), own) {
                Ok(value) => {
                    self.leave_loops(key, &RETURN)?;
                    self.run.ready.push(Ready::Ended(key, Ok(value)));
                }
                Err(raised) => return Ok(Some(raised)),
            },
            Goto::Fail(why) => match self.read_end(key, visit, Some(why), own) {
                Ok(why) => {
                    self.leave_loops(key, &FAIL)?;
                    let failure = Failure::new(FailureKind::Failed, why.value.to_string());
                    let raised = self.fail_at(key, visit.state, edge.span, failure);
                    self.run.ready.push(Ready::Ended(key, Err(raised)));
                }
                Err(raised) => return Ok(Some(raised)),
            },
        }
        Ok(None)
    }

    fn read_end(
        &self,
        key: Key<Frame>,
        visit: &Visit,
        expr: Option<&Expr>,
        own: Option<&Labeled>,
    ) -> Result<Labeled, Box<Raised>> {
        match expr {
            Some(expr) => self.read_after(key, visit, own, |env| eval(expr, env)),
            None => Ok(Labeled::new(Value::Null, Labels::NONE)),
        }
    }

    /// All right sides are read before the first is written.
    fn write_sets(
        &mut self,
        key: Key<Frame>,
        visit: &Visit,
        edge: &Edge,
        own: Option<&Labeled>,
    ) -> Result<(), Box<Raised>> {
        if edge.sets.is_empty() {
            return Ok(());
        }
        let read =
            |set: &agentrun_lang::ir::Set| self.read_after(key, visit, own, |env| eval(&set.value, env));
        let values: Vec<Labeled> = edge.sets.iter().map(read).collect::<Result<_, _>>()?;
        let slots = &mut self.frame_mut(key)?.slots;
        for (set, value) in edge.sets.iter().zip(values) {
            if let Some(slot) = slots.get_mut(set.slot.index()) {
                *slot = Some(value);
            }
        }
        Ok(())
    }

    /// To a state of the same agent, out of the loops that it does not stand in.
    fn goto(&mut self, key: Key<Frame>, target: StateId) -> Result<(), Box<Raised>> {
        let state = self.state(key, target)?;
        while self.frame(key)?.loops.last().map(|rounds| rounds.state) != state.parent {
            let Some(rounds) = loops::pop(self, key)? else { return Err(lost("a loop to enter")) };
            let result = Ok(loops::result(rounds.round).value);
            self.note_left(rounds.path, result, state.name.clone(), None);
        }
        self.run.ready.push(Ready::Enter(key, target));
        Ok(())
    }

    fn leave_loops(&mut self, key: Key<Frame>, to: &Name) -> Result<(), Box<Raised>> {
        while let Some(rounds) = loops::pop(self, key)? {
            let result = Ok(loops::result(rounds.round).value);
            self.note_left(rounds.path, result, to.clone(), None);
        }
        Ok(())
    }

    fn target(&self, key: Key<Frame>, goto: &Goto) -> Result<Name, Box<Raised>> {
        Ok(match goto {
            Goto::State(id) => self.state(key, *id)?.name.clone(),
            Goto::Return(_) => RETURN.clone(),
            Goto::Fail(_) => FAIL.clone(),
            Goto::Next => NEXT.clone(),
            Goto::Break => BREAK.clone(),
        })
    }

    /// Says that a state was left, and by which edge of its own.
    pub(super) fn note_left(
        &mut self,
        path: Name,
        result: Result<Value, Name>,
        to: Name,
        edge: Option<Span>,
    ) {
        self.run.notes.push(Note::Left { path, result, to, edge });
    }
}

fn pick<'p>(raised: &Raised, on: &'p [On]) -> Option<&'p Edge> {
    let (index, _) = raised.handler(on, |_| true)?;
    on.get(index).map(|on| &on.edge)
}
