//! The call line from outside: through providers that do as they are told, and over real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test may end it"
)]

mod answers;
mod budgets;
mod closing;
#[cfg(test)]
mod faults;
mod guards;
mod health;
mod http;
mod planner;
mod routes;
mod salvage;
mod straight;
mod support;
