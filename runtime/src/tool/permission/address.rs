//! Which addresses a tool may ask: `allow` globs of `scheme://host:port/path`, and the network addresses behind a
//! name. It resolves nothing; `tool/http.rs` asks it about every address before a connection is made, redirects too.
//!
//! In a glob the scheme may be left out (both are meant), and so may the path (every path is meant). In a host `*`
//! stands for letters of it, never for a port or a path; in a path `*` stays within one segment and `**` crosses.
//! Without `allow`, an `http` tool may ask the host that its address names, and `http.get` every public one.
//!
//! A host that is named may lie on this machine or in a private network. One that is not named (a wildcard, or no
//! `allow` at all) must be public. Link-local addresses and those where clouds keep credentials are open only to a
//! glob that names that very address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use agentrun_lang::ast::Name;
use regex::Regex;
use url::{Host, Url};

use crate::error::{Failure, FailureKind};

/// How far a granted address may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// To what everybody on the internet can reach.
    Public,
    /// Also to this machine and to private networks.
    Private,
    /// Anywhere.
    Anywhere,
}

/// The rules of one tool.
#[derive(Debug)]
pub struct AddressRules {
    allow: Option<Vec<Pattern>>,
    own: Option<Origin>,
}

#[derive(Debug)]
struct Pattern {
    written: Name,
    scheme: Option<String>,
    host: Regex,
    named: bool,
    port: Option<u16>,
    path: Option<Regex>,
}

/// Where a tool's own address points.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    host: String,
    port: Option<u16>,
}

impl AddressRules {
    /// The rules of `allow`; without it, `own` is where the tool's address points, if its host is fixed.
    pub fn new(allow: Option<&[Name]>, own: Option<&Url>) -> Result<Self, String> {
        let allow =
            allow.map(|allow| allow.iter().map(Pattern::new).collect::<Result<_, _>>()).transpose()?;
        let own = own.and_then(Origin::of);
        Ok(Self { allow, own })
    }

    /// Says whether the tool may ask `url`, and how far that may lead.
    pub fn check(&self, url: &Url) -> Result<Reach, Failure> {
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "http" | "https") || host.is_empty() {
            return Err(denied(format!("`{}` is no http or https address", shown(url))));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(denied(format!(
                "`{}` holds a name or a password; a header can carry them",
                shown(url)
            )));
        }
        if hides_a_climb(url.path()) {
            return Err(denied(format!("the path of `{}` climbs in disguise", shown(url))));
        }
        let reach = self.reach(url)?;
        match url.host() {
            Some(Host::Ipv4(ip)) => refuse(IpAddr::V4(ip), reach).map_or(Ok(reach), |why| Err(denied(why))),
            Some(Host::Ipv6(ip)) => refuse(IpAddr::V6(ip), reach).map_or(Ok(reach), |why| Err(denied(why))),
            Some(Host::Domain(name)) if reach == Reach::Public && is_local_name(name) => {
                Err(denied(format!("`{name}` is no public name; an `allow` that names it opens it")))
            }
            _ => Ok(reach),
        }
    }

    fn reach(&self, url: &Url) -> Result<Reach, Failure> {
        let Some(patterns) = &self.allow else {
            return match &self.own {
                None => Ok(Reach::Public),
                Some(own) if Origin::of(url).as_ref() == Some(own) => Ok(Reach::Private),
                Some(own) => Err(denied(format!(
                    "`{}` is not on the tool's own host `{}`; `allow` can name others",
                    shown(url),
                    own.host
                ))),
            };
        };
        let granted = patterns.iter().filter(|pattern| pattern.matches(url)).map(Pattern::reach).max();
        granted.ok_or_else(|| {
            let allowed: Vec<_> = patterns.iter().map(|pattern| format!("`{}`", pattern.written)).collect();
            let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
            denied(format!("`{}` is outside of what the tool may ask: {allowed}", shown(url)))
        })
    }
}

/// Why a network address may not be reached; `None` where it may.
pub fn refuse(ip: IpAddr, reach: Reach) -> Option<String> {
    let needed = needed(ip);
    if reach >= needed {
        return None;
    }
    Some(match needed {
        Reach::Anywhere => {
            format!("`{ip}` is link-local or keeps a cloud's credentials; only an `allow` with it opens it")
        }
        _ => format!(
            "`{ip}` is on this machine or in a private network; only an `allow` that names its host opens it"
        ),
    })
}

fn needed(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) => needed_v4(ip),
        IpAddr::V6(ip) => needed_v6(ip),
    }
}

