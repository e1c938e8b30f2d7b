//! What a run tells those who watch it: terminal, `--json`, page and server read this one channel.

use agentrun_lang::ir::Program;
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labels, Value, to_json};
use serde::Serialize;

use super::describe::{arguments, describe};
use crate::error::{Failure, FailureKind};
use crate::journal::End;
use crate::machine::{Answer, Effect, EffectId, Note, Outcome, Spent, Unsupported};

/// The kind of an effect that a person decides.
pub(super) const HUMAN: &str = "human";

/// Something that a reader of a run sees.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The run begins.
    Started {
        /// Its id.
        run: String,
        /// The agent's name.
        agent: String,
        /// The program's hash.
        program: String,
    },
    /// A run is taken up again: what its record answers is not shown, and not done, again.
    Resumed {
        /// Its id.
        run: String,
        /// The agent's name.
        agent: String,
        /// The program's hash.
        program: String,
        /// How many effects the record answers.
        replayed: usize,
    },
    /// A state was entered.
    Entered {
        /// Its path, `gather#1[2].scout/dig#1`.
        path: String,
        /// `Scout.dig`.
        state: String,
        /// Its kind.
        kind: String,
        /// Which time, from 1.
        visit: u32,
    },
    /// The run goes on without something that its program asks for.
    Unenforced {
        /// What, in one line with names in backticks.
        what: String,
        /// What to write instead.
        mend: String,
        /// Where it stands.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<PlaceLine>,
    },
    /// An effect starts.
    Requested {
        /// Which.
        effect: EffectId,
        /// `model`, `tool`, `human`, `wait`.
        kind: String,
        /// A pool, a tool with its arguments, a question.
        what: String,
        /// What a tool is given, by parameter; what a person is shown, by label. Secret values are left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        arguments: Option<serde_json::Value>,
    },
    /// An attempt at a provider begins.
    Attempt {
        /// Of which effect.
        effect: EffectId,
        /// From 1.
        attempt: u32,
        /// `openai/gpt-5-mini`.
        target: String,
    },
    /// An attempt gave nothing that counts: the provider failed, or its answer does not fit. Another may follow.
    AttemptFailed {
        /// Of which effect.
        effect: EffectId,
        /// Which attempt.
        attempt: u32,
        /// `openai/gpt-5-mini`.
        target: String,
        /// Why.
        reason: String,
    },
    /// A piece of a text answer.
    Delta {
        /// Of which effect.
        effect: EffectId,
        /// Of which attempt.
        attempt: u32,
        /// The text.
        text: String,
    },
    /// What an attempt had said does not count.
    Retracted {
        /// Of which effect.
        effect: EffectId,
        /// Which attempt.
        attempt: u32,
        /// Why.
        reason: String,
    },
    /// Something a person should know: a key that is not taken, a sandbox below its level.
    Warning {
        /// Of which effect.
        effect: EffectId,
        /// What.
        message: String,
    },
    /// A command ran confined.
    Confined {
        /// Of which effect.
        effect: EffectId,
        /// The level reached: `base`, `best_effort`, `off`.
        level: String,
        /// The hash of its policy.
        policy: String,
    },
    /// An effect ended.
    Settled {
        /// Which.
        effect: EffectId,
        /// Whether it gave an answer.
        ok: bool,
        /// Whether it still waits for a person: nobody who could answer is there.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        waits: bool,
        /// What a person said: `approved`, `rejected`, the word chosen, and by whom.
        #[serde(skip_serializing_if = "Option::is_none")]
        decision: Option<String>,
        /// `openai/gpt-5-mini` of a model's answer.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// What a model or a tool gave, where it is no text that streamed; what is secret is left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<serde_json::Value>,
        /// A failure's event and message.
        #[serde(skip_serializing_if = "Option::is_none")]
        failure: Option<FailureLine>,
        /// What it cost.
        spent: Spent,
    },
    /// A state was left.
    Left {
        /// Its path.
        path: String,
        /// Whether it was done; else the event it raised.
        #[serde(skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
        /// Where to.
        to: String,
    },
    /// The run ended.
    Finished {
        /// `done`, `failed`, `waiting`, `canceled`.
        status: String,
        /// The result.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<serde_json::Value>,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        failure: Option<FailureLine>,
        /// `Support.triage`, where it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<String>,
        /// Where that stands in the program.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<PlaceLine>,
        /// The effects that wait for a person.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        waits_for: Vec<String>,
        /// What the run cost in all.
        spent: Spent,
    },
}

