//! Providers: one file each, one trait. A provider makes one attempt; it never retries, routes or counts money.

mod anthropic;
mod assemble;
mod bounds;
mod caps;
mod command;
mod count;
pub mod endpoint;
mod fault;
mod gemini;
mod http;
mod json;
mod list;
mod media;
mod openai;
mod read;
mod retry_after;
pub mod scripted;
mod secrets;
mod shape;
pub mod sse;
mod stream;

pub(super) use bounds::spoken;
pub use list::list_models;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use self::endpoint::{Endpoint, Kind};
use crate::chat::{FinishReason, Message, ToolCall, ToolSpec, Usage};

/// The most tool calls of one answer.
pub(super) const MOST_CALLS: usize = 1_024;

/// What answers at `endpoint`. Nothing is opened before the first call.
pub fn build(endpoint: &Endpoint) -> Arc<dyn Provider> {
    let owned = endpoint.clone();
    match &endpoint.kind {
        Kind::OpenAi | Kind::Compatible | Kind::Azure { .. } => Arc::new(openai::OpenAi::new(owned)),
        Kind::Scripted(play) => Arc::new(scripted::Scripted::new(owned, Arc::clone(play))),
        Kind::Anthropic => Arc::new(anthropic::Anthropic::new(owned)),
        Kind::Gemini => Arc::new(gemini::Gemini::new(owned)),
        Kind::Command(line) => Arc::new(command::Command::new(line.clone())),
    }
}

/// One place that answers.
pub trait Provider: Send + Sync {
    /// What `model` can do there.
    fn caps(&self, model: &str) -> Caps;

    /// One attempt. With `request.stream` each delta goes to `sink` as it comes; the reply is assembled in any case.
    fn complete<'a>(
        &'a self,
        request: &'a ModelRequest,
        sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>>;
}

/// What a model at a provider can do.
#[expect(clippy::struct_excessive_bools, reason = "each is a capability that stands alone")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Takes tools and answers with native tool calls.
    pub tools: bool,
    /// Takes a JSON schema for its answer.
    pub schema: bool,
    /// Which keywords its schemas may use.
    pub dialect: SchemaDialect,
    /// Takes images.
    pub images: bool,
    /// Takes PDF documents.
    pub pdf: bool,
    /// Takes a temperature.
    pub temperature: bool,
    /// Obeys [`ToolChoice::Required`]; where it does not, the request goes out as `Auto`.
    pub forced_tools: bool,
    /// Tokens of prompt and answer together, where known.
    pub context: Option<u64>,
}

/// Which JSON Schema a provider takes; the runtime maps it to the language's dialects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaDialect {
    /// All of it (llama.cpp, vLLM, Ollama).
    #[default]
    Full,
    /// OpenAI's strict mode.
    OpenAi,
    /// Anthropic's tools.
    Anthropic,
    /// Gemini's.
    Gemini,
}

/// One attempt's request.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The model's name at the provider.
    pub model: String,
    /// The conversation, media already read into bytes.
    pub messages: Vec<Message>,
    /// Tools it may ask for.
    pub tools: Vec<ToolSpec>,
    /// Whether it must.
    pub tool_choice: ToolChoice,
    /// The schema of its answer, and a name for it.
    pub schema: Option<(String, serde_json::Value)>,
    /// Where the provider takes one.
    pub temperature: Option<f64>,
    /// At most so many tokens.
    pub max_tokens: u32,
    /// Whether deltas are wanted.
    pub stream: bool,
    /// The same for every repetition of this call.
    pub idempotency_key: String,
    /// The state that asks, `Support.triage`, and its effect: what a script's replies are found by.
    pub state: String,
    /// `gather#1[2].scout/dig#1`.
    pub effect: String,
    /// Bounds of time.
    pub timeouts: Timeouts,
}

/// Whether a model must ask for a tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// It must ask for one.
    Required,
    /// It must not.
    None,
}

/// Bounds of time of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To the open connection.
    pub connect: Duration,
    /// To the first content.
    pub first_token: Duration,
    /// Between two chunks.
    pub idle: Duration,
    /// To the last token.
    pub total: Duration,
}

/// A piece of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// Text of the answer.
    Text(String),
    /// Text of the model's reasoning; never part of the answer.
    Reasoning(String),
    /// A tool call has begun; its arguments come with the reply.
    ToolCall(String),
}

/// One attempt's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelReply {
    /// The answer's text.
    pub text: String,
    /// Tools it asks for.
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: FinishReason,
    /// Words of refusal, where the model or its filter refused: its own where it said any.
    pub refusal: Option<String>,
    /// What it cost in tokens.
    pub usage: Usage,
    /// The model as the provider names it.
    pub model: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// One attempt's failure.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// What kind.
    pub class: ErrorClass,
    /// The HTTP status, where it is what failed.
    pub status: Option<u16>,
    /// One line for a person: the provider's own words where it said any.
    pub message: String,
    /// When it wants to be asked again.
    pub retry_after: Option<Duration>,
    /// Text that had come before a stream broke.
    pub partial: String,
    /// Tokens counted so far.
    pub usage: Usage,
}

impl ProviderError {
    /// A failure that says no more than this.
    pub fn of(class: ErrorClass, message: String) -> Self {
        Self {
            class,
            status: None,
            message,
            retry_after: None,
            partial: String::new(),
            usage: Usage::default(),
        }
    }

    /// The same, saying at which address.
    fn at(self, place: &str) -> Self {
        Self { message: format!("{} (at {place})", self.message), ..self }
    }
}

/// Kinds of failure; failover's table says what each leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// No connection.
    Connect,
    /// TLS failed.
    Tls,
    /// No content in time.
    TimeoutFirstToken,
    /// Silence between two chunks.
    TimeoutIdle,
    /// Too long in all.
    TimeoutTotal,
    /// 408, 409.
    Transient,
    /// 429: too many requests.
    RateLimited,
    /// 429 or 402: the account has no money left.
    Quota,
    /// 401, 403: the key is not taken.
    Unauthorized,
    /// 404: no such model or address.
    NotFound,
    /// 400: the prompt is too long for the model.
    ContextLength,
    /// 400: the provider's policy forbids it.
    ContentPolicy,
    /// Any other 4xx: asking again is no use.
    BadRequest,
    /// 413.
    TooLarge,
    /// 501: it cannot do that at all.
    Unsupported,
    /// 5xx, 529, an error inside a stream.
    Server,
    /// A stream ended without its end mark.
    Truncated,
    /// 200 with nothing in it.
    Empty,
    /// What came back is not the provider's format.
    BadFormat,
    /// No key or no server: nothing was sent.
    NotConfigured,
    /// A command that answers ended badly.
    Command,
}
