//! A run rebuilt from its record: every event fed again in its order, nothing performed, and what the machine asks
//! for held against what was asked. Pure: no journal, no host, no clock.

use std::collections::VecDeque;
use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::Program;
use indexmap::IndexMap;

use super::describe::requested;
use crate::journal::{End, Entry, EntryKind, FORMAT};
use crate::machine::{
    Answer, Effect, EffectId, EffectKind, Event, EventKind, Outcome, Run, RunId, Spent, Step, step,
};

/// A run as its record leaves it.
#[derive(Debug)]
pub struct Rebuilt {
    /// Its id.
    pub run: Arc<str>,
    /// The agent's name.
    pub agent: String,
    /// The hash of the program that the record was made with.
    pub program: String,
    /// How many effects' outcomes the record holds.
    pub replayed: usize,
    /// How it ended, where the record says so; one that waits goes on.
    pub end: Option<End>,
    /// What a script that stands for models, tools or people has given already.
    pub used: Used,
    pub(super) machine: Run,
    pub(super) seq: u64,
    pub(super) total: Spent,
    /// What the machine came to that the record does not say any more.
    pub(super) notes: VecDeque<EntryKind>,
    pub(super) next: Next,
    /// Every effect that was asked for and has not ended, in order.
    pub(super) open: IndexMap<EffectId, Asked>,
}

/// Lines that a script would have given in place of what a record has, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used(pub(super) Vec<UsedBy>);

/// Lines of one effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UsedBy {
    pub(super) effect: EffectId,
    pub(super) state: Name,
    pub(super) who: Who,
    pub(super) lines: u64,
}

/// Whose lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A model's, by its target.
    Model(String),
    /// A tool's, by its name.
    Tool(String),
    /// A person's.
    Person,
}

/// Where the machine stands.
#[derive(Debug)]
pub(super) enum Next {
    /// It waits for effects.
    Effects,
    /// It is over.
    Over(End),
}

/// An effect that was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) effect: Effect,
    /// The entry that says so.
    pub(super) entry: EntryKind,
    /// When the record first says so; `None` where it does not, and so it never started.
    pub(super) since: Option<i64>,
}

/// Why a record does not give its run again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// The record ends before the run began: nothing was done.
    #[error("run {run} ended before its first step: start it again")]
    NotBegun {
        /// Which run.
        run: String,
    },
    /// The record has another format.
    #[error("run {run} is a record of format {found}; this agentrun reads format {FORMAT}")]
    Format {
        /// Which run.
        run: String,
        /// The format it says.
        found: u32,
    },
    /// The program does something else than the record says.
    #[error(
        "run {run} differs from its record at entry {seq}, {at}: recorded was {recorded}, now it is {now}"
    )]
    Diverged {
        /// Which run.
        run: String,
        /// The entry.
        seq: u64,
        /// What differs: an effect, a state's path, the end.
        at: String,
        /// What the record says.
        recorded: String,
        /// What the program does.
        now: String,
    },
}

/// How much must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// What each effect asks.
    Effects,
    /// Every entry, bit for bit, but for times and sandboxes.
    Everything,
}

/// Rebuilds the run that `entries` are the record of. A record may end anywhere.
pub fn rebuild(program: &Program, entries: &[Entry], agreement: Agreement) -> Result<Rebuilt, RebuildError> {
    let mut entries = entries.iter();
    let run = entries.as_slice().first().map_or("", |entry| &*entry.run).to_string();
    let Some((first, EntryKind::Started { format, program: hash, agent })) =
        entries.next().map(|entry| (entry, &entry.kind))
    else {
        return Err(RebuildError::NotBegun { run });
    };
    if *format != FORMAT {
        return Err(RebuildError::Format { run, found: *format });
    }
    let mut rebuilt = Rebuilt {
        run: run.as_str().into(),
        agent: agent.clone(),
        program: hash.clone(),
        replayed: 0,
        end: None,
        used: Used::default(),
        machine: Run::new(RunId(run.as_str().into())),
        seq: first.seq + 1,
        total: Spent::FREE,
        notes: VecDeque::new(),
        next: Next::Effects,
        open: IndexMap::new(),
    };
    let mut begun = false;
    for entry in entries {
        begun |= matches!(entry.kind, EntryKind::Happened { .. });
        rebuilt.take(program, entry, agreement)?;
        rebuilt.seq = entry.seq + 1;
    }
    if begun { Ok(rebuilt) } else { Err(RebuildError::NotBegun { run }) }
}

