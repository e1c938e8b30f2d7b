//! The command as a person meets it: output, exit codes, the mend in each message.

use std::fs;
use std::path::Path;

use crate::support::command::{Agentrun, Ran};

const HELLO: &str = "examples/01_hello";

/// Output without the machine's paths, times and ids.
fn snapshot(name: &str, ran: &Ran) {
    insta::with_settings!({
        filters => vec![
            (r"\b\d+ms\b", "[time]"),
            (r"\b\d+\.\d+s\b", "[time]"),
            (r"/tmp/\.tmp[A-Za-z0-9]+", "[folder]"),
        ],
        snapshot_path => "snapshots/cli",
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!(name, ran.text());
    });
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_string()
}

#[test]
fn help_is_worth_reading() {
    snapshot("help", &Agentrun::with(&["--help"]).run().exits(0));
}

#[test]
fn a_run_shows_states_text_and_cost_and_gives_the_result_alone_on_standard_output() {
    snapshot("hello", &Agentrun::with(&[HELLO]).run().exits(0));
}

#[test]
fn quiet_gives_nothing_but_the_result_and_who_speaks() {
    let ran = Agentrun::with(&[HELLO, "--quiet"]).run().exits(0);
    assert!(ran.err.starts_with("scripted replies from") && ran.err.lines().count() == 1, "{}", ran.err);
    assert!(ran.out.starts_with("Air scatters blue light"), "{}", ran.out);
}

#[test]
fn json_gives_one_event_a_line() {
    let ran = Agentrun::with(&[HELLO, "--json"]).run().exits(0);
    let events: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(kinds.first(), Some(&"started"));
    assert_eq!(kinds.last(), Some(&"finished"));
    for kind in ["entered", "requested", "attempt", "delta", "settled", "left"] {
        assert!(kinds.contains(&kind), "no `{kind}` in {kinds:?}");
    }
    assert_eq!(events.last().unwrap()["status"], "done");
}

#[test]
fn parameters_come_in_every_way_that_the_readme_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "echo.agent",
        r#"edition 1
