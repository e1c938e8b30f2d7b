//! Which candidates a call may go to, and in which order. Pure: it asks nobody and remembers nothing.

pub mod catalog;
mod policy;

use std::sync::Arc;

use agentrun_lang::ir::Strategy;
use agentrun_lang::value::type_text;

use self::catalog::{Candidate, Catalog, Pool};
use super::error::{CallError, Tried};
use super::estimate;
use super::provider::Caps;
use super::request::CallRequest;
use crate::chat::Part;
use crate::machine::Output;

/// A window must leave a model at least so many tokens to answer with.
const LEAST_ANSWER: u64 = 256;

/// The way of one call.
#[derive(Clone)]
pub struct Route {
    /// The pool.
    pub pool: Arc<Pool>,
    /// Candidates in the order they are asked; never empty.
    pub candidates: Vec<Arc<Candidate>>,
    /// Candidates that cannot take this call, and why.
    pub skipped: Vec<Tried>,
    /// What the prompt comes to, in tokens.
    pub prompt_tokens: u64,
    /// What the model may write, in tokens.
    pub max_tokens: u32,
}

/// Plans routes over a catalog.
pub struct Router {
    catalog: Arc<Catalog>,
}

/// What a call needs of a model, or comes to.
struct Needs {
    images: bool,
    pdf: bool,
    prompt_tokens: u64,
    max_tokens: u64,
    known_price: bool,
}

impl Router {
    /// A router over these pools.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    /// The pool that a call names.
    pub fn pool(&self, request: &CallRequest) -> Result<&Arc<Pool>, CallError> {
        self.catalog.pool(request.call.pool).ok_or_else(|| CallError::NotYet {
            pool: format!("#{}", request.call.pool.0).into(),
            what: "the catalog has no such pool".to_string(),
        })
    }

    /// The candidates that can take this call, in the pool's order.
    pub fn plan(&self, request: &CallRequest) -> Result<Route, CallError> {
        let pool = self.pool(request)?;
        if let Strategy::Fastest | Strategy::Cascade | Strategy::Route = pool.strategy {
            let word = policy::word(pool.strategy);
            let what = format!("`strategy: {word}` does not run yet; `failover` does");
            return Err(CallError::NotYet { pool: pool.name.clone(), what });
        }
        let needs = Needs::of(request, pool);
        let (candidates, skipped) = sort_out(pool, &needs);
        if candidates.is_empty() {
            return Err(unroutable(pool, skipped));
        }
        let candidates = policy::order(pool, candidates, &request.run, &request.effect, &needs.tokens());
        Ok(Route {
            pool: pool.clone(),
            candidates,
            skipped,
            prompt_tokens: needs.prompt_tokens,
            max_tokens: max_tokens(request, pool),
        })
    }
}

/// What a model may write in this call.
pub fn max_tokens(request: &CallRequest, pool: &Pool) -> u32 {
    request.call.max_tokens.unwrap_or(pool.max_tokens)
}

/// What the prompt comes to, with the tools and the type that is asked for.
pub fn prompt_tokens(request: &CallRequest) -> u64 {
    const INSTRUCTIONS: u64 = 64;
    let ty = match &request.call.output {
        Output::Text => 0,
        // In words and as a schema.
        Output::Typed(ty) => 2 * estimate::text(&type_text(ty, &request.program.types)),
    };
    estimate::messages(&request.call.messages) + estimate::tools(&request.call.tools) + ty + INSTRUCTIONS
}

impl Needs {
    fn of(request: &CallRequest, pool: &Pool) -> Self {
        let media = |wanted: fn(&str) -> bool| {
            request
                .call
                .messages
                .iter()
                .flat_map(|message| &message.parts)
                .any(|part| matches!(part, Part::Media(media) if wanted(&media.mime)))
        };
        Self {
            images: media(|mime| mime.starts_with("image/")),
            pdf: media(|mime| mime == "application/pdf"),
            prompt_tokens: prompt_tokens(request),
            max_tokens: u64::from(max_tokens(request, pool)),
            known_price: request.scopes.iter().any(|scope| scope.bounds.cost.is_some()),
        }
    }

    fn tokens(&self) -> (u64, u64) {
        (self.prompt_tokens, self.max_tokens)
    }

    /// Why a candidate cannot take the call.
    fn unmet(&self, candidate: &Candidate, caps: &Caps) -> Option<String> {
        if self.images && !caps.images {
            return Some("it takes no images".to_string());
        }
        if self.pdf && !caps.pdf {
            return Some("it takes no PDF documents".to_string());
        }
        if self.known_price && candidate.price.is_none() {
            return Some("its price is not known, and a budget bounds the cost".to_string());
        }
        None
    }

    /// Why a candidate's window is too small for prompt and answer.
    fn too_long(&self, caps: &Caps, answer: u64) -> Option<String> {
        let window = caps.context?;
        let wanted = self.prompt_tokens + answer;
        (wanted > window).then(|| {
            format!("its window of {window} tokens is too small: the prompt comes to about {}, the answer to {answer}", self.prompt_tokens)
        })
    }
}

/// Splits a pool into those that can take the call and those that cannot. A window too small for prompt and
/// `max_tokens` is passed over while a larger one is there; if none is, one that takes the prompt and a short answer
/// will do.
fn sort_out(pool: &Pool, needs: &Needs) -> (Vec<Arc<Candidate>>, Vec<Tried>) {
    let mut fit = Vec::new();
    let mut tight = Vec::new();
    let mut skipped = Vec::new();
    for candidate in &pool.candidates {
        let caps = candidate.caps();
        let skip = |reason| Tried { target: candidate.target.clone(), class: None, reason };
        if let Some(reason) = needs.unmet(candidate, &caps) {
            skipped.push(skip(reason));
        } else if let Some(reason) = needs.too_long(&caps, LEAST_ANSWER) {
            skipped.push(skip(reason));
        } else if let Some(reason) = needs.too_long(&caps, needs.max_tokens) {
            tight.push((candidate.clone(), skip(reason)));
        } else {
            fit.push(candidate.clone());
        }
    }
    if fit.is_empty() {
        return (tight.into_iter().map(|(candidate, _)| candidate).collect(), skipped);
    }
    skipped.extend(tight.into_iter().map(|(_, skip)| skip));
    (fit, skipped)
}

fn unroutable(pool: &Pool, skipped: Vec<Tried>) -> CallError {
    let reasons = |word: &str| skipped.iter().any(|skip| skip.reason.contains(word));
    let mend = if skipped.is_empty() {
        Some(
            "set `OPENAI_API_KEY`, `ANTHROPIC_API_KEY` or `GEMINI_API_KEY`, start Ollama or llama.cpp, or write `use: [\"provider/model\"]`",
        )
    } else if reasons("price") {
        Some("write `price: { input: $0.10, output: $0.40 }` (for a million tokens) in the pool")
    } else if reasons("images") || reasons("PDF") {
        Some("add a model that takes it to the pool's `use`")
    } else if reasons("window") {
        Some("shorten the prompt, or add a model with a larger window to the pool's `use`")
    } else {
        None
    };
    CallError::Unroutable { pool: pool.name.clone(), skipped, mend: mend.map(str::to_string) }
}
