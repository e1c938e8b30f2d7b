//! The driver does, and decides nothing: it asks the machine what to do, does it, writes down both ends of
//! every effect, and feeds back what happened.

mod assemble;
mod connect;
mod endpoints;
mod event;
mod found;
mod host;
mod id;
mod person;
mod prices;
mod script;
mod unconfigured;

pub use assemble::{AssembleError, Assembled, Options, SCRIPT, assemble};
pub use connect::{Connect, Connected, PoolLine, Readiness, TargetName, UnknownPool};
pub use endpoints::unserved;
pub use event::{FailureLine, PlaceLine, RunEvent};
pub use found::{Found, look};
pub use host::{Confinements, LiveHost};
pub use id::run_id;
pub use person::{Form, Person, Question};
pub use prices::{price_table, unknown_prices, user_prices};
pub use script::{ScriptSide, event_kind};

use std::future::Future;
use std::sync::Arc;

use agentrun_lang::ir::Program;
use agentrun_lang::value::{Labeled, Labels, Value, to_json};
use indexmap::IndexMap;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::event::HUMAN;
use crate::clock::Clock;
use crate::error::{Commit, Failure, FailureKind};
use crate::journal::{End, Entry, EntryKind, FORMAT, Journal, JournalError};
use crate::machine::{
    Effect, EffectId, EffectKind, Event, EventKind, Outcome, Run, RunId, Spent, Step, step, unenforced,
};
use crate::trace;

/// The one seam to the world: performs an effect. Static dispatch, so that a durable-execution engine whose
/// contexts cannot be boxed can stand here too.
pub trait Host: Send + Sync + 'static {
    /// Performs `effect` of `run`, telling `watch` what a reader should see on the way.
    /// When `cancel` fires it stops as soon as it can and says what was spent up to there.
    fn perform(
        &self,
        run: &Arc<str>,
        effect: Effect,
        watch: Watch,
        cancel: CancellationToken,
    ) -> impl Future<Output = Outcome> + Send;

    /// How the command of an effect that has ended was confined, where it had one: its level and its policy's
    /// hash. Told once.
    fn confined(&self, run: &Arc<str>, effect: &EffectId) -> Option<(String, String)> {
        let _ = (run, effect);
        None
    }

    /// `run` is over, however it ended: nothing of it will be performed any more.
    fn closed(&self, run: &Arc<str>) {
        let _ = run;
    }
}

/// Where [`RunEvent`]s go; a run nobody watches has none.
#[derive(Clone, Debug, Default)]
pub struct Watch(Option<UnboundedSender<RunEvent>>);

impl Watch {
    /// Sends to `sender`.
    pub fn new(sender: UnboundedSender<RunEvent>) -> Self {
        Self(Some(sender))
    }

    /// Tells, if anybody listens; `event` is only built then.
    pub fn tell(&self, event: impl FnOnce() -> RunEvent) {
        if let Some(sender) = &self.0 {
            // A reader that has gone away does not stop the run.
            let _ = sender.send(event());
        }
    }
}

/// Runs machines.
pub struct Driver<H> {
    /// Performs effects.
    pub host: Arc<H>,
    /// Keeps the record.
    pub journal: Arc<dyn Journal>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Tells the reader.
    pub watch: Watch,
}

/// What to run.
#[derive(Clone, Debug)]
pub struct Start {
    /// The run's id, on every line of its record and every span.
    pub run: Arc<str>,
    /// Which agent of the program.
    pub agent: agentrun_lang::ir::AgentId,
    /// A value for each of its parameters.
    pub input: Vec<Value>,
    /// Tenant, user, team, tier.
    pub caller: Value,
}

/// How a run ended, and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// How.
    pub end: End,
    /// What it cost in all.
    pub spent: Spent,
}

impl<H: Host> Driver<H> {
    /// Runs an agent to its end. Only a journal that cannot be written is an error here: everything else is an
    /// [`End`]. When `cancel` fires, open effects are dropped and the run ends as `canceled`, its record complete.
    pub async fn run(
        &self,
        program: &Arc<Program>,
        start: Start,
        cancel: CancellationToken,
    ) -> Result<Ended, JournalError> {
        let agent = program.agent(start.agent).map_or("", |agent| &*agent.name);
        let span = trace::run(&start.run, agent, &program.hash);
        self.drive(program, start, cancel).instrument(span).await
    }

