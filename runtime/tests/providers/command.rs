//! Command lines that answer.

use std::time::{Duration, Instant};

use agentrun_runtime::call::provider::endpoint::{CommandLine, Endpoint, Kind};
use agentrun_runtime::call::provider::{Delta, ErrorClass, ModelReply, ModelRequest, ProviderError};
use agentrun_runtime::chat::{Message, Role};
use secrecy::SecretString;

use crate::support::{ask, long_talk, plain, print};

fn shell(script: &str, more: &[&str]) -> Endpoint {
    let exec = ["sh", "-c", script].into_iter().chain(more.iter().copied()).map(str::to_owned).collect();
    let env = vec![("NAMED".into(), SecretString::from("named value"))];
    let line = CommandLine { exec, env, folder: Some(std::env::temp_dir()) };
    Endpoint { name: "exec".into(), kind: Kind::Command(line), url: None, key: None, headers: vec![] }
}

async fn run(script: &str) -> (Vec<Delta>, Result<ModelReply, ProviderError>) {
    ask(&shell(script, &[]), &ModelRequest { stream: true, ..plain("m") }).await
}

#[tokio::test]
async fn the_prompt_goes_in_and_the_answer_comes_out() {
    let (deltas, reply) = run("cat").await;
    let reply = reply.unwrap();
    assert_eq!(reply.text, "You are terse.\n\nWhere is order o1?");
    assert!(matches!(&deltas[..], [Delta::Text(_), ..]));
    assert_eq!(reply.usage.input, None);

    let (_, reply) =
        ask(&shell("printf '%s|%s' \"$1\" \"$2\"", &["sh", "{prompt}", "{model}"]), &plain("m")).await;
    assert_eq!(reply.unwrap().text, "You are terse.\n\nWhere is order o1?|m");
}

#[tokio::test]
async fn several_turns_are_told_by_name() {
    let talk = vec![
        Message::text(Role::System, "S"),
        Message::text(Role::User, "A"),
        Message::text(Role::Assistant, "B"),
        Message::text(Role::User, "C"),
    ];
    let request = ModelRequest { messages: talk, ..plain("m") };
    let (_, reply) = ask(&shell("cat", &[]), &request).await;
    assert_eq!(reply.unwrap().text, "S\n\nUser: A\n\nAssistant: B\n\nUser: C");

    let (_, reply) = ask(&shell("cat", &[]), &ModelRequest { messages: long_talk(), ..plain("m") }).await;
    assert_eq!(reply.unwrap_err().class, ErrorClass::Unsupported);
}

#[tokio::test]
async fn a_large_prompt_and_a_large_answer_pass_each_other() {
    let text = "0123456789abcde\n".repeat(40_000);
    let request = ModelRequest { messages: vec![Message::text(Role::User, text.as_str())], ..plain("m") };
    let (_, reply) = ask(&shell("cat; echo done >&2", &[]), &request).await;
    assert_eq!(reply.unwrap().text, text.trim_end());
}

