//! Regular expressions of `@match` and `matches`, compiled once a thread.

use std::cell::RefCell;

use indexmap::IndexMap;
use regex::{Regex, RegexBuilder};

use crate::ast::Name;

/// Patterns kept; a program has few, a test run of many programs has more.
const KEPT: usize = 256;

/// Largest compiled pattern, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

thread_local! {
    /// Only a memo: what it holds never changes an answer.
    static COMPILED: RefCell<IndexMap<Name, Option<Regex>>> = RefCell::new(IndexMap::new());
}

/// Compiles a pattern, for the checker; the error is the compiler's own words.
pub fn compile_pattern(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        other => other
            .to_string()
            .lines()
            .last()
            .unwrap_or("not a pattern")
            .trim_start_matches("error: ")
            .to_owned(),
    })
}

/// Whether the pattern stands anywhere in the text; `None` where it does not compile. The time is linear in the
/// text.
pub fn matches_pattern(pattern: &Name, text: &str) -> Option<bool> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return regex.as_ref().map(|regex| regex.is_match(text));
        }
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        let regex = compile_pattern(pattern).ok();
        let found = regex.as_ref().map(|regex| regex.is_match(text));
        compiled.insert(pattern.clone(), regex);
        found
    })
}
