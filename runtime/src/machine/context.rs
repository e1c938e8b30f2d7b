//! The program and the run together: what every kind of state reads, asks for and reports through.

use std::fmt::Write as _;

use agentrun_lang::ast::Name;
use agentrun_lang::eval::{Env, EvalError, eval};
use agentrun_lang::ir::{Agent, Expr, Op, Param, Program, State, StateId};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Date, Labeled, unkept};
use jiff::Timestamp;

use super::arena::Key;
use super::budget::Spends;
use super::frame::{Activity, Came, Frame, Owner, Place, Visit, Work};
use super::raise::Raised;
use super::run::{Open, Run};
use super::{Effect, EffectId, EffectKind};
use crate::error::{Failure, FailureKind};

/// A program and one run of it.
pub(super) struct Cx<'p, 'r> {
    pub(super) program: &'p Program,
    pub(super) run: &'r mut Run,
}

impl<'p> Cx<'p, '_> {
    /// The frame of a key.
    pub(super) fn frame(&self, key: Key<Frame>) -> Result<&Frame, Box<Raised>> {
        self.run.frames.get(key).ok_or_else(|| lost("a frame"))
    }

    /// The frame of a key, to change it.
    pub(super) fn frame_mut(&mut self, key: Key<Frame>) -> Result<&mut Frame, Box<Raised>> {
        self.run.frames.get_mut(key).ok_or_else(|| lost("a frame"))
    }

    /// The visit at a place, to change it.
    pub(super) fn visit_mut(&mut self, place: Place) -> Result<&mut Visit, Box<Raised>> {
        self.frame_mut(place.frame)?.visit_mut(place.part).ok_or_else(|| lost("a visit"))
    }

    /// What a visit waits for, taken out of it.
    pub(super) fn take_work(&mut self, place: Place) -> Result<Work, Box<Raised>> {
        Ok(std::mem::replace(&mut self.visit_mut(place)?.work, Work::Idle))
    }

    /// The agent of a frame.
    pub(super) fn agent(&self, key: Key<Frame>) -> Result<&'p Agent, Box<Raised>> {
        let id = self.frame(key)?.agent;
        self.program.agent(id).ok_or_else(|| lost("an agent"))
    }

    /// A state of a frame's agent.
    pub(super) fn state(&self, key: Key<Frame>, id: StateId) -> Result<&'p State, Box<Raised>> {
        self.agent(key)?.state(id).ok_or_else(|| lost("a state"))
    }

    /// The state that a place visits, and its path.
    pub(super) fn visited(&self, place: Place) -> Result<(&'p State, StateId, Name), Box<Raised>> {
        let visit = self.frame(place.frame)?.visit(place.part).ok_or_else(|| lost("a visit"))?;
        Ok((self.state(place.frame, visit.state)?, visit.state, visit.path.clone()))
    }

    /// `Support.triage`; a part is `Support.results.one`.
    pub(super) fn name(&mut self, key: Key<Frame>, id: StateId) -> Result<Name, Box<Raised>> {
        let known = self.frame(key)?.states.get(id.index()).and_then(|memo| memo.name.clone());
        if let Some(name) = known {
            return Ok(name);
        }
        let name = qualified(self.agent(key)?, id);
        if let Some(memo) = self.frame_mut(key)?.states.get_mut(id.index()) {
            memo.name = Some(name.clone());
        }
        Ok(name)
    }

    /// Computes an expression of the state at a place, as things stand.
    pub(super) fn eval(&self, place: Place, expr: &Expr) -> Came {
        self.read(place, |env| eval(expr, env))
    }

    /// Computes the arguments that a state gives to a tool or an agent, and holds them to the parameters'
    /// constraints.
    pub(super) fn arguments(
        &mut self,
        place: Place,
        callee: &str,
        params: &[Param],
        args: &[Expr],
    ) -> Result<Vec<Labeled>, Box<Raised>> {
        let values = args.iter().map(|arg| self.eval(place, arg)).collect::<Result<Vec<_>, _>>()?;
        self.keep_constraints(place, callee, params, args, &values)?;
        Ok(values)
    }

    /// Holds arguments to the constraints of their parameters.
    pub(super) fn keep_constraints(
        &mut self,
        place: Place,
        callee: &str,
        params: &[Param],
        args: &[Expr],
        values: &[Labeled],
    ) -> Result<(), Box<Raised>> {
        for ((value, param), arg) in values.iter().zip(params).zip(args) {
            if let Some((asked, found)) = unkept(&value.value, param, &self.program.types) {
                let message = format!("`{}` of `{callee}`: expected {asked}, found {found}", param.name);
                let raised = self.fail(place, Failure::new(FailureKind::Invalid, message));
                return Err(Box::new(Raised { span: arg.span, ..*raised }));
            }
        }
        Ok(())
    }

    /// Computes something that the state at a place reads.
    pub(super) fn read<R>(
        &self,
        place: Place,
        compute: impl FnOnce(&Env<'_>) -> Result<R, EvalError>,
    ) -> Result<R, Box<Raised>> {
        let frame = self.frame(place.frame)?;
        let visit = frame.visit(place.part).ok_or_else(|| lost("a visit"))?;
        let element = frame.element(place.part);
        let env = Env { overlay: element.as_slice(), ..self.env(frame, visit.entered) };
        compute(&env).map_err(|error| self.invalid(frame, visit.state, error))
    }

    /// Computes something that the edges of a state read, its own result among it.
    pub(super) fn read_after<R>(
        &self,
        key: Key<Frame>,
        visit: &Visit,
        own: Option<&Labeled>,
        compute: impl FnOnce(&Env<'_>) -> Result<R, EvalError>,
    ) -> Result<R, Box<Raised>> {
        let frame = self.frame(key)?;
        let env = Env { own, ..self.env(frame, visit.entered) };
        compute(&env).map_err(|error| self.invalid(frame, visit.state, error))
    }

    /// Computes the first value of a variable.
    pub(super) fn read_vars<R>(
        &self,
        key: Key<Frame>,
        compute: impl FnOnce(&Env<'_>) -> Result<R, EvalError>,
    ) -> Result<R, Box<Raised>> {
        let agent = self.agent(key)?;
        compute(&self.env(self.frame(key)?, self.run.now)).map_err(|error| {
            Raised::new(Failure::new(FailureKind::Invalid, error.message), error.span, agent.name.clone())
        })
    }

    /// What the expressions of a tool's declaration read: its arguments, by name of the state that calls it.
    pub(super) fn read_tool<R>(
        &mut self,
        place: Place,
        args: &[Option<Labeled>],
        compute: impl FnOnce(&Env<'_>) -> Result<R, EvalError>,
    ) -> Result<R, Box<Raised>> {
        let env = Env { now: moment(self.run.now), ..Env::new(&self.program.types, args) };
        let read = compute(&env);
        read.map_err(|error| {
            let raised = self.fail(place, Failure::new(FailureKind::Invalid, error.message));
            Box::new(Raised { span: error.span, ..*raised })
        })
    }

    fn env<'f>(&'f self, frame: &'f Frame, entered: i64) -> Env<'f> {
        Env { meters: self.run.meters(), now: moment(entered), ..Env::new(&self.program.types, &frame.slots) }
    }

    fn invalid(&self, frame: &Frame, state: StateId, error: EvalError) -> Box<Raised> {
        let name = self.program.agent(frame.agent).map(|agent| qualified(agent, state)).unwrap_or_default();
        Raised::new(Failure::new(FailureKind::Invalid, error.message), error.span, name)
    }

    /// A failure of the state at a place.
    pub(super) fn fail(&mut self, place: Place, failure: Failure) -> Box<Raised> {
        match self.visited(place) {
            Ok((state, id, _)) => self.fail_at(place.frame, id, state.span, failure),
            Err(lost) => lost,
        }
    }

    /// A failure of a state, at a span of it.
    pub(super) fn fail_at(
        &mut self,
        key: Key<Frame>,
        id: StateId,
        span: Span,
        failure: Failure,
    ) -> Box<Raised> {
        match self.name(key, id) {
            Ok(name) => Raised::new(failure, span, name),
            Err(lost) => lost,
        }
    }

    /// Asks the host for an effect; refused where a budget around it has nothing left.
    pub(super) fn request(
        &mut self,
        owner: Owner,
        id: EffectId,
        spends: Spends,
        kind: EffectKind,
    ) -> Result<(), Box<Raised>> {
        let place = owner.place;
        let account = self.frame(place.frame)?.innermost(place.part);
        let span = self.visited(place)?.0.span;
        let now = self.run.now;
        let (scopes, time_left) = match self.run.budgets.scopes(account, spends, now) {
            Ok(scopes) => scopes,
            Err(failure) => return Err(self.fail(place, failure)),
        };
        let timed = spends != Spends::Nothing;
        if timed {
            self.run.budgets.work(account, now);
        }
        let open = Open { owner, account, timed, parked: false, canceled: None };
        self.run.open.insert(id.clone(), open);
        self.run.start.push(Effect { id, span, scopes, time_left, kind });
        Ok(())
    }

    /// Gives an effect up. One that the host has not heard of yet never starts; of another the outcome is
    /// charged when it comes, and goes nowhere.
    pub(super) fn cancel_effect(&mut self, id: &EffectId) {
        let now = self.run.now;
        let Some(open) = self.run.open.get_mut(id).filter(|open| open.canceled.is_none()) else { return };
        if open.timed {
            self.run.budgets.rest(open.account, now);
        }
        if let Some(index) = self.run.start.iter().rposition(|effect| effect.id == *id) {
            self.run.start.remove(index);
            self.run.open.swap_remove(id);
            return;
        }
        open.canceled = Some(self.run.budgets.chain(open.account));
        self.run.cancel.push(id.clone());
    }

    /// Takes a frame off, and gives up all that it still waits for.
    pub(super) fn remove_frame(&mut self, key: Key<Frame>) -> Option<Frame> {
        let parts = match &self.run.frames.get(key)?.activity {
            Activity::Fan(fan) => fan.working(),
            Activity::Between | Activity::Visit(_) => Vec::new(),
        };
        for part in parts {
            self.abandon_visit(Place { frame: key, part: Some(part) });
        }
        self.abandon_visit(Place::whole(key));
        let frame = self.run.frames.remove(key)?;
        self.run.budgets.close(frame.innermost(Some(0)), frame.outer);
        Some(frame)
    }

    /// Gives up what a visit waits for.
    pub(super) fn abandon_visit(&mut self, place: Place) {
        match self.take_work(place) {
            Ok(Work::Effect(id)) => self.cancel_effect(&id),
            Ok(Work::Ask(asked)) => self.cancel_effect(&asked.effect),
            Ok(Work::Frame(key, _)) => drop(self.remove_frame(key)),
            Ok(Work::Plan(planner)) => planner.abandon(self),
            Ok(Work::Idle) | Err(_) => {}
        }
    }

    /// The path of a visit, or a step of one.
    pub(super) fn path(&mut self, write: impl FnOnce(&mut String) -> std::fmt::Result) -> Name {
        let mut text = std::mem::take(&mut self.run.scratch);
        text.clear();
        // Writing to a string cannot fail.
        let _ = write(&mut text);
        let path = Name::from(text.as_str());
        self.run.scratch = text;
        path
    }

    /// A numbered step of a visit, `dig#1.3`.
    pub(super) fn step_path(&mut self, path: &str, step: u32) -> Name {
        self.path(|text| write!(text, "{path}.{step}"))
    }
}

/// A moment of the event's clock.
pub(super) fn moment(millis: i64) -> Option<Date> {
    Timestamp::from_millisecond(millis).ok().map(Date::Moment)
}

/// `Support.triage`, from the tables.
fn qualified(agent: &Agent, id: StateId) -> Name {
    let Some(state) = agent.state(id) else { return agent.name.clone() };
    let parallel = state.parent.and_then(|parent| agent.state(parent));
    match parallel.filter(|parent| matches!(parent.op, Op::Parallel(_))) {
        Some(parent) => format!("{}.{}.{}", agent.name, parent.name, state.name).into(),
        None => format!("{}.{}", agent.name, state.name).into(),
    }
}

/// A contradiction inside the machine or the program that it was given.
pub(super) fn lost(what: &str) -> Box<Raised> {
    let message = format!("internal error, please report: {what} of the run is not there");
    Raised::new(Failure::new(FailureKind::Failed, message), Span::default(), "".into())
}
