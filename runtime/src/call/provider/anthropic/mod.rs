//! Anthropic's Messages API: address, headers, and the way from an answer's bytes to its [`reader`].

mod reader;
mod request;

use futures_util::future::{BoxFuture, FutureExt as _};
use secrecy::ExposeSecret as _;

use self::reader::Reader;
use super::assemble::Assembly;
use super::endpoint::Endpoint;
use super::http::{Headers, Http};
use super::{Caps, Delta, ModelReply, ModelRequest, Provider, ProviderError, caps, read};

/// The version of the API whose shapes are read here.
const VERSION: &str = "2023-06-01";

/// An endpoint that speaks Messages.
pub(super) struct Anthropic {
    endpoint: Endpoint,
    http: Http,
}

impl Anthropic {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, http: Http::new() }
    }

    fn url(&self) -> Result<String, ProviderError> {
        self.endpoint.address(|base| {
            if base.ends_with("/messages") {
                base.to_owned()
            } else if base.ends_with("/v1") {
                format!("{base}/messages")
            } else {
                format!("{base}/v1/messages")
            }
        })
    }

    fn headers(&self, request: &ModelRequest) -> Result<Headers, ProviderError> {
        let mut headers = Headers::json(request)?.text("anthropic-version", VERSION)?;
        if let Some(key) = &self.endpoint.key {
            let text = key.expose_secret();
            // An account's token is no API key; whose token it is else, a gateway's, may be either.
            if !text.starts_with("sk-ant-oat") {
                headers = headers.secret("x-api-key", "", key)?;
            }
            if !text.starts_with("sk-ant-api") {
                headers = headers.secret("authorization", "Bearer ", key)?;
            }
        }
        headers.further(&self.endpoint)
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<ModelReply, ProviderError> {
        let caps = self.caps(&request.model);
        let most = caps::max_tokens(&self.endpoint, &request.model, request.max_tokens);
        let body = request::body(request, &caps, most)?;
        let headers = self.headers(request)?;
        let answer = self.http.post(&self.url()?, &headers, &body, request.timeouts, request.stream).await?;
        let mut assembly = Assembly::new(request, sink);
        assembly.request_id = answer.header("request-id").map(str::to_owned);
        read::read(answer, &mut Reader::new(request::answer_tool(request)), assembly).await
    }
}

impl Provider for Anthropic {
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
