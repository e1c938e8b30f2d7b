//! Where a command ends: its limits, its timeout, and what it leaves behind.

use std::time::Duration;

use agentrun_runtime::error::{Commit, FailureKind};

use super::sandbox::{LEVELS, at_each_level, has};
use super::support::{Bench, assert_gone, within};

#[tokio::test]
async fn a_file_ends_at_its_limit() {
    if !has("perl") {
        return;
    }
    let text = "perl -e 'open(F, q(>), q(big)); truncate(F, 1<<29) or die; seek(F, (1<<30)+10, 0); syswrite(F, q(x)); print q(done)'";
    for (level, tried) in at_each_level(text, |bench| bench).await {
        let failure = tried.result.unwrap_err();
        assert!(
            failure.message.contains("code 153") || failure.message.contains("SIGXFSZ"),
            "{level:?}: {failure}"
        );
    }
}

#[tokio::test]
async fn a_busy_loop_ends_at_the_timeout() {
    for (level, tried) in at_each_level("while :; do :; done", |bench| bench.timeout(400)).await {
        let failure = tried.result.unwrap_err();
        assert_eq!((failure.kind, failure.commit), (FailureKind::Timeout, Commit::Unknown), "{level:?}");
    }
}

#[tokio::test]
async fn one_that_ignores_the_first_signal_is_ended_by_the_second() {
    let text = "trap '' TERM; echo $$ > pid; while :; do sleep 1; done";
    let bench = Bench::exec(&["sh", "-c", text]).timeout(300);
    let (kind, _) = within(Duration::from_secs(10), bench.fails(&[])).await;
    assert_eq!(kind, FailureKind::Timeout);
    assert_gone(bench.text("pid").trim()).await;
}

#[tokio::test]
async fn one_that_cleans_up_has_the_time_for_it() {
    let text = "trap 'echo cleaned > state; exit 0' TERM; while :; do sleep 0.1; done";
    let bench = Bench::exec(&["sh", "-c", text]).timeout(500);
    let (kind, _) = within(Duration::from_secs(10), bench.fails(&[])).await;
    assert_eq!(kind, FailureKind::Timeout);
    assert_eq!(bench.text("state"), "cleaned\n");
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_ended() {
    let text = "sleep 61 & echo $! > plain; setsid sleep 62 & echo $! > session; \
                (setsid sh -c 'echo $$ > orphan; exec sleep 63' &) ; (trap '' TERM HUP; sleep 64 & echo $! > deaf); \
                while ! test -s orphan; do sleep 0.01; done; echo done";
    for level in LEVELS {
        let bench = Bench::exec(&["sh", "-c", text]).with(|tool| tool.sandbox = level);
        let called = within(Duration::from_secs(10), bench.called(&[])).await;
        if called.confinement.is_none() {
            continue;
        }
        assert_eq!(called.result.unwrap().0.as_str(), Some("done"), "{level:?}");
        for left in ["plain", "session", "orphan", "deaf"] {
            assert_gone(bench.text(left).trim()).await;
        }
    }
}

#[tokio::test]
async fn what_is_left_at_a_timeout_is_ended_too() {
    let text = "setsid sh -c 'echo $$ > orphan; exec sleep 63' & sleep 60";
    let bench = Bench::exec(&["sh", "-c", text]).timeout(500);
    let (kind, _) = within(Duration::from_secs(10), bench.fails(&[])).await;
    assert_eq!(kind, FailureKind::Timeout);
    assert_gone(bench.text("orphan").trim()).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_its_command() {
    let bench = Bench::exec(&["sh", "-c", "echo $$ > pid; sleep 60"]);
    let dropped = tokio::time::timeout(Duration::from_millis(500), bench.called(&[])).await;
    assert!(dropped.is_err());
    assert_gone(bench.text("pid").trim()).await;
}

#[tokio::test]
async fn a_flood_of_output_is_stopped() {
    for stream in ["", " >&2"] {
        let text = format!("head -c 100000000 /dev/zero{stream}; echo $? > survived");
        for (level, tried) in at_each_level(&text, |bench| bench).await {
            let failure = tried.result.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Failed, "{level:?}");
            assert_eq!(failure.message, "`sh` wrote more than 8 MiB and was ended");
        }
    }
}

#[tokio::test]
async fn a_long_text_keeps_its_ends() {
    let bench =
        Bench::exec(&["sh", "-c", "echo first; head -c 1000000 /dev/zero | tr '\\0' x; echo; echo last"]);
    let text = bench.gives(&[]).await;
    assert!(text.starts_with("first\nxxx") && text.ends_with("xxx\nlast"));
    assert!(text.contains("\n[934475 bytes left out]\n"), "{}", text.len());
    assert!(text.len() < 66_000);
}
