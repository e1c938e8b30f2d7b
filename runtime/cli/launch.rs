//! A run, new or taken up again, from what was chosen on the command line to its exit code.

use std::path::PathBuf;
use std::sync::Arc;

use agentrun_lang::diagnostic::Label;
use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::value::{Value, to_json};
use agentrun_runtime::config::Environment;
use agentrun_runtime::driver::{
    Assembled, Options, Person, PoolLine, Readiness, Rebuilt, Start, TargetName, Watch, assemble, unserved,
};
use agentrun_runtime::error::FailureKind;
use agentrun_runtime::journal::End;
use agentrun_runtime::machine::{EffectId, RunError, Unsupported};
use indexmap::IndexMap;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::output;
use crate::render::Render;
use crate::screen::{Mode, Screen, cost_line};
use crate::session::Session;
use crate::visible::visible;

/// All that is needed before the first effect.
pub(crate) struct Launch {
    /// What runs.
    pub(crate) program: Arc<Program>,
    /// Its entry file.
    pub(crate) file: PathBuf,
    /// Which agent of it.
    pub(crate) agent: AgentId,
    /// From the beginning, or from where a record ends.
    pub(crate) what: What,
    /// Keys and addresses.
    pub(crate) environment: Environment,
    /// What is shown.
    pub(crate) mode: Mode,
    /// Whether errors have colors.
    pub(crate) color: bool,
    /// Whether a person at the terminal is asked.
    pub(crate) ask: bool,
    /// Answers that were given on the command line.
    pub(crate) answers: IndexMap<EffectId, Value>,
    /// The command that takes the run up again, where one can.
    pub(crate) again: Option<String>,
    /// Whether the script was asked for by `--script`.
    pub(crate) script_asked_for: bool,
}

/// From where.
pub(crate) enum What {
    /// From the beginning.
    Start(Start),
    /// From where a record ends.
    Resume(Box<Rebuilt>),
}

/// What is said at the end.
struct Ending {
    program: Arc<Program>,
    json: bool,
    color: bool,
    again: Option<String>,
}

impl Launch {
    /// Runs it.
    pub(crate) fn go(self, options: Options) -> Exit {
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                output::complain(&format!("cannot start: {error}"));
                return Exit::Failed;
            }
        };
        let exit = runtime.block_on(self.drive(options));
        // A terminal that still waits for a line holds nothing that matters.
        runtime.shutdown_background();
        exit
    }

    async fn drive(self, mut options: Options) -> Exit {
        let (watch, events) = unbounded_channel();
        options.watch = Watch::new(watch);
        let (questions, asked) = unbounded_channel();
        let person = if self.ask { Person::There(questions) } else { Person::Nobody };
        options.person = Some(Person::Prepared(Arc::new(self.answers), Box::new(person)));
        let named_models = !options.models.is_empty();
        let ending = Ending {
            program: self.program.clone(),
            json: self.mode == Mode::Json,
            color: self.color,
            again: self.again,
        };
        let program = self.program.clone();
        let assembled = match assemble(&program, &self.file, &self.environment, options).await {
            Ok(assembled) => assembled,
            Err(error) => {
                output::complain(&error.to_string());
                return Exit::Usage;
            }
        };
        let unserved = unserved(&program, self.agent, &assembled.pools);
        if let Err(exit) = refuse(&program, &unserved, self.color) {
            // Who named a model on the command line named one that cannot answer.
            return if named_models { Exit::Usage } else { exit };
        }
        let mut screen = Screen::new(self.mode);
        let script = &assembled.driver.host.script;
        if self.script_asked_for
            && script.as_ref().is_some_and(|script| !script.is_read(&program, self.agent))
        {
            screen.insist(
                "nothing in this run reads the script: no model and no person is asked, and it names no tool",
            );
        } else {
            announce(&mut screen, &assembled, self.script_asked_for);
            for tool in assembled.driver.host.held_back(self.agent) {
                screen.insist(&format!(
                    "`{tool}` cannot be undone and is not called on a script's word, whatever is approved"
                ));
            }
        }

        let cancel = CancellationToken::new();
        let Assembled { driver, .. } = assembled;
        let what = self.what;
        let running = async {
            match what {
                What::Start(start) => driver.run(&program, start, cancel.clone()).await,
                What::Resume(rebuilt) => driver.resume(&program, *rebuilt, cancel.clone()).await,
            }
        };
        let mut session = Session::new(&mut screen, &program.types, events, asked);
        let Some((ended, stopped)) = session.follow(running, &cancel).await else {
            return session.stopped();
        };
        match ended {
            Ok(ended) => {
                screen.line(&screen.dim(&format!("  in all {}", cost_line(None, ended.spent))));
                ending.finish(&screen, ended.end, stopped)
            }
            Err(error) => {
                output::complain(&error.to_string());
                Exit::Failed
            }
        }
    }
}

