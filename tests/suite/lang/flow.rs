//! What is proved of an agent's graph: `flow/ok` gives no finding, `flow/err` stands beside what is said about it.

use std::path::Path;

use agentrun_lang::check::flow::prove;
use agentrun_lang::diagnostic::{Diagnostic, Diagnostics};
use agentrun_lang::graph::Flow;
use agentrun_lang::loader::{LoadedModule, ModulePath, Modules};
use agentrun_lang::resolve::resolve;
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::SourceId;
use agentrun_lang::syntax::parse;

use crate::support::findings::render;
use crate::support::written::Written;

/// The text of a file without imports and all that is found in it.
fn prove_file(path: &Path) -> (SourceMap, Vec<Diagnostic>) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut sources = SourceMap::default();
    let source = sources.add(name, std::fs::read_to_string(path).unwrap());
    let (ast, mut findings) = parse(&source);
    let path = ModulePath::file(name);
    let modules = Modules { list: vec![LoadedModule { path, ast, imports: Vec::new() }], sources };
    let names = resolve(&modules, &mut findings);
    let mut found = Diagnostics::default();
    for scope in &names.scopes {
        let types = Written::new(&names, scope);
        prove(&Flow::of(scope, &types), &types.table, &mut found);
    }
    findings.extend(found.sorted());
    let findings = findings.sorted();
    (modules.sources, findings)
}

/// Right programs are proved.
#[test]
fn ok() {
    insta::glob!("flow/ok/*.agent", |path| {
        let (sources, findings) = prove_file(path);
        assert!(findings.is_empty(), "{}", render(&sources, &findings));
    });
}

/// Wrong programs are told on which way they go wrong.
#[test]
fn err() {
    insta::glob!("flow/err/*.agent", |path| {
        let (sources, findings) = prove_file(path);
        assert!(!findings.is_empty(), "{} has no finding", path.display());
        let text = &sources.get(SourceId(0)).unwrap().text;
        let shown = format!("{text}\n=== findings\n\n{}", render(&sources, &findings));
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
    });
}
