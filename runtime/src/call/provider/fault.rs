//! What a provider's error means: from status, headers and typed body to an [`ErrorClass`]. One table serves
//! every dialect, for gateways answer in each other's. It reads no socket.

use std::time::Duration;

use serde_json::{Value, json};

use super::retry_after;
use super::{ErrorClass, ProviderError};

/// The longest message that is kept, in characters.
const MESSAGE_CAP: usize = 500;

/// Status and headers of an error.
pub(super) struct Head {
    status: u16,
    retry_after: Option<Duration>,
    location: Option<String>,
}

impl Head {
    pub(super) fn new<'a>(status: u16, header: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self {
            status,
            retry_after: retry_after::from_headers(&header),
            location: header("location").map(str::to_owned),
        }
    }
}

/// The words of a typed body that tell classes apart, upper and lower case alike. First hit wins.
const WORDS: &[(&str, ErrorClass)] = &[
    ("insufficient_quota", ErrorClass::Quota),
    ("billing_hard_limit_reached", ErrorClass::Quota),
    ("billing_not_active", ErrorClass::Quota),
    ("billing_error", ErrorClass::Quota),
    ("insufficient_balance", ErrorClass::Quota),
    ("exceeded_current_quota_error", ErrorClass::Quota),
    ("context_length_exceeded", ErrorClass::ContextLength),
    ("exceed_context_size_error", ErrorClass::ContextLength),
    ("model_context_window_exceeded", ErrorClass::ContextLength),
    ("string_above_max_length", ErrorClass::ContextLength),
    ("content_filter", ErrorClass::ContentPolicy),
    ("content_policy_violation", ErrorClass::ContentPolicy),
    ("responsibleaipolicyviolation", ErrorClass::ContentPolicy),
    ("data_inspection_failed", ErrorClass::ContentPolicy),
    ("cyber_policy", ErrorClass::ContentPolicy),
    ("invalid_prompt", ErrorClass::ContentPolicy),
    ("rate_limit_exceeded", ErrorClass::RateLimited),
    ("rate_limit_error", ErrorClass::RateLimited),
    ("rate_limit_reached_error", ErrorClass::RateLimited),
    ("too_many_requests", ErrorClass::RateLimited),
    ("resource_exhausted", ErrorClass::RateLimited),
    ("throttlingexception", ErrorClass::RateLimited),
    ("invalid_api_key", ErrorClass::Unauthorized),
    ("api_key_invalid", ErrorClass::Unauthorized),
    ("authentication_error", ErrorClass::Unauthorized),
    ("invalid_authentication_error", ErrorClass::Unauthorized),
    ("unauthenticated", ErrorClass::Unauthorized),
    ("permission_error", ErrorClass::Unauthorized),
    ("permission_denied", ErrorClass::Unauthorized),
    ("model_not_found", ErrorClass::NotFound),
    ("deploymentnotfound", ErrorClass::NotFound),
    ("not_found_error", ErrorClass::NotFound),
    ("not_found", ErrorClass::NotFound),
    ("request_too_large", ErrorClass::TooLarge),
    ("not_supported_error", ErrorClass::Unsupported),
    ("unimplemented", ErrorClass::Unsupported),
    ("overloaded_error", ErrorClass::Server),
    ("engine_overloaded_error", ErrorClass::Server),
    ("server_error", ErrorClass::Server),
    ("api_error", ErrorClass::Server),
    ("timeout_error", ErrorClass::Server),
    ("internal", ErrorClass::Server),
    ("unavailable", ErrorClass::Server),
    ("deadline_exceeded", ErrorClass::Server),
];

/// What untyped bodies say when a prompt is too long.
const TOO_LONG: &[&str] = &[
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "exceeds the maximum number of tokens",
    "maximum prompt length",
];

/// What untyped bodies say when a model lacks an ability.
const UNABLE: &[&str] = &[
    "does not support tools",
    "does not support image",
    "does not support function calling",
    "image input is not supported",
    "tool use is not supported",
    "no endpoints found that support",
];

