//! Reads a reply as the answer that was asked for, or says what is wrong with it.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::value::Value;

use super::protocol::Asked;
use super::provider::ModelReply;
use super::reply::CallReply;
use super::request::CallRequest;
use crate::chat::{FinishReason, ToolCall};
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
    /// A value.
    Value(Value),
    /// Tools are asked for, each of them offered.
    Calls(Vec<ToolCall>),
}

impl Valid {
    /// With the reply it was read from.
    pub fn into_reply(self, reply: ModelReply, target: Name, attempts: u32) -> CallReply {
        let (value, tool_calls) = match self {
            Self::Value(value) => (Some(value), Vec::new()),
            Self::Calls(calls) => (None, calls),
        };
        let text: Arc<str> = match &value {
            Some(Value::String(text)) => text.clone(),
            _ => reply.text.into(),
        };
        CallReply { value, text, tool_calls, target, attempts, finish: reply.finish }
    }
}

/// Reads a reply.
pub fn read(reply: &ModelReply, _asked: &Asked, request: &CallRequest) -> Reading {
    if let Some(words) = &reply.refusal {
        return Reading::Refused(words.clone());
    }
    if !reply.tool_calls.is_empty() {
        return Reading::Valid(Valid::Calls(reply.tool_calls.clone()));
    }
    let text = reply.text.trim_end();
    if text.is_empty() {
        return Reading::Wrong(vec![nothing(reply)]);
    }
    match &request.call.output {
        Output::Text => Reading::Valid(Valid::Value(Value::text(text))),
        Output::Typed(_) => Reading::Wrong(vec!["typed answers cannot be read yet".to_string()]),
    }
}

fn nothing(reply: &ModelReply) -> String {
    match reply.finish {
        FinishReason::Length => "`max_tokens` was used up before the answer began".to_string(),
        _ => "there is nothing in it".to_string(),
    }
}
