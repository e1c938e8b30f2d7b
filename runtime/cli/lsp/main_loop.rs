//! The session: messages in their order, one after another. What waits behind a message is read first, so that a request
//! that was taken back is never worked on and only the newest text is compiled.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, BufReader, Write};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use agentrun_lang::codes::Code;
use agentrun_lang::ide::Analysis;
use agentrun_lang::loader::ModulePath;
use gen_lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams,
    PublishDiagnosticsParams,
};
use serde_json::{Value, json};

use super::capabilities::{Agreed, agree, result};
use super::documents::{Document, Documents, path_of};
use super::findings;
use super::text::Encoding;
use super::wire::{Message, Read, Refusal, answer, notification, read, write};
use crate::exit::Exit;

/// Messages that may wait to be read.
const MOST_WAITING: usize = 4096;

/// An import that cannot be read.
const UNREADABLE: Code = Code("E0201");

/// A session between `initialize` and `exit`.
pub(super) struct Server {
    pub(super) documents: Documents,
    pub(super) agreed: Agreed,
    analyses: BTreeMap<ModulePath, Rc<Analysis>>,
    /// Open files whose findings are not published yet.
    unsaid: BTreeSet<ModulePath>,
    phase: Phase,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    ShutDown,
}

/// Serves one client on standard input and output, until it says `exit` or goes.
pub(crate) fn serve() -> Exit {
    let (sender, receiver) = sync_channel(MOST_WAITING);
    // It ends with the process at the latest: a read cannot be taken back.
    let reader = thread::Builder::new().spawn(move || {
        let mut input = BufReader::new(io::stdin());
        loop {
            let found = read(&mut input).unwrap_or(Read::End);
            let ends = matches!(found, Read::End);
            if sender.send(found).is_err() || ends {
                return;
            }
        }
    });
    if reader.is_err() {
        return Exit::Failed;
    }
    let mut server = Server::new();
    // A client that is gone reads nothing.
    server.run(&receiver, &mut io::stdout().lock()).unwrap_or(Exit::Failed)
}

impl Server {
    fn new() -> Self {
        let agreed =
            Agreed { encoding: Encoding::Utf16, snippets: false, nested_symbols: false, folders: Vec::new() };
        Self {
            documents: Documents::default(),
            agreed,
            analyses: BTreeMap::new(),
            unsaid: BTreeSet::new(),
            phase: Phase::New,
        }
    }

    fn run(&mut self, receiver: &Receiver<Read>, out: &mut impl Write) -> io::Result<Exit> {
        let mut waiting: VecDeque<Read> = VecDeque::new();
        loop {
            if waiting.is_empty() {
                self.publish(out)?;
                waiting.extend(receiver.recv().ok());
            }
            while let Ok(next) = receiver.try_recv() {
                take_back(&mut waiting, &next, out)?;
                waiting.push_back(next);
            }
            match waiting.pop_front() {
                Some(Read::Message(message)) => {
                    if message.method.as_deref() == Some("exit") && message.id.is_none() {
                        return Ok(self.exit());
                    }
                    self.message(message, out)?;
                }
                Some(Read::Malformed(why)) => {
                    write(out, &answer(&Value::Null, &Err(Refusal::new(Refusal::PARSE, why))))?;
                }
                Some(Read::End) | None => return Ok(self.exit()),
            }
        }
    }

    fn exit(&self) -> Exit {
        if self.phase == Phase::ShutDown { Exit::Done } else { Exit::Failed }
    }

    fn message(&mut self, message: Message, out: &mut impl Write) -> io::Result<()> {
        let Some(method) = message.method else { return Ok(()) };
        let Some(id) = message.id else {
            // one that cannot be read has no answer
            if self.phase == Phase::Running {
                self.notified(&method, message.params, out)?;
            }
            return Ok(());
        };
        let result = match (self.phase, method.as_str()) {
            (Phase::New, "initialize") => self.initialize(message.params),
            (Phase::New, _) => {
                Err(Refusal::new(Refusal::NOT_INITIALIZED, "the first request is `initialize`"))
            }
            (Phase::Running, "initialize") => {
                Err(Refusal::new(Refusal::INVALID_REQUEST, "the session has begun already"))
            }
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            (Phase::ShutDown, _) => Err(Refusal::new(Refusal::INVALID_REQUEST, "the session was shut down")),
            (Phase::Running, _) => self.answer(&method, message.params),
        };
        write(out, &answer(&id, &result))
    }

    fn initialize(&mut self, params: Value) -> Result<Value, Refusal> {
        let invalid = |error: serde_json::Error| Refusal::new(Refusal::INVALID_PARAMS, error.to_string());
        let params: InitializeParams = serde_json::from_value(params).map_err(invalid)?;
        self.agreed = agree(&params);
        self.phase = Phase::Running;
        serde_json::to_value(result(&self.agreed)).map_err(invalid)
    }

