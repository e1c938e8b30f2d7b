//! `check:` conditions, as the call line asks them of an answer.

use agentrun_lang::ast::BinaryOp;
use agentrun_lang::eval::{Env, Meters, eval, is_true};
use agentrun_lang::ir::{Expr, ExprKind};
use agentrun_lang::source::SourceMap;
use agentrun_lang::value::{Labeled, Labels, TypeTable, Value, to_json};

use super::Checks;

impl Checks {
    /// The first condition that an answer does not meet, quoted as it is written; `None` where it meets all.
    /// A condition that cannot be computed is not met.
    pub fn violation(&self, answer: &Value, types: &TypeTable, sources: &SourceMap) -> Option<String> {
        let own = Labeled::new(answer.clone(), Labels::MODEL);
        let env = Env {
            overlay: &self.overlay,
            own: Some(&own),
            meters: Meters {
                cost: self.spent.cost,
                time: self.spent.time,
                calls: self.spent.calls,
                tokens: self.spent.tokens,
            },
            now: Some(self.now),
            ..Env::new(types, &self.slots)
        };
        self.exprs.iter().find_map(|check| {
            let quoted = || one_line(sources.slice(check.span));
            match is_true(check, &env) {
                Ok(true) => None,
                Ok(false) => Some(format!("`{}` is not true{}", quoted(), sides(check, &env))),
                Err(error) => Some(format!("`{}` cannot be checked: {error}", quoted())),
            }
        })
    }
}

/// What the two sides of a comparison come to, so that whoever answers again knows how far off it was.
fn sides(check: &Expr, env: &Env<'_>) -> String {
    let ExprKind::Binary(op, left, right) = &check.kind else { return String::new() };
    let compares =
        matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
    let side = |expr| eval(expr, env).map(|labeled| written(&labeled.value));
    match (compares, side(left), side(right)) {
        (true, Ok(left), Ok(right)) => format!(": {left} on the left, {right} on the right"),
        _ => String::new(),
    }
}

/// A value as a program writes it: money and durations as literals, text in quotes.
fn written(value: &Value) -> String {
    match value {
        Value::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{name}: {}", written(field)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::String(_) | Value::Bytes(_) | Value::Media(_) => to_json(value).to_string(),
        scalar => scalar.to_string(),
    }
}

/// Source text on one line, as a message quotes it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
