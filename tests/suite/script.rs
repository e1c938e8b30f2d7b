//! What a script answers, and what it never does unless it is asked to.

use std::fs;

use crate::support::command::Agentrun;

const PAYS: &str = r#"edition 1
model m { use: ["openai/gpt-5-mini"] }
tool pay(order: string): string { exec: ["echo", "paid", order]  effect: irreversible  once: order }

agent A(): string {
  ask order { model: m  prompt: "Which order?"  -> ok }
  approve ok {
    prompt: "Pay ${order ?? "?"}?"
    when .approved -> pay
    else           -> return "not paid"
  }
  call pay { tool: pay(order ?? "?")  -> return pay }
}
"#;
const REPLIES: &str = r#"{ "replies": { "*": "A-17" }, "human": { "*": { "approved": true } } }"#;

/// A folder with `PAYS` and a script.
fn folder(script: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.agent"), PAYS).unwrap();
    if !script.is_empty() {
        fs::write(folder.path().join("script.json"), script).unwrap();
    }
    let path = folder.path().to_str().unwrap().to_string();
    (folder, path)
}

#[test]
fn a_script_that_stands_in_says_yes_for_nobody() {
    let (_kept, path) = folder(REPLIES);
    let ran = Agentrun::with(&[&path]).run().exits(4);
    assert!(ran.err.contains("waits for a person: Pay A-17?"), "{}", ran.err);
    assert!(!ran.err.contains("calls pay"), "{}", ran.err);
    // Nobody is asked for a yes that leads nowhere without having been told.
    assert!(ran.err.contains("`pay` cannot be undone and is not called on a script's word"), "{}", ran.err);
}

#[test]
fn a_script_that_is_asked_for_answers_for_all() {
    let (_kept, path) = folder(REPLIES);
    let script = format!("{path}/script.json");
    let ran = Agentrun::with(&[&path, "--script", &script]).run().exits(0);
    assert_eq!(ran.out.trim_end(), "paid A-17");
    assert!(
        ran.err.contains("for models, tools and people") && ran.err.contains("ok#1 approved"),
        "{}",
        ran.err
    );
}

#[test]
fn nothing_irreversible_is_done_on_canned_words() {
    let text = PAYS.replace("-> ok }", "-> pay }");
    let start = text.find("  approve ok").unwrap();
    let end = text.find("  call pay").unwrap();
    let text = format!("{}{}", &text[..start], &text[end..]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.agent"), text).unwrap();
    fs::write(folder.path().join("script.json"), REPLIES).unwrap();
    let path = folder.path().to_str().unwrap();
    let ran = Agentrun::with(&[path]).run().exits(1);
    assert!(ran.err.contains("`pay` cannot be undone"), "{}", ran.err);
    let scripted = r#"{ "replies": { "*": "A-17" }, "tools": { "pay": "noted" } }"#;
    fs::write(folder.path().join("script.json"), scripted).unwrap();
    assert_eq!(Agentrun::with(&[path]).run().exits(0).out.trim_end(), "noted");
}

#[test]
fn that_replies_are_scripted_is_said_even_when_quiet() {
    let ran = Agentrun::with(&["--quiet", "examples/01_hello"]).run().exits(0);
    assert!(ran.err.starts_with("scripted replies from"), "{}", ran.err);
    let ran = Agentrun::with(&["--json", "examples/01_hello"]).run().exits(0);
    assert!(ran.err.starts_with("scripted replies from"), "{}", ran.err);
}

#[test]
fn a_model_that_was_named_is_never_replaced() {
    for (model, mend) in
        [("openai/gpt-5-mini", "OPENAI_API_KEY"), ("nosuch/x", "no provider is called `nosuch`")]
    {
        let ran = Agentrun::with(&["examples/01_hello", "--model", model]).run().exits(2);
        assert!(ran.err.contains(mend) && ran.out.is_empty(), "{}", ran.err);
        assert!(!ran.err.contains("→ answer"), "it ends before its first effect: {}", ran.err);
    }
}

#[test]
fn a_pool_that_nobody_can_answer_for_ends_the_run_before_it_begins() {
    let (_kept, path) = folder("");
    let ran = Agentrun::with(&[&path]).run().exits(1);
    assert!(
        ran.err.contains(
            "the pool `m` has nobody to ask: openai/gpt-5-mini: no key for openai: set OPENAI_API_KEY"
        ),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("main.agent:2:17") && !ran.err.contains("→ order"), "{}", ran.err);
}

#[test]
fn a_script_answers_for_a_person_where_no_model_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let text = "edition 1\nagent A(): string {\n  approve ok {\n    prompt: \"Go?\"\n    \
                when .approved -> return \"gone\"\n    else -> return \"stayed\"\n  }\n}\n";
    fs::write(folder.path().join("main.agent"), text).unwrap();
    let script = folder.path().join("say.json");
    fs::write(&script, r#"{ "human": { "*": { "approved": true } } }"#).unwrap();
    let path = folder.path().to_str().unwrap();
    let ran = Agentrun::with(&[path, "--script", script.to_str().unwrap()]).run().exits(0);
    assert_eq!(ran.out.trim_end(), "gone");
}

#[test]
fn a_check_judges_the_answer_and_not_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = "edition 1\nmodel m { }\nagent A(): int {\n  budget: { calls: 9 }\n  var n: int = 0\n  \
                ask s: int { model: m  prompt: \"n\"  check: s > n * 10  repair: 1\n    \
                when n == 1 -> return s\n    else -> s  set n = n + 1\n  }\n}\n";
    fs::write(folder.path().join("main.agent"), text).unwrap();
    fs::write(folder.path().join("script.json"), r#"{ "replies": { "s": [0, 5, 7, 12] } }"#).unwrap();
    let ran = Agentrun::with(&[folder.path().to_str().unwrap()]).run().exits(0);
    assert_eq!(ran.out.trim_end(), "12", "{}", ran.err);
    assert!(ran.err.contains("0 on the left") && ran.err.contains("7 on the left"), "{}", ran.err);
}

/// What each state gave is seen, and a tool that a script answers for is labelled as such.
#[test]
fn results_are_shown_and_scripted_tools_are_labelled() {
    let (_kept, path) = folder(
        r#"{ "replies": { "*": "A-17" }, "human": { "*": { "approved": true } }, "tools": { "pay": "paid" } }"#,
    );
    let script = format!("{path}/script.json");
    let shown = Agentrun::with(&[&path, "--script", &script]).run().exits(0);
    assert!(
        shown.err.contains("✓ pay#1 the script's word") && shown.err.contains("    \"paid\""),
        "{}",
        shown.err
    );
    let events = Agentrun::with(&[&path, "--script", &script, "--json"]).run().exits(0);
    let settled = events.out.lines().find(|line| line.contains("settled") && line.contains("pay#1"));
    assert!(settled.is_some_and(|line| line.contains(r#""result":"paid""#)), "{}", events.out);
}
