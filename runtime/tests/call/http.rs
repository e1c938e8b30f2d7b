//! The same over real HTTP: servers on loopback that misbehave, providers that speak to them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agentrun_runtime::call::Shared;
use agentrun_runtime::call::provider::endpoint::{Endpoint, Kind};
use agentrun_runtime::call::provider::{Provider, build};
use agentrun_runtime::call::router::catalog::{Candidate, Pool};
use agentrun_runtime::clock::{Clock as _, SystemClock};
use agentrun_runtime::machine::{Answer, Outcome};

use crate::support::{Stage, candidate, model};

/// What a server does with one request, after which it hangs up.
#[derive(Clone)]
enum Part {
    /// Sends these bytes.
    Send(String),
    /// Says nothing until the client gives up.
    Hang,
}

/// A server that plays one part after another, a connection each; the last one again and again.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn playing(parts: Vec<Vec<Part>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let (count, log) = (Arc::clone(&asked), Arc::clone(&bodies));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (parts, count, log) = (parts.clone(), Arc::clone(&count), Arc::clone(&log));
                std::thread::spawn(move || serve(stream.unwrap(), &parts, &count, &log));
            }
        });
        Self { url, asked, bodies }
    }

    fn times(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn provider(&self) -> Arc<dyn Provider> {
        provider(&self.url)
    }
}

fn provider(url: &str) -> Arc<dyn Provider> {
    build(&Endpoint {
        name: "local".into(),
        kind: Kind::Compatible,
        url: Some(url.into()),
        key: None,
        headers: Vec::new(),
    })
}

fn serve(mut stream: TcpStream, parts: &[Vec<Part>], count: &AtomicUsize, log: &Mutex<Vec<String>>) {
    let Some(body) = read_request(&mut stream) else { return };
    log.lock().unwrap().push(body);
    let n = count.fetch_add(1, Ordering::Relaxed).min(parts.len() - 1);
    for part in &parts[n] {
        match part {
            Part::Send(text) => stream.write_all(text.as_bytes()).unwrap(),
            Part::Hang => drop(stream.read(&mut [0; 1])),
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(body.to_string());
            }
        }
    }
}

fn send(text: impl Into<String>) -> Vec<Part> {
    vec![Part::Send(text.into())]
}