type Point { x: int  y: float }
agent Echo(text: string, n: int @range(1, 9) = 1, at: Point?, price: money?, wait: duration?, loud: bool = false): string {
  let all { value: "${text}/${n}/${at ?? "nowhere"}/${price ?? "free"}/${wait ?? "now"}/${loud}"  -> return all }
}
"#,
    );
    let input = write(folder.path(), "input.json", r#"{"text": "from a file", "n": 3}"#);
    let at_input = format!("@{input}");
    for (args, stdin, result) in [
        (vec!["--text", "a b"], None, "a b/1/nowhere/free/now/false"),
        (vec!["--text=x=y", "--n", "2"], None, "x=y/2/nowhere/free/now/false"),
        (vec!["--text", "t", "--loud"], None, "t/1/nowhere/free/now/true"),
        (
            vec!["--arg", "text=t", "--price", "$12.50", "--wait", "90m"],
            None,
            "t/1/nowhere/$12.50/1h30m/false",
        ),
        (
            vec!["--input", r#"{"text": "j", "at": {"x": 1, "y": 2}}"#],
            None,
            r#"j/1/{"x":1,"y":2.0}/free/now/false"#,
        ),
        (vec!["--input", &at_input, "--n", "4"], None, "from a file/4/nowhere/free/now/false"),
        (vec![], Some("piped\n"), "piped/1/nowhere/free/now/false"),
        (vec!["--input", "-"], Some(r#"{"text": "piped"}"#), "piped/1/nowhere/free/now/false"),
        (vec!["--input", "@-"], Some(r#"{"text": "piped", "n": 2}"#), "piped/2/nowhere/free/now/false"),
        (vec!["--text", "-3"], None, "-3/1/nowhere/free/now/false"),
    ] {
        let mut words = vec![file.as_str()];
        words.extend(&args);
        words.push("--quiet");
        let run = Agentrun::with(&words);
        let run = match stdin {
            Some(text) => run.input(text),
            None => run,
        };
        assert_eq!(run.run().exits(0).out.trim_end(), result, "{args:?}");
    }
    for (args, says) in [
        (vec![], "needs `text`: give it as `--text VALUE`"),
        (vec!["--txt", "a"], "has no parameter `txt`"),
        (vec!["--text", "a", "--n", "many"], "parameter `n`"),
        (vec!["--text", "a", "--n", "12"], "parameter `n`"),
        (vec!["--text"], "needs a value"),
        (vec!["--input", "[1]"], "should be an object"),
        (vec!["--input", "{"], "is not JSON"),
        (
            vec!["--input", r#"{"zz": 7}"#],
            "no parameter `zz`, which `--input` gives; its parameters are `text`",
        ),
        (vec!["--arg", "zz=7"], "no parameter `zz`, which `--arg zz=…` gives"),
        (vec!["--lound"], "did you mean --loud?"),
        (vec!["--text", "a", "--at", "{"], "parameter `at`: `{` is not JSON"),
        (vec!["--text", "a", "--at", "here"], "an object is written as JSON"),
        (vec!["--text", "a", "--text", "b"], "`text` is given twice"),
        (vec!["--text", "a", "--arg", "text=b"], "`text` is given twice"),
        (vec!["--text", "a", "--wait", "5"], "write its unit: `5s`"),
        (vec!["--text", "a", "--n", "12"], "parameter `n`: expected 1 to 9, found 12"),
        (vec!["--text", "a", "--caller", "color=red"], "tenant, user, team, tier"),
        (vec!["--text", "a", "--model", "gpt"], "POOL=PROVIDER/MODEL"),
    ] {
        let mut words = vec![file.as_str()];
        words.extend(&args);
        let ran = Agentrun::with(&words).run().exits(2);
        assert!(ran.err.contains(says), "{args:?} says `{says}`, found:\n{}", ran.err);
    }
}

#[test]
fn a_file_that_does_not_compile_ends_with_3_and_every_mistake() {
    let ran = Agentrun::with(&["examples/broken"]).run().exits(3);
    assert!(ran.err.matches("error[E").count() >= 8, "{}", ran.err);
    assert!(ran.err.contains("does not compile"), "{}", ran.err);
}

#[test]
fn check_prints_for_people_and_for_machines() {
    snapshot("check_human", &Agentrun::with(&["check", "examples/broken"]).run().exits(3));
    let json = Agentrun::with(&["check", "--format", "json", "examples/broken"]).run().exits(3);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let first = &report["diagnostics"][0];
    assert!(first["code"].as_str().unwrap().starts_with('E'), "{first}");
    assert_eq!(first["place"]["file"], "examples/broken/main.agent");
    let sarif = Agentrun::with(&["check", "--format", "sarif", "examples/broken"]).run().exits(3);
    let report: serde_json::Value = serde_json::from_str(&sarif.out).unwrap();
    assert_eq!(report["version"], "2.1.0");
    let results = report["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() >= 8);
    assert!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap() > 1);
    let github = Agentrun::with(&["check", "--format", "github", "examples/broken"]).run().exits(3);
    assert!(github.out.starts_with("::error file=examples/broken/main.agent,line="), "{}", github.out);
    assert_eq!(github.out.lines().count(), results.len());
}

#[test]
fn fmt_changes_what_is_not_canonical_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "a.agent", "edition 1\nmodel   m {use:[\"openai/gpt-5\"]}\n");
    let checked = Agentrun::with(&["fmt", "--check", &file]).run().exits(1);
    assert!(checked.err.contains("would change"), "{}", checked.err);
    Agentrun::with(&["fmt", &file]).run().exits(0);
    let formatted = fs::read_to_string(&file).unwrap();
    assert_eq!(formatted, "edition 1\nmodel m { use: [\"openai/gpt-5\"] }\n");
    Agentrun::with(&["fmt", "--check", &file]).run().exits(0);
    let piped =
        Agentrun::with(&["fmt", "-"]).input("edition 1\nmodel   m {use:[\"openai/gpt-5\"]}\n").run().exits(0);
    assert_eq!(piped.out, formatted);
}

#[test]
fn explain_prints_the_page_of_a_code() {
    for asked in ["E0301", "e0301", "e301", "301"] {
        let page = Agentrun::with(&["explain", asked]).run().exits(0);
        assert!(page.out.starts_with("# E0301: "), "{asked}: {}", page.out);
    }
    let near = Agentrun::with(&["explain", "E03011"]).run().exits(2);
    assert!(near.err.contains("did you mean E0301?"), "{}", near.err);
    let wrong = Agentrun::with(&["explain", "E9999"]).run().exits(2);
    assert!(wrong.err.contains("there is no code E9999"), "{}", wrong.err);
}

#[test]
fn a_new_agent_checks_is_formatted_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    snapshot("new", &Agentrun::with(&["new", "my-greeter"]).folder(folder.path()).run().exits(0));
    let at = folder.path().join("my-greeter");
    let at = at.to_str().unwrap();
    Agentrun::with(&["check", "--deny-warnings", at]).run().exits(0);
    Agentrun::with(&["fmt", "--check", at]).run().exits(0);
    let ran = Agentrun::with(&[at, "--q", "Is tea better?"]).run().exits(0);
    assert!(ran.out.contains("scripted reply"), "{}", ran.out);
    let again = Agentrun::with(&["new", "my-greeter"]).folder(folder.path()).run().exits(2);
    assert!(again.err.contains("is there already"), "{}", again.err);
    let parts = Agentrun::with(&["new", "two words/it's/"]).folder(folder.path()).run().exits(0);
    assert!(parts.err.contains("wrote two words/it's/main.agent,"), "{}", parts.err);
    assert!(parts.err.contains(r"agentrun check 'two words/it'\''s'"), "{}", parts.err);
    Agentrun::with(&["new", "42"]).folder(folder.path()).run().exits(2);
}

#[test]
fn what_waits_for_a_person_ends_with_4() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "ask.agent",
        "edition 1\nagent Ask(): string {\n  approve go { prompt: \"Go?\"  when .approved -> return \"went\"  else -> return \"stayed\" }\n}\n",
    );
    let ran = Agentrun::with(&[&file]).run().exits(4);
    assert!(ran.err.contains("waiting for a person: go#1"), "{}", ran.err);
    assert!(ran.err.contains("… go#1 waits for a person") && !ran.err.contains('✓'), "{}", ran.err);
}

#[test]
fn what_runs_in_a_later_version_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "later.agent",
        r#"edition 1
model m { use: ["openai/gpt-5-mini"] }
guard safe { on: input  use: [injection]  action: block }
agent Later(q: string): string {
  guards: [safe]
  ask answer { model: m  prompt: "${q}"  -> return answer }
}
"#,
    );
    let ran = Agentrun::with(&[&file, "--q", "x"]).env("OPENAI_API_KEY", "sk-x").run().exits(1);
    assert!(ran.err.contains("later.agent:3"), "{}", ran.err);
    assert!(ran.err.contains("guard"), "{}", ran.err);
}

