//! Other ways with a run that is kept: another step, another run beside it, a page of it, and what is forgotten.

use std::fs;

use super::{Place, snapshot};

const PROGRAM: &str = r#"edition 1
model main { max_tokens: 100 }

tool note(text: string): string { exec: ["./note.sh", text]  effect: write  sandbox: best_effort }

agent Main(q: string): string {
  ask topic { model: main  prompt: "The topic of ${q}?"  -> kept }
  call kept { tool: note(topic)  -> draft }
  ask draft { model: main  prompt: "A line about ${topic}"  when draft != "short" -> again  else -> return draft }
  ask again { model: main  prompt: "Shorter: ${draft}"  -> return again }
}
"#;

const SCRIPT: &str =
    r#"{ "replies": { "topic": "rain", "draft": "It rains and rains.", "again": "It rains." } }"#;

fn place() -> (Place, String, String) {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    fs::create_dir(place.path().join("out")).unwrap();
    let note = place.write("note.sh", "#!/bin/sh\necho \"$1\" >> out/notes\nprintf %s \"$1\"\n");
    fs::set_permissions(note, fs::Permissions::from_mode(0o755)).unwrap();
    let file = place.write("main.agent", PROGRAM);
    let script = place.write("replies.json", SCRIPT);
    (place, file, script)
}

fn notes(place: &Place) -> Vec<String> {
    let text = fs::read_to_string(place.path().join("out/notes")).unwrap_or_default();
    text.lines().map(str::to_string).collect()
}

