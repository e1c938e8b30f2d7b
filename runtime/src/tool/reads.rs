//! What a tool's expressions read: which arguments, which environment variables. And what follows from the latter:
//! their values are taken out of what a failure says, since a model and a record read it.

use std::collections::BTreeMap;

use agentrun_lang::ast::Name;
use agentrun_lang::eval::{Env, eval};
use agentrun_lang::ir::{Expr, ExprKind, Tool, ToolBody};
use agentrun_lang::value::Value;

use crate::error::{Failure, FailureKind};

/// Shorter values are words that may stand anywhere.
const SHORTEST: usize = 8;

/// Values that must not show, by the names that they came under.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    known: Vec<(Name, String)>,
}

impl Secrets {
    /// The values of all environment variables that a tool reads.
    pub(super) fn of(tool: &Tool, env: &BTreeMap<String, String>) -> Self {
        let mut names: Vec<Name> = Vec::new();
        for expr in expressions(tool) {
            any(expr, &mut |kind| {
                if let ExprKind::Env(name) = kind {
                    names.push(name.clone());
                }
                false
            });
        }
        let value =
            |name: Name| env.get(&*name).filter(|value| value.len() >= SHORTEST).cloned().map(|v| (name, v));
        let mut known: Vec<_> = names.into_iter().filter_map(value).collect();
        // A value that holds another one goes first.
        known.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        Self { known }
    }

    /// The failure without them.
    pub(super) fn scrub(&self, mut failure: Failure) -> Failure {
        for (name, value) in &self.known {
            if failure.message.contains(value.as_str()) {
                failure.message = failure.message.replace(value.as_str(), &format!("[{name}]"));
            }
        }
        failure
    }
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
