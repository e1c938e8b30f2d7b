//! The `.agent` language: text to a checked program and its graph. No IO, no async.

pub mod ast;
pub mod codes;
pub mod diagnostic;
pub mod source;
pub mod span;
pub mod value;
