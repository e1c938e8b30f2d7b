//! A request made of a declaration and a call's arguments, and the next one where an answer redirects. It sends
//! nothing.

use agentrun_lang::ast::Name;
use agentrun_lang::eval::Env;
use agentrun_lang::ir::{Expr, Param, ToolBody};
use agentrun_lang::value::{Labeled, Value, to_json, to_json_as};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::super::Invocation;
use super::super::bind::Binding;
use super::super::reads::{compute, unset};
use super::fill;
use crate::error::{Failure, FailureKind};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What is asked.
pub(super) enum Request {
    /// The address is the argument.
    Get(Binding),
    /// An `http` body.
    Declared(Box<Declared>),
}

/// An `http` body.
pub(super) struct Declared {
    address: Expr,
    method: Method,
    headers: Vec<(HeaderName, Expr)>,
    body: Option<Expr>,
}

/// One request, ready to be sent.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    /// The request of an `http` body.
    pub(super) fn declared(body: &ToolBody) -> Result<Self, String> {
        let ToolBody::Http { url, method, headers, body } = body else {
            return Err("it is no request; please report this".to_owned());
        };
        let headers = headers
            .iter()
            .map(|(name, value)| Ok((header_name(name)?, value.clone())))
            .collect::<Result<_, String>>()?;
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| format!("`{method}` is no method"))?;
        Ok(Self::Declared(Box::new(Declared { address: url.clone(), method, headers, body: body.clone() })))
    }

    /// The request of one call. `changes` says whether the tool does more than to read.
    pub(super) fn ready(
        &self,
        params: &[Param],
        invocation: &Invocation<'_>,
        env: &Env<'_>,
        changes: bool,
    ) -> Result<Ready, Failure> {
        match self {
            Self::Get(binding) => {
                let url = fill::parse(binding.text(invocation.args, "url")?)?;
                Ok(Ready { method: Method::GET, url, headers: HeaderMap::new(), body: None })
            }
            Self::Declared(declared) => declared.ready(params, invocation, env, changes),
        }
    }
}

impl Declared {
    fn ready(
        &self,
        params: &[Param],
        invocation: &Invocation<'_>,
        env: &Env<'_>,
        changes: bool,
    ) -> Result<Ready, Failure> {
        let method = self.method.clone();
        let url = fill::fill(&self.address, env)?;
        let mut ready = Ready { method, url, headers: HeaderMap::new(), body: None };
        match &self.body {
            Some(body) => ready.carry(compute(body, env)?),
            None if carries_query(&self.method) => self.query(params, invocation.args, &mut ready.url),
            None => ready.carry_json(&arguments(params, invocation.args, env)),
        }
        for (name, expr) in &self.headers {
            let value = compute(expr, env)?;
            if let (Value::Null, Some(failure)) = (&value, unset(expr, env)) {
                return Err(failure);
            }
            if !value.is_null() {
                let mut value = HeaderValue::from_str(&value.to_string())
                    .map_err(|_| invalid(format!("the header `{name}` holds what a header cannot")))?;
                value.set_sensitive(true);
                ready.headers.insert(name, value);
            }
        }
        if (changes || !is_safe(&self.method)) && !ready.headers.contains_key(IDEMPOTENCY_KEY) {
            let key = HeaderValue::from_str(invocation.idempotency_key)
                .map_err(|_| invalid("`once` holds what a header cannot".to_owned()))?;
            ready.headers.insert(IDEMPOTENCY_KEY, key);
        }
        Ok(ready)
    }

    /// The arguments that nothing else reads.
    fn query(&self, params: &[Param], args: &[Labeled], url: &mut Url) {
        let read = |slot: u32| {
            fill::reads(&self.address, slot) || self.headers.iter().any(|(_, value)| fill::reads(value, slot))
        };
        let left: Vec<_> = (0..)
            .zip(params.iter().zip(args))
            .filter(|(slot, (_, arg))| !arg.value.is_null() && !read(*slot))
            .map(|(_, (param, arg))| (seen_as(param), arg.value.to_string()))
            .collect();
        if !left.is_empty() {
            url.query_pairs_mut().extend_pairs(left);
        }
    }
}

impl Ready {
    fn carry(&mut self, body: Value) {
        let (kind, bytes) = match body {
            Value::Null => return,
            Value::String(text) => ("text/plain; charset=utf-8", text.as_bytes().to_vec()),
            Value::Bytes(bytes) => ("application/octet-stream", bytes.to_vec()),
            value => return self.carry_json(&to_json(&value)),
        };
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        self.body = Some(bytes);
    }

    fn carry_json(&mut self, body: &serde_json::Value) {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body.to_string().into_bytes());
    }

    /// The request that an answer of `status` with this `Location` leads to. What the declaration's headers carry
    /// stays with its own host.
    pub(super) fn redirected(&self, status: u16, location: &str) -> Result<Self, Failure> {
        let url = self.url.join(location).map_err(|error| {
            let host = self.url.host_str().unwrap_or_default();
            let message = format!("`{host}` redirects to what is no address: {error}");
            Failure::new(FailureKind::Failed, message)
        })?;
        let same = url.origin() == self.url.origin();
        let mut headers = if same { self.headers.clone() } else { HeaderMap::new() };
        if !resends(status) && !is_safe(&self.method) {
            headers.remove(CONTENT_TYPE);
            headers.remove(IDEMPOTENCY_KEY);
            return Ok(Self { method: Method::GET, url, headers, body: None });
        }
        for name in [CONTENT_TYPE, IDEMPOTENCY_KEY] {
            if let Some(value) = self.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        Ok(Self { method: self.method.clone(), url, headers, body: self.body.clone() })
    }
}

/// True where the same request is to be sent again elsewhere: it was not carried out.
pub(super) fn resends(status: u16) -> bool {
    matches!(status, 307 | 308)
}

/// The arguments by the names that JSON sees; what is null is left out.
fn arguments(params: &[Param], args: &[Labeled], env: &Env<'_>) -> serde_json::Value {
    let given = params.iter().zip(args).filter(|(_, arg)| !arg.value.is_null());
    given
        .map(|(param, arg)| (seen_as(param).to_owned(), to_json_as(&arg.value, &param.ty, env.types)))
        .collect()
}

fn header_name(name: &Name) -> Result<HeaderName, String> {
    const OURS: [&str; 6] =
        ["host", "content-length", "transfer-encoding", "connection", "upgrade", "proxy-authorization"];
    let header =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no header's name"))?;
    if OURS.contains(&header.as_str()) {
        return Err(format!("the header `{name}` is set by itself"));
    }
    Ok(header)
}

fn seen_as(param: &Param) -> &str {
    param.alias.as_deref().unwrap_or(&param.name)
}

fn carries_query(method: &Method) -> bool {
    is_safe(method) || *method == Method::DELETE
}

fn is_safe(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}
