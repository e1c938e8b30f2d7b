//! A host whose answers hang on the effect alone, and that counts what it did to the world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use agentrun_lang::ir::Program;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::value::{Labels, Value};
use agentrun_runtime::chat::FinishReason;
use agentrun_runtime::clock::{Clock, TestClock};
use agentrun_runtime::driver::{Driver, Ended, Fate, Host, Start, Watch};
use agentrun_runtime::journal::{Entry, InMemory, Journal};
use agentrun_runtime::machine::{Answer, Effect, EffectKind, ModelAnswer, Outcome, Output, Spent};
use tokio_util::sync::CancellationToken;

/// The world: how often each write was done, by effect; a tool with `once` does nothing the second time.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) done: Mutex<BTreeMap<String, u32>>,
    pub(crate) asked: Mutex<BTreeMap<String, u32>>,
}

/// Answers by rules.
pub(crate) struct Rules {
    pub(crate) program: Arc<Program>,
    pub(crate) world: Arc<World>,
    pub(crate) clock: Arc<TestClock>,
    /// Whether somebody answers questions.
    pub(crate) person: bool,
    /// What a person says of what was under way.
    pub(crate) fate: Fate,
}

impl Host for Rules {
    async fn perform(&self, _: &Arc<str>, effect: Effect, _: Watch, _: CancellationToken) -> Outcome {
        let id = effect.id.to_string();
        *self.world.asked.lock().unwrap().entry(id.clone()).or_default() += 1;
        self.clock.advance(std::time::Duration::from_secs(1));
        // Others go first at times, so that outcomes do not come in the order of their requests.
        for _ in 0..id.len() % 3 {
            tokio::task::yield_now().await;
        }
        let (answer, spent) = match effect.kind {
            EffectKind::CallModel(call) => {
                let value = match call.output {
                    Output::Typed(agentrun_lang::value::Type::Bool) => Value::Bool(!id.contains("#3")),
                    _ => Value::Int(i64::try_from(id.len()).unwrap()),
                };
                let answer = ModelAnswer {
                    text: value.to_string().into(),
                    value: Some(value),
                    tool_calls: Vec::new(),
                    target: "test/rules".into(),
                    attempts: 1,
                    finish: FinishReason::Stop,
                };
                let spent = Spent { cost: Some(1_000), time: 5, calls: 1, input: 10, output: 2 };
                (Answer::Model(answer), spent)
            }
            EffectKind::CallTool(call) => {
                let tool = self.program.tool(call.tool).unwrap();
                if &*tool.name != "look" {
                    *self.world.done.lock().unwrap().entry(id).or_default() += 1;
                }
                let Value::Int(n) = call.args[0].value else { panic!("a number") };
                (Answer::Tool(Value::Int(n + 1), Labels::TOOL), Spent::FREE)
            }
            EffectKind::AskHuman(_) if self.person => {
                (Answer::Human(Value::record([("approved", Value::Bool(true))])), Spent::FREE)
            }
            EffectKind::AskHuman(_) | EffectKind::Wait(_) => (Answer::Parked, Spent::FREE),
        };
        Outcome { result: Ok(answer), spent }
    }

    fn hold(&self, _: &Arc<str>, effect: &Effect) -> Spent {
        match effect.kind {
            EffectKind::CallModel(_) => {
                Spent { cost: Some(5_000), time: 0, calls: 1, input: 10, output: 100 }
            }
            _ => Spent::FREE,
        }
    }

    async fn fate(&self, _: &Effect) -> Fate {
        self.fate.clone()
    }
}

/// A program that compiles.
pub(crate) fn compile(text: &str) -> Arc<Program> {
    let path = ModulePath::file("main.agent");
    let compilation = agentrun_lang::compile(&path, &MemoryLoader::default().with(path.clone(), text));
    let said: Vec<&str> = compilation.diagnostics.iter().map(|said| said.message.as_str()).collect();
    Arc::new(compilation.program.unwrap_or_else(|| panic!("{said:?}")))
}

impl Rules {
    pub(crate) fn new(program: &Arc<Program>) -> Self {
        Self {
            program: program.clone(),
            world: Arc::default(),
            clock: Arc::default(),
            person: true,
            fate: Fate::Repeat,
        }
    }

    pub(crate) fn driver(self, journal: Arc<dyn Journal>) -> Driver<Self> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Driver { host: Arc::new(self), journal, clock, watch: Watch::default() }
    }
}

pub(crate) fn start(program: &Program, input: Vec<Value>) -> Start {
    let agent = program.entry_agent("Main").unwrap();
    Start { run: "run1".into(), agent, input, caller: Value::Null }
}

/// Runs a program from its beginning, with its record.
pub(crate) fn run(program: &Arc<Program>, host: Rules, input: Vec<Value>) -> (Ended, Vec<Entry>) {
    let journal = Arc::new(InMemory::default());
    let driver = host.driver(journal.clone());
    let ended = block_on(driver.run(program, start(program, input), CancellationToken::new())).unwrap();
    (ended, journal.entries())
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
