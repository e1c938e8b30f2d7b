//! Tests side by side: each worker has a thread and a runtime of its own and takes the next test that is left.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use agentrun_lang::ir::Test;
use agentrun_runtime::clock::{Clock, SystemClock};
use agentrun_runtime::testing::{BenchError, Case, Ran, Taken, keep, share, shows_prompts, snapshot_file};
use tokio::runtime::{Builder, Runtime};

use super::{Job, Snapshot, Suite, Tested};
use crate::args::TestArgs;

/// Runs every job; `progress` hears how many are done and how many of them do not hold. What comes back stands in the
/// order of the jobs.
pub(super) fn run(
    suites: &[Suite],
    jobs: &[Job],
    args: &TestArgs,
    mut progress: impl FnMut(usize, usize),
) -> Vec<Tested> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let workers = args
        .jobs
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, usize::from)
        .min(jobs.len().max(1));
    let mut tested: Vec<Option<Tested>> = jobs.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                let clock = SystemClock::new();
                let runtime = Builder::new_current_thread().enable_all().build();
                while let Some((index, job)) = take(next, jobs) {
                    let began = clock.elapsed();
                    let done = match &runtime {
                        Ok(runtime) => work(runtime, suites, job, args),
                        Err(error) => broken(format!("no runtime: {error}")),
                    };
                    let took = clock.elapsed().saturating_sub(began);
                    if sender.send((index, Tested { took, ..done })).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut done, mut failed) = (0, 0);
        for (index, result) in receiver {
            done += 1;
            let test = jobs.get(index).and_then(|job| test(suites, job));
            failed += usize::from(!test.is_some_and(|test| result.holds(test)));
            if let Some(place) = tested.get_mut(index) {
                *place = Some(result);
            }
            progress(done, failed);
        }
    });
    tested.into_iter().map(|tested| tested.unwrap_or_else(|| broken("it was not run".to_owned()))).collect()
}

fn take<'a>(next: &AtomicUsize, jobs: &'a [Job]) -> Option<(usize, &'a Job)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(index).map(|job| (index, job))
}

fn test<'a>(suites: &'a [Suite], job: &Job) -> Option<&'a Test> {
    suites.get(job.suite)?.tests().get(job.test)
}

fn broken(why: String) -> Tested {
    Tested { runs: vec![Err(why)], unmet: Vec::new(), took: Duration::ZERO }
}

fn work(runtime: &Runtime, suites: &[Suite], job: &Job, args: &TestArgs) -> Tested {
    let (Some(suite), Some(test)) = (suites.get(job.suite), test(suites, job)) else {
        return broken("it is not there".to_owned());
    };
    let cases = match &job.cases {
        Ok(cases) => cases,
        Err(unmet) => return Tested { runs: Vec::new(), unmet: vec![unmet.clone()], took: Duration::ZERO },
    };
    let runs: Vec<Result<(Ran, Vec<Snapshot>), String>> = cases
        .iter()
        .map(|case| {
            let ran = runtime.block_on(suite.bench.run(test, case)).map_err(|error| told(suite, &error))?;
            let shots = if ran.flow.unanswered.is_empty() {
                snapshots(suite, test, case, &ran, args)
            } else {
                Vec::new()
            };
            Ok((ran, shots))
        })
        .collect();
    let holding = runs.iter().flatten().filter(|(ran, _)| ran.holds()).count();
    let share = share(holding, runs.len());
    let last = runs.iter().flatten().next_back();
    let unmet = last.map(|(ran, _)| suite.bench.judge_all(test, &ran.flow, share)).unwrap_or_default();
    Tested { runs, unmet, took: Duration::ZERO }
}

/// Why a run could not be made, with its place where it has one.
fn told(suite: &Suite, error: &BenchError) -> String {
    match error {
        BenchError::Wrong(wrong) => {
            format!("{}: {}", suite.bench.program().sources.place(wrong.span), wrong.message)
        }
        other => other.to_string(),
    }
}

fn snapshots(suite: &Suite, test: &Test, case: &Case, ran: &Ran, args: &TestArgs) -> Vec<Snapshot> {
    let shot = |name: &Option<agentrun_lang::ast::Name>| {
        let file = snapshot_file(&suite.file, &test.name, name.as_deref(), case.file.as_deref());
        let prompts = args.prompts || shows_prompts(&file);
        let text = if prompts { ran.flow.text_with_prompts() } else { ran.flow.text() };
        let taken = Taken { program: &suite.file, expression: &test.name, text: &text, prompts };
        let kept = keep(&file, &taken, args.update).map_err(|error| error.to_string());
        Snapshot { file, text, kept }
    };
    test.snapshots.iter().map(shot).collect()
}
