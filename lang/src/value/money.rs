//! Amounts in whole billionths of a currency's unit, so that adding prices never rounds.

use serde::{Deserialize, Serialize};

/// Three letters of ISO 4217, upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Currency(pub [u8; 3]);

impl Currency {
    /// US dollars; what `$` means and what budgets are kept in.
    pub const USD: Self = Self(*b"USD");

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
}
