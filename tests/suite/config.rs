//! `agentrun.toml`: which file holds, whose key goes where, what is refused.

use std::fs;
use std::path::Path;

use crate::support::command::Agentrun;
use crate::support::server::{Behaviour, Dialect, Server};

const PROGRAM: &str = r#"edition 1
model main { use: ["gateway/model-x"] }
agent Ask(): string { ask answer { model: main  prompt: "hi"  -> return answer } }
"#;

/// A folder with the program and an `agentrun.toml`.
fn project(program: &str, config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.agent"), program).unwrap();
    fs::write(folder.path().join("agentrun.toml"), config).unwrap();
    folder
}

fn run(folder: &Path) -> Agentrun {
    Agentrun::with(&[folder.to_str().unwrap()])
}

#[test]
fn a_declared_provider_is_asked_with_its_keys_in_their_order() {
    let dead = Behaviour::Status(401, &[], r#"{"error":{"message":"no such key","code":"invalid_api_key"}}"#);
    let server = Server::start(Dialect::OpenAi, vec![dead, Behaviour::Says("hello")]);
    let config = format!(
        "[providers.gateway]\nkind = \"openrouter\"\nurl = \"{}/v1\"\nkeys = [\"env.FIRST_KEY\", \"written-key\"]\n",
        server.url
    );
    let folder = project(PROGRAM, &config);
    let ran = run(folder.path()).env("FIRST_KEY", "key-of-the-environment").run().exits(0);
    assert_eq!(ran.out.trim_end(), "hello");
    assert_eq!(server.keys(), ["key-of-the-environment", "written-key"]);
    assert!(ran.err.contains("no such key"), "the dead key is said: {}", ran.err);
    assert!(!ran.err.contains("key-of-the-environment"), "{}", ran.err);
}

#[test]
fn openais_address_on_this_machine_without_a_key_is_a_server_of_ones_own() {
    let asked = |key: Option<&str>| {
        let server = Server::start(Dialect::OpenAi, vec![Behaviour::Says("hello")]);
        let folder = project(&PROGRAM.replace("gateway/model-x", "openai/small"), "");
        let run = run(folder.path()).env("OPENAI_BASE_URL", &format!("{}/v1", server.url));
        key.into_iter().fold(run, |run, key| run.env("OPENAI_API_KEY", key)).run().exits(0);
        server.bodies().remove(0)
    };
    // OpenAI's own field for the limit is `max_completion_tokens`; other servers know the older one.
    assert!(asked(None).contains("\"max_tokens\""));
    assert!(asked(Some("k")).contains("\"max_completion_tokens\""));
}

#[test]
fn a_virtual_key_goes_where_it_says_and_asks_for_the_whole_target() {
    let server = Server::start(Dialect::OpenAi, vec![Behaviour::Says("hello")]);
    let config = format!("[vkeys.team]\nurl = \"{}/v1\"\nkey = \"env.TEAM_KEY\"\n", server.url);
    let program =
        PROGRAM.replace("use: [\"gateway/model-x\"]", "use: [\"openai/gpt-5-mini\"]  key: vkey(\"team\")");
    let folder = project(&program, &config);
    run(folder.path()).env("TEAM_KEY", "virtual-1").run().exits(0);
    assert_eq!(server.keys(), ["virtual-1"]);
}

#[test]
fn the_nearest_file_wins_and_the_users_fills_in() {
    let server = Server::start(Dialect::OpenAi, vec![Behaviour::Says("hello")]);
    let folder = project(PROGRAM, "[prices]\n\"gateway/model-x\" = { input = 1, output = 2 }\n");
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("agentrun")).unwrap();
    let users = format!(
        "[providers.gateway]\nkind = \"openrouter\"\nurl = \"{}/v1\"\n[prices]\n\"gateway/model-x\" = {{ input = 100, output = 100 }}\n",
        server.url
    );
    fs::write(home.path().join("agentrun/agentrun.toml"), users).unwrap();
    let deeper = folder.path().join("deeper");
    fs::create_dir(&deeper).unwrap();
    fs::rename(folder.path().join("main.agent"), deeper.join("main.agent")).unwrap();
    let ran = run(&deeper).env("XDG_CONFIG_HOME", home.path().to_str().unwrap()).run().exits(0);
    assert_eq!(ran.out.trim_end(), "hello");
    // Ten tokens at 1 and five at 2 dollars a million.
    assert!(ran.err.contains("$0.00002"), "the nearest price holds: {}", ran.err);
}

