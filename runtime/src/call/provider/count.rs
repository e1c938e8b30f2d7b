//! Tokens out of what a provider says of them. It believes a whole number that a request can come to, and takes
//! anything else for no count.

use serde_json::Value;

/// More tokens than any request comes to. Sums of such counts cannot overflow.
const MOST: u64 = 1_000_000_000;

/// The count at `path` of `usage`; `None` where it is missing, negative, broken or beyond belief.
pub(super) fn tokens(usage: &Value, path: &str) -> Option<u64> {
    let count = usage.pointer(path)?;
    // JavaScript's servers write `5.0` where they mean 5.
    let whole =
        || count.as_f64().filter(|number| number.fract() == 0.0).and_then(|n| n.to_string().parse().ok());
    count.as_u64().or_else(whole).filter(|count| *count <= MOST)
}
