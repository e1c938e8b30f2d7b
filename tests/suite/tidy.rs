//! The rules of the house that no compiler checks: layers, doors, file sizes, error pages, the top level.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// `agentrun-lang`, from the bottom up: a module may import those left of it and those beside it in its cell.
const LANG_LAYERS: &[&[&str]] = &[
    &["span", "source", "codes", "diagnostic", "suggest"],
    // A literal in the tree is a value already, and a value's fields carry names of the tree.
    &["value", "ast"],
    &["kinds"],
    &["syntax", "format", "reference"],
    &["ir", "eval"],
    &["loader", "resolve"],
    &["graph"],
    &["check"],
    &["lower", "not_run"],
    &["ide"],
];

/// `agentrun-runtime`, the same.
const RUNTIME_LAYERS: &[&[&str]] = &[
    &["chat", "clock", "error", "files", "sqlite"],
    &["machine"],
    &["config", "trace"],
    &["call"],
    &["tool"],
    &["journal"],
    &["driver"],
    &["testing", "watch"],
];

/// Layer-2 modules that the driver keeps apart.
const APART: &[&str] = &["call", "tool", "journal"];

/// A crate, and the places that may name it.
const DOORS: &[(&str, &[&str])] = &[
    ("pest", &["lang/src/syntax/"]),
    ("pest_derive", &["lang/src/syntax/"]),
    ("petgraph", &["lang/src/graph/"]),
    ("notify", &["runtime/src/watch/"]),
    (
        "reqwest",
        &["runtime/src/call/provider/http/", "runtime/src/tool/http", "runtime/benches/", "runtime/tests/"],
    ),
    ("annotate_snippets", &["runtime/cli/"]),
    ("clap", &["runtime/cli/"]),
    ("clap_complete", &["runtime/cli/"]),
    ("gen_lsp_types", &["runtime/cli/lsp/"]),
    ("landlock", &["runtime/src/tool/sandbox"]),
    ("rusqlite", &["runtime/src/sqlite.rs", "runtime/src/journal/sqlite/"]),
    ("seccompiler", &["runtime/src/tool/sandbox"]),
    ("tracing_subscriber", &["runtime/cli/"]),
];

/// What may stand at the top of the repository, beside hidden files.
const TOP: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "docs",
    "examples",
    "lang",
    "runtime",
    "skills",
    "stdlib",
    "tests",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for top in ["lang", "runtime", "stdlib", "tests"] {
        walk(&root().join(top), &mut found);
    }
    let mut files: Vec<(String, String)> = found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("target") {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn complain(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}:\n  {}", complaints.join("\n  "));
}

/// The module below `src` that a file belongs to.
fn module_of<'a>(file: &'a str, package: &str) -> Option<&'a str> {
    let inner = file.strip_prefix(package)?.strip_prefix("/src/")?;
    let module = inner.split('/').next()?;
    Some(module.strip_suffix(".rs").unwrap_or(module)).filter(|module| *module != "lib")
}

/// The modules of the same crate that a file names, by `crate::module`.
fn imports(text: &str) -> BTreeSet<&str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .filter_map(|rest| rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next())
        .filter(|module| !module.is_empty() && module.starts_with(|letter: char| letter.is_lowercase()))
        .collect()
}

fn layer_complaints(package: &str, layers: &[&[&str]], apart: &[&str]) -> Vec<String> {
    let level: BTreeMap<&str, usize> = layers
        .iter()
        .enumerate()
        .flat_map(|(level, row)| row.iter().map(move |module| (*module, level)))
        .collect();
    let mut complaints = Vec::new();
    for (file, text) in rust_files() {
        let Some(module) = module_of(&file, package) else { continue };
        let Some(own) = level.get(module) else {
            complaints.push(format!("{file}: `{module}` is in no layer"));
            continue;
        };
        for other in imports(&text) {
            if other == module {
                continue;
            }
            let higher = level.get(other).is_some_and(|other_level| other_level > own);
            let sideways = apart.contains(&module) && apart.contains(&other);
            if higher || sideways {
                complaints.push(format!("{file}: `{module}` may not import `{other}`"));
            }
        }
    }
    complaints
}

