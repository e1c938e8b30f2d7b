//! One test binary for everything that is tested from outside.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a helper of a test may end it"
)]

mod call;
mod cli;
mod config;
mod docs;
mod editors;
mod examples;
mod hostile;
mod ide;
mod journal;
mod lang;
mod lsp;
mod not_run;
mod reference;
mod script;
mod support;
mod terminal;
mod testing;
mod tidy;
