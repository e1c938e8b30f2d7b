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
        ("[providers.gateway]\nkind = \"bedrock\"\n", "bedrock"),
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
