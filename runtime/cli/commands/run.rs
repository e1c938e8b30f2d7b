//! `agentrun FILE`: compiles, gathers the input, runs, and ends with the run's exit code.

use std::sync::Arc;

use agentrun_lang::diagnostic::{Diagnostic, Label};
use agentrun_lang::ir::{AgentId, Op, Program, Tool, ToolBody};
use agentrun_lang::not_run;
use agentrun_lang::value::{Type, Value, to_json};
use agentrun_runtime::clock::SystemClock;
use agentrun_runtime::config::Environment;
use agentrun_runtime::driver::{
    Assembled, Options, Person, PoolLine, Readiness, Start, TargetName, Watch, assemble, unserved,
};
use agentrun_runtime::error::FailureKind;
use agentrun_runtime::journal::{End, Journal, Lines};
use agentrun_runtime::machine::{RunError, Unsupported, preflight, unenforced};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use crate::args::RunArgs;
use crate::compile::{Compiled, compile};
use crate::exit::Exit;
use crate::input::{Given, gather};
use crate::output;
use crate::render::Render;
use crate::screen::{Mode, Screen, cost_line};
use crate::session::Session;
use crate::terminal;
use crate::visible::visible;

/// Runs an agent.
pub(crate) fn run(args: &RunArgs, params: &[(String, Option<String>)]) -> Exit {
    match prepare(args, params) {
        Ok(ready) => ready.run(),
        Err(exit) => exit,
    }
}

/// All that is needed before the first effect.
struct Ready<'a> {
    args: &'a RunArgs,
    compiled: Compiled,
    start: Start,
    models: Vec<(Option<Arc<str>>, TargetName)>,
    color: bool,
}

fn prepare<'a>(args: &'a RunArgs, params: &[(String, Option<String>)]) -> Result<Ready<'a>, Exit> {
    let usage = |message: String| {
        output::complain(&message);
        Exit::Usage
    };
    let color = output::color(args.no_color);
    let file = args.file.as_deref().ok_or(Exit::Usage)?;
    let models = args.model.iter().map(|text| model_choice(text)).collect::<Result<_, _>>().map_err(usage)?;
    let caller = caller(args.caller.as_deref()).map_err(usage)?;
    let compiled = compile(file, color, !args.quiet && !args.json)?;
    let program = &compiled.program;
    let agent = choose(program, args.agent.as_deref()).map_err(usage)?;
    if params.iter().any(|(name, value)| name == "help" && value.is_none()) {
        output::out_text(&about(program, agent, &file.display().to_string()));
        return Err(Exit::Done);
    }
    refuse_what_cannot_run(program, agent, color)?;
    if !args.json {
        warn_of_what_is_left_out(program, agent, color);
    }
    let given = Given { args, params, ask: !args.no_ask && !args.json && terminal::is_there() };
    let declared = program.agent(agent).ok_or(Exit::Usage)?;
    let input = gather(declared, program, &given).map_err(usage)?;
    let start = Start { run: run_id(), agent, input, caller };
    Ok(Ready { args, compiled, start, models, color })
}

/// What an agent does and takes.
fn about(program: &Program, agent: AgentId, file: &str) -> String {
    let Some(agent) = program.agent(agent) else { return String::new() };
    let doc = agent.doc.as_deref().map_or_else(String::new, |doc| format!(": {}", doc.trim()));
    let mut text = format!("{}{doc}\n\n  agentrun {file} {} [FLAGS]\n\n", agent.name, agent.name);
    for param in &agent.params {
        let doc = param.doc.as_deref().map_or_else(String::new, |doc| format!("  {}", doc.trim()));
        let need = match (&param.default, &param.ty) {
            (Some(default), _) => format!("  (default {})", to_json(default)),
            (None, Type::Optional(_)) => String::new(),
            (None, _) => "  (required)".to_string(),
        };
        text.push_str(&format!("  --{} {}{doc}{need}\n", param.name, param.ty.display(&program.types)));
    }
    text.push_str("\nIt gives a value of type ");
    text.push_str(&format!("{}. `agentrun --help` shows the flags.\n", agent.ty.display(&program.types)));
    text
}

