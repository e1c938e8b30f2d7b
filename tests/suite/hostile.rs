//! What a model that means harm, a full disk or a wrong word on the command line can do: nothing but what is said.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::command::{Agentrun, Ran};

/// A program with a planner over `tools`, whose model asks for `calls`, one turn each.
fn planner(tools: &str, calls: &[Value]) -> tempfile::TempDir {
    let names: Vec<&str> =
        tools.lines().filter_map(|line| line.strip_prefix("tool ")?.split('(').next()).collect();
    let folder = tempfile::tempdir().unwrap();
    let program = format!(
        "edition 1\nmodel m {{ }}\n{tools}\nagent Main(): string {{\n  plan p: string {{\n    model: m\n    \
         goal:  \"x\"\n    tools: [{}]\n    steps: 50\n    -> return p\n    on exhausted -> return \"no end\"\n  }}\n}}\n",
        names.join(", ")
    );
    fs::write(folder.path().join("main.agent"), program).unwrap();
    let mut turns: Vec<Value> = calls.iter().map(|calls| json!({ "tool_calls": calls })).collect();
    turns.push("done".into());
    fs::write(folder.path().join("replies.json"), json!({ "replies": { "*": turns } }).to_string()).unwrap();
    folder
}

fn call(name: &str, arguments: &Value) -> Value {
    json!([{ "name": name, "arguments": arguments }])
}

