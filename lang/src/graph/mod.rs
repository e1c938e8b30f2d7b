//! The graph of an agent: its states and the edges between them, what holds along them, and its pictures.

mod analyze;
mod arrows;
mod build;
mod cells;
mod choice;
mod dot;
mod events;
mod facts;
mod flow;
mod formula;
mod gap;
mod json;
mod key;
mod known;
mod mermaid;
mod path;
mod picture;
mod proof;
mod svg;
mod table;
mod types;
mod walk;
mod write;

pub use analyze::{Cycle, Points};
pub use build::{Arc, EdgeId, Node, StateGraph};
pub use dot::dot;
pub use facts::{Case, Fact, Known, facts};
pub use flow::Flow;
pub use gap::Gap;
pub use json::json;
pub use known::{EdgeFacts, Facts, Reading};
pub use mermaid::mermaid;
pub use path::{AccessPath, Root, Step};
pub use proof::{Idle, Promise, Way};
pub use svg::svg;
pub use types::Types;
