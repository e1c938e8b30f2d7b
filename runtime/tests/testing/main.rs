//! Flows in Rust's own tests: the record of a run on scripted replies.

use std::path::{Path, PathBuf};

use agentrun_runtime::testing::{FlowError, run_flow};
use serde_json::json;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).join("main.agent")
}

#[test]
fn a_flow_is_a_text_to_compare() {
    let flow = run_flow(example("01_hello"), &json!({ "q": "Why?" })).unwrap();
    insta::assert_snapshot!("hello", flow.text());
    assert_eq!(flow.path(), ["answer"]);
}

#[test]
fn what_the_script_lacks_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.agent");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(
        "edition 1\nmodel m {}\nagent A(q: string): string { ask a { model: m  prompt: q  -> return a } }\n",
    );
    let flow = run_flow(&file, &json!({ "q": "x" })).unwrap();
    assert!(flow.unanswered[0].starts_with("no model answers `a`"), "{:?}", flow.unanswered);
    assert!(
        matches!(run_flow(&file, &json!({ "p": "x" })), Err(FlowError::Input(why)) if why.contains("no parameter `p`"))
    );
    std::fs::write(folder.path().join("script.json"), "no script").unwrap();
    assert!(matches!(run_flow(&file, &json!({ "q": "x" })), Err(FlowError::Script { .. })));
    write("edition 1\nagent A() { -> x }\n");
    assert!(matches!(run_flow(&file, &json!({})), Err(FlowError::Compile(why)) if why.contains("a.agent:2")));
}