#[test]
fn a_record_has_a_line_for_each_end_of_each_effect() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("run.jsonl");
    Agentrun::with(&[HELLO, "--quiet", "--record", record.to_str().unwrap()]).run().exits(0);
    let text = fs::read_to_string(record).unwrap();
    let kinds: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["entry"].as_str().unwrap().to_string()
        })
        .collect();
    assert_eq!(kinds.first().map(String::as_str), Some("started"));
    assert_eq!(kinds.last().map(String::as_str), Some("finished"));
    let requested = kinds.iter().position(|kind| kind == "requested").unwrap();
    let happened = kinds.iter().rposition(|kind| kind == "happened").unwrap();
    assert!(requested < happened, "{kinds:?}");
}

#[test]
fn wrong_words_end_with_2_and_the_mend() {
    for (args, says) in [
        (vec!["nothing.agent"], "there is no file nothing.agent"),
        (vec!["chekc", "greeter"], "there is no file chekc; did you mean the command `check`?"),
        (vec![HELLO, "Hello", "stuff"], "unexpected argument 'stuff'"),
        (vec![HELLO, "--workdir", "/nonexistent"], "there is no such folder"),
        (
            vec![HELLO, "--script", "README.md"],
            "error: README.md: no script: it should be a JSON object such as",
        ),
        (vec!["graph", HELLO, "Helo"], "there is no agent `Helo`; did you mean `Hello`?"),
        (vec!["docs"], "has no main.agent"),
        (vec![HELLO, "Nobody"], "there is no agent `Nobody`"),
        (vec!["graph", HELLO, "--format", "png"], "possible values"),
        (vec![HELLO, "--model", "other=openai/gpt-5"], "names no pool"),
        (vec![HELLO, "--script", "nothing.json"], "nothing.json"),
    ] {
        let ran = Agentrun::with(&args).run().exits(2);
        assert!(ran.err.contains(says), "{args:?} says `{says}`, found:\n{}", ran.err);
    }
}

