//! `exec`: what a command is given, what it gives, how it fails.

use std::time::Duration;

use agentrun_lang::ir::{EffectClass, ExprKind, Piece, Sandbox, SlotId, Template, ToolBody};
use agentrun_lang::value::{Money, Type, Value};
use agentrun_runtime::error::{Commit, FailureKind};

use super::support::{Bench, constant, expr, within};

/// A shell's text as a command of its own.
fn shell(text: &str) -> Bench {
    Bench::exec(&["sh", "-c", text])
}

#[tokio::test]
async fn standard_output_is_the_result() {
    let bench = Bench::exec(&["printf", "%s-%s", "$a", "$b"]);
    assert_eq!(bench.gives(&["one two", "$(id); `x` \"q\""]).await, "one two-$(id); `x` \"q\"");
}

#[tokio::test]
async fn an_argument_is_one_item_whatever_it_holds() {
    let bench = Bench::exec(&["printf", "[%s]", "$a"]);
    for text in
        ["", " ", "a b", "a\nb", "'", "\"", "; rm -rf /", "$(id)", "*", "\\", "ü\u{1f600}", "-", "- x", "-1"]
    {
        assert_eq!(bench.gives(&[text]).await, format!("[{text}]"));
    }
}

#[tokio::test]
async fn what_is_no_text_goes_in_as_json() {
    let bench = Bench::exec(&["printf", "%s\n", "$a"]);
    for (value, text) in [
        (Value::Int(-3), "-3"),
        (Value::Bool(true), "true"),
        (Value::Float(0.5), "0.5"),
        (Value::Duration(90_000), "1m30s"),
        (Value::list([Value::text("a b"), Value::Int(1)]), r#"["a b",1]"#),
        (Value::record([("k", Value::text("v\"w"))]), r#"{"k":"v\"w"}"#),
        (
            Value::list([Value::Money(Money::usd_nanos(2_500_000_000))]),
            r#"[{"amount":2.5,"currency":"USD"}]"#,
        ),
    ] {
        let called = bench.called(std::slice::from_ref(&value)).await;
        assert_eq!(called.result.unwrap().0, Value::text(text), "{value:?}");
    }
    // What is not given is not there.
    let bench = Bench::exec(&["sh", "-c", "echo $#", "sh", "$a", "$b"]);
    assert_eq!(bench.called(&[Value::Null, Value::text("x")]).await.result.unwrap().0, Value::text("1"));
}

#[tokio::test]
async fn an_argument_is_no_option() {
    for (text, passes) in [
        ("--force", false),
        ("-f", false),
        ("--upload-pack=touch x", false),
        ("main", true),
        ("-", true),
        ("-1", true),
        ("- a list", true),
    ] {
        let (kind, message) = match Bench::exec(&["echo", "$branch"]).call(&[text]).await {
            Ok(_) => {
                assert!(passes, "{text}");
                continue;
            }
            Err(failure) => (failure.kind, failure.message),
        };
        assert!(!passes, "{text}");
        assert_eq!(kind, FailureKind::Denied);
        assert_eq!(
            message,
            "`branch` begins with `-`, which `echo` would read as an option; the tool can put \"--\" before it, or \
             give it a type of literals"
        );
    }
    let hole =
        expr(ExprKind::Template(Template { pieces: vec![Piece::Hole(expr(ExprKind::Slot(SlotId(0))))] }));
    let as_hole = Bench::new(ToolBody::Exec(vec![constant("echo"), hole]), EffectClass::Write, &["a"]);
    assert_eq!(as_hole.fails(&["-x"]).await.0, FailureKind::Denied);
    assert_eq!(Bench::exec(&["echo", "--", "$a"]).gives(&["-x"]).await, "-- -x");
    assert_eq!(Bench::exec(&["sh", "-c", "$a"]).allow(&["true"]).gives(&["true"]).await, "");
    let words = Type::Union([Type::Literal("-a".into()), Type::Literal("-b".into())].into());
    let chosen = Bench::exec(&["echo", "$a"]).with(|tool| tool.params[0].ty = words);
    assert_eq!(chosen.gives(&["-a"]).await, "-a");
}

#[tokio::test]
async fn output_is_read_as_the_type() {
    let record = Type::Shape([("ok".into(), Type::Bool), ("n".into(), Type::Int)].into());
    for (text, ty, value) in [
        ("echo 3", Type::Int, Value::Int(3)),
        ("echo ' [1, 2] '", Type::list(Type::Int), Value::list([Value::Int(1), Value::Int(2)])),
        ("echo true", Type::Bool, Value::Bool(true)),
        (":", Type::Bool, Value::Bool(true)),
        ("echo anything", Type::Null, Value::Null),
        (":", Type::Int.optional(), Value::Null),
        ("echo 1h30m", Type::Duration, Value::Duration(5_400_000)),
        ("echo ready", Type::Literal("ready".into()), Value::text("ready")),
        (r"printf '\001\377'", Type::Bytes, Value::Bytes([1, 255].into())),
        (r"printf 'a\n\n'", Type::String, Value::text("a")),
        (
            r#"echo '{"n": 1, "ok": true}'"#,
            record,
            Value::record([("ok", Value::Bool(true)), ("n", Value::Int(1))]),
        ),
    ] {
        let bench = shell(text).with(|tool| tool.ty = ty.clone());
        assert_eq!(bench.call(&[]).await, Ok(value), "{text}");
    }
    for (text, ty, message) in [
        ("echo three", Type::Int, "the result is no `int`: found text that is no JSON"),
        ("echo 1.5", Type::Int, "the result is no `int`: expected `int`, found 1.5"),
        ("echo busy", Type::Literal("ready".into()), "the result is no `\"ready\"`"),
        (":", Type::Json, "the result is no `json`: found text that is no JSON"),
    ] {
        let failure = shell(text).with(|tool| tool.ty = ty.clone()).call(&[]).await.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&FailureKind::Invalid, Commit::Done), "{failure}");
        assert!(failure.message.starts_with(message), "{failure}");
    }
}

