//! Replies from a file, for runs without a model: examples, tests, offline work. It never passes for a model: the
//! model's name in its replies is `script`.

mod script;

pub use script::{ModelFault, ModelReplyLine, Script, ScriptError, ToolLine};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::time::sleep;

use super::assemble::Assembly;
use super::endpoint::Endpoint;
use super::{Caps, Delta, ErrorClass, ModelReply, ModelRequest, Provider, ProviderError, caps};
use crate::chat::{Message, Part, Usage};

/// Bytes a delta holds at least.
const PIECE: usize = 12;
/// What a byte count is divided by to guess tokens.
const BYTES_PER_TOKEN: u64 = 4;

/// Answers from a [`Script`]; each state has its own place in it, which moves on with every attempt.
pub(super) struct Scripted {
    endpoint: Endpoint,
    script: Arc<Script>,
    next: Mutex<HashMap<String, usize>>,
}

impl Scripted {
    pub(super) fn new(endpoint: Endpoint, script: Arc<Script>) -> Self {
        Self { endpoint, script, next: Mutex::new(HashMap::new()) }
    }

    fn line(&self, state: &str) -> Result<&ModelReplyLine, ProviderError> {
        let Some((key, lines)) = self.script.replies_of(state) else { return Err(self.missing(state)) };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever falls back to `*` keeps a place of its own.
        let place = next.entry(if key == "*" { format!("* {state}") } else { state.to_owned() }).or_insert(0);
        let line = lines.get(*place).or(lines.last());
        *place += 1;
        line.ok_or_else(|| self.missing(state))
    }

    fn missing(&self, state: &str) -> ProviderError {
        let name = &self.script.name;
        let said = format!("`{name}` has no reply for `{state}`: add `\"{state}\": [\"…\"]` under `replies`");
        ProviderError::of(ErrorClass::NotConfigured, said)
    }

    async fn answer(
        &self,
        request: &ModelRequest,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<ModelReply, ProviderError> {
        let line = self.line(&request.state)?;
        sleep(self.script.delay).await;
        let mut assembly = Assembly::new(request, sink);
        assembly.model = Some("script".into());
        assembly.usage.input = Some(tokens(request.messages.iter().map(message_bytes).sum()));
        match line {
            ModelReplyLine::Text(text) => self.tell(text, &mut assembly).await,
            ModelReplyLine::Calls { text, calls } => {
                self.tell(text, &mut assembly).await;
                for (n, (name, arguments)) in calls.iter().enumerate() {
                    assembly.call(n as u64, None, Some(name), |call| call.object = Some(arguments.clone()));
                }
            }
            ModelReplyLine::Refusal(words) => assembly.refusal.clone_from(words),
            ModelReplyLine::Fault(fault) => {
                self.tell(&fault.text, &mut assembly).await;
                let error = ProviderError::of(fault.class, fault.message.clone());
                return Err(assembly.fail(ProviderError { retry_after: fault.retry_after, ..error }));
            }
        }
        let calls: usize = match line {
            ModelReplyLine::Calls { calls, .. } => {
                calls.iter().map(|(name, args)| name.len() + args.to_string().len()).sum()
            }
            _ => 0,
        };
        let written = assembly.text.len() + assembly.refusal.len() + calls;
        assembly.usage = Usage { output: Some(tokens(written)), ..assembly.usage };
        assembly.finish()
    }

    async fn tell(&self, text: &str, assembly: &mut Assembly<'_>) {
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = PIECE.min(rest.len());
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            let (piece, tail) = rest.split_at(end);
            assembly.text(piece);
            rest = tail;
            if !rest.is_empty() && !self.script.pace.is_zero() {
                sleep(self.script.pace).await;
            }
        }
    }
}

impl Provider for Scripted {
    fn caps(&self, model: &str) -> Caps {
        caps::of(&self.endpoint, model)
    }

    fn complete<'a>(
        &'a self,
        request: &'a ModelRequest,
        sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>> {
        self.answer(request, sink).boxed()
    }
}

fn message_bytes(message: &Message) -> usize {
    let part = |part: &Part| match part {
        Part::Text(text) => text.len(),
        Part::Media(_) => 0,
        Part::ToolCall(call) => call.name.len() + call.arguments.to_string().len(),
        Part::ToolResult(result) => result.content.len(),
    };
    message.parts.iter().map(part).sum()
}

fn tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}