#[test]
fn completions_are_a_script() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Agentrun::with(&["completions", shell]).run().exits(0);
        assert!(script.out.contains("agentrun"), "{shell}");
    }
}

#[test]
fn doctor_names_variables_and_never_keys() {
    let ran = Agentrun::with(&["doctor", HELLO]).env("ANTHROPIC_API_KEY", "sk-very-secret").run().exits(0);
    assert!(ran.out.contains("anthropic: ANTHROPIC_API_KEY"), "{}", ran.out);
    assert!(ran.out.contains("main: anthropic/"), "{}", ran.out);
    assert!(!ran.out.contains("sk-very-secret") && !ran.err.contains("sk-very-secret"));
}

#[test]
fn prices_show_update_and_refuse_what_is_no_list() {
    let shown = Agentrun::with(&["prices", "gpt-5-mini"]).run().exits(0);
    assert!(shown.out.contains("openai/gpt-5-mini"), "{}", shown.out);
    let none = Agentrun::with(&["prices", "nosuch"]).run().exits(1);
    assert!(none.err.contains("no model of the price list has `nosuch` in its name"), "{}", none.err);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().to_str().unwrap();
    let bad = write(folder.path(), "bad.json", "{\"models\": []}");
    Agentrun::with(&["prices", "--update", &bad]).env("XDG_CONFIG_HOME", config).run().exits(1);
    let good = write(
        folder.path(),
        "good.json",
        r#"{"_source": "ours", "_license": "MIT", "_retrieved": "2026-12-01", "_unit": "USD per million tokens",
            "models": [{"id": "gpt-5-mini", "provider": "openai", "kind": "chat", "input_per_mtok": 9.0, "output_per_mtok": 10.0}]}"#,
    );
    Agentrun::with(&["prices", "--update", &good]).env("XDG_CONFIG_HOME", config).run().exits(0);
    let shown = Agentrun::with(&["prices"]).env("XDG_CONFIG_HOME", config).run().exits(0);
    assert!(shown.out.contains("$9.00") && shown.out.contains("2026-12-01"), "{}", shown.out);
}

#[test]
fn an_unknown_price_under_a_cost_budget_is_a_warning_with_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "price.agent",
        r#"edition 1
model known   { use: ["openai/gpt-5-mini"] }
model unknown { use: ["openrouter/acme/model-x"] }
model stated  { use: ["openrouter/acme/model-x"]  price: { input: $1, output: $2 } }
model local   { use: ["ollama/qwen3:8b"] }
agent A(q: string): string {
  budget: { cost: $1 }
  ask one   { model: known  prompt: "${q}"  -> two }
  ask two   { model: unknown  prompt: "${one}"  -> three }
  ask three { model: stated  prompt: "${two}"  -> four }
  ask four  { model: local  prompt: "${three}"  -> return four }
}
"#,
    );
    snapshot("unknown_price", &Agentrun::with(&["check", &file]).run().exits(0));
    Agentrun::with(&["check", "--deny-warnings", &file]).run().exits(3);
}

