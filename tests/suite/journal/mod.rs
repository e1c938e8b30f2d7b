//! Runs kept in a journal, as a person meets them: taken up, listed, shown, replayed.

mod again;
mod kill;
mod others;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::{Agentrun, Ran};

/// A folder with a journal of its own.
pub(super) struct Place {
    pub(super) folder: tempfile::TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.folder.path().join("runs.db")
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, name: &str, text: &str) -> String {
        let file = self.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_string()
    }

    /// `agentrun ARGS… --journal …`.
    pub(super) fn agentrun(&self, args: &[&str]) -> Agentrun {
        let journal = self.journal();
        Agentrun::with(&[args, &["--journal", journal.to_str().unwrap()]].concat())
    }

    pub(super) fn ids(&self) -> Vec<String> {
        let listed = self.agentrun(&["runs", "--json"]).run().exits(0);
        let runs = listed.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        runs.map(|run| run["run"].as_str().unwrap().to_string()).collect()
    }
}

/// Output without times, ids and folders.
fn snapshot(name: &str, ran: &Ran) {
    insta::with_settings!({
        filters => vec![
            (r" *\+?\b\d+(\.\d+)?m?s\b", " [time]"),
            (r"/tmp/\.tmp[A-Za-z0-9]+", "[folder]"),
            (r"\b1m[0-9a-hjkmnp-tv-z]{14}\b", "[run]"),
        ],
        snapshot_path => "snapshots",
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!(name, ran.text());
    });
}

const ASK: &str = r#"edition 1
type Miles = int @range(1, 9)
agent Ask(q: string): string {
  approve go { prompt: "Go to ${q}?"  show: [q]  when .approved -> far  else -> return "stayed" }
  wait far: Miles { show: [q]  -> return "went ${far} far" }
}
"#;

#[test]
fn what_waits_is_taken_up_with_its_answers() {
    let place = Place::new();
    let file = place.write("ask.agent", ASK);
    let waits = place.agentrun(&[&file, "--q", "Rome", "--quiet"]).run().exits(4);
    snapshot("waits", &waits);
    let asks = place.agentrun(&["resume", "last"]).run().exits(4);
    snapshot("still_waits", &asks);
    let wrong = place.agentrun(&["resume", "last", "--answer", "perhaps"]).run().exits(2);
    assert!(wrong.err.contains("say yes or no"), "{}", wrong.err);
    // The program may have moved on: the run goes on with the texts that it began with.
    place.write("ask.agent", "edition 1\nagent Other(): string { branch b { -> return \"other\" } }\n");
    place.agentrun(&["resume", "last", "--answer", "true"]).run().exits(4);
    let wrong = place.agentrun(&["resume", "last", "--answer", "12"]).run().exits(2);
    assert!(wrong.err.contains("--answer 12"), "{}", wrong.err);
    let done = place.agentrun(&["resume", "last", "--answer", "far#1=7"]).run().exits(0);
    assert_eq!(done.out, "went 7 far\n");
    let replayed = place.agentrun(&["replay", "last"]).run().exits(0);
    assert_eq!(replayed.out, "went 7 far\n");
    snapshot("shown", &place.agentrun(&["show", "last"]).run().exits(0));
    let over = place.agentrun(&["resume", "last"]).run().exits(2);
    assert!(over.err.contains("is done"), "{}", over.err);
}

#[test]
fn on_a_terminal_the_question_is_asked_again() {
    use crate::support::command::Typed;
    let place = Place::new();
    let file = place.write("ask.agent", ASK);
    place.agentrun(&[&file, "--q", "Rome", "--quiet"]).run().exits(4);
    let journal = place.journal();
    let args = ["resume", "last", "--journal", journal.to_str().unwrap()];
    let typed = [Typed("yes or no?", 0, "no\n"), Typed("comment", 0, "\n")];
    let Some(ran) = Agentrun::at_terminal(place.path(), &args, &typed) else { return };
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("stayed"), "{}", ran.out);
}

#[test]
fn every_run_of_an_example_replays_bit_for_bit() {
    let place = Place::new();
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<_> = fs::read_dir(&examples).unwrap().flatten().map(|entry| entry.path()).collect();
    names.sort();
    for example in names.iter().filter(|path| !path.ends_with("broken")) {
        let script = example.join("script.json");
        let mut args = vec!["--quiet", example.to_str().unwrap()];
        if fs::read_to_string(&script).unwrap().contains("\"human\"") {
            args.extend(["--script", script.to_str().unwrap()]);
        }
        let input = fs::read_to_string(example.join("invoice.txt")).unwrap_or_default();
        let ran = place.agentrun(&args).input(&input).run().exits(0);
        let replayed = place.agentrun(&["replay", "last"]).run().exits(0);
        assert_eq!(replayed.out, ran.out, "{}", example.display());
        assert!(replayed.err.contains("replays the same"), "{}", replayed.err);
    }
}