#[test]
fn modules_import_downwards_only() {
    let mut complaints = layer_complaints("lang", LANG_LAYERS, &[]);
    complaints.extend(layer_complaints("runtime", RUNTIME_LAYERS, APART));
    complain("a lower layer imports a higher one", &complaints);
}

#[test]
fn the_machine_is_pure() {
    let banned = ["tokio", "async ", ".await", "std::time", "tracing", "std::fs", "std::env"];
    let complaints: Vec<String> = rust_files()
        .into_iter()
        .filter(|(file, _)| file.starts_with("runtime/src/machine/"))
        .flat_map(|(file, text)| {
            banned
                .iter()
                .filter(move |word| {
                    text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(**word))
                })
                .map(move |word| format!("{file}: `{word}`"))
                .collect::<Vec<_>>()
        })
        .collect();
    complain("the machine has no IO, no clock and nothing async", &complaints);
}

#[test]
fn every_crate_has_one_door() {
    let mut complaints = Vec::new();
    for (file, text) in rust_files() {
        for (name, doors) in DOORS {
            let names = text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && (line.contains(&format!("{name}::")) || line.starts_with(&format!("use {name};")))
                    && !line.contains(&format!("_{name}::"))
            });
            if names && file != "tests/suite/tidy.rs" && !doors.iter().any(|door| file.starts_with(door)) {
                complaints.push(format!("{file}: `{name}` is only for {}", doors.join(", ")));
            }
        }
    }
    complain("a crate is named outside its door", &complaints);
}

#[test]
fn files_stay_small_and_say_what_they_are() {
    let mut complaints = Vec::new();
    for (file, text) in rust_files() {
        let lines = text.lines().count();
        if lines > 600 {
            complaints.push(format!("{file}: {lines} lines, at most 600"));
        }
        if !text.starts_with("//!") && !text.starts_with("#!") {
            complaints.push(format!("{file}: does not begin with `//!`"));
        }
    }
    complain("a file is too long or has no heading", &complaints);
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let codes: BTreeSet<String> =
        agentrun_lang::codes::CODES.iter().map(|(code, _)| code.0.to_string()).collect();
    let pages: BTreeSet<String> = fs::read_dir(root().join("docs/errors"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().strip_suffix(".md").map(str::to_string))
        .collect();
    let mut complaints: Vec<String> =
        codes.difference(&pages).map(|code| format!("docs/errors/{code}.md is missing")).collect();
    complaints.extend(pages.difference(&codes).map(|page| format!("docs/errors/{page}.md has no code")));
    for code in codes.intersection(&pages) {
        let text = fs::read_to_string(root().join(format!("docs/errors/{code}.md"))).unwrap();
        if !text.starts_with(&format!("# {code}: ")) {
            complaints.push(format!("docs/errors/{code}.md does not begin with `# {code}: `"));
        }
    }
    complain("codes and pages differ", &complaints);
}

#[test]
fn codes_stand_in_order_and_once() {
    let codes: Vec<&str> = agentrun_lang::codes::CODES.iter().map(|(code, _)| code.0).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
}

#[test]
fn every_code_is_shown_by_a_snapshot() {
    let mut found = Vec::new();
    walk(&root().join("tests/suite"), &mut found);
    let shown: String = found
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "snap"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let complaints: Vec<String> = agentrun_lang::codes::CODES
        .iter()
        .map(|(code, _)| code.0)
        .filter(|code| *code != "E0001" && !shown.contains(&format!("[{code}]")))
        .map(str::to_string)
        .collect();
    complain("codes that no snapshot shows", &complaints);
}

#[test]
fn the_top_level_is_what_was_agreed() {
    let complaints: Vec<String> = fs::read_dir(root())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target" && !TOP.contains(&name.as_str()))
        .collect();
    complain("not agreed at the top level", &complaints);
}
