//! What is proved of an agent's graph: of `flow/ok` nothing is said, `flow/err` stands beside what is said about it.

use std::path::Path;

use agentrun_lang::compile;
use agentrun_lang::diagnostic::Diagnostic;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::SourceId;

use crate::support::findings::render;

/// The text of a file without imports and all that is found in it.
fn findings(path: &Path) -> (SourceMap, Vec<Diagnostic>) {
    let entry = ModulePath::file(path.file_name().unwrap().to_string_lossy());
    let loader = MemoryLoader::default().with(entry.clone(), std::fs::read(path).unwrap());
    let compilation = compile(&entry, &loader);
    (compilation.modules.sources, compilation.diagnostics.sorted())
}

/// Right programs are proved.
#[test]
fn ok() {
    insta::glob!("flow/ok/*.agent", |path| {
        let (sources, findings) = findings(path);
        assert!(findings.is_empty(), "{}", render(&sources, &findings));
    });
}

/// Wrong programs are told on which way they go wrong.
#[test]
fn err() {
    insta::glob!("flow/err/*.agent", |path| {
        let (sources, findings) = findings(path);
        assert!(!findings.is_empty(), "{} has no finding", path.display());
        let text = &sources.get(SourceId(0)).unwrap().text;
        let shown = format!("{text}\n=== findings\n\n{}", render(&sources, &findings));
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
    });
}
