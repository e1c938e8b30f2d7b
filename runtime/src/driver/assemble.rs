//! Everything a run needs, put together once: configuration, pools, tools, whoever answers questions, the record.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::Program;

use super::connect::{Connect, PoolLine, Readiness, TargetName, UnknownPool};
use super::found;
use super::host::{Confinements, LiveHost};
use super::person::Person;
use super::prices::price_table;
use super::rebuild::Used;
use super::script::{ScriptSide, pass_over};
use super::{Driver, Watch};
use crate::call::guardrail::Chain;
use crate::call::provider::scripted::{Play, Script};
use crate::call::{CallLine, Shared};
use crate::clock::SystemClock;
use crate::config::{self, Config, ConfigError, Environment};
use crate::files::read_at_most;
use crate::journal::{Both, InMemory, Journal, JournalError, Lines};
use crate::tool::sandbox::own_program;
use crate::tool::{Settings, ToolFault, Toolbox};

/// The scripted replies' file, beside a program.
pub const SCRIPT: &str = "script.json";

/// What a caller chooses.
#[derive(Clone, Default)]
pub struct Options {
    /// `--script`: answers for every pool.
    pub script: Option<PathBuf>,
    /// `--model`.
    pub models: Vec<(Option<Name>, TargetName)>,
    /// Where tools work and relative paths begin; the program's folder where unset.
    pub folder: Option<PathBuf>,
    /// Who answers questions; nobody where unset.
    pub person: Option<Person>,
    /// Where the record goes; memory where unset and there is no `record` either.
    pub journal: Option<Arc<dyn Journal>>,
    /// Where it goes beside that, in place of what `[journal]` of `agentrun.toml` names.
    pub record: Option<Arc<dyn Journal>>,
    /// What a run that is taken up again has used of the script; it goes on behind that.
    pub used: Used,
    /// Whether commands may run unconfined where the program asks for it.
    pub allow_unsandboxed: bool,
    /// The program that confines commands; this one where unset.
    pub launcher: Option<PathBuf>,
    /// Who watches.
    pub watch: Watch,
}

/// A driver that is ready, and who answers for each pool.
pub struct Assembled {
    /// Runs the program.
    pub driver: Driver<LiveHost>,
    /// By pool.
    pub pools: Vec<PoolLine>,
    /// The script's path, where one answers for every pool.
    pub scripted: Option<PathBuf>,
}

/// Why nothing could be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// `agentrun.toml` is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A `--model` names no pool.
    #[error(transparent)]
    Pool(#[from] UnknownPool),
    /// The record of `[journal]` cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The script cannot be read.
    #[error("{path}: {reason}")]
    Script {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A price in `agentrun.toml` is no price.
    #[error("agentrun.toml: {0}")]
    Price(String),
    /// The tools cannot be set up.
    #[error(transparent)]
    Tool(#[from] ToolFault),
}

/// Puts a run of `program`, whose entry is `file`, together.
pub async fn assemble(
    program: &Arc<Program>,
    file: &Path,
    environment: &Environment,
    options: Options,
) -> Result<Assembled, AssembleError> {
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = options.folder.unwrap_or_else(|| beside.to_path_buf());
    let config = Config::load(&absolute(beside), environment)?;
    let prices = price_table(&config, environment).map_err(AssembleError::Price)?;
    let script_only = options.script.is_some();
    let script = read_script(options.script, beside, &options.used)?;
    let script_path = script.as_ref().map(|(path, _)| path.clone());
    let open = program
        .models
        .iter()
        .any(|model| model.targets.is_none() && model.url.is_none() && model.exec.is_none());
    let found = if open && !script_only { found::look(environment, false).await } else { Vec::new() };
    let connect = Connect {
        config: &config,
        environment,
        script: script.clone(),
        script_only,
        overrides: options.models,
        found,
        folder: &folder,
        prices: &prices,
    };
    let connected = connect.connect(program)?;
    let all_scripted = !connected.lines.is_empty()
        && connected
            .lines
            .iter()
            .all(|line| line.candidates.iter().all(|(_, ready)| *ready == Readiness::Scripted));
    let stands_in = !script_only && connected.lines.iter().any(PoolLine::is_scripted);
    let scripted = script.filter(|_| script_only || all_scripted);

    let clock = Arc::new(SystemClock::new());
    let line = CallLine::new(
        Shared::new(clock.clone()),
        Arc::new(connected.catalog),
        Chain::default(),
        folder.clone(),
    );
    let record = match (options.record, &config.journal.record) {
        (Some(record), _) => Some(record),
        (None, Some(path)) => Some(Arc::new(Lines::open(path)?) as Arc<dyn Journal>),
        (None, None) => None,
    };
    let journal: Arc<dyn Journal> = match (options.journal, record) {
        (Some(journal), Some(record)) => Arc::new(Both(journal, record)),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Arc::new(InMemory::default()),
    };
    let settings = Settings {
        folder: absolute(&folder),
        protected: protected(program, beside, script_path.as_deref()),
        launcher: options.launcher.unwrap_or_else(|| own_program().unwrap_or_default()),
        allow_unsandboxed: options.allow_unsandboxed,
        env: environment.all().clone(),
        keys: config.all_keys(environment),
    };
    let host = LiveHost {
        program: program.clone(),
        line,
        tools: Toolbox::new(program.clone(), &settings)?,
        person: options.person.unwrap_or(Person::Nobody),
        confined: Confinements::default(),
        script: scripted.as_ref().map(|(_, script)| ScriptSide::new(script.clone(), script_only)),
        stands_in,
    };
    let driver = Driver { host: Arc::new(host), journal, clock, watch: options.watch };
    Ok(Assembled { driver, pools: connected.lines, scripted: scripted.map(|(path, _)| path) })
}

/// More than any script has.
const MOST: u64 = 64 << 20;

fn read_script(
    given: Option<PathBuf>,
    beside: &Path,
    used: &Used,
) -> Result<Option<(PathBuf, Arc<Play>)>, AssembleError> {
    let path = match given {
        Some(path) => path,
        None => {
            let usual = beside.join(SCRIPT);
            if !usual.is_file() {
                return Ok(None);
            }
            usual
        }
    };
    let script = script_at(&path).map_err(|reason| AssembleError::Script { path: path.clone(), reason })?;
    let play = Play::new(Arc::new(script));
    pass_over(&play, used);
    Ok(Some((path, Arc::new(play))))
}

/// The script that stands in a file; else why none does.
pub fn script_at(path: &Path) -> Result<Script, String> {
    let bytes = std::fs::File::open(path).and_then(|file| read_at_most(file, MOST));
    let text = bytes.and_then(|bytes| std::io::read_to_string(bytes.as_slice()));
    let text = text.map_err(|error| error.to_string())?;
    Script::parse(&path.display().to_string(), &text).map_err(|error| error.why().to_string())
}

/// What no tool may change: the program, the replies that stand in for a model, and the configuration, there or not
/// yet, which says where keys are sent.
fn protected(program: &Program, beside: &Path, script: Option<&Path>) -> Vec<PathBuf> {
    let sources = program.sources.iter().map(|source| absolute(Path::new(&*source.name)));
    let beside = absolute(beside);
    let beside = beside.canonicalize().unwrap_or(beside);
    let configurations = beside.ancestors().map(|folder| folder.join(config::FILE));
    sources.chain(configurations).chain(script.map(absolute)).collect()
}

fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf())
}
