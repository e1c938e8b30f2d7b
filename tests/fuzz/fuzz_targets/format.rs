//! Formatting a program that parses keeps its tree and changes nothing the second time.
#![no_main]

use agentrun_lang::ast::outline;
use agentrun_lang::format::format;
use agentrun_lang::source::SourceMap;
use agentrun_lang::syntax::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = SourceMap::default();
    let source = sources.add("a.agent", text);
    let (module, diagnostics) = parse(&source);
    if !diagnostics.is_clean() {
        return;
    }
    let once = format(&module, &source);
    let again = sources.add("again.agent", once.as_str());
    let (module_again, diagnostics) = parse(&again);
    assert!(diagnostics.is_clean(), "{once}");
    assert_eq!(outline(&module), outline(&module_again));
    assert_eq!(module.comments.len(), module_again.comments.len());
    assert_eq!(once, format(&module_again, &again));
});