#[test]
fn a_fork_does_one_step_anew_and_nothing_before_it() {
    let (place, file, script) = place();
    let ran = place.agentrun(&[&file, "--q", "weather", "--script", &script, "--quiet"]).run().exits(0);
    assert_eq!(ran.out, "It rains.\n");
    assert_eq!(notes(&place), ["rain"]);
    let first = place.ids()[0].clone();

    let forked = place.agentrun(&["fork", &first, "--set", "draft=short", "--quiet"]).run().exits(0);
    assert_eq!(forked.out, "short\n");
    assert_eq!(notes(&place), ["rain"], "what comes before the step is not done again");
    place.agentrun(&["replay", "last"]).run().exits(0);
    snapshot("diff", &place.agentrun(&["diff", &first, "last"]).run().exits(1));

    let anew = place.agentrun(&["fork", &first, "--at", "kept#1", "--quiet"]).run().exits(0);
    assert_eq!(anew.out, ran.out);
    assert_eq!(notes(&place), ["rain", "rain"], "what comes from the step on is done");
    let same = place.agentrun(&["diff", &first, "last"]).run().exits(0);
    assert_eq!(same.err, "the runs asked, got and gave the same\n");

    // A fork costs what it did itself, and says whose it is.
    let listed = place.agentrun(&["runs", "--json"]).run().exits(0);
    let calls: Vec<(String, u64)> = listed
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|run| {
            (run["parent"].as_str().unwrap_or_default().to_string(), run["spent"]["calls"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(calls, [(first.clone(), 2), (first.clone(), 0), (String::new(), 3)]);

    for (args, told) in [
        (vec!["--at", "nowhere#1"], "it has `topic#1`, `kept#1`, `draft#1`, `again#1`"),
        (vec!["--set", "nowhere=1"], "no step of a state `nowhere`"),
        (vec!["--at", "topic#1", "--set", "draft=x"], "it is `topic#1` that is done anew there"),
        (vec!["--set", "draft"], "should read `--set STATE=VALUE`"),
        (vec!["--at", "draft#1", "--model", "nothing"], "should read `--model POOL=PROVIDER/MODEL`"),
    ] {
        let wrong = place.agentrun(&[&["fork", &first], &args[..]].concat()).run().exits(2);
        assert!(wrong.err.contains(told), "{args:?}: {}", wrong.err);
    }
    assert_eq!(place.ids().len(), 3, "what was wrong left no run behind");
}

#[test]
fn a_user_is_forgotten_to_the_last_byte_and_nobody_else_is() {
    let (place, file, script) = place();
    let run = |user: &str| {
        let caller = format!("user={user}");
        let args = [&*file, "--q", "a secret garden", "--script", &*script, "--quiet", "--caller", &caller];
        place.agentrun(&args).run().exits(0);
        place.ids()[0].clone()
    };
    let (ana, ben) = (run("ana"), run("ben"));
    let forgotten = place.agentrun(&["forget", "--user", "ana"]).run().exits(0);
    assert!(forgotten.err.ends_with(" of 1 run deleted\n"), "{}", forgotten.err);
    // The same texts of somebody else stay.
    place.agentrun(&["replay", &ben]).run().exits(0);
    let gone = place.agentrun(&["replay", &ana]).run().exits(1);
    assert!(gone.err.contains("a text of its entry 1 is gone"), "{}", gone.err);
    let shown = place.agentrun(&["show", &ana]).run().exits(0);
    assert!(shown.out.contains("(forgotten)") && !shown.out.contains("secret garden"), "{}", shown.out);
    place.agentrun(&["show", &ana, "--html"]).run().exits(0);
    place.agentrun(&["show", &ana, "--json"]).run().exits(0);
    assert!(!place.agentrun(&["runs", "--json"]).run().exits(0).out.contains("ana"));
    place.agentrun(&["forget", "--user", "ben"]).run().exits(0);
    for part in ["runs.db", "runs.db-wal"] {
        let bytes = fs::read(place.path().join(part)).unwrap_or_default();
        for word in ["secret garden", "It rains", "user:ana", "user:ben"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            // The program keeps its own texts.
            assert!(!found, "{word} in {part}");
        }
    }
    let nobody = place.agentrun(&["forget", "--user", "ana"]).run().exits(0);
    assert!(nobody.err.contains("holds nothing of this user"), "{}", nobody.err);
}

#[test]
fn the_page_of_a_run_needs_nothing_else_and_takes_no_text_for_markup() {
    let (place, file, script) = place();
    let q = "<script>alert(1)</script> & \"more\"";
    place.agentrun(&[&file, "--q", q, "--script", &script, "--quiet"]).run().exits(0);
    let page = place.agentrun(&["show", "last", "--html"]).run().exits(0).out;
    assert!(page.starts_with("<!doctype html>"));
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; \\&quot;more")
            && !page.contains("<script")
    );
    for part in ["<svg", "draft#1", "It rains and rains.", "prefers-color-scheme", "<html lang=\"en\">"] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["src=", "href=", "@import", "url(h", "url('", "url(\""] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Every element that is opened is closed.
    for name in ["main", "ol", "li", "details", "summary", "dl", "pre", "figure", "svg"] {
        let (opened, closed) = (format!("<{name}"), format!("</{name}>"));
        let opened = page.matches(&opened).count();
        let longer = if name == "li" { page.matches("<line").count() } else { 0 };
        assert_eq!(opened - longer, page.matches(&closed).count(), "{name}");
    }
}

#[test]
fn a_run_that_goes_on_is_not_taken_up_by_a_second_process() {
    let place = Place::new();
    let file = place.write(
        "slow.agent",
        "edition 1\ntool nap(): string { exec: [\"sleep\", \"3\"]  effect: read  sandbox: best_effort }\nagent Main(): string { call nap1 { tool: nap()  -> return \"done\" } }\n",
    );
    let mut slow = place.agentrun(&[&file, "--quiet"]).spawn();
    for _ in 0..1000 {
        if place.journal().exists() && place.agentrun(&["runs", "--json"]).run().out.lines().count() == 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let listed = place.agentrun(&["runs"]).run().exits(0);
    assert!(listed.out.contains("running"), "{}", listed.out);
    let busy = place.agentrun(&["resume", "last"]).run().exits(1);
    assert!(busy.err.contains("is going on in another process"), "{}", busy.err);
    slow.kill().unwrap();
    slow.wait().unwrap();
    let listed = place.agentrun(&["runs", "--filter", "state=stopped"]).run().exits(0);
    assert_eq!(listed.out.lines().count(), 2, "{}", listed.out);
    place.agentrun(&["resume", "last", "--quiet"]).run().exits(0);
}
