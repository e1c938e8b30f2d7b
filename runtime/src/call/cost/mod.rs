//! What models cost: a table of list prices with their source and date, and the arithmetic over it. Amounts are whole
//! billionths of a dollar. An unknown price is none, never 0.

mod table;

pub use table::{Ability, Change, Entry, PriceError, PriceTable};

use agentrun_lang::ir;

use crate::chat::Usage;

/// What a target's tokens cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// A million input tokens.
    pub input: i64,
    /// A million output tokens, reasoning included.
    pub output: i64,
    /// A million input tokens read from a prefix cache; `None`: as any other.
    pub cache_read: Option<i64>,
    /// A million input tokens written to a prefix cache; `None`: as any other.
    pub cache_write: Option<i64>,
    /// Dearer prices of long prompts, the longest last.
    pub tiers: Vec<Tier>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What every token of a request costs once its prompt is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// With more input tokens than this.
    pub above: u64,
    /// A million input tokens.
    pub input: i64,
    /// A million output tokens.
    pub output: i64,
}

/// Where a price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The provider's list.
    List,
    /// The list of the model's maker, whose model another sells: `azure`, `bedrock`.
    Maker,
    /// Nobody is paid.
    Local,
    /// A `price:` or `[prices]`.
    User,
}

const MILLION: i128 = 1_000_000;

impl Price {
    /// What runs on one's own machine.
    pub const FREE: Self = Self {
        input: 0,
        output: 0,
        cache_read: None,
        cache_write: None,
        tiers: Vec::new(),
        origin: Origin::Local,
    };

    /// A price that the user states.
    pub fn stated(price: ir::Price) -> Self {
        Self { input: price.input, output: price.output, origin: Origin::User, ..Self::FREE }
    }

    /// What `usage` costs, rounded up; `None` where its tokens are unknown and not free.
    pub fn of(&self, usage: &Usage) -> Option<i64> {
        if self.is_free() {
            return Some(0);
        }
        let (input, output) = (usage.input?, usage.output?);
        Some(self.amount(input, usage.cached.unwrap_or(0), usage.cache_write.unwrap_or(0), output))
    }

    /// The most that so many tokens can cost: none of them cached, all of them written to a cache if that is dearer.
    pub fn at_most(&self, input: u64, output: u64) -> i64 {
        self.amount(input, 0, input, output).max(self.amount(input, 0, 0, output))
    }

    /// True where no token costs anything.
    pub fn is_free(&self) -> bool {
        self.input == 0 && self.output == 0
    }

    fn amount(&self, input: u64, cached: u64, written: u64, output: u64) -> i64 {
        let tier = self.tiers.iter().rev().find(|tier| input > tier.above);
        let (input_price, output_price) =
            tier.map_or((self.input, self.output), |tier| (tier.input, tier.output));
        // The table has no cache prices for a tier: they rise as its input price does.
        let scaled = |price: Option<i64>| match price {
            None => i128::from(input_price),
            Some(price) if self.input == 0 => i128::from(price),
            Some(price) => i128::from(price) * i128::from(input_price) / i128::from(self.input),
        };
        let cached = cached.min(input);
        let written = written.min(input - cached);
        let plain = input - cached - written;
        let sum = i128::from(plain) * i128::from(input_price)
            + i128::from(cached) * scaled(self.cache_read)
            + i128::from(written) * scaled(self.cache_write)
            + i128::from(output) * i128::from(output_price);
        i64::try_from((sum + MILLION - 1) / MILLION).unwrap_or(i64::MAX)
    }
}
