//! The providers' door to HTTP: builds clients, keeps the bounds of time and size, turns what fails into a
//! [`ProviderError`]. It knows no provider's format, follows no redirect and never asks twice.

mod address;

use std::borrow::Cow;
use std::error::Error as _;
use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(super) use self::address::{check, is_bare, is_loopback, without_password};
use self::address::{host, is_here, place};
use super::bounds::{Bounds, spoken};
use super::endpoint::Endpoint;
use super::fault;
use super::secrets::Secrets;
use super::shape::{self, Shape, Sign};
use super::{ErrorClass, ModelRequest, ProviderError, Timeouts};

/// The most bytes of an answer that comes whole.
const BODY_CAP: usize = 32 << 20;
/// The most bytes of an answer that comes as a stream.
const STREAM_CAP: usize = 128 << 20;
/// The most bytes that are read of an error's body.
const ERROR_CAP: usize = 64 << 10;
/// The most bytes of an idempotency key that is sent as it is.
const KEY_CAP: usize = 200;

/// Clients for one endpoint, built when first needed: loading the system's certificates takes a while.
pub(super) struct Http {
    clients: Mutex<Vec<(Lane, Duration, Client)>>,
}

/// Which way a request leaves the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    /// Through the environment's proxies, where it names any.
    Outside,
    /// Loopback over TLS: never through a proxy.
    Loopback,
    /// Loopback without TLS: needs no certificates either.
    Plain,
}

/// Headers of a request; every value counts as a secret.
#[derive(Clone, Default)]
pub(super) struct Headers {
    map: HeaderMap,
    secrets: Secrets,
}

/// A 2xx answer whose body is still to come.
pub(super) struct Answer {
    response: Response,
    place: String,
    bounds: Bounds,
    secrets: Secrets,
    /// What was read to see what it is.
    peeked: Option<Vec<u8>>,
    read: usize,
}

impl Http {
    pub(super) fn new() -> Self {
        Self { clients: Mutex::new(Vec::new()) }
    }

    /// Sends `body` as JSON and waits for the head of the answer; any status but 2xx is an error.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &Headers,
        body: &Value,
        timeouts: Timeouts,
        stream: bool,
    ) -> Result<Answer, ProviderError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| ProviderError::of(ErrorClass::BadRequest, format!("no JSON: {error}")))?;
        let url: Url = url
            .parse()
            .map_err(|error| not_configured(format!("`{}` is no address: {error}", without_password(url))))?;
        let client = self.client(&url, timeouts.connect)?;
        let bounds = Bounds::start(timeouts, stream);
        let request = client.post(url.clone()).headers(headers.map.clone()).body(body);
        Self::send(request, &url, bounds, headers, timeouts).await
    }

    /// Asks for what stands at `url`.
    pub(super) async fn get(
        &self,
        url: &str,
        headers: &Headers,
        timeouts: Timeouts,
    ) -> Result<Answer, ProviderError> {
        let url: Url = url
            .parse()
            .map_err(|error| not_configured(format!("`{}` is no address: {error}", without_password(url))))?;
        let client = self.client(&url, timeouts.connect)?;
        let request = client.get(url.clone()).headers(headers.map.clone());
        Self::send(request, &url, Bounds::start(timeouts, false), headers, timeouts).await
    }

    async fn send(
        request: RequestBuilder,
        url: &Url,
        mut bounds: Bounds,
        headers: &Headers,
        timeouts: Timeouts,
    ) -> Result<Answer, ProviderError> {
        let sent = bounds.wait(request.send()).await.map_err(|error| error.at(&place(url)))?;
        let response = match sent {
            Ok(response) => response,
            Err(error) => return Err(headers.secrets.out_of(sending(error, url, timeouts))),
        };
        let secrets = headers.secrets.clone();
        let answer = Answer { response, place: place(url), bounds, secrets, peeked: None, read: 0 };
        if answer.response.status().is_success() { Ok(answer) } else { Err(answer.into_error().await) }
    }

    fn client(&self, url: &Url, connect: Duration) -> Result<Client, ProviderError> {
        let lane = Lane::of(url);
        let mut clients = self.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, _, client)) = clients.iter().find(|(l, c, _)| *l == lane && *c == connect) {
            return Ok(client.clone());
        }
        let client = build(lane, connect)
            .map_err(|error| not_configured(format!("no HTTP client can be built: {}", chain(&error))))?;
        clients.push((lane, connect, client.clone()));
        Ok(client)
    }
}

