//! What compiles and is not run yet: the check warns of it, a run is refused or says what it goes on without.

use std::path::Path;

use crate::support::command::Agentrun;

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn what_is_not_run_yet_is_said_by_the_check_and_by_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let text = |guards: &str| {
        format!(
            "edition 1\nmodel m {{ }}\nguard shield {{ on: input  use: [injection]  action: block }}\n\
             agent A(): string {{\n  {guards}\n  ask x {{ model: m  prompt: \"hi\"  cache: true  -> return x }}\n}}\n"
        )
    };
    write(folder.path(), "script.json", r#"{ "replies": { "*": "hello" } }"#);
    let file = write(folder.path(), "main.agent", &text(""));
    let checked = Agentrun::with(&["check", &file]).run().exits(0);
    assert_eq!(checked.out.matches("warning[W1602]").count(), 2, "{}", checked.out);
    Agentrun::with(&["check", "--deny-warnings", &file]).run().exits(3);
    // Nothing of this run is guarded: it says only what it goes on without.
    let ran = Agentrun::with(&[&file]).run().exits(0);
    assert!(
        ran.err.contains("`cache: true` of `x` has no effect yet") && !ran.err.contains("shield"),
        "{}",
        ran.err
    );
    let file = write(folder.path(), "main.agent", &text("guards: [shield]"));
    let ran = Agentrun::with(&[&file]).run().exits(1);
    assert_eq!(
        ran.err.matches("the guardrail `shield` cannot look for `injection` yet").count(),
        1,
        "{}",
        ran.err
    );
}
