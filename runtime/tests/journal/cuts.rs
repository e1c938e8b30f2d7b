//! A run of some thirty effects, cut after every entry of its record and taken up again.

use std::sync::Arc;

use agentrun_lang::value::Value;
use agentrun_runtime::driver::{Agreement, Ended, Fate, RebuildError, rebuild};
use agentrun_runtime::journal::{End, Entry, EntryKind, InMemory, Journal as _};
use agentrun_runtime::machine::EventKind;
use tokio_util::sync::CancellationToken;

use crate::support::{Rules, block_on, compile, run};

const PROGRAM: &str = include_str!("thirty.agent");

/// Takes up a run whose record was cut, in the world that it left, and gives the whole record.
fn resume(host: Rules, entries: &[Entry]) -> (Ended, Vec<Entry>) {
    let program = host.program.clone();
    let rebuilt = rebuild(&program, entries, Agreement::Effects).unwrap();
    let journal = Arc::new(InMemory::default());
    journal.append_all(entries, agentrun_runtime::journal::Outlasts::Kill).unwrap();
    let driver = host.driver(journal.clone());
    let ended = block_on(driver.resume(&program, rebuilt, CancellationToken::new())).unwrap();
    (ended, journal.entries())
}

fn is_outcome(entry: &Entry) -> Option<String> {
    match &entry.kind {
        EntryKind::Happened { event } => match &event.kind {
            EventKind::Finished { effect, .. } => Some(effect.to_string()),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn a_run_cut_anywhere_comes_to_the_same_end_and_repeats_only_what_was_under_way() {
    let program = compile(PROGRAM);
    let whole = Rules::new(&program);
    let (ended, entries) = run(&program, whole, vec![Value::Int(1)]);
    assert!(matches!(ended.end, End::Done { .. }), "{:?}", ended.end);
    let effects = entries.iter().filter_map(is_outcome).count();
    assert!(effects >= 30, "{effects} effects");
    for cut in 2..=entries.len() {
        let known = &entries[..cut];
        // What had ended by then had been done once; what was under way may have been done, too.
        let host = Rules::new(&program);
        let world = host.world.clone();
        let finished: Vec<String> = known.iter().filter_map(is_outcome).collect();
        let (again, record) = resume(host, known);
        assert_eq!(again.end, ended.end, "cut after {cut}");
        for effect in &finished {
            assert!(!world.asked.lock().unwrap().contains_key(effect), "cut after {cut}: {effect} ran again");
        }
        // Each result stands in the record once, and the whole of it gives the same run again, bit for bit.
        let mut outcomes: Vec<String> = record.iter().filter_map(is_outcome).collect();
        outcomes.sort();
        let all = outcomes.len();
        outcomes.dedup();
        assert_eq!((outcomes.len(), all), (effects, effects), "cut after {cut}");
        let rebuilt = rebuild(&program, &record, Agreement::Everything)
            .unwrap_or_else(|wrong| panic!("{cut}: {wrong}"));
        assert_eq!(rebuilt.end.as_ref(), Some(&ended.end), "cut after {cut}");
        let order: Vec<u64> = record.iter().map(|entry| entry.seq).collect();
        assert_eq!(order, (0..record.len() as u64).collect::<Vec<_>>(), "cut after {cut}");
        // A lost model call is paid for as what was held for it.
        let lost = record.iter().filter_map(|entry| match &entry.kind {
            EntryKind::Happened { event } => match &event.kind {
                EventKind::Resumed { lost } => {
                    Some(lost.iter().map(|(_, spent)| spent.cost.unwrap()).sum::<i64>())
                }
                _ => None,
            },
            _ => None,
        });
        assert_eq!(
            again.spent.cost,
            ended.spent.cost.map(|cost| cost + lost.sum::<i64>()),
            "cut after {cut}"
        );
    }
    assert!(matches!(
        rebuild(&program, &entries[..1], Agreement::Effects),
        Err(RebuildError::NotBegun { .. })
    ));
}

#[test]
fn a_write_without_once_waits_for_a_person_and_is_never_repeated_unseen() {
    let program = compile(PROGRAM);
    let (ended, entries) = run(&program, Rules::new(&program), vec![Value::Int(1)]);
    let cut = entries
        .iter()
        .position(|entry| matches!(&entry.kind, EntryKind::Requested { what, .. } if what == "put"))
        .unwrap();
    let known = &entries[..=cut];
    let host = Rules { fate: Fate::Open, ..Rules::new(&program) };
    let world = host.world.clone();
    let (waits, record) = resume(host, known);
    let EntryKind::Requested { effect, .. } = &known[cut].kind else { panic!("a request") };
    assert_eq!(waits.end, End::Waiting { on: vec![effect.clone()] });
    assert!(world.done.lock().unwrap().is_empty());
    // The person says that it took place: it is not called, and the run goes on with what it gave.
    let given = agentrun_runtime::machine::Answer::Tool(Value::Int(3), agentrun_lang::value::Labels::TOOL);
    let host = Rules { fate: Fate::Ended(Ok(given)), ..Rules::new(&program) };
    let world = host.world.clone();
    let (again, record) = resume(host, &record);
    assert_eq!(again.end, ended.end);
    assert!(!world.done.lock().unwrap().contains_key(&effect.to_string()));
    rebuild(&program, &record, Agreement::Everything).unwrap();
}

#[test]
fn a_program_that_asks_something_else_is_told_where_it_differs() {
    let program = compile(PROGRAM);
    let (_, entries) = run(&program, Rules::new(&program), vec![Value::Int(1)]);
    let changed = compile(&PROGRAM.replace("How much is ${paid}?", "How many is ${paid}?"));
    let wrong = rebuild(&changed, &entries, Agreement::Effects).unwrap_err();
    let RebuildError::Diverged { at, .. } = &wrong else { panic!("{wrong}") };
    assert_eq!(at, "effect `one#1/said#1`", "{wrong}");
    insta::assert_snapshot!(wrong.to_string());
    // What comes behind what is known may differ.
    let changed = compile(&PROGRAM.replace("Is ${all} right?", "Are ${all} right?"));
    let approval = entries
        .iter()
        .position(|entry| matches!(&entry.kind, EntryKind::Requested { kind, .. } if kind == "human"));
    assert!(rebuild(&changed, &entries[..approval.unwrap()], Agreement::Effects).is_ok());
    assert!(rebuild(&changed, &entries, Agreement::Effects).is_err());
}

#[test]
fn an_altered_record_is_told_at_its_first_difference() {
    let program = compile(PROGRAM);
    let (_, mut entries) = run(&program, Rules::new(&program), vec![Value::Int(1)]);
    let last = entries.last_mut().unwrap();
    last.kind = EntryKind::Finished { end: End::Done { result: Value::Int(4) } };
    let wrong = rebuild(&program, &entries, Agreement::Everything).unwrap_err();
    assert!(wrong.to_string().contains("the end"), "{wrong}");
    assert!(rebuild(&program, &entries, Agreement::Effects).is_ok());
}

#[test]
fn two_that_wait_are_answered_in_one_go() {
    let program = compile(
        r#"edition 1
agent Main(): string {
  parallel both {
    approve one { prompt: "One?" }
    approve two { prompt: "Two?" }
    when both.one.approved and both.two.approved -> return "both"
    else -> return "not both"
  }
}
"#,
    );
    let (waits, entries) = run(&program, Rules { person: false, ..Rules::new(&program) }, Vec::new());
    assert!(waits.end.waits());
    // Nobody is there the second time either.
    let (waits, entries) = resume(Rules { person: false, ..Rules::new(&program) }, &entries);
    assert!(waits.end.waits());
    let (ended, entries) = resume(Rules::new(&program), &entries);
    assert_eq!(ended.end, End::Done { result: Value::text("both") });
    assert_eq!(rebuild(&program, &entries, Agreement::Everything).unwrap().end, Some(ended.end));
}
