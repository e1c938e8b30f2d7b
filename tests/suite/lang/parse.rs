//! Texts to trees: `parse/ok` beside the tree's outline, `parse/err` beside what is said about it.

use std::path::Path;

use agentrun_lang::ast::outline;
use agentrun_lang::diagnostic::Diagnostic;
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::SourceId;
use agentrun_lang::syntax::{decode, parse};

use crate::support::findings::render;

/// Reads and parses a file: its text, its outline, its findings.
fn read(path: &Path) -> (SourceMap, String, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let (text, undecodable) = decode(SourceId(0), std::fs::read(path).unwrap());
    let source = sources.add(path.file_name().unwrap().to_str().unwrap(), text);
    let (module, mut findings) = parse(&source);
    findings.extend(undecodable);
    (sources, outline(&module), findings.sorted())
}

fn text(sources: &SourceMap) -> &str {
    &sources.get(SourceId(0)).unwrap().text
}

/// Right files have the tree they should.
#[test]
fn ok() {
    insta::glob!("parse/ok/*.agent", |path| {
        let (sources, outline, findings) = read(path);
        assert!(findings.is_empty(), "{}", render(&sources, &findings));
        let shown = format!("{}\n=== tree\n\n{outline}", text(&sources));
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
    });
}

/// Wrong files are told what is wrong, and where.
#[test]
fn err() {
    insta::glob!("parse/err/*.agent", |path| {
        let (sources, _, findings) = read(path);
        assert!(!findings.is_empty(), "{} has no finding", path.display());
        let shown = format!("{}\n=== findings\n\n{}", text(&sources), render(&sources, &findings));
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
    });
}
