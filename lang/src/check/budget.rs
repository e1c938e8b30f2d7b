//! Budgets and prices: records of constants.

use crate::ast::{Expr, ExprKind, Field, Pair};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{Bounds, Budget, Price};
use crate::suggest::did_you_mean;
use crate::value::{Currency, Money};

use super::cx::Cx;
use super::forms::{form, without_quotes};
use super::renamed;

const BOUNDS: &[&str] = &["cost", "time", "calls", "tokens"];

impl Cx<'_, '_> {
    /// A budget; `agent` may keep something back for the path behind its `on budget`.
    pub(super) fn budget(&mut self, field: &Field, agent: bool) -> Option<Budget> {
        let ExprKind::Object(pairs) = &field.value.kind else {
            self.wrong_form("budget", "a record such as `{ cost: $1, time: 5m, calls: 20 }`", &field.value);
            return None;
        };
        self.no_key_twice(pairs);
        let mut bounds = Bounds::default();
        let mut reserve = None;
        for pair in pairs {
            match &*pair.key.name {
                "cost" => bounds.cost = self.dollars("cost", &pair.value),
                "reserve" if agent => reserve = self.dollars("reserve", &pair.value),
                "time" => bounds.time = self.span_of_time(pair),
                "calls" => bounds.calls = self.count(pair),
                "tokens" => bounds.tokens = self.count(pair),
                "reserve" => {
                    let message = "only an agent's budget keeps a `reserve`";
                    self.out.push(
                        Diagnostic::new(Code("E0510"), pair.key.span, message)
                            .hint("what encloses it pays for the path behind this `on budget`"),
                    );
                }
                other => {
                    let message = format!("a budget does not bound `{other}`");
                    let finding = Diagnostic::new(Code("E0510"), pair.key.span, message);
                    self.out.push(match renamed::bound(other) {
                        Some(meant) => {
                            finding.hint(format!("did you mean `{meant}`?")).fix(pair.key.span, meant)
                        }
                        None => did_you_mean(finding, other, BOUNDS.iter().copied()),
                    });
                }
            }
        }
        if pairs.is_empty() {
            self.out.push(
                Diagnostic::new(Code("E0510"), field.value.span, "this budget bounds nothing")
                    .hint("name at least one of `cost`, `time`, `calls`, `tokens`"),
            );
        }
        if let (Some(cost), Some(kept)) = (bounds.cost, reserve)
            && kept > cost
        {
            let at = pairs
                .iter()
                .find(|pair| &*pair.key.name == "reserve")
                .map_or(field.span, |pair| pair.value.span);
            self.out.push(Diagnostic::new(
                Code("E0510"),
                at,
                "`reserve` is more than `cost`, which it is a part of",
            ));
        }
        Some(Budget { bounds, reserve, span: field.value.span })
    }

    pub(super) fn no_key_twice(&mut self, pairs: &[Pair]) {
        for (index, pair) in pairs.iter().enumerate() {
            if let Some(first) = pairs.iter().take(index).find(|other| other.key.name == pair.key.name) {
                let message = format!("`{}` stands here twice", pair.key.name);
                self.out.push(
                    Diagnostic::new(Code("E0211"), pair.key.span, message)
                        .also(first.key.span, "first one here"),
                );
            }
        }
    }

    /// An amount above zero, in billionths of a dollar.
    fn dollars(&mut self, key: &str, expr: &Expr) -> Option<i64> {
        let nanos = if let ExprKind::Money(Money { nanos, currency: Currency::USD }) = &expr.kind {
            *nanos
        } else {
            self.wrong_bound(key, "an amount such as `$0.25`", expr);
            return None;
        };
        match i64::try_from(nanos) {
            Ok(nanos) if nanos > 0 => Some(nanos),
            Ok(_) => {
                self.out.push(Diagnostic::new(
                    Code("E0510"),
                    expr.span,
                    format!("`{key}` must be above zero"),
                ));
                None
            }
            Err(_) => {
                self.out.push(Diagnostic::new(
                    Code("E0510"),
                    expr.span,
                    format!("`{key}` is more money than there is"),
                ));
                None
            }
        }
    }

    fn span_of_time(&mut self, pair: &Pair) -> Option<u64> {
        match &pair.value.kind {
            ExprKind::Duration(millis) if *millis > 0 => u64::try_from(*millis).ok(),
            ExprKind::Duration(_) => {
                self.out.push(Diagnostic::new(Code("E0510"), pair.value.span, "`time` must be above zero"));
                None
            }
            _ => {
                self.wrong_bound("time", "a duration such as `5m`", &pair.value);
                None
            }
        }
    }

    fn count(&mut self, pair: &Pair) -> Option<u64> {
        let key = &pair.key.name;
        match &pair.value.kind {
            ExprKind::Int(value) if *value > 0 => u64::try_from(*value).ok(),
            ExprKind::Int(_) => {
                self.out.push(Diagnostic::new(
                    Code("E0510"),
                    pair.value.span,
                    format!("`{key}` must be above zero"),
                ));
                None
            }
            _ => {
                self.wrong_bound(key, "a whole number", &pair.value);
                None
            }
        }
    }

    fn wrong_bound(&mut self, key: &str, takes: &str, expr: &Expr) {
        if matches!(expr.kind, ExprKind::Bad) {
            return;
        }
        let message = format!("`{key}` takes {takes}, written out, found {}", form(expr));
        let finding = Diagnostic::new(Code("E0510"), expr.span, message);
        let number = self.tables.source(expr.span);
        let finding = match (&expr.kind, key) {
            (ExprKind::Int(_) | ExprKind::Float(_), "cost" | "reserve" | "input" | "output") => {
                finding.write(format!("${number}"))
            }
            (ExprKind::Int(_), "time") => finding.hint(format!("write `{number}s` or `{number}m`")),
            _ => match without_quotes(expr, takes) {
                Some(better) => finding.write(better),
                None => finding,
            },
        };
        self.out.push(finding);
    }

    /// `{ input: $0.10, output: $0.40 }`, of a million tokens.
    pub(super) fn price(&mut self, field: &Field) -> Option<Price> {
        let ExprKind::Object(pairs) = &field.value.kind else {
            self.wrong_form("price", "`{ input: $0.10, output: $0.40 }`, of a million tokens", &field.value);
            return None;
        };
        self.no_key_twice(pairs);
        for pair in pairs.iter().filter(|pair| !matches!(&*pair.key.name, "input" | "output")) {
            let message = format!("a price has no `{}`", pair.key.name);
            let finding = Diagnostic::new(Code("E0510"), pair.key.span, message);
            self.out.push(did_you_mean(finding, &pair.key.name, ["input", "output"].into_iter()));
        }
        let mut part = |key: &str| {
            if let Some(pair) = pairs.iter().find(|pair| &*pair.key.name == key) {
                self.price_part(key, &pair.value)
            } else {
                let message = format!("a price needs `{key}`");
                self.out.push(Diagnostic::new(Code("E0510"), field.value.span, message));
                None
            }
        };
        Some(Price { input: part("input")?, output: part("output")? })
    }

    fn price_part(&mut self, key: &str, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            // a model on one's own machine costs nothing
            ExprKind::Money(Money { nanos: 0, .. }) => Some(0),
            _ => self.dollars(key, expr),
        }
    }
}