fn needed_v4(ip: Ipv4Addr) -> Reach {
    const CLOUDS: [Ipv4Addr; 3] =
        [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
    let [a, b, c, _] = ip.octets();
    if ip.is_link_local() || CLOUDS.contains(&ip) || a == 0 || ip.is_multicast() || ip.is_broadcast() {
        return Reach::Anywhere;
    }
    let shared = a == 100 && (64..128).contains(&b);
    let special = (a, b, c) == (192, 0, 0) || (a == 198 && (b == 18 || b == 19)) || a >= 240;
    if ip.is_private() || ip.is_loopback() || shared || special { Reach::Private } else { Reach::Public }
}

fn needed_v6(ip: Ipv6Addr) -> Reach {
    const CLOUD: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    if ip.is_loopback() {
        return Reach::Private;
    }
    // `::` itself becomes 0.0.0.0 here.
    if let Some(inner) = embedded_v4(ip) {
        return needed_v4(inner);
    }
    if ip.is_unicast_link_local() || ip == CLOUD || ip.is_multicast() {
        return Reach::Anywhere;
    }
    let [first, second, ..] = ip.segments();
    let site_local = first & 0xffc0 == 0xfec0;
    let tunnel = (first, second) == (0x2001, 0);
    if ip.is_unique_local() || site_local || tunnel { Reach::Private } else { Reach::Public }
}

/// The IPv4 address that a mapped, a translated or a tunneled one stands for.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let ends = [".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa"];
    name == "localhost" || !name.contains('.') || ends.iter().any(|end| name.ends_with(end))
}

/// Servers that decode a path before they split it would read `..%2f` as a climb.
fn hides_a_climb(path: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    decoded.split(['/', '\\']).any(|segment| segment == "..") || decoded.contains('\0')
}

impl Origin {
    fn of(url: &Url) -> Option<Self> {
        // A plain address may lead to the same host's secure one.
        let port = url.port();
        Some(Self { host: url.host_str()?.to_owned(), port })
    }
}

impl Pattern {
    fn new(written: &Name) -> Result<Self, String> {
        let wrong = |why: &str| format!("`allow` item `{written}` is no address: {why}");
        let (scheme, rest) = match written.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (Some(scheme.to_owned()), rest),
            Some((scheme, _)) => return Err(wrong(&format!("`{scheme}` is neither http nor https"))),
            None => (None, &**written),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if authority.is_empty() || authority.contains(['@', '?', '#']) {
            return Err(wrong("expected `https://host/path`"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                (host, Some(port.parse().map_err(|_| wrong("its port is no number"))?))
            }
            _ => (authority, None),
        };
        let named = !host.contains(['*', '?']);
        let host = if named {
            canonical(host).ok_or_else(|| wrong("its host cannot be read"))?
        } else {
            host.to_ascii_lowercase()
        };
        Ok(Self {
            written: written.clone(),
            scheme,
            host: glob(&host, "[^/:]*", "[^/:]*")?,
            named,
            port,
            path: if path.is_empty() { None } else { Some(glob(path, "[^/]*", ".*")?) },
        })
    }

    fn matches(&self, url: &Url) -> bool {
        let scheme = self.scheme.as_deref().is_none_or(|scheme| scheme == url.scheme());
        let host = url.host_str().is_some_and(|host| self.host.is_match(host));
        let port = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        let path = self.path.as_ref().is_none_or(|path| path.is_match(url.path()));
        scheme && host && port && path
    }

    fn reach(&self) -> Reach {
        const METADATA: [&str; 3] = ["metadata.google.internal", "metadata.azure.internal", "instance-data"];
        let host = self.written.split_once("://").map_or(&*self.written, |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let address = Url::parse(&format!("http://{host}/")).ok();
        let address = address.as_ref().and_then(Url::host);
        match address {
            _ if !self.named => Reach::Public,
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => Reach::Anywhere,
            Some(Host::Domain(name)) if METADATA.contains(&name) => Reach::Anywhere,
            _ => Reach::Private,
        }
    }
}

/// A host as an address would say it: lower case, names of other scripts in their ASCII form.
fn canonical(host: &str) -> Option<String> {
    Some(Url::parse(&format!("http://{host}/")).ok()?.host_str()?.to_owned())
}

/// `**` and `*` as given, `?` as one character of what `*` may be.
fn glob(text: &str, star: &str, stars: &str) -> Result<Regex, String> {
    let mut source = String::from(r"\A(?s:");
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            source.push_str(stars);
            rest = after;
            continue;
        }
        match first {
            '*' => source.push_str(star),
            '?' => source.push_str("[^/]"),
            _ => source.push_str(&regex::escape(first.encode_utf8(&mut [0; 4]))),
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    source.push_str(r")\z");
    Regex::new(&source).map_err(|error| format!("`allow` item `{text}` cannot be read: {error}"))
}

/// An address without what may be secret in it.
fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

fn denied(message: String) -> Failure {
    Failure::new(FailureKind::Denied, message)
}
