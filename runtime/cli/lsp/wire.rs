//! The protocol's frames: a header with a length, then JSON. What cannot be read is answered and passed over, so that
//! one bad message does not end a session.

use std::io::{self, BufRead, Read as _, Write};

use serde::Deserialize;
use serde_json::{Value, json};

/// More than any file an editor holds.
const MOST: usize = 64 << 20;
/// More than any header.
const MOST_HEADER: u64 = 8 << 10;

/// A message of the client.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct Message {
    /// A request's; a notification has none.
    pub(super) id: Option<Value>,
    /// What is asked; an answer to a request of ours has none.
    pub(super) method: Option<String>,
    #[serde(default)]
    pub(super) params: Value,
}

/// What was read.
#[derive(Debug)]
pub(super) enum Read {
    Message(Message),
    /// A frame whose content is no message.
    Malformed(String),
    /// The client is gone, or what it sends has no frames.
    End,
}

/// Reads one frame.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Read> {
    let Some(length) = header(input)? else { return Ok(Read::End) };
    if length > MOST {
        io::copy(&mut input.by_ref().take(length as u64), &mut io::sink())?;
        return Ok(Read::Malformed(format!("a message of {length} bytes is too long")));
    }
    let mut content = Vec::new();
    input.by_ref().take(length as u64).read_to_end(&mut content)?;
    if content.len() < length {
        return Ok(Read::End);
    }
    Ok(match serde_json::from_slice::<Message>(&content) {
        Ok(message) => Read::Message(message),
        Err(error) => Read::Malformed(error.to_string()),
    })
}

/// The content's length; `None` at the end, or where no header can be told from the content any more.
fn header(input: &mut impl BufRead) -> io::Result<Option<usize>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        input.by_ref().take(MOST_HEADER).read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(length);
        }
        let Some((name, value)) = line.split_once(':') else { return Ok(None) };
        if name.trim().eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
}

/// Writes one frame.
pub(super) fn write(out: &mut impl Write, content: &Value) -> io::Result<()> {
    let text = content.to_string();
    write!(out, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    out.flush()
}

/// Why a request has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: String,
}

impl Refusal {
    pub(super) const PARSE: i64 = -32700;
    pub(super) const INVALID_REQUEST: i64 = -32600;
    pub(super) const NO_METHOD: i64 = -32601;
    pub(super) const INVALID_PARAMS: i64 = -32602;
    pub(super) const NOT_INITIALIZED: i64 = -32002;
    pub(super) const CANCELED: i64 = -32800;
    pub(super) const FAILED: i64 = -32803;

    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The answer to a request.
pub(super) fn answer(id: &Value, result: &Result<Value, Refusal>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(refusal) => json!({
            "jsonrpc": "2.0",
            "id": id,
            "error": { "code": refusal.code, "message": refusal.message },
        }),
    }
}

/// Something that the client is told.
pub(super) fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}
