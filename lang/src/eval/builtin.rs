//! The built-in functions.

use std::cmp::Ordering;
use std::sync::Arc;

use super::operator::{MAX_TEXT, add, contains};
use super::{EvalError, Evaluator, error, fail, found, size};
use crate::ir::{Expr, Function};
use crate::span::Span;
use crate::value::{Value, matches_pattern, order};

/// Said where a run meets what a test's lines alone may hold; the compiler lets none through.
const ONLY_A_TEST: &str = "only a test can compute this";

impl Evaluator<'_> {
    pub(super) fn call(&mut self, function: Function, args: &[Expr], span: Span) -> Result<Value, EvalError> {
        match (function, args) {
            (Function::Len | Function::Count, [of]) => self.len(of),
            (Function::Sum, [list]) => self.sum(list, None, None),
            (Function::Sum, [list, each]) => self.sum(list, Some(each), None),
            (Function::Sum, [list, each, zero]) => self.sum(list, Some(each), Some(zero)),
            (Function::Min, [list]) => self.best(list, None, Ordering::Less, span),
            (Function::Min, [list, each]) => self.best(list, Some(each), Ordering::Less, span),
            (Function::Max, [list]) => self.best(list, None, Ordering::Greater, span),
            (Function::Max, [list, each]) => self.best(list, Some(each), Ordering::Greater, span),
            (Function::All, [list, condition]) => {
                self.find(list, condition, false).map(|found| Value::Bool(!found))
            }
            (Function::Any, [list, condition]) => self.find(list, condition, true).map(Value::Bool),
            (Function::Count, [list, condition]) => self.count(list, condition),
            (Function::First, [list]) => {
                self.items(list).map(|items| items.first().cloned().unwrap_or(Value::Null))
            }
            (Function::Last, [list]) => {
                self.items(list).map(|items| items.last().cloned().unwrap_or(Value::Null))
            }
            (Function::Join, [list, separator]) => self.join(list, separator, span),
            (Function::Lower, [text]) => self.string(text).map(|text| Value::text(text.to_lowercase())),
            (Function::Trim, [text]) => self.string(text).map(|text| Value::text(text.trim())),
            (Function::Contains, [whole, part]) => {
                let whole = self.eval(whole)?;
                let part = self.eval(part)?;
                contains(&whole, &part).map(Value::Bool).map_err(|message| error(span, message))
            }
            (Function::Starts, [text, prefix]) => {
                let text = self.string(text)?;
                self.string(prefix).map(|prefix| Value::Bool(text.starts_with(&*prefix)))
            }
            (Function::Matches, [text, pattern]) => self.matches(text, pattern),
            (Function::Latency | Function::Price, [pool]) => self.pool(function, pool, span),
            (Function::Expect(function), args) => {
                let args = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
                let Some(observed) = self.env.observed else { return fail(span, ONLY_A_TEST) };
                observed.observe(function, &args).map_err(|message| error(span, message))
            }
            (Function::File, [path]) => {
                let path = self.string(path)?;
                let Some(observed) = self.env.observed else { return fail(span, ONLY_A_TEST) };
                observed.file(&path).map_err(|message| error(span, message))
            }
            (Function::File | Function::Error | Function::ToolCall, _) => fail(span, ONLY_A_TEST),
            _ => fail(span, format!("a built-in does not take {} arguments", args.len())),
        }
    }

    fn len(&mut self, of: &Expr) -> Result<Value, EvalError> {
        let value = self.eval(of)?;
        self.spend(size(&value), of.span)?;
        let count = match &value {
            Value::String(text) => text.chars().count(),
            Value::List(items) => items.len(),
            Value::Record(fields) => fields.len(),
            other => return fail(of.span, found("expected a string, a list or a map", other)),
        };
        Ok(Value::Int(whole(count)))
    }

    fn sum(&mut self, list: &Expr, each: Option<&Expr>, zero: Option<&Expr>) -> Result<Value, EvalError> {
        let mut total: Option<Value> = None;
        self.each(list, each, |value, at| {
            total = Some(match (total.take(), value) {
                (Some(total), value) => add(&total, &value).map_err(|message| error(at, message))?,
                (None, value @ (Value::Int(_) | Value::Float(_) | Value::Money(_) | Value::Duration(_))) => {
                    value
                }
                (None, other) => return fail(at, found("`sum` needs numbers", &other)),
            });
            Ok(true)
        })?;
        match (total, zero) {
            (Some(total), _) => Ok(total),
            (None, Some(zero)) => self.eval(zero),
            (None, None) => Ok(Value::Int(0)),
        }
    }

    fn best(
        &mut self,
        list: &Expr,
        each: Option<&Expr>,
        wanted: Ordering,
        span: Span,
    ) -> Result<Value, EvalError> {
        let mut best = Value::Null;
        let mut first = true;
        self.each(list, each, |value, _| {
            let against = if first { &value } else { &best };
            let better = order(&value, against).map_err(|message| error(span, message))? == wanted;
            if first || better {
                best = value;
            }
            first = false;
            Ok(true)
        })?;
        Ok(best)
    }

    /// Whether an element's condition is `wanted`; stops at the first.
    fn find(&mut self, list: &Expr, condition: &Expr, wanted: bool) -> Result<bool, EvalError> {
        let mut found_one = false;
        self.each(list, Some(condition), |value, at| {
            found_one = super::truth(&value, at)? == wanted;
            Ok(!found_one)
        })?;
        Ok(found_one)
    }

    fn count(&mut self, list: &Expr, condition: &Expr) -> Result<Value, EvalError> {
        let mut count = 0;
        self.each(list, Some(condition), |value, at| {
            count += i64::from(super::truth(&value, at)?);
            Ok(true)
        })?;
        Ok(Value::Int(count))
    }

    fn join(&mut self, list: &Expr, separator: &Expr, span: Span) -> Result<Value, EvalError> {
        let items = self.items(list)?;
        let separator = self.string(separator)?;
        let mut text = String::new();
        for (index, item) in items.iter().enumerate() {
            if matches!(item, Value::Null | Value::Media(_)) {
                return fail(list.span, found("`join` needs texts and scalars", item));
            }
            if index > 0 {
                text.push_str(&separator);
            }
            text.push_str(&item.to_string());
            if text.len() > MAX_TEXT {
                return fail(span, "the text becomes longer than 16 MiB");
            }
        }
        Ok(Value::text(text))
    }

    fn matches(&mut self, text: &Expr, pattern: &Expr) -> Result<Value, EvalError> {
        let text = self.string(text)?;
        let regex = self.string(pattern)?;
        matches_pattern(&regex, &text)
            .map(Value::Bool)
            .ok_or_else(|| error(pattern.span, format!("`{regex}` is not a regular expression")))
    }

    fn pool(&mut self, function: Function, pool: &Expr, span: Span) -> Result<Value, EvalError> {
        let name = self.string(pool)?;
        let Some(routing) = self.env.routing else {
            return fail(span, "only the edges of a pool read this");
        };
        let facts = if function == Function::Price { &routing.price } else { &routing.latency };
        Ok(facts.get(&name).cloned().unwrap_or(Value::Null))
    }

    /// Gives `each` of every element, or the element itself, to `take`, which says whether to go on. `it` is the
    /// element meanwhile.
    fn each(
        &mut self,
        list: &Expr,
        each: Option<&Expr>,
        mut take: impl FnMut(Value, Span) -> Result<bool, EvalError>,
    ) -> Result<(), EvalError> {
        let items = self.items(list)?;
        let outer = self.it.take();
        let mut walk = || {
            for item in items.iter() {
                self.spend(1, list.span)?;
                let value = match each {
                    Some(expr) => {
                        self.it = Some(item.clone());
                        self.eval(expr)?
                    }
                    None => item.clone(),
                };
                if !take(value, each.map_or(list.span, |expr| expr.span))? {
                    break;
                }
            }
            Ok(())
        };
        let walked = walk();
        self.it = outer;
        walked
    }

    fn items(&mut self, list: &Expr) -> Result<Arc<Vec<Value>>, EvalError> {
        match self.eval(list)? {
            Value::List(items) => Ok(items),
            other => fail(list.span, found("expected a list", &other)),
        }
    }

    fn string(&mut self, expr: &Expr) -> Result<Arc<str>, EvalError> {
        match self.eval(expr)? {
            Value::String(text) => {
                self.spend(text.len() as u64 / 64, expr.span)?;
                Ok(text)
            }
            other => fail(expr.span, found("expected `string`", &other)),
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
