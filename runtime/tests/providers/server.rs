//! A server that plays a part, byte by byte: it can dawdle, stop in the middle, or hang up.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// One thing that it does on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends nothing for so many milliseconds.
    Pause(u64),
    /// Keeps the connection open and says no more.
    Hang,
}

/// A request that it got.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// `/v1/chat/completions?x=y`.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Its JSON.
    pub(crate) body: Value,
}

/// The server; every connection plays the same part once.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Server {
    /// Plays `acts` to whoever comes.
    pub(crate) fn playing(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sent = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (acts, log) = (acts.clone(), Arc::clone(&log));
                std::thread::spawn(move || play(stream.unwrap(), &acts, &log));
            }
        });
        Self { url, sent }
    }

    /// The requests that came.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

impl Sent {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

fn play(mut stream: TcpStream, acts: &[Act], log: &Mutex<Vec<Sent>>) {
    stream.set_nodelay(true).unwrap();
    let Some(sent) = read_request(&mut stream) else { return };
    log.lock().unwrap().push(sent);
    for act in acts {
        match act {
            // Whoever hung up first does not want the rest.
            Act::Send(bytes) => {
                if stream.write_all(bytes).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Act::Pause(millis) => std::thread::sleep(Duration::from_millis(*millis)),
            Act::Hang => {
                // Until the client gives up.
                let _ = stream.read(&mut [0; 1]);
            }
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Sent> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().unwrap();
    let mut body = bytes[head_end + 4..].to_vec();
    let have = body.len();
    body.resize(length, 0);
    stream.read_exact(&mut body[have..]).ok()?;
    Some(Sent { path, headers, body: serde_json::from_slice(&body).unwrap() })
}
