//! Reads a reply as the answer that was asked for, or says what is wrong with it.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::value::{Reply, Type, Value, Violation, coerce};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::protocol::salvage::{self, Found, Otherwise};
use super::protocol::{Asked, Forms, Protocol, printed, repetition};
use super::provider::ModelReply;
use super::request::CallRequest;
use crate::chat::{FinishReason, ToolCall};
use crate::machine::{ModelAnswer, Output};

/// What a reply comes to.
pub enum Reading {
    /// It holds.
    Valid(Valid),
    /// The model said no, in these words.
    Refused(String),
    /// It does not fit; each line says one thing that is wrong.
    Wrong(Vec<String>),
    /// It asks again for what it has been given.
    Repeated,
    /// It is an answer in words, as was asked; its form is still to be asked for.
    InWords,
}

/// An answer that holds.
pub enum Valid {
    /// A value.
    Value {
        /// Of the type that was asked for.
        value: Value,
        /// What it was read from.
        text: Arc<str>,
        /// It ends where the reply was cut off.
        cut: bool,
    },
    /// Tools are asked for, each of them offered.
    Calls(Vec<ToolCall>),
}

/// A reply and what it answers.
struct Reader<'a> {
    reply: &'a ModelReply,
    asked: &'a Asked,
    request: &'a CallRequest,
}

/// Reads a reply.
pub fn read(reply: &ModelReply, asked: &Asked, request: &CallRequest) -> Reading {
    if let Some(words) = &reply.refusal {
        return Reading::Refused(words.clone());
    }
    if reply.finish == FinishReason::ContentFilter && reply.text.trim().is_empty() {
        return Reading::Refused("the provider's filter stopped the answer".to_string());
    }
    let reader = Reader { reply, asked, request };
    if !reply.tool_calls.is_empty() {
        reader.native_calls()
    } else if request.call.tools.is_empty() {
        reader.value(&reply.text)
    } else {
        reader.planned()
    }
}

impl Valid {
    /// With the reply it was read from.
    pub fn into_reply(self, reply: ModelReply, target: Name, attempts: u32) -> ModelAnswer {
        let (value, text, tool_calls) = match self {
            Self::Value { value, text, .. } => (Some(value), text, Vec::new()),
            Self::Calls(calls) => (None, reply.text.into(), calls),
        };
        ModelAnswer { value, text, tool_calls, target, attempts, finish: reply.finish }
    }
}

impl Reader<'_> {
    /// The provider's own calls: names must be offered, arguments must be objects.
    fn native_calls(&self) -> Reading {
        let tools = &self.request.call.tools;
        let mut good = Vec::new();
        let mut wrong = Vec::new();
        for call in &self.reply.tool_calls {
            let arguments = salvage::arguments(&call.arguments);
            match salvage::offered(&call.name, tools) {
                None => wrong.push(salvage::unknown(&call.name, tools)),
                Some(tool) if !arguments.is_object() => {
                    wrong.push(format!("the arguments of `{}` must be one JSON object", tool.name));
                }
                Some(tool) => good.push(ToolCall { name: tool.name.clone(), arguments, ..call.clone() }),
            }
        }
        if wrong.is_empty() { self.calls(good) } else { Reading::Wrong(wrong) }
    }

    /// A planner's turn without a call of the provider's: a call in the text, or the last answer.
    fn planned(&self) -> Reading {
        let prose = self.request.call.output == Output::Text;
        let otherwise = if prose { Otherwise::Prose } else { Otherwise::Data };
        let text = &self.reply.text;
        match (salvage::find(text, &self.request.call.tools, otherwise), self.value(text)) {
            (Found::Calls(calls), _) => self.calls(calls.into_iter().map(printed).collect()),
            (Found::Answer(Json::String(answer)), _) => self.value(&answer),
            (Found::Answer(answer), _) => self.value(&answer.to_string()),
            // What has a call's shape may yet be data of the type that was asked for.
            (Found::Broken(_), valid @ Reading::Valid(_)) if !prose => valid,
            (Found::Broken(why), _) => Reading::Wrong(vec![why]),
            (Found::Nothing, Reading::Wrong(_)) if self.is_formed_later(text) => Reading::InWords,
            (Found::Nothing, read) => read,
        }
    }

    /// True of an answer that is right as far as it was asked for.
    fn is_formed_later(&self, text: &str) -> bool {
        match self.asked.forms {
            _ if text.trim().is_empty() => false,
            Forms::None => false,
            Forms::Words => !text.contains(['{', '[']),
            Forms::All => true,
        }
    }

    /// A text as a value of the type that was asked for, with its checks.
    fn value(&self, text: &str) -> Reading {
        let text = salvage::without_thoughts(text).trim_end();
        if text.trim().is_empty() {
            return Reading::Wrong(vec![self.nothing()]);
        }
        let read = match &self.request.call.output {
            Output::Text => Ok((Value::text(self.asked.unwrapped(text)), false)),
            Output::Typed(ty) => self.typed(text, ty),
        };
        let (value, cut) = match read {
            Ok(read) => read,
            Err(violations) => return Reading::Wrong(violations),
        };
        let program = &self.request.program;
        let checks = self.request.call.checks.as_ref();
        if let Some(violation) =
            checks.and_then(|checks| checks.violation(&value, &program.types, &program.sources))
        {
            return Reading::Wrong(vec![violation]);
        }
        let text = if let Value::String(text) = &value { text.clone() } else { text.into() };
        Reading::Valid(Valid::Value { value, text, cut })
    }

    /// A text as a value of a type, and whether it ends where the reply was cut off.
    fn typed(&self, text: &str, ty: &Type) -> Result<(Value, bool), Vec<String>> {
        let cut = self.reply.finish == FinishReason::Length;
        match coerce(text, ty, &self.request.program.types, Reply { cut, encoding: self.asked.encoding }) {
            Ok(read) => {
                if !read.notes.is_empty() {
                    tracing::debug!(notes = ?read.notes, "the answer was mended");
                }
                Ok((read.value, read.cut))
            }
            Err(violations) => {
                let used_up = cut.then(|| self.used_up());
                Err(used_up.into_iter().chain(violations.iter().map(Violation::to_string)).collect())
            }
        }
    }

    fn nothing(&self) -> String {
        if self.reply.finish == FinishReason::Length {
            format!("there is nothing in it: {}", self.used_up())
        } else {
            "there is nothing in it".to_string()
        }
    }

    fn used_up(&self) -> String {
        format!("it was cut off after `max_tokens` ({})", self.asked.request.max_tokens)
    }

    /// Calls with an id each, where one has none: the same for a repetition of this call, nine letters and digits, since
    /// some servers take no other.
    fn calls(&self, mut calls: Vec<ToolCall>) -> Reading {
        let key = &self.asked.request.idempotency_key;
        for (index, call) in calls.iter_mut().enumerate().filter(|(_, call)| call.id.is_empty()) {
            let hash = Sha256::digest(format!("{key}#{index}"));
            let bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            call.id = format!("{bits:016x}").chars().take(9).collect();
        }
        if self.asked.protocol == Protocol::None {
            return Reading::Wrong(vec!["a tool is called, where the answer alone is asked for".to_string()]);
        }
        let call = &self.request.call;
        let again = repetition(&calls, &call.messages, &call.tools);
        if self.asked.bears.is_some_and(|bears| again > bears) {
            return Reading::Repeated;
        }
        Reading::Valid(Valid::Calls(calls))
    }
}
