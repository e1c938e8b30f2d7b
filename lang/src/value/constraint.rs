//! `@range`, `@len` and `@match`: whether a value keeps them, and what they ask for in words.

use std::cmp::Ordering;

use super::compare::order_int_float;
use super::decimal::Decimal;
use super::{
    Constraint, Currency, FieldType, Money, Type, TypeBody, TypeTable, Value, format_duration,
    matches_pattern,
};

/// What a constraint asks for and what it found, where it does not hold. One that is not for such a value holds.
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

/// The first constraint that a value given for a parameter or a field does not keep, its own or that of an alias
/// its type goes by: what is asked for, and what was found. `null` keeps all.
pub fn unkept(value: &Value, field: &FieldType, table: &TypeTable) -> Option<(String, String)> {
    if value.is_null() {
        return None;
    }
    let own = field.constraints.iter().find_map(|constraint| broken(value, constraint));
    own.or_else(|| {
        let mut ty = field.ty.required();
        for _ in 0..=table.defs.len() {
            let Type::Named(id) = ty else { return None };
            let TypeBody::Alias { ty: behind, constraints, .. } = &table.get(*id)?.body else { return None };
            if let Some(found) = constraints.iter().find_map(|constraint| broken(value, constraint)) {
                return Some(found);
            }
            ty = behind.required();
        }
        None
    })
}

/// What a constraint asks of a value of the type, in a few words: `from 1 to 5`, `at most 200 characters`.
pub(super) fn words(constraint: &Constraint, ty: &Type) -> String {
    match (constraint, ty) {
        (Constraint::Range(low, high), ty) => {
            bounds("", low.map(|low| bound(low, ty)), high.map(|high| bound(high, ty)))
        }
        (Constraint::Len(low, high), Type::List(_)) => bounds(" elements", *low, *high),
        (Constraint::Len(low, high), _) => bounds(" characters", *low, *high),
        (Constraint::Match(pattern), _) => format!("matches `{pattern}`"),
    }
}

fn out_of_range(value: &Value, low: Option<f64>, high: Option<f64>) -> Option<(String, String)> {
    if let Value::Money(money) = value
        && money.currency != Currency::USD
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
    let ty = match value {
        Value::Money(_) => Type::Money,
        Value::Duration(_) => Type::Duration,
        _ => Type::Float,
    };
    (below || above).then(|| (words(&Constraint::Range(low, high), &ty), value.to_string()))
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

/// A bound of a range as a value of the type is written.
fn bound(bound: f64, ty: &Type) -> String {
    match ty {
        Type::Money => usd(bound).map_or_else(|| bound.to_string(), |bound| bound.to_string()),
        #[expect(clippy::cast_possible_truncation, reason = "a bound in milliseconds, for a message")]
        Type::Duration => format_duration(bound as i64),
        _ => bound.to_string(),
    }
}

fn bounds<T: ToString + PartialEq>(unit: &str, low: Option<T>, high: Option<T>) -> String {
    let unit_of = |text: &str| if text == "1" { unit.trim_end_matches('s') } else { unit }.to_owned();
    match (low, high) {
        (Some(low), Some(high)) if low == high => {
            let text = low.to_string();
            format!("exactly {text}{}", unit_of(&text))
        }
        (Some(low), Some(high)) => format!("{} to {}{unit}", low.to_string(), high.to_string()),
        (Some(low), None) => {
            let text = low.to_string();
            format!("at least {text}{}", unit_of(&text))
        }
        (None, Some(high)) => {
            let text = high.to_string();
            format!("at most {text}{}", unit_of(&text))
        }
        (None, None) => "anything".to_owned(),
    }
}

fn usd(bound: f64) -> Option<Money> {
    Decimal::of_float(bound)?.to_units(9).map(Money::usd_nanos)
}

/// At most sixty characters, and no line break.
pub(super) fn shorten(text: &str) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(60).map(line).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}
