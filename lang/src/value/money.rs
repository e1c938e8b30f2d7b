//! Amounts in whole billionths of a currency's unit, so that adding prices never rounds.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use super::decimal::{Decimal, divide_rounded};

/// Decimal places of an amount.
const PLACES: i32 = 9;
/// Billionths in a unit.
const UNIT: i128 = 1_000_000_000;

/// Three letters of ISO 4217, upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Currency(pub [u8; 3]);

impl Currency {
    /// US dollars; what `$` means and what budgets are kept in.
    pub const USD: Self = Self(*b"USD");

    /// Reads three letters, lower case too, or a sign that means one currency (`$`, `US$`, `€`, `£`).
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "$" | "US$" => return Some(Self::USD),
            "€" => return Some(Self(*b"EUR")),
            "£" => return Some(Self(*b"GBP")),
            _ => {}
        }
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

/// An amount of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Billionths of the unit: `$0.25` is 250,000,000.
    pub nanos: i128,
    /// Which currency.
    pub currency: Currency,
}

impl Money {
    /// So many billionths of a dollar.
    pub const fn usd_nanos(nanos: i128) -> Self {
        Self { nanos, currency: Currency::USD }
    }

    /// Reads a decimal number's text as an amount, exact to the billionth (the half of one away from zero).
    pub fn of_decimal(text: &str, currency: Currency) -> Option<Self> {
        let nanos = Decimal::parse(text)?.to_units(PLACES)?;
        Some(Self { nanos, currency })
    }

    /// Reads `12.5`, `$12.50`, `12.50 EUR`, `EUR 12.50`, `-$5`, `$1,234.50`; without a currency it is USD.
    ///
    /// Of a comma and a point the last is the decimal one; a comma alone is one where two digits follow, and
    /// parts thousands where three follow a sign of dollars. Anything that can be read in two ways is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        let start = text.find(|c: char| c.is_ascii_digit() || c == '.' || c == '-')?;
        let end = text.rfind(|c: char| c.is_ascii_digit() || c == '.')? + 1;
        let (before, after) = (text.get(..start)?.trim(), text.get(end..)?.trim());
        let currency = match (before, after) {
            ("", "") => Currency::USD,
            (word, "") | ("", word) => Currency::parse(word)?,
            ("$" | "US$", word) if word.eq_ignore_ascii_case("USD") => Currency::USD,
            _ => return None,
        };
        let amount = Self::of_decimal(&plain_number(text.get(start..end)?, currency)?, currency)?;
        Some(if negative { Self { nanos: amount.nanos.checked_neg()?, ..amount } } else { amount })
    }

    /// The amount as a decimal number, without trailing zeros.
    pub fn amount(&self) -> String {
        self.digits(0)
    }

    /// `self + other`; `None` of two currencies, or where the sum is too large.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency).then_some(())?;
        Some(Self { nanos: self.nanos.checked_add(other.nanos)?, ..self })
    }

    /// `self - other`; `None` of two currencies, or where the difference is too large.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { nanos: other.nanos.checked_neg()?, ..other })
    }

    /// `self · factor`, exact.
    pub fn times_int(self, factor: i64) -> Option<Self> {
        Some(Self { nanos: self.nanos.checked_mul(i128::from(factor))?, ..self })
    }

    /// `self · factor`, where the factor is the decimal that its text says (0.1 is a tenth), rounded to the
    /// billionth.
    pub fn times_float(self, factor: f64) -> Option<Self> {
        Some(Self { nanos: Decimal::of_float(factor)?.times(self.nanos)?, ..self })
    }

    /// `self / divisor`, rounded to the billionth; `None` by zero.
    pub fn divide_int(self, divisor: i64) -> Option<Self> {
        Some(Self { nanos: divide_rounded(self.nanos, i128::from(divisor))?, ..self })
    }

    /// `self / divisor`, rounded to the billionth; `None` by zero.
    pub fn divide_float(self, divisor: f64) -> Option<Self> {
        Some(Self { nanos: Decimal::of_float(divisor)?.divide(self.nanos)?, ..self })
    }

    /// At least `places` decimals, more where they say something.
    fn digits(&self, places: usize) -> String {
        let (sign, nanos) = (if self.nanos < 0 { "-" } else { "" }, self.nanos.unsigned_abs());
        let (whole, rest) = (nanos / UNIT.unsigned_abs(), nanos % UNIT.unsigned_abs());
        let fraction = format!("{rest:09}");
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() && places == 0 {
            return format!("{sign}{whole}");
        }
        format!("{sign}{whole}.{fraction:0<places$}")
    }
}

impl Display for Money {
    /// `$40.00`, `-$5.00`, `12.50 EUR`, `$0.000125`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let digits = self.digits(2);
        if self.currency != Currency::USD {
            return write!(f, "{digits} {}", self.currency.as_str());
        }
        match digits.strip_prefix('-') {
            Some(digits) => write!(f, "-${digits}"),
            None => write!(f, "${digits}"),
        }
    }
}

/// The number with a decimal point and nothing between its digits; `None` where a comma may mean two things.
fn plain_number(text: &str, currency: Currency) -> Option<String> {
    let text = text.replace('_', "");
    let (comma, point) = (text.rfind(','), text.rfind('.'));
    let groups = |text: &str, mark: char| {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or("");
        (1..=3).contains(&first.len()) && parts.all(|part| part.len() == 3)
    };
    match (comma, point) {
        (None, _) => Some(text),
        (Some(comma), Some(point)) if comma < point => {
            let (whole, fraction) = text.split_at(point);
            groups(whole, ',').then(|| whole.replace(',', "") + fraction)
        }
        (Some(comma), Some(_)) => {
            let (whole, fraction) = text.split_at(comma);
            groups(whole, '.').then(|| whole.replace('.', "") + &fraction.replace(',', "."))
        }
        (Some(comma), None) => match text.len() - comma - 1 {
            1 | 2 => Some(text.replace(',', ".")),
            3 if currency == Currency::USD && groups(&text, ',') => Some(text.replace(',', "")),
            _ => None,
        },
    }
}
