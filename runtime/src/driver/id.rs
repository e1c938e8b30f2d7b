//! Ids of runs: sortable by time, unlike any other.

use crate::clock::Clock;

/// Letters and digits that nobody mistakes for each other (Crockford's base 32), lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new id: nine characters of the time in milliseconds, then seven at random.
pub fn run_id(clock: &dyn Clock) -> String {
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or_default();
    let mut id = String::with_capacity(16);
    for place in (0..9).rev() {
        id.push(letter(millis >> (5 * place)));
    }
    for _ in 0..7 {
        id.push(letter(fastrand::u64(..)));
    }
    id
}

fn letter(bits: u64) -> char {
    ALPHABET.get((bits & 31) as usize).map_or('0', |byte| char::from(*byte))
}
