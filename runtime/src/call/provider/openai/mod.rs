//! OpenAI and everyone who serves its API. It picks the API that a model needs, sends, and leaves the bodies to
//! [`chat`] and [`responses`].

mod chat;
mod messages;
mod quirks;
mod responses;

use futures_util::future::{BoxFuture, FutureExt as _};
use serde_json::Value;

use self::quirks::Quirks;
use super::assemble::Assembly;
use super::endpoint::{Endpoint, Kind};
use super::http::{self, Answer, Headers, Http};
use super::stream::{Events, Piece};
use super::{Caps, Delta, ModelReply, ModelRequest, Provider, ProviderError, caps, fault};

/// An endpoint that speaks OpenAI's API.
pub(super) struct OpenAi {
    endpoint: Endpoint,
    quirks: Quirks,
    http: Http,
}

/// Which of its two APIs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Chat,
    Responses,
}

impl OpenAi {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { quirks: Quirks::of(&endpoint), endpoint, http: Http::new() }
    }

    fn api(&self, request: &ModelRequest) -> Api {
        let serves_both = matches!(self.endpoint.kind, Kind::OpenAi | Kind::Azure { .. });
        let needs = serves_both && caps::needs_responses(&request.model, !request.tools.is_empty());
        if needs { Api::Responses } else { Api::Chat }
    }

    fn url(&self, api: Api, model: &str) -> Result<String, ProviderError> {
        let base = self.endpoint.base().ok_or_else(|| self.endpoint.no_address())?;
        if let Kind::Azure { api_version } = &self.endpoint.kind {
            return Ok(azure_url(&base, api, model, api_version.as_deref()));
        }
        let path = api.path();
        if base.ends_with(path) {
            return Ok(base);
        }
        let base =
            base.strip_suffix(Api::Chat.path()).or(base.strip_suffix(Api::Responses.path())).unwrap_or(&base);
        // A server's bare address is meant to be its usual one.
        let version = if http::is_bare(base) && self.quirks.versioned { "/v1" } else { "" };
        Ok(format!("{base}{version}{path}"))
    }

    fn headers(&self, request: &ModelRequest) -> Result<Headers, ProviderError> {
        let mut headers = Headers::json(request)?;
        if let Some(key) = &self.endpoint.key {
            headers = match self.endpoint.kind {
                Kind::Azure { .. } => headers.secret("api-key", "", key)?,
                _ => headers.secret("authorization", "Bearer ", key)?,
            };
        }
        headers.further(&self.endpoint)
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<ModelReply, ProviderError> {
        let api = self.api(request);
        let most = caps::max_tokens(&self.endpoint, &request.model, request.max_tokens);
        let body = match api {
            Api::Chat => chat::body(request, self.quirks, &self.caps(&request.model), most)?,
            Api::Responses => responses::body(request, most)?,
        };
        let url = self.url(api, &request.model)?;
        let headers = self.headers(request)?;
        let answer = self.http.post(&url, &headers, &body, request.timeouts, request.stream).await?;
        let mut assembly = Assembly::new(request, sink);
        assembly.request_id = answer.header("x-request-id").map(str::to_owned);
        if request.stream && !answer.is_whole() {
            return read_stream(api, answer, assembly).await;
        }
        read_whole(api, answer, assembly).await
    }
}

impl Provider for OpenAi {
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

impl Api {
    fn path(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Responses => "/responses",
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Chat => "a chat completion",
            Self::Responses => "a response",
        }
    }

    fn marker(self) -> &'static str {
        match self {
            Self::Chat => "[DONE]",
            Self::Responses => "response.completed",
        }
    }
}

/// Azure's addresses: a deployment's, or the one that ends in `/openai/v1`.
fn azure_url(base: &str, api: Api, model: &str, version: Option<&str>) -> String {
    let path = api.path();
    let query = version.map(|version| format!("?api-version={version}")).unwrap_or_default();
    let root = base.strip_suffix("/openai/v1").or(base.strip_suffix("/openai")).unwrap_or(base);
    match (version, api) {
        _ if base.contains("/deployments/") => format!("{base}{path}{query}"),
        (Some(_), Api::Chat) if !base.ends_with("/v1") => {
            format!("{root}/openai/deployments/{model}{path}{query}")
        }
        // The version is a deployment address's own; this one takes none.
        _ => format!("{root}/openai/v1{path}"),
    }
}

async fn read_whole(
    api: Api,
    mut answer: Answer,
    mut assembly: Assembly<'_>,
) -> Result<ModelReply, ProviderError> {
    let body = answer.body().await?;
    let Some(value) = serde_json::from_slice::<Value>(&body).ok().filter(Value::is_object) else {
        return Err(answer.scrub(fault::bad_format(&body, api.wanted())));
    };
    if let Some(error) = fault::in_band(&value) {
        return Err(answer.scrub(error));
    }
    let understood = match api {
        Api::Chat => chat::whole(&value, &mut assembly),
        Api::Responses => responses::whole(&value, &mut assembly),
    };
    if understood { assembly.finish() } else { Err(answer.scrub(fault::bad_format(&body, api.wanted()))) }
}

async fn read_stream(
    api: Api,
    answer: Answer,
    mut assembly: Assembly<'_>,
) -> Result<ModelReply, ProviderError> {
    let mut events = Events::new(answer);
    let mut ended = false;
    loop {
        match events.next().await {
            Ok(Piece::Json(value)) => {
                let step = match api {
                    Api::Chat => Ok(chat::event(&value, &mut assembly)),
                    Api::Responses => responses::event(&value, &mut assembly),
                };
                match step {
                    Ok(last) => ended |= last,
                    Err(error) => return Err(assembly.fail(error)),
                }
            }
            Ok(Piece::Done) => return assembly.finish(),
            Ok(Piece::End) => break,
            // What the answer needs has all come; a socket that dies after it takes nothing away.
            Err(_) if ended => break,
            Err(error) => return Err(assembly.fail(error)),
        }
        if assembly.has_content() {
            events.content_came();
        }
        if ended && api == Api::Responses {
            break;
        }
    }
    if ended {
        return assembly.finish();
    }
    match events.nothing() {
        Some((class, said)) => Err(assembly.fail(ProviderError::of(class, said))),
        None => Err(assembly.cut(api.marker())),
    }
}
