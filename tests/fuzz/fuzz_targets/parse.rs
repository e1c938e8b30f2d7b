//! No bytes make the parser panic, blame itself, or point outside the text.
#![no_main]

use agentrun_lang::source::SourceMap;
use agentrun_lang::span::SourceId;
use agentrun_lang::syntax::{decode, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (text, undecoded) = decode(SourceId(0), bytes.to_vec());
    let source = SourceMap::default().add("a.agent", text);
    let (_, diagnostics) = parse(&source);
    for finding in diagnostics.iter().chain(&undecoded) {
        assert_ne!(finding.code.0, "E0001", "{finding:?}");
        for label in std::iter::once(&finding.primary).chain(&finding.secondary) {
            assert!(source.text.get(label.span.range()).is_some(), "{finding:?}");
        }
    }
});
