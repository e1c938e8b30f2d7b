//! One step: takes what happened, does everything that follows from it without an effect, says what to do next.

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, Op, Program, StateId};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labeled, Labels, Value};

use super::arena::Key;
use super::context::{Cx, lost};
use super::frame::{
    Activity, Came, Frame, Next, Owner, Place, Visit, ask, call, human, loops, parallel, plan, run_agent,
};
use super::preflight::refusal;
use super::raise::Raised;
use super::run::{Open, Ready, Run};
use super::{Answer, EffectId, Event, EventKind, Note, Outcome, RunError, Spent, Step};
use crate::error::{Failure, FailureKind};

/// Transitions without an effect after which a step gives up.
const MAX_TRANSITIONS: u32 = 1_000_000;

/// Takes what happened, returns what to do next. Pure: the same run and event give the same step.
///
/// An outcome of an effect that is not open (it came twice, or was never asked for) changes nothing; of one that
/// was cancelled it is charged and goes nowhere. Once the run has ended the answer stays the same.
pub fn step(program: &Program, run: &mut Run, event: Event) -> Step {
    let before = run.now;
    run.now = run.now.max(event.at);
    let mut cx = Cx { program, run };
    match event.kind {
        EventKind::Begin { agent, input, caller } => cx.start(AgentId(agent), input, caller),
        EventKind::Finished { effect, outcome } => cx.accept(&effect, outcome),
        EventKind::Resumed { lost } => cx.take_up(before, &lost),
        EventKind::Cancel => cx.cancel_run(),
    }
    let mut transitions = 0;
    while let Some(ready) = cx.run.ready.pop() {
        transitions += 1;
        if transitions > MAX_TRANSITIONS {
            cx.give_up(&ready);
            break;
        }
        cx.advance(ready);
    }
    cx.run.take_step()
}

impl Cx<'_, '_> {
    fn start(&mut self, agent: AgentId, input: Vec<Value>, caller: Value) {
        if self.run.root.is_some() || self.run.ended.is_some() {
            return;
        }
        self.run.caller = caller;
        if let Some(error) = refusal(self.program, agent) {
            return self.end(Err(error));
        }
        let args = input.into_iter().map(|value| Labeled::new(value, Labels::USER)).collect();
        match run_agent::enter_root(self, agent, args) {
            Ok(root) => self.run.root = Some(root),
            Err(raised) => self.end(Err(raised.into_error())),
        }
    }

    fn accept(&mut self, id: &EffectId, outcome: Outcome) {
        let now = self.run.now;
        let Some(open) = self.run.open.get_mut(id) else { return };
        if let Some(accounts) = open.canceled.take() {
            self.run.open.swap_remove(id);
            return self.run.budgets.charge_late(&accounts, &outcome.spent);
        }
        if matches!(outcome.result, Ok(Answer::Parked)) {
            open.parked = true;
            return;
        }
        let (owner, account) = (open.owner, open.account);
        if open.timed {
            self.run.budgets.rest(account, now);
        }
        self.run.open.swap_remove(id);
        self.run.budgets.charge(account, &outcome.spent);
        let result = outcome.result.map_err(|failure| self.complete_budget(failure, account));
        if let Some(came) = self.resume(owner, result) {
            self.run.ready.push(Ready::Came(owner.place, came));
        }
    }

    /// Goes on after a gap. What was cancelled and under way ends here: its outcome went with its process.
    fn take_up(&mut self, before: i64, lost: &[(EffectId, Spent)]) {
        self.run.budgets.skip(self.run.now.saturating_sub(before));
        for (id, spent) in lost {
            match self.run.open.get_mut(id) {
                Some(Open { canceled: Some(accounts), .. }) => self.run.budgets.charge_late(accounts, spent),
                Some(open) => self.run.budgets.charge(open.account, spent),
                None => {}
            }
        }
        self.run.open.retain(|_, open| open.canceled.is_none());
        // Whoever was not there is asked again.
        self.run.open.values_mut().for_each(|open| open.parked = false);
    }