#[test]
fn what_cannot_be_used_is_refused_with_the_mend() {
    for (config, says) in [
        ("[provider.gateway]\nkind = \"openai\"\n", "unknown field `provider`"),
        ("[providers.gateway]\nkind = \"openai\"\nurl = 3\n", "agentrun.toml"),
        ("[prices]\n\"model-x\" = { input = 1, output = 2 }\n", "`\"provider/model\"` as a key"),
        ("[prices]\n\"gateway/model-x\" = { input = -1, output = 2 }\n", "0 or more"),
    ] {
        let folder = project(PROGRAM, config);
        let ran = run(folder.path()).run().exits(2);
        assert!(ran.err.contains(says), "{config} says `{says}`, found:\n{}", ran.err);
    }
    for (config, says) in [
        ("", "declare `[providers.gateway]`"),
        ("[providers.gateway]\nkind = \"telepathy\"\n", "has the kind `telepathy`"),
        ("[providers.gateway]\nkind = \"openai\"\nkeys = [\"env.NOT_SET\"]\n", "NOT_SET, which is not set"),
        ("[providers.gateway]\nkind = \"bedrock\"\n", "Amazon Bedrock"),
    ] {
        let folder = project(PROGRAM, config);
        let ran = run(folder.path()).run().exits(1);
        assert!(ran.err.contains(says), "{config} says `{says}`, found:\n{}", ran.err);
    }
}

#[test]
fn a_journal_keeps_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let program = "edition 1\nagent One(): int { let one { value: 1  -> return one } }\n";
    fs::write(folder.path().join("main.agent"), program).unwrap();
    fs::write(folder.path().join("agentrun.toml"), "[journal]\nrecord = \"runs.jsonl\"\n").unwrap();
    run(folder.path()).run().exits(0);
    run(folder.path()).run().exits(0);
    let text = fs::read_to_string(folder.path().join("runs.jsonl")).unwrap();
    assert_eq!(text.matches("\"entry\":\"started\"").count(), 2, "{text}");
    assert_eq!(text.matches("\"entry\":\"finished\"").count(), 2, "{text}");
}

#[test]
fn a_declared_provider_is_no_unknown_one() {
    let folder =
        project(PROGRAM, "[providers.gateway]\nkind = \"openai\"\nurl = \"http://127.0.0.1:9/v1\"\n");
    let file = folder.path().join("main.agent");
    let checked = Agentrun::with(&["check", file.to_str().unwrap()]).run().exits(0);
    assert!(!checked.out.contains("W1201"), "{}", checked.out);
    let ran = run(folder.path()).run();
    assert!(!ran.err.contains("W1201"), "{}", ran.err);
    fs::remove_file(folder.path().join("agentrun.toml")).unwrap();
    let checked = Agentrun::with(&["check", file.to_str().unwrap()]).run().exits(0);
    assert!(checked.out.contains("W1201"), "{}", checked.out);
}

#[test]
fn a_declared_provider_without_keys_takes_the_usual_variable() {
    let server = Server::start(Dialect::OpenAi, vec![Behaviour::Says("hello")]);
    let config = format!("[providers.gateway]\nkind = \"openrouter\"\nurl = \"{}/v1\"\n", server.url);
    let folder = project(PROGRAM, &config);
    run(folder.path()).env("OPENROUTER_API_KEY", "usual-key").run().exits(0);
    assert_eq!(server.keys(), ["usual-key"]);
}

