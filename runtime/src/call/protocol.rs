//! How a question is put to a model: the conversation, the tools, the type that is asked for, and re-asks.

use super::estimate;
use super::provider::{Caps, ModelReply, ModelRequest, Timeouts, ToolChoice};
use super::request::CallRequest;
use super::router::Route;
use super::router::catalog::Candidate;
use crate::chat::{Message, Role};

/// How tools are offered to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// By the provider's own tool calls.
    Native,
}

/// A request as it goes out, and how it was put.
pub struct Asked {
    /// The request.
    pub request: ModelRequest,
    /// How its tools were offered.
    pub protocol: Protocol,
}

/// The conversation of one call: what the program asked, and what was said about wrong answers since.
pub struct Talk<'a> {
    request: &'a CallRequest,
    added: Vec<Message>,
    round: u32,
}

impl<'a> Talk<'a> {
    /// Before anything was said.
    pub fn new(request: &'a CallRequest) -> Self {
        Self { request, added: Vec::new(), round: 0 }
    }

    /// The request for one candidate.
    pub fn ask(&self, route: &Route, candidate: &Candidate, timeouts: Timeouts) -> Asked {
        let call = &self.request.call;
        let caps = candidate.caps();
        let mut messages = call.messages.clone();
        messages.extend(self.added.iter().cloned());
        let request = ModelRequest {
            model: candidate.model.to_string(),
            messages,
            tools: call.tools.clone(),
            tool_choice: ToolChoice::Auto,
            schema: None,
            temperature: call.temperature.or(route.pool.temperature),
            max_tokens: fitting(route, &caps),
            stream: self.request.grows(),
            idempotency_key: self.request.idempotency_key(self.round),
            state: call.state.to_string(),
            timeouts,
        };
        Asked { request, protocol: Protocol::Native }
    }

    /// Quotes what is wrong with an answer and asks again; `None` once it was asked often enough. Returns the tokens by
    /// which the prompt has grown.
    pub fn again(&mut self, reply: &ModelReply, violations: &[String]) -> Option<u64> {
        if self.round >= self.request.call.repair {
            return None;
        }
        self.round += 1;
        let complaint = format!("That answer does not fit:\n- {}\nAnswer again.", violations.join("\n- "));
        let added =
            [Message::text(Role::Assistant, reply.text.as_str()), Message::text(Role::User, complaint)];
        let tokens = estimate::messages(&added);
        self.added.extend(added);
        Some(tokens)
    }
}

/// What the model may write: no more than its window leaves.
fn fitting(route: &Route, caps: &Caps) -> u32 {
    let room = caps.context.map(|window| window.saturating_sub(route.prompt_tokens));
    let room = room.and_then(|room| u32::try_from(room).ok()).unwrap_or(u32::MAX);
    route.max_tokens.min(room.max(1))
}