fn events(ran: &Ran) -> Vec<Value> {
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn run(folder: &Path) -> Ran {
    Agentrun::with(&["main.agent", "--script", "replies.json", "--json"]).folder(folder).run().exits(0)
}

fn failures(ran: &Ran) -> Vec<String> {
    let failed = |event: &Value| {
        (event["event"] == "settled").then(|| event["failure"]["message"].as_str().map(str::to_string))?
    };
    events(ran).iter().filter_map(failed).collect()
}

#[test]
fn no_tool_changes_what_says_where_keys_go_or_what_stands_in_for_a_model() {
    let tools = "tool write(path: string, content: string): string { builtin: fs.write  effect: write }";
    let calls: Vec<Value> = ["agentrun.toml", "./agentrun.toml", "main.agent", "replies.json"]
        .iter()
        .map(|path| {
            call("write", &json!({ "path": path, "content": "[providers.openai]\nurl = \"http://x\"" }))
        })
        .collect();
    let folder = planner(tools, &calls);
    let before = fs::read_to_string(folder.path().join("replies.json")).unwrap();
    let failed = failures(&run(folder.path()));
    assert_eq!(failed.len(), 4, "{failed:?}");
    assert!(failed.iter().all(|message| message.contains("which no tool may change")), "{failed:?}");
    assert!(!folder.path().join("agentrun.toml").exists());
    assert_eq!(fs::read_to_string(folder.path().join("replies.json")).unwrap(), before);
}

#[test]
fn no_command_changes_the_program_behind_a_link_or_the_configuration_above_it() {
    let tools = "tool sh(cmd: string): string { builtin: shell  effect: write  sandbox: best_effort }";
    let inner = planner(tools, &[]);
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    for file in ["main.agent", "replies.json"] {
        fs::copy(inner.path().join(file), real.join(file)).unwrap();
    }
    let turn = call(
        "sh",
        &json!({ "cmd": "for f in real/main.agent agentrun.toml; do echo x >> $f; done; echo x > free" }),
    );
    let script = json!({ "replies": { "*": [{ "tool_calls": turn }, "done"] } }).to_string();
    fs::write(real.join("replies.json"), script).unwrap();
    fs::write(folder.path().join("agentrun.toml"), "").unwrap();
    fs::write(folder.path().join("free"), "").unwrap();
    std::os::unix::fs::symlink(&real, folder.path().join("link")).unwrap();
    let link = folder.path().join("link/main.agent");
    let (link, script) = (link.to_str().unwrap(), real.join("replies.json"));
    let args = [link, "--script", script.to_str().unwrap(), "--json", "--workdir", "."];
    let ran = Agentrun::with(&args).folder(folder.path()).run().exits(0);
    if !ran.out.contains("\"level\":\"base\"") {
        println!("skipped: this machine confines no command");
        return;
    }
    assert_eq!(fs::read_to_string(folder.path().join("free")).unwrap(), "x\n", "{}", ran.out);
    assert_eq!(fs::read_to_string(folder.path().join("agentrun.toml")).unwrap(), "");
    assert!(!fs::read_to_string(real.join("main.agent")).unwrap().ends_with("x\n"));
}

#[test]
fn a_thousand_calls_in_one_turn_are_made_a_few_at_a_time() {
    let one = json!({ "name": "echo", "arguments": { "q": "x" } });
    let tools = "tool echo(q: string): string { exec: [\"echo\", q]  effect: read  sandbox: best_effort }";
    let folder = planner(tools, &[vec![one; 300].into()]);
    let line = "ulimit -n 256; exec agentrun main.agent --script replies.json --json";
    let ran = Agentrun::shell(line).folder(folder.path()).run().exits(0);
    assert_eq!(failures(&ran), Vec::<String>::new());
    let calls =
        events(&ran).iter().filter(|event| event["event"] == "requested" && event["kind"] == "tool").count();
    assert_eq!(calls, 300);
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    for args in [
        "examples/01_hello",
        "examples/01_hello --quiet",
        "examples/01_hello --json",
        "check examples/01_hello --format json",
        "graph examples/01_hello",
        "explain E0301",
    ] {
        let ran = Agentrun::shell(&format!("agentrun {args} > /dev/full")).run().exits(1);
        assert_eq!(
            ran.err.matches("error: cannot write to standard output: ").count(),
            1,
            "{args}\n{}",
            ran.err
        );
    }
    // A reader that went away is no fault.
    let ran =
        Agentrun::shell("agentrun examples/01_hello --json | head -1; agentrun check examples/01_hello >&-")
            .run()
            .exits(0);
    assert!(!ran.err.contains("cannot write"), "{}", ran.err);
}

#[test]
fn a_record_takes_the_place_of_a_record_alone() {
    let folder = planner("tool read(path: string): string { builtin: fs.read  effect: read }", &[]);
    let run = |record: &str| {
        let args = ["main.agent", "--script", "replies.json", "--quiet", "--record", record];
        Agentrun::with(&args).folder(folder.path()).run()
    };
    let program = fs::read_to_string(folder.path().join("main.agent")).unwrap();
    for name in ["main.agent", "replies.json"] {
        let ran = run(name).exits(2);
        let says = format!("error: {name} is no record of a run, and is not written over: name another file");
        assert!(ran.err.contains(&says), "{}", ran.err);
    }
    assert_eq!(fs::read_to_string(folder.path().join("main.agent")).unwrap(), program);
    fs::write(folder.path().join("empty.jsonl"), "").unwrap();
    for name in ["new.jsonl", "new.jsonl", "empty.jsonl"] {
        run(name).exits(0);
        let record = fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(record.matches("\"entry\":\"started\"").count(), 1, "{name}");
    }
    fs::write(folder.path().join("agentrun.toml"), "[journal]\nrecord = \"main.agent\"\n").unwrap();
    let ran =
        Agentrun::with(&["main.agent", "--script", "replies.json"]).folder(folder.path()).run().exits(2);
    assert!(ran.err.contains("is no record of a run"), "{}", ran.err);
    assert_eq!(fs::read_to_string(folder.path().join("main.agent")).unwrap(), program);
}

#[test]
fn what_is_said_twice_or_is_no_text_is_refused() {
    for (line, says) in [
        (r#"agentrun examples/01_hello --input '{"q": "a", "q": "b"}'"#, "`--input` gives `q` twice"),
        (r"agentrun examples/01_hello --q $(printf '\377')", "is no UTF-8 text"),
    ] {
        let ran = Agentrun::shell(line).run().exits(2);
        assert!(ran.err.contains(says), "{line}\n{}", ran.err);
    }
}

#[test]
fn a_script_that_nothing_reads_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let program = "edition 1\nmodel m { }\nagent Main(): int {\n  let x { value: 1 + 1  -> return x }\n}\n\
                   agent Other(): string {\n  ask a { model: m  prompt: \"x\"  -> return a }\n}\n";
    fs::write(folder.path().join("main.agent"), program).unwrap();
    fs::write(folder.path().join("replies.json"), r#"{ "replies": { "*": "x" } }"#).unwrap();
    let run = |agent: &str| {
        let args = ["main.agent", agent, "--script", "replies.json", "--quiet"];
        Agentrun::with(&args).folder(folder.path()).run().exits(0).err
    };
    assert!(run("Main").starts_with("nothing in this run reads the script"), "{}", run("Main"));
    assert!(run("Other").starts_with("scripted replies from replies.json"), "{}", run("Other"));
}

#[test]
fn a_signal_ends_the_run_and_its_command() {
    let folder = tempfile::tempdir().unwrap();
    // The same test may run elsewhere on this machine.
    let nap = format!("sleep 97.{}", std::process::id());
    let program = "edition 1\ntool nap(): string {\n  exec:    [\"sh\", \"-c\", \"echo > up; sleep 97; echo > done\"]\n  \
                   effect:  write\n  sandbox: best_effort\n}\n\
                   agent Main(): string {\n  call nap1 { tool: nap()  -> return nap1 }\n}\n";
    fs::create_dir(folder.path().join("work")).unwrap();
    fs::write(folder.path().join("main.agent"), program.replace("sleep 97", &nap)).unwrap();
    let up = folder.path().join("work/up");
    for (signals, code) in [("HUP", 129), ("TERM", 143), ("INT", 130), ("INT INT", 130)] {
        let _ = fs::remove_file(&up);
        let child = Agentrun::with(&["main.agent", "--workdir", "work", "--record", "run.jsonl"])
            .folder(folder.path())
            .spawn();
        assert!(soon(|| up.exists()), "{signals}");
        for signal in signals.split(' ') {
            let pid = child.id().to_string();
            std::process::Command::new("kill").args(["-s", signal, &pid]).status().unwrap();
        }
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{signals}: {}", String::from_utf8_lossy(&ended.stderr));
        let record = fs::read_to_string(folder.path().join("run.jsonl")).unwrap();
        if !signals.contains(' ') {
            assert!(record.lines().last().unwrap().contains("\"entry\":\"finished\""), "{signals}\n{record}");
        }
        assert!(soon(|| !is_running(&nap)), "{signals}");
    }
}

#[test]
fn a_stopped_run_is_over_when_its_command_is() {
    let folder = tempfile::tempdir().unwrap();
    let nap = format!("sleep 96.{}", std::process::id());
    let program = "edition 1\ntool nap(): string {\n  \
                   exec:    [\"sh\", \"-c\", \"trap '' TERM; echo > up; sleep 96\"]\n  \
                   effect:  write\n  sandbox: best_effort\n}\n\
                   agent Main(): string {\n  call nap1 { tool: nap()  -> return nap1 }\n}\n";
    fs::create_dir(folder.path().join("work")).unwrap();
    fs::write(folder.path().join("main.agent"), program.replace("sleep 96", &nap)).unwrap();
    let args = ["main.agent", "--workdir", "work"];
    let child = Agentrun::with(&args).folder(folder.path()).spawn();
    assert!(soon(|| folder.path().join("work/up").exists()));
    std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(!is_running(&nap));
    assert_eq!(ended.status.code(), Some(130));
}

#[test]
fn an_input_without_an_end_is_given_up() {
    for (line, says) in [
        ("yes | agentrun examples/01_hello --input -", "standard input: it is larger than 64 MiB"),
        ("yes | agentrun greet.agent", "standard input: it is larger than 64 MiB"),
        ("agentrun examples/01_hello --input @/dev/zero", "/dev/zero: it is larger than 64 MiB"),
        ("agentrun examples/01_hello --script /dev/zero", "/dev/zero: it is larger than 64 MiB"),
        ("agentrun prices --update /dev/zero || exit 2", "/dev/zero: it is larger than 32 MiB"),
        ("agentrun fmt /dev/zero || exit 2", "/dev/zero: it is no plain file"),
        ("yes | agentrun fmt - || exit 2", "standard input: it is larger than 32 MiB"),
        ("printf '\\377' | agentrun greet.agent", "standard input: it is no UTF-8 text"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let program = "edition 1\nmodel m { }\nagent Greet(who: string): string {\n  \
                       ask hi { model: m  prompt: who  -> return hi }\n}\n";
        let file = folder.path().join("greet.agent");
        fs::write(&file, program).unwrap();
        let line = line.replace("greet.agent", file.to_str().unwrap());
        let ran = Agentrun::shell(&line).run().exits(2);
        assert!(ran.err.contains(says), "{line}\n{}", ran.err);
    }
}

#[test]
fn a_full_disk_costs_nobody_their_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("main.agent");
    let text = "edition 1\nmodel   m {   }\n";
    fs::write(&file, text).unwrap();
    let format = |before: &str| Agentrun::shell(&format!("{before} agentrun fmt {}", file.display())).run();
    let ran = format("trap '' XFSZ; ulimit -f 0;").exits(1);
    assert!(ran.err.contains("main.agent: File too large"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // Modes, links and further names stay.
    let link = folder.path().join("link.agent");
    std::os::unix::fs::symlink("main.agent", &link).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    Agentrun::with(&["fmt", link.to_str().unwrap()]).run().exits(0);
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "edition 1\nmodel m {}\n");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777,
        0o640
    );
    let other = folder.path().join("other.agent");
    fs::write(&file, text).unwrap();
    fs::hard_link(&file, &other).unwrap();
    format("").exits(0);
    assert_eq!(fs::read_to_string(&other).unwrap(), "edition 1\nmodel m {}\n");
}

#[test]
fn a_configuration_that_is_no_file_is_no_silence() {
    let folder = planner("tool read(path: string): string { builtin: fs.read  effect: read }", &[]);
    let config = folder.path().join("agentrun.toml");
    let run = || Agentrun::with(&["main.agent", "--script", "replies.json"]).folder(folder.path()).run();
    std::os::unix::fs::symlink("nowhere", &config).unwrap();
    assert!(run().exits(2).err.contains("agentrun.toml: No such file"));
    fs::remove_file(&config).unwrap();
    fs::create_dir(&config).unwrap();
    assert!(run().exits(2).err.contains("agentrun.toml: it is no plain file"));
}

/// Whether it comes true within 20 seconds.
fn soon(mut holds: impl FnMut() -> bool) -> bool {
    (0..400).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        holds()
    })
}

fn is_running(line: &str) -> bool {
    let output = std::process::Command::new("ps").args(["-eo", "args"]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().any(|running| running == line)
}