fn status(status: &str, headers: &str, body: &str) -> Vec<Part> {
    let length = body.len();
    send(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

fn says(message: &str) -> Vec<Part> {
    status(
        "200 OK",
        "",
        &format!(
            r#"{{"id":"1","model":"m","choices":[{{"index":0,"message":{{"role":"assistant",{message}}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":100,"completion_tokens":10}}}}"#
        ),
    )
}

fn well() -> Vec<Part> {
    says(r#""content":"hello""#)
}

/// A stream of these events, broken off without an end mark.
fn stream(events: &[&str]) -> Vec<Part> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    send(format!("{head}data: {}\n\n", events.join("\n\ndata: ")))
}

const ROLE: &str = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
const GOOD: &str = r#"{"choices":[{"index":0,"delta":{"content":"good "}}]}"#;
const DAY: &str = r#"{"choices":[{"index":0,"delta":{"content":"day"}}]}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

fn streamed() -> Vec<Part> {
    stream(&[ROLE, GOOD, DAY, STOP, "[DONE]"])
}

fn and_hang(mut parts: Vec<Part>) -> Vec<Part> {
    parts.push(Part::Hang);
    parts
}

/// What the first server does, how often both are asked, and what comes of it.
struct Row(&'static str, Vec<Vec<Part>>, [usize; 2], &'static str);

fn whole() -> Vec<Row> {
    let error = |status_line, body| status(status_line, "", body);
    vec![
        Row(
            "429",
            vec![status(
                "429 Too Many Requests",
                "retry-after: 20\r\n",
                r#"{"error":{"message":"slow down"}}"#,
            )],
            [1, 1],
            "ok: hello",
        ),
        Row("500", vec![error("500 Internal Server Error", "{}")], [1, 1], "ok: hello"),
        Row("hang", vec![vec![Part::Hang]], [1, 1], "ok: hello"),
        Row(
            "cut body",
            vec![send(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"choices\"",
            )],
            [1, 1],
            "ok: hello",
        ),
        Row("no JSON", vec![error("200 OK", "<html>")], [1, 1], "ok: hello"),
        Row("empty", vec![says(r#""content":"""#)], [1, 1], "ok: hello"),
        Row("501", vec![error("501 Not Implemented", "{}")], [1, 1], "ok: hello"),
        Row(
            "401",
            vec![error(
                "401 Unauthorized",
                r#"{"error":{"message":"no such key","code":"invalid_api_key"}}"#,
            )],
            [1, 1],
            "ok: hello",
        ),
        Row(
            "quota",
            vec![error(
                "429 Too Many Requests",
                r#"{"error":{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            )],
            [1, 1],
            "ok: hello",
        ),
        Row("404", vec![error("404 Not Found", r#"{"error":{"message":"no model"}}"#)], [1, 1], "ok: hello"),
        Row("closed at once", vec![Vec::new()], [1, 1], "ok: hello"),
        Row(
            "400",
            vec![error("400 Bad Request", r#"{"error":{"message":"no such field"}}"#)],
            [1, 0],
            "failed: pool `fast`: p0/m turned the request down: a bad request (400): no such field",
        ),
        Row(
            "refusal",
            vec![says(r#""content":null,"refusal":"I will not.""#)],
            [1, 0],
            "refused: pool `fast`: p0/m refused: I will not.",
        ),
    ]
}

fn streams() -> Vec<Row> {
    vec![
        Row("well", vec![streamed()], [1, 0], "ok: good day | 1> p0/m, 1 good , 1 day"),
        Row(
            "cut before content",
            vec![stream(&[ROLE])],
            [1, 1],
            "ok: good day | 1> p0/m, 2> p1/m, 2 good , 2 day",
        ),
        Row(
            "error before content",
            vec![stream(&[ROLE, r#"{"error":{"message":"overloaded","code":503}}"#])],
            [1, 1],
            "ok: good day | 1> p0/m, 2> p1/m, 2 good , 2 day",
        ),
        Row(
            "silence before content",
            vec![and_hang(stream(&[ROLE]))],
            [1, 1],
            "ok: good day | 1> p0/m, 2> p1/m, 2 good , 2 day",
        ),
        Row(
            "a broken line",
            vec![stream(&[ROLE, GOOD, "{broken", DAY, STOP, "[DONE]"])],
            [1, 0],
            "ok: good day | 1> p0/m, 1 good , 1 day",
        ),
        Row(
            "cut after content",
            vec![stream(&[ROLE, GOOD])],
            [1, 0],
            "unavailable: pool `fast`: p0/m failed after 5 characters had been shown",
        ),
        Row(
            "silence after content",
            vec![and_hang(stream(&[ROLE, GOOD]))],
            [1, 0],
            "unavailable: pool `fast`: p0/m failed after 5 characters had been shown",
        ),
    ]
}

fn stage(first: Arc<dyn Provider>, second: Arc<dyn Provider>) -> Stage {
    let mut stage = Stage::of(&[]);
    let at = |index, provider| Candidate { keys: vec![provider], ..candidate(index, &[]) };
    let pool = Pool::new(&model(), vec![at(0, first), at(1, second)]);
    stage.pool = Pool { timeout: Some(Duration::from_millis(300)), ..pool };
    stage.shared = Shared::new(Arc::new(SystemClock::new()));
    stage
}

fn told(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(Answer::Model(answer)) => format!("ok: {}", answer.text),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => format!("{}: {}", failure.kind.event(), failure.message),
    }
}

async fn play(rows: Vec<Row>, stream: bool) {
    let mut wrong = Vec::new();
    for Row(what, parts, asked, expected) in rows {
        let first = Server::playing(parts);
        let second = Server::playing(vec![if stream { streamed() } else { well() }]);
        let mut stage = stage(first.provider(), second.provider());
        stage.call.stream = stream;
        let outcome = stage.perform().await;
        // Why an attempt gave nothing has tests of its own.
        let text = stage.reader.text();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('!')).collect();
        let seen = if stream { format!(" | {}", lines.join(", ")) } else { String::new() };
        let found = format!("{}{seen}", told(&outcome));
        let times = [first.times(), second.times()];
        if times != asked || !found.starts_with(expected) {
            wrong.push(format!("{what}: asked {times:?}, {found}\n  expected {asked:?}, {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_fault_of_a_server_leads_where_the_table_says() {
    play(whole(), false).await;
}

#[tokio::test]
async fn every_fault_of_a_stream_leads_where_the_table_says() {
    play(streams(), true).await;
}

#[tokio::test]
async fn a_hang_costs_its_timeout_and_a_fault_next_to_nothing() {
    let clock = SystemClock::new();
    let second = Server::playing(vec![well()]);
    let hang = Server::playing(vec![vec![Part::Hang]]);
    assert_eq!(told(&stage(hang.provider(), second.provider()).perform().await), "ok: hello");
    let waited = clock.elapsed();
    assert!(waited >= Duration::from_millis(300) && waited < Duration::from_millis(600), "{waited:?}");
    let down = Server::playing(vec![status("500 Internal Server Error", "", "{}")]);
    assert_eq!(told(&stage(down.provider(), second.provider()).perform().await), "ok: hello");
    let more = clock.elapsed().saturating_sub(waited);
    assert!(more < Duration::from_millis(200), "{more:?}");
}

#[tokio::test]
async fn a_storm_is_asked_again_as_often_as_the_pool_says_and_ends() {
    let storm =
        Server::playing(vec![status("500 Internal Server Error", "", r#"{"error":{"message":"down"}}"#)]);
    let nobody = provider("http://127.0.0.1:1/v1");
    let mut stage = stage(storm.provider(), nobody);
    stage.pool.retry = 1;
    let told = told(&stage.perform().await);
    assert!(
        told.starts_with(
            "unavailable: no model of pool `fast` answered\n  p0/m: an error of the server (500): down"
        ),
        "{told}"
    );
    assert!(told.contains("\n  p1/m: no connection"), "{told}");
    assert!((1..=2).contains(&storm.times()));
}

#[tokio::test]
async fn dropping_a_call_hangs_up() {
    let hang = Server::playing(vec![vec![Part::Hang]]);
    let stage = stage(hang.provider(), hang.provider());
    let cut = tokio::time::timeout(Duration::from_millis(100), stage.perform()).await;
    assert!(cut.is_err());
    assert_eq!(hang.bodies.lock().unwrap().len(), 1);
    assert_eq!(stage.shared.ledger.rows().len(), 1);
}
