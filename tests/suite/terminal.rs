//! A run on a terminal: nothing that a model or a tool says drives it, and one hand writes on it.

use std::fs;
use std::path::Path;

use crate::support::command::{Agentrun, Ran, Typed};

fn project(program: &str, script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.agent"), format!("edition 1\nmodel m {{ }}\n{program}")).unwrap();
    fs::write(folder.path().join("replies.json"), script).unwrap();
    folder
}

fn typed(folder: &Path, typed: &[Typed<'_>]) -> Option<Ran> {
    Agentrun::at_terminal(folder, &["main.agent", "--script", "replies.json", "--no-color"], typed)
}

const NO_COMMENT: Typed<'static> = Typed("a comment (or nothing): ", 0, "\n");

/// Clears the screen, sets a title, turns the writing around, in both sets of controls.
const DRIVES: &str = r"\u001b[2J\u001b]0;owned\u0007\u009b2J\u202e\u0008";

#[test]
fn nothing_that_is_said_drives_the_terminal() {
    let folder = project(
        "tool talk(q: string): string { exec: [\"printf\", \"\\\\033[2Jx\\\\033]0;t\\\\007\"]  effect: write }\n\
         tool bad(q: string): string {\n  exec:   [\"sh\", \"-c\", \"printf '\\\\033[31mno\\\\007' >&2; exit 3\"]\n  \
         effect: write\n}\n\
         agent Main(): string {\n  ask say { model: m  prompt: \"x\"  -> act }\n  \
         plan act: string { model: m  goal: \"x\"  tools: [talk, bad]  -> ok  on exhausted -> fail \"no\" }\n  \
         approve ok { prompt: \"Send ${say}?\"  show: say  when .approved -> return say  else -> fail \"no: ${say}\" }\n}\n",
        &format!(
            r#"{{ "replies": {{ "Main.say": "said {DRIVES}", "Main.act": [
                {{ "tool_calls": [{{ "name": "talk", "arguments": {{ "q": "{DRIVES}" }} }}] }},
                {{ "tool_calls": [{{ "name": "bad", "arguments": {{ "q": "x" }} }}] }}, "{DRIVES}"] }} }}"#
        ),
    );
    let drives = |letter: char| {
        (letter.is_control() && letter != '\n') || matches!(letter, '\u{9b}' | '\u{202e}' | '\u{2028}')
    };
    for (answer, code) in [("yes\n", 0), ("no\n", 1)] {
        let Some(ran) = typed(folder.path(), &[Typed("yes or no? ", 0, answer), NO_COMMENT]) else { return };
        let ran = ran.exits(code);
        assert!(ran.out.contains("said ␛[2J␛]0;owned␇"), "{}", ran.out);
        assert!(ran.out.contains("Send said ␛[2J") && ran.out.contains("␛[31mno␇"), "{}", ran.out);
        assert!(!ran.out.contains(drives), "{:?}", ran.out);
    }
    // Where no terminal reads it, the result is what was said.
    let yes = format!(
        r#"{{ "human": {{ "ok": {{ "approved": true }} }}, "replies": {{ "*": "said {DRIVES}" }} }}"#
    );
    fs::write(folder.path().join("replies.json"), yes).unwrap();
    let ran =
        Agentrun::with(&["main.agent", "--script", "replies.json"]).folder(folder.path()).run().exits(0);
    assert_eq!(ran.out, "said \u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{8}\n");
    assert!(!ran.err.contains(drives), "{:?}", ran.err);
    let ran = Agentrun::with(&["main.agent", "--script", "replies.json", "--json"]).folder(folder.path());
    let ran = ran.run().exits(0);
    assert!(!ran.out.contains(drives), "{:?}", ran.out);
    let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["result"], "said \u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{8}");
}

#[test]
fn nothing_is_written_into_an_open_question() {
    let folder = project(
        "agent Main(): string {\n  parallel both {\n    ask talk { model: m  prompt: \"x\" }\n    \
         approve ok { prompt: \"Go on?\" }\n    -> return both.talk\n  }\n}\n",
        r#"{ "replies": { "*": "many words that come slowly" }, "pace_ms": 60 }"#,
    );
    let Some(ran) = typed(folder.path(), &[Typed("yes or no? ", 700, "yes\n"), NO_COMMENT]) else { return };
    let ran = ran.exits(0);
    let (_, after) = ran.out.split_once("yes or no? yes\n  a comment (or nothing): \n").expect(&ran.out);
    assert!(after.contains("slowly"), "{}", ran.out);
    assert!(after.contains("approved by ana"), "{}", ran.out);
}

#[test]
fn a_question_that_nobody_waits_for_makes_room_for_the_next() {
    let folder = project(
        "agent Main(): string {\n  approve first {\n    prompt: \"First?\"\n    timeout: 300ms\n    \
         when .approved -> return \"first\"\n    else -> return \"none\"\n    on timeout -> second\n  }\n  \
         approve second { prompt: \"Second?\"  when .approved -> return \"second\"  else -> return \"none\" }\n}\n",
        r#"{ "about": "nobody" }"#,
    );
    let Some(ran) = typed(folder.path(), &[Typed("Second?", 100, "yes\n"), NO_COMMENT]) else { return };
    let ran = ran.exits(0);
    let (before, after) = ran.out.split_once("Second?").expect(&ran.out);
    assert!(before.contains("First?") && before.contains("timeout"), "{}", ran.out);
    assert!(after.contains("yes or no? yes\n") && after.ends_with("second\n"), "{}", ran.out);
}

#[test]
fn a_question_ends_with_the_input_and_with_ctrl_c() {
    let folder = project(
        "agent Main(): string {\n  approve ok { prompt: \"Go?\"  when .approved -> return \"yes\"  else -> return \"no\" }\n}\n",
        r#"{ "about": "nobody" }"#,
    );
    for (keys, code, says) in [
        ("\u{4}", 4, "waiting for a person: ok#1"),
        ("yes\n", 0, "approved by ana"),
        ("\u{3}", 130, "interrupted"),
    ] {
        let Some(ran) =
            typed(folder.path(), &[Typed("yes or no? ", 0, keys), Typed("a comment", 0, "\u{4}")])
        else {
            return;
        };
        let ran = ran.exits(code);
        assert!(ran.out.contains(says), "{keys:?}\n{}", ran.out);
    }
}
