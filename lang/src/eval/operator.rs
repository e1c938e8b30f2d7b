//! Operators on values. Exact where they can be, and an error, never a wrong number, where they cannot.

use crate::ast::BinaryOp;
use crate::value::{Date, Money, Value, equal, moment, order};

/// A text longer than this (in bytes) is refused: a loop that doubles a string must not eat the machine.
pub(super) const MAX_TEXT: usize = 16 << 20;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Applies an operator that reads both sides. The error is a message.
pub(super) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, String> {
    match op {
        BinaryOp::Eq => Ok(Value::Bool(equal(left, right))),
        BinaryOp::Ne => Ok(Value::Bool(!equal(left, right))),
        BinaryOp::Lt => order(left, right).map(|order| Value::Bool(order.is_lt())),
        BinaryOp::Le => order(left, right).map(|order| Value::Bool(order.is_le())),
        BinaryOp::Gt => order(left, right).map(|order| Value::Bool(order.is_gt())),
        BinaryOp::Ge => order(left, right).map(|order| Value::Bool(order.is_ge())),
        BinaryOp::In => contains(right, left).map(Value::Bool),
        BinaryOp::Add => add(left, right),
        BinaryOp::Sub => subtract(left, right),
        BinaryOp::Mul => multiply(left, right),
        BinaryOp::Div => divide(left, right),
        BinaryOp::Rem => remainder(left, right),
        BinaryOp::Or | BinaryOp::And | BinaryOp::Else => {
            Err(format!("`{}` reads one side first", op.symbol()))
        }
    }
}

/// `-value`.
pub(super) fn negate(value: &Value) -> Result<Value, String> {
    let negated = match value {
        Value::Int(int) => int.checked_neg().map(Value::Int),
        Value::Float(float) => Some(Value::Float(-float)),
        Value::Duration(millis) => millis.checked_neg().map(Value::Duration),
        Value::Money(money) => money.nanos.checked_neg().map(|nanos| Value::Money(Money { nanos, ..*money })),
        other => return Err(format!("`-` needs a number, found `{}`", other.kind_word())),
    };
    negated.ok_or_else(|| too_large("-", value))
}

/// `part in whole`: an element of a list, a piece of a string, a key of a map.
pub(super) fn contains(whole: &Value, part: &Value) -> Result<bool, String> {
    match (whole, part) {
        (Value::List(items), part) => Ok(items.iter().any(|item| equal(item, part))),
        (Value::String(text), Value::String(part)) => Ok(text.contains(&**part)),
        (Value::Record(fields), Value::String(key)) => Ok(fields.contains_key(&**key)),
        (Value::String(_) | Value::Record(_), part) => {
            Err(format!("`in` a {} needs a string, found `{}`", whole.kind_word(), part.kind_word()))
        }
        (whole, _) => Err(format!("`in` needs a list, a string or a map, found `{}`", whole.kind_word())),
    }
}

/// `left + right`.
pub(super) fn add(left: &Value, right: &Value) -> Result<Value, String> {
    let sum = match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.checked_add(*right).map(Value::Int),
        (Value::Duration(left), Value::Duration(right)) => left.checked_add(*right).map(Value::Duration),
        (Value::Money(left), Value::Money(right)) => {
            same_currency("+", left, right)?;
            left.checked_add(*right).map(Value::Money)
        }
        (Value::Date(date), Value::Duration(millis)) | (Value::Duration(millis), Value::Date(date)) => {
            shift(*date, *millis)
        }
        (Value::String(left), Value::String(right)) if left.len() + right.len() <= MAX_TEXT => {
            Some(Value::text([&**left, &**right].concat()))
        }
        (Value::List(left), Value::List(right)) => {
            Some(Value::list(left.iter().chain(right.iter()).cloned()))
        }
        (Value::String(_), Value::String(_)) => return Err("the text becomes longer than 16 MiB".to_owned()),
        _ => return floats("+", left, right, |left, right| left + right),
    };
    sum.ok_or_else(|| too_large("+", left))
}

fn subtract(left: &Value, right: &Value) -> Result<Value, String> {
    let difference = match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.checked_sub(*right).map(Value::Int),
        (Value::Duration(left), Value::Duration(right)) => left.checked_sub(*right).map(Value::Duration),
        (Value::Money(left), Value::Money(right)) => {
            same_currency("-", left, right)?;
            left.checked_sub(*right).map(Value::Money)
        }
        (Value::Date(date), Value::Duration(millis)) => {
            millis.checked_neg().and_then(|millis| shift(*date, millis))
        }
        (Value::Date(left), Value::Date(right)) => {
            let (left, right) = (moment(*left).as_millisecond(), moment(*right).as_millisecond());
            left.checked_sub(right).map(Value::Duration)
        }
        _ => return floats("-", left, right, |left, right| left - right),
    };
    difference.ok_or_else(|| too_large("-", left))
}

