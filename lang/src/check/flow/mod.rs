//! The proofs over an agent's graph, one file each. Still to come, each in a file of its own: what a run can cost
//! (`cost.rs`), labels (`labels.rs`), pools without a fallback (`pools.rs`), parallel writes that race (`races.rs`),
//! loops that end by their worker's own word (`exits.rs`). Values that may be unset are found here too, and said
//! where a name is read, with the words of [`assigned`].

pub mod assigned;
mod bounds;
mod ends;
mod gaps;
mod idle;
mod order;
mod reach;

use crate::ast::StateDecl;
use crate::diagnostic::Diagnostics;
use crate::graph::Flow;
use crate::span::Span;
use crate::value::TypeTable;

/// Proves what an agent's graph must hold, and says what it does not.
pub fn prove(flow: &Flow<'_>, types: &TypeTable, diagnostics: &mut Diagnostics) {
    reach::check(flow, diagnostics);
    ends::check(flow, diagnostics);
    gaps::check(flow, types, diagnostics);
    bounds::check(flow, diagnostics);
    order::check(flow, diagnostics);
    idle::check(flow, diagnostics);
}

/// From a state's kind to its name.
fn head(decl: &StateDecl) -> Span {
    decl.kind.span.to(decl.name.span)
}
