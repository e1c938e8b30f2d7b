//! Providers that do as they are told, a reader that remembers, and calls to make.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agentrun_lang::ir::{self, Bounds, Model, ModelId, Program, Strategy};
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labels, TypeTable};
use agentrun_runtime::call::cost::Price;
use agentrun_runtime::call::guardrail::Chain;
use agentrun_runtime::call::meter::Meter;
use agentrun_runtime::call::provider::{
    Caps, Delta, ErrorClass, ModelReply, ModelRequest, Provider, ProviderError,
};
use agentrun_runtime::call::request::CallRequest;
use agentrun_runtime::call::router::catalog::{Candidate, Catalog, Pool};
use agentrun_runtime::call::screen::{DeltaSink, Screen};
use agentrun_runtime::call::{CallLine, Shared};
use agentrun_runtime::chat::{FinishReason, Message, Part, Role, Usage};
use agentrun_runtime::clock::Clock;
use agentrun_runtime::machine::{CallModel, EffectId, Outcome, Output, Scope, Spending};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// What a provider does with one attempt.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Gives this text, as a stream in pieces by word where one is wanted.
    Say(&'static str),
    /// Gives this reply.
    Give(Box<ModelReply>),
    /// Fails.
    Fail(ErrorClass),
    /// Fails like this.
    FailWith(Box<ProviderError>),
    /// Streams these pieces, then breaks off.
    Cut(&'static [&'static str]),
    /// Never ends.
    Hang,
    /// Streams these pieces, then never ends.
    HangAfter(&'static [&'static str]),
    /// Takes so long first.
    After(Duration, Box<Act>),
}

/// A provider that does one act after another; the last one again and again.
pub(crate) struct Actor {
    acts: Mutex<VecDeque<Act>>,
    pub(crate) caps: Caps,
    pub(crate) asked: AtomicUsize,
    pub(crate) requests: Mutex<Vec<ModelRequest>>,
}

impl Actor {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Self::with_caps(acts, Caps { tools: true, temperature: true, ..Caps::default() })
    }

    pub(crate) fn with_caps(acts: impl IntoIterator<Item = Act>, caps: Caps) -> Arc<Self> {
        Arc::new(Self {
            acts: Mutex::new(acts.into_iter().collect()),
            caps,
            asked: AtomicUsize::new(0),
            requests: Mutex::default(),
        })
    }

    pub(crate) fn times(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn request(&self, index: usize) -> ModelRequest {
        self.requests.lock().unwrap()[index].clone()
    }
}

impl Provider for Actor {
    fn caps(&self, _model: &str) -> Caps {
        self.caps
    }

    fn complete<'a>(
        &'a self,
        request: &'a ModelRequest,
        sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.requests.lock().unwrap().push(request.clone());
        let act = {
            let mut acts = self.acts.lock().unwrap();
            if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
        };
        Box::pin(perform(act, request.stream, sink))
    }
}

async fn perform(
    mut act: Act,
    stream: bool,
    sink: &mut (dyn FnMut(Delta) + Send),
) -> Result<ModelReply, ProviderError> {
    while let Act::After(wait, then) = act {
        tokio::time::sleep(wait).await;
        act = *then;
    }
    let mut say = |pieces: &[&str]| {
        for piece in pieces.iter().filter(|_| stream) {
            sink(Delta::Text((*piece).to_string()));
        }
    };
    match act {
        Act::Say(text) => {
            say(&text.split_inclusive(' ').collect::<Vec<_>>());
            Ok(reply(text))
        }
        Act::Give(reply) => {
            say(&[&reply.text]);
            Ok(*reply)
        }
        Act::Fail(class) => Err(error(class)),
        Act::FailWith(error) => Err(*error),
        Act::Cut(pieces) => {
            say(pieces);
            Err(ProviderError { partial: pieces.concat(), ..error(ErrorClass::Truncated) })
        }
        Act::HangAfter(pieces) => {
            say(pieces);
            std::future::pending().await
        }
        Act::Hang | Act::After(..) => std::future::pending().await,
    }
}

pub(crate) fn reply(text: &str) -> ModelReply {
    ModelReply {
        text: text.to_string(),
        tool_calls: Vec::new(),
        finish: FinishReason::Stop,
        refusal: None,
        usage: Usage { input: Some(100), output: Some(10), ..Usage::default() },
        model: None,
        request_id: None,
    }
}

pub(crate) fn error(class: ErrorClass) -> ProviderError {
    ProviderError {
        class,
        status: None,
        message: String::new(),
        retry_after: None,
        partial: String::new(),
        usage: Usage::default(),
    }
}

/// A clock that tokio's paused time moves.
pub(crate) struct TokioClock(tokio::time::Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock(tokio::time::Instant::now()))
}

/// What the reader saw, as lines: `1> openai/a`, `1 hello`, `1< why`.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) seen: Mutex<Vec<String>>,
    pub(crate) retracts: bool,
}

impl DeltaSink for Reader {
    fn attempt(&self, attempt: u32, target: &str) {
        self.seen.lock().unwrap().push(format!("{attempt}> {target}"));
    }

    fn delta(&self, attempt: u32, text: &str) {
        self.seen.lock().unwrap().push(format!("{attempt} {text}"));
    }

