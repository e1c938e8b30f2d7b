//! Faults of providers, met by the built binary: what each leads to, how often each server is asked, what the
//! reader sees.

use std::time::Duration;

use agentrun_runtime::clock::{Clock as _, SystemClock};

use crate::support::command::{Agentrun, Ran};
use crate::support::server::{Behaviour, Dialect, Server};

const AGENT: &str = r#"edition 1

model both { use: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"]  timeout: 2s }

agent Ask(q: string): string {
  budget: { cost: $1, time: 20s }
  ask answer { model: both  prompt: "${q}"  -> return answer }
}
"#;

const TYPED: &str = r#"edition 1

type Sum { total: int }

model both { use: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"]  timeout: 2s }

agent Ask(q: string): int {
  budget: { cost: $1, time: 20s }
  ask answer: Sum { model: both  prompt: "${q}"  -> return answer.total }
}
"#;

/// A row of the table.
struct Fault {
    name: &'static str,
    first: Vec<Behaviour>,
    second: Vec<Behaviour>,
    /// Requests at the first and the second server.
    asked: (usize, usize),
    code: i32,
    out: &'static str,
    /// What standard error must say.
    says: &'static [&'static str],
}

fn run(program: &str, first: &Server, second: &Server, flags: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ask.agent");
    std::fs::write(&file, program).unwrap();
    let mut args = vec![file.to_str().unwrap(), "--q", "hi"];
    args.extend(flags);
    Agentrun::with(&args)
        .env("OPENAI_API_KEY", "sk-first-key")
        .env("OPENAI_BASE_URL", &format!("{}/v1", first.url))
        .env("ANTHROPIC_API_KEY", "sk-second-key")
        .env("ANTHROPIC_BASE_URL", &second.url)
        .run()
}

fn check(fault: &Fault, program: &str) {
    let first = Server::start(Dialect::OpenAi, fault.first.clone());
    let second = Server::start(Dialect::Anthropic, fault.second.clone());
    let began = SystemClock::new();
    let ran = run(program, &first, &second, &[]);
    let name = fault.name;
    assert_eq!((first.requests(), second.requests()), fault.asked, "{name}: requests\n{}", ran.err);
    assert_eq!(ran.code, fault.code, "{name}: exit code\n{}\n{}", ran.out, ran.err);
    assert_eq!(ran.out.trim_end(), fault.out, "{name}: result\n{}", ran.err);
    for word in fault.says {
        assert!(ran.err.contains(word), "{name}: standard error lacks `{word}`:\n{}", ran.err);
    }
    assert!(!ran.err.contains("sk-"), "{name}: a key is shown:\n{}", ran.err);
    assert!(began.elapsed() < Duration::from_secs(15), "{name} took {:?}", began.elapsed());
}

/// Faults that another candidate mends.
#[expect(clippy::too_many_lines, reason = "a table, a row a fault")]
fn passing() -> Vec<Fault> {
    use Behaviour::{CutAfter, Empty, Garbage, Hangs, Says, Status};
    let says = || vec![Says("hello from the second")];
    let ok = "hello from the second";
    vec![
        Fault {
            name: "all well",
            first: vec![Says("hello")],
            second: says(),
            asked: (1, 0),
            code: 0,
            out: "hello",
            says: &[],
        },
        Fault {
            name: "a rate limit goes to the next provider at once",
            first: vec![Status(
                429,
                &[("retry-after", "20")],
                r#"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#,
            )],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &["anthropic/claude-haiku-4-5"],
        },
        Fault {
            name: "an account without money",
            first: vec![Status(
                429,
                &[],
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            )],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &[],
        },
        Fault {
            name: "a storm of 500s",
            first: vec![Status(500, &[], "{}")],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &[],
        },
        Fault {
            name: "overloaded",
            first: vec![Status(529, &[], "{}")],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &[],
        },
        Fault {
            name: "a key that is not taken",
            first: vec![Status(
                401,
                &[],
                r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            )],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &["Incorrect API key"],
        },
        Fault {
            name: "a hang",
            first: vec![Hangs],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &[],
        },
        Fault {
            name: "invalid JSON",
            first: vec![Garbage],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &[],
        },
        Fault {
            name: "an empty 200",
            first: vec![Empty],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &[],
        },
        Fault {
            name: "a stream cut before its first word",
            first: vec![CutAfter("")],
            second: says(),
            asked: (1, 1),
            code: 0,
            out: ok,
            says: &[],
        },
    ]
}

/// Faults that end the call.
fn ending() -> Vec<Fault> {
    use Behaviour::{Refuses, Says, Status};
    let says = || vec![Says("hello from the second")];
    vec![
        Fault {
            name: "a request that is wrong anywhere",
            first: vec![Status(
                400,
                &[],
                r#"{"error":{"message":"Invalid value","type":"invalid_request_error"}}"#,
            )],
            second: says(),
            asked: (1, 0),
            code: 1,
            out: "",
            says: &["Invalid value"],
        },
        Fault {
            name: "a refusal is no reason to ask a laxer model",
            first: vec![Refuses],
            second: says(),
            asked: (1, 0),
            code: 1,
            out: "",
            says: &["refused"],
        },
        Fault {
            name: "both down",
            first: vec![Status(503, &[], "{}")],
            second: vec![Status(503, &[], "{}")],
            asked: (1, 1),
            code: 1,
            out: "",
            says: &["unavailable", "openai/gpt-5-mini", "anthropic/claude-haiku-4-5"],
        },
    ]
}

#[test]
fn each_fault_leads_where_the_table_says() {
    for fault in passing().iter().chain(&ending()) {
        check(fault, AGENT);
    }
}

/// What was shown stays shown: nobody is asked for the same words again, and the run says why it ended.
#[test]
fn a_stream_cut_after_words_is_said_and_nothing_is_emitted_twice() {
    let first = Server::start(Dialect::OpenAi, vec![Behaviour::CutAfter("The sky is ")]);
    let second = Server::start(Dialect::Anthropic, vec![Behaviour::Says("The sky is blue.")]);
    let ran = run(AGENT, &first, &second, &["--json"]).exits(1);
    let events: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: String = events.iter().filter_map(|event| event["text"].as_str()).collect();
    assert_eq!(shown, "The sky is ");
    assert!(events.iter().any(|event| event["event"] == "retracted"), "{}", ran.out);
    assert_eq!(events.last().unwrap()["failure"]["kind"], "unavailable");
    assert_eq!((first.requests(), second.requests()), (1, 0));
}

#[test]
fn without_a_stream_the_same_cut_goes_to_the_next_provider() {
    let first = Server::start(Dialect::OpenAi, vec![Behaviour::CutAfter("The sky is ")]);
    let second = Server::start(Dialect::Anthropic, vec![Behaviour::Says("The sky is blue.")]);
    let quiet = AGENT.replace("prompt: \"${q}\"", "prompt: \"${q}\"  stream: false");
    let ran = run(&quiet, &first, &second, &[]).exits(0);
    assert_eq!(ran.out.trim_end(), "The sky is blue.");
    assert_eq!((first.requests(), second.requests()), (1, 1));
}

#[test]
fn a_typed_answer_that_is_cut_goes_to_the_next_provider() {
    let fault = Fault {
        name: "a typed answer cut short",
        first: vec![Behaviour::CutAfter("{\"total\": ")],
        second: vec![Behaviour::Says("{\"total\": 4}")],
        asked: (1, 1),
        code: 0,
        out: "4",
        says: &[],
    };
    check(&fault, TYPED);
}

#[test]
fn no_key_is_an_error_with_the_mend_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ask.agent");
    std::fs::write(&file, AGENT).unwrap();
    let ran = Agentrun::with(&[file.to_str().unwrap(), "--q", "hi"]).run().exits(1);
    assert!(ran.err.contains("OPENAI_API_KEY"), "{}", ran.err);
    assert!(ran.err.contains("ANTHROPIC_API_KEY"), "{}", ran.err);
}

#[test]
fn ctrl_c_ends_the_run_with_130_and_a_complete_record() {
    ends_by("-INT", 130);
}

#[test]
fn sigterm_ends_the_run_with_143_and_a_complete_record() {
    ends_by("-TERM", 143);
}

fn ends_by(signal: &str, code: i32) {
    let first = Server::start(Dialect::OpenAi, vec![Behaviour::Hangs]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ask.agent");
    let record = folder.path().join("run.jsonl");
    std::fs::write(&file, AGENT.replace("2s", "20s")).unwrap();
    let child = Agentrun::with(&[file.to_str().unwrap(), "--q", "hi", "--record", record.to_str().unwrap()])
        .env("OPENAI_API_KEY", "sk-first-key")
        .env("OPENAI_BASE_URL", &format!("{}/v1", first.url))
        .spawn();
    let began = SystemClock::new();
    while first.requests() == 0 && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let interrupted =
        std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&record).unwrap();
    let last = text.lines().last().unwrap();
    assert!(last.contains("\"finished\"") && last.contains("Canceled"), "{text}");
}
