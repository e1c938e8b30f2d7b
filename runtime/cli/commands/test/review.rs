//! `agentrun test --review`: each new snapshot beside what was accepted, and a question.

use std::fs;
use std::io::{self, BufRead as _};
use std::path::Path;

use agentrun_runtime::testing::Kept;

use super::lines::{Side, difference};
use super::{Job, Snapshot, Suite, Tested};
use crate::output;

/// What a person said to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Yes to each.
    Accepted,
    /// No, or not yet, to one at least.
    Open,
}

/// Asks about every snapshot that waits.
pub(super) fn review(tested: &[Tested]) -> Answer {
    let waiting: Vec<&Snapshot> = tested
        .iter()
        .flat_map(|tested| tested.runs.iter().flatten())
        .flat_map(|(_, shots)| shots)
        .filter(|shot| matches!(shot.kept, Ok(Kept::New(_) | Kept::Changed { .. })))
        .collect();
    let mut answer = Answer::Accepted;
    for (n, shot) in waiting.iter().enumerate() {
        output::err(&format!("\n{} of {}: {}\n", n + 1, waiting.len(), shot.file.display()));
        let (old, pending) = match &shot.kept {
            Ok(Kept::Changed { old, pending }) => (old.as_str(), pending),
            Ok(Kept::New(pending)) => ("", pending),
            _ => continue,
        };
        for (side, line) in difference(old, &shot.text) {
            let sign = match side {
                Side::Both => ' ',
                Side::Wanted => '-',
                Side::Found => '+',
            };
            output::err(&format!("  {sign} {line}\n"));
        }
        match ask(&shot.file, pending) {
            Some(true) => {}
            Some(false) => answer = Answer::Open,
            None => return Answer::Open,
        }
    }
    answer
}

/// Whether it was accepted; `None` where nobody is there any more.
fn ask(file: &Path, pending: &Path) -> Option<bool> {
    loop {
        output::err("  [a]ccept, [r]eject, [s]kip? ");
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).ok()? == 0 {
            return None;
        }
        let (done, accepted) = match line.trim() {
            "a" | "accept" => (fs::rename(pending, file), true),
            "r" | "reject" => (fs::remove_file(pending), false),
            "s" | "skip" => return Some(false),
            _ => continue,
        };
        return match done {
            Ok(()) => Some(accepted),
            Err(error) => {
                output::complain(&format!("{}: {error}", pending.display()));
                Some(false)
            }
        };
    }
}

/// How many tests fail for nothing but a snapshot that waits.
pub(super) fn pending_only(suites: &[Suite], jobs: &[Job], tested: &[Tested]) -> usize {
    let all = jobs.iter().zip(tested);
    all.filter(|(job, tested)| {
        let Some(test) = suites.get(job.suite).and_then(|suite| suite.tests().get(job.test)) else {
            return false;
        };
        let rest = tested.unmet.is_empty()
            && tested.runs.iter().all(|run| run.as_ref().is_ok_and(|(ran, _)| ran.holds()));
        rest && !tested.holds(test)
    })
    .count()
}
