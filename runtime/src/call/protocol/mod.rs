//! How a question is put to a model, whatever the model can do: the conversation, the tools, the type that is asked
//! for, and re-asks that quote what was wrong.
//!
//! A planner's last answer comes as JSON in the content, not as one more tool: every provider and every small model
//! can do that, some providers refuse a schema beside tools, and a `final_answer` called beside real tools would leave
//! it open what was meant. A model that calls `final_answer` all the same is understood.

mod render;
mod repeat;
pub mod salvage;
mod schema;
mod words;

pub(super) use self::render::printed;
pub(super) use self::repeat::{Repetition, repetition};
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
    /// There are none, or they are done with: the answer alone is asked for.
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
    /// Which answers are put in form afterwards, instead of being wrong.
    pub forms: Forms,
    /// Calls that repeat others so far are not taken: the model is told first that it has the results.
    pub(super) bears: Option<Repetition>,
}

/// Which answers of a planner are put in form by a call of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forms {
    /// None: the form is being asked for.
    None,
    /// Words without any JSON in them.
    Words,
    /// All that do not happen to fit: the type was not mentioned.
    All,
}

/// The conversation of one call: what the program asked, and what was said about wrong answers since.
pub struct Talk<'a> {
    request: &'a CallRequest,
    added: Vec<Message>,
    /// Re-asks made.
    round: u32,
    /// Re-asks for a wrong answer that are left.
    left: u32,
    /// The answer was given in words and is to be put in form.
    forming: bool,
    /// It was told that it has this result already.
    nudged: bool,
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

impl<'a> Talk<'a> {
    /// Before anything was said. A planner may be asked again at least once: a turn that is neither a call nor an answer
    /// is a slip of the protocol, not of the program.
    pub fn new(request: &'a CallRequest) -> Self {
        let planner = !request.call.tools.is_empty();
        let left = request.call.repair.max(u32::from(planner));
        Self { request, added: Vec::new(), round: 0, left, forming: false, nudged: false }
    }

    /// The request for one candidate.
    pub fn ask(&self, route: &Route, candidate: &Candidate, timeouts: Timeouts) -> Asked {
        let call = &self.request.call;
        let caps = candidate.caps();
        let protocol = self.protocol(&caps);
        let forms = self.forms(&caps);
        let ty = asked_type(self.request).filter(|_| forms != Forms::All);
        let mut messages: Vec<Message> = call.messages.iter().chain(&self.added).cloned().collect();
        let printed = self.has_printed();
        if printed || (protocol != Protocol::Native && !call.tools.is_empty()) {
            messages = render::as_text(messages, protocol);
        }
        match words::instructions(self.request, &caps, protocol, ty) {
            Some(words) if protocol == Protocol::None => render::add_to_question(&mut messages, &words),
            Some(words) => render::add_to_system(&mut messages, &words),
            None => {}
        }
        let native = protocol == Protocol::Native;
        let (schema, encoding) = schema::of(self.request, &caps, protocol, ty);
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
            effect: self.request.effect.to_string(),
            timeouts,
        };
        let watched = printed || constrains(&caps);
        let bears = watched.then_some(if self.nudged { Repetition::Once } else { Repetition::None });
        Asked { request, protocol, encoding, forms, bears }
    }

    /// Quotes what is wrong with an answer and asks again; `None` once it was asked often enough. Returns the tokens by
    /// which the prompt has grown.
    pub fn again(&mut self, reply: &ModelReply, asked: &Asked, violations: &[String]) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        let planner = !self.request.call.tools.is_empty() && !self.forming;
        Some(self.add(reply, asked, words::complaint(violations, planner)))
    }

    /// Asks for an answer that was given in words in the form of its type. That is no repair: nothing was wrong.
    pub fn form(&mut self, reply: &ModelReply, asked: &Asked) -> u64 {
        self.forming = true;
        self.add(reply, asked, words::form(self.has_used_tools()).to_string())
    }

    /// Tells a model that it has the result of this call already. It may still insist, for what it reads may change by
    /// itself; where it did not change, the answer alone is asked for.
    pub fn nudge(&mut self, reply: &ModelReply, asked: &Asked) -> u64 {
        self.forming = self.nudged;
        let words = if self.nudged { words::CONCLUDE } else { words::NUDGE };
        self.nudged = true;
        self.add(reply, asked, words.to_string())
    }

    fn add(&mut self, reply: &ModelReply, asked: &Asked, words: String) -> u64 {
        self.round += 1;
        let added = [render::quoted(reply, asked.protocol), Message::text(Role::User, words)];
        let tokens = estimate::messages(&added);
        self.added.extend(added);
        tokens
    }

    /// How tools are offered to a model of these abilities. Once a model has gone wrong with native calls or printed one
    /// as text, a server that constrains answers is asked by a schema instead: then it cannot go wrong that way again.
    fn protocol(&self, caps: &Caps) -> Protocol {
        if self.request.call.tools.is_empty() || (self.forming && self.has_used_tools()) {
            Protocol::None
        } else if caps.tools && !(constrains(caps) && (self.round > 0 || self.has_printed())) {
            Protocol::Native
        } else if constrains(caps) {
            Protocol::Schema
        } else {
            Protocol::Text
        }
    }

    fn has_printed(&self) -> bool {
        self.request.call.messages.iter().any(render::has_printed_call)
    }

    fn has_used_tools(&self) -> bool {
        self.request.call.messages.iter().any(|message| message.role == Role::Tool)
    }

    /// A small model that is shown the answer's form fills it in at once, with inventions, and calls no tool. So a
    /// planner on a server of one's own hears of the type only once it has an answer; the server then holds it to that.
    fn forms(&self, caps: &Caps) -> Forms {
        if self.forming || self.request.call.tools.is_empty() || asked_type(self.request).is_none() {
            Forms::None
        } else if self.round == 0 && constrains(caps) {
            Forms::All
        } else {
            Forms::Words
        }
    }
}

/// True of servers that take any schema and hold the model to it.
fn constrains(caps: &Caps) -> bool {
    caps.schema && caps.dialect == SchemaDialect::Full
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