    fn retracted(&self, attempt: u32, reason: &str) {
        self.seen.lock().unwrap().push(format!("{attempt}< {reason}"));
    }

    fn failed(&self, _attempt: u32, target: &str, reason: &str) {
        self.seen.lock().unwrap().push(format!("! {target}: {reason}"));
    }

    fn warned(&self, warning: &str) {
        self.seen.lock().unwrap().push(format!("! {warning}"));
    }

    fn retracts(&self) -> bool {
        self.retracts
    }
}

impl Reader {
    pub(crate) fn text(&self) -> String {
        self.seen.lock().unwrap().join("\n")
    }
}

/// A pool of one actor after another, named `p0/m`, `p1/m` and so on; a million tokens cost $1 in and $2 out.
pub(crate) struct Stage {
    pub(crate) pool: Pool,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) time_left: Option<u64>,
    pub(crate) call: CallModel,
    pub(crate) program: Program,
    pub(crate) reader: Arc<Reader>,
    pub(crate) shared: Shared,
    pub(crate) guardrails: Chain,
    pub(crate) folder: PathBuf,
}

impl Stage {
    pub(crate) fn of(actors: &[&Arc<Actor>]) -> Self {
        let candidates = actors.iter().enumerate().map(|(index, actor)| candidate(index, &[actor])).collect();
        Self {
            pool: Pool::new(&model(), candidates),
            scopes: Vec::new(),
            time_left: None,
            call: question("hello there"),
            program: program(),
            reader: Arc::default(),
            shared: Shared::new(clock()),
            guardrails: Chain::default(),
            folder: PathBuf::new(),
        }
    }

    pub(crate) fn request(&self, effect: &str) -> CallRequest {
        CallRequest {
            run: "run".into(),
            effect: EffectId(effect.into()),
            scopes: self.scopes.clone(),
            time_left: self.time_left,
            program: Arc::new(self.program.clone()),
            call: self.call.clone(),
            screen: Screen::new(self.reader.clone()),
            meter: Arc::new(Meter::default()),
        }
    }

    pub(crate) fn line(&self) -> CallLine {
        let pool =
            Pool { name: self.pool.name.clone(), candidates: self.pool.candidates.clone(), ..self.pool };
        CallLine::new(
            self.shared.clone(),
            Arc::new(Catalog::of(vec![pool])),
            self.guardrails.clone(),
            self.folder.clone(),
        )
    }

    pub(crate) async fn perform(&self) -> Outcome {
        self.line().perform(self.request("main/say#1")).await
    }
}

pub(crate) fn candidate(index: usize, keys: &[&Arc<Actor>]) -> Candidate {
    Candidate {
        target: format!("p{index}/m").into(),
        model: "m".into(),
        keys: keys.iter().map(|actor| (*actor).clone() as Arc<dyn Provider>).collect(),
        price: Some(Price::stated(ir::Price { input: 1_000_000_000, output: 2_000_000_000 })),
        first_token: Duration::from_secs(30),
        weight: 1.0,
    }
}

pub(crate) fn model() -> Model {
    Model {
        name: "fast".into(),
        doc: None,
        span: Span::default(),
        targets: None,
        strategy: Strategy::Failover,
        weights: Vec::new(),
        retry: 0,
        timeout: Some(10_000),
        max_tokens: 1_000,
        temperature: None,
        price: None,
        key: None,
        url: None,
        exec: None,
        routes: Vec::new(),
        judge: None,
    }
}

pub(crate) fn question(text: &str) -> CallModel {
    CallModel {
        pool: ModelId(0),
        messages: vec![Message::text(Role::User, text)],
        labels: Labels::NONE,
        tools: Vec::new(),
        output: Output::Text,
        repair: 0,
        checks: None,
        temperature: None,
        max_tokens: None,
        task: None,
        cache: false,
        stream: false,
        guards: Vec::new(),
        state: "Main.say".into(),
        context: Vec::new(),
    }
}

pub(crate) fn program() -> Program {
    Program {
        hash: String::new(),
        types: TypeTable::default(),
        models: Vec::new(),
        guards: Vec::new(),
        memories: Vec::new(),
        tools: Vec::new(),
        mcps: Vec::new(),
        skills: Vec::new(),
        agents: Vec::new(),
        entry_agents: 0,
        tests: Vec::new(),
        sources: Arc::new(SourceMap::default()),
    }
}

pub(crate) fn scope(id: &str, bounds: Bounds) -> Scope {
    Scope { id: id.into(), bounds, spent: Spending::default() }
}

/// A request as text.
pub(crate) fn shown(request: &ModelRequest) -> String {
    let mut text = String::new();
    for message in &request.messages {
        let _ = writeln!(text, "[{:?}]", message.role);
        for part in &message.parts {
            let _ = match part {
                Part::Text(words) => write!(text, "{words}"),
                other => write!(text, "{other:?}"),
            };
        }
        text.push('\n');
    }
    let tools: Vec<&str> = request.tools.iter().map(|tool| &*tool.name).collect();
    let schema = match &request.schema {
        Some((name, schema)) => format!("{name} {}", serde_json::to_string_pretty(schema).unwrap()),
        None => "none".to_string(),
    };
    let _ = write!(text, "tools: {tools:?}\nschema: {schema}");
    text
}
