//! `agentrun resume RUN`: takes up a run whose process is gone or that waits for a person.

use std::path::Path;
use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::value::Value;
use agentrun_runtime::config::Environment;
use agentrun_runtime::driver::{Agreement, FateForm, Rebuilt, TargetName, rebuild};
use agentrun_runtime::journal::{Journal, RunState};
use agentrun_runtime::machine::{Effect, EffectId, EffectKind};
use indexmap::IndexMap;

use crate::answer;
use crate::exit::Exit;
use crate::keep::again;
use crate::launch::{Launch, What, model_choice};
use crate::output;
use crate::recorded::{Going, ResumeArgs};
use crate::screen::Mode;
use crate::setup::Setup;
use crate::stored::Stored;
use crate::terminal;

/// Takes a run up.
pub(crate) fn resume(args: &ResumeArgs) -> Exit {
    take_up(args).unwrap_or_else(|exit| exit)
}

fn take_up(args: &ResumeArgs) -> Result<Exit, Exit> {
    let color = output::color(args.going.no_color);
    let mut stored = Stored::find(&args.run, args.place.journal.as_deref())?;
    let id = stored.line.id.clone();
    let fail = |exit: Exit| {
        move |message: String| {
            output::complain(&message);
            exit
        }
    };
    if stored.line.state.is_over() {
        return Err(fail(Exit::Usage)(over(&id, stored.line.state)));
    }
    let recording =
        stored.store.take_up(&stored.line).map_err(|error| fail(Exit::Failed)(error.to_string()))?;
    // Whoever held it until now may have brought it to its end.
    stored.line = stored.store.find(&id).map_err(|error| fail(Exit::Failed)(error.to_string()))?;
    if stored.line.state.is_over() {
        return Err(fail(Exit::Usage)(over(&id, stored.line.state)));
    }
    let entries = stored.store.entries(&id).map_err(|error| fail(Exit::Failed)(error.to_string()))?;
    let program = stored.program(color)?;
    let rebuilt = rebuild(&program, &entries, Agreement::Effects)
        .map_err(|error| fail(Exit::Failed)(error.to_string()))?;
    let setup: Setup = serde_json::from_value(stored.line.setup.clone()).unwrap_or_default();
    let texts = if args.model.is_empty() { &setup.models } else { &args.model };
    let models = texts.iter().map(|text| model_choice(text)).collect::<Result<_, _>>();
    let models = models.map_err(fail(Exit::Usage))?;
    let questions = rebuilt.questions(&program);
    let answers = answers(&args.answer, &questions, &program).map_err(fail(Exit::Usage))?;
    let ask = args.going.asks();
    if rebuilt.only_waits() && answers.is_empty() && !ask {
        return Err(still_waits(&questions, &program, &again(&id, args.place.journal.as_deref())));
    }
    if !ask {
        let doubts = rebuilt.in_doubt(&program).filter(|effect| !answers.contains_key(&effect.id));
        doubts.for_each(|effect| tell(effect, &program));
    }
    let agent = agent_of(&program, &rebuilt)?;
    let again = again(&id, args.place.journal.as_deref());
    let onward =
        Onward { program, agent, setup, models, rebuilt, journal: Arc::new(recording), answers, again };
    onward.go(&args.going, color)
}

/// A run that goes on from where its record ends.
pub(super) struct Onward {
    pub(super) program: Arc<Program>,
    pub(super) agent: AgentId,
    pub(super) setup: Setup,
    pub(super) models: Vec<(Option<Name>, TargetName)>,
    pub(super) rebuilt: Rebuilt,
    /// Its record.
    pub(super) journal: Arc<dyn Journal>,
    /// What was answered on the command line.
    pub(super) answers: IndexMap<EffectId, Value>,
    /// The command that takes it up again.
    pub(super) again: String,
}