    /// A host that ends an effect for want of time knows no scope to name.
    fn complete_budget(&self, failure: Failure, account: Key<super::budget::Account>) -> Failure {
        match &failure.kind {
            FailureKind::Budget { scope, bound } if scope.is_empty() => {
                let scope =
                    self.run.budgets.out_of_time(account, self.run.now).unwrap_or_else(|| "run".into());
                let message = format!("the budget of `{scope}` ran out: {bound}\n{}", failure.message);
                let kind = FailureKind::Budget { scope: scope.to_string(), bound: bound.clone() };
                Failure { kind, message, ..failure }
            }
            _ => failure,
        }
    }

    fn resume(&mut self, Owner { place, call }: Owner, result: Result<Answer, Failure>) -> Option<Came> {
        let next = self.visited(place).and_then(|(state, _, _)| match &state.op {
            Op::Ask(op) => ask::resume(self, place, state, op, result).map(Next::Done),
            Op::Plan(op) => plan::resume(self, place, op, call, result),
            Op::Call(op) => call::resume(self, place, op, result).map(Next::Done),
            Op::Approve(op) => human::resume_approve(self, place, state, op, result).map(Next::Done),
            Op::Wait(_) => human::resume_wait(self, place, state, result).map(Next::Done),
            _ => Err(lost("an effect's state")),
        });
        came(next)
    }

    fn advance(&mut self, ready: Ready) {
        let (key, done) = match ready {
            Ready::Enter(key, id) => (key, self.enter(key, id)),
            Ready::Begin(place) => (place.frame, parallel::begin_part(self, place)),
            Ready::Came(place, came) => (place.frame, self.came(place, came)),
            Ready::Ended(key, came) => return self.ended(key, came),
        };
        if let Err(raised) = done {
            self.run.ready.push(Ready::Ended(key, Err(raised)));
        }
    }

    fn enter(&mut self, key: Key<Frame>, id: StateId) -> Result<(), Box<Raised>> {
        let state = self.state(key, id)?;
        let path = self.enter_path(key, id, &state.name)?;
        self.note_entered(key, id, &path)?;
        let now = self.run.now;
        match &state.op {
            Op::Loop(op) => loops::enter(self, key, id, path, op),
            Op::Parallel(op) => parallel::enter(self, key, id, path, op),
            _ => {
                self.frame_mut(key)?.activity = Activity::Visit(Visit::new(id, path, now));
                self.begin(Place::whole(key));
                Ok(())
            }
        }
    }

    /// Begins what a state does at a place that visits it already.
    pub(super) fn begin(&mut self, place: Place) {
        let next = self.visited(place).and_then(|(state, id, path)| match &state.op {
            Op::Ask(op) => ask::begin(self, place, state, id, op, path),
            Op::Plan(op) => plan::begin(self, place, op),
            Op::Call(op) => call::begin(self, place, id, op, path),
            Op::Run(op) => run_agent::begin(self, place, op, &path),
            Op::Approve(op) => human::begin_approve(self, place, id, op, path),
            Op::Wait(op) => human::begin_wait(self, place, state, id, op, path),
            Op::Let(expr) => self.eval(place, expr).map(Next::Done),
            Op::Branch => Ok(Next::Done(Labeled::new(Value::Null, Labels::NONE))),
            Op::Loop(_) | Op::Parallel(_) => Err(lost("a nested machine")),
            Op::Recall { .. } | Op::Remember { .. } | Op::Forget { .. } | Op::Open { .. } => {
                let failure = Failure::new(FailureKind::Failed, format!("`{}` does not run yet", state.kind));
                Err(self.fail(place, failure))
            }
        });
        if let Some(came) = came(next) {
            self.run.ready.push(Ready::Came(place, came));
        }
    }

    fn came(&mut self, place: Place, came: Came) -> Result<(), Box<Raised>> {
        if place.part.is_some() {
            return parallel::part_came(self, place, came);
        }
        let frame = self.frame_mut(place.frame)?;
        let Activity::Visit(visit) = std::mem::replace(&mut frame.activity, Activity::Between) else {
            return Err(lost("a visit"));
        };
        match came {
            Ok(value) => self.leave(place.frame, &visit, value),
            Err(raised) => self.raise(place.frame, &visit, raised, true),
        }
    }

