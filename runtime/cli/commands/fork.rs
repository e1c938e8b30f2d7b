//! `agentrun fork RUN --at STEP`: a new run that begins as another did, and does one step anew.

use std::sync::Arc;

use agentrun_runtime::clock::SystemClock;
use agentrun_runtime::driver::{Fork, fork as fork_at, run_id, steps};
use agentrun_runtime::journal::{About, Entry};
use agentrun_runtime::machine::{Outcome, Spent};
use indexmap::IndexMap;

use super::resume::{Onward, agent_of};
use crate::answer;
use crate::exit::Exit;
use crate::keep::again;
use crate::launch::model_choice;
use crate::output;
use crate::recorded::ForkArgs;
use crate::setup::Setup;
use crate::stored::Stored;

/// Forks a run.
pub(crate) fn fork(args: &ForkArgs) -> Exit {
    begin(args).unwrap_or_else(|exit| exit)
}

fn begin(args: &ForkArgs) -> Result<Exit, Exit> {
    let color = output::color(args.going.no_color);
    let fail = |exit: Exit| {
        move |message: String| {
            output::complain(&message);
            exit
        }
    };
    let stored = Stored::find(&args.run, args.place.journal.as_deref())?;
    let line = &stored.line;
    let entries = stored.store.entries(&line.id).map_err(|error| fail(Exit::Failed)(error.to_string()))?;
    let program = stored.program(color)?;
    let set = args.set.as_deref().map(assignment).transpose().map_err(fail(Exit::Usage))?;
    let step = step(args.at.as_deref(), set, &entries).map_err(fail(Exit::Usage))?;
    let id = run_id(&SystemClock::new());
    let mut forked =
        fork_at(&program, &entries, &step, &id).map_err(|error| fail(Exit::Usage)(error.to_string()))?;
    if let Some((state, text)) = set {
        forked = answered(forked, &program, &step, state, text).map_err(fail(Exit::Usage))?;
    }
    let mut setup: Setup = serde_json::from_value(line.setup.clone()).unwrap_or_default();
    if !args.model.is_empty() {
        setup.models.clone_from(&args.model);
    }
    let models = setup.models.iter().map(|text| model_choice(text)).collect::<Result<_, _>>();
    let models = models.map_err(fail(Exit::Usage))?;
    let agent = agent_of(&program, &forked.rebuilt)?;
    let about = About {
        run: id.clone(),
        file: line.file.clone(),
        setup: serde_json::to_value(&setup).unwrap_or_default(),
        user: line.user.clone(),
        sources: stored.store.sources(&line.id).map_err(|error| fail(Exit::Failed)(error.to_string()))?,
        texts: line.texts,
        parent: Some(line.id.clone()),
    };
    let recording = stored.store.record(about).and_then(|recording| {
        recording.begin_with(&forked.entries)?;
        Ok(recording)
    });
    let recording = recording.map_err(|error| fail(Exit::Failed)(error.to_string()))?;
    let onward = Onward {
        program,
        agent,
        setup,
        models,
        rebuilt: forked.rebuilt,
        journal: Arc::new(recording),
        answers: IndexMap::new(),
        again: again(&id, args.place.journal.as_deref()),
    };
    onward.go(&args.going, color)
}

/// `STATE=VALUE`.
fn assignment(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("`--set {text}` should read `--set STATE=VALUE`"))
}

/// The step that is meant: the one that is named, else the last one of the state that is set.
fn step(at: Option<&str>, set: Option<(&str, &str)>, entries: &[Entry]) -> Result<String, String> {
    let known = steps(entries);
    match (at, set) {
        (Some(at), _) => Ok(at.to_string()),
        (None, Some((state, _))) => {
            known.iter().rev().find(|step| is_of(step, state)).cloned().ok_or_else(|| {
                format!(
                    "the run has no step of a state `{state}` that asked for anything; it has {}",
                    known.join(", ")
                )
            })
        }
        (None, None) => Err("name a step with `--at STEP`".into()),
    }
}

/// Whether an effect is one of a state: by its id, its path's last part, or the state's name alone.
fn is_of(effect: &str, state: &str) -> bool {
    let last = effect.rsplit('/').next().unwrap_or(effect);
    let name = match last.rsplit_once("].") {
        Some((_, part)) => part.split('.').next().unwrap_or(part),
        None => last.split('#').next().unwrap_or(last),
    };
    [effect, last, name].contains(&state)
        || effect.strip_prefix(state).is_some_and(|rest| rest.starts_with('.'))
}

fn answered(
    forked: Fork,
    program: &agentrun_lang::ir::Program,
    step: &str,
    state: &str,
    text: &str,
) -> Result<Fork, String> {
    let Some(effect) = forked.asked(step) else {
        return Err(format!("`{step}` asks for nothing: it has no answer to set"));
    };
    if !is_of(&effect.id.0, state) {
        return Err(format!(
            "`--at {step}` is no step of `{state}`: it is `{}` that is done anew there",
            effect.id
        ));
    }
    let answer = answer::in_place_of(effect, text, program)
        .map_err(|reason| format!("`--set {state}=…`: {reason}"))?;
    let (id, outcome) = (effect.id.clone(), Outcome { result: Ok(answer), spent: Spent::FREE });
    forked.answer(program, &id, outcome).map_err(|error| error.to_string())
}
