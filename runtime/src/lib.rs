//! Runs agentrun programs: a pure machine, a driver, the call line, tools and the journal.

pub mod call;
pub mod chat;
pub mod clock;
pub mod config;
pub mod driver;
pub mod error;
pub mod files;
pub mod journal;
pub mod machine;
pub mod sqlite;
pub mod testing;
pub mod tool;
pub mod trace;
pub mod watch;