fn build(lane: Lane, connect: Duration) -> reqwest::Result<Client> {
    // Only the first caller installs it; everyone after finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("agentrun/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_mins(1))
        .connect_timeout(connect);
    match lane {
        Lane::Outside => builder,
        Lane::Loopback => builder.no_proxy(),
        Lane::Plain => builder.no_proxy().tls_certs_only([]),
    }
    .build()
}

impl Lane {
    fn of(url: &Url) -> Self {
        match (is_here(url), url.scheme()) {
            (false, _) => Self::Outside,
            (true, "http") => Self::Plain,
            (true, _) => Self::Loopback,
        }
    }
}

impl Headers {
    /// What every request carries.
    pub(super) fn json(request: &ModelRequest) -> Result<Self, ProviderError> {
        Self::default()
            .text("content-type", "application/json")?
            .text("accept", if request.stream { "text/event-stream" } else { "application/json" })?
            .text("idempotency-key", &idempotency(&request.idempotency_key))
    }

    /// Adds what the endpoint's configuration says, which may replace any header before.
    pub(super) fn further(self, endpoint: &Endpoint) -> Result<Self, ProviderError> {
        endpoint.headers.iter().try_fold(self, |headers, (name, value)| headers.secret(name, "", value))
    }

    /// Adds a header that gives nothing away.
    pub(super) fn text(mut self, name: &'static str, value: &str) -> Result<Self, ProviderError> {
        let value = HeaderValue::from_str(value)
            .map_err(|_| not_configured(format!("the value of header `{name}` cannot be sent")))?;
        self.map.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    /// Adds a header whose value is never shown; `prefix` (`Bearer `) stands before it.
    pub(super) fn secret(
        mut self,
        name: &str,
        prefix: &str,
        value: &SecretString,
    ) -> Result<Self, ProviderError> {
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| not_configured(format!("`{name}` is no header's name")))?;
        let text = value.expose_secret().trim();
        if text.is_empty() {
            return Err(not_configured(format!("the value for header `{name}` is blank: is the key set?")));
        }
        let text = Some(text).filter(|text| text.is_ascii());
        let text = text.and_then(|text| HeaderValue::from_str(&format!("{prefix}{text}")).ok());
        let mut text = text.ok_or_else(|| {
            not_configured(format!(
                "the value for header `{name}` has characters that no header can carry: is it the right key?"
            ))
        })?;
        text.set_sensitive(true);
        self.map.insert(key, text);
        self.secrets.add(value);
        Ok(self)
    }
}

/// A key that a header can carry: a long one, or one with letters beyond ASCII, is replaced by its hash.
fn idempotency(key: &str) -> Cow<'_, str> {
    let fits = key.len() <= KEY_CAP && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Cow::Borrowed(key) } else { Cow::Owned(format!("{:x}", Sha256::digest(key))) }
}

impl Answer {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// Where it came from: an address without a query and without a password.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What must not be seen in anything that is said of it.
    pub(super) fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    /// What the body is, by how it begins: a stream is asked for in vain of some servers, others send nothing else, and
    /// neither always say so in their headers.
    pub(super) async fn shape(&mut self, asked_for_stream: bool) -> Result<Shape, ProviderError> {
        if let Some(coding) = self.coding() {
            let said = format!("the answer is compressed (`{coding}`), which was not asked for");
            return Err(ProviderError::of(ErrorClass::BadFormat, said).at(&self.place));
        }
        let mut start = Vec::new();
        let mut sign = shape::sign(&start);
        while sign == Sign::More
            && let Some(chunk) = self.next_chunk().await?
        {
            start.extend_from_slice(&chunk);
            sign = shape::sign(&start);
        }
        let blank = start.iter().all(u8::is_ascii_whitespace);
        self.peeked = Some(start);
        let says_stream = match self.header("content-type") {
            Some(media_type) => media_type.contains("event-stream"),
            None => blank && asked_for_stream,
        };
        Ok(match sign {
            Sign::Is(shape) => shape,
            _ if says_stream => Shape::Stream,
            Sign::More | Sign::Unclear => Shape::Whole,
        })
    }

