//! Reads a reply as the answer that was asked for, or says what is wrong with it.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::value::{Type, Value};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::protocol::salvage::{self, Found, Otherwise};
use super::protocol::{Asked, Protocol};
use super::provider::ModelReply;
use super::reply::CallReply;
use super::request::CallRequest;
use crate::chat::{FinishReason, ToolCall, ToolSpec};
use crate::machine::Output;

/// What a reply comes to.
pub enum Reading {
    /// It holds.
    Valid(Valid),
    /// The model said no, in these words.
    Refused(String),
    /// It does not fit; each line says one thing that is wrong.
    Wrong(Vec<String>),
}

/// An answer that holds.
pub enum Valid {
    /// A value, and the text it was read from.
    Value(Value, Arc<str>),
    /// Tools are asked for, each of them offered.
    Calls(Vec<ToolCall>),
}

impl Valid {
    /// With the reply it was read from.
    pub fn into_reply(self, reply: ModelReply, target: Name, attempts: u32) -> CallReply {
        let (value, text, tool_calls) = match self {
            Self::Value(value, text) => (Some(value), text, Vec::new()),
            Self::Calls(calls) => (None, reply.text.into(), calls),
        };
        CallReply { value, text, tool_calls, target, attempts, finish: reply.finish }
    }
}

/// Reads a reply.
pub fn read(reply: &ModelReply, asked: &Asked, request: &CallRequest) -> Reading {
    if let Some(words) = &reply.refusal {
        return Reading::Refused(words.clone());
    }
    if reply.finish == FinishReason::ContentFilter && reply.text.trim().is_empty() {
        return Reading::Refused("the provider's filter stopped the answer".to_string());
    }
    let tools = &request.call.tools;
    let result = if !reply.tool_calls.is_empty() {
        native(&reply.tool_calls, tools)
    } else if tools.is_empty() {
        value(reply.text.as_str(), reply, request)
    } else {
        planned(reply, asked, request)
    };
    match result {
        Ok(Valid::Calls(calls)) => {
            Reading::Valid(Valid::Calls(with_ids(calls, &asked.request.idempotency_key)))
        }
        Ok(valid) => Reading::Valid(valid),
        Err(violations) => Reading::Wrong(violations),
    }
}

/// The provider's own calls: names must be offered, arguments must be objects.
fn native(calls: &[ToolCall], tools: &[ToolSpec]) -> Result<Valid, Vec<String>> {
    let mut good = Vec::new();
    let mut wrong = Vec::new();
    for call in calls {
        let arguments = salvage::arguments(&call.arguments);
        match salvage::offered(&call.name, tools) {
            None => wrong.push(salvage::unknown(&call.name, tools)),
            Some(tool) if !arguments.is_object() => {
                wrong.push(format!("the arguments of `{}` must be one JSON object", tool.name));
            }
            Some(tool) => good.push(ToolCall { name: tool.name.clone(), arguments, ..call.clone() }),
        }
    }
    if wrong.is_empty() { Ok(Valid::Calls(good)) } else { Err(wrong) }
}

/// A planner's turn without a call of the provider's: a call in the text, or the last answer.
fn planned(reply: &ModelReply, asked: &Asked, request: &CallRequest) -> Result<Valid, Vec<String>> {
    let text = salvage::without_thoughts(&reply.text);
    let otherwise = if request.call.output == Output::Text { Otherwise::Prose } else { Otherwise::Data };
    match salvage::find(text, &request.call.tools, otherwise) {
        Found::Calls(calls) => return Ok(Valid::Calls(calls)),
        Found::Answer(answer) => return value(&as_text(&answer), reply, request),
        // What has a call's shape may yet be data of the type that was asked for.
        Found::Broken(why) => {
            return value(text, reply, request)
                .ok()
                .filter(|_| otherwise == Otherwise::Data)
                .ok_or(vec![why]);
        }
        Found::Nothing => {}
    }
    if asked.protocol == Protocol::Schema
        && let Some(answer) = wrapped(text)
    {
        return value(&as_text(&answer), reply, request);
    }
    value(text, reply, request)
}

/// The answer in `{"answer": …}`.
fn wrapped(text: &str) -> Option<Json> {
    let Json::Object(mut fields) = serde_json::from_str(text.trim()).ok()? else { return None };
    if fields.len() == 1 { fields.remove("answer") } else { None }
}

fn as_text(answer: &Json) -> String {
    if let Json::String(text) = answer { text.clone() } else { answer.to_string() }
}

/// A text as a value of the type that was asked for, with its checks.
fn value(text: &str, reply: &ModelReply, request: &CallRequest) -> Result<Valid, Vec<String>> {
    let text = salvage::without_thoughts(text).trim_end();
    if text.trim().is_empty() {
        return Err(vec![nothing(reply)]);
    }
    let value = match &request.call.output {
        Output::Text => Value::text(text),
        Output::Typed(ty) => typed(text, ty, reply, request)?,
    };
    checked(&value, request)?;
    Ok(Valid::Value(value, text.into()))
}

fn typed(_text: &str, ty: &Type, _reply: &ModelReply, request: &CallRequest) -> Result<Value, Vec<String>> {
    Err(vec![format!("a `{}` cannot be read from a text yet", ty.display(&request.program.types))])
}

/// Whether every `check:` holds.
fn checked(value: &Value, request: &CallRequest) -> Result<(), Vec<String>> {
    let Some(checks) = &request.call.checks else { return Ok(()) };
    match checks.violation(value, &request.program.types, &request.program.sources) {
        Some(violation) => Err(vec![violation]),
        None => Ok(()),
    }
}

fn nothing(reply: &ModelReply) -> String {
    match reply.finish {
        FinishReason::Length => "`max_tokens` was used up before the answer began".to_string(),
        _ => "there is nothing in it".to_string(),
    }
}

/// Gives an id to each call that has none: the same for a repetition of this call, nine letters and digits, since some
/// servers take no other.
fn with_ids(mut calls: Vec<ToolCall>, key: &str) -> Vec<ToolCall> {
    for (index, call) in calls.iter_mut().enumerate().filter(|(_, call)| call.id.is_empty()) {
        let hash = Sha256::digest(format!("{key}#{index}"));
        let bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        call.id = format!("{bits:016x}").chars().take(9).collect();
    }
    calls
}
