//! `kill -9` of a real process, at random instants, while its tools write: after `resume` each run ends, and each
//! write was done once. `tests/kill9.sh` does many more rounds of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use agentrun_runtime::journal::Sqlite;

use super::Place;
use crate::support::command::Ran;

const PROGRAM: &str = r#"edition 1
tool look(n: string): string { exec: ["./look.sh", n]  effect: read  sandbox: best_effort }
tool put(n: string): string { exec: ["./put.sh", n]  effect: write  sandbox: best_effort }
tool pay(n: string): string { exec: ["./pay.sh", n]  effect: irreversible  once: n  sandbox: best_effort }

agent One(n: string): string {
  call seen { tool: look(n)  -> kept }
  call kept { tool: put(seen)  -> paid }
  call paid { tool: pay(kept)  -> return paid }
}

agent Main(): string[] {
  parallel all {
    each: n in ["a", "b", "c", "d", "e", "f"]
    max:  3
    run one { agent: One(n) }
    -> return all
  }
}
"#;
const LETTERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A write that nobody can tell from a second one, and one that knows its key again.
const SCRIPTS: [(&str, &str); 3] = [
    ("look.sh", "#!/bin/sh\nprintf %s \"$1\"\n"),
    ("put.sh", "#!/bin/sh\necho \"$1\" >> out/put.log\nprintf %s \"$1\"\n"),
    (
        "pay.sh",
        "#!/bin/sh\ngrep -qx \"$AGENTRUN_IDEMPOTENCY_KEY\" out/pay.log || echo \"$AGENTRUN_IDEMPOTENCY_KEY\" >> out/pay.log\nprintf %s \"$1\"\n",
    ),
];

#[test]
fn a_run_killed_at_any_instant_is_brought_to_its_end() {
    let rounds =
        std::env::var("AGENTRUN_KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    let mut killed = 0;
    for round in 0..rounds {
        killed += usize::from(one_round(round));
    }
    println!("{rounds} rounds, {killed} of them killed before their end");
    assert!(killed > 0, "no round was killed in time");
}

/// True where the process was killed before it was done.
fn one_round(round: u64) -> bool {
    let place = Place::new();
    fs::create_dir(place.path().join("out")).unwrap();
    fs::write(place.path().join("out/pay.log"), "").unwrap();
    for (name, text) in SCRIPTS {
        let path = place.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let file = place.write("main.agent", PROGRAM);
    // Spread over the run by its number, so that a round that fails can be had again.
    let instant = Duration::from_millis(15 + round * 7919 % 350);
    let mut process = place.agentrun(&[&file, "--quiet"]).spawn();
    std::thread::sleep(instant);
    process.kill().unwrap();
    let killed = !process.wait().unwrap().success();
    // A command that had begun comes to its end alone.
    std::thread::sleep(Duration::from_millis(100));
    if !place.journal().exists() || place.ids().is_empty() {
        // It had not begun: nothing was done.
        assert!(log(&place, "put.log").is_empty(), "round {round}");
        return killed;
    }
    if killed {
        // Every other time the one that takes it up is killed too.
        if round % 2 == 1 {
            let mut process = place.agentrun(&["resume", "last", "--quiet"]).spawn();
            std::thread::sleep(Duration::from_millis(10 + round * 6007 % 250));
            process.kill().unwrap();
            process.wait().unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        let mut ran = place.agentrun(&["resume", "last", "--quiet"]).run();
        // A person looks whether what was under way took place.
        while ran.code == 4 {
            let answers = answers(&place, &ran);
            let mut args = vec!["resume", "last", "--quiet"];
            args.extend(answers.iter().flat_map(|answer| ["--answer", answer.as_str()]));
            ran = place.agentrun(&args).run();
        }
        // Killed between its last word and its record's, or it had ended and was not yet gone.
        assert!(ran.code == 0 || ran.err.contains("is done"), "round {round}: {}", ran.err);
    }
    for name in ["put.log", "pay.log"] {
        assert_eq!(log(&place, name), LETTERS, "round {round}: {name}");
    }
    place.agentrun(&["replay", "last"]).run().exits(0);
    let damage = Sqlite::existing(&place.journal()).unwrap().damage().unwrap();
    assert!(damage.is_empty(), "round {round}: {damage:?}");
    killed
}

fn log(place: &Place, name: &str) -> Vec<String> {
    let text = fs::read_to_string(place.path().join("out").join(name)).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    lines.sort();
    lines
}

/// For each call in doubt, `all#1[2].one/kept#1`: done where the log has its letter, else to be repeated.
fn answers(place: &Place, ran: &Ran) -> Vec<String> {
    let done = log(place, "put.log");
    let waiting = ran.err.lines().find_map(|line| line.strip_prefix("waiting for a person: "));
    let ids: Vec<&str> = match waiting {
        Some(ids) => ids.split(", ").collect(),
        None => {
            ran.err.lines().filter_map(|line| Some(line.split_once(" waits for a person: ")?.0)).collect()
        }
    };
    assert!(!ids.is_empty(), "{}", ran.err);
    ids.iter()
        .map(|id| {
            let place = id.split_once('[').unwrap().1.split_once(']').unwrap().0.parse::<usize>().unwrap();
            let letter = LETTERS[place];
            if done.iter().any(|line| line == letter) {
                format!("{id}={{\"done\": \"{letter}\"}}")
            } else {
                format!("{id}=repeat")
            }
        })
        .collect()
}