impl Onward {
    /// Goes on, under the terms that it was started with.
    pub(super) fn go(self, going: &Going, color: bool) -> Result<Exit, Exit> {
        let mut options = self.setup.options(self.models);
        options.used = self.rebuilt.used.clone();
        options.journal = Some(self.journal);
        let environment = Environment::of_process();
        go_to(&self.setup.folder)?;
        let launch = Launch {
            program: self.program,
            file: self.setup.file,
            agent: self.agent,
            what: What::Resume(Box::new(self.rebuilt)),
            environment,
            mode: Mode::of(going.quiet, going.json, color),
            color,
            ask: going.asks(),
            answers: self.answers,
            again: Some(self.again),
            script_asked_for: self.setup.script.is_some(),
        };
        Ok(launch.go(options))
    }
}

/// The agent of a record.
pub(super) fn agent_of(program: &Program, rebuilt: &Rebuilt) -> Result<AgentId, Exit> {
    program.entry_agent(&rebuilt.agent).ok_or_else(|| {
        output::complain(&format!("the program has no agent `{}`", rebuilt.agent));
        Exit::Failed
    })
}

fn over(run: &str, state: RunState) -> String {
    format!(
        "run {run} is {}: there is nothing to take up; `agentrun show {run}` shows it, and `agentrun fork {run} --at STEP` \
         begins again from one of its steps",
        state.word()
    )
}

/// What a run was started with is relative to where it was started.
fn go_to(folder: &Path) -> Result<(), Exit> {
    std::env::set_current_dir(folder).map_err(|error| {
        output::complain(&format!(
            "the run was started in {}, which cannot be entered: {error}",
            folder.display()
        ));
        Exit::Failed
    })
}

/// The answers of `--answer`, by effect. What is no answer is an error before anything goes on.
fn answers(
    given: &[String],
    questions: &[&Effect],
    program: &Program,
) -> Result<IndexMap<EffectId, Value>, String> {
    let mut answers = IndexMap::new();
    for text in given {
        let named = text.split_once('=').and_then(|(name, answer)| {
            let named = questions.iter().find(|effect| *effect.id.0 == *name);
            named.map(|effect| (*effect, answer))
        });
        let (effect, answer) = match (named, questions) {
            (Some(named), _) => named,
            (None, [only]) => (*only, text.as_str()),
            (None, []) => return Err("the run waits for nobody: it needs no `--answer`".into()),
            (None, several) => {
                let ids: Vec<String> = several.iter().map(|effect| effect.id.to_string()).collect();
                return Err(format!(
                    "the run waits for several answers: write `--answer EFFECT=ANSWER`, with an EFFECT of {}",
                    ids.join(", ")
                ));
            }
        };
        let value = answer::to_question(effect, answer, program)
            .map_err(|reason| format!("`--answer {text}`: {reason}"))?;
        answers.insert(effect.id.clone(), value);
    }
    Ok(answers)
}

/// Says what a run waits for.
fn still_waits(questions: &[&Effect], program: &Program, again: &str) -> Exit {
    for effect in questions {
        tell(effect, program);
    }
    output::err(&format!("answer with `{again} --answer ANSWER`, or on a terminal\n"));
    Exit::Waiting
}

fn tell(effect: &Effect, program: &Program) {
    output::err(&format!("{} waits for a person: {}\n", effect.id, wanted(effect, program)));
}

/// What a question asks for.
fn wanted(effect: &Effect, program: &Program) -> String {
    let text = match &effect.kind {
        EffectKind::AskHuman(ask) if ask.choices.is_empty() => format!("{} (yes or no)", ask.prompt),
        EffectKind::AskHuman(ask) => {
            format!(
                "{} ({})",
                ask.prompt,
                ask.choices.iter().map(Name::to_string).collect::<Vec<_>>().join(" | ")
            )
        }
        EffectKind::Wait(wait) => format!("a value of type {}", wait.ty.display(&program.types)),
        EffectKind::CallTool(call) => match program.tool(call.tool) {
            Some(tool) => FateForm::of(tool, &program.types).question(&tool.name),
            None => String::new(),
        },
        EffectKind::CallModel(_) => String::new(),
    };
    terminal::indented(&text)
}
