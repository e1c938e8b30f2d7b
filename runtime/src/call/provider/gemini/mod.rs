//! Google's Gemini API, `generateContent`: address, headers, and the way from an answer's bytes to its [`reader`].

mod reader;
mod request;

use futures_util::future::{BoxFuture, FutureExt as _};
use serde_json::Value;

use super::assemble::Assembly;
use super::endpoint::Endpoint;
use super::http::{self, Answer, Headers, Http};
use super::stream::{Events, Piece};
use super::{Caps, Delta, ModelReply, ModelRequest, Provider, ProviderError, caps, fault};

/// An endpoint that speaks `generateContent`.
pub(super) struct Gemini {
    endpoint: Endpoint,
    http: Http,
}

impl Gemini {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, http: Http::new() }
    }

    fn url(&self, request: &ModelRequest) -> Result<String, ProviderError> {
        let base = self.endpoint.base().ok_or_else(|| self.endpoint.no_address())?;
        let version = if http::is_bare(&base) { "/v1beta" } else { "" };
        let model = request.model.strip_prefix("models/").unwrap_or(&request.model);
        let method = if request.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        Ok(format!("{base}{version}/models/{model}:{method}"))
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<ModelReply, ProviderError> {
        let caps = self.caps(&request.model);
        let most = caps::max_tokens(&self.endpoint, &request.model, request.max_tokens);
        let body = request::body(request, &caps, most)?;
        let mut headers = Headers::json(request)?;
        if let Some(key) = &self.endpoint.key {
            headers = headers.secret("x-goog-api-key", "", key)?;
        }
        let headers = headers.further(&self.endpoint)?;
        let url = self.url(request)?;
        let answer = self.http.post(&url, &headers, &body, request.timeouts, request.stream).await?;
        let assembly = Assembly::new(request, sink);
        if request.stream && !answer.is_whole() {
            return read_stream(answer, assembly).await;
        }
        read_whole(answer, assembly).await
    }
}

impl Provider for Gemini {
    fn caps(&self, model: &str) -> Caps {
        caps::of(&self.endpoint, model)
    }

    fn complete<'a>(
        &'a self,
        request: &'a ModelRequest,
        sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>> {
        self.ask(request, sink).boxed()
    }
}

async fn read_whole(mut answer: Answer, mut assembly: Assembly<'_>) -> Result<ModelReply, ProviderError> {
    let body = answer.body().await?;
    let Some(value) = serde_json::from_slice::<Value>(&body).ok() else {
        return Err(answer.scrub(fault::bad_format(&body, "a Gemini response")));
    };
    // A server that knows no `alt=sse` answers a wish for a stream with a list of its chunks.
    let chunks = match &value {
        Value::Array(chunks) => chunks.iter().collect(),
        one => vec![one],
    };
    let mut ended = false;
    for chunk in chunks {
        if let Some(error) = fault::in_band(chunk) {
            return Err(assembly.fail(answer.scrub(error)));
        }
        match reader::chunk(chunk, &mut assembly) {
            Ok(last) => ended |= last,
            Err(error) => return Err(assembly.fail(error)),
        }
    }
    if ended || assembly.has_content() {
        return assembly.finish();
    }
    if value.get("candidates").is_none() && value.get("usageMetadata").is_none() {
        return Err(answer.scrub(fault::bad_format(&body, "a Gemini response")));
    }
    assembly.finish()
}

async fn read_stream(answer: Answer, mut assembly: Assembly<'_>) -> Result<ModelReply, ProviderError> {
    let mut events = Events::new(answer);
    let mut ended = false;
    loop {
        match events.next().await {
            Ok(Piece::Json(value)) => match reader::chunk(&value, &mut assembly) {
                Ok(last) => ended |= last,
                Err(error) => return Err(assembly.fail(error)),
            },
            Ok(Piece::Done | Piece::End) => break,
            // What the answer needs has all come; a socket that dies after it takes nothing away.
            Err(_) if ended => break,
            Err(error) => return Err(assembly.fail(error)),
        }
        if assembly.has_content() {
            events.content_came();
        }
    }
    if ended {
        return assembly.finish();
    }
    match events.nothing() {
        Some((class, said)) => Err(assembly.fail(ProviderError::of(class, said))),
        None => Err(assembly.cut("finishReason")),
    }
}
