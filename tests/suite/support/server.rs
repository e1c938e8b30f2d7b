//! Providers that misbehave on purpose, over real sockets on loopback. One behaviour a request, the last repeats.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What one request gets.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// A good answer, streamed where a stream was asked for.
    Says(&'static str),
    /// A status with headers and a body.
    Status(u16, &'static [(&'static str, &'static str)], &'static str),
    /// Nothing, ever.
    Hangs,
    /// The head and this much of a stream's text, then a closed socket.
    CutAfter(&'static str),
    /// 200 with a body that is no JSON.
    Garbage,
    /// 200 with nothing in it.
    Empty,
    /// A refusal in the provider's own form.
    Refuses,
}

/// The dialect a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Chat completions.
    OpenAi,
    /// Messages.
    Anthropic,
}

/// A server on a port of its own.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
    keys: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one.
    pub(crate) fn start(dialect: Dialect, behaviours: Vec<Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let keys = Arc::new(Mutex::new(Vec::new()));
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let (count, kept, heard) = (requests.clone(), keys.clone(), bodies.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, behaviours) = (count.clone(), behaviours.clone());
                let (kept, heard) = (kept.clone(), heard.clone());
                std::thread::spawn(move || serve(&stream, dialect, &behaviours, &count, &kept, &heard));
            }
        });
        Self { url, requests, keys, bodies }
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// What they said, in order.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// The keys they brought, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.keys.lock().unwrap().clone()
    }
}

fn serve(
    stream: &TcpStream,
    dialect: Dialect,
    behaviours: &[Behaviour],
    count: &AtomicUsize,
    kept: &Mutex<Vec<String>>,
    heard: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(stream);
    while let Some((key, body)) = request(&mut reader) {
        kept.lock().unwrap().push(key);
        heard.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let streams = json.get("stream").and_then(serde_json::Value::as_bool).unwrap_or(false);
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let behaviour = behaviours.get(turn).or(behaviours.last()).unwrap();
        if !answer(stream, dialect, behaviour, streams) {
            return;
        }
    }
}

/// The key and the body of the next request.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut length = 0;
    let mut key = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if let Some((name, value)) = line.split_once(':')
            && ["authorization", "x-api-key"].contains(&name.to_ascii_lowercase().as_str())
        {
            key = value.trim().trim_start_matches("Bearer ").to_string();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((key, body))
}

/// Answers; false where the connection is to be closed.
fn answer(mut stream: &TcpStream, dialect: Dialect, behaviour: &Behaviour, streams: bool) -> bool {
    let mut send = |text: &str| stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).is_ok();
    let whole = |status: u16, headers: &str, kind: &str, body: &str| {
        format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    match behaviour {
        Behaviour::Says(text) if streams => {
            send(&(HEAD.to_string() + &events(dialect, text) + end(dialect)));
            false
        }
        Behaviour::Says(text) => send(&whole(200, "", "application/json", &plain(dialect, text))),
        Behaviour::Status(status, headers, body) => {
            let headers: String =
                headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
            send(&whole(*status, &headers, "application/json", body))
        }
        Behaviour::Hangs => {
            std::thread::sleep(Duration::from_secs(30));
            false
        }
        Behaviour::CutAfter(text) => {
            if streams {
                send(HEAD);
                send(&events(dialect, text));
                std::thread::sleep(Duration::from_millis(50));
            } else {
                send(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n{\"choices\": [",
                );
            }
            false
        }
        Behaviour::Garbage => send(&whole(200, "", "application/json", "<html>gateway</html>")),
        Behaviour::Empty => send(&whole(200, "", "application/json", "")),
        Behaviour::Refuses => {
            if streams {
                send(&(HEAD.to_string() + refusal_events(dialect)));
                false
            } else {
                send(&whole(200, "", "application/json", refusal(dialect)))
            }
        }
    }
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn plain(dialect: Dialect, text: &str) -> String {
    let text = quoted(text);
    match dialect {
        Dialect::OpenAi => format!(
            r#"{{"id":"c1","object":"chat.completion","model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":{text}}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}}}"#
        ),
        Dialect::Anthropic => format!(
            r#"{{"id":"m1","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":{text}}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":10,"output_tokens":5}}}}"#
        ),
    }
}

fn events(dialect: Dialect, text: &str) -> String {
    let mut all = match dialect {
        Dialect::OpenAi => "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n".to_string(),
        Dialect::Anthropic => "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n".to_string(),
    };
    for word in text.split_inclusive(' ') {
        let word = quoted(word);
        all += &match dialect {
            Dialect::OpenAi => format!(
                "data: {{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{word}}},\"finish_reason\":null}}]}}\n\n"
            ),
            Dialect::Anthropic => format!(
                "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":{word}}}}}\n\n"
            ),
        };
    }
    all
}

fn end(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => {
            "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\ndata: [DONE]\n\n"
        }
        Dialect::Anthropic => {
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        }
    }
}

fn refusal(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => {
            r#"{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"I can't help with that."},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}"#
        }
        Dialect::Anthropic => {
            r#"{"id":"m1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"refusal","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":1}}"#
        }
    }
}

fn refusal_events(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => {
            "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"refusal\":\"I can't help with that.\"},\"finish_reason\":null}]}\n\ndata: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        }
        Dialect::Anthropic => {
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        }
    }
}
