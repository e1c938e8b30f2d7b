//! Whole programs: nothing is said of the right ones in `check/ok`, and what is said of the wrong ones in `check/err`
//! stands beside them.

use std::path::{Path, PathBuf};

use crate::support::compiled::compiled;

/// Right files compile, and nothing is said of them.
#[test]
fn ok() {
    insta::glob!("check/ok/*.agent", |path| {
        let file = compiled(path);
        assert!(file.is_program && file.findings.is_empty(), "{}\n{}", path.display(), file.findings);
    });
}

/// Wrong files are told what is wrong, where, and what to write; a program is there iff nothing is an error.
#[test]
fn err() {
    insta::glob!("check/err/*.agent", |path| {
        let file = compiled(path);
        assert!(!file.findings.is_empty(), "{} has no finding", path.display());
        assert_eq!(file.is_program, !file.has_error, "{}", path.display());
        let shown = format!("{}\n=== findings\n\n{}", file.text, file.findings);
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
    });
}

/// Where the syntax is wrong, later stages do not say the same mistake in their words: of all the files that cannot be
/// parsed, few have more to be said of, and that is a mistake of its own.
#[test]
fn a_syntax_error_is_said_once() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/lang/parse/err");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut shown = String::new();
    for file in files {
        let findings = compiled(&file).findings;
        let later = findings.lines().filter(|line| {
            let is_head = line.starts_with("error[") || line.starts_with("warning[");
            is_head && !line.contains("[E01") && !line.contains("[W11")
        });
        let name = file.file_stem().unwrap().to_string_lossy();
        shown.extend(later.map(|line| format!("{name}: {line}\n")));
    }
    insta::assert_snapshot!(shown);
}
