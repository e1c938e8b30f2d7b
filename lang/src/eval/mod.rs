//! Computes expressions: pure, total, limited in steps and in depth. A result carries the labels of all it
//! read; what a short circuit skipped is not read. An error fails the state as `invalid`.

mod builtin;
mod env;
mod operator;
mod template;

pub use env::{Env, Meters, Observed, Routing, Variables};
pub use template::{Rendered, RenderedPart, render};

use crate::ast::{BinaryOp, Name, UnaryOp};
use crate::ir::{Expr, ExprKind, MemoryId, Pattern, SlotId};
use crate::span::Span;
use crate::value::{Labeled, Labels, MAX_NESTING, Type, Value, cast, fits};

/// Steps that one expression may take; far more than any that a person writes over lists that a model fills.
const FUEL: u64 = 10_000_000;

/// Nesting of an expression, operators counted: more than anyone writes within the parser's 128 levels of
/// brackets, and within the stack of a tokio worker.
const MAX_DEPTH: u32 = 400;

/// A longer chain of operators on the left (`a + b + c …`) is walked without recursion.
const DEEP: u32 = 64;

/// Why an expression has no value, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// The part of the expression that failed.
    pub span: Span,
    /// One lowercase line that says what was found and what was expected.
    pub message: String,
}

/// Computes an expression.
pub fn eval(expr: &Expr, env: &Env<'_>) -> Result<Labeled, EvalError> {
    let mut evaluator = Evaluator::new(env);
    let value = evaluator.eval(expr)?;
    Ok(Labeled::new(value, evaluator.labels))
}

/// Computes a condition.
pub fn is_true(expr: &Expr, env: &Env<'_>) -> Result<bool, EvalError> {
    Evaluator::new(env).condition(expr)
}

static NULL: Value = Value::Null;

struct Evaluator<'e> {
    env: &'e Env<'e>,
    /// Labels of all that was read so far.
    labels: Labels,
    /// The element that `it` means.
    it: Option<Value>,
    fuel: u64,
    depth: u32,
}

impl<'e> Evaluator<'e> {
    fn new(env: &'e Env<'e>) -> Self {
        Self { env, labels: Labels::NONE, it: None, fuel: FUEL, depth: 0 }
    }

    fn eval(&mut self, expr: &Expr) -> Result<Value, EvalError> {
        self.spend(1, expr.span)?;
        if let Some((value, labels)) = self.place(expr) {
            let value = value.clone();
            self.labels = self.labels.union(labels);
            return Ok(value);
        }
        if self.depth >= MAX_DEPTH {
            return fail(expr.span, "the expression is nested too deeply");
        }
        self.depth += 1;
        let value = self.compute(expr);
        self.depth -= 1;
        value
    }

