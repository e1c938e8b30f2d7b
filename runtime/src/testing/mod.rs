//! Tests of agents: a test is a run by the driver, with a script that the test's lines are, on a clock that stands still.
//! There is no second interpreter and no second way to answer for a model, a tool or a person.

mod answer;
mod case;
mod cassette;
mod changed;
mod coverage;
mod expect;
mod explore;
mod flow;
mod host;
mod judge;
mod pools;
mod rust;
mod sensitive;
mod snapshot;
mod spot;
mod standin;
mod text;
mod voice;

pub use answer::Wrong;
pub use case::Case;
pub use cassette::CassetteError;
pub use changed::Green;
pub use coverage::{Coverage, share};
pub use expect::{Unmet, Why};
pub use explore::{Counter, Explored, explore};
pub use flow::{Done, Flow, Visit};
pub use rust::{FlowError, run_flow};
pub use snapshot::{Kept, Taken, contents, file as snapshot_file, keep, shows_prompts};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use agentrun_lang::ir::{AgentId, Program, Test};
use agentrun_lang::value::Value;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use self::cassette::Cassette;
use self::expect::{Seen, is_of_all, lacks};
use self::host::TestHost;
use self::judge::Judged;
use self::sensitive::Sensitive;
use crate::call::CallLine;
use crate::call::cost::PriceTable;
use crate::call::guardrail::Chain;
use crate::call::provider::scripted::{Play, Script};
use crate::call::router::catalog::Catalog;
use crate::clock::{Clock, FixedDay, TestClock};
use crate::config::{Config, Environment};
use crate::driver::{
    Confinements, Connect, Driver, LiveHost, Person, ScriptSide, Start, UnknownPool, Watch, look,
};
use crate::journal::{InMemory, JournalError};
use crate::tool::sandbox::own_program;
use crate::tool::{Settings, ToolFault, Toolbox};

/// The moment at which every test begins, so that what it computes with `now` is the same on every day.
const BEGIN: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// Where the answers come from that a test does not give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// From cassettes alone: no network, no cost.
    #[default]
    Replay,
    /// From cassettes, and from models where these lack something, which is added.
    Record,
    /// From models; cassettes are written anew.
    Live,
}

/// What tests of a program need to know of where they run.
pub struct Surroundings {
    /// `agentrun.toml`.
    pub config: Config,
    /// The environment.
    pub environment: Environment,
    /// What models cost.
    pub prices: PriceTable,
    /// Where answers come from that a test does not give.
    pub mode: Mode,
}

impl Surroundings {
    /// No configuration, no environment, the prices that ship.
    pub fn plain() -> Self {
        Self {
            config: Config::default(),
            environment: Environment::default(),
            prices: PriceTable::vendored().clone(),
            mode: Mode::Replay,
        }
    }
}

/// Runs the tests of one program.
pub struct Bench {
    program: Arc<Program>,
    /// The program's folder.
    folder: PathBuf,
    surroundings: Arc<Surroundings>,
    /// What each tested agent can come to, as a hash.
    reachable: Mutex<BTreeMap<AgentId, Arc<str>>>,
}