#[tokio::test]
async fn an_exit_code_is_a_failure_with_what_was_said() {
    for (text, message) in [
        ("echo out; echo bad news >&2; exit 3", "`sh` ended with code 3:\nbad news"),
        ("echo out; exit 1", "`sh` ended with code 1:\nout"),
        ("exit 7", "`sh` ended with code 7"),
        ("kill -SEGV $$", "`sh` was ended by SIGSEGV"),
        ("echo not_found: no >&2; exit 1", "`sh` ended with code 1:\nnot_found: no"),
    ] {
        let failure = shell(text).call(&[]).await.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&FailureKind::Failed, Commit::Unknown), "{failure}");
        assert_eq!(failure.message, message);
    }
    let long = shell("seq 1 100000 >&2; exit 1").call(&[]).await.unwrap_err().message;
    assert!(
        long.starts_with("`sh` ended with code 1:\n…")
            && long.ends_with("99999\n100000")
            && long.len() < 2200
    );
}

#[tokio::test]
async fn a_command_names_its_errors() {
    for (stderr, kind, message) in [
        ("not_found: no such order", FailureKind::Tool("not_found".to_owned()), "no such order"),
        ("not_found", FailureKind::Tool("not_found".to_owned()), "not_found"),
        ("warming up\\nnot_found: x\\n", FailureKind::Tool("not_found".to_owned()), "x"),
        ("denied: ask somebody", FailureKind::Denied, "ask somebody"),
        ("unavailable: later", FailureKind::Unavailable, "later"),
        ("sold_out: no", FailureKind::Failed, "`sh` ended with code 1:\nsold_out: no"),
        ("a\\nnot_found: x\\nb", FailureKind::Failed, "`sh` ended with code 1:\na\nnot_found: x\nb"),
    ] {
        let bench = shell(&format!("printf '{stderr}' >&2; exit 1"))
            .with(|tool| tool.errors = vec!["not_found".into()]);
        assert_eq!(bench.fails(&[]).await, (kind, message.to_owned()));
    }
    // What ends well has not failed, whatever it says.
    let bench = shell("echo not_found >&2; echo fine").with(|tool| tool.errors = vec!["not_found".into()]);
    assert_eq!(bench.gives(&[]).await, "fine");
}

