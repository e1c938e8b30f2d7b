//! What the call line costs: a call through it against the same request by reqwest alone, to one server on loopback,
//! in one run. `overhead` is the difference of their medians, taken in turn so that both meet the same noise.
#![expect(missing_docs, reason = "criterion's macros write functions without a word")]
#![expect(clippy::unwrap_used, reason = "a benchmark may end where it cannot go on")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ir::{Bounds, Model, ModelId, Program, Strategy};
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labels, TypeTable};
use agentrun_runtime::call::cost::Price;
use agentrun_runtime::call::guardrail::Chain;
use agentrun_runtime::call::meter::Meter;
use agentrun_runtime::call::provider::build;
use agentrun_runtime::call::provider::endpoint::{Endpoint, Kind};
use agentrun_runtime::call::request::CallRequest;
use agentrun_runtime::call::router::catalog::{Candidate, Catalog, Pool};
use agentrun_runtime::call::screen::{Nobody, Screen};
use agentrun_runtime::call::{CallLine, Shared};
use agentrun_runtime::chat::{Message, Role};
use agentrun_runtime::clock::{Clock, SystemClock};
use agentrun_runtime::machine::{CallModel, EffectId, Output, Scope, Spending};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};

/// A server that gives the same answer to every request, over connections that stay open.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    url
}

fn serve(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let body = json!({
        "id": "1",
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    })
    .to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        bytes.extend(buffer.iter().take(n));
        if is_whole(&bytes) {
            bytes.clear();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn line(url: &str) -> CallLine {
    let endpoint = Endpoint {
        name: "local".into(),
        kind: Kind::Compatible,
        url: Some(url.into()),
        key: None,
        headers: Vec::new(),
    };
    let candidate = Candidate {
        target: "local/m".into(),
        model: "m".into(),
        keys: vec![build(&endpoint)],
        price: Some(Price::FREE),
        first_token: Duration::from_secs(30),
        weight: 1.0,
    };
    let model = Model {
        name: "fast".into(),
        doc: None,
        span: Span::default(),
        targets: None,
        strategy: Strategy::Failover,
        weights: Vec::new(),
        retry: 0,
        timeout: None,
        max_tokens: 256,
        temperature: None,
        price: None,
        key: None,
        url: None,
        exec: None,
        routes: Vec::new(),
        judge: None,
    };
    let catalog = Catalog::of(vec![Pool::new(&model, vec![candidate])]);
    CallLine::new(
        Shared::new(Arc::new(SystemClock::new())),
        Arc::new(catalog),
        Chain::default(),
        PathBuf::new(),
    )
}

fn request(program: &Arc<Program>) -> CallRequest {
    let bounds = Bounds { cost: Some(1_000_000_000), calls: Some(u64::MAX), ..Bounds::default() };
    CallRequest {
        run: "run".into(),
        effect: EffectId("main/say#1".into()),
        scopes: vec![Scope { id: "agent Main".into(), bounds, spent: Spending::default() }],
        time_left: Some(60_000),
        program: Arc::clone(program),
        call: CallModel {
            pool: ModelId(0),
            messages: vec![Message::text(Role::System, "Be brief."), Message::text(Role::User, QUESTION)],
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
        },
        screen: Screen::new(Arc::new(Nobody)),
        meter: Arc::new(Meter::default()),
    }
}

const QUESTION: &str = "Where is order o1, and when does it arrive? Answer in one sentence.";

async fn ask_directly(client: &reqwest::Client, url: &str) -> Value {
    let body = json!({
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}],
        "max_tokens": 256,
    });
    client.post(format!("{url}/chat/completions")).json(&body).send().await.unwrap().json().await.unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn call(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = server();
    let line = line(&url);
    let program = Arc::new(Program {
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
    });
    assert!(runtime.block_on(line.perform(request(&program))).result.is_ok());
    // The line's first call has put the crypto provider in place that a client asks for.
    let client = reqwest::Client::builder().tcp_nodelay(true).build().unwrap();
    let mut group = criterion.benchmark_group("call");
    group.bench_function("direct", |bencher| {
        bencher.iter(|| runtime.block_on(ask_directly(&client, &url)));
    });
    group.bench_function("line", |bencher| {
        bencher.iter(|| runtime.block_on(line.perform(request(&program))));
    });
    group.bench_function("overhead", |bencher| {
        let clock = SystemClock::new();
        bencher.iter_custom(|iterations| {
            let (mut direct, mut through) = (Vec::new(), Vec::new());
            for _ in 0..iterations.max(100) {
                let start = clock.elapsed();
                runtime.block_on(ask_directly(&client, &url));
                let middle = clock.elapsed();
                runtime.block_on(line.perform(request(&program)));
                direct.push(middle.saturating_sub(start));
                through.push(clock.elapsed().saturating_sub(middle));
            }
            let difference = median(through).saturating_sub(median(direct));
            difference * u32::try_from(iterations).unwrap_or(u32::MAX)
        });
    });
    group.finish();
}

criterion_group!(benches, call);
criterion_main!(benches);
