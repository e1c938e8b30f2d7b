//! The `.agent` language: text to a checked program and its graph. No IO, no async.

pub mod ast;
pub mod check;
pub mod codes;
pub mod diagnostic;
pub mod eval;
pub mod graph;
pub mod ir;
pub mod kinds;
pub mod loader;
pub mod resolve;
pub mod source;
pub mod span;
pub mod syntax;
pub mod value;