#[test]
fn bedrock_checks_and_is_passed_over_or_refused_before_the_first_effect() {
    let only = PROGRAM.replace("gateway/model-x", "bedrock/anthropic.claude-haiku-4-5");
    for config in ["", "[providers.bedrock]\nkind = \"bedrock\"\n"] {
        let folder = project(&only, config);
        let checked = Agentrun::with(&["check", folder.path().to_str().unwrap()]).run().exits(0);
        assert!(!checked.out.contains("W1201"), "{}", checked.out);
        let ran = run(folder.path()).run().exits(1);
        for part in ["main.agent:2:20", "does not speak to Amazon Bedrock yet", "anthropic/claude-haiku-4-5"]
        {
            assert!(ran.err.contains(part), "says `{part}`, found:\n{}", ran.err);
        }
        let json = Agentrun::with(&[folder.path().to_str().unwrap(), "--json"]).run().exits(1);
        assert!(!json.out.contains("requested"), "{}", json.out);
    }
    let server = Server::start(Dialect::OpenAi, vec![Behaviour::Says("hello")]);
    let both = PROGRAM
        .replace("\"gateway/model-x\"", "\"bedrock/anthropic.claude-haiku-4-5\", \"openai/gpt-5-mini\"");
    let folder = project(&both, "");
    let url = format!("{}/v1", server.url);
    let ran = run(folder.path()).env("OPENAI_BASE_URL", &url).env("OPENAI_API_KEY", "k").run().exits(0);
    assert!(ran.err.contains("does not speak to Amazon Bedrock yet"), "{}", ran.err);
}

#[test]
fn a_price_that_nobody_knows_is_said_of_addresses_and_commands_too() {
    let check = |pool: &str| {
        let program = format!(
            "edition 1\nmodel main {{ {pool} }}\nagent Ask(): string {{ budget: {{ cost: $1 }}  ask answer {{ model: main  prompt: \"hi\"  -> return answer }} }}\n"
        );
        let folder = project(&program, "");
        Agentrun::with(&["check", folder.path().to_str().unwrap()]).run().out
    };
    for (pool, warned) in [
        ("use: [\"house/m\"]  url: \"https://models.example.com/v1\"", true),
        ("url: \"https://models.example.com/v1\"", true),
        ("exec: [\"cat\"]", true),
        ("exec: [\"cat\"]  price: { input: $0, output: $0 }", false),
        ("use: [\"house/m\"]  url: \"http://127.0.0.1:8080/v1\"", false),
        ("use: [\"bedrock/anthropic.claude-haiku-4-5\"]", false),
        ("use: [\"lmstudio/m\"]", false),
    ] {
        let out = check(pool);
        assert_eq!(out.contains("W1601"), warned, "{pool}:\n{out}");
    }
}

#[test]
fn doctor_tells_keys_and_addresses_wherever_they_come_from() {
    let config = "[providers.gateway]\nkind = \"openai\"\nurl = \"http://127.0.0.1:9/v1\"\nkeys = [\"env.TEAM_KEY\", \"written-secret\"]\n";
    let folder = project(PROGRAM, config);
    let ran = Agentrun::with(&["doctor"])
        .folder(folder.path())
        .env("TEAM_KEY", "team-secret")
        .env("AWS_ACCESS_KEY_ID", "aws-secret")
        .env("GROQ_BASE_URL", "http://user:url-secret@127.0.0.1:9/v1")
        .run()
        .exits(0);
    for part in [
        "gateway: TEAM_KEY",
        "gateway: a key",
        "bedrock: AWS_ACCESS_KEY_ID",
        "Bedrock yet",
        "groq: GROQ_BASE_URL",
    ] {
        assert!(ran.out.contains(part), "says `{part}`, found:\n{}", ran.out);
    }
    assert!(!ran.out.contains("-secret") && !ran.err.contains("-secret"), "{}{}", ran.out, ran.err);
    fs::write(folder.path().join("agentrun.toml"), "oops").unwrap();
    Agentrun::with(&["doctor"]).folder(folder.path()).run().exits(2);
}

#[test]
fn the_record_says_how_a_command_was_confined() {
    let program = "edition 1\ntool hi(): string { exec: [\"echo\", \"hi\"]  effect: read  sandbox: best_effort }\nagent A(): string { call one { tool: hi()  -> return one } }\n";
    let folder = project(program, "");
    let record = folder.path().join("run.jsonl");
    Agentrun::with(&[folder.path().to_str().unwrap(), "--record", record.to_str().unwrap()]).run().exits(0);
    let text = fs::read_to_string(&record).unwrap();
    let line = text.lines().find(|line| line.contains("\"entry\":\"confined\"")).expect(&text);
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["effect"], "one#1", "{line}");
    assert_eq!(line["policy"].as_str().unwrap().len(), 64, "{line}");
    assert!(!line["level"].as_str().unwrap().is_empty(), "{line}");
}

