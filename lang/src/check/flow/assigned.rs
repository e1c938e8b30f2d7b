//! The words for a value that may be unset where it is read. The reading itself is found where names are
//! resolved; [`Facts`] knows the ways.

use crate::ast::Name;
use crate::graph::Facts;
use crate::ir::StateId;

/// So many states of a way are named, the rest is cut out of its middle.
const SHOWN: usize = 8;

/// A way to where `facts` hold that does not set the result of a state, `a -> b -> c`; `None` where every way
/// sets it.
pub fn way_without(facts: &Facts<'_, '_>, id: StateId) -> Option<String> {
    facts.way_without(id).map(|states| way(&states))
}

/// States as a way.
pub(super) fn way(states: &[Name]) -> String {
    let names: Vec<&str> = states.iter().map(|name| &**name).collect();
    if names.len() <= SHOWN {
        return names.join(" -> ");
    }
    let half = SHOWN / 2;
    let (first, _) = names.split_at_checked(half).unwrap_or_default();
    let (_, last) = names.split_at_checked(names.len() - half).unwrap_or_default();
    format!("{} -> … -> {}", first.join(" -> "), last.join(" -> "))
}
