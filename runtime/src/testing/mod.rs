//! Tests of agents: a test is a run by the driver, with a script that the test's lines are, on a clock that stands still.
//! There is no second interpreter and no second way to answer for a model, a tool or a person.

mod answer;
mod case;
mod coverage;
mod expect;
mod flow;
mod host;
mod pools;
mod snapshot;
mod spot;
mod standin;
mod text;

pub use answer::Wrong;
pub use case::Case;
pub use coverage::Coverage;
pub use expect::{Unmet, Why};
pub use flow::{Done, Flow, Visit};
pub use snapshot::{Kept, contents, file as snapshot_file, keep};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use agentrun_lang::ir::{AgentId, Program, Test};
use agentrun_lang::value::Value;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use self::expect::{Seen, is_of_all, lacks};
use self::host::TestHost;
use crate::call::cost::PriceTable;
use crate::call::guardrail::Chain;
use crate::call::provider::scripted::{Play, Script};
use crate::call::{CallLine, Shared};
use crate::clock::TestClock;
use crate::driver::{Confinements, Driver, LiveHost, Person, ScriptSide, Start, Watch};
use crate::journal::{InMemory, JournalError};
use crate::tool::sandbox::own_program;
use crate::tool::{Settings, ToolFault, Toolbox};

/// The moment at which every test begins, so that what it computes with `now` is the same on every day.
const BEGIN: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// Runs the tests of one program.
pub struct Bench {
    program: Arc<Program>,
    /// The program's folder.
    folder: PathBuf,
    prices: Arc<PriceTable>,
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
    /// The record in memory failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// One run of a test, and what does not hold of it.
#[derive(Clone, Debug)]
pub struct Ran {
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
    pub fn new(program: Arc<Program>, file: &Path, prices: Arc<PriceTable>) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { program, folder: folder.to_path_buf(), prices }
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The runs that a test stands for.
    pub fn cases(&self, test: &Test) -> Result<Vec<Case>, Wrong> {
        case::cases(&self.program, test, &self.folder)
    }

    /// One run of a test.
    pub async fn run(&self, test: &Test, case: &Case) -> Result<Ran, BenchError> {
        let script = answer::script(&self.program, test, &self.folder)?;
        let program = standin::stand_in(&self.program, test);
        let flow = self.flow(&program, test.agent, &case.input, script).await?;
        let seen = Seen { program: &self.program, flow: &flow, pass_rate: None, folder: &self.folder };
        let own = test.expects.iter().filter(|expect| !is_of_all(expect));
        let mut unmet: Vec<Unmet> = own.filter_map(|expect| seen.check(expect).err()).collect();
        let wanted = case.expect.as_ref();
        unmet.extend(wanted.and_then(|wanted| lacks(&flow.result(), wanted, test.span)));
        Ok(Ran { flow, unmet })
    }

    /// What does not hold of all runs of a test together, a share of which hold; `last` is one of them.
    pub fn judge_all(&self, test: &Test, last: &Flow, pass_rate: f64) -> Vec<Unmet> {
        let seen = Seen { program: &self.program, flow: last, pass_rate: Some(pass_rate), folder: &self.folder };
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
        agent: AgentId,
        input: &[Value],
        script: Script,
    ) -> Result<Flow, BenchError> {
        let play = Arc::new(Play::watched(Arc::new(script)));
        let clock = Arc::new(TestClock::at(BEGIN));
        let catalog = pools::mocked(program, &play, &self.prices);
        let line =
            CallLine::new(Shared::new(clock.clone()), Arc::new(catalog), Chain::default(), self.folder.clone());
        let settings = Settings {
            folder: std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone()),
            protected: Vec::new(),
            launcher: own_program().unwrap_or_default(),
            allow_unsandboxed: false,
            env: std::env::vars().collect(),
            keys: Vec::new(),
        };
        let host = TestHost {
            live: LiveHost {
                program: program.clone(),
                line,
                tools: Toolbox::new(program.clone(), &settings)?,
                person: Person::Nobody,
                script: Some(ScriptSide::new(play.clone(), true)),
                stands_in: false,
                confined: Confinements::default(),
            },
            program: program.clone(),
            play: play.clone(),
            unanswered: Mutex::default(),
        };
        let journal = Arc::new(InMemory::default());
        let driver =
            Driver { host: Arc::new(host), journal: journal.clone(), clock, watch: Watch::default() };
        let start = Start {
            run: "test".into(),
            agent,
            input: input.to_vec(),
            caller: Value::record::<&str>([]),
        };
        let ended = driver.run(program, start, CancellationToken::new()).await?;
        let named = program.agent(agent).map(|agent| case::named(agent, input)).unwrap_or_default();
        let mut flow = Flow::of(&journal.entries(), play.asked(), named, ended.spent);
        for asked in flow.asked.iter().filter(|asked| !asked.answered) {
            let name = crate::call::provider::scripted::path(&asked.effect).name;
            let line = format!("no model answers `{name}`: add `mock {name} = …`");
            if !flow.unanswered.contains(&line) {
                flow.unanswered.push(line);
            }
        }
        flow.unanswered.extend(
            driver.host.unanswered.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned(),
        );
        Ok(flow)
    }
}
