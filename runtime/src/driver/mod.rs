//! The driver does, and decides nothing: it asks the machine what to do, does it, writes down both ends of
//! every effect, and feeds back what happened.

mod assemble;
mod connect;
mod describe;
mod endpoints;
mod event;
mod fate;
mod fork;
mod found;
mod host;
mod id;
mod person;
mod prices;
mod rebuild;
mod record;
mod resume;
mod script;
mod unconfigured;
mod working;

pub use assemble::{AssembleError, Assembled, Options, SCRIPT, assemble, script_at};
pub use connect::{Connect, Connected, PoolLine, Readiness, TargetName, UnknownPool};
pub use endpoints::unserved;
pub use event::{FailureLine, PlaceLine, RunEvent};
pub use fate::FateForm;
pub use fork::{Fork, ForkError, fork, steps};
pub use found::{Found, look};
pub use host::{Confinements, LiveHost};
pub use id::run_id;
pub use person::{Form, Person, Question};
pub use prices::{price_table, unknown_prices, user_prices};
pub use rebuild::{Agreement, RebuildError, Rebuilt, Used, rebuild};
pub use resume::Fate;
pub use script::{ScriptSide, event_kind};

use std::future::Future;
use std::sync::Arc;

use agentrun_lang::ir::Program;
use agentrun_lang::value::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::describe::{describe, requested, writes};
use self::record::Record;
use self::working::{About, Working};
use crate::clock::Clock;
use crate::journal::{End, EntryKind, FORMAT, Journal, JournalError};
use crate::machine::{
    Answer, Effect, EffectId, Event, EventKind, Note, Outcome, Run, RunId, Spent, Step, step, unenforced,
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

    /// What an effect comes to of which nobody will ever know what it cost: what its budgets would hold for it.
    fn hold(&self, run: &Arc<str>, effect: &Effect) -> Spent {
        let _ = (run, effect);
        Spent::FREE
    }

    /// What becomes of an effect that was under way when its process went, and that must not be repeated unseen.
    /// Nobody knows, unless somebody can be asked.
    fn fate(&self, effect: &Effect) -> impl Future<Output = Fate> + Send {
        let _ = effect;
        std::future::ready(Fate::Open)
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

    /// An event to be told later, if anybody listens.
    fn of(&self, event: impl FnOnce() -> RunEvent) -> Option<RunEvent> {
        self.0.as_ref().map(|_| event())
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
        let mut record = Record::new(self.journal.clone(), self.clock.clone(), start.run.clone(), 0);
        let agent = program.agent(start.agent).map_or_else(String::new, |agent| agent.name.to_string());
        record.add(EntryKind::Started {
            format: FORMAT,
            program: program.hash.clone(),
            agent: agent.clone(),
        });
        self.watch.tell(|| RunEvent::Started {
            run: start.run.to_string(),
            agent,
            program: program.hash.clone(),
        });
        for found in unenforced(program, start.agent) {
            self.watch.tell(|| RunEvent::unenforced(program, found));
        }
        let going = Going { run: Run::new(RunId(start.run)), record, total: Spent::FREE, owed: Vec::new() };
        let begin = EventKind::Begin { agent: start.agent.0, input: start.input, caller: start.caller };
        self.go_on(program, going, begin, cancel).await
    }

    /// Goes on with a run from where it stands until it ends.
    async fn go_on(
        &self,
        program: &Arc<Program>,
        going: Going,
        first: EventKind,
        cancel: CancellationToken,
    ) -> Result<Ended, JournalError> {
        let Going { mut run, mut record, mut total, mut owed } = going;
        let _over = Over { host: &*self.host, run: record.run.clone() };
        let mut working = Working::default();
        let mut event = record.stamp(first);
        let mut settled = None;
        let end = loop {
            record.add(EntryKind::Happened { event: event.clone() });
            let next = step(program, &mut run, event);
            let notes = run.drain_notes();
            record.add_notes(&notes);
            let (start, stop) = match next {
                Step::Perform { start, cancel } => (start, cancel),
                Step::Waiting if !owed.is_empty() => (Vec::new(), Vec::new()),
                over => {
                    record.write()?;
                    self.tell(settled, &notes);
                    break match over {
                        Step::Done(result) => End::Done { result },
                        Step::Failed(error) => End::Failed { error },
                        _ => End::Waiting { on: run.open_effects().cloned().collect() },
                    };
                }
            };
            let start = start.into_iter().map(Owed::new).chain(owed.drain(..).map(|owed| owed.now(&run)));
            let start: Vec<Owed> = start.collect();
            for owed in &start {
                owed.announce(program, &mut record);
            }
            record.write()?;
            self.tell(settled.take(), &notes);
            for id in &stop {
                working.cancel(id);
            }
            for owed in start {
                self.start(program, &record.run, &mut working, owed);
            }
            event = tokio::select! {
                () = cancel.cancelled(), if !working.canceled => {
                    working.cancel_all();
                    record.stamp(EventKind::Cancel)
                }
                finished = working.next() => match finished {
                    Some((about, outcome)) => {
                        settled = self.watch.of(|| RunEvent::settled(&about.id, about.kind, &outcome));
                        self.ended(&mut record, &mut total, about, outcome)
                    }
                    // The machine waits for an effect that nobody performs: end the run rather than hang.
                    None => record.stamp(EventKind::Cancel),
                },
            };
        };
        // What is still open was cancelled, or waits for a person: its cost counts, its answer does not.
        working.cancel_all();
        while let Some((about, outcome)) = working.next().await {
            let settled = self.watch.of(|| RunEvent::settled(&about.id, about.kind, &outcome));
            let event = self.ended(&mut record, &mut total, about, outcome);
            record.add(EntryKind::Late { event });
            record.write()?;
            self.tell(settled, &[]);
        }
        record.add(EntryKind::Finished { end: end.clone() });
        record.write()?;
        let spent = Spent { time: run.spending().time, ..total };
        self.watch.tell(|| RunEvent::finished(program, &end, spent));
        Ok(Ended { end, spent })
    }

    /// Tells what is on record by now.
    fn tell(&self, settled: Option<RunEvent>, notes: &[Note]) {
        if let Some(settled) = settled {
            self.watch.tell(|| settled);
        }
        for note in notes {
            self.watch.tell(|| RunEvent::from(note));
        }
    }

    /// Starts an effect; its record says so already.
    fn start(&self, program: &Program, run: &Arc<str>, working: &mut Working, owed: Owed) {
        let Owed { effect, known, .. } = owed;
        let (kind, what) = describe(&effect.kind, program);
        let about = About { id: effect.id.clone(), kind, writes: writes(&effect.kind, program) };
        let token = CancellationToken::new();
        if let Some(outcome) = known {
            return working.start(about, token, std::future::ready(outcome));
        }
        self.watch.tell(|| RunEvent::requested(&effect, program));
        let (host, run, watch) = (self.host.clone(), run.clone(), self.watch.clone());
        let span = trace::effect(&effect.id.0, kind, &what);
        let cancel = token.clone();
        let clock = self.clock.clone();
        let work = async move {
            let begun = clock.elapsed();
            let mut outcome = host.perform(&run, effect, watch, cancel).await;
            let took = clock.elapsed().saturating_sub(begun).as_millis();
            outcome.spent.time = outcome.spent.time.max(u64::try_from(took).unwrap_or(u64::MAX));
            outcome
        };
        working.start(about, token, work.instrument(span));
    }

    /// An effect ended: the event to feed or to keep, and what its record says beside.
    fn ended(&self, record: &mut Record, total: &mut Spent, about: About, outcome: Outcome) -> Event {
        if let Some((level, policy)) = self.host.confined(&record.run, &about.id) {
            record.add(EntryKind::Confined { effect: about.id.clone(), level, policy });
        }
        // What a person said cannot be had again.
        if about.writes || matches!(outcome.result, Ok(Answer::Human(_))) {
            record.must_last();
        }
        total.add(&outcome.spent);
        record.stamp(EventKind::Finished { effect: about.id, outcome })
    }
}

/// A run under way.
struct Going {
    run: Run,
    record: Record,
    total: Spent,
    /// What was asked for before and is still owed.
    owed: Vec<Owed>,
}

/// An effect to start.
struct Owed {
    effect: Effect,
    /// What came of it, where nothing needs to be done any more.
    known: Option<Outcome>,
    /// Whether the record says already that it was asked for.
    recorded: bool,
}

impl Owed {
    fn new(effect: Effect) -> Self {
        Self { effect, known: None, recorded: false }
    }

    /// As it is to be done now.
    fn now(self, run: &Run) -> Self {
        if self.known.is_some() {
            return self;
        }
        match run.again(&self.effect) {
            Ok(effect) => Self { effect, ..self },
            Err(failure) => {
                Self { known: Some(Outcome { result: Err(failure), spent: Spent::FREE }), ..self }
            }
        }
    }

    /// Writes down that it starts. What is not done again is not asked for again.
    fn announce(&self, program: &Program, record: &mut Record) {
        if self.recorded && self.known.is_some() {
            return;
        }
        record.add(requested(&self.effect, program));
        if writes(&self.effect.kind, program) {
            record.must_last();
        }
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
