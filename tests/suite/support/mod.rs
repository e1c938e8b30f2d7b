//! What several tests of the suite use.

pub(crate) mod command;
pub(crate) mod compiled;
pub(crate) mod findings;
pub(crate) mod lsp;
pub(crate) mod server;
