//! What an answer's status means: which failure it raises, and whether the request took effect.
//!
//! An error that the tool declares is raised where the body names it (`{"error": "out_of_stock"}`, also as `code` or
//! `type`, also inside of `error`), else where the status does (404 is `not_found`, 409 `conflict`, 410 `gone`, …).

use std::time::Duration;

use agentrun_lang::ast::Name;
use serde_json::Value;

use crate::error::{Commit, Failure, FailureKind};

/// What is quoted of a body.
const QUOTED: usize = 300;

/// An answer that is no success.
pub(super) struct Refused<'a> {
    pub(super) host: &'a str,
    pub(super) status: u16,
    pub(super) reason: &'a str,
    pub(super) body: &'a str,
    /// `Retry-After` and `Date`.
    pub(super) retry_after: Option<&'a str>,
    pub(super) date: Option<&'a str>,
}

/// The failure of an answer that is no success.
pub(super) fn failure(refused: &Refused<'_>, errors: &[Name]) -> Failure {
    let Refused { host, status, reason, body, .. } = refused;
    let kind = declared(refused, errors).unwrap_or_else(|| usual(*status));
    let said = quote(body);
    let colon = if said.is_empty() { "" } else { ": " };
    Failure {
        kind,
        commit: commit(*status),
        message: format!("`{host}` answered {status} {reason}{colon}{said}"),
        retry_after: refused.retry_after.and_then(|wait| wait_for(wait, refused.date)),
    }
}

fn declared(refused: &Refused<'_>, errors: &[Name]) -> Option<FailureKind> {
    let is_declared = |name: &str| errors.iter().any(|error| &**error == name);
    let named = serde_json::from_str(refused.body).ok().and_then(|body: Value| {
        let error = body.get("error").unwrap_or(&Value::Null);
        let places = [Some(error), error.get("code"), error.get("type"), body.get("code"), body.get("type")];
        let mut names = places.into_iter().flatten().filter_map(Value::as_str);
        names.find(|name| is_declared(name)).map(str::to_owned)
    });
    named
        .or_else(|| {
            status_names(refused.status).iter().find(|name| is_declared(name)).map(|name| (*name).to_owned())
        })
        .map(FailureKind::Tool)
}

fn status_names(status: u16) -> &'static [&'static str] {
    match status {
        400 => &["bad_request"],
        402 => &["payment_required"],
        403 => &["forbidden"],
        404 => &["not_found"],
        405 => &["method_not_allowed"],
        409 => &["conflict"],
        410 => &["gone", "not_found"],
        412 => &["precondition_failed"],
        413 => &["too_large"],
        415 => &["unsupported_media_type"],
        422 => &["unprocessable"],
        423 => &["locked"],
        429 => &["rate_limited", "too_many_requests"],
        451 => &["unavailable_for_legal_reasons"],
        _ => &[],
    }
}

fn usual(status: u16) -> FailureKind {
    match status {
        401 | 403 | 407 => FailureKind::Denied,
        408 | 504 => FailureKind::Timeout,
        400 | 406 | 411 | 413 | 414 | 415 | 422 => FailureKind::Invalid,
        425 | 429 | 500.. => FailureKind::Unavailable,
        _ => FailureKind::Failed,
    }
}

/// A refusal says that nothing was done; a broken server may have done it before it broke.
fn commit(status: u16) -> Commit {
    match status {
        400..=499 | 501 | 505 | 307 | 308 => Commit::None,
        _ => Commit::Unknown,
    }
}

/// Seconds, or a date that is measured by the server's own clock.
fn wait_for(wait: &str, now: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = wait.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(wait.trim()).ok()?.timestamp();
    let now = jiff::fmt::rfc2822::parse(now?.trim()).ok()?.timestamp();
    Some(until.duration_since(now).try_into().unwrap_or_default())
}

fn quote(body: &str) -> String {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