#[test]
fn graph_draws_the_agent_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "two.agent",
        "edition 1\nagent One(): string {\n  let a { value: \"1\"  -> return a }\n}\n\nagent Two(): string {\n  let b { value: \"2\"  -> return b }\n}\n",
    );
    for format in ["mermaid", "dot", "svg", "json"] {
        let both = Agentrun::with(&["graph", &file, "--format", format]).run().exits(0).out;
        assert!(both.contains("One") && both.contains("Two"), "{both}");
        let two = Agentrun::with(&["graph", &file, "Two", "--format", format]).run().exits(0).out;
        assert!(!two.contains("One") && two.contains("Two"), "{two}");
    }
}

#[test]
fn of_very_many_findings_the_first_are_printed_and_all_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("edition 1\n{}", "type T { a: string }\n".repeat(2001));
    let file = write(folder.path(), "many.agent", &text);
    let ran = Agentrun::with(&["check", &file]).run().exits(3);
    assert_eq!(ran.out.matches("error[E0204]").count(), 500, "{}", ran.err);
    assert!(ran.out.contains("many.agent:3:6") && ran.out.contains("2 | type T"), "{}", &ran.out[..600]);
    assert!(ran.err.contains("2000 errors (1500 of them not shown: 500 a file are)"), "{}", ran.err);
    let json = Agentrun::with(&["check", "--format", "json", &file]).run().exits(3);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["diagnostics"].as_array().unwrap().len(), 500);
    let run = Agentrun::with(&[&file]).run().exits(3);
    assert_eq!(run.err.matches("error[E0204]").count(), 100);
    assert!(run.err.contains("does not compile: 2000 errors"), "{}", &run.err[run.err.len() - 200..]);
}

#[test]
fn a_result_and_a_hole_print_fields_by_their_own_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        folder.path(),
        "main.agent",
        r#"edition 1
model m { use: ["openai/gpt-5-mini"] }
type Order { id: string @alias("order_number")  lines: Line[] @alias("positions") }
type Line { sku: string @alias("article") }
type Both { order: Order  text: string }

agent Read(q: string): Both {
  ask order: Order { model: m  prompt: "Read ${q}"  -> say }
  let say { value: "It is ${order}"  -> return { order: order, text: say } }
}
"#,
    );
    let reply = r#"{ "replies": { "order": { "order_number": "7", "positions": [{ "article": "x" }] } } }"#;
    write(folder.path(), "script.json", reply);
    let ran = Agentrun::with(&[&file, "--q", "it", "--quiet"]).run().exits(0);
    let result: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let text = r#"It is {"id":"7","lines":[{"sku":"x"}]}"#;
    let order = serde_json::json!({ "id": "7", "lines": [{ "sku": "x" }] });
    assert_eq!(result, serde_json::json!({ "order": order, "text": text }));
}