/// What untyped bodies say when the account is empty.
const NO_MONEY: &[&str] = &["credit balance is too low", "insufficient balance", "insufficient credits"];

/// An answer whose status is no 2xx.
pub(super) fn of_status(head: &Head, body: &[u8]) -> ProviderError {
    let said = serde_json::from_slice::<Value>(body).ok().as_ref().map(Said::read).unwrap_or_default();
    let message = if said.message.is_empty() { unsaid(head, body) } else { said.message.clone() };
    ProviderError {
        status: Some(head.status),
        retry_after: head.retry_after.or(said.retry_after),
        ..ProviderError::of(class(Some(head.status), &said), one_line(&message))
    }
}

/// An error that stands inside a 200: a body or an event with an `error` in it. `None` where there is none.
pub(super) fn in_band(value: &Value) -> Option<ProviderError> {
    let error = value.get("error").filter(|error| says_something(error))?;
    let said = Said::read(value);
    let code = error.get("code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let status = code.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    let message = if said.message.is_empty() { "the provider reports an error" } else { &said.message };
    Some(ProviderError {
        status,
        retry_after: said.retry_after,
        ..ProviderError::of(class(status, &said), one_line(message))
    })
}

/// An event that is an error by its name: what it holds is the error, or has it in it.
pub(super) fn of_event(value: &Value) -> ProviderError {
    let error = in_band(value).or_else(|| in_band(&json!({ "error": value })));
    error.unwrap_or_else(|| ProviderError::of(ErrorClass::Server, "the provider reports an error".into()))
}

fn says_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => true,
    }
}

/// A 200 whose body is not what was asked for.
pub(super) fn bad_format(body: &[u8], wanted: &str) -> ProviderError {
    let start = String::from_utf8_lossy(body.get(..body.len().min(4096)).unwrap_or_default());
    let found = match start.trim_start() {
        "" => return ProviderError::of(ErrorClass::Empty, "the answer has no body".into()),
        text if looks_like_html(text) => format!("a web page{}", title(text)),
        text => format!("`{}`", cut(&one_line(text), 120)),
    };
    ProviderError::of(ErrorClass::BadFormat, format!("expected {wanted}, found {found}"))
}

/// What a typed body says.
#[derive(Default)]
struct Said {
    message: String,
    words: Vec<String>,
    retry_after: Option<Duration>,
}

impl Said {
    /// Reads OpenAI's, Anthropic's, Google's, AWS's and `FastAPI`'s shapes, and a bare string.
    fn read(body: &Value) -> Self {
        // Google wraps a stream's error in a list.
        let body = body.get(0).unwrap_or(body);
        let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
        let mut said =
            Self { message: message(error).or_else(|| message(body)).unwrap_or_default(), ..Self::default() };
        for key in ["code", "type", "status", "__type"] {
            said.words.extend(error.get(key).and_then(Value::as_str).map(str::to_ascii_lowercase));
        }
        if let Some(inner) = error.get("innererror").or_else(|| error.get("inner_error")) {
            said.words.extend(inner.get("code").and_then(Value::as_str).map(str::to_ascii_lowercase));
        }
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            said.detail(detail);
        }
        said.retry_after = said.retry_after.or_else(|| retry_after::from_words(&said.message));
        said
    }

    /// Google's typed details.
    fn detail(&mut self, detail: &Value) {
        let delay = detail.get("retryDelay").and_then(Value::as_str);
        self.retry_after = self.retry_after.or_else(|| delay.and_then(retry_after::duration));
        let reason = detail.get("reason").and_then(Value::as_str).map(str::to_ascii_lowercase);
        // The most exact word goes first.
        self.words.splice(0..0, reason);
        let violations = detail.get("violations").and_then(Value::as_array);
        let ids = violations.into_iter().flatten().filter_map(|one| one.get("quotaId")?.as_str());
        if ids.into_iter().any(|id| id.contains("PerDay")) {
            self.words.insert(0, "insufficient_quota".into());
        }
    }
}

