//! A run that begins as another one did, up to one of its steps: the record of the first part, under a new name.

use std::collections::BTreeSet;

use agentrun_lang::ir::{EffectClass, Program};

use super::rebuild::{Agreement, RebuildError, Rebuilt, rebuild};
use crate::journal::{Entry, EntryKind};
use crate::machine::{Answer, Effect, EffectId, Event, EventKind, Note, Outcome};

/// Why a run has no fork there.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// It never came to that step.
    #[error("the run has no step `{step}`; it has {}", listed(known))]
    NoStep {
        /// What was asked for.
        step: String,
        /// Its effects.
        known: Vec<String>,
    },
    /// Its record does not give it again.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
}

/// A run's first part, as the record of another.
#[derive(Debug)]
pub struct Fork {
    /// The record.
    pub entries: Vec<Entry>,
    /// The run that it gives.
    pub rebuilt: Rebuilt,
}

/// The run `run`, which is as the one of `entries` was before `step`: a state's path, or an effect.
pub fn fork(program: &Program, entries: &[Entry], step: &str, run: &str) -> Result<Fork, ForkError> {
    let is_step = |entry: &Entry| match &entry.kind {
        EntryKind::Noted { note: Note::Entered { path, .. } } => &**path == step,
        EntryKind::Requested { effect, .. } => &*effect.0 == step,
        _ => false,
    };
    let happened = |entry: &Entry| matches!(entry.kind, EntryKind::Happened { .. });
    let at = entries.iter().position(is_step);
    let before =
        at.and_then(|at| entries.get(..at)).and_then(|before| Some(before.iter().rposition(happened)? + 1));
    let Some(part) = before.and_then(|count| entries.get(..count)) else {
        return Err(ForkError::NoStep { step: step.to_string(), known: steps(entries) });
    };
    // What was under way then has no outcome here. It is asked for as if for the first time, but for a call that
    // changed something: whether to repeat that is for a person to say.
    let ended: BTreeSet<&EffectId> = part.iter().filter_map(outcome_of).collect();
    let kept = part.iter().filter(|entry| match &entry.kind {
        EntryKind::Requested { effect, kind, what, .. } => {
            ended.contains(effect) || writes(program, kind, what)
        }
        _ => true,
    });
    let entries: Vec<Entry> = kept
        .zip(0..)
        .map(|(entry, seq)| Entry { run: run.to_string(), seq, at: entry.at, kind: entry.kind.clone() })
        .collect();
    let rebuilt = rebuild(program, &entries, Agreement::Effects)?;
    Ok(Fork { entries, rebuilt })
}

/// The effects that a record asks for, each once, in order.
pub fn steps(entries: &[Entry]) -> Vec<String> {
    let mut steps = Vec::new();
    for entry in entries {
        if let EntryKind::Requested { effect, .. } = &entry.kind
            && !steps.contains(&effect.to_string())
        {
            steps.push(effect.to_string());
        }
    }
    steps
}

impl Fork {
    /// What the step asks for: the effect of that name, or the first one of the state at that path.
    pub fn asked(&self, step: &str) -> Option<&Effect> {
        let open = &self.rebuilt.open;
        let of_state =
            |id: &EffectId| id.0.strip_prefix(step).is_some_and(|rest| rest.starts_with(['.', '[']));
        let found = open.get(&EffectId(step.into()));
        let found = found.or_else(|| open.values().find(|asked| of_state(&asked.effect.id)));
        found.map(|asked| &asked.effect)
    }

    /// Lets an effect end so, without anybody being asked.
    pub fn answer(self, program: &Program, id: &EffectId, outcome: Outcome) -> Result<Self, RebuildError> {
        let Self { mut entries, mut rebuilt } = self;
        let run = rebuilt.run.to_string();
        let at = entries.last().map_or(0, |entry| entry.at);
        let requested = rebuilt.open.get(id).map(|asked| asked.entry.clone());
        let event = Event { at, kind: EventKind::Finished { effect: id.clone(), outcome } };
        let kinds = rebuilt.notes.drain(..).chain(requested).chain([EntryKind::Happened { event }]);
        for (kind, seq) in kinds.zip(rebuilt.seq..) {
            entries.push(Entry { run: run.clone(), seq, at, kind });
        }
        let rebuilt = rebuild(program, &entries, Agreement::Effects)?;
        Ok(Self { entries, rebuilt })
    }
}

fn outcome_of(entry: &Entry) -> Option<&EffectId> {
    match &entry.kind {
        EntryKind::Happened { event } | EntryKind::Late { event } => match &event.kind {
            EventKind::Finished { effect, outcome } if !matches!(outcome.result, Ok(Answer::Parked)) => {
                Some(effect)
            }
            _ => None,
        },
        _ => None,
    }
}

fn writes(program: &Program, kind: &str, what: &str) -> bool {
    kind == "tool" && program.tools.iter().any(|tool| &*tool.name == what && tool.effect != EffectClass::Read)
}

fn listed(known: &[String]) -> String {
    const MOST: usize = 20;
    let some = known.iter().take(MOST).map(|step| format!("`{step}`")).collect::<Vec<_>>().join(", ");
    match known.len() {
        0 => "none".to_string(),
        count if count > MOST => format!("{some} and {} more", count - MOST),
        _ => some,
    }
}
