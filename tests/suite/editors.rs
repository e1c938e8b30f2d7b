//! What editors are given: the grammar and the snippets that the language's tables say, and the words of the extension.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use agentrun_lang::ide::{LensKind, snippet_file, textmate};
use serde_json::Value;

fn extension() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lang/editors/vscode")
}

/// `UPDATE=1` writes them instead.
#[test]
fn the_grammar_and_the_snippets_are_current() {
    for (file, made) in
        [("syntaxes/agent.tmLanguage.json", textmate()), ("snippets/agent.json", snippet_file())]
    {
        let file = extension().join(file);
        let text = format!("{}\n", serde_json::to_string_pretty(&made).unwrap());
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &text).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == text, "{} is old: run `UPDATE=1 cargo test --test suite editors`", file.display());
    }
}

#[test]
fn every_include_of_the_grammar_is_there() {
    fn includes(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(name) if key == "include" => {
                            found.insert(name.trim_start_matches('#').to_owned());
                        }
                        _ => includes(value, found),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| includes(value, found)),
            _ => {}
        }
    }
    let grammar = textmate();
    let mut found = BTreeSet::new();
    includes(&grammar, &mut found);
    let made: BTreeSet<String> = grammar["repository"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(found, made);
}

/// The server's lenses name commands that the extension has.
#[test]
fn the_extension_has_the_commands_of_the_lenses() {
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(extension().join("package.json")).unwrap()).unwrap();
    let script = fs::read_to_string(extension().join("extension.js")).unwrap();
    let commands: BTreeSet<&str> = manifest["contributes"]["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command["command"].as_str().unwrap())
        .collect();
    for kind in [LensKind::Run, LensKind::Graph, LensKind::Test] {
        let command = format!("agentrun.{}", format!("{kind:?}").to_lowercase());
        assert!(commands.contains(&*command), "{command} is not declared");
        assert!(script.contains(&format!("\"{command}\"")), "{command} is not registered");
    }
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"), "the extension has another version");
    let first = manifest["contributes"]["languages"][0]["firstLine"].as_str().unwrap();
    assert!(first.contains("edition"), "{first}");
}
