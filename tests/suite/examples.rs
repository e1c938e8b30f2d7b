//! Every example checks clean, is formatted, draws, and runs offline to a result that its type allows.

use std::fs;
use std::path::PathBuf;

use crate::support::command::Agentrun;

fn examples() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "broken")
        .collect();
    names.sort();
    names
}

fn input(example: &str) -> String {
    let invoice = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{example}/invoice.txt"));
    fs::read_to_string(invoice).unwrap_or_default()
}

#[test]
fn every_example_checks_clean_and_is_formatted() {
    for example in examples() {
        let path = format!("examples/{example}");
        let checked = Agentrun::with(&["check", "--deny-warnings", &path]).run().exits(0);
        assert_eq!(checked.out, "", "{example}");
        Agentrun::with(&["fmt", "--check", &path]).run().exits(0);
    }
}

#[test]
fn every_example_draws_in_every_format() {
    for example in examples() {
        for format in ["mermaid", "dot", "svg", "json"] {
            let drawn =
                Agentrun::with(&["graph", &format!("examples/{example}"), "--format", format]).run().exits(0);
            assert!(drawn.out.len() > 100, "{example} as {format}: {}", drawn.out);
        }
    }
}

#[test]
fn every_example_runs_offline() {
    let mut results = String::new();
    for example in examples() {
        let folder = format!("examples/{example}");
        let script = format!("{folder}/script.json");
        let mut args = vec!["--quiet", folder.as_str()];
        // A script says yes for a person only where it is asked to.
        if fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(&script))
            .unwrap()
            .contains("\"human\"")
        {
            args.extend(["--script", &script]);
        }
        let ran = Agentrun::with(&args).input(&input(&example)).run().exits(0);
        results.push_str(&format!("{example}\n{}\n", ran.out));
    }
    insta::assert_snapshot!(results);
}

#[test]
fn a_scripted_run_says_so() {
    let ran = Agentrun::with(&["examples/01_hello"]).run().exits(0);
    assert!(
        ran.err.starts_with("scripted replies from examples/01_hello/script.json, no model"),
        "{}",
        ran.err
    );
}

#[test]
fn every_example_has_a_page_that_names_its_command() {
    for example in examples() {
        let page = format!("{}/examples/{example}/README.md", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(&format!("agentrun examples/{example}")), "{page} shows how to run it");
    }
}

#[test]
fn the_standard_library_is_clean_and_its_tools_work() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("stdlib");
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "agent") {
            let path = path.to_str().unwrap();
            Agentrun::with(&["check", "--deny-warnings", path]).run().exits(0);
            Agentrun::with(&["fmt", "--check", path]).run().exits(0);
        }
    }
    let work = tempfile::tempdir().unwrap();
    let program = r#"edition 1
import "std/files" { list_files, read_file, search_files as find }
import "std/git" { git_status }

agent A(): string {
  call names { tool: list_files()  -> text }
  call text { tool: read_file("note.txt")  -> lines }
  call lines { tool: find("b+")  -> state }
  call state { tool: git_status()  -> return "${names} ${text} ${lines} ${state}" }
}
"#;
    fs::write(work.path().join("main.agent"), program).unwrap();
    fs::write(work.path().join("note.txt"), "abba").unwrap();
    let git =
        std::process::Command::new("git").args(["init", "-q"]).current_dir(work.path()).status().unwrap();
    assert!(git.success());
    let ran = Agentrun::with(&[work.path().to_str().unwrap()]).run().exits(0);
    let expected = [
        "[\"main.agent\",\"note.txt\"]",
        "abba main.agent:8:",
        "note.txt:1: abba",
        "?? main.agent",
        "?? note.txt",
    ];
    for part in expected {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}