    /// An agent returned or failed: whoever runs it goes on.
    fn ended(&mut self, key: Key<Frame>, came: Came) {
        let Some(frame) = self.remove_frame(key) else { return };
        let Some(owner) = frame.owner else {
            return self.end(came.map_err(|raised| raised.into_error()));
        };
        let next = self.visited(owner.place).and_then(|(state, _, _)| match &state.op {
            Op::Run(_) => run_agent::resume(self, owner.place, came).map(Next::Done),
            Op::Call(op) => call::resume_agent(self, owner.place, op, came),
            Op::Plan(op) => plan::resume_agent(self, owner.place, op, owner.call, came),
            _ => Err(lost("an agent's caller")),
        });
        if let Some(came) = self::came(next) {
            self.run.ready.push(Ready::Came(owner.place, came));
        }
    }

    fn cancel_run(&mut self) {
        if self.run.ended.is_some() {
            return;
        }
        let place = self.run.root.map(Place::whole);
        let at =
            place.and_then(|place| self.visited(place).ok().map(|(state, id, _)| (place, state.span, id)));
        let (span, state) = match at {
            Some((place, span, id)) => (span, self.name(place.frame, id).unwrap_or_default()),
            None => (Span::default(), Name::default()),
        };
        let failure = Failure::new(FailureKind::Canceled, "the run was canceled");
        self.end(Err(RunError { failure, span, state }));
    }

    fn give_up(&mut self, ready: &Ready) {
        let key = match ready {
            Ready::Enter(key, _) | Ready::Ended(key, _) => *key,
            Ready::Begin(place) | Ready::Came(place, _) => place.frame,
        };
        let (span, state) = match (ready, self.agent(key)) {
            (Ready::Enter(_, id), Ok(agent)) => {
                let span = agent.state(*id).map_or(agent.span, |state| state.span);
                (span, self.name(key, *id).unwrap_or_default())
            }
            (_, Ok(agent)) => (agent.span, agent.name.clone()),
            _ => (Span::default(), Name::default()),
        };
        let message = format!(
            "{MAX_TRANSITIONS} transitions without an effect: these states go round and round and ask for nothing"
        );
        self.end(Err(RunError { failure: Failure::new(FailureKind::Failed, message), span, state }));
    }

    /// The run is over; what is still open is given up.
    fn end(&mut self, result: Result<Labeled, RunError>) {
        if self.run.ended.is_some() {
            return;
        }
        let open: Vec<EffectId> = self.run.open_effects().cloned().collect();
        for id in &open {
            self.cancel_effect(id);
        }
        self.run.ready.clear();
        self.run.ended = Some(Box::new(result));
    }

    /// Says that a state was entered.
    pub(super) fn note_entered(
        &mut self,
        key: Key<Frame>,
        id: StateId,
        path: &Name,
    ) -> Result<(), Box<Raised>> {
        let kind = self.state(key, id)?.kind.clone();
        let state = self.name(key, id)?;
        let visit = self.frame(key)?.states.get(id.index()).map_or(1, |memo| memo.visits);
        self.run.notes.push(Note::Entered { path: path.clone(), state, kind, visit });
        Ok(())
    }

    /// Counts a visit and gives its path.
    fn enter_path(&mut self, key: Key<Frame>, id: StateId, name: &str) -> Result<Name, Box<Raised>> {
        let frame = self.frame_mut(key)?;
        let prefix = frame.prefix.clone();
        let memo = frame.states.get_mut(id.index()).ok_or_else(|| lost("a state"))?;
        memo.visits = memo.visits.saturating_add(1);
        let visit = memo.visits;
        Ok(self.path(|text| std::fmt::Write::write_fmt(text, format_args!("{prefix}{name}#{visit}"))))
    }
}

/// What a visit came to, where it does not wait.
fn came(next: Result<Next, Box<Raised>>) -> Option<Came> {
    match next {
        Ok(Next::Open) => None,
        Ok(Next::Done(value)) => Some(Ok(value)),
        Err(raised) => Some(Err(raised)),
    }
}
