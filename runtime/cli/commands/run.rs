//! `agentrun FILE`: compiles, gathers the input, runs, and ends with the run's exit code.

use std::sync::Arc;

use agentrun_lang::diagnostic::Diagnostic;
use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::not_run;
use agentrun_lang::value::{Type, Value, to_json};
use agentrun_runtime::clock::SystemClock;
use agentrun_runtime::config::Environment;
use agentrun_runtime::driver::{Start, TargetName};
use agentrun_runtime::journal::{Journal, Lines};
use agentrun_runtime::machine::{main_agent, preflight, unenforced};
use indexmap::IndexMap;

use crate::args::RunArgs;
use crate::compile::{Compiled, compile};
use crate::exit::Exit;
use crate::input::{Given, gather};
use crate::keep;
use crate::launch::{Launch, What, model_choice, refuse};
use crate::output;
use crate::render::Render;
use crate::screen::Mode;
use crate::setup::Setup;
use crate::terminal;

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
    main_agent(program)
        .ok_or_else(|| format!("this file has several agents and none is called `Main`; name one: {known}"))
}

/// What compiles today and runs later ends the run before its first effect, with its place.
fn refuse_what_cannot_run(program: &Program, agent: AgentId, color: bool) -> Result<(), Exit> {
    refuse(program, &preflight(program, agent), color)
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
        let Self { args, compiled, start, models, color } = self;
        let environment = Environment::of_process();
        let user = start.caller.field("user").as_str().map(str::to_string);
        let setup = Setup::of(args, &compiled.file);
        let recorded = match keep::of_new_run(args, &environment, &compiled, &setup, &start.run, user) {
            Ok(recorded) => recorded,
            Err(exit) => return exit,
        };
        let mut options = setup.options(models);
        if let Some(path) = &args.record {
            match Lines::create(path) {
                Ok(lines) => options.record = Some(Arc::new(lines) as Arc<dyn Journal>),
                Err(error) => {
                    output::complain(&error.to_string());
                    return Exit::Usage;
                }
            }
        }
        let launch = Launch {
            agent: start.agent,
            what: What::Start(start),
            program: compiled.program,
            file: compiled.file,
            environment,
            mode: Mode::of(args.quiet, args.json, color),
            color,
            ask: !args.no_ask && !args.json && terminal::is_there(),
            answers: IndexMap::new(),
            again: recorded.as_ref().and_then(|(_, again)| again.clone()),
            script_asked_for: args.script.is_some(),
        };
        options.journal = recorded.map(|(journal, _)| journal);
        launch.go(options)
    }
}