#[tokio::test]
async fn what_cannot_be_started_did_nothing() {
    for (argv, kind, message) in [
        (&["no-such-program"][..], FailureKind::Unavailable, "there is no program `no-such-program`"),
        (&["./none"], FailureKind::Unavailable, "there is no program `./none`"),
        (&["./plain"], FailureKind::Denied, "`./plain` may not be executed"),
        (&["."], FailureKind::Denied, "`.` may not be executed"),
    ] {
        for level in [Sandbox::BestEffort, Sandbox::Off] {
            let bench = Bench::exec(argv).file("plain", "text").with(|tool| tool.sandbox = level);
            let failure = bench.call(&[]).await.unwrap_err();
            assert_eq!((&failure.kind, failure.commit), (&kind, Commit::None), "{failure}");
            assert_eq!(failure.message, message);
        }
    }
    let bench = Bench::exec(&["echo", "$a"]);
    for text in ["a\0b", &"x".repeat(200_000)] {
        assert_eq!(bench.fails(&[text]).await.0, FailureKind::Invalid);
    }
    let mut bench = Bench::exec(&["true"]);
    bench.settings.launcher = "/no/such/launcher".into();
    let failure = bench.call(&[]).await.unwrap_err();
    assert_eq!((&failure.kind, failure.commit), (&FailureKind::Failed, Commit::None), "{failure}");
}

#[tokio::test]
async fn a_script_of_the_work_folder_runs() {
    use std::os::unix::fs::PermissionsExt;
    for level in [Sandbox::BestEffort, Sandbox::Off] {
        let bench =
            Bench::exec(&["./ci/tests", "--json"]).file("ci/tests", "#!/bin/sh\necho \"$0 $1 $(cat)\"\n");
        std::fs::set_permissions(bench.path("ci/tests"), PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(bench.with(|tool| tool.sandbox = level).gives(&[]).await, "./ci/tests --json ");
    }
}

#[tokio::test]
async fn a_timeout_ends_the_command() {
    let bench = Bench::exec(&["sleep", "30"]).timeout(300);
    let (kind, message) = within(Duration::from_secs(5), bench.fails(&[])).await;
    assert_eq!(
        (kind, message.as_str()),
        (FailureKind::Timeout, "`sleep` took longer than 300ms and was ended")
    );
}

#[tokio::test]
async fn many_commands_run_side_by_side() {
    let bench = shell("sleep 0.2; echo done");
    let toolbox = bench.toolbox();
    let calls = (0..8).map(|_| toolbox.call(agentrun_lang::ir::ToolId(0), &[], &bench.context));
    for called in within(Duration::from_secs(5), futures_util::future::join_all(calls)).await {
        assert_eq!(called.result.unwrap().0, Value::text("done"));
    }
}

#[tokio::test]
async fn what_the_sandbox_stopped_is_said_to_be_so() {
    let bench = shell("echo x > /etc/agentrun-test").with(|tool| tool.sandbox = Sandbox::BestEffort);
    let called = bench.called(&[]).await;
    if called.confinement.unwrap().landlock == 0 {
        println!("skipped: this machine has no Landlock");
        return;
    }
    let message = called.result.unwrap_err().message;
    assert!(message.contains("Permission denied\n(its sandbox opens the work folder"), "{message}");
}

#[tokio::test]
async fn no_result_shows_a_key() {
    let mut bench = shell(
        "printf '{\"said\":[\"I have key-of-the-tool and written-in-toml\"],\"where\":\"eu-central-1\"}'",
    )
    .with(|tool| tool.ty = Type::Json);
    bench.settings.env.insert("SERVICE_TOKEN".into(), "key-of-the-tool".into());
    bench.settings.env.insert("REGION".into(), "eu-central-1".into());
    bench.settings.keys.push("written-in-toml".into());
    let value = bench.called(&[]).await.result.unwrap().0.to_string();
    assert!(!value.contains("key-of-the-tool") && !value.contains("written-in-toml"), "{value}");
    assert!(value.contains("I have [SERVICE_TOKEN] and [key]") && value.contains("eu-central-1"), "{value}");
}

#[tokio::test]
async fn what_the_budget_ends_is_no_timeout() {
    let millis = Duration::from_millis;
    let nap = |own, deadline| {
        let mut bench = Bench::exec(&["sleep", "5"]);
        bench.context.timeout = Some(own);
        bench.context.deadline = deadline;
        bench
    };
    let budget = FailureKind::Budget { scope: String::new(), bound: "time".to_owned() };
    for (own, deadline, kind) in [
        (millis(9_000), Some(millis(300)), budget),
        (millis(300), Some(millis(9_000)), FailureKind::Timeout),
        (millis(300), None, FailureKind::Timeout),
    ] {
        let called = within(millis(4_000), nap(own, deadline).called(&[])).await;
        assert_eq!(called.result.unwrap_err().kind, kind, "{own:?} {deadline:?}");
    }
}