impl Ending {
    fn finish(&self, screen: &Screen, end: End, stopped: Exit) -> Exit {
        match end {
            End::Done { result } => {
                let text = shown(&result);
                if !self.json && !result.is_null() && !screen.just_showed(&text) {
                    output::out_text(&format!("{text}\n"));
                }
                Exit::Done
            }
            End::Waiting { on } => {
                let on: Vec<String> = on.iter().map(ToString::to_string).collect();
                if !self.json {
                    output::err(&format!("waiting for a person: {}\n", on.join(", ")));
                    if let Some(again) = &self.again {
                        output::err(&format!("`{again}` takes the run up again\n"));
                    }
                }
                Exit::Waiting
            }
            End::Failed { error } if error.failure.kind == FailureKind::Canceled => {
                output::err("interrupted\n");
                stopped
            }
            End::Failed { error } => {
                if !self.json {
                    output::err(&failed(&self.program, &error, self.color));
                }
                Exit::Failed
            }
        }
    }
}

/// The run's failure with its place in the program, in the look of a failed check.
pub(crate) fn failed(program: &Program, error: &RunError, color: bool) -> String {
    let mut lines = error.failure.message.lines();
    let title = format!(
        "{} failed as `{}`: {}",
        error.state,
        error.failure.kind.event(),
        visible(lines.next().unwrap_or_default())
    );
    let notes: Vec<String> = lines.map(|line| visible(line).into_owned()).collect();
    let notes = if notes.is_empty() { notes } else { vec![notes.join("\n")] };
    let label = Label { span: error.span, text: String::new() };
    Render::new(&program.sources, color).failure(&title, &label, &notes)
}

/// A string bare, everything else as JSON.
pub(crate) fn shown(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_string(),
        None => format!("{:#}", to_json(value)),
    }
}

/// Who answers. That replies are scripted is said whatever else is quiet.
fn announce(screen: &mut Screen, assembled: &Assembled, asked_for: bool) {
    if let Some(path) = &assembled.scripted {
        let path = path.display();
        let line = if asked_for {
            format!(
                "scripted replies from {path}, for models, tools and people: nothing here is a model's word"
            )
        } else {
            format!(
                "scripted replies from {path}, no model: set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, \
                 start Ollama or llama.cpp, or pass --model PROVIDER/MODEL for a real one"
            )
        };
        screen.insist(&line);
        return;
    }
    for line in &assembled.pools {
        let text = pool_line(line);
        if line.is_scripted() {
            screen.insist(&text);
        } else {
            screen.line(&screen.dim(&text));
        }
    }
}

/// `fast: openai/gpt-5-mini (OPENAI_API_KEY)`.
pub(crate) fn pool_line(line: &PoolLine) -> String {
    let candidates: Vec<String> = line
        .candidates
        .iter()
        .map(|(target, readiness)| match readiness {
            Readiness::Ready(None) => target.to_string(),
            Readiness::Ready(Some(source)) => format!("{target} ({source})"),
            Readiness::Scripted => format!("{target} (scripted, no model)"),
            Readiness::Missing(reason) => format!("{target} (cannot answer: {reason})"),
        })
        .collect();
    format!("{}: {}", line.pool, candidates.join(", then "))
}

/// Says what cannot run, each with its place and its mend.
pub(crate) fn refuse(program: &Program, unsupported: &[Unsupported], color: bool) -> Result<(), Exit> {
    let render = Render::new(&program.sources, color);
    for found in unsupported {
        let label = Label { span: found.span, text: String::new() };
        output::err(&format!("{}\n", render.failure(&found.what, &label, std::slice::from_ref(&found.mend))));
    }
    if unsupported.is_empty() { Ok(()) } else { Err(Exit::Failed) }
}

/// `POOL=PROVIDER/MODEL`, or `PROVIDER/MODEL` for every pool.
pub(crate) fn model_choice(text: &str) -> Result<(Option<Arc<str>>, TargetName), String> {
    let (pool, target) = match text.split_once('=') {
        Some((pool, target)) => (Some(Arc::from(pool)), target),
        None => (None, text),
    };
    let target = TargetName::parse(target).ok_or_else(|| {
        format!("`--model {text}` should read `--model POOL=PROVIDER/MODEL`, as in `fast=openai/gpt-5-mini`")
    })?;
    Ok((pool, target))
}
