//! Modules and names: `resolve/ok` gives no finding, `resolve/err` stands beside what is said about it.

use crate::support::compiled::compiled;

/// Right files compile, and nothing is said of them.
#[test]
fn ok() {
    insta::glob!("resolve/ok/*.agent", |path| {
        let file = compiled(path);
        assert!(file.is_program && file.findings.is_empty(), "{}\n{}", path.display(), file.findings);
    });
}

/// Wrong files are told which name, in which file, and what to write.
#[test]
fn err() {
    insta::glob!("resolve/err/*.agent", |path| {
        let file = compiled(path);
        assert!(!file.is_program, "{} compiles", path.display());
        let shown = format!("{}\n=== findings\n\n{}", file.text, file.findings);
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
    });
}
