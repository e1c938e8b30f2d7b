//! Records: kept, cut at any place, taken up again.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test may end it"
)]

mod cuts;
mod support;
mod texts;
mod time;