/// `POOL=PROVIDER/MODEL`, or `PROVIDER/MODEL` for every pool.
fn model_choice(text: &str) -> Result<(Option<Arc<str>>, TargetName), String> {
    let (pool, target) = match text.split_once('=') {
        Some((pool, target)) => (Some(Arc::from(pool)), target),
        None => (None, text),
    };
    let target = TargetName::parse(target).ok_or_else(|| {
        format!("`--model {text}` should read `--model POOL=PROVIDER/MODEL`, as in `fast=openai/gpt-5-mini`")
    })?;
    Ok((pool, target))
}

/// `user=ana,tier=free`.
fn caller(text: Option<&str>) -> Result<Value, String> {
    let mut fields: Vec<(&str, Value)> = Vec::new();
    for pair in text.unwrap_or_default().split(',').filter(|pair| !pair.is_empty()) {
        let known = ["tenant", "user", "team", "tier"];
        match pair.split_once('=') {
            Some((key, value)) if known.contains(&key) => fields.push((key, Value::text(value))),
            _ => {
                return Err(format!(
                    "`--caller {pair}` should read KEY=VALUE with a key of {}",
                    known.join(", ")
                ));
            }
        }
    }
    Ok(Value::record(fields))
}

/// The named agent; else the only one, `Main`, or the only one that no other runs.
fn choose(program: &Program, name: Option<&str>) -> Result<AgentId, String> {
    let agents: Vec<&str> =
        program.agents.iter().take(program.entry_agents).map(|agent| &*agent.name).collect();
    let known = agents.join(", ");
    if let Some(name) = name {
        return program
            .entry_agent(name)
            .ok_or_else(|| format!("there is no agent `{name}`; there are: {known}"));
    }
    if agents.is_empty() {
        return Err("this file declares no agent to run; it is a library".into());
    }
    if let Some(main) = program.entry_agent("Main") {
        return Ok(main);
    }
    let mut roots = (0..agents.len())
        .filter_map(|index| u32::try_from(index).ok().map(AgentId))
        .filter(|id| !is_run_by_another(program, *id));
    match (roots.next(), roots.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(format!("this file has several agents and none is called `Main`; name one: {known}")),
    }
}

fn is_run_by_another(program: &Program, id: AgentId) -> bool {
    let by_tool = |tool: &Tool| matches!(&tool.body, ToolBody::Agent(agent, _) if *agent == id);
    program.tools.iter().any(by_tool)
        || program.agents.iter().flat_map(|agent| &agent.states).any(|state| match &state.op {
            Op::Run(run) => run.agent == id,
            Op::Plan(plan) => plan.agents.contains(&id),
            _ => false,
        })
}

/// What compiles today and runs later ends the run before its first effect, with its place.
fn refuse_what_cannot_run(program: &Program, agent: AgentId, color: bool) -> Result<(), Exit> {
    refuse(program, &preflight(program, agent), color)
}

fn refuse(program: &Program, unsupported: &[Unsupported], color: bool) -> Result<(), Exit> {
    let render = Render::new(&program.sources, color);
    for found in unsupported {
        let label = Label { span: found.span, text: String::new() };
        output::err(&format!("{}\n", render.failure(&found.what, &label, std::slice::from_ref(&found.mend))));
    }
    if unsupported.is_empty() { Ok(()) } else { Err(Exit::Failed) }
}

/// What a run goes on without is said whatever else is quiet; as JSON it is an event.
fn warn_of_what_is_left_out(program: &Program, agent: AgentId, color: bool) {
    let render = Render::new(&program.sources, color);
    for found in unenforced(program, agent) {
        let warning = Diagnostic::new(not_run::CODE, found.span, found.what).hint(found.mend);
        output::err(&format!("{}\n", render.diagnostic(&warning)));
    }
}

/// Sortable by time, unlike any other.
fn run_id() -> Arc<str> {
    agentrun_runtime::driver::run_id(&SystemClock::new()).into()
}

