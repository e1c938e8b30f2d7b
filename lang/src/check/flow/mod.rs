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

use crate::ast::{Body, EdgeTest, StateDecl};
use crate::diagnostic::Diagnostics;
use crate::graph::Flow;
use crate::span::Span;
use crate::value::TypeTable;

/// Proves what an agent's graph must hold, and says what it does not. Nothing is proved from conditions in which
/// something is `wrong` already.
pub fn prove(flow: &Flow<'_>, types: &TypeTable, wrong: &[Span], diagnostics: &mut Diagnostics) {
    reach::check(flow, diagnostics);
    ends::check(flow, diagnostics);
    gaps::check(flow, types, wrong, diagnostics);
    bounds::check(flow, diagnostics);
    order::check(flow, wrong, diagnostics);
    idle::check(flow, diagnostics);
}

/// Whether something wrong stands in one of the body's conditions.
fn is_misread(body: &Body, wrong: &[Span]) -> bool {
    let holds = |whole: Span| {
        let inside =
            |part: &Span| part.source == whole.source && part.start >= whole.start && part.end <= whole.end;
        wrong.iter().any(inside)
    };
    !wrong.is_empty()
        && (["until", "check"].iter().filter_map(|key| body.field(key)).any(|field| holds(field.span))
            || body.edges().any(|edge| match &edge.test {
                EdgeTest::When(condition) => holds(condition.span),
                _ => false,
            }))
}

/// From a state's kind to its name.
fn head(decl: &StateDecl) -> Span {
    decl.kind.span.to(decl.name.span)
}