    /// A coding of the body that is none.
    fn coding(&self) -> Option<&str> {
        self.header("content-encoding").filter(|coding| !coding.trim().eq_ignore_ascii_case("identity"))
    }

    /// The next piece of a stream; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, ProviderError> {
        let chunk = self.next_chunk().await?;
        if let Some(bytes) = &chunk {
            self.read += bytes.len();
        }
        if self.read > STREAM_CAP {
            return Err(ProviderError::of(
                ErrorClass::BadFormat,
                format!("the stream is longer than {} MiB", STREAM_CAP >> 20),
            ));
        }
        Ok(chunk)
    }

    /// Content has come: from now on only silence between two chunks counts.
    pub(super) fn content_came(&mut self) {
        self.bounds.flow();
    }

    /// The whole body.
    pub(super) async fn body(&mut self) -> Result<Vec<u8>, ProviderError> {
        let (body, whole) = self.read_up_to(BODY_CAP).await?;
        if whole {
            return Ok(body);
        }
        Err(ProviderError::of(
            ErrorClass::BadFormat,
            format!("the answer is longer than {} MiB", BODY_CAP >> 20),
        ))
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, ProviderError> {
        if let Some(peeked) = self.peeked.take().filter(|peeked| !peeked.is_empty()) {
            return Ok(Some(peeked));
        }
        let chunk = self.bounds.wait(self.response.chunk()).await?.map_err(|error| self.broken(&error))?;
        Ok(chunk.map(Vec::from))
    }

    async fn read_up_to(&mut self, cap: usize) -> Result<(Vec<u8>, bool), ProviderError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.next_chunk().await? {
            let room = cap - body.len();
            if chunk.len() > room {
                body.extend(chunk.iter().take(room));
                return Ok((body, false));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body, true))
    }

    /// An error status with what its body says. A body that breaks off or dawdles does not hide the status.
    async fn into_error(mut self) -> ProviderError {
        let head = fault::Head::new(self.response.status().as_u16(), |name| self.header(name));
        self.content_came();
        let body = match self.coding() {
            Some(_) => Vec::new(),
            None => self.read_up_to(ERROR_CAP).await.map(|(body, _)| body).unwrap_or_default(),
        };
        let error = fault::of_status(&head, &body);
        let error = if error.class == ErrorClass::NotFound { error.at(&self.place) } else { error };
        self.secrets.out_of(error)
    }

    fn broken(&self, error: &reqwest::Error) -> ProviderError {
        let said = format!("the answer broke off: {}", root(error));
        self.secrets.out_of(ProviderError::of(ErrorClass::Truncated, said))
    }
}

fn sending(error: reqwest::Error, url: &Url, timeouts: Timeouts) -> ProviderError {
    let host = host(url);
    let error = error.without_url();
    if error.is_connect() && error.is_timeout() {
        return ProviderError::of(
            ErrorClass::Connect,
            format!("no connection to {host} within {}", spoken(timeouts.connect)),
        );
    }
    let class = if is_tls(&error) { ErrorClass::Tls } else { ErrorClass::Connect };
    let what = match class {
        ErrorClass::Tls => "no secure connection to",
        _ if error.is_connect() => "no connection to",
        _ => "no answer from",
    };
    ProviderError::of(class, format!("{what} {host}: {}", root(&error)))
}

/// Whether TLS lies under an error; an IO error hides what it wraps from `source`.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>()
        || wrapped.is_some_and(|inner| is_tls(inner))
        || error.source().is_some_and(is_tls)
}

/// The innermost cause's words: what stands around it only repeats that a request failed.
fn root(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

fn chain(error: &reqwest::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let words = inner.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        source = inner.source();
    }
    said
}

fn not_configured(message: String) -> ProviderError {
    ProviderError::of(ErrorClass::NotConfigured, message)
}
