//! Decimal numbers as text says them, without a float between: what makes sums of money exact.

/// `mantissa · 10^-scale`; the scale may be negative (`1e3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: i128,
    scale: i32,
}

impl Decimal {
    /// Reads a JSON number's text, a leading `+` and a missing digit on one side of the point allowed. `None` of
    /// anything else and of what is too long to hold.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match number.as_bytes().first()? {
            b'-' => (true, number.get(1..)?),
            b'+' => (false, number.get(1..)?),
            _ => (false, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.trim_end_matches('0').bytes()) {
            if !digit.is_ascii_digit() {
                return None;
            }
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        }
        let scale = i32::try_from(fraction.trim_end_matches('0').len()).ok()?.checked_sub(exponent)?;
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, scale })
    }

    /// The decimal that the float's shortest text says: 0.1 is a tenth. `None` of what is not finite.
    pub(super) fn of_float(float: f64) -> Option<Self> {
        Self::parse(&format!("{float:e}"))
    }

    /// In units of `10^-places`, the half rounded away from zero; `None` where it is too large.
    pub(super) fn to_units(self, places: i32) -> Option<i128> {
        scale_up(self.mantissa, places.checked_sub(self.scale)?)
    }

    /// The whole number that it is, where it is one.
    pub(super) fn to_int(self) -> Option<i64> {
        let whole = scale_up(self.mantissa, self.scale.checked_neg()?)?;
        let back = scale_up(whole, self.scale);
        (self.scale <= 0 || back == Some(self.mantissa)).then(|| i64::try_from(whole).ok())?
    }

    /// `units · self`, rounded to whole units.
    pub(super) fn times(self, units: i128) -> Option<i128> {
        scale_up(units.checked_mul(self.mantissa)?, self.scale.checked_neg()?)
    }

    /// `units / self`, rounded to whole units; `None` by zero too.
    pub(super) fn divide(self, units: i128) -> Option<i128> {
        if self.scale >= 0 {
            divide_rounded(scale_up(units, self.scale)?, self.mantissa)
        } else {
            divide_rounded(units, scale_up(self.mantissa, self.scale.checked_neg()?)?)
        }
    }
}

/// `value · 10^power`, the half rounded away from zero.
fn scale_up(value: i128, power: i32) -> Option<i128> {
    if value == 0 {
        return Some(0);
    }
    match u32::try_from(power) {
        Ok(power) => value.checked_mul(10_i128.checked_pow(power)?),
        Err(_) => match 10_i128.checked_pow(power.unsigned_abs()) {
            Some(divisor) => divide_rounded(value, divisor),
            None => Some(0),
        },
    }
}

/// `value / divisor`, the half rounded away from zero; `None` by zero.
pub(super) fn divide_rounded(value: i128, divisor: i128) -> Option<i128> {
    let quotient = value.checked_div(divisor)?;
    let rest = value.checked_rem(divisor)?;
    let up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    if rest == 0 || !up {
        return Some(quotient);
    }
    quotient.checked_add(if (value < 0) == (divisor < 0) { 1 } else { -1 })
}

#[cfg(test)]
mod tests {
    use super::{Decimal, divide_rounded};

    #[test]
    fn text_becomes_exact_units() {
        let rows = [
            ("12.50", Some(12_500_000_000)),
            ("-0.000000001", Some(-1)),
            ("0.0000000005", Some(1)),
            ("0.0000000004", Some(0)),
            ("1e3", Some(1_000_000_000_000)),
            (".5", Some(500_000_000)),
            ("5.", Some(5_000_000_000)),
            ("1e-400", Some(0)),
            ("1e400", None),
            ("1e99999999999", None),
            ("", None),
            (".", None),
            ("1.2.3", None),
            ("0x10", None),
            ("170141183460469231731687303715884105728", None),
        ];
        for (text, units) in rows {
            assert_eq!(Decimal::parse(text).and_then(|decimal| decimal.to_units(9)), units, "{text}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (value, divisor, expected) in
            [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (4, 3, 1), (-4, 3, -1), (7, 7, 1)]
        {
            assert_eq!(divide_rounded(value, divisor), Some(expected), "{value} / {divisor}");
        }
        assert_eq!(divide_rounded(1, 0), None);
        assert_eq!(Decimal::of_float(0.2).and_then(|tax| tax.times(19_990_000_000)), Some(3_998_000_000));
        assert_eq!(Decimal::of_float(1e-7).and_then(|by| by.divide(1)), Some(10_000_000));
    }
}
