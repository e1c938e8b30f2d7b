//! What comes back from a call.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::value::Value;

use crate::chat::{FinishReason, ToolCall};
use crate::machine::ModelAnswer;

/// A valid answer: a value of the type that was asked for, or tool calls.
#[derive(Clone, Debug, PartialEq)]
pub struct CallReply {
    /// The value; `None` where tools were asked for instead.
    pub value: Option<Value>,
    /// The text as it came.
    pub text: Arc<str>,
    /// Tools that the model asks for, each of them offered to it.
    pub tool_calls: Vec<ToolCall>,
    /// `openai/gpt-5-mini`.
    pub target: Name,
    /// Attempts made in all, the last included.
    pub attempts: u32,
    /// Why the model stopped.
    pub finish: FinishReason,
}

impl From<CallReply> for ModelAnswer {
    fn from(reply: CallReply) -> Self {
        Self {
            value: reply.value,
            text: reply.text,
            tool_calls: reply.tool_calls,
            target: reply.target,
            attempts: reply.attempts,
            finish: reply.finish,
        }
    }
}