#[test]
fn a_server_at_openais_address_answers_where_the_choice_is_open() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 4096];
            let read = std::io::Read::read(&mut stream, &mut asked).unwrap_or_default();
            let models = asked[..read].starts_with(b"GET /v1/models ");
            let body = if models { r#"{"data":[{"id":"house-model"}]}"# } else { "{}" };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = std::io::Write::write_all(&mut stream, (head + body).as_bytes());
        }
    });
    let folder = project(&PROGRAM.replace("use: [\"gateway/model-x\"]", ""), "");
    let path = folder.path().to_str().unwrap();
    let doctor = Agentrun::with(&["doctor", path]).env("OPENAI_BASE_URL", &url).run().exits(0);
    assert!(doctor.out.contains("openai: OPENAI_BASE_URL"), "{}", doctor.out);
    assert!(doctor.out.contains("main: openai/house-model"), "{}", doctor.out);
    // With a key it is a gateway, and nobody says which of its models is meant.
    let keyed =
        Agentrun::with(&["doctor", path]).env("OPENAI_BASE_URL", &url).env("OPENAI_API_KEY", "k").run();
    assert!(keyed.out.contains("main: openai/gpt-5-mini"), "{}", keyed.out);
}

#[test]
fn a_provider_that_fails_is_said_with_its_status_reason_and_mend_and_without_a_key() {
    const KEY: &str = "sk-never-to-be-shown-1234";
    const ECHO: &str = r#"{"error":{"message":"wrong key sk-never-to-be-shown-1234"}}"#;
    const MOVED: &[(&str, &str)] = &[("location", "http://127.0.0.1:9/v1/elsewhere")];
    let cases: &[(Behaviour, &[&str])] = &[
        (Behaviour::Status(401, &[], ECHO), &["(401): wrong key [key]", "check the key of provider"]),
        (Behaviour::Status(403, &[], "{}"), &["(403)", "check the key of provider"]),
        (
            Behaviour::Status(404, &[], "<html><title>None</title></html>"),
            &["(404)", "titled `None`", "check the model's name and the address"],
        ),
        (
            Behaviour::Status(429, &[("retry-after", "-5")], "{}"),
            &["too many requests (429)", "add a target"],
        ),
        (Behaviour::Status(500, &[], "oops"), &["an error of the server (500)", "add a target"]),
        (
            Behaviour::Status(302, MOVED, ""),
            &["(302)", "moved to http://127.0.0.1:9/v1/elsewhere", "set it as the provider's `url`"],
        ),
        (Behaviour::Garbage, &["found a web page", "check the address of"]),
        (Behaviour::Empty, &["has no body", "check the address of"]),
    ];
    for (provider, dialect, url, key) in [
        ("openai", Dialect::OpenAi, "OPENAI_BASE_URL", "OPENAI_API_KEY"),
        ("anthropic", Dialect::Anthropic, "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"),
        ("google", Dialect::OpenAi, "GEMINI_BASE_URL", "GEMINI_API_KEY"),
    ] {
        for (behaviour, says) in cases {
            let server = Server::start(dialect, vec![behaviour.clone()]);
            let folder =
                project(&PROGRAM.replace("gateway/model-x\"]", &format!("{provider}/m\"]  retry: 0")), "");
            let record = folder.path().join("run.jsonl");
            let ran =
                Agentrun::with(&[folder.path().to_str().unwrap(), "--record", record.to_str().unwrap()])
                    .env(url, &server.url)
                    .env(key, KEY)
                    .run()
                    .exits(1);
            let target = format!("{provider}/m");
            for part in says.iter().copied().chain([target.as_str()]) {
                assert!(ran.err.contains(part), "{provider} says `{part}`, found:\n{}", ran.err);
            }
            let all = ran.out + &ran.err + &fs::read_to_string(&record).unwrap();
            assert!(!all.contains(KEY) && !all.contains("</"), "{all}");
        }
    }
}
