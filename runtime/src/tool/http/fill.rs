//! A tool's address with its holes filled. What comes from an argument is percent-encoded wholly, so that it stays
//! the one piece of a path or a query that it stands for; what the declaration itself says (`env.X`) goes in as it
//! is. It makes no request.

use agentrun_lang::ast::BinaryOp;
use agentrun_lang::eval::Env;
use agentrun_lang::ir::{Expr, ExprKind, Piece};
use agentrun_lang::value::Value;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::super::reads::{any, compute, unset};
use crate::error::{Failure, FailureKind};

/// All but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address for a call.
pub(super) fn fill(address: &Expr, env: &Env<'_>) -> Result<Url, Failure> {
    let mut text = String::new();
    if let ExprKind::Slot(_) = address.kind {
        // The argument is an address itself.
        text.push_str(&value(address, env)?);
    } else {
        push(address, env, &mut text)?;
        let path = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        if path.split('/').skip(1).any(is_dots) {
            return Err(invalid("an argument would climb in the address's path (`.` or `..`)".to_owned()));
        }
    }
    parse(&text)
}

/// Reads an address.
pub(super) fn parse(text: &str) -> Result<Url, Failure> {
    Url::parse(text.trim()).map_err(|error| invalid(format!("`{}` is no address: {error}", begin(text))))
}

/// The address as it is without arguments, if its host does not depend on one.
pub(super) fn fixed_origin(address: &Expr, env: &Env<'_>) -> Option<Url> {
    let mut text = String::new();
    let whole = push_until_argument(address, env, &mut text);
    let authority = text.split_once("://")?.1;
    // The host has ended before the first argument, or there is none.
    (whole || authority.contains(['/', '?', '#'])).then(|| Url::parse(&text).ok()).flatten()
}

/// True where an expression reads a binding.
pub(super) fn reads(expr: &Expr, slot: u32) -> bool {
    any(expr, &mut |kind| matches!(kind, ExprKind::Slot(id) if id.0 == slot))
}

fn push(expr: &Expr, env: &Env<'_>, text: &mut String) -> Result<(), Failure> {
    match &expr.kind {
        ExprKind::Template(template) => {
            for piece in &template.pieces {
                match piece {
                    Piece::Text(plain) => text.push_str(plain),
                    Piece::Hole(hole) => push_hole(hole, env, text)?,
                }
            }
            Ok(())
        }
        ExprKind::Binary(BinaryOp::Add, left, right) => {
            push(left, env, text)?;
            push(right, env, text)
        }
        _ => push_hole(expr, env, text),
    }
}

fn push_hole(hole: &Expr, env: &Env<'_>, text: &mut String) -> Result<(), Failure> {
    let filled = value(hole, env)?;
    if !reads_argument(hole) {
        text.push_str(&filled);
        return Ok(());
    }
    if filled.is_empty() && !text.contains('?') {
        return Err(invalid("an argument leaves a piece of the address's path empty".to_owned()));
    }
    text.extend(utf8_percent_encode(&filled, ENCODED));
    Ok(())
}

/// Gives whether there was none.
fn push_until_argument(expr: &Expr, env: &Env<'_>, text: &mut String) -> bool {
    match &expr.kind {
        ExprKind::Template(template) => template.pieces.iter().all(|piece| match piece {
            Piece::Text(plain) => {
                text.push_str(plain);
                true
            }
            Piece::Hole(hole) => push_until_argument(hole, env, text),
        }),
        ExprKind::Binary(BinaryOp::Add, left, right) => {
            push_until_argument(left, env, text) && push_until_argument(right, env, text)
        }
        _ if reads_argument(expr) => false,
        _ => match value(expr, env) {
            Ok(plain) => {
                text.push_str(&plain);
                true
            }
            Err(_) => false,
        },
    }
}

fn value(expr: &Expr, env: &Env<'_>) -> Result<String, Failure> {
    match compute(expr, env)? {
        Value::Null => Err(unset(expr, env)
            .unwrap_or_else(|| invalid("`null` in an address: give a fallback with `??`".to_owned()))),
        value => Ok(value.to_string()),
    }
}

fn reads_argument(expr: &Expr) -> bool {
    any(expr, &mut |kind| matches!(kind, ExprKind::Slot(_)))
}

fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

fn begin(text: &str) -> String {
    text.chars().take(200).collect()
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}