/// A place in the program's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceLine {
    /// The file, as it was named.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl PlaceLine {
    /// Where a span begins; `None` where its source is unknown.
    pub fn of(program: &Program, span: Span) -> Option<Self> {
        let source = program.sources.get(span.source)?;
        let at = source.line_column(span.start);
        Some(Self { file: source.name.to_string(), line: at.line, column: at.column })
    }
}

/// A failure in a few words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureLine {
    /// The event.
    pub kind: String,
    /// The message.
    pub message: String,
}

impl FailureLine {
    /// The event and the message of a failure.
    pub fn of(failure: &Failure) -> Self {
        Self { kind: failure.kind.event().to_string(), message: failure.message.clone() }
    }
}

impl From<&Note> for RunEvent {
    fn from(note: &Note) -> Self {
        match note {
            Note::Entered { path, state, kind, visit } => Self::Entered {
                path: path.to_string(),
                state: state.to_string(),
                kind: kind.to_string(),
                visit: *visit,
            },
            Note::Left { path, result, to, .. } => Self::Left {
                path: path.to_string(),
                failed: result.as_ref().err().map(ToString::to_string),
                to: to.to_string(),
            },
        }
    }
}

/// What came of an effect, for readers.
fn given(outcome: &Outcome) -> Option<serde_json::Value> {
    match &outcome.result {
        Ok(Answer::Tool(_, labels)) if labels.has(Labels::SECRET) => Some("(secret)".into()),
        Ok(Answer::Tool(value, _)) if !value.is_null() => Some(to_json(value)),
        Ok(Answer::Model(answer)) => answer.value.as_ref().map(to_json),
        _ => None,
    }
}

impl RunEvent {
    /// An effect's start.
    pub(super) fn requested(effect: &Effect, program: &Program) -> Self {
        let (kind, what) = describe(&effect.kind, program);
        let arguments = arguments(&effect.kind, program);
        Self::Requested { effect: effect.id.clone(), kind: kind.into(), what, arguments }
    }

    /// An effect's end.
    pub(super) fn settled(effect: &EffectId, kind: &str, outcome: &Outcome) -> Self {
        let target = match &outcome.result {
            Ok(Answer::Model(answer)) => Some(answer.target.to_string()),
            _ => None,
        };
        let waits = matches!(outcome.result, Ok(Answer::Parked));
        Self::Settled {
            effect: effect.clone(),
            ok: outcome.result.is_ok() && !waits,
            waits,
            decision: if kind == HUMAN { decision(outcome) } else { None },
            target,
            result: given(outcome),
            failure: outcome.result.as_ref().err().map(FailureLine::of),
            spent: outcome.spent,
        }
    }

    /// What a run goes on without.
    pub(super) fn unenforced(program: &Program, found: Unsupported) -> Self {
        let place = PlaceLine::of(program, found.span);
        Self::Unenforced { what: found.what, mend: found.mend, place }
    }

    /// A run's end.
    pub(super) fn finished(program: &Program, end: &End, spent: Spent) -> Self {
        let mut waits_for = Vec::new();
        let (mut state, mut place) = (None, None);
        let (status, result, failure) = match end {
            End::Done { result } => ("done", Some(to_json(result)), None),
            End::Waiting { on } => {
                waits_for.extend(on.iter().map(ToString::to_string));
                ("waiting", None, None)
            }
            End::Failed { error } => {
                let canceled = error.failure.kind == FailureKind::Canceled;
                state = Some(error.state.to_string()).filter(|state| !state.is_empty());
                place = PlaceLine::of(program, error.span);
                (if canceled { "canceled" } else { "failed" }, None, Some(FailureLine::of(&error.failure)))
            }
        };
        Self::Finished { status: status.to_string(), result, failure, state, place, waits_for, spent }
    }
}

/// What a person decided, in a few words.
fn decision(outcome: &Outcome) -> Option<String> {
    let Ok(Answer::Human(Value::Record(answer))) = &outcome.result else { return None };
    let Some(Value::Bool(approved)) = answer.get("approved") else { return None };
    let said = match answer.get("choice").and_then(Value::as_str) {
        Some(choice) => choice,
        None if *approved => "approved",
        None => "rejected",
    };
    let by = answer.get("by").and_then(Value::as_str);
    Some(by.map_or_else(|| said.to_string(), |by| format!("{said} by {by}")))
}
