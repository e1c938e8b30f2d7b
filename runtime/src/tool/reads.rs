//! What a tool's expressions read: which arguments, which environment variables. And what follows from the latter:
//! their values are taken out of what a failure says, and keys out of results, since a model and a record read both.

use std::collections::BTreeSet;

use agentrun_lang::ast::Name;
use agentrun_lang::eval::{Env, eval};
use agentrun_lang::ir::{Expr, ExprKind, Tool, ToolBody};
use agentrun_lang::value::Value;
use secrecy::ExposeSecret;

use super::Settings;
use crate::error::{Failure, FailureKind};

/// Shorter values are words that may stand anywhere.
const SHORTEST: usize = 8;

/// Parts of a variable's name that say that its value is nobody's business.
const SECRET: &[&str] = &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"];

/// Values that must not show, by the names that they came under.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    /// Keys: they show nowhere.
    keys: Vec<(Name, String)>,
    /// The rest of what a tool reads from the environment: no failure says it, but a result may be about it.
    read: Vec<(Name, String)>,
}

impl Secrets {
    /// The variables that a tool reads, the variables whose names say that they are keys, and keys of the
    /// configuration.
    pub(super) fn of(tool: &Tool, settings: &Settings) -> Self {
        let mut names: BTreeSet<Name> = BTreeSet::new();
        for expr in expressions(tool) {
            any(expr, &mut |kind| {
                if let ExprKind::Env(name) = kind {
                    names.insert(name.clone());
                }
                false
            });
        }
        let (mut keys, mut read) = (Vec::new(), Vec::new());
        for (name, value) in settings.env.iter().filter(|(_, value)| value.len() >= SHORTEST) {
            if is_key(name) {
                keys.push((name.as_str().into(), value.clone()));
            } else if names.contains(name.as_str()) {
                read.push((name.as_str().into(), value.clone()));
            }
        }
        let configured = settings.keys.iter().map(ExposeSecret::expose_secret);
        keys.extend(configured.filter(|key| key.len() >= SHORTEST).map(|key| ("key".into(), key.to_owned())));
        // A value that holds another one goes first.
        for all in [&mut keys, &mut read] {
            all.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        }
        Self { keys, read }
    }

    /// The failure without them.
    pub(super) fn scrub(&self, mut failure: Failure) -> Failure {
        if let Some(message) = without(&failure.message, self.keys.iter().chain(&self.read)) {
            failure.message = message;
        }
        failure
    }

    /// The result without keys.
    pub(super) fn scrub_value(&self, value: Value) -> Value {
        if self.keys.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => match without(&text, self.keys.iter()) {
                Some(text) => Value::text(text),
                None => Value::String(text),
            },
            Value::Bytes(bytes) => {
                match std::str::from_utf8(&bytes).ok().and_then(|text| without(text, self.keys.iter())) {
                    Some(text) => Value::Bytes(text.into_bytes().into()),
                    None => Value::Bytes(bytes),
                }
            }
            Value::List(items) => Value::list(items.iter().map(|item| self.scrub_value(item.clone()))),
            Value::Record(fields) => Value::record(fields.iter().map(|(name, value)| {
                let name = without(name, self.keys.iter()).map_or_else(|| name.clone(), Name::from);
                (name, self.scrub_value(value.clone()))
            })),
            other => other,
        }
    }
}

fn is_key(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// The text without the values; `None` where it holds none.
fn without<'a>(text: &str, values: impl Iterator<Item = &'a (Name, String)>) -> Option<String> {
    let mut found: Option<String> = None;
    for (name, value) in values {
        let held = found.as_deref().unwrap_or(text);
        if held.contains(value.as_str()) {
            found = Some(held.replace(value.as_str(), &format!("[{name}]")));
        }
    }
    found
}

/// The value of an expression. Where it cannot be computed because a variable of the environment is not there, the
/// failure says so.
pub(super) fn compute(expr: &Expr, env: &Env<'_>) -> Result<Value, Failure> {
    eval(expr, env).map(|labeled| labeled.value).map_err(|error| {
        unset(expr, env).unwrap_or_else(|| Failure::new(FailureKind::Invalid, error.message))
    })
}

/// The failure of an expression that is null for want of a variable, if it is.
pub(super) fn unset(expr: &Expr, env: &Env<'_>) -> Option<Failure> {
    let set = |name: &str| env.variables.is_some_and(|variables| variables(name).is_some());
    let mut missing = None;
    any(expr, &mut |kind| match kind {
        ExprKind::Env(name) if !set(name) => {
            missing = Some(name.clone());
            true
        }
        _ => false,
    });
    missing.map(|name| Failure::new(FailureKind::Failed, format!("`env.{name}` is not set")))
}

/// True where an expression holds a part that is wanted.
pub(super) fn any(expr: &Expr, wanted: &mut dyn FnMut(&ExprKind) -> bool) -> bool {
    wanted(&expr.kind) || expr.children().into_iter().any(|child| any(child, wanted))
}

fn expressions(tool: &Tool) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = tool.env.iter().map(|(_, value)| value).collect();
    match &tool.body {
        ToolBody::Http { url, headers, body, .. } => {
            found.push(url);
            found.extend(headers.iter().map(|(_, value)| value));
            found.extend(body);
        }
        ToolBody::Exec(items) => found.extend(items),
        ToolBody::Builtin(_) | ToolBody::Mcp(..) | ToolBody::Agent(..) => {}
    }
    found
}