    async fn drive(
        &self,
        program: &Arc<Program>,
        start: Start,
        cancel: CancellationToken,
    ) -> Result<Ended, JournalError> {
        let _over = Over { host: &*self.host, run: start.run.clone() };
        let mut record =
            Record { journal: &*self.journal, clock: &*self.clock, run: start.run.clone(), seq: 0 };
        let agent = program.agent(start.agent).map_or_else(String::new, |agent| agent.name.to_string());
        record.write(EntryKind::Started {
            format: FORMAT,
            program: program.hash.clone(),
            agent: agent.clone(),
        })?;
        self.watch.tell(|| RunEvent::Started {
            run: start.run.to_string(),
            agent,
            program: program.hash.clone(),
        });
        for found in unenforced(program, start.agent) {
            self.watch.tell(|| RunEvent::unenforced(program, found));
        }

        let mut run = Run::new(RunId(start.run.clone()));
        let mut working = Working::default();
        let mut total = Spent { cost: Some(0), ..Spent::default() };
        let mut event =
            record.stamp(EventKind::Begin { agent: start.agent.0, input: start.input, caller: start.caller });
        let end = loop {
            record.write(EntryKind::Happened { event: event.clone() })?;
            let next = step(program, &mut run, event);
            self.note(&mut record, &mut run)?;
            match next {
                Step::Done(result) => break End::Done { result },
                Step::Failed(error) => break End::Failed { error },
                Step::Waiting => break End::Waiting { on: run.open_effects().cloned().collect() },
                Step::Perform { start, cancel } => {
                    for id in &cancel {
                        working.cancel(id);
                    }
                    for effect in start {
                        self.request(program, &mut record, &mut working, effect)?;
                    }
                }
            }
            event = tokio::select! {
                () = cancel.cancelled(), if !working.canceled => {
                    working.cancel_all();
                    record.stamp(EventKind::Cancel)
                }
                finished = working.next() => match finished {
                    Some((effect, kind, outcome)) => {
                        self.confined(&mut record, &effect)?;
                        self.settle(&mut total, &effect, kind, &outcome);
                        record.stamp(EventKind::Finished { effect, outcome })
                    }
                    // The machine waits for an effect that nobody performs: end the run rather than hang.
                    None => record.stamp(EventKind::Cancel),
                },
            };
        };
        // What is still open was cancelled, or waits for a person: its cost counts, its answer does not.
        working.cancel_all();
        while let Some((effect, kind, outcome)) = working.next().await {
            self.confined(&mut record, &effect)?;
            self.settle(&mut total, &effect, kind, &outcome);
            let event = record.stamp(EventKind::Finished { effect, outcome });
            record.write(EntryKind::Late { event })?;
        }
        record.write(EntryKind::Finished { end: end.clone() })?;
        let spent = Spent { time: run.spending().time, ..total };
        self.watch.tell(|| RunEvent::finished(program, &end, spent));
        Ok(Ended { end, spent })
    }

    fn request(
        &self,
        program: &Program,
        record: &mut Record<'_>,
        working: &mut Working,
        effect: Effect,
    ) -> Result<(), JournalError> {
        let (kind, what) = describe(&effect.kind, program);
        let arguments = arguments(&effect.kind, program);
        record.write(EntryKind::Requested {
            effect: effect.id.clone(),
            kind: kind.into(),
            what: what.clone(),
            arguments: arguments.clone(),
        })?;
        self.watch.tell(|| RunEvent::Requested {
            effect: effect.id.clone(),
            kind: kind.into(),
            what: what.clone(),
            arguments,
        });
        let (host, run, watch) = (self.host.clone(), record.run.clone(), self.watch.clone());
        let (id, token) = (effect.id.clone(), CancellationToken::new());
        let span = trace::effect(&id.0, kind, &what);
        let cancel = token.clone();
        let clock = self.clock.clone();
        let work = async move {
            let begun = clock.elapsed();
            let mut outcome = host.perform(&run, effect, watch, cancel).await;
            let took = clock.elapsed().saturating_sub(begun).as_millis();
            outcome.spent.time = outcome.spent.time.max(u64::try_from(took).unwrap_or(u64::MAX));
            outcome
        };
        working.start(id, kind, token, work.instrument(span));
        Ok(())
    }

    fn confined(&self, record: &mut Record<'_>, effect: &EffectId) -> Result<(), JournalError> {
        match self.host.confined(&record.run, effect) {
            Some((level, policy)) => {
                record.write(EntryKind::Confined { effect: effect.clone(), level, policy })
            }
            None => Ok(()),
        }
    }

    fn note(&self, record: &mut Record<'_>, run: &mut Run) -> Result<(), JournalError> {
        for note in run.drain_notes() {
            self.watch.tell(|| RunEvent::from(&note));
            record.write(EntryKind::Noted { note })?;
        }
        Ok(())
    }

