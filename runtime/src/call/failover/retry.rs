//! What each kind of failure leads to, as a table; and how long to wait before asking again.

use std::time::Duration;

use crate::call::provider::ErrorClass;

/// What a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who may be asked next.
    pub next: Next,
    /// Whether the same target may be asked again.
    pub again: bool,
    /// Whether it counts against the target's health.
    pub counts: bool,
    /// How long others go first.
    pub rest: Rest,
}

/// Who may be asked after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Any other candidate.
    Any,
    /// The same model by the provider's next key, then any other candidate.
    NextKey,
    /// Only a candidate with a larger window.
    Larger,
    /// Nobody: the request itself is at fault, or a laxer model would be asked.
    Nobody,
}

/// How long a target is left alone after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Not at all.
    None,
    /// As long as it asks for; without a word, by the growing default. Until then nobody asks it.
    AsAsked,
    /// So long; until then it is asked only where nobody else is left.
    Last(Duration),
}

/// The table.
pub const fn rule(class: ErrorClass) -> Rule {
    use ErrorClass as E;
    let elsewhere = Rule { next: Next::Any, again: false, counts: false, rest: Rest::None };
    match class {
        E::Connect
        | E::TimeoutFirstToken
        | E::TimeoutIdle
        | E::TimeoutTotal
        | E::Server
        | E::Command
        | E::Truncated
        | E::BadFormat => Rule { again: true, counts: true, ..elsewhere },
        E::Tls => Rule { counts: true, ..elsewhere },
        E::Transient | E::Empty => Rule { again: true, ..elsewhere },
        E::RateLimited => Rule { next: Next::NextKey, again: true, rest: Rest::AsAsked, ..elsewhere },
        E::Quota => Rule { next: Next::NextKey, rest: Rest::Last(Duration::from_mins(10)), ..elsewhere },
        E::Unauthorized => {
            Rule { next: Next::NextKey, rest: Rest::Last(Duration::from_mins(1)), ..elsewhere }
        }
        E::NotFound => Rule { rest: Rest::Last(Duration::from_mins(1)), ..elsewhere },
        E::Unsupported | E::NotConfigured | E::TooLarge => elsewhere,
        E::ContextLength => Rule { next: Next::Larger, ..elsewhere },
        E::ContentPolicy | E::BadRequest => Rule { next: Next::Nobody, ..elsewhere },
    }
}

/// The most that one wait may take, whatever a server asks for.
pub const PATIENCE: Duration = Duration::from_mins(1);

const FIRST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(20);

/// How long to wait before the `n`th repetition (from 0): at random up to a bound that doubles, so that callers who
/// failed together do not come back together.
pub fn backoff(n: u32) -> Duration {
    let bound = FIRST.saturating_mul(2_u32.saturating_pow(n)).min(MOST);
    bound.mul_f64(fastrand::f64())
}
