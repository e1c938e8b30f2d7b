//! What a run of a test did, read out of its record: the states it went through, who answered, what was asked.

use std::collections::BTreeSet;

use agentrun_lang::ast::Name;
use agentrun_lang::span::Span;
use agentrun_lang::value::Value;
use serde_json::Value as Json;

use crate::call::provider::scripted::{Asked, path};
use crate::journal::{End, Entry, EntryKind};
use crate::machine::{Answer, EventKind, ModelAnswer, Note, Outcome, Spent};

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The agent.
    pub agent: String,
    /// Its arguments by parameter.
    pub input: Vec<(Name, Value)>,
    /// How it ended.
    pub end: End,
    /// What it cost.
    pub spent: Spent,
    /// The states it went through, in the order they were entered; a parallel's parts in their own order.
    pub visits: Vec<Visit>,
    /// The attempts at models, in order.
    pub asked: Vec<Asked>,
    /// What should have been answered by the test and was not: one line each, the mend included.
    pub unanswered: Vec<String>,
}

/// A state, once.
#[derive(Clone, Debug)]
pub struct Visit {
    /// `gather#1[2].scout/dig#1`.
    pub path: Name,
    /// `Scout.dig`.
    pub state: Name,
    /// `ask`.
    pub kind: Name,
    /// Its result or the event that ended it; `None` where the run was over before.
    pub result: Option<Result<Value, Name>>,
    /// Where it went.
    pub to: Option<Name>,
    /// By which edge.
    pub edge: Option<Span>,
    /// What it asked for.
    pub effects: Vec<Done>,
}

/// An effect of a visit.
#[derive(Clone, Debug)]
pub struct Done {
    /// Its id.
    pub id: Name,
    /// `model`, `tool`, `human`, `wait`.
    pub kind: String,
    /// A pool, a tool, a question.
    pub what: String,
    /// What a tool was given.
    pub arguments: Option<Json>,
    /// What came of it; `None` where the run was over before.
    pub outcome: Option<Outcome>,
}

impl Flow {
    /// Out of a record.
    pub(super) fn of(entries: &[Entry], asked: Vec<Asked>, input: Vec<(Name, Value)>, spent: Spent) -> Self {
        let mut flow = Self {
            agent: String::new(),
            input,
            end: End::Waiting { on: Vec::new() },
            spent,
            visits: Vec::new(),
            asked,
            unanswered: Vec::new(),
        };
        for entry in entries {
            flow.take(&entry.kind);
        }
        flow.order();
        flow
    }

    fn take(&mut self, entry: &EntryKind) {
        match entry {
            EntryKind::Started { agent, .. } => self.agent.clone_from(agent),
            EntryKind::Requested { effect, kind, what, arguments, .. } => {
                let done = Done {
                    id: effect.0.clone(),
                    kind: kind.clone(),
                    what: what.clone(),
                    arguments: arguments.clone(),
                    outcome: None,
                };
                if let Some(visit) = self.owner(&effect.0) {
                    visit.effects.push(done);
                }
            }
            EntryKind::Happened { event } | EntryKind::Late { event } => {
                let EventKind::Finished { effect, outcome } = &event.kind else { return };
                let done = self
                    .owner(&effect.0)
                    .and_then(|visit| visit.effects.iter_mut().find(|done| done.id == effect.0));
                if let Some(done) = done {
                    done.outcome = Some(outcome.clone());
                }
            }
            EntryKind::Noted { note: Note::Entered { path, state, kind, .. } } => self.visits.push(Visit {
                path: path.clone(),
                state: state.clone(),
                kind: kind.clone(),
                result: None,
                to: None,
                edge: None,
                effects: Vec::new(),
            }),
            EntryKind::Noted { note: Note::Left { path, result, to, edge } } => {
                if let Some(visit) = self.visits.iter_mut().rev().find(|visit| visit.path == *path) {
                    (visit.result, visit.to, visit.edge) = (Some(result.clone()), Some(to.clone()), *edge);
                }
            }
            EntryKind::Finished { end } => self.end = end.clone(),
            EntryKind::Confined { .. } => {}
        }
    }