    fn settle(&self, total: &mut Spent, id: &EffectId, kind: &str, outcome: &Outcome) {
        let spent = outcome.spent;
        total.cost = total.cost.zip(spent.cost).map(|(sum, cost)| sum.saturating_add(cost));
        total.calls = total.calls.saturating_add(spent.calls);
        total.input = total.input.saturating_add(spent.input);
        total.output = total.output.saturating_add(spent.output);
        self.watch.tell(|| RunEvent::settled(id, kind, outcome));
    }
}

/// Tells the host that a run is over once it is left, be it by its end, by a journal that cannot be written or by
/// being dropped.
struct Over<'a, H: Host> {
    host: &'a H,
    run: Arc<str>,
}

impl<H: Host> Drop for Over<'_, H> {
    fn drop(&mut self) {
        self.host.closed(&self.run);
    }
}

/// Writes entries with their order and time.
struct Record<'a> {
    journal: &'a dyn Journal,
    clock: &'a dyn Clock,
    run: Arc<str>,
    seq: u64,
}

impl Record<'_> {
    fn stamp(&self, kind: EventKind) -> Event {
        Event { at: self.clock.now().as_millisecond(), kind }
    }

    fn write(&mut self, kind: EntryKind) -> Result<(), JournalError> {
        let at = self.clock.now().as_millisecond();
        let entry = Entry { run: self.run.to_string(), seq: self.seq, at, kind };
        self.seq += 1;
        self.journal.append(&entry)
    }
}

/// The effects under way.
#[derive(Default)]
struct Working {
    tasks: JoinSet<Outcome>,
    open: IndexMap<task::Id, (EffectId, &'static str, CancellationToken)>,
    canceled: bool,
}

impl Working {
    fn start(
        &mut self,
        id: EffectId,
        kind: &'static str,
        token: CancellationToken,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) {
        let handle = self.tasks.spawn(work);
        self.open.insert(handle.id(), (id, kind, token));
    }

    fn cancel(&mut self, id: &EffectId) {
        for (_, _, token) in self.open.values().filter(|(known, ..)| known == id) {
            token.cancel();
        }
    }

    fn cancel_all(&mut self) {
        self.canceled = true;
        for (_, _, token) in self.open.values() {
            token.cancel();
        }
    }

    /// The next effect that ends, with its kind. One whose code panicked failed, and nobody knows how far it came.
    async fn next(&mut self) -> Option<(EffectId, &'static str, Outcome)> {
        let (id, outcome) = match self.tasks.join_next_with_id().await? {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => {
                let message = format!("internal error, please report it: {error}");
                let failure = Failure::new(FailureKind::Failed, message).committed(Commit::Unknown);
                (error.id(), Outcome { result: Err(failure), spent: Spent::default() })
            }
        };
        self.open.shift_remove(&id).map(|(effect, kind, _)| (effect, kind, outcome))
    }
}

/// What a tool is given, by parameter, or a person is shown, by label. What is secret is for them alone.
fn arguments(kind: &EffectKind, program: &Program) -> Option<serde_json::Value> {
    let shown = |argument: &Labeled| {
        if argument.labels.has(Labels::SECRET) { "(secret)".into() } else { to_json(&argument.value) }
    };
    let show = match kind {
        EffectKind::CallTool(call) => {
            let given = program.tool(call.tool)?.params.iter().zip(&call.args);
            return Some(given.map(|(param, given)| (param.name.to_string(), shown(given))).collect());
        }
        EffectKind::AskHuman(ask) => &ask.show,
        EffectKind::Wait(wait) => &wait.show,
        EffectKind::CallModel(_) => return None,
    };
    (!show.is_empty()).then(|| show.iter().map(|(label, value)| (label.to_string(), shown(value))).collect())
}

/// An effect's kind and what it is about, for records and screens.
fn describe(kind: &EffectKind, program: &Program) -> (&'static str, String) {
    match kind {
        EffectKind::CallModel(call) => {
            ("model", program.model(call.pool).map_or_else(String::new, |model| model.name.to_string()))
        }
        EffectKind::CallTool(call) => {
            ("tool", program.tool(call.tool).map_or_else(String::new, |tool| tool.name.to_string()))
        }
        EffectKind::AskHuman(ask) => (HUMAN, ask.prompt.clone()),
        EffectKind::Wait(wait) => ("wait", wait.queue.clone().unwrap_or_default()),
    }
}