impl Rebuilt {
    /// True where nothing is left to do but for a person to answer.
    pub fn only_waits(&self) -> bool {
        self.machine.is_waiting()
    }

    fn take(&mut self, program: &Program, entry: &Entry, agreement: Agreement) -> Result<(), RebuildError> {
        let strict = agreement == Agreement::Everything;
        match &entry.kind {
            EntryKind::Happened { event } => {
                if strict && let Some(owed) = self.notes.front() {
                    return Err(self.diverged(entry, &word(owed), "nothing", &word(owed)));
                }
                self.notes.clear();
                self.happened(program, entry, event)
            }
            EntryKind::Late { event } => {
                // It is charged where the run goes on, and changes nothing where it is over.
                if let EventKind::Finished { effect, outcome } = &event.kind {
                    self.total.add(&outcome.spent);
                    if !matches!(outcome.result, Ok(Answer::Parked)) {
                        self.open.shift_remove(effect);
                    }
                }
                step(program, &mut self.machine, event.clone());
                Ok(())
            }
            EntryKind::Requested { effect, .. } => self.requested(entry, effect, agreement),
            EntryKind::Noted { .. } if strict => match self.notes.pop_front() {
                Some(known) if known == entry.kind => Ok(()),
                Some(known) => {
                    Err(self.diverged(entry, &word(&entry.kind), &said(&entry.kind), &said(&known)))
                }
                None => Err(self.diverged(entry, &word(&entry.kind), &said(&entry.kind), "nothing")),
            },
            EntryKind::Noted { .. } => {
                self.notes.pop_front();
                Ok(())
            }
            EntryKind::Finished { end } => self.finished(entry, end, agreement),
            EntryKind::Confined { .. } | EntryKind::Started { .. } => Ok(()),
        }
    }

    fn happened(&mut self, program: &Program, entry: &Entry, event: &Event) -> Result<(), RebuildError> {
        match &event.kind {
            EventKind::Finished { effect, outcome } => {
                let Some(asked) = self.open.get(effect) else {
                    let at = format!("effect `{effect}`");
                    return Err(self.diverged(
                        entry,
                        &at,
                        "an outcome of it",
                        "an effect that it does not ask for",
                    ));
                };
                self.total.add(&outcome.spent);
                if !matches!(outcome.result, Ok(Answer::Parked)) {
                    self.used.count(&asked.effect, outcome, program);
                    self.open.shift_remove(effect);
                    self.replayed += 1;
                }
            }
            EventKind::Resumed { lost } => {
                for (_, spent) in lost {
                    self.total.add(spent);
                }
                let gone: Vec<EffectId> = self.machine.canceled_effects().cloned().collect();
                for id in &gone {
                    self.open.shift_remove(id);
                }
                self.end = None;
            }
            EventKind::Begin { .. } | EventKind::Cancel => {}
        }
        let next = step(program, &mut self.machine, event.clone());
        self.notes.extend(self.machine.drain_notes().into_iter().map(|note| EntryKind::Noted { note }));
        self.next = match next {
            Step::Perform { start, .. } => {
                for effect in start {
                    let entry = requested(&effect, program);
                    self.open.insert(effect.id.clone(), Asked { effect, entry, since: None });
                }
                Next::Effects
            }
            Step::Done(result) => Next::Over(End::Done { result }),
            Step::Failed(error) => Next::Over(End::Failed { error }),
            Step::Waiting => Next::Over(End::Waiting { on: self.machine.open_effects().cloned().collect() }),
        };
        Ok(())
    }

    fn requested(
        &mut self,
        entry: &Entry,
        effect: &EffectId,
        agreement: Agreement,
    ) -> Result<(), RebuildError> {
        let at = format!("effect `{effect}`");
        match self.open.get_mut(effect) {
            Some(asked) if agrees(&asked.entry, &entry.kind, agreement) => {
                asked.since.get_or_insert(entry.at);
                Ok(())
            }
            Some(asked) => {
                let (recorded, now) = difference(&entry.kind, &asked.entry);
                Err(self.diverged(entry, &at, &recorded, &now))
            }
            None => Err(self.diverged(entry, &at, &said(&entry.kind), &self.asks_instead())),
        }
    }