    fn notified(&mut self, method: &str, params: Value, out: &mut impl Write) -> io::Result<()> {
        match method {
            "textDocument/didOpen" => {
                let Ok(params) = serde_json::from_value::<DidOpenTextDocumentParams>(params) else {
                    return Ok(());
                };
                let opened = params.text_document;
                let path = path_of(&opened.uri.0);
                let document = Document { uri: opened.uri, version: opened.version, text: opened.text };
                self.documents.open.insert(path.clone(), document);
                self.changed(&path);
            }
            "textDocument/didChange" => {
                let Ok(params) = serde_json::from_value::<DidChangeTextDocumentParams>(params) else {
                    return Ok(());
                };
                let path = path_of(&params.text_document.text_document_identifier.uri.0);
                let Some(document) = self.documents.open.get_mut(&path) else { return Ok(()) };
                document.version = params.text_document.version;
                for change in params.content_changes {
                    document.change(change, self.agreed.encoding);
                }
                self.changed(&path);
            }
            "textDocument/didClose" => {
                let Ok(params) = serde_json::from_value::<DidCloseTextDocumentParams>(params) else {
                    return Ok(());
                };
                let uri = params.text_document.uri;
                let path = path_of(&uri.0);
                self.documents.open.remove(&path);
                self.changed(&path);
                self.unsaid.remove(&path);
                let none = PublishDiagnosticsParams { uri, version: None, diagnostics: Vec::new() };
                return say(out, &none);
            }
            // what lies on the disk may be another text now
            "textDocument/didSave"
            | "workspace/didChangeWatchedFiles"
            | "workspace/didChangeConfiguration" => {
                self.analyses.clear();
                self.unsaid.extend(self.documents.open.keys().cloned());
            }
            _ => {}
        }
        Ok(())
    }

    /// Forgets what hangs on a text, and will say anew what is found there.
    fn changed(&mut self, path: &ModulePath) {
        let hangs = |analysis: &Analysis| {
            let modules = &analysis.compilation.modules.list;
            modules.iter().any(|module| module.path == *path)
                || analysis.compilation.diagnostics.iter().any(|finding| finding.code == UNREADABLE)
        };
        self.analyses.retain(|known, analysis| known != path && !hangs(analysis));
        let unknown = self.documents.open.keys().filter(|path| !self.analyses.contains_key(path));
        self.unsaid.extend(unknown.cloned());
    }

    fn publish(&mut self, out: &mut impl Write) -> io::Result<()> {
        for path in std::mem::take(&mut self.unsaid) {
            let Ok(analysis) = self.analysis(&path) else { continue };
            let Some(document) = self.documents.open.get(&path) else { continue };
            let diagnostics = findings::of(&analysis, &path, &self.documents, self.agreed.encoding);
            let (uri, version) = (document.uri.clone(), Some(document.version));
            say(out, &PublishDiagnosticsParams { uri, version, diagnostics })?;
        }
        Ok(())
    }

    /// The open text of a path.
    pub(super) fn document(&self, path: &ModulePath) -> Result<&Document, Refusal> {
        let missing = || Refusal::new(Refusal::INVALID_PARAMS, format!("`{path}` is not open"));
        self.documents.open.get(path).ok_or_else(missing)
    }

    /// The compiled open text of a path, compiled at most once a version.
    pub(super) fn analysis(&mut self, path: &ModulePath) -> Result<Rc<Analysis>, Refusal> {
        if let Some(known) = self.analyses.get(path) {
            return Ok(Rc::clone(known));
        }
        self.document(path)?;
        let analysis = Rc::new(Analysis::of(path, &self.documents));
        self.analyses.insert(path.clone(), Rc::clone(&analysis));
        Ok(analysis)
    }
}

/// A request that is taken back while it waits is answered at once.
fn take_back(waiting: &mut VecDeque<Read>, next: &Read, out: &mut impl Write) -> io::Result<()> {
    let Read::Message(Message { method: Some(method), params, id: None }) = next else { return Ok(()) };
    let Some(id) = params.get("id").filter(|_| method == "$/cancelRequest") else { return Ok(()) };
    let is_it = |read: &Read| matches!(read, Read::Message(message) if message.id.as_ref() == Some(id) && message.method.is_some());
    let Some(at) = waiting.iter().position(is_it) else { return Ok(()) };
    waiting.remove(at);
    let refusal = Refusal::new(Refusal::CANCELED, "the request was taken back");
    write(out, &answer(id, &Err(refusal)))
}

fn say(out: &mut impl Write, params: &PublishDiagnosticsParams) -> io::Result<()> {
    let params = serde_json::to_value(params).unwrap_or_else(|_| json!({}));
    write(out, &notification("textDocument/publishDiagnostics", &params))
}
