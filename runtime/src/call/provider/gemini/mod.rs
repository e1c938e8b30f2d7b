//! Google's Gemini API, `generateContent`: address, headers, and the way from an answer's bytes to its [`reader`].

mod reader;
mod request;

use futures_util::future::{BoxFuture, FutureExt as _};

use self::reader::Reader;
use super::assemble::Assembly;
use super::endpoint::Endpoint;
use super::http::{self, Headers, Http};
use super::{Caps, Delta, ModelReply, ModelRequest, Provider, ProviderError, caps, read};

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
        let model = request.model.strip_prefix("models/").unwrap_or(&request.model);
        let method = if request.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        self.endpoint.address(|base| {
            let version = if http::is_bare(base) { "/v1beta" } else { "" };
            format!("{base}{version}/models/{model}:{method}")
        })
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
        read::read(answer, &mut Reader, assembly).await
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