    fn compute(&mut self, expr: &Expr) -> Result<Value, EvalError> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Slot(_) | ExprKind::Own | ExprKind::It => Ok(Value::Null),
            ExprKind::Meter(meter) => Ok(self.env.meter(*meter)),
            ExprKind::Now => {
                self.env.now.map(Value::Date).ok_or_else(|| error(span, "`now` is not known here"))
            }
            ExprKind::Env(name) => self.variable(name, span),
            ExprKind::Routing(name) => self.routing(name, span),
            ExprKind::Memory(id) => self.memory(*id, span),
            ExprKind::Template(template) => self.text(template, span),
            ExprKind::List(items) => self.list(items, span),
            ExprKind::Record(fields) => self.record(fields, span),
            ExprKind::Field(of, name) => Ok(self.eval(of)?.field(name)),
            ExprKind::Index(of, key) => self.index(of, key),
            ExprKind::Unary(op, of) => self.unary(*op, of, span),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span),
            ExprKind::Is(of, patterns) => self.is(of, patterns),
            ExprKind::Cast(of, ty) => self.cast(of, ty),
            ExprKind::Call(function, args) => self.call(*function, args, span),
        }
    }

    /// A binding, or a part of one, without a copy of the whole.
    fn place<'s>(&'s self, expr: &'s Expr) -> Option<(&'s Value, Labels)> {
        match &expr.kind {
            ExprKind::Const(value) => Some((value, Labels::NONE)),
            ExprKind::Slot(id) => Some(self.slot(*id)),
            ExprKind::Own => Some(self.env.own.map_or((&NULL, Labels::NONE), read)),
            ExprKind::It => Some((self.it.as_ref().unwrap_or(&NULL), Labels::NONE)),
            ExprKind::Field(of, name) => {
                let (value, labels) = self.place(of)?;
                let Value::Record(record) = value else { return Some((&NULL, labels)) };
                Some((record.get(&**name).unwrap_or(&NULL), labels))
            }
            _ => None,
        }
    }

    fn slot(&self, id: SlotId) -> (&'e Value, Labels) {
        self.env.slot(id).map_or((&NULL, Labels::NONE), read)
    }

    fn variable(&mut self, name: &Name, span: Span) -> Result<Value, EvalError> {
        let Some(variables) = self.env.variables else {
            return fail(span, "`env` is not known here");
        };
        let text =
            variables(name).ok_or_else(|| error(span, format!("`{name}` is not set in the environment")))?;
        self.labels = self.labels.union(Labels::SECRET);
        Ok(Value::text(text))
    }

    fn routing(&self, name: &Name, span: Span) -> Result<Value, EvalError> {
        match self.env.routing {
            Some(routing) => Ok(routing.facts.get(name).cloned().unwrap_or(Value::Null)),
            None => fail(span, format!("`{name}` is not known here: only the edges of a pool read it")),
        }
    }

    fn memory(&mut self, id: MemoryId, span: Span) -> Result<Value, EvalError> {
        let Some((_, text)) = self.env.memories.iter().find(|(known, _)| *known == id) else {
            return fail(span, "the memory's text is not known here");
        };
        self.labels = self.labels.union(text.labels);
        Ok(text.value.clone())
    }

    fn list(&mut self, items: &[Expr], span: Span) -> Result<Value, EvalError> {
        let values = items.iter().map(|item| self.eval(item)).collect::<Result<Vec<_>, _>>()?;
        shallow(Value::list(values), span)
    }

    fn record(&mut self, fields: &[(Name, Expr)], span: Span) -> Result<Value, EvalError> {
        let pairs = fields.iter().map(|(name, value)| Ok((name.clone(), self.eval(value)?)));
        let record = Value::record(pairs.collect::<Result<Vec<_>, EvalError>>()?);
        shallow(record, span)
    }

    fn index(&mut self, of: &Expr, key: &Expr) -> Result<Value, EvalError> {
        let of_value = self.eval(of)?;
        let key_value = self.eval(key)?;
        match (&of_value, &key_value) {
            (Value::Null, _) => Ok(Value::Null),
            (Value::List(items), Value::Int(index)) => {
                let item = usize::try_from(*index).ok().and_then(|index| items.get(index));
                Ok(item.cloned().unwrap_or(Value::Null))
            }
            (Value::Record(fields), Value::String(key)) => {
                Ok(fields.get(&**key).cloned().unwrap_or(Value::Null))
            }
            (Value::List(_), other) => fail(key.span, found("a list's index is an `int`", other)),
            (Value::Record(_), other) => fail(key.span, found("a map's key is a `string`", other)),
            (other, _) => fail(of.span, found("`[…]` needs a list or a map", other)),
        }
    }

    fn unary(&mut self, op: UnaryOp, of: &Expr, span: Span) -> Result<Value, EvalError> {
        match op {
            UnaryOp::Not => self.condition(of).map(|truth| Value::Bool(!truth)),
            UnaryOp::Neg => {
                let value = self.eval(of)?;
                operator::negate(&value).map_err(|message| error(span, message))
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Result<Value, EvalError> {
        if self.depth < DEEP {
            let value = self.eval(left)?;
            return self.go_on(value, op, left.span, right, span);
        }
        let mut chain = vec![(op, left.span, right, span)];
        let mut first = left;
        while let ExprKind::Binary(op, left, right) = &first.kind {
            chain.push((*op, left.span, right, first.span));
            first = left;
        }
        let mut value = self.eval(first)?;
        for (op, left, right, span) in chain.into_iter().rev() {
            value = self.go_on(value, op, left, right, span)?;
        }
        Ok(value)
    }

    /// Applies an operator to a left side that is known; `or`, `and` and `??` read the right one only at need.
    fn go_on(
        &mut self,
        left: Value,
        op: BinaryOp,
        left_span: Span,
        right: &Expr,
        span: Span,
    ) -> Result<Value, EvalError> {
        match op {
            BinaryOp::Else if left.is_null() => self.eval(right),
            BinaryOp::Else => Ok(left),
            BinaryOp::And | BinaryOp::Or => {
                let truth = truth(&left, left_span)?;
                if truth == (op == BinaryOp::Or) {
                    return Ok(Value::Bool(truth));
                }
                self.condition(right).map(Value::Bool)
            }
            _ => {
                let right = self.eval(right)?;
                self.spend(size(&left) + size(&right), span)?;
                operator::binary(op, &left, &right).map_err(|message| error(span, message))
            }
        }
    }

    fn condition(&mut self, expr: &Expr) -> Result<bool, EvalError> {
        let value = self.eval(expr)?;
        truth(&value, expr.span)
    }

    fn is(&mut self, of: &Expr, patterns: &[Pattern]) -> Result<Value, EvalError> {
        let value = self.eval(of)?;
        let matches = patterns.iter().any(|pattern| match pattern {
            Pattern::Literal(word) => value.as_str() == Some(&**word),
            Pattern::Type(ty) => fits(&value, ty, self.env.types),
        });
        Ok(Value::Bool(matches))
    }

    fn cast(&mut self, of: &Expr, ty: &Type) -> Result<Value, EvalError> {
        let value = self.eval(of)?;
        self.spend(size(&value), of.span)?;
        Ok(cast(&value, ty, self.env.types).unwrap_or(Value::Null))
    }

    fn spend(&mut self, steps: u64, span: Span) -> Result<(), EvalError> {
        self.fuel = self.fuel.saturating_sub(steps);
        if self.fuel == 0 {
            return fail(span, "the expression takes too many steps");
        }
        Ok(())
    }
}

/// The value, unless it is nested deeper than anyone can walk.
fn shallow(value: Value, span: Span) -> Result<Value, EvalError> {
    if deeper(&value, MAX_NESTING) {
        return fail(span, format!("the value is nested deeper than {MAX_NESTING}"));
    }
    Ok(value)
}

fn deeper(value: &Value, limit: usize) -> bool {
    match value {
        Value::List(_) | Value::Record(_) if limit == 0 => true,
        Value::List(items) => items.iter().any(|item| deeper(item, limit - 1)),
        Value::Record(fields) => fields.values().any(|field| deeper(field, limit - 1)),
        _ => false,
    }
}

fn read(labeled: &Labeled) -> (&Value, Labels) {
    (&labeled.value, labeled.labels)
}

fn truth(value: &Value, span: Span) -> Result<bool, EvalError> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        other => fail(span, found("expected `bool`", other)),
    }
}

/// What an operator costs on a value: its elements, or its text in pieces of a cache line.
fn size(value: &Value) -> u64 {
    let size = match value {
        Value::List(items) => items.len(),
        Value::Record(fields) => fields.len(),
        Value::String(text) => text.len() / 64,
        _ => 0,
    };
    size as u64
}

fn found(expected: &str, value: &Value) -> String {
    format!("{expected}, found `{}`", value.kind_word())
}

fn error(span: Span, message: impl Into<String>) -> EvalError {
    EvalError { span, message: message.into() }
}

fn fail<T>(span: Span, message: impl Into<String>) -> Result<T, EvalError> {
    Err(error(span, message))
}
