//! Replies from a file, for runs without a model: examples, tests, offline work. It never passes for a model: the
//! model's name in its replies is `script`.

mod play;
mod script;

pub use play::{Asked, Cue, Path, Play, path};
pub use script::{AnswerLine, ModelFault, ModelReplyLine, Script, ScriptError};

use std::sync::Arc;

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

/// Answers from a [`Play`]; each state has its own place in it, which moves on with every attempt.
pub(super) struct Scripted {
    endpoint: Endpoint,
    play: Arc<Play>,
}

impl Scripted {
    pub(super) fn new(endpoint: Endpoint, play: Arc<Play>) -> Self {
        Self { endpoint, play }
    }

    fn line(&self, request: &ModelRequest) -> Result<&ModelReplyLine, ProviderError> {
        let cue = Cue { effect: &request.effect, state: &request.state };
        let line = self.play.model(cue, &self.endpoint.name, &request.messages);
        line.ok_or_else(|| self.missing(&request.state))
    }

    fn missing(&self, state: &str) -> ProviderError {
        let name = &self.play.script().name;
        let said = format!("`{name}` has no reply for `{state}`: add `\"{state}\": [\"…\"]` under `replies`");
        ProviderError::of(ErrorClass::NotConfigured, said)
    }

    async fn answer(
        &self,
        request: &ModelRequest,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<ModelReply, ProviderError> {
        let line = self.line(request)?;
        sleep(self.play.script().delay).await;
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
            // The host ends a call that begins so; of one under way this is an attempt that cannot be read as any type.
            ModelReplyLine::Ends(event, _) if event == "invalid" => {
                self.tell("\u{2205}", &mut assembly).await;
            }
            ModelReplyLine::Ends(_, words) => {
                return Err(assembly.fail(ProviderError::of(ErrorClass::BadRequest, words.clone())));
            }
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
            if !rest.is_empty() && !self.play.script().pace.is_zero() {
                sleep(self.play.script().pace).await;
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
