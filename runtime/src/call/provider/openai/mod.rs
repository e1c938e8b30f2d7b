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
use super::http::{self, Headers, Http};
use super::read::{self, DONE, Dialect, Heard};
use super::{Caps, Delta, ModelReply, ModelRequest, Provider, ProviderError, caps};

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
        self.endpoint.address(|base| {
            if let Kind::Azure { api_version } = &self.endpoint.kind {
                return azure_url(base, api, model, api_version.as_deref());
            }
            let path = api.path();
            let named = [Api::Chat, Api::Responses].iter().find_map(|api| base.strip_suffix(api.path()));
            let base = named.unwrap_or(base);
            // A server's bare address is meant to be its usual one.
            let version =
                if named.is_none() && http::is_bare(base) && self.quirks.versioned { "/v1" } else { "" };
            format!("{base}{version}{path}")
        })
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
        read::read(answer, &mut Api::clone(&api), assembly).await
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
}

impl Dialect for Api {
    fn wanted(&self) -> &'static str {
        match self {
            Self::Chat => "a chat completion",
            Self::Responses => "a response",
        }
    }

    fn marker(&self) -> &'static str {
        match self {
            Self::Chat => DONE,
            Self::Responses => "response.completed",
        }
    }

    fn whole(&mut self, value: &Value, assembly: &mut Assembly<'_>) -> Result<bool, ProviderError> {
        Ok(match self {
            Self::Chat => chat::whole(value, assembly),
            Self::Responses => responses::whole(value, assembly),
        })
    }

    fn event(&mut self, value: &Value, assembly: &mut Assembly<'_>) -> Result<Heard, ProviderError> {
        Ok(match self {
            Self::Chat if chat::event(value, assembly) => Heard::Answer,
            Self::Responses if responses::event(value, assembly)? => Heard::All,
            Self::Chat | Self::Responses => Heard::Part,
        })
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
