//! The one line that every model call takes.

pub mod provider;