    fn finished(&mut self, entry: &Entry, end: &End, agreement: Agreement) -> Result<(), RebuildError> {
        let now = match &self.next {
            Next::Over(now) => now,
            Next::Effects => {
                let now = self.asks_instead();
                return Err(self.diverged(entry, "the end", &ended(end), &now));
            }
        };
        let same = match agreement {
            Agreement::Everything => now == end,
            Agreement::Effects => std::mem::discriminant(now) == std::mem::discriminant(end),
        };
        if !same {
            return Err(self.diverged(entry, "the end", &ended(end), &ended(now)));
        }
        self.end = Some(end.clone());
        Ok(())
    }

    /// What the machine asks for that the record does not have.
    fn asks_instead(&self) -> String {
        let news: Vec<String> = self
            .open
            .values()
            .filter(|asked| asked.since.is_none())
            .map(|asked| format!("effect `{}`, {}", asked.effect.id, said(&asked.entry)))
            .collect();
        if news.is_empty() { "nothing of the kind".to_string() } else { news.join(" and ") }
    }

    fn diverged(&self, entry: &Entry, at: &str, recorded: &str, now: &str) -> RebuildError {
        RebuildError::Diverged {
            run: self.run.to_string(),
            seq: entry.seq,
            at: at.to_string(),
            recorded: recorded.to_string(),
            now: now.to_string(),
        }
    }
}

impl Used {
    fn count(&mut self, effect: &Effect, outcome: &Outcome, program: &Program) {
        let (state, who, lines) = match &effect.kind {
            EffectKind::CallModel(call) => {
                let (target, attempts) = match &outcome.result {
                    Ok(Answer::Model(answer)) => (answer.target.to_string(), u64::from(answer.attempts)),
                    _ => (String::new(), outcome.spent.calls.max(1)),
                };
                (&call.state, Who::Model(target), attempts)
            }
            EffectKind::CallTool(call) => {
                let name = program.tool(call.tool).map_or("", |tool| &*tool.name);
                (&call.state, Who::Tool(name.to_string()), 1)
            }
            EffectKind::AskHuman(ask) => (&ask.state, Who::Person, 1),
            EffectKind::Wait(wait) => (&wait.state, Who::Person, 1),
        };
        self.0.push(UsedBy { effect: effect.id.clone(), state: state.clone(), who, lines });
    }
}

/// Whether the machine asks for what was recorded.
fn agrees(now: &EntryKind, recorded: &EntryKind, agreement: Agreement) -> bool {
    let EntryKind::Requested { kind, what, request, arguments, .. } = recorded else { return false };
    match now {
        EntryKind::Requested {
            kind: kind_now,
            what: what_now,
            request: request_now,
            arguments: args_now,
            ..
        } => {
            // A record from before fingerprints has none.
            (kind, what) == (kind_now, what_now)
                && (request.is_empty() || request == request_now)
                && (agreement == Agreement::Effects || arguments == args_now)
        }
        _ => false,
    }
}

/// What two requests for one effect differ in.
fn difference(recorded: &EntryKind, now: &EntryKind) -> (String, String) {
    let (was, is) = (said(recorded), said(now));
    if was == is { (was, format!("{is} with other contents")) } else { (was, is) }
}

/// What an entry is about.
fn word(entry: &EntryKind) -> String {
    use crate::machine::Note;
    match entry {
        EntryKind::Noted { note: Note::Entered { path, .. } } => format!("state `{path}` entered"),
        EntryKind::Noted { note: Note::Left { path, .. } } => format!("state `{path}` left"),
        EntryKind::Requested { effect, .. } => format!("effect `{effect}`"),
        _ => "the record".to_string(),
    }
}

/// An entry in a few words.
fn said(entry: &EntryKind) -> String {
    match entry {
        EntryKind::Requested { kind, what, arguments, .. } => {
            let arguments = arguments.as_ref().map(|given| format!(" with {given}")).unwrap_or_default();
            cut(&format!("a {kind} call of `{what}`{arguments}"))
        }
        EntryKind::Noted { note } => cut(&serde_json::to_string(note).unwrap_or_default()),
        other => word(other),
    }
}

fn ended(end: &End) -> String {
    cut(&serde_json::to_string(end).unwrap_or_default())
}

/// No more than a person reads in an error.
fn cut(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}
