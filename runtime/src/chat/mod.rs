//! The vocabulary of model talk, shared by machine, call line and providers. No behaviour, no wire formats.

use std::sync::Arc;

use agentrun_lang::value::Media;
use serde::{Deserialize, Serialize};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The program.
    System,
    /// The user's side.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

impl Role {
    /// The word for it, as providers say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What, from first to last.
    pub parts: Vec<Part>,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// Plain text.
    Text(Arc<str>),
    /// An image or a document; its bytes are read before it reaches a provider.
    Media(Media),
    /// The model asks for a tool.
    ToolCall(ToolCall),
    /// What the tool gave.
    ToolResult(ToolResult),
}

/// A model asks for a tool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id; ours where it gave none.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Its arguments as an object; a string where they were no JSON.
    pub arguments: serde_json::Value,
    /// What the provider wants back beside the call in the next request (a thought's signature, its own
    /// reasoning): opaque to everyone else, and kept with the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<serde_json::Value>,
}

/// What a tool gave to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The id of the call it answers.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The result as the model reads it.
    pub content: Arc<str>,
    /// Whether it is an error's text.
    pub is_error: bool,
}

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// `[A-Za-z0-9_-]{1,64}`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub parameters: serde_json::Value,
    /// It only reads: the same call gives the same result while nothing else is called that writes. Told to nobody.
    #[serde(default)]
    pub reads: bool,
}

/// Tokens of one attempt as the provider counted them; `None` is unknown, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read, cached ones included.
    pub input: Option<u64>,
    /// Written, reasoning included.
    pub output: Option<u64>,
    /// Of `input`, those read from the provider's prefix cache.
    pub cached: Option<u64>,
    /// Of `input`, those written to the provider's prefix cache.
    pub cache_write: Option<u64>,
    /// Of `output`, those spent on reasoning.
    pub reasoning: Option<u64>,
}

/// Why a model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// `max_tokens` ran out.
    Length,
    /// It asks for tools.
    ToolCalls,
    /// The provider's filter stepped in.
    ContentFilter,
    /// Another word, as the provider says it.
    Other(String),
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<Arc<str>>) -> Self {
        Self { role, parts: vec![Part::Text(text.into())] }
    }

    /// Its texts, joined.
    pub fn plain(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(&**text) } else { None })
            .collect()
    }
}
