//! What must be true of a run: the `expect` lines of a test, and what a case file wants of the result.

use agentrun_lang::ast::BinaryOp;
use agentrun_lang::eval::{Env, EvalError, Meters, Observed, eval, is_true};
use agentrun_lang::ir::{ExpectFunction, Expr, ExprKind, Function, Program};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Value, from_json, to_json};
use serde_json::Value as Json;

use super::flow::Flow;
use super::judge::Judged;

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmet {
    /// The `expect` line, or the test's name for what a case file wants.
    pub span: Span,
    /// What it came to.
    pub why: Why,
}

/// What an expectation came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// Two values that should be the same.
    Differ {
        /// As written on the left.
        found: Value,
        /// As written on the right.
        wanted: Value,
    },
    /// It is false, with the values that it read: what was written, and what it was.
    False(Vec<(String, Value)>),
    /// It has no value.
    Broken(String),
    /// The result lacks what a case file wants: where, what was found, what was wanted.
    Result(String, Json, Json),
}

/// What expressions read of a run, and of the runs of a test together.
pub(super) struct Seen<'a> {
    pub(super) program: &'a Program,
    pub(super) flow: &'a Flow,
    /// The share of a test's cases that hold, once all have run.
    pub(super) pass_rate: Option<f64>,
    /// What a model said of `judge` lines.
    pub(super) judged: &'a [Judged],
    pub(super) folder: &'a std::path::Path,
}

impl Seen<'_> {
    /// Whether a line holds; else why not.
    pub(super) fn check(&self, expect: &Expr) -> Result<(), Unmet> {
        let unmet = |why| Err(Unmet { span: expect.span, why });
        match is_true(expect, &self.env()) {
            Ok(true) => Ok(()),
            Ok(false) => unmet(self.why(expect)),
            Err(EvalError { message, .. }) => unmet(Why::Broken(message)),
        }
    }

    fn env(&self) -> Env<'_> {
        let spent = self.flow.spent;
        let meters = Meters {
            cost: spent.cost.unwrap_or(0),
            time: spent.time,
            calls: spent.calls,
            tokens: spent.input.saturating_add(spent.output),
        };
        Env { meters, observed: Some(self), ..Env::new(&self.program.types, &[]) }
    }

    fn why(&self, expect: &Expr) -> Why {
        // Of `a and b` the side that does not hold is what went wrong.
        if let ExprKind::Binary(BinaryOp::And, left, right) = &expect.kind {
            let wrong = if is_true(left, &self.env()) == Ok(false) { left } else { right };
            return self.why(wrong);
        }
        if let ExprKind::Binary(BinaryOp::Eq, left, right) = &expect.kind
            && let (Ok(found), Ok(wanted)) = (eval(left, &self.env()), eval(right, &self.env()))
        {
            return Why::Differ { found: found.value, wanted: wanted.value };
        }
        let mut read = Vec::new();
        self.readings(expect, &mut read);
        Why::False(read)
    }

    /// The parts of a condition that read the run, with their values.
    fn readings(&self, expr: &Expr, found: &mut Vec<(String, Value)>) {
        let reads = matches!(
            expr.kind,
            ExprKind::Call(Function::Expect(_), _) | ExprKind::Meter(_) | ExprKind::Field(..)
        );
        if reads && let Ok(value) = eval(expr, &self.env()) {
            let written =
                self.program.sources.slice(expr.span).split_whitespace().collect::<Vec<_>>().join(" ");
            if !found.iter().any(|(known, _)| *known == written) {
                found.push((written, value.value));
            }
            return;
        }
        for inner in expr.children() {
            self.readings(inner, found);
        }
    }
}

impl Observed for Seen<'_> {
    fn observe(&self, function: ExpectFunction, args: &[Value]) -> Result<Value, String> {
        let name = args.first().and_then(Value::as_str).unwrap_or_default();
        let count = |count: usize| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
        Ok(match function {
            ExpectFunction::Path => Value::list(self.flow.path().into_iter().map(Value::text)),
            ExpectFunction::Visits => count(self.flow.count(name)),
            ExpectFunction::Visited => Value::Bool(self.flow.count(name) > 0),
            ExpectFunction::Calls => count(self.flow.calls(name).count()),
            ExpectFunction::Args => self
                .flow
                .calls(name)
                .last()
                .and_then(|done| done.arguments.as_ref())
                .map_or(Value::Null, from_json),
            ExpectFunction::Attempts => count(self.flow.attempts(name)),
            ExpectFunction::ModelOf => self.flow.model_of(name).map_or(Value::Null, Value::text),
            ExpectFunction::Prompts => Value::text(self.flow.prompts()),
            ExpectFunction::Result => self.flow.result(),
            // No guardrail runs yet: a program with one is refused before it starts.
            ExpectFunction::Blocked => Value::Bool(false),
            ExpectFunction::PassRate => match self.pass_rate {
                Some(rate) => Value::Float(rate),
                None => return Err("`pass_rate` is known once all cases have run".to_owned()),
            },
            ExpectFunction::Judge => {
                let asked = |judged: &&Judged| judged.args == args;
                match self.judged.iter().find(asked).map(|judged| &judged.verdict) {
                    Some(Ok(yes)) => Value::Bool(*yes),
                    Some(Err(why)) => return Err(why.clone()),
                    None => return Err("nobody was asked to judge this".to_owned()),
                }
            }
        })
    }

    fn file(&self, path: &str) -> Result<Value, String> {
        let text = std::fs::read_to_string(self.folder.join(path));
        text.map(Value::text).map_err(|error| format!("cannot read {path}: {error}"))
    }
}

/// Whether a line speaks of all cases together.
pub(super) fn is_of_all(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call(Function::Expect(ExpectFunction::PassRate), _))
        || expr.children().into_iter().any(is_of_all)
}

/// Where the result lacks what a case file wants: every field that it names must be equal, others are left open.
pub(super) fn lacks(result: &Value, wanted: &Json, span: Span) -> Option<Unmet> {
    let (at, found, wanted) = difference(&to_json(result), wanted, "result")?;
    Some(Unmet { span, why: Why::Result(at, found, wanted) })
}

fn difference(found: &Json, wanted: &Json, at: &str) -> Option<(String, Json, Json)> {
    match (found, wanted) {
        (Json::Object(has), Json::Object(wants)) => wants.iter().find_map(|(name, wanted)| {
            difference(has.get(name).unwrap_or(&Json::Null), wanted, &format!("{at}.{name}"))
        }),
        (Json::Array(has), Json::Array(wants)) if has.len() == wants.len() => {
            let pairs = has.iter().zip(wants).enumerate();
            pairs
                .into_iter()
                .find_map(|(n, (found, wanted))| difference(found, wanted, &format!("{at}[{n}]")))
        }
        (Json::Number(one), Json::Number(other)) if one.as_f64() == other.as_f64() => None,
        (found, wanted) if found == wanted => None,
        (found, wanted) => Some((at.to_owned(), found.clone(), wanted.clone())),
    }
}
