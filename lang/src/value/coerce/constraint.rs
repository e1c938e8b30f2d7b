//! `@range`, `@len` and `@match` of a value.

use std::cmp::Ordering;
use std::fmt::Display;

use super::raw::shorten;
use crate::value::compare::order_int_float;
use crate::value::decimal::Decimal;
use crate::value::{Constraint, Money, Value, format_duration, matches_pattern};

/// What a constraint asks for and what it found, where it does not hold. A constraint of another type's holds.
pub(super) fn broken(value: &Value, constraint: &Constraint) -> Option<(String, String)> {
    match constraint {
        Constraint::Range(low, high) => out_of_range(value, *low, *high),
        Constraint::Len(low, high) => wrong_length(value, *low, *high),
        Constraint::Match(pattern) => {
            let text = value.as_str()?;
            let matches = matches_pattern(pattern, text).unwrap_or(true);
            (!matches).then(|| (format!("a text that matches `{pattern}`"), format!("{:?}", shorten(text))))
        }
    }
}

fn out_of_range(value: &Value, low: Option<f64>, high: Option<f64>) -> Option<(String, String)> {
    if let Value::Money(money) = value
        && money.currency != crate::value::Currency::USD
    {
        return Some(("an amount in USD".to_owned(), money.to_string()));
    }
    let order = |bound: f64| match value {
        Value::Int(int) | Value::Duration(int) => order_int_float(*int, bound),
        Value::Float(float) => float.partial_cmp(&bound),
        Value::Money(money) => usd(bound).map(|bound| money.nanos.cmp(&bound.nanos)),
        _ => None,
    };
    let below = low.and_then(order) == Some(Ordering::Less);
    let above = high.and_then(order) == Some(Ordering::Greater);
    let show = |bound: f64| match value {
        Value::Money(_) => usd(bound).map_or_else(|| bound.to_string(), |bound| bound.to_string()),
        #[expect(clippy::cast_possible_truncation, reason = "a bound in milliseconds, for a message")]
        Value::Duration(_) => format_duration(bound as i64),
        _ => bound.to_string(),
    };
    (below || above).then(|| (bounds("", low.map(show), high.map(show)), value.to_string()))
}

fn wrong_length(value: &Value, low: Option<u64>, high: Option<u64>) -> Option<(String, String)> {
    let (length, unit) = match value {
        Value::String(text) => (text.chars().count(), "character"),
        Value::List(items) => (items.len(), "element"),
        _ => return None,
    };
    let length = length as u64;
    let outside = low.is_some_and(|low| length < low) || high.is_some_and(|high| length > high);
    let found = if length == 1 { format!("1 {unit}") } else { format!("{length} {unit}s") };
    outside.then(|| (bounds(&format!(" {unit}s"), low, high), found))
}

fn bounds<T: Display + PartialEq>(unit: &str, low: Option<T>, high: Option<T>) -> String {
    match (low, high) {
        (Some(low), Some(high)) if low == high => format!("exactly {low}{unit}"),
        (Some(low), Some(high)) => format!("{low} to {high}{unit}"),
        (Some(low), None) => format!("at least {low}{unit}"),
        (None, Some(high)) => format!("at most {high}{unit}"),
        (None, None) => "anything".to_owned(),
    }
}

fn usd(bound: f64) -> Option<Money> {
    Decimal::of_float(bound)?.to_units(9).map(Money::usd_nanos)
}