#[tokio::test]
async fn the_environment_is_clean() {
    let (_, reply) = run("env | cut -d= -f1 | sort").await;
    let text = reply.unwrap().text;
    let allowed = ["HOME", "LANG", "NAMED", "PATH", "TERM", "TMPDIR", "USER"];
    // A shell adds these itself.
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let strange: Vec<&str> =
        text.lines().filter(|name| !allowed.contains(name) && !own.contains(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(text.contains("NAMED") && text.contains("PATH"), "{text}");
}

#[tokio::test]
async fn failures() {
    let cases = [
        ("exit 3", ErrorClass::Command, "exit status: 3"),
        (
            "echo first >&2; echo 'no such model' >&2; exit 1",
            ErrorClass::Command,
            "exit status: 1: no such model",
        ),
        (
            "echo 'Invalid API key · Please run /login'; exit 1",
            ErrorClass::Unauthorized,
            "exit status: 1: Invalid API key · Please run /login",
        ),
        (
            "echo 'Claude usage limit reached' >&2; exit 1",
            ErrorClass::Quota,
            "exit status: 1: Claude usage limit reached",
        ),
        ("true", ErrorClass::Empty, "the command printed no answer"),
        ("echo '  '", ErrorClass::Empty, "the command printed no answer"),
        (
            "echo 'model is loading' >&2",
            ErrorClass::Empty,
            "the command printed no answer; on standard error it said: model is loading",
        ),
        // Its variables are secrets, and a terminal obeys nothing that it says.
        ("echo \"bad value: $NAMED\" >&2; exit 1", ErrorClass::Command, "exit status: 1: bad value: [key]"),
        (r"printf 'a\033[2Jb' >&2; exit 1", ErrorClass::Command, "exit status: 1: a\u{FFFD}[2Jb"),
        ("kill -9 $$", ErrorClass::Command, "signal: 9 (SIGKILL)"),
        ("yes x", ErrorClass::BadFormat, "its output is longer than 8 MiB"),
        (
            r#"echo '{"type":"result","subtype":"success","is_error":true,"result":"API Error: rate limit","usage":{"input_tokens":3}}'"#,
            ErrorClass::RateLimited,
            "API Error: rate limit",
        ),
    ];
    for (script, class, said) in cases {
        let (_, reply) = run(script).await;
        let error = reply.expect_err(script);
        assert_eq!((error.class, error.message.as_str()), (class, said), "{script}");
    }
    let absent = CommandLine { exec: vec!["agentrun-no-such-program".into()], env: vec![], folder: None };
    let absent = Endpoint { kind: Kind::Command(absent), ..shell("", &[]) };
    let (_, reply) = ask(&absent, &plain("m")).await;
    let error = reply.expect_err("no such program");
    assert_eq!(error.class, ErrorClass::NotConfigured);
    assert_eq!(error.message, "`agentrun-no-such-program` is not on this machine, or its folder is not");
}

#[tokio::test]
async fn at_its_timeout_the_whole_group_ends() {
    let mark = tempfile::tempdir().unwrap();
    let file = mark.path().join("alive");
    // A child that would write after its parent was stopped, and a parent that does not want to stop.
    let script = format!("trap '' TERM; (sleep 4; echo still > {}) & echo begun; sleep 30", file.display());
    let mut request = ModelRequest { stream: true, ..plain("m") };
    request.timeouts.total = Duration::from_millis(300);
    let (deltas, reply) = ask(&shell(&script, &[]), &request).await;
    let error = reply.expect_err("it hangs");
    assert_eq!((error.class, error.partial.as_str()), (ErrorClass::TimeoutTotal, "begun\n"));
    assert_eq!(deltas, [Delta::Text("begun\n".into())]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!file.exists(), "a grandchild outlived the call");
}

#[tokio::test]
async fn dropped_its_group_ends() {
    let mark = tempfile::tempdir().unwrap();
    let file = mark.path().join("alive");
    let script = format!("(sleep 1; echo still > {}) & sleep 30", file.display());
    let endpoint = shell(&script, &[]);
    let request = plain("m");
    let asked = tokio::time::timeout(Duration::from_millis(200), ask(&endpoint, &request)).await;
    assert!(asked.is_err());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!file.exists(), "a grandchild outlived the call");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test may measure")]
async fn what_it_leaves_in_the_background_is_not_waited_for() {
    let began = Instant::now();
    let (_, reply) = run("sleep 20 & echo yes").await;
    assert_eq!(reply.unwrap().text, "yes");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn the_json_of_claude_is_understood() {
    let result = r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":2814,"num_turns":1,"result":"It is on its way.\n","session_id":"b9a1","total_cost_usd":0.0123,"usage":{"input_tokens":4,"cache_creation_input_tokens":100,"cache_read_input_tokens":2000,"output_tokens":12},"modelUsage":{"claude-sonnet-4-5-20250929":{"inputTokens":4,"outputTokens":12}}}"#;
    let lines = format!(
        "{}\n{result}",
        r#"{"type":"assistant","message":{"content":[{"type":"text","text":"It is"}]}}"#
    );
    let list = format!("[{}]", lines.replace('\n', ","));
    for printed in [result, &lines, &list] {
        let (deltas, reply) = run(&format!("cat <<'EOF'\n{printed}\nEOF")).await;
        assert_eq!(
            print(&deltas, &reply),
            "< Text(\"It is on its way.\\n\")\ntext     \"It is on its way.\"\nfinish   Stop\nusage    input 2104, cached 2000, written 100, output 12\nmodel    claude-sonnet-4-5-20250929\nrequest  b9a1\n",
        );
    }
    // JSON that is an answer, not a record of one.
    let (_, reply) = run(r#"echo '{"kind": "refund"}'"#).await;
    assert_eq!(reply.unwrap().text, r#"{"kind": "refund"}"#);
}
