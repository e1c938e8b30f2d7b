//! How a question is put to a model, whatever the model can do: the conversation, the tools, the type that is asked
//! for, and re-asks that quote what was wrong.
//!
//! A planner's last answer comes as JSON in the content, not as one more tool: every provider and every small model
//! can do that, some providers refuse a schema beside tools, and a `final_answer` called beside real tools would leave
//! it open what was meant. A model that calls `final_answer` all the same is understood.

mod render;
pub mod salvage;
mod schema;
mod words;

use agentrun_lang::value::{Encoding, Type};
use serde_json::Value;

use super::estimate;
use super::provider::{Caps, ModelReply, ModelRequest, SchemaDialect, Timeouts, ToolChoice};
use super::request::CallRequest;
use super::router::Route;
use super::router::catalog::Candidate;
use crate::chat::{Message, Role};
use crate::machine::Output;

/// How tools are offered to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// There are none.
    None,
    /// By the provider's own tool calls.
    Native,
    /// By a JSON schema that allows a tool's call or the answer, and nothing else.
    Schema,
    /// By instructions: one fenced JSON block a call.
    Text,
}

/// A request as it goes out, and how it was put.
#[derive(Debug)]
pub struct Asked {
    /// The request.
    pub request: ModelRequest,
    /// How its tools were offered.
    pub protocol: Protocol,
    /// How its schema asked for the value.
    pub encoding: Encoding,
}

/// The conversation of one call: what the program asked, and what was said about wrong answers since.
pub struct Talk<'a> {
    request: &'a CallRequest,
    added: Vec<Message>,
    round: u32,
}

impl Asked {
    /// A text out of `{"answer": "…"}`, where that was asked for.
    pub fn unwrapped(&self, text: &str) -> String {
        let wrapped = || match serde_json::from_str(text).ok()? {
            Value::Object(mut fields) if fields.len() == 1 => {
                fields.remove("answer")?.as_str().map(str::to_string)
            }
            _ => None,
        };
        let wrapped = if self.protocol == Protocol::Schema { wrapped() } else { None };
        wrapped.unwrap_or_else(|| text.to_string())
    }
}

impl Protocol {
    /// For a model of these abilities. Where the server constrains answers by a schema, a re-ask uses that instead of
    /// native calls: then the model cannot go wrong the same way again.
    fn of(request: &CallRequest, caps: &Caps, round: u32) -> Self {
        let constrains = caps.schema && caps.dialect == SchemaDialect::Full;
        if request.call.tools.is_empty() {
            Self::None
        } else if caps.tools && !(constrains && round > 0) {
            Self::Native
        } else if constrains {
            Self::Schema
        } else {
            Self::Text
        }
    }
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
        let protocol = Protocol::of(self.request, &caps, self.round);
        let mut messages: Vec<Message> = call.messages.iter().chain(&self.added).cloned().collect();
        if matches!(protocol, Protocol::Schema | Protocol::Text) {
            messages = render::as_text(messages, protocol);
        }
        match words::instructions(self.request, &caps, protocol) {
            Some(words) if protocol == Protocol::None => render::add_to_question(&mut messages, &words),
            Some(words) => render::add_to_system(&mut messages, &words),
            None => {}
        }
        let native = protocol == Protocol::Native;
        let (schema, encoding) = schema::of(self.request, &caps, protocol);
        let request = ModelRequest {
            model: candidate.model.to_string(),
            messages,
            tools: if native { call.tools.clone() } else { Vec::new() },
            tool_choice: ToolChoice::Auto,
            schema,
            temperature: call.temperature.or(route.pool.temperature).filter(|_| caps.temperature),
            max_tokens: fitting(route, &caps),
            stream: self.request.grows(),
            idempotency_key: self.request.idempotency_key(self.round),
            state: call.state.to_string(),
            timeouts,
        };
        Asked { request, protocol, encoding }
    }

    /// Quotes what is wrong with an answer and asks again; `None` once it was asked often enough. Returns the tokens by
    /// which the prompt has grown. A planner is asked again at least once: a turn that is neither a call nor an answer
    /// is a slip of the protocol, not of the program.
    pub fn again(&mut self, reply: &ModelReply, asked: &Asked, violations: &[String]) -> Option<u64> {
        let planner = !self.request.call.tools.is_empty();
        if self.round >= self.request.call.repair.max(u32::from(planner)) {
            return None;
        }
        self.round += 1;
        let added = [
            render::quoted(reply, asked.protocol),
            Message::text(Role::User, words::complaint(violations, planner)),
        ];
        let tokens = estimate::messages(&added);
        self.added.extend(added);
        Some(tokens)
    }
}

/// The type that is asked for, where one is.
fn asked_type(request: &CallRequest) -> Option<&Type> {
    if let Output::Typed(ty) = &request.call.output { Some(ty) } else { None }
}

/// What the model may write: no more than its window leaves.
fn fitting(route: &Route, caps: &Caps) -> u32 {
    let room = caps.context.map(|window| window.saturating_sub(route.prompt_tokens));
    let room = room.and_then(|room| u32::try_from(room).ok()).unwrap_or(u32::MAX);
    route.max_tokens.min(room.max(1))
}