#[test]
fn runs_are_listed_filtered_and_pruned() {
    let place = Place::new();
    let file = place.write("ask.agent", ASK);
    place.agentrun(&["examples/01_hello", "--quiet"]).run().exits(0);
    place.agentrun(&[&file, "--q", "Rome", "--quiet"]).run().exits(4);
    snapshot("runs", &place.agentrun(&["runs"]).run().exits(0));
    let only = |filter: &str| {
        let listed = place.agentrun(&["runs", "--filter", filter]).run().exits(0);
        listed.out.lines().skip(1).count()
    };
    assert_eq!([only("state=done"), only("agent=Ask"), only("hello"), only("nothing")], [1, 1, 1, 0]);
    let wrong = place.agentrun(&["runs", "--filter", "state=lost"]).run().exits(2);
    assert!(wrong.err.contains("a run is running, stopped, waiting"), "{}", wrong.err);
    // What waits stays, however old.
    let ids = place.ids();
    let pruned = place.agentrun(&["runs", "prune", "--older", "0s"]).run().exits(0);
    assert_eq!(pruned.err, "1 run deleted\n");
    assert_eq!(place.ids(), ids[..1]);
    place.agentrun(&["runs", "prune", "--older", "soon"]).run().exits(2);
    place.agentrun(&["resume", "last", "--answer", "no"]).run().exits(0);
}

#[test]
fn a_run_that_is_not_there_is_told_with_those_that_are() {
    let place = Place::new();
    let missing = place.agentrun(&["show", "last"]).run().exits(2);
    assert!(missing.err.contains("there is no journal"), "{}", missing.err);
    place.agentrun(&["examples/01_hello", "--quiet"]).run().exits(0);
    place.agentrun(&["examples/01_hello", "--quiet"]).run().exits(0);
    let ids = place.ids();
    for command in ["show", "replay", "resume"] {
        let missing = place.agentrun(&[command, "zz"]).run().exits(2);
        assert!(missing.err.contains("there is no run `zz` in "), "{}", missing.err);
        assert!(missing.err.contains(&ids[0]) && missing.err.contains(&ids[1]), "{}", missing.err);
    }
    let several = place.agentrun(&["show", "1"]).run().exits(2);
    assert!(several.err.contains("several runs begin with `1`"), "{}", several.err);
    place.agentrun(&["show", &ids[1]]).run().exits(0);
}

#[test]
fn a_place_that_takes_no_journal_is_a_warning_unless_it_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let ran = Agentrun::with(&["examples/01_hello", "--quiet"])
        .env("XDG_DATA_HOME", file.to_str().unwrap())
        .run()
        .exits(0);
    assert!(ran.err.contains("warning: this run is kept in memory only"), "{}", ran.err);
    assert!(ran.out.contains("blue"), "{}", ran.out);
    let named = Agentrun::with(&["examples/01_hello", "--journal", file.to_str().unwrap()]).run().exits(2);
    assert!(named.err.contains("is not a journal of runs"), "{}", named.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), "no folder");
    let none = Agentrun::with(&["examples/01_hello", "--quiet", "--no-journal"])
        .env("XDG_DATA_HOME", folder.path().join("data").to_str().unwrap())
        .run()
        .exits(0);
    assert!(!none.err.contains("warning") && !folder.path().join("data").exists(), "{}", none.err);
}

#[test]
fn without_content_a_run_is_shown_and_not_taken_up() {
    let place = Place::new();
    let file = place.write("ask.agent", ASK);
    place.agentrun(&[&file, "--q", "Rome the eternal", "--quiet", "--no-content"]).run().exits(4);
    let shown = place.agentrun(&["show", "last"]).run().exits(0);
    assert!(shown.out.contains("(forgotten)") && !shown.out.contains("eternal"), "{}", shown.out);
    let gone = place.agentrun(&["resume", "last", "--answer", "yes"]).run().exits(1);
    assert!(gone.err.contains("--no-content"), "{}", gone.err);
    for part in ["runs.db", "runs.db-wal"] {
        let bytes = fs::read(place.path().join(part)).unwrap_or_default();
        assert!(!bytes.windows(7).any(|window| window == b"eternal"), "{part}");
    }
}
