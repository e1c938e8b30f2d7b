//! `http.get` and `http:` tools: the tools' door to HTTP. Each address is judged before it is asked, those of
//! redirects too, and so is every network address behind a name before a connection is made.
//!
//! `GET`, `HEAD` and `DELETE` carry the arguments that nothing else reads as a query; other methods carry all
//! arguments as a JSON object, unless `body` says otherwise. A method that changes something carries an
//! `Idempotency-Key`. An answer is at most 8 MiB.
//!
//! Proxies of the environment are used but for this machine. Behind one, names are looked up by the proxy: what
//! lies behind a public name is then its business.

mod answer;
mod client;
mod fill;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ast::Name;
use agentrun_lang::eval::Env;
use agentrun_lang::ir::{self, EffectClass, Param, Program, ToolBody};
use agentrun_lang::value::Value;
use futures_util::future::BoxFuture;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderName, LOCATION, RETRY_AFTER};

use self::answer::Refused;
use self::client::{Clients, unreached};
use self::request::{Ready, Request, resends};
use super::bind::Binding;
use super::permission::AddressRules;
use super::reply::{Body, Shape};
use super::{Attempt, Invocation, Settings, Tool};
use crate::error::{Commit, Failure, FailureKind};

/// More bytes than this are no answer.
const CAP: usize = 8 << 20;
/// What is read of an answer that is an error.
const ERROR_CAP: usize = 64 << 10;
const MAX_REDIRECTS: usize = 5;

/// A tool that asks over HTTP.
pub(super) struct HttpTool {
    program: Arc<Program>,
    params: Vec<Param>,
    request: Request,
    errors: Vec<Name>,
    /// Whether it does more than to read.
    changes: bool,
    rules: AddressRules,
    shape: Shape,
    env: BTreeMap<String, String>,
    clients: Clients,
}

impl HttpTool {
    /// The built-in `http.get`, whose address is its argument.
    pub(super) fn get(
        program: &Arc<Program>,
        tool: &ir::Tool,
        binding: Binding,
        shape: Shape,
        settings: &Settings,
    ) -> Result<Self, String> {
        let rules = AddressRules::new(tool.allow.as_deref(), None)?;
        Ok(Self::of(program, tool, Request::Get(binding), rules, shape, settings))
    }

    /// The tool of an `http` body.
    pub(super) fn new(
        program: &Arc<Program>,
        tool: &ir::Tool,
        shape: Shape,
        settings: &Settings,
    ) -> Result<Self, String> {
        let variables = |name: &str| settings.env.get(name).cloned();
        let mut env = Env::new(&program.types, &[]);
        env.variables = Some(&variables);
        let origin = match &tool.body {
            ToolBody::Http { url, .. } => fill::fixed_origin(url, &env),
            _ => None,
        };
        let rules = AddressRules::new(tool.allow.as_deref(), origin.as_ref())?;
        Ok(Self::of(program, tool, Request::declared(&tool.body)?, rules, shape, settings))
    }

    fn of(
        program: &Arc<Program>,
        tool: &ir::Tool,
        request: Request,
        rules: AddressRules,
        shape: Shape,
        settings: &Settings,
    ) -> Self {
        Self {
            program: Arc::clone(program),
            params: tool.params.clone(),
            request,
            errors: tool.errors.clone(),
            changes: tool.effect != EffectClass::Read,
            rules,
            shape,
            env: settings.env.clone(),
            clients: Clients::new(&settings.env),
        }
    }

    async fn attempt(&self, invocation: Invocation<'_>) -> Result<Value, Failure> {
        let ready = self.ready(&invocation)?;
        let timeout = invocation.timeout;
        tokio::time::timeout(timeout, self.send(ready, timeout)).await.unwrap_or_else(|_| {
            let message = format!("there was no whole answer within {}", spell(timeout));
            Err(Failure::new(FailureKind::Timeout, message).committed(Commit::Unknown))
        })
    }

    fn ready(&self, invocation: &Invocation<'_>) -> Result<Ready, Failure> {
        let slots: Vec<_> = invocation.args.iter().cloned().map(Some).collect();
        let variables = |name: &str| self.env.get(name).cloned();
        let mut env = Env::new(&self.program.types, &slots);
        env.variables = Some(&variables);
        self.request.ready(&self.params, invocation, &env, self.changes)
    }

