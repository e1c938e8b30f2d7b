//! What the compiler calls a provider and what can be reached are the same names.

use std::collections::BTreeSet;

use agentrun_lang::ir::PROVIDERS;
use agentrun_runtime::call::provider::endpoint::KNOWN;

/// A name that programs may use before anything here speaks to it.
const NOT_YET: &str = "bedrock";

#[test]
fn the_compilers_names_are_those_that_can_be_reached() {
    let compiler: BTreeSet<&str> = PROVIDERS.iter().copied().filter(|name| *name != NOT_YET).collect();
    let reached: BTreeSet<&str> = KNOWN
        .iter()
        .flat_map(|known| std::iter::once(known.name).chain(known.aliases.iter().copied()))
        .collect();
    assert_eq!(compiler, reached);
    assert!(PROVIDERS.contains(&NOT_YET) && !reached.contains(NOT_YET));
}
