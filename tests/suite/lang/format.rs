//! Files as they are written, and as they are formatted.

use agentrun_lang::ast::{Module, outline};
use agentrun_lang::format::format;
use agentrun_lang::source::{Source, SourceMap};
use agentrun_lang::syntax::parse;

use crate::support::findings::render;

fn read(text: &str) -> (Source, Module) {
    let mut sources = SourceMap::default();
    let source = sources.add("a.agent", text);
    let (module, findings) = parse(&source);
    assert!(findings.is_clean(), "{}\n{text}", render(&sources, &findings.sorted()));
    (source, module)
}

/// Formats a text and holds it to what is promised: the same tree, and nothing to do the second time.
fn formatted(text: &str) -> String {
    let (source, module) = read(text);
    let once = format(&module, &source);
    let (again, module_again) = read(&once);
    assert_eq!(outline(&module), outline(&module_again), "the tree changed");
    assert_eq!(module.comments.len(), module_again.comments.len(), "a comment was lost\n{once}");
    assert_eq!(once, format(&module_again, &again), "it changes the second time");
    once
}

/// Each file beside what it becomes.
#[test]
fn formatted_files() {
    insta::glob!("format/*.agent", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let shown = formatted(&text);
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
    });
}

/// Every right file of the parser's corpus keeps its tree.
#[test]
fn right_files_keep_their_tree() {
    insta::glob!("parse/ok/*.agent", |path| {
        formatted(&std::fs::read_to_string(path).unwrap());
    });
}
