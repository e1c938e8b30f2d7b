//! Addresses: whether they are any, where they lead, and how they may be shown. It opens none.

use reqwest::Url;

/// True where `url` points at this machine.
pub(in crate::call::provider) fn is_loopback(url: &str) -> bool {
    url.parse().is_ok_and(|url: Url| is_here(&url))
}

/// True where `url` has a scheme and a host but no path of its own.
pub(in crate::call::provider) fn is_bare(url: &str) -> bool {
    url.parse().is_ok_and(|url: Url| url.path().trim_matches('/').is_empty())
}

/// Why nothing can be sent to `url`.
pub(in crate::call::provider) fn check(url: &str) -> Result<(), String> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err("it must begin with `http://` or `https://`".to_owned());
    }
    // Read as a browser does, what follows would be taken for the host.
    if rest.is_empty() || rest.starts_with('/') || rest.starts_with("http:") || rest.starts_with("https:") {
        return Err("no host stands behind its scheme".to_owned());
    }
    url.parse::<Url>().map(drop).map_err(|error| error.to_string())
}

/// An address as it may be shown, whether it is one or not.
pub(in crate::call::provider) fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

/// True where it points at this machine.
pub(super) fn is_here(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    if bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost") {
        return true;
    }
    bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

/// `http://127.0.0.1:8080/v1/models`.
pub(super) fn place(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host(url), url.path())
}

/// A host with its port, where that is not the usual one.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
