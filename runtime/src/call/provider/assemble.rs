//! Puts an answer together from what a dialect reads, whether it came whole or in pieces, and passes each piece on.

use std::collections::HashSet;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::secrets::Secrets;
use super::{Delta, ErrorClass, MOST_CALLS, ModelReply, ModelRequest, ProviderError, fault};
use crate::chat::{FinishReason, ToolCall, Usage};

/// The most characters of a call's name: no tool's is longer.
const NAME_CAP: usize = 128;

/// An answer in the making.
pub(super) struct Assembly<'a> {
    sink: Option<&'a mut (dyn FnMut(Delta) + Send)>,
    seed: &'a str,
    /// What no piece may show.
    pub(super) secrets: Secrets,
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) refusal: String,
    calls: Vec<Draft>,
    /// More calls came than are taken.
    calls_overflow: bool,
    pub(super) finish: Option<FinishReason>,
    pub(super) usage: Usage,
    pub(super) model: Option<String>,
    pub(super) request_id: Option<String>,
}

/// A tool call in the making.
#[derive(Default)]
pub(super) struct Draft {
    index: u64,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
    /// Arguments that came as JSON, not as text.
    pub(super) object: Option<Value>,
    pub(super) echo: Option<Value>,
    announced: bool,
}

impl<'a> Assembly<'a> {
    /// `sink` hears of each piece where `request` wants a stream.
    pub(super) fn new(request: &'a ModelRequest, sink: &'a mut (dyn FnMut(Delta) + Send)) -> Self {
        Self {
            sink: request.stream.then_some(sink),
            seed: &request.idempotency_key,
            secrets: Secrets::default(),
            text: String::new(),
            reasoning: String::new(),
            refusal: String::new(),
            calls: Vec::new(),
            calls_overflow: false,
            finish: None,
            usage: Usage::default(),
            model: None,
            request_id: None,
        }
    }

    /// Whether the answer was asked for as a stream.
    pub(super) fn wants_stream(&self) -> bool {
        self.sink.is_some()
    }

    pub(super) fn text(&mut self, piece: &str) {
        if !piece.is_empty() {
            let piece = self.secrets.out_of_text(piece).into_owned();
            self.text.push_str(&piece);
            self.tell(|| Delta::Text(piece));
        }
    }

    pub(super) fn reasoning(&mut self, piece: &str) {
        if !piece.is_empty() {
            self.reasoning.push_str(piece);
            self.tell(|| Delta::Reasoning(piece.to_owned()));
        }
    }

    /// Changes the call at `index`, which begins where it is new. Servers that number every call 0 are told apart
    /// by `id`.
    pub(super) fn call(
        &mut self,
        index: u64,
        id: Option<&str>,
        name: Option<&str>,
        change: impl FnOnce(&mut Draft),
    ) {
        let (id, name) = (id.unwrap_or_default(), name.unwrap_or_default());
        let same =
            |call: &&mut Draft| call.index == index && (id.is_empty() || call.id.is_empty() || call.id == id);
        let first_named = if let Some(call) = self.calls.iter_mut().rev().find(same) {
            change(call);
            call.named(id, name)
        } else if self.calls.len() == MOST_CALLS {
            self.calls_overflow = true;
            None
        } else {
            let mut call = Draft { index, ..Draft::default() };
            change(&mut call);
            let first_named = call.named(id, name);
            self.calls.push(call);
            first_named
        };
        if let Some(name) = first_named {
            self.tell(|| Delta::ToolCall(name));
        }
    }

    /// True once anything that a reader waits for has come.
    pub(super) fn has_content(&self) -> bool {
        !(self.text.is_empty()
            && self.reasoning.is_empty()
            && self.refusal.is_empty()
            && self.calls.is_empty())
    }

    /// True once more calls came than are taken: nothing that follows can mend that.
    pub(super) fn is_flooded(&self) -> bool {
        self.calls_overflow
    }

    /// How many calls have begun.
    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }

    /// The first call that has begun.
    pub(super) fn first_call(&mut self) -> Option<&mut Draft> {
        self.calls.first_mut()
    }

    /// The same error with what had come before it.
    pub(super) fn fail(self, error: ProviderError) -> ProviderError {
        ProviderError { partial: self.text, usage: self.usage, ..error }
    }

    /// The stream ended without the mark that ends it.
    pub(super) fn cut(self, marker: &str) -> ProviderError {
        self.fail(ProviderError::of(
            ErrorClass::Truncated,
            format!("the stream ended without `{marker}`: the answer is cut off"),
        ))
    }

    /// The answer; an error where there is nothing in it.
    pub(super) fn finish(self) -> Result<ModelReply, ProviderError> {
        let refused = !self.refusal.is_empty();
        let finish = match self.finish.clone() {
            Some(FinishReason::Stop) | None if !self.calls.is_empty() => FinishReason::ToolCalls,
            Some(finish) => finish,
            None => FinishReason::Stop,
        };
        // A model that thought until its tokens ran out has answered: with nothing, and `Length` says why.
        let explained = matches!(finish, FinishReason::Length | FinishReason::ContentFilter);
        if self.text.is_empty() && self.calls.is_empty() && !refused && !explained {
            return Err(self.fail(ProviderError::of(
                ErrorClass::Empty,
                "the answer has neither text nor tool calls".into(),
            )));
        }
        if self.calls_overflow {
            let said = format!("the answer asks for more than {MOST_CALLS} tools at once");
            return Err(self.fail(ProviderError::of(ErrorClass::BadFormat, said)));
        }
        let seed = self.seed;
        let mut ids = HashSet::new();
        let mut tool_calls = Vec::with_capacity(self.calls.len());
        for (n, call) in self.calls.into_iter().enumerate() {
            let call = call.finish();
            // Results are told apart by it.
            let id = Some(call.id).filter(|id| !id.is_empty() && ids.insert(id.clone()));
            tool_calls.push(ToolCall { id: id.unwrap_or_else(|| our_id(seed, n)), ..call });
        }
        Ok(ModelReply {
            text: self.text,
            tool_calls,
            finish,
            refusal: refused.then_some(self.refusal),
            usage: self.usage,
            model: self.model,
            request_id: self.request_id,
        })
    }

    fn tell(&mut self, delta: impl FnOnce() -> Delta) {
        if let Some(sink) = &mut self.sink {
            sink(delta());
        }
    }
}

impl Draft {
    /// Takes what is new of id and name; gives the name back when it is first known.
    fn named(&mut self, id: &str, name: &str) -> Option<String> {
        if self.id.is_empty() {
            id.clone_into(&mut self.id);
        }
        if self.name.is_empty() {
            self.name = fault::cut(name, NAME_CAP);
        }
        let first = !self.name.is_empty() && !std::mem::replace(&mut self.announced, !self.name.is_empty());
        first.then(|| self.name.clone())
    }

    /// The call; its id is empty where it has none.
    fn finish(self) -> ToolCall {
        let arguments = self.object.unwrap_or_else(|| arguments(&self.arguments));
        ToolCall { id: self.id, name: self.name, arguments, echo: self.echo }
    }
}

/// Reads a call's arguments: nothing is an empty object, what is no JSON stays a string.
pub(super) fn arguments(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// An id where the provider gave none: nine letters and digits, for Mistral takes nothing else, and the same
/// whenever the same call is repeated.
pub(super) fn our_id(seed: &str, n: usize) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let hash = Sha256::digest(format!("{seed}\n{n}"));
    hash.iter()
        .take(9)
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|c| char::from(*c))
        .collect()
}
