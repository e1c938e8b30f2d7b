//! `exec` and `shell`: what a command gives, how it fails, what may run.

use std::time::Duration;

use agentrun_runtime::error::{Commit, FailureKind};

use super::support::{Bench, within};

#[tokio::test]
async fn standard_output_is_the_result() {
    let bench = Bench::exec(&["printf", "%s-%s", "$a", "$b"]);
    assert_eq!(bench.gives(&["one two", "$(id); `x` \"q\""]).await, "one two-$(id); `x` \"q\"");
}

#[tokio::test]
async fn an_exit_code_is_a_failure_with_what_was_said() {
    let bench = Bench::exec(&["sh", "-c", "echo out; echo bad news >&2; exit 3"]);
    let failure = bench.call(&[]).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Failed);
    assert_eq!(failure.commit, Commit::Unknown);
    assert_eq!(failure.message, "`sh` ended with code 3:\nbad news");
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