    /// Asks, and follows where the answer leads as long as the rules grant it.
    async fn send(&self, mut ready: Ready, timeout: Duration) -> Result<Value, Failure> {
        let mut heard = Commit::None;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.ask(&ready, timeout).await.map_err(|failure| match failure.commit {
                Commit::None => failure.committed(heard),
                _ => failure,
            })?;
            let status = response.status().as_u16();
            let location =
                header(&response, LOCATION).filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308));
            let Some(location) = location else { return self.read(response).await };
            if !resends(status) {
                heard = Commit::Unknown;
            }
            ready = ready.redirected(status, &location).map_err(|failure| failure.committed(heard))?;
        }
        let message = format!("its address redirects more than {MAX_REDIRECTS} times");
        Err(Failure::new(FailureKind::Failed, message).committed(heard))
    }

    async fn ask(&self, ready: &Ready, timeout: Duration) -> Result<Response, Failure> {
        let reach = self.rules.check(&ready.url)?;
        let client = self.clients.of(&ready.url, reach, timeout)?;
        let mut request =
            client.request(ready.method.clone(), ready.url.clone()).headers(ready.headers.clone());
        if let Some(body) = &ready.body {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|error| unreached(error, &ready.url))
    }

    async fn read(&self, response: Response) -> Result<Value, Failure> {
        let status = response.status();
        let name = response.url().host_str().unwrap_or_default().to_owned();
        let kind = header(&response, CONTENT_TYPE);
        let (retry_after, date) = (header(&response, RETRY_AFTER), header(&response, DATE));
        if !status.is_success() {
            let body = body_of(response, ERROR_CAP).await.unwrap_or_else(|(_, partial)| partial);
            let refused = Refused {
                host: &name,
                status: status.as_u16(),
                reason: status.canonical_reason().unwrap_or_default(),
                body: &String::from_utf8_lossy(&body),
                retry_after: retry_after.as_deref(),
                date: date.as_deref(),
            };
            return Err(answer::failure(&refused, &self.errors));
        }
        let bytes = body_of(response, CAP).await.map_err(|(broken, _)| {
            let (kind, what) = match broken {
                Broken::TooLong => (FailureKind::Failed, "is longer than 8 MiB"),
                Broken::Cut => (FailureKind::Unavailable, "was cut off"),
            };
            Failure::new(kind, format!("the answer of `{name}` {what}")).committed(Commit::Done)
        })?;
        self.shape.fit(self.body(bytes, kind.as_deref())).map_err(|failure| failure.committed(Commit::Done))
    }

    fn body(&self, bytes: Vec<u8>, kind: Option<&str>) -> Body {
        let mime = kind.and_then(|kind| kind.split(';').next()).map(|mime| mime.trim().to_ascii_lowercase());
        if self.shape.wants_bytes() {
            return Body::Bytes { bytes, mime };
        }
        if bytes.is_empty() && self.shape.wants_success() {
            return Body::Done(String::new());
        }
        let text = String::from_utf8_lossy(&bytes);
        let is_json =
            mime.as_deref().is_some_and(|mime| mime == "application/json" || mime.ends_with("+json"));
        match serde_json::from_slice(&bytes) {
            // A text that came as JSON is meant without its quotes.
            Ok(serde_json::Value::String(plain)) if is_json && self.shape.wants_text() => Body::Text(plain),
            _ => Body::Text(text.into_owned()),
        }
    }
}

impl Tool for HttpTool {
    fn call<'a>(&'a self, invocation: Invocation<'a>) -> BoxFuture<'a, Attempt> {
        Box::pin(async move { Attempt::plain(self.attempt(invocation).await) })
    }
}

/// Why a body did not come whole.
enum Broken {
    TooLong,
    Cut,
}

/// The body, or what went wrong with what had come.
async fn body_of(mut response: Response, cap: usize) -> Result<Vec<u8>, (Broken, Vec<u8>)> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > cap => return Err((Broken::TooLong, body)),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(_) => return Err((Broken::Cut, body)),
        }
    }
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn spell(duration: Duration) -> String {
    agentrun_lang::value::format_duration(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
