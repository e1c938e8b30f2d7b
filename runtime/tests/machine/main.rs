//! The machine, driven by scripts: no model, no clock, no task.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test may end it"
)]

mod by_hand;
mod cases;
mod laws;
mod preflight;
mod support;
