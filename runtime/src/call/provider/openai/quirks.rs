//! What sets the servers of OpenAI's API apart, as data: one row a server that differs.

use crate::call::provider::endpoint::{Endpoint, Kind};

/// How a server differs.
#[expect(clippy::struct_excessive_bools, reason = "each is a difference that stands alone")]
#[derive(Clone, Copy)]
pub(super) struct Quirks {
    /// How a bound of tokens is called.
    pub(super) limit: Limit,
    /// Takes `stream_options`.
    pub(super) stream_options: bool,
    /// Its chat templates want one system message in front and roles that alternate.
    pub(super) alternates: bool,
    /// Takes ids of nine letters and digits, and no others.
    pub(super) short_ids: bool,
    /// Wants a model's reasoning back beside its tool calls.
    pub(super) wants_reasoning: bool,
    /// Its usual address ends in `/v1`.
    pub(super) versioned: bool,
}

/// The field that bounds the answer's tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// `max_tokens`.
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
    /// The latter for a reasoning model.
    ByModel,
}

const PLAIN: Quirks = Quirks {
    limit: Limit::MaxTokens,
    stream_options: true,
    alternates: false,
    short_ids: false,
    wants_reasoning: false,
    versioned: true,
};

/// Those that differ, by name.
const DIFFERENT: &[(&str, Quirks)] = &[
    ("deepseek", Quirks { wants_reasoning: true, versioned: false, ..PLAIN }),
    ("moonshot", Quirks { wants_reasoning: true, ..PLAIN }),
    ("mistral", Quirks { stream_options: false, short_ids: true, ..PLAIN }),
    ("groq", Quirks { limit: Limit::MaxCompletionTokens, ..PLAIN }),
    ("ollama", Quirks { alternates: true, ..PLAIN }),
    ("llamacpp", Quirks { alternates: true, ..PLAIN }),
    ("vllm", Quirks { alternates: true, ..PLAIN }),
    ("lmstudio", Quirks { alternates: true, ..PLAIN }),
];

impl Quirks {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        match endpoint.kind {
            Kind::OpenAi => Self { limit: Limit::MaxCompletionTokens, ..PLAIN },
            Kind::Azure { .. } => Self { limit: Limit::ByModel, ..PLAIN },
            _ => DIFFERENT
                .iter()
                .find(|(name, _)| *name == endpoint.name)
                .map_or(Self { alternates: endpoint.is_local(), ..PLAIN }, |(_, quirks)| *quirks),
        }
    }
}