/// Why a test could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A line of it cannot be computed.
    #[error(transparent)]
    Wrong(#[from] Wrong),
    /// The tools cannot be set up.
    #[error(transparent)]
    Tool(#[from] ToolFault),
    /// Its cassette cannot be used.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// A model was named that no pool has.
    #[error(transparent)]
    Pool(#[from] UnknownPool),
    /// The record in memory failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// One run of a test, and what does not hold of it.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The case file it is of.
    pub case: Option<PathBuf>,
    /// The run.
    pub flow: Flow,
    /// What does not hold.
    pub unmet: Vec<Unmet>,
}

impl Ran {
    /// Whether the test holds.
    pub fn holds(&self) -> bool {
        self.unmet.is_empty() && self.flow.unanswered.is_empty()
    }
}

impl Flow {
    /// The run as text to review: a line for each state, effects below it, the end and what it cost.
    pub fn text(&self) -> String {
        text::text(self, false)
    }

    /// The same with all that models were asked.
    pub fn text_with_prompts(&self) -> String {
        text::text(self, true)
    }
}

impl Bench {
    /// For a program that stands in `file`.
    pub fn new(program: Arc<Program>, file: &Path, surroundings: Arc<Surroundings>) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { program, folder: folder.to_path_buf(), surroundings, reachable: Mutex::default() }
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The runs that a test stands for.
    pub fn cases(&self, test: &Test) -> Result<Vec<Case>, Wrong> {
        case::cases(&self.program, test, &self.folder)
    }

    /// What a test depends on, as a hash: its lines, what its agent can come to, its cases and its cassette.
    pub fn fingerprint(&self, test: &Test) -> String {
        let mut known = self.reachable.lock().unwrap_or_else(PoisonError::into_inner);
        let reachable = known
            .entry(test.agent)
            .or_insert_with(|| changed::reachable(&self.program, test.agent).into())
            .clone();
        drop(known);
        changed::fingerprint(&reachable, test, &self.folder)
    }

    /// One run of a test.
    pub async fn run(&self, test: &Test, case: &Case) -> Result<Ran, BenchError> {
        let script = answer::script(&self.program, test, &self.folder)?;
        let program = standin::stand_in(&self.program, test);
        let (flow, judged) = self.flow(&program, test, &case.input, script).await?;
        let seen = Seen {
            program: &self.program,
            flow: &flow,
            pass_rate: None,
            judged: &judged,
            folder: &self.folder,
        };
        let own = test.expects.iter().filter(|expect| !is_of_all(expect));
        let mut unmet: Vec<Unmet> = own.filter_map(|expect| seen.check(expect).err()).collect();
        let wanted = case.expect.as_ref();
        unmet.extend(wanted.and_then(|wanted| lacks(&flow.result(), wanted, test.span)));
        Ok(Ran { case: case.file.clone(), flow, unmet })
    }

    /// What does not hold of all runs of a test together, a share of which hold; `last` is one of them.
    pub fn judge_all(&self, test: &Test, last: &Flow, pass_rate: f64) -> Vec<Unmet> {
        let (program, folder) = (&self.program, &self.folder);
        let seen = Seen { program, flow: last, pass_rate: Some(pass_rate), judged: &[], folder };
        let lines = test.expects.iter().filter(|expect| is_of_all(expect));
        lines.filter_map(|expect| seen.check(expect).err()).collect()
    }

    /// Whether single runs of a test may fail, because a line speaks of their share.
    pub fn is_of_share(test: &Test) -> bool {
        test.expects.iter().any(is_of_all)
    }

    /// Runs an agent on a script.
    async fn flow(
        &self,
        program: &Arc<Program>,
        test: &Test,
        input: &[Value],
        script: Script,
    ) -> Result<(Flow, Vec<Judged>), BenchError> {
        let Surroundings { config, environment, prices, mode } = &*self.surroundings;
        let anew = *mode == Mode::Live;
        let cassette =
            test.cassette.as_ref().map(|name| Cassette::open(&self.folder, name, anew)).transpose()?;
        let shared = Arc::new(voice::Shared {
            play: Arc::new(Play::watched(Arc::new(script))),
            cassette,
            sensitive: Sensitive::default(),
            unanswered: Mutex::default(),
        });
        let clock: Arc<dyn Clock> = match mode {
            Mode::Replay => Arc::new(TestClock::at(BEGIN)),
            Mode::Record | Mode::Live => Arc::new(FixedDay::at(BEGIN)),
        };
        let live = self.live(program).await?;
        let catalog = pools::voiced(program, &shared, prices, live.as_ref());
        let line = CallLine::new(
            crate::call::Shared::new(clock.clone()),
            Arc::new(catalog),
            Chain::default(),
            self.folder.clone(),
        );
        let settings = Settings {
            folder: std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone()),
            protected: Vec::new(),
            launcher: own_program().unwrap_or_default(),
            allow_unsandboxed: false,
            env: environment.all().clone(),
            keys: config.all_keys(environment),
        };
        let host = TestHost {
            live: LiveHost {
                program: program.clone(),
                line,
                tools: Toolbox::new(program.clone(), &settings)?,
                person: Person::Nobody,
                script: Some(ScriptSide::new(shared.play.clone(), true)),
                stands_in: false,
                confined: Confinements::default(),
            },
            program: program.clone(),
            shared: shared.clone(),
        };
        let named = program.agent(test.agent).map(|agent| case::named(agent, input)).unwrap_or_default();
        if let Some(agent) = program.agent(test.agent) {
            for (param, value) in agent.params.iter().zip(input) {
                shared.sensitive.learn(value, &param.ty, param.labels, &program.types);
            }
        }
        let journal = Arc::new(InMemory::default());
        let driver =
            Driver { host: Arc::new(host), journal: journal.clone(), clock, watch: Watch::default() };
        let start = Start {
            run: "test".into(),
            agent: test.agent,
            input: input.to_vec(),
            caller: Value::record::<&str>([]),
        };
        let ended = driver.run(program, start, CancellationToken::new()).await?;
        let mut flow = Flow::of(&journal.entries(), shared.play.asked(), named, ended.spent);
        let judged = judge::ask(&driver.host.live.line, program, test, &flow, &self.folder).await;
        flow.unanswered.clone_from(&shared.unanswered.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(cassette) = &shared.cassette {
            cassette.save()?;
        }
        Ok((flow, judged))
    }

    /// The models themselves, where they may be asked.
    async fn live(&self, program: &Arc<Program>) -> Result<Option<Catalog>, BenchError> {
        let Surroundings { config, environment, prices, mode } = &*self.surroundings;
        if *mode == Mode::Replay {
            return Ok(None);
        }
        let connect = Connect {
            config,
            environment,
            script: None,
            script_only: false,
            overrides: Vec::new(),
            found: look(environment, false).await,
            folder: &self.folder,
            prices,
        };
        Ok(Some(connect.connect(program)?.catalog))
    }
}