fn multiply(left: &Value, right: &Value) -> Result<Value, String> {
    let product = match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.checked_mul(*right).map(Value::Int),
        (Value::Money(money), Value::Int(by)) | (Value::Int(by), Value::Money(money)) => {
            money.times_int(*by).map(Value::Money)
        }
        (Value::Money(money), Value::Float(by)) | (Value::Float(by), Value::Money(money)) => {
            money.times_float(*by).map(Value::Money)
        }
        (Value::Duration(millis), Value::Int(by)) | (Value::Int(by), Value::Duration(millis)) => {
            millis.checked_mul(*by).map(Value::Duration)
        }
        (Value::Duration(millis), Value::Float(by)) | (Value::Float(by), Value::Duration(millis)) => {
            scale_millis(*millis, |money| money.times_float(*by))
        }
        _ => return floats("*", left, right, |left, right| left * right),
    };
    product.ok_or_else(|| too_large("*", left))
}

fn divide(left: &Value, right: &Value) -> Result<Value, String> {
    if is_zero(right) {
        return Err("division by zero".to_owned());
    }
    let quotient = match (left, right) {
        (Value::Money(money), Value::Int(by)) => money.divide_int(*by).map(Value::Money),
        (Value::Money(money), Value::Float(by)) => money.divide_float(*by).map(Value::Money),
        (Value::Money(left), Value::Money(right)) => {
            same_currency("/", left, right)?;
            return finite("/", wide(left.nanos) / wide(right.nanos));
        }
        (Value::Duration(millis), Value::Int(by)) => scale_millis(*millis, |money| money.divide_int(*by)),
        (Value::Duration(millis), Value::Float(by)) => scale_millis(*millis, |money| money.divide_float(*by)),
        (Value::Duration(left), Value::Duration(right)) => {
            return finite("/", wide(i128::from(*left)) / wide(i128::from(*right)));
        }
        _ => return floats("/", left, right, |left, right| left / right),
    };
    quotient.ok_or_else(|| too_large("/", left))
}

fn remainder(left: &Value, right: &Value) -> Result<Value, String> {
    if is_zero(right) {
        return Err("division by zero".to_owned());
    }
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Ok(Value::Int(left.wrapping_rem(*right))),
        (Value::Duration(left), Value::Duration(right)) => Ok(Value::Duration(left.wrapping_rem(*right))),
        (Value::Money(left), Value::Money(right)) => {
            same_currency("%", left, right)?;
            Ok(Value::Money(Money { nanos: left.nanos.wrapping_rem(right.nanos), ..*left }))
        }
        _ => floats("%", left, right, |left, right| left % right),
    }
}

fn floats(symbol: &str, left: &Value, right: &Value, apply: fn(f64, f64) -> f64) -> Result<Value, String> {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => finite(symbol, apply(left, right)),
        _ => Err(format!("cannot compute `{}` {symbol} `{}`", left.kind_word(), right.kind_word())),
    }
}

fn finite(symbol: &str, result: f64) -> Result<Value, String> {
    if result.is_finite() {
        Ok(Value::Float(result))
    } else {
        Err(format!("the result of `{symbol}` is too large for `float`"))
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(wide(i128::from(*int))),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "`int / int` is a float: the nearest one is meant")]
fn wide(int: i128) -> f64 {
    int as f64
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(int) | Value::Duration(int) => *int == 0,
        Value::Float(float) => *float == 0.0,
        Value::Money(money) => money.nanos == 0,
        _ => false,
    }
}

fn same_currency(symbol: &str, left: &Money, right: &Money) -> Result<(), String> {
    if left.currency == right.currency {
        return Ok(());
    }
    let (left, right) = (left.currency, right.currency);
    Err(format!("cannot compute {} {symbol} {}: the currencies differ", left.as_str(), right.as_str()))
}

/// A day moved by whole days stays a day; everything else is a moment.
fn shift(date: Date, millis: i64) -> Option<Value> {
    let date = match date {
        Date::Day(day) if millis % DAY == 0 => {
            Date::Day(day.checked_add(jiff::Span::new().try_days(millis / DAY).ok()?).ok()?)
        }
        other => Date::Moment(moment(other).checked_add(jiff::SignedDuration::from_millis(millis)).ok()?),
    };
    Some(Value::Date(date))
}

/// Scales milliseconds by the exact arithmetic that amounts have.
fn scale_millis(millis: i64, scale: impl Fn(Money) -> Option<Money>) -> Option<Value> {
    let scaled = scale(Money::usd_nanos(i128::from(millis)))?;
    i64::try_from(scaled.nanos).ok().map(Value::Duration)
}

fn too_large(symbol: &str, value: &Value) -> String {
    format!("the result of `{symbol}` is too large for `{}`", value.kind_word())
}
