//! The graph as a picture: each agent from top to bottom, loops and parallels as frames around their states.
//! Everything is laid out here; no other program is needed. It reads well on light and on dark ground.

mod layout;
mod order;
mod paint;
mod part;
mod place;
mod scene;
mod text;

use super::picture::drawings;
use crate::ir::{AgentId, Program};

/// One SVG document with every agent of the program, one below the other.
pub fn svg(program: &Program, only: Option<AgentId>) -> String {
    paint::document(&drawings(program, only))
}
