//! The graph of an agent: its states and the edges between them, what holds along them, and its pictures.

mod analyze;
mod build;
mod cells;
mod choice;
mod events;
mod facts;
mod flow;
mod formula;
mod gap;
mod key;
mod known;
mod path;
mod proof;
mod table;
mod types;
mod walk;
mod write;

pub use analyze::{Cycle, Points};
pub use build::{Arc, EdgeId, Node, StateGraph};
pub use facts::{Case, Fact, Known, facts};
pub use flow::Flow;
pub use gap::Gap;
pub use known::{EdgeFacts, Facts, Reading};
pub use path::{AccessPath, Root, Step};
pub use proof::{Idle, Promise, Way};
pub use types::Types;
