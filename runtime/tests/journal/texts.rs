//! Every kind of entry, with a text in every place that can hold one: with texts it is read as it was written, without
//! them no text is in the file.

use std::sync::Arc;

use agentrun_lang::span::Span;
use agentrun_lang::value::{Labels, Value};
use agentrun_runtime::chat::{FinishReason, ToolCall};
use agentrun_runtime::error::{Failure, FailureKind};
use agentrun_runtime::journal::{
    About, End, Entry, EntryKind, FORMAT, Journal as _, JournalError, Outlasts, Sqlite,
};
use agentrun_runtime::machine::{
    Answer, EffectId, Event, EventKind, ModelAnswer, Note, Outcome, RunError, Spent,
};
use serde_json::json;

/// Stands wherever somebody's words can.
const WORDS: &str = "somebody's own words";

fn event(kind: EventKind) -> Event {
    Event { at: 5, kind }
}

fn finished(result: Result<Answer, Failure>) -> Event {
    event(EventKind::Finished {
        effect: EffectId("ask#1".into()),
        outcome: Outcome { result, spent: Spent { cost: Some(7), time: 1, calls: 1, input: 2, output: 3 } },
    })
}

fn entries() -> Vec<Entry> {
    let words = || Value::text(WORDS);
    let record = || Value::record([("text", words()), ("count", Value::Int(3)), ("none", Value::Null)]);
    let failure = || Failure::new(FailureKind::Tool("not_found".into()), WORDS);
    let requested = |kind: &str, what: &str, arguments| EntryKind::Requested {
        effect: EffectId("ask#1".into()),
        kind: kind.into(),
        what: what.into(),
        arguments,
        request: "00".into(),
    };
    let call = |arguments, echo| ToolCall { id: "1".into(), name: "find".into(), arguments, echo };
    let answer = |value: Option<Value>, tool_calls| {
        Answer::Model(ModelAnswer {
            value,
            text: WORDS.into(),
            tool_calls,
            target: "a/b".into(),
            attempts: 2,
            finish: FinishReason::Stop,
        })
    };
    let left = |result| Note::Left { path: "ask#1".into(), result, to: "return".into(), edge: None };
    let error = RunError { failure: failure(), span: Span::default(), state: "Main.ask".into() };
    let calls = vec![call(json!({ "q": WORDS }), Some(json!([WORDS]))), call(json!(WORDS), None)];
    let kinds = vec![
        EntryKind::Started { format: FORMAT, program: "hash".into(), agent: "Main".into() },
        EntryKind::Happened {
            event: event(EventKind::Begin {
                agent: 0,
                input: vec![words(), record(), Value::Null, Value::List(Arc::new(vec![words()]))],
                caller: Value::record([("tenant", words())]),
            }),
        },
        EntryKind::Noted {
            note: Note::Entered {
                path: "ask#1".into(),
                state: "Main.ask".into(),
                kind: "ask".into(),
                visit: 1,
            },
        },
        requested("model", "main", None),
        requested("tool", "find", Some(json!({ "q": WORDS, "n": 1 }))),
        requested("human", WORDS, Some(json!({ "shown": WORDS }))),
        requested("wait", "", Some(json!({ "shown": WORDS }))),
        EntryKind::Confined { effect: EffectId("ask#1".into()), level: "base".into(), policy: "00".into() },
        EntryKind::Happened { event: finished(Ok(answer(Some(words()), Vec::new()))) },
        EntryKind::Happened { event: finished(Ok(answer(Some(record()), Vec::new()))) },
        EntryKind::Happened { event: finished(Ok(answer(None, calls))) },
        EntryKind::Happened { event: finished(Ok(Answer::Tool(record(), Labels::TOOL))) },
        EntryKind::Happened { event: finished(Ok(Answer::Human(words()))) },
        EntryKind::Happened { event: finished(Ok(Answer::Parked)) },
        EntryKind::Happened { event: finished(Err(failure())) },
        EntryKind::Happened {
            event: event(EventKind::Resumed { lost: vec![(EffectId("ask#1".into()), Spent::FREE)] }),
        },
        EntryKind::Noted { note: left(Ok(record())) },
        EntryKind::Noted { note: left(Err("timeout".into())) },
        EntryKind::Happened { event: event(EventKind::Cancel) },
        EntryKind::Late { event: finished(Ok(Answer::Tool(words(), Labels::NONE))) },
        EntryKind::Finished { end: End::Waiting { on: vec![EffectId("ask#1".into())] } },
        EntryKind::Finished { end: End::Done { result: record() } },
        EntryKind::Finished { end: End::Failed { error } },
    ];
    kinds.into_iter().zip(0..).map(|(kind, seq)| Entry { run: "run1".into(), seq, at: 5, kind }).collect()
}

fn written(texts: bool) -> (tempfile::TempDir, Arc<Sqlite>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("runs.db")).unwrap());
    let user = Some("ana".to_string());
    let about = About { run: "run1".into(), user, texts, ..About::default() };
    let recording = store.record(about).unwrap();
    recording.append_all(&entries(), Outlasts::PowerCut).unwrap();
    (folder, store)
}

fn is_in_file(folder: &tempfile::TempDir) -> bool {
    ["runs.db", "runs.db-wal"].iter().any(|part| {
        let bytes = std::fs::read(folder.path().join(part)).unwrap_or_default();
        bytes.windows(WORDS.len()).any(|window| window == WORDS.as_bytes())
    })
}

#[test]
fn what_is_written_is_read() {
    let (folder, store) = written(true);
    assert_eq!(store.entries("run1").unwrap(), entries());
    assert!(is_in_file(&folder));
    let line = store.find("run").unwrap();
    assert_eq!(line.spent, Spent { cost: Some(56), time: 0, calls: 8, input: 16, output: 24 });
    store.forget("ana").unwrap();
    assert!(!is_in_file(&folder), "forgotten to the last byte");
    assert!(matches!(store.entries("run1"), Err(JournalError::Forgotten { seq: 1, .. })));
    assert_eq!(store.entries_for_show("run1", "gone").unwrap().len(), entries().len());
    assert!(store.damage().unwrap().is_empty());
}

#[test]
fn without_content_no_text_is_kept() {
    let (folder, store) = written(false);
    assert!(!is_in_file(&folder));
    assert!(matches!(store.entries("run1"), Err(JournalError::Forgotten { .. })));
    assert_eq!(store.entries_for_show("run1", "gone").unwrap().len(), entries().len());
}
