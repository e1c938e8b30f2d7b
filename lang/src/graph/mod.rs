//! The graph of an agent: its states and the edges between them, what holds along them, and its pictures.

mod facts;
mod path;

pub use facts::{Case, Fact, Known, facts};
pub use path::{AccessPath, Root, Step};