impl Ready<'_> {
    fn run(self) -> Exit {
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                output::complain(&format!("cannot start: {error}"));
                return Exit::Failed;
            }
        };
        let exit = runtime.block_on(self.drive());
        // A terminal that still waits for a line holds nothing that matters.
        runtime.shutdown_background();
        exit
    }

    async fn drive(self) -> Exit {
        let (watch, events) = unbounded_channel();
        let mut options = Options { watch: Watch::new(watch), ..Options::default() };
        options.script.clone_from(&self.args.script);
        options.folder.clone_from(&self.args.workdir);
        options.models.clone_from(&self.models);
        options.allow_unsandboxed = self.args.allow_unsandboxed;
        if let Some(path) = &self.args.record {
            match Lines::create(path) {
                Ok(lines) => options.journal = Some(Arc::new(lines) as Arc<dyn Journal>),
                Err(error) => {
                    output::complain(&error.to_string());
                    return Exit::Usage;
                }
            }
        }
        let (questions, asked) = unbounded_channel();
        if !self.args.no_ask && !self.args.json && terminal::is_there() {
            options.person = Some(Person::There(questions));
        }
        let program = self.compiled.program.clone();
        let environment = Environment::of_process();
        let assembled = match assemble(&program, &self.compiled.file, &environment, options).await {
            Ok(assembled) => assembled,
            Err(error) => {
                output::complain(&error.to_string());
                return Exit::Usage;
            }
        };
        let unserved = unserved(&program, self.start.agent, &assembled.pools);
        if let Err(exit) = refuse(&program, &unserved, self.color) {
            // Who named a model on the command line named one that cannot answer.
            return if self.models.is_empty() { exit } else { Exit::Usage };
        }
        let mode = match (self.args.quiet, self.args.json) {
            (true, _) => Mode::Quiet,
            (_, true) => Mode::Json,
            _ => Mode::Full { color: self.color },
        };
        let mut screen = Screen::new(mode);
        let script = &assembled.driver.host.script;
        if self.args.script.is_some()
            && script.as_ref().is_some_and(|script| !script.is_read(&program, self.start.agent))
        {
            screen.insist(
                "nothing in this run reads the script: no model and no person is asked, and it names no tool",
            );
        } else {
            announce(&mut screen, &assembled, self.args.script.is_some());
            for tool in assembled.driver.host.held_back(self.start.agent) {
                screen.insist(&format!(
                    "`{tool}` cannot be undone and is not called on a script's word, whatever is approved"
                ));
            }
        }

        let cancel = CancellationToken::new();
        let Assembled { driver, .. } = assembled;
        let running = driver.run(&program, self.start.clone(), cancel.clone());
        let mut session = Session::new(&mut screen, &program.types, events, asked);
        let Some((ended, stopped)) = session.follow(running, &cancel).await else {
            return session.stopped();
        };
        match ended {
            Ok(ended) => {
                screen.line(&screen.dim(&format!("  in all {}", cost_line(None, ended.spent))));
                self.finish(&screen, ended.end, stopped)
            }
            Err(error) => {
                output::complain(&error.to_string());
                Exit::Failed
            }
        }
    }

    fn finish(&self, screen: &Screen, end: End, stopped: Exit) -> Exit {
        match end {
            End::Done { result } => {
                let text = shown(&result);
                if !self.args.json && !result.is_null() && !screen.just_showed(&text) {
                    output::out_text(&format!("{text}\n"));
                }
                Exit::Done
            }
            End::Waiting { on } => {
                let on: Vec<String> = on.iter().map(ToString::to_string).collect();
                if !self.args.json {
                    output::err(&format!("waiting for a person: {}\n", on.join(", ")));
                }
                Exit::Waiting
            }
            End::Failed { error } if error.failure.kind == FailureKind::Canceled => {
                output::err("interrupted\n");
                stopped
            }
            End::Failed { error } => {
                if !self.args.json {
                    output::err(&failed(&self.compiled.program, &error, self.color));
                }
                Exit::Failed
            }
        }
    }
}

/// The run's failure with its place in the program, in the look of a failed check.
fn failed(program: &Program, error: &RunError, color: bool) -> String {
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
fn shown(value: &Value) -> String {
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