    /// The visit that an effect belongs to: `find#1` of `find#1.2[0].list`.
    fn owner(&mut self, effect: &str) -> Option<&mut Visit> {
        let owns = |visit: &&mut Visit| {
            effect.strip_prefix(&*visit.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.visits.iter_mut().filter(owns).max_by_key(|visit| visit.path.len())
    }

    /// Parts that run side by side are told one after another, whichever came first.
    fn order(&mut self) {
        let mut begun: Vec<Name> = Vec::new();
        for visit in &self.visits {
            begun.push(visit.path.clone());
        }
        let place = |path: &str| begun.iter().position(|known| &**known == path).unwrap_or(usize::MAX);
        let key = |visit: &Visit| -> Vec<usize> {
            let mut ancestors: Vec<&Name> = begun.iter().filter(|known| holds(known, &visit.path)).collect();
            ancestors.sort_by_key(|path| path.len());
            ancestors.into_iter().map(|path| place(path)).chain([place(&visit.path)]).collect()
        };
        let mut keyed: Vec<(Vec<usize>, Visit)> =
            self.visits.drain(..).map(|visit| (key(&visit), visit)).collect();
        keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.visits = keyed.into_iter().map(|(_, visit)| visit).collect();
    }

    /// The visits of a dotted name, `gather.scout.dig`.
    fn visits_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Visit> + 'a {
        self.visits.iter().filter(move |visit| path(&visit.path).name == name)
    }

    /// The states in order: a loop by those inside it, a parallel by its name alone, another agent's left out.
    pub fn path(&self) -> Vec<String> {
        let top = self
            .visits
            .iter()
            .filter(|visit| !visit.path.contains(['/', '.', '[']) && &*visit.kind != "loop");
        top.map(|visit| path(&visit.path).name).collect()
    }

    /// How often a state was entered.
    pub fn count(&self, state: &str) -> usize {
        self.visits_of(state).count()
    }

    /// How often a model was asked there.
    pub fn attempts(&self, state: &str) -> usize {
        self.asked.iter().filter(|asked| path(&asked.effect).name == state).count()
    }

    /// Who answered there last.
    pub fn model_of(&self, state: &str) -> Option<Name> {
        let answers = self.visits_of(state).flat_map(|visit| &visit.effects).filter_map(Done::model);
        answers.last().map(|answer| answer.target.clone())
    }

    /// What a tool was given, each time.
    pub fn calls<'a>(&'a self, tool: &'a str) -> impl Iterator<Item = &'a Done> + 'a {
        let effects = self.visits.iter().flat_map(|visit| &visit.effects);
        effects.filter(move |done| done.kind == "tool" && done.what == tool)
    }

    /// Everything that models were asked, as one text.
    pub fn prompts(&self) -> String {
        let texts = self.asked.iter().flat_map(|asked| &asked.messages).map(crate::chat::Message::plain);
        texts.collect::<Vec<_>>().join("\n\n")
    }

    /// The places of the edges that were followed.
    pub fn edges(&self) -> BTreeSet<Span> {
        self.visits.iter().filter_map(|visit| visit.edge).collect()
    }

    /// The agent's value; `null` where it failed or waits.
    pub fn result(&self) -> Value {
        if let End::Done { result } = &self.end { result.clone() } else { Value::Null }
    }
}

impl Done {
    /// A model's answer.
    pub fn model(&self) -> Option<&ModelAnswer> {
        match &self.outcome.as_ref()?.result {
            Ok(Answer::Model(answer)) => Some(answer),
            _ => None,
        }
    }
}

/// Whether a visit at `inner` stands inside of one at `outer`.
fn holds(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['/', '.', '[']))
}
