//! Runs taken up where it is easy to go wrong: behind replies that a script gave, from another folder, by a person who
//! is asked what became of a call, and from the first moment of a journal on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Place;
use crate::support::command::{Agentrun, Typed};

#[test]
fn a_script_goes_on_behind_what_it_has_given() {
    let place = Place::new();
    let file = place.write(
        "main.agent",
        r#"edition 1
model main { max_tokens: 100 }
agent Main(): string {
  loop work {
    max: 3
    ask word { model: main  prompt: "A word."  -> ok }
    approve ok { prompt: "${word}?"  when .approved -> break  else -> next }
    -> return word
    on exhausted -> fail "none"
  }
}
"#,
    );
    let script = place.write("replies.json", r#"{ "replies": { "word": ["one", "two", "three"] } }"#);
    place.agentrun(&[&file, "--script", &script, "--quiet"]).run().exits(4);
    place.agentrun(&["resume", "last", "--answer", "no", "--quiet"]).run().exits(4);
    // From another folder, by a journal that is named from there.
    let elsewhere = place.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let args = ["resume", "last", "--answer", "yes", "--quiet", "--journal", "../runs.db"];
    let done = Agentrun::with(&args).folder(&elsewhere).run().exits(0);
    assert_eq!(done.out, "two\n");
    place.agentrun(&["replay", "last"]).run().exits(0);
    let locks = fs::read_dir(place.path().join("runs.db-runs")).unwrap().count();
    assert_eq!(locks, 0, "a run that is over leaves no lock");
}

/// A run that was killed while its tool, which changes something, ran.
fn killed_in_a_write() -> Place {
    let place = Place::new();
    fs::create_dir(place.path().join("out")).unwrap();
    let slow = place.write("slow.sh", "#!/bin/sh\necho began >> out/log\nsleep 0.4\nprintf %s \"$1\"\n");
    fs::set_permissions(slow, fs::Permissions::from_mode(0o755)).unwrap();
    let file = place.write(
        "main.agent",
        "edition 1\ntool slow(n: string): string { exec: [\"./slow.sh\", n]  effect: write  sandbox: best_effort }\nagent Main(): string { call put { tool: slow(\"x\")  -> return put  on error -> return \"failed\" } }\n",
    );
    let mut process = place.agentrun(&[&file, "--quiet"]).spawn();
    for _ in 0..1000 {
        if place.path().join("out/log").exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    place
}

fn begun(place: &Place) -> usize {
    fs::read_to_string(place.path().join("out/log")).unwrap().lines().count()
}

#[test]
fn what_became_of_a_call_is_for_a_person_to_say() {
    for (answer, gives, times) in
        [("repeat", "x\n", 2), ("failed", "failed\n", 1), ("{\"done\": \"was there\"}", "was there\n", 1)]
    {
        let place = killed_in_a_write();
        let asks = place.agentrun(&["resume", "last", "--quiet"]).run().exits(4);
        assert!(
            asks.err.contains("put#1 waits for a person: The process ended while `slow`"),
            "{}",
            asks.err
        );
        let wrong = place.agentrun(&["resume", "last", "--answer", "done"]).run().exits(2);
        assert!(wrong.err.contains("{\"done\": RESULT}"), "{}", wrong.err);
        assert_eq!(begun(&place), 1, "nothing is repeated unseen");
        let done = place.agentrun(&["resume", "last", "--answer", answer, "--quiet"]).run().exits(0);
        assert_eq!((done.out.as_str(), begun(&place)), (gives, times), "{answer}");
        place.agentrun(&["replay", "last"]).run().exits(0);
    }
}

#[test]
fn at_a_terminal_the_person_is_asked_what_became_of_a_call() {
    let place = killed_in_a_write();
    let journal = place.journal();
    let args = ["resume", "last", "--journal", journal.to_str().unwrap()];
    let typed = [Typed("repeat | failed?", 0, "repeat\n"), Typed("comment", 0, "\n")];
    let Some(ran) = Agentrun::at_terminal(place.path(), &args, &typed) else { return };
    assert_eq!((ran.code, begun(&place)), (0, 2), "{}", ran.out);
}

#[test]
fn many_first_runs_make_one_journal() {
    let place = Place::new();
    let runs: Vec<_> = (0..12).map(|_| place.agentrun(&["examples/01_hello", "--quiet"]).spawn()).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(place.ids().len(), 12);
}
