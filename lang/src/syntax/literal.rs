//! Numbers, amounts of money and durations: what the digits and the unit say.

use super::cursor::{Builder, Node};
use super::error::{self, NumberFault};
use crate::ast::ExprKind;
use crate::value::Money;

/// The units of a duration and their milliseconds.
const UNITS: &[(&str, i64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl Builder<'_> {
    /// An `int`, a `float` or a duration.
    pub(super) fn number(&mut self, node: &Node<'_>) -> ExprKind {
        number(node.as_str()).unwrap_or_else(|fault| {
            self.report(error::bad_number(self.span(node), node.as_str(), &fault));
            ExprKind::Bad
        })
    }

    /// `$0.25`.
    pub(super) fn money(&mut self, node: &Node<'_>) -> ExprKind {
        money(node.as_str()).map_or_else(
            |fault| {
                self.report(error::bad_number(self.span(node), node.as_str(), &fault));
                ExprKind::Bad
            },
            ExprKind::Money,
        )
    }
}

/// The digits before the point, those behind it, and the unit.
fn parts(written: &str) -> (String, Option<String>, &str) {
    let unit = written.find(|sign: char| sign.is_ascii_alphabetic()).unwrap_or(written.len());
    let (digits, unit) = written.split_at(unit);
    let digits = digits.replace('_', "");
    match digits.split_once('.') {
        Some((whole, fraction)) => (whole.to_owned(), Some(fraction.to_owned()), unit),
        None => (digits, None, unit),
    }
}

fn number(written: &str) -> Result<ExprKind, NumberFault> {
    let (whole, fraction, unit) = parts(written);
    if !unit.is_empty() {
        return duration(&whole, fraction.as_deref().unwrap_or(""), unit).map(ExprKind::Duration);
    }
    match fraction {
        None => whole.parse().map(ExprKind::Int).map_err(|_| NumberFault::TooLarge),
        Some(fraction) => format!("{whole}.{fraction}")
            .parse()
            .ok()
            .filter(|float: &f64| float.is_finite())
            .map(ExprKind::Float)
            .ok_or(NumberFault::TooLarge),
    }
}

fn duration(whole: &str, fraction: &str, unit: &str) -> Result<i64, NumberFault> {
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(NumberFault::Unit(unit.to_owned()));
    };
    let scaled = whole.parse::<i64>().ok().and_then(|whole| whole.checked_mul(*factor));
    let scaled = scaled.ok_or(NumberFault::TooLarge)?;
    let digits =
        u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 9).ok_or(NumberFault::Fraction)?;
    let part =
        if fraction.is_empty() { 0 } else { fraction.parse::<i64>().map_err(|_| NumberFault::Fraction)? };
    let part = part * factor;
    let divisor = 10_i64.pow(digits);
    if part % divisor != 0 {
        return Err(NumberFault::Fraction);
    }
    scaled.checked_add(part / divisor).ok_or(NumberFault::TooLarge)
}

fn money(written: &str) -> Result<Money, NumberFault> {
    let (whole, fraction, unit) = parts(written.get(1..).unwrap_or(""));
    let fraction = fraction.unwrap_or_default();
    if !unit.is_empty() {
        return Err(NumberFault::MoneyUnit(unit.to_owned()));
    }
    if fraction.len() > 9 {
        return Err(NumberFault::MoneyDigits);
    }
    let nanos = whole.parse::<i64>().map_err(|_| NumberFault::TooLarge)?;
    let part = format!("{fraction:0<9}").parse::<i64>().map_err(|_| NumberFault::MoneyDigits)?;
    Ok(Money::usd_nanos(i128::from(nanos) * 1_000_000_000 + i128::from(part)))
}
