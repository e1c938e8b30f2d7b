//! Time while nobody is at a run: it is nobody's, but a person's `timeout` runs on.

use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::value::Value;
use agentrun_runtime::driver::{Agreement, rebuild};
use agentrun_runtime::journal::{End, EntryKind, InMemory};
use tokio_util::sync::CancellationToken;

use crate::support::{Rules, block_on, compile, run};

#[test]
fn the_gap_counts_in_no_time_budget() {
    let program = compile(
        r#"edition 1
tool look(n: int): int { exec: ["look", n]  effect: read }
agent Main(q: int): int {
  budget: { time: 10s }
  call a { tool: look(q)  -> b }
  call b { tool: look(a)  -> return b }
}
"#,
    );
    let (ended, entries) = run(&program, Rules::new(&program), vec![Value::Int(1)]);
    assert_eq!(ended.end, End::Done { result: Value::Int(3) });
    assert_eq!(ended.spent.time, 2000);
    for cut in 2..entries.len() {
        let rebuilt = rebuild(&program, &entries[..cut], Agreement::Effects).unwrap();
        let host = Rules::new(&program);
        let last = entries[cut - 1].at;
        host.clock.advance(Duration::from_millis(last.unsigned_abs()) + Duration::from_hours(1));
        let driver = host.driver(Arc::new(InMemory::default()));
        let again = block_on(driver.resume(&program, rebuilt, CancellationToken::new())).unwrap();
        assert_eq!(again.end, ended.end, "cut after {cut}");
        assert!((2000..=3000).contains(&again.spent.time), "cut after {cut}: {}", again.spent.time);
    }
}

#[test]
fn a_timeout_of_a_person_runs_on() {
    let program = compile(
        r#"edition 1
agent Main(): string {
  approve ok {
    prompt: "May it?"  timeout: 24h
    when .approved -> return "yes"
    else -> return "no"
    on timeout -> return "too late"
  }
}
"#,
    );
    let (ended, entries) = run(&program, Rules { person: false, ..Rules::new(&program) }, Vec::new());
    assert!(matches!(ended.end, End::Waiting { .. }));
    for (hours, says) in [(23, "yes"), (25, "too late")] {
        let rebuilt = rebuild(&program, &entries, Agreement::Effects).unwrap();
        assert!(rebuilt.only_waits());
        let host = Rules::new(&program);
        host.clock.advance(Duration::from_hours(hours));
        let journal = Arc::new(InMemory::default());
        let driver = host.driver(journal.clone());
        let again = block_on(driver.resume(&program, rebuilt, CancellationToken::new())).unwrap();
        assert_eq!(again.end, End::Done { result: Value::text(says) });
        let whole: Vec<_> = entries.iter().cloned().chain(journal.entries()).collect();
        rebuild(&program, &whole, Agreement::Everything).unwrap();
        let asked =
            |entry: &&agentrun_runtime::journal::Entry| matches!(entry.kind, EntryKind::Requested { .. });
        assert_eq!(journal.entries().iter().filter(asked).count(), usize::from(says == "yes"));
    }
}
