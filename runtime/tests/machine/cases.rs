//! Programs with scripts, and the records of their runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use agentrun_lang::ir::Program;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_runtime::machine::{Event, EventKind, Run, RunId, step};

use crate::support::play::{Played, play};

#[test]
fn every_case_gives_its_record() {
    insta::glob!("cases/*.agent", |path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        insta::assert_snapshot!(played(&name).1.text);
    });
}

#[test]
fn every_case_replays() {
    for name in PROGRAMS.keys() {
        let (program, played) = played(name);
        let mut run = Run::new(RunId("again".into()));
        for (event, known) in played.events.iter().zip(&played.steps) {
            let said = format!("{:?}", step(program, &mut run, event.clone()));
            assert_eq!(&said, known, "{name}");
        }
        assert_eq!(run.spending(), played.run.spending(), "{name}");
    }
}

/// The programs of all cases, by name.
pub(crate) static PROGRAMS: LazyLock<BTreeMap<String, Program>> = LazyLock::new(|| {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let agents = files.filter(|path| path.extension().is_some_and(|ending| ending == "agent"));
    agents.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), compile(&path))).collect()
});

fn compile(file: &Path) -> Program {
    let text = std::fs::read_to_string(file).unwrap();
    let path = ModulePath::file("main.agent");
    let compilation = agentrun_lang::compile(&path, &MemoryLoader::default().with(path.clone(), text));
    let said: Vec<&str> = compilation.diagnostics.iter().map(|said| said.message.as_str()).collect();
    compilation.program.unwrap_or_else(|| panic!("{} does not compile: {said:?}", file.display()))
}

fn played(name: &str) -> (&'static Program, Played) {
    let program = &PROGRAMS[name];
    let script = std::fs::read_to_string(folder().join(format!("{name}.script.json"))).unwrap();
    let script = serde_json::from_str(&script).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    (program, play(program, script))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/cases")
}

/// A process that goes away between two events and comes back an hour later changes nothing but the hour.
#[test]
fn every_case_goes_on_after_a_gap() {
    const HOUR: i64 = 3_600_000;
    for name in PROGRAMS.keys() {
        let (program, played) = played(name);
        for cut in 1..played.events.len() {
            let mut run = Run::new(RunId("again".into()));
            let (before, after) = played.events.split_at(cut);
            for event in before {
                step(program, &mut run, event.clone());
            }
            // What was cancelled went with the process, and who was not there is asked again: not the same run.
            if run.canceled_effects().next().is_some() || run.open_effects().any(|id| run.is_parked(id)) {
                continue;
            }
            let at = before.last().map_or(0, |event| event.at) + HOUR;
            step(program, &mut run, Event { at, kind: EventKind::Resumed { lost: Vec::new() } });
            let mut said = None;
            for event in after {
                let event = Event { at: event.at + HOUR, kind: event.kind.clone() };
                said = Some(format!("{:?}", step(program, &mut run, event)));
            }
            assert_eq!(said.as_ref(), played.steps.last(), "{name}, cut after {cut}");
            assert_eq!(run.spending(), played.run.spending(), "{name}, cut after {cut}");
        }
    }
}
