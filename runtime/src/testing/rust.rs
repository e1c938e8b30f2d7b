//! For tests written in Rust: an agent run on its `script.json`, as a record to compare.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::compile;
use agentrun_lang::diagnostic::Severity;
use agentrun_lang::ir::Test;
use agentrun_lang::loader::ModulePath;
use agentrun_lang::span::Span;
use serde_json::Value as Json;

use super::case;
use super::{Bench, BenchError, Flow, Surroundings};
use crate::call::provider::scripted::Script;
use crate::driver::{SCRIPT, script_at};
use crate::files::FileLoader;
use crate::machine::main_agent;

/// Why an agent could not be run.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The file does not compile: its errors, a line each with its place.
    #[error("{0}")]
    Compile(String),
    /// The script is none.
    #[error("{path}: {why}")]
    Script {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The input does not fit the agent's parameters.
    #[error("{0}")]
    Input(String),
    /// No thread pool for it.
    #[error(transparent)]
    Runtime(#[from] std::io::Error),
    /// The run itself.
    #[error(transparent)]
    Bench(#[from] BenchError),
}

/// Runs the only agent of `file` that no other runs, or its `Main`, on the `script.json` beside it, with `input` as an
/// object of its parameters. Nothing but that script answers: no model, no person, no tool but those that read files.
/// [`Flow::text`] is what `insta::assert_snapshot!` keeps of it.
///
/// It makes a runtime of its own, so it is called from a plain `#[test]`.
pub fn run_flow(file: impl AsRef<Path>, input: &Json) -> Result<Flow, FlowError> {
    let file = file.as_ref();
    let entry = ModulePath::file(file.to_string_lossy());
    let compilation = compile(&entry, &FileLoader);
    let Some(program) = compilation.program else {
        let sources = &compilation.modules.sources;
        let errors = compilation.diagnostics.sorted();
        let errors = errors.iter().filter(|found| found.severity == Severity::Error);
        let lines = errors.map(|found| format!("{}: {}", sources.place(found.primary.span), found.message));
        return Err(FlowError::Compile(lines.collect::<Vec<_>>().join("\n")));
    };
    let path = file.with_file_name(SCRIPT);
    let script = if path.exists() {
        script_at(&path).map_err(|why| FlowError::Script { path: path.clone(), why })?
    } else {
        Script::default()
    };
    let agent = main_agent(&program).ok_or_else(|| {
        FlowError::Input(
            "the file has several agents that could be meant: call one of them `Main`".to_owned(),
        )
    })?;
    let given = input.as_object().cloned().unwrap_or_default();
    let declared =
        program.agent(agent).ok_or_else(|| FlowError::Input("the agent is not there".to_owned()))?;
    let values = case::input(&program, declared, &given).map_err(FlowError::Input)?;
    let test = Test {
        name: "run_flow".into(),
        span: Span::default(),
        agent,
        args: Vec::new(),
        mocks: Vec::new(),
        cassette: None,
        cases: None,
        expects: Vec::new(),
        snapshots: Vec::new(),
    };
    let program = Arc::new(program);
    let bench = Bench::new(program.clone(), file, Arc::new(Surroundings::plain()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(bench.flow(&program, &test, &values, script))?.0)
}
