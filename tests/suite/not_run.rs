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
        ran.err.contains("`cache: true` of `x` has no effect yet") && !ran.err.contains("guardrail `shield`"),
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

#[test]
fn what_a_run_goes_on_without_is_said_however_it_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let text = "edition 1\nmodel m { }\n\
                agent A(): string {\n  ask x { model: m  prompt: \"hi\"  cache: true  -> return x }\n}\n\
                agent B(): string {\n  ask y { model: m  prompt: \"hi\"  -> return y }\n}\n";
    let file = write(folder.path(), "main.agent", text);
    write(folder.path(), "script.json", r#"{ "replies": { "*": "hello" } }"#);
    for flags in [&[][..], &["--quiet"], &["--json"]] {
        let run = |agent: &str| Agentrun::with(&[&[&*file, agent], flags].concat()).run().exits(0);
        let ran = run("A");
        let said = if flags == ["--json"] { &ran.out } else { &ran.err };
        assert_eq!(said.matches("`cache: true` of `x` has no effect yet").count(), 1, "{flags:?}\n{said}");
        // An agent that cannot come to it is not told of it.
        let ran = run("B");
        assert!(
            !ran.err.contains("cache") && !ran.out.contains("cache"),
            "{flags:?}\n{}{}",
            ran.err,
            ran.out
        );
    }
    let ran = Agentrun::with(&[&file, "A", "--json"]).run().exits(0);
    let event = ran.out.lines().find(|line| line.contains("\"unenforced\"")).unwrap();
    let event: serde_json::Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["place"]["line"], 4, "{event}");
    assert_eq!(event["mend"], "take it out");
}
