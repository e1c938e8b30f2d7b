//! The graph of an agent: its states and the edges between them, what holds along them, and its pictures.
//!
//! [`StateGraph::build`] makes nodes and arcs of an agent's states and edges, with the handlers that events take
//! (`events`). [`Flow::of`] walks it until nothing changes and then knows, for every place, what a value can still be
//! and which results are there: conditions are formulas over subjects (`formula`), a subject's values are cut into
//! cells (`cells`), and a choice between edges is tried cell by cell (`choice`). The checker asks with [`Facts`], the
//! proofs in `check::flow` with what `analyze`, `gap` and `proof` answer. Nothing here reports anything.
//!
//! [`facts()`] needs no graph: it says what one condition implies. The pictures ([`mermaid()`], [`dot()`], [`json()`],
//! [`svg()`]) show a compiled program, all from the one reading of it in `picture`.

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
pub use svg::{svg, svg_marked};
pub use types::Types;
