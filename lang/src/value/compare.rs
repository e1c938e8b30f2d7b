//! What equals what, and what comes before what.

use std::cmp::Ordering;

use super::{Date, Record, Value};

/// `==` of the language. An `int` equals the `float` of the same number, a day equals the moment of its UTC
/// midnight, a field that is not there equals `null`; amounts of two currencies never are equal.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            order_int_float(*int, *float) == Some(Ordering::Equal)
        }
        (Value::Date(left), Value::Date(right)) => order_dates(*left, *right) == Ordering::Equal,
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| equal(left, right))
        }
        (Value::Record(left), Value::Record(right)) => half_equal(left, right) && half_equal(right, left),
        _ => left == right,
    }
}

fn half_equal(left: &Record, right: &Record) -> bool {
    left.iter().all(|(name, value)| right.get(name).map_or(value.is_null(), |other| equal(value, other)))
}

/// The order of two numbers, amounts of one currency, durations, dates or strings (by their characters). The
/// error is a message that says what they are.
pub fn order(left: &Value, right: &Value) -> Result<Ordering, String> {
    let found = match (left, right) {
        (Value::Int(left), Value::Int(right)) | (Value::Duration(left), Value::Duration(right)) => {
            Some(left.cmp(right))
        }
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Float(right)) => order_int_float(*left, *right),
        (Value::Float(left), Value::Int(right)) => order_int_float(*right, *left).map(Ordering::reverse),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(order_dates(*left, *right)),
        (Value::Money(left), Value::Money(right)) if left.currency == right.currency => {
            Some(left.nanos.cmp(&right.nanos))
        }
        (Value::Money(left), Value::Money(right)) => {
            let (left, right) = (left.currency, right.currency);
            return Err(format!("cannot compare {} with {}", left.as_str(), right.as_str()));
        }
        _ => None,
    };
    found.ok_or_else(|| format!("cannot compare `{}` with `{}`", left.kind_word(), right.kind_word()))
}

/// The moment of a date: a day's is its midnight in UTC.
pub(crate) fn moment(date: Date) -> jiff::Timestamp {
    match date {
        Date::Moment(moment) => moment,
        Date::Day(day) => {
            // The very first and last days of the calendar have no moment; the nearest one stands in.
            let midnight =
                jiff::tz::TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
            let outside = if day.year() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
            midnight.unwrap_or(outside)
        }
    }
}

fn order_dates(left: Date, right: Date) -> Ordering {
    match (left, right) {
        (Date::Day(left), Date::Day(right)) => left.cmp(&right),
        _ => moment(left).cmp(&moment(right)),
    }
}

/// Exact, where a conversion of one to the other would round.
pub(super) fn order_int_float(int: i64, float: f64) -> Option<Ordering> {
    /// 2^63, one past the largest `i64`.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= END {
        return Some(Ordering::Less);
    }
    if float < -END {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the range of i64, as tested above")]
    let whole = float.trunc() as i64;
    Some(int.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{equal, order, order_int_float};
    use crate::value::{Date, Value};

    #[test]
    fn numbers_compare_exactly() {
        let large = 9_007_199_254_740_993;
        assert_eq!(order_int_float(large, 9_007_199_254_740_992.0), Some(Ordering::Greater));
        assert_eq!(order_int_float(i64::MAX, 9_223_372_036_854_775_808.0), Some(Ordering::Less));
        assert_eq!(order_int_float(i64::MIN, -9_223_372_036_854_775_808.0), Some(Ordering::Equal));
        assert_eq!(order_int_float(-3, -2.5), Some(Ordering::Less));
        assert_eq!(order_int_float(0, -0.5), Some(Ordering::Greater));
        assert_eq!(order_int_float(0, -0.0), Some(Ordering::Equal));
        assert!(equal(&Value::Int(3), &Value::Float(3.0)));
        assert!(order(&Value::Float(f64::NAN), &Value::Int(0)).is_err());
    }

    #[test]
    fn dates_and_records_compare_by_what_they_say() {
        let date = |text: &str| Value::Date(text.parse::<Date>().unwrap());
        assert!(equal(&date("2026-11-23"), &date("2026-11-23T00:00:00Z")));
        assert_eq!(order(&date("2026-11-23"), &date("2026-11-23T00:00:01Z")), Ok(Ordering::Less));
        assert_eq!(order(&date("-009999-01-01"), &date("9999-12-31")), Ok(Ordering::Less));
        let short = Value::record([("a", Value::Int(1))]);
        let long = Value::record([("b", Value::Null), ("a", Value::Float(1.0))]);
        assert!(equal(&short, &long) && equal(&long, &short));
        assert!(!equal(&short, &Value::record([("a", Value::Int(2))])));
        assert_eq!(order(&Value::Null, &Value::Int(1)), Err("cannot compare `null` with `int`".to_owned()));
    }
}
