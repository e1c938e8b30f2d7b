//! A client of the language server: frames over the pipes of a real process.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// No answer takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A session with `agentrun lsp`.
pub(crate) struct Session {
    child: Child,
    input: Option<ChildStdin>,
    received: Receiver<Value>,
    /// Read while something else was waited for.
    kept: VecDeque<Value>,
    next: i64,
}

impl Session {
    /// Starts the server, without a word yet.
    pub(crate) fn spawn() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_agentrun"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, received) = channel();
        thread::spawn(move || {
            while let Some(message) = frame(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { input: child.stdin.take(), child, received, kept: VecDeque::new(), next: 0 }
    }

    /// Starts the server and says hello, with a folder and the encodings that the client knows.
    pub(crate) fn start(root: &str, encodings: &[&str]) -> (Self, Value) {
        let mut session = Self::spawn();
        let capabilities = json!({
            "general": { "positionEncodings": encodings },
            "textDocument": {
                "completion": { "completionItem": { "snippetSupport": true } },
                "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
            },
        });
        let params = json!({
            "processId": null,
            "rootUri": root,
            "workspaceFolders": [{ "uri": root, "name": "root" }],
            "capabilities": capabilities,
        });
        let result = session.ask("initialize", &params).unwrap();
        session.tell("initialized", &json!({}));
        (session, result)
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// A notification.
    pub(crate) fn tell(&mut self, method: &str, params: &Value) {
        let text = framed(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
        self.raw(&text);
    }

    /// A request, and its result or its error.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        self.next += 1;
        let id = json!(self.next);
        let text = framed(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.raw(&text);
        self.answer(&id)
    }

    /// The answer to a request.
    pub(crate) fn answer(&mut self, id: &Value) -> Result<Value, Value> {
        let found = self.until(|message| message.get("id") == Some(id) && message.get("method").is_none());
        match found.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(found["result"].clone()),
        }
    }

    /// The next findings of a file.
    pub(crate) fn findings(&mut self, uri: &str) -> Vec<Value> {
        let found = self.until(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        });
        found["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&is_it) {
            return self.kept.remove(at).unwrap();
        }
        loop {
            let message = self.received.recv_timeout(PATIENCE).expect("the server says nothing");
            if is_it(&message) {
                return message;
            }
            self.kept.push_back(message);
        }
    }

    /// Opens a text.
    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "agent", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Closes the pipe; the exit code.
    pub(crate) fn hang_up(mut self) -> Option<i32> {
        self.input = None;
        self.child.wait().unwrap().code()
    }

    /// `shutdown` and `exit`; the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", &Value::Null), Ok(Value::Null));
        self.tell("exit", &Value::Null);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message with its header.
pub(crate) fn framed(message: &Value) -> Vec<u8> {
    let text = message.to_string();
    format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

fn frame(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => length = line.strip_prefix("Content-Length: ").map_or(length, |n| n.parse().unwrap()),
        }
    }
    let mut content = vec![0; length];
    output.read_exact(&mut content).ok()?;
    serde_json::from_slice(&content).ok()
}
