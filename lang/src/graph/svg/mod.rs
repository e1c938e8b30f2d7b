//! The graph as a picture: each agent from top to bottom, loops and parallels as frames around their states.
//! Everything is laid out here; no other program is needed. It reads well on light and on dark ground.

mod layout;
mod order;
mod paint;
mod part;
mod place;
mod scene;
mod text;

use std::collections::BTreeSet;

use super::picture::drawings;
use crate::ir::{AgentId, Program};
use crate::span::Span;

/// One SVG document with every agent of the program, one below the other.
pub fn svg(program: &Program, only: Option<AgentId>) -> String {
    paint::document(&drawings(program, only))
}

/// The same with some edges told apart, by their places: those that no test took.
pub fn svg_marked(program: &Program, edges: &BTreeSet<Span>) -> String {
    let mut drawings = drawings(program, None);
    for drawing in &mut drawings {
        drawing.mark(edges);
    }
    paint::document(&drawings)
}