fn message(error: &Value) -> Option<String> {
    let found = match error {
        Value::String(text) => text.clone(),
        _ => match ["message", "Message", "detail", "title"].iter().find_map(|key| error.get(key)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(faults)) => faults.iter().map(fault).collect::<Vec<_>>().join("; "),
            Some(other) if !other.is_null() => other.to_string(),
            _ => return None,
        },
    };
    let metadata = error.get("metadata").and_then(|meta| meta.get("raw")).and_then(Value::as_str);
    Some(match metadata {
        Some(raw) => format!("{found}: {raw}"),
        None => found,
    })
}

/// `FastAPI`'s `{"loc": ["body", "model"], "msg": "Field required"}`.
fn fault(fault: &Value) -> String {
    let words = |place: &Value| place.as_str().map_or_else(|| place.to_string(), str::to_owned);
    let place: Vec<String> = fault["loc"].as_array().into_iter().flatten().map(words).collect();
    match fault["msg"].as_str() {
        Some(said) => format!("{}: {said}", place.join(".")),
        None => fault.to_string(),
    }
}

/// What it comes to; without a status the words alone tell, and an error that says none is the server's.
fn class(status: Option<u16>, said: &Said) -> ErrorClass {
    // A body too big for the door says nothing else, whatever its words.
    if status == Some(413) {
        return ErrorClass::TooLarge;
    }
    let typed = said
        .words
        .iter()
        .find_map(|word| WORDS.iter().find(|(known, _)| known == word).map(|(_, class)| *class));
    let lower = said.message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match typed {
        Some(ErrorClass::Server) | None if says(TOO_LONG) && status != Some(429) => ErrorClass::ContextLength,
        _ if says(NO_MONEY) => ErrorClass::Quota,
        _ if says(UNABLE) => ErrorClass::Unsupported,
        Some(class) if status.is_none_or(|status| agrees(class, status)) => class,
        _ => by_status(status.unwrap_or(500)),
    }
}

/// A word that contradicts its status (`internal` in a 400) loses to it.
fn agrees(class: ErrorClass, status: u16) -> bool {
    match class {
        ErrorClass::Server => status >= 500,
        ErrorClass::NotFound => status == 404 || status == 400 || status == 422 || status == 403,
        _ => true,
    }
}

fn by_status(status: u16) -> ErrorClass {
    match status {
        401 | 403 => ErrorClass::Unauthorized,
        402 => ErrorClass::Quota,
        300..=399 | 404 | 405 | 410 => ErrorClass::NotFound,
        408 | 409 | 425 => ErrorClass::Transient,
        429 => ErrorClass::RateLimited,
        501 => ErrorClass::Unsupported,
        500.. => ErrorClass::Server,
        _ => ErrorClass::BadRequest,
    }
}

/// What is said of a status whose body says nothing.
fn unsaid(head: &Head, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if let (300..400, Some(location)) = (head.status, &head.location) {
        return format!(
            "the address has moved to {location}; redirects are not followed: set it as the provider's `url`"
        );
    }
    match text {
        "" => "it said no more".to_owned(),
        text if looks_like_html(text) => format!("it answered with a web page{}", title(text)),
        text => text.to_owned(),
    }
}

fn looks_like_html(text: &str) -> bool {
    let start = text.get(..text.len().min(15)).unwrap_or(text).to_ascii_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<?xml")
}

fn title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let found = lower.find("<title>").zip(lower.find("</title>"));
    let title = found.and_then(|(start, end)| text.get(start + "<title>".len()..end));
    title.map(|title| format!(" titled `{}`", cut(&one_line(title), 80))).unwrap_or_default()
}

/// One line of letters and marks, at most [`MESSAGE_CAP`] characters.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // A terminal would obey them.
    cut(&line.replace(|c: char| c.is_control(), "\u{FFFD}"), MESSAGE_CAP)
}

/// At most so many characters.
pub(super) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
