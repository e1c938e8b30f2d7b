//! `agentrun test`: what holds, what is said of what does not, snapshots, cases, cassettes, reports.

use std::fs;
use std::io::BufRead as _;
use std::path::Path;

use crate::support::command::{Agentrun, Ran};
use crate::support::server::{Behaviour, Dialect, Server};

fn folder(program: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("main.agent"), program).expect("it can be written");
    folder
}

fn test(folder: &Path, args: &[&str]) -> Ran {
    let args: Vec<&str> = ["test", "main.agent"].iter().chain(args).copied().collect();
    Agentrun::with(&args).folder(folder).run()
}

/// What was printed, times left out.
fn told(ran: &Ran) -> String {
    format!("exit code {}\n{}{}", ran.code, ran.out, ran.err)
        .lines()
        .map(|line| match line.rsplit_once("  ") {
            Some((rest, time)) if time.ends_with(" ms") => format!("{rest}  N ms\n"),
            _ => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn every_way_to_answer_holds_and_is_kept() {
    let folder = folder(include_str!("testing/holds.agent"));
    fs::create_dir(folder.path().join("cases")).unwrap();
    for (name, case) in [
        ("a.json", r#"{ "input": { "upto": 2 }, "expect": 2 }"#),
        ("b.json", r#"{ "about": "wrong on purpose", "input": { "upto": 2 }, "expect": 3 }"#),
        ("c.json", r#"{ "input": { "upto": 0 } }"#),
    ] {
        fs::write(folder.path().join("cases").join(name), case).unwrap();
    }
    let first = test(folder.path(), &["--update"]);
    insta::assert_snapshot!("holds", told(&first));
    insta::assert_snapshot!(
        "flow_of_a_yes",
        fs::read_to_string(folder.path().join("snapshots/main__a_yes_pays.snap")).unwrap()
    );
    insta::assert_snapshot!(
        "flow_of_a_planner",
        fs::read_to_string(folder.path().join("snapshots/main__planner.snap")).unwrap()
    );
    // The same again, on every number of workers.
    assert_eq!(told(&test(folder.path(), &[])), told(&first));
    assert_eq!(told(&test(folder.path(), &["--jobs", "1"])), told(&first));
    let coverage = test(folder.path(), &["--coverage", "--quiet"]);
    insta::assert_snapshot!("coverage", told(&coverage));
    assert_eq!(test(folder.path(), &["--svg", "pictures", "--quiet"]).code, 0);
    let drawn = fs::read_to_string(folder.path().join("pictures/main.svg")).unwrap();
    let marked = drawn.matches("class=\"arrow marked\"").count() + drawn.matches("dashed marked\"").count();
    assert_eq!(marked, 3, "one for each edge that no test takes");
}

#[test]
fn what_does_not_hold_is_told_with_what_was_found() {
    let folder = folder(include_str!("testing/fails.agent"));
    insta::assert_snapshot!("fails", told(&test(folder.path(), &[])));
    let report = folder.path().join("report.xml");
    assert_eq!(test(folder.path(), &["--quiet", "--junit", "report.xml"]).code, 1);
    let report = fs::read_to_string(report).unwrap();
    let lines: Vec<&str> = report.lines().map(without_time).collect();
    insta::assert_snapshot!("junit", lines.join("\n"));
    let json = test(folder.path(), &["--json", "--filter", "another path"]);
    let line: serde_json::Value = serde_json::from_str(json.out.trim()).unwrap();
    assert_eq!(line["holds"], false);
    assert_eq!(line["runs"][0]["path"], serde_json::json!(["first", "second"]));
}

/// A line without the time in it, and what stands behind that.
fn without_time(line: &str) -> &str {
    line.split(" time=\"").next().unwrap_or(line)
}

/// A changed run is shown beside the accepted one and waits for review; `--update` accepts it; a run that is right again
/// takes back what waited.
#[test]
fn a_snapshot_waits_until_it_is_accepted() {
    let program = include_str!("testing/fails.agent");
    let folder = folder(program);
    let name = ["--filter", "nobody has seen"];
    let file = folder.path().join("snapshots/main__a_snapshot_that_nobody_has_seen.snap");
    let pending = file.with_extension("snap.new");
    assert_eq!(test(folder.path(), &name).code, 1);
    assert!(pending.exists() && !file.exists());
    assert_eq!(test(folder.path(), &[name[0], name[1], "--update"]).code, 0);
    assert!(!pending.exists() && file.exists());
    fs::write(folder.path().join("main.agent"), program.replace("Half(n: 2)", "Half(n: 4)")).unwrap();
    let changed = test(folder.path(), &name);
    assert!(
        changed.out.contains("-   let half#1 0.5") && changed.out.contains("+   let half#1 0.25"),
        "{}",
        changed.out
    );
    assert!(pending.exists());
    let reviewed = Agentrun::with(&["test", "main.agent", "--review", name[0], name[1]])
        .folder(folder.path())
        .input("x\na\n")
        .run();
    assert_eq!(reviewed.code, 0, "{}{}", reviewed.out, reviewed.err);
    assert!(!pending.exists());
    assert_eq!(test(folder.path(), &name).code, 0);
}

#[test]
fn what_is_no_test_is_said() {
    let folder = folder(
        "edition 1\nmodel m {}\nagent A(): string { ask a { model: m  prompt: \"hi\"  -> return a } }\n",
    );
    let none = test(folder.path(), &[]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("there is no test here"), "{}", none.err);
    fs::write(folder.path().join("main.agent"), "edition 1\ntest \"x\" { agent: B }\n").unwrap();
    assert_eq!(test(folder.path(), &[]).code, 3);
}

const RECORDED: &str = r#"edition 1

type Person { name: string  mail: string @pii }

model fast { use: ["openai/gpt-5-mini"] }

agent Greet(who: Person, tone: string = "kind"): string {
  budget: { calls: 2 }
  ask words { model: fast  prompt: "Greet ${who.name}, who reads ${who.mail}, in a ${tone} voice."  -> return words }
}

test "a greeting" {
  agent:    Greet(who: { name: "Ana", mail: "ana.diaz@mail.example" })
  cassette: "greeting"
  expect starts(result, "Hello") and calls == 1
}

test "a judged one" {
  agent:    Greet(who: { name: "Bo", mail: "bo@mail.example" }, tone: "short")
  mock words = "Hi Bo."
  cassette: "judged"
  expect judge(result, "it is short")
}
"#;

fn on_server(folder: &Path, server: &Server, args: &[&str]) -> Ran {
    let args: Vec<&str> = ["test", "main.agent"].iter().chain(args).copied().collect();
    Agentrun::with(&args)
        .folder(folder)
        .env("OPENAI_API_KEY", "sk-test-key")
        .env("OPENAI_BASE_URL", &format!("{}/v1", server.url))
        .run()
}

/// Recorded once from a server, played back without one; what is personal is in no file; a question that is not there
/// says what differs.
#[test]
fn a_cassette_is_recorded_once_and_played_back() {
    let folder = folder(RECORDED);
    let server =
        Server::start(Dialect::OpenAi, vec![Behaviour::Says("Hello, write to ana.diaz@mail.example")]);
    let greeting = ["--filter", "greeting"];
    let none = test(folder.path(), &greeting);
    assert!(
        none.out.contains("cassettes/greeting.json is empty; record it with `agentrun test --record`"),
        "{}",
        none.out
    );
    let recorded = on_server(folder.path(), &server, &["--record", greeting[0], greeting[1]]);
    assert_eq!((recorded.code, server.requests()), (0, 1), "{}{}", recorded.out, recorded.err);
    assert!(server.bodies()[0].contains("ana.diaz@mail.example"), "the model reads the real one");
    let kept = fs::read_to_string(folder.path().join("cassettes/greeting.json")).unwrap();
    assert!(!kept.contains("ana.diaz") && kept.contains("xxx.xxxx@xxxx.xxxxxxx"), "{kept}");
    assert_eq!(test(folder.path(), &greeting).code, 0);
    // What is there is not asked again, unless everything is to be.
    assert_eq!(on_server(folder.path(), &server, &["--record", greeting[0], greeting[1]]).code, 0);
    assert_eq!(server.requests(), 1);
    assert_eq!(on_server(folder.path(), &server, &["--live", greeting[0], greeting[1]]).code, 0);
    assert_eq!(server.requests(), 2);
    let changed = RECORDED.replace("in a ${tone} voice", "in a ${tone}, warm voice");
    fs::write(folder.path().join("main.agent"), changed).unwrap();
    let missed = test(folder.path(), &greeting);
    let says = "`messages[0].parts[0].text` was \"";
    assert!(missed.code == 1 && missed.out.contains(says) && missed.out.contains("warm"), "{}", missed.out);
}

#[test]
fn a_judge_is_a_model_like_any_other() {
    let folder = folder(RECORDED);
    let judged = ["--filter", "judged"];
    let unasked = test(folder.path(), &judged);
    assert!(unasked.code == 1 && unasked.out.contains("record it"), "{}", unasked.out);
    for (verdict, code) in
        [(r#"{"why": "two words", "yes": true}"#, 0), (r#"{"why": "no", "yes": false}"#, 1)]
    {
        let server = Server::start(Dialect::OpenAi, vec![Behaviour::Says(verdict)]);
        let live = on_server(folder.path(), &server, &["--live", judged[0], judged[1]]);
        assert_eq!((live.code, server.requests()), (code, 1), "{}{}", live.out, live.err);
        assert_eq!(test(folder.path(), &judged).code, code);
    }
}

/// The tests of every example hold, its snapshots are current, and they take nine in ten of its edges or more.
#[test]
fn the_tests_of_every_example_hold_and_go_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), folder.path());
    fs::remove_dir_all(folder.path().join("broken")).unwrap();
    let ran = Agentrun::with(&["test", ".", "--json", "--coverage"]).folder(folder.path()).run();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let covered: Vec<&serde_json::Value> = lines.iter().filter(|line| !line["coverage"].is_null()).collect();
    assert_eq!(covered.len(), fs::read_dir(folder.path()).unwrap().count(), "an example without a test");
    for line in covered {
        let (taken, edges) = (line["taken"].as_u64().unwrap(), line["edges"].as_u64().unwrap());
        assert!(taken * 10 >= edges * 9, "{}: {taken} of {edges}: {}", line["coverage"], line["missing"]);
    }
    let kept = fs::read_dir(folder.path())
        .unwrap()
        .filter(|example| example.as_ref().is_ok_and(|example| example.path().join("snapshots").is_dir()));
    assert!(kept.count() >= 6, "an example without a snapshot");
}

/// A new agent has tests that hold.
#[test]
fn a_new_agent_has_tests_that_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    Agentrun::with(&["new", "greeter"]).folder(folder.path()).run().exits(0);
    let ran = Agentrun::with(&["test", "greeter"]).folder(folder.path()).run().exits(0);
    assert!(ran.err.contains("2 tests, all hold"), "{}", ran.err);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("it can be read") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("it can be copied");
        }
    }
}

/// A test runs again where something that it depends on has changed, and where it did not hold.
#[test]
fn only_what_has_changed_runs_again() {
    let program = include_str!("testing/holds.agent");
    let folder = folder(program);
    let cache = folder.path().join("cache");
    let run = || {
        let args = ["test", "main.agent", "--changed", "--update", "--json"];
        let ran =
            Agentrun::with(&args).folder(folder.path()).env("XDG_CACHE_HOME", cache.to_str().unwrap()).run();
        let name = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).ok()?["test"].as_str().map(str::to_owned)
        };
        ran.out.lines().filter_map(name).collect::<Vec<String>>()
    };
    assert_eq!(run().len(), 10);
    // Its cases are not there: it never held.
    assert_eq!(run(), ["files of cases"]);
    fs::create_dir(folder.path().join("cases")).unwrap();
    fs::write(folder.path().join("cases/a.json"), r#"{ "input": { "upto": 1 } }"#).unwrap();
    assert_eq!(run(), ["files of cases"]);
    assert!(run().is_empty());
    fs::write(folder.path().join("cases/a.json"), r#"{ "input": { "upto": 2 } }"#).unwrap();
    assert_eq!(run(), ["files of cases"]);
    // A comment above all of it changes no test, a prompt those that may come to it.
    let write = |text: String| fs::write(folder.path().join("main.agent"), text).unwrap();
    write(program.replacen("edition 1", "edition 1\n# moved", 1));
    assert!(run().is_empty());
    write(program.replace("Dig: ${topic}", "Dig deep: ${topic}"));
    let again = run();
    assert!(again.contains(&"the elements of an each are answered in their order".to_owned()), "{again:?}");
    assert!(!again.contains(&"a loop counts".to_owned()), "{again:?}");
}

/// Every edge of every example is taken by values made from the types, and nothing goes wrong.
#[test]
fn exploring_takes_every_edge_of_the_examples() {
    for example in ["01_hello", "02_extract", "03_support", "04_planner", "05_ralph", "06_research"] {
        let ran = Agentrun::with(&["explore", &format!("examples/{example}")]).run().exits(0);
        let told = ran.err.trim_end();
        let counts = told.split_once(" runs, ").and_then(|(_, rest)| rest.split_once(" edges taken"));
        let (taken, all) = counts.and_then(|(counts, _)| counts.split_once(" of ")).expect(told);
        assert_eq!(taken, all, "{told}");
    }
}

const DIVIDES: &str = r#"edition 1

type Order { id: string  pieces: int  total: money }

model m {}

tool find(id: string): Order { exec: ["./find", id]  effect: read  errors: [gone] }

agent Price(id: string): money {
  budget: { calls: 3 }
  ask check: bool { model: m  prompt: "Is ${id} an id?"  when check -> order  else -> return $0 }
  call order {
    tool: find(id)
    when .total > $500 -> ask_person
    else               -> share
    on gone -> return $0
  }
  approve ask_person {
    prompt: "Share ${order.total}?"
    when .approved -> share
    else           -> return $0
  }
  let share { value: order.total / order.pieces  -> return share }
}
"#;

/// What goes wrong is told with its place, and with a test that goes the same way.
#[test]
fn exploring_finds_what_no_type_sees_and_writes_the_test() {
    let folder = folder(DIVIDES);
    let ran = Agentrun::with(&["explore", "main.agent"]).folder(folder.path()).run().exits(1);
    assert!(ran.err.contains("8 of 8 edges taken, one place goes wrong"), "{}", ran.err);
    assert!(ran.err.contains("division by zero") && ran.err.contains("main.agent:23:"), "{}", ran.err);
    let written = format!("{DIVIDES}\n{}", ran.out);
    fs::write(folder.path().join("main.agent"), &written).unwrap();
    let tested = test(folder.path(), &[]);
    assert_eq!(tested.code, 1, "{}{}", tested.out, tested.err);
    assert!(tested.out.contains("the run failed in `Price.share`: division by zero"), "{}", tested.out);
    let mended = written.replace("order.total / order.pieces", "$1");
    fs::write(folder.path().join("main.agent"), mended).unwrap();
    assert_eq!(test(folder.path(), &[]).code, 0);
}

/// What would write where it should not, or over another, is refused with its place.
#[test]
fn names_of_files_are_kept_apart() {
    let program = include_str!("testing/fails.agent").split("test \"").next().unwrap();
    let twice =
        "test \"a b\" { agent: Half(n: 2)  snapshot }\ntest \"a-b\" { agent: Half(n: 4)  snapshot }\n";
    let folder =
        folder(&format!("{program}{twice}test \"out\" {{ agent: Half(n: 2)  cassette: \"../x\" }}\n"));
    let ran = test(folder.path(), &["--update"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("another snapshot is kept in snapshots/main__a_b.snap"), "{}", ran.out);
    assert!(ran.out.contains("its name leads out of the folder `cassettes`"), "{}", ran.out);
}

/// A save runs again what depends on the file: written in place, put in its place by a rename, or broken for a while.
#[test]
fn a_save_runs_tests_again() {
    let program = include_str!("testing/fails.agent").split("test \"").next().unwrap();
    let folder = folder(&format!("{program}test \"half\" {{ agent: Half(n: 2)  expect result == 0.5 }}\n"));
    let file = folder.path().join("main.agent");
    let watched = Agentrun::with(&["test", ".", "--watch", "--no-color"])
        .folder(folder.path())
        .env("XDG_CACHE_HOME", folder.path().join("cache").to_str().unwrap());
    let mut child = watched.spawn();
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut wait = |says: &str| {
        for line in lines.by_ref() {
            if line.contains(says) {
                return;
            }
        }
        panic!("`{says}` is never said");
    };
    wait("1 test, all hold");
    wait("watching");
    let changed = fs::read_to_string(&file).unwrap().replace("result == 0.5", "result == 0.25");
    fs::write(&file, &changed).unwrap();
    wait("1 test, 1 failed");
    wait("watching");
    fs::write(&file, changed.replace("agent: Half", "agent: Halb")).unwrap();
    wait("does not compile");
    wait("watching");
    let beside = folder.path().join("main.agent.tmp");
    fs::write(&beside, changed.replace("Half(n: 2)", "Half(n: 4)")).unwrap();
    fs::rename(&beside, &file).unwrap();
    wait("1 test, all hold");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A snapshot that was accepted with its prompts is compared with them from then on.
#[test]
fn a_snapshot_shows_prompts_where_it_was_accepted_so() {
    let folder = folder(include_str!("testing/holds.agent"));
    let yes = ["--filter", "a yes pays"];
    assert_eq!(test(folder.path(), &[yes[0], yes[1], "--prompts", "--update"]).code, 0);
    let file = folder.path().join("snapshots/main__a_yes_pays.snap");
    let kept = fs::read_to_string(&file).unwrap();
    assert!(
        kept.contains("description: with prompts") && kept.contains("Classify: money back for A-17"),
        "{kept}"
    );
    assert_eq!(test(folder.path(), &yes).code, 0);
    assert_eq!(test(folder.path(), &[yes[0], yes[1], "--update"]).code, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), kept);
}
