//! Clients of the tools' door to HTTP, and what fails before there is an answer. Every name is looked up here, so
//! that no connection is made to an address that may not be reached.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, redirect};
use url::{Host, Url};

use super::super::permission::{Reach, refuse};
use crate::error::{Commit, Failure, FailureKind};

const CONNECT: Duration = Duration::from_secs(10);

/// Clients of one tool, built when first needed: loading the system's certificates takes a while.
pub(super) struct Clients {
    built: Mutex<Vec<(Lane, Client)>>,
    /// Hosts that the environment put between, wherever they are.
    proxies: Vec<String>,
}

/// Clients differ by what they may reach, by whether a proxy stands between and by whether they need certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lane {
    reach: Reach,
    loopback: bool,
    plain: bool,
}

/// Looks names up and drops the addresses that may not be reached.
struct Judge {
    reach: Reach,
    proxies: Vec<String>,
}

/// No address of a name may be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreachable(String);

impl Clients {
    /// None is built yet. `env` names the proxies.
    pub(super) fn new(env: &BTreeMap<String, String>) -> Self {
        Self { built: Mutex::new(Vec::new()), proxies: proxies(env) }
    }

    /// The client for an address that may lead as far as `reach`.
    pub(super) fn of(&self, url: &Url, reach: Reach, timeout: Duration) -> Result<Client, Failure> {
        let loopback = is_loopback(url);
        let lane = Lane { reach, loopback, plain: loopback && url.scheme() == "http" };
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = built.iter().find(|(known, _)| *known == lane) {
            return Ok(client.clone());
        }
        let client = self.build(lane, timeout.min(CONNECT)).map_err(|error| {
            Failure::new(FailureKind::Failed, format!("no HTTP client can be built: {}", chain(&error)))
        })?;
        built.push((lane, client.clone()));
        Ok(client)
    }

    fn build(&self, lane: Lane, connect: Duration) -> reqwest::Result<Client> {
        // Only the first caller installs it; everyone after finds it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let judge = Judge { reach: lane.reach, proxies: self.proxies.clone() };
        let builder = Client::builder()
            .user_agent(concat!("agentrun/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(connect)
            .dns_resolver(Arc::new(judge));
        let builder = if lane.loopback { builder.no_proxy() } else { builder };
        if lane.plain { builder.tls_certs_only([]) } else { builder }.build()
    }
}

impl Resolve for Judge {
    fn resolve(&self, name: Name) -> Resolving {
        let proxy = self.proxies.iter().any(|proxy| proxy == name.as_str());
        let reach = if proxy { Reach::Anywhere } else { self.reach };
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let first = found.first().copied();
            let open: Vec<_> =
                found.into_iter().filter(|address| refuse(address.ip(), reach).is_none()).collect();
            match first.and_then(|address| refuse(address.ip(), reach)) {
                Some(why) if open.is_empty() => Err(Unreachable(why).into()),
                _ => Ok(Box::new(open.into_iter()) as Addrs),
            }
        })
    }
}

/// The failure of a request that got no answer.
pub(super) fn unreached(error: reqwest::Error, url: &Url) -> Failure {
    let host = url.host_str().unwrap_or_default();
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(Unreachable(why)) = inner.downcast_ref() {
            return Failure::new(
                FailureKind::Denied,
                format!("`{host}` leads nowhere that is allowed: {why}"),
            );
        }
        source = inner.source();
    }
    let commit = if error.is_connect() { Commit::None } else { Commit::Unknown };
    let kind = if error.is_timeout() { FailureKind::Timeout } else { FailureKind::Unavailable };
    let why = chain(&error.without_url());
    Failure::new(kind, format!("`{host}` cannot be asked: {why}")).committed(commit)
}

/// An error with all that caused it, each once.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = inner.source();
    }
    text
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn proxies(env: &BTreeMap<String, String>) -> Vec<String> {
    const NAMES: [&str; 6] =
        ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    let named = NAMES.iter().filter_map(|name| env.get(*name));
    named
        .filter_map(|proxy| Url::parse(proxy).or_else(|_| Url::parse(&format!("http://{proxy}"))).ok())
        .filter_map(|proxy| proxy.host_str().map(str::to_owned))
        .collect()
}