#[test]
fn a_tools_time_and_arguments_are_shown_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let text = "edition 1\ntool nap(n: float): string { exec: [\"sleep\", n]  effect: read }\n\
                agent A(): string {\n  call c { tool: nap(0.2)  -> return c }\n}\n";
    let file = write(folder.path(), "main.agent", text);
    let record = folder.path().join("r.jsonl");
    let ran = Agentrun::with(&[&file, "--record", record.to_str().unwrap()]).run().exits(0);
    assert!(ran.err.contains("calls nap(n: 0.2)"), "{}", ran.err);
    assert!(!ran.err.contains("✓ c#1 0ms"), "{}", ran.err);
    assert!(std::fs::read_to_string(&record).unwrap().contains(r#""arguments":{"n":0.2}"#));
}

#[test]
fn a_budget_that_runs_out_inside_a_tool_is_a_budget() {
    let folder = tempfile::tempdir().unwrap();
    let text = |handler: &str| {
        format!(
            "edition 1\ntool nap(): string {{ exec: [\"sleep\", \"5\"]  effect: read }}\nagent A(): string {{\n  \
             loop work {{\n    max: 3\n    budget: {{ time: 400ms }}\n    call t {{ tool: nap()  -> next  \
             on timeout -> return \"timeout\" }}\n    -> return \"done\"\n{handler}  }}\n}}\n"
        )
    };
    let file = write(folder.path(), "main.agent", &text("    on budget -> return \"budget\"\n"));
    let ran = Agentrun::with(&[&file, "--quiet"]).run().exits(0);
    assert_eq!(ran.out.trim(), "budget");
    let file = write(folder.path(), "main.agent", &text(""));
    let ran = Agentrun::with(&[&file, "--quiet"]).run().exits(1);
    assert!(ran.err.contains("the budget of `loop work#1` ran out: time"), "{}", ran.err);
}

#[test]
fn help_behind_a_file_is_about_its_agent() {
    let ran = Agentrun::with(&["examples/02_extract", "--help"]).run().exits(0);
    assert!(ran.out.contains("--text string") && ran.out.contains("(required)"), "{}", ran.out);
    assert!(ran.out.contains("`agentrun --help` shows the flags"), "{}", ran.out);
}

#[test]
fn an_import_opens_plain_agent_files_only() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("folder.agent")).unwrap();
    let pipe = folder.path().join("pipe.agent");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (import, said) in [
        ("/dev/zero", "ends in `.agent`, found `/dev/zero`"),
        ("../../../../../../etc/passwd", "ends in `.agent`"),
        (".", "ends in `.agent`, found `.`"),
        ("./folder.agent", "it is a folder"),
        ("./pipe.agent", "it is no plain file"),
    ] {
        let text = format!(
            "edition 1\nimport \"{import}\" {{ x }}\nagent A(): int {{ let a {{ value: 1  -> return a }} }}\n"
        );
        let file = write(folder.path(), "main.agent", &text);
        let ran = Agentrun::with(&["check", &file]).run().exits(3);
        assert!(ran.out.contains(said) && ran.out.contains("main.agent:2:8"), "{import}: {}", ran.out);
        assert!(!ran.out.contains("root:"), "{}", ran.out);
    }
    let ran = Agentrun::with(&["check", "/dev/zero"]).run().exits(3);
    assert!(
        ran.out.contains("larger than 32 MiB") || ran.err.contains("larger than 32 MiB"),
        "{}{}",
        ran.out,
        ran.err
    );
}

#[test]
fn a_failure_has_its_place_and_a_turn_is_no_decision() {
    let folder = tempfile::tempdir().unwrap();
    let text = "edition 1\ntype Form { approved: bool }\n\
                agent Main(): string {\n  wait form: Form { show: [\"Fill this in\"]  -> stop }\n  \
                branch stop { -> fail \"no further\" }\n}\n";
    let file = write(folder.path(), "main.agent", text);
    let script = write(folder.path(), "replies.json", r#"{ "human": { "form": { "approved": true } } }"#);
    let ran = Agentrun::with(&[&file, "--script", &script, "--json"]).run().exits(1);
    let events: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let settled = events.iter().find(|event| event["event"] == "settled").unwrap();
    assert_eq!(settled.get("decision"), None, "{settled}");
    let finished = events.last().unwrap();
    assert_eq!(finished["state"], "Main.stop", "{finished}");
    assert_eq!(
        (&finished["place"]["line"], &finished["place"]["column"]),
        (&5.into(), &17.into()),
        "{finished}"
    );
    assert_eq!(finished["place"]["file"].as_str(), Some(&*file));
}

#[test]
fn what_waits_shows_what_a_person_would_see() {
    let folder = tempfile::tempdir().unwrap();
    let text = "edition 1\n\
                agent Main(note: string @secret): string {\n  \
                approve ok { prompt: \"Pay?\"  show: [12 * 2, note]  when .approved -> return \"yes\"  else -> return \"no\" }\n}\n";
    let file = write(folder.path(), "main.agent", text);
    let ran = Agentrun::with(&[&file, "--note", "hush"]).run().exits(4);
    assert!(
        ran.err.contains("waits for a person: Pay?\n    12 * 2: 24\n    note: (secret)\n"),
        "{}",
        ran.err
    );
}
