//! `agentrun test`: finds the tests of files, runs them side by side, tells what does not hold.

mod junit;
mod lines;
mod review;
mod show;
mod work;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::graph::svg_marked;
use agentrun_lang::ir::Test;
use agentrun_lang::span::Span;
use agentrun_runtime::config::Environment;
use agentrun_runtime::driver::price_table;
use agentrun_runtime::testing::{
    Bench, Case, Coverage, Green, Kept, Mode, Ran, Surroundings, Unmet, Why, snapshot_file,
};
use agentrun_runtime::watch::Watch;

use self::show::Show;
use crate::args::TestArgs;
use crate::compile::{Compiled, compile, configuration};
use crate::exit::Exit;
use crate::files;
use crate::output;

/// The tests of one file.
pub(super) struct Suite {
    /// The file.
    pub(super) file: PathBuf,
    /// What runs them.
    pub(super) bench: Bench,
}

/// One test with the runs that it stands for.
pub(super) struct Job {
    /// Which suite.
    pub(super) suite: usize,
    /// Which of its tests.
    pub(super) test: usize,
    /// Its runs; the reason where there are none.
    pub(super) cases: Result<Vec<Case>, Unmet>,
}

/// What came of a test.
pub(super) struct Tested {
    /// Its runs: each with its snapshots, or why it could not be run.
    pub(super) runs: Vec<Result<(Ran, Vec<Snapshot>), String>>,
    /// What does not hold of all of them together.
    pub(super) unmet: Vec<Unmet>,
    /// How long it took.
    pub(super) took: Duration,
}

/// A snapshot of a run.
pub(super) struct Snapshot {
    /// Its file.
    pub(super) file: PathBuf,
    /// The run as it is now.
    pub(super) text: String,
    /// What became of it.
    pub(super) kept: Result<Kept, String>,
}

impl Job {
    fn of<'a>(&self, suites: &'a [Suite]) -> Option<(&'a Suite, &'a Test)> {
        let suite = suites.get(self.suite)?;
        Some((suite, suite.tests().get(self.test)?))
    }

    /// Whether it held with all that it depends on as it is now.
    fn is_green(&self, suites: &[Suite], green: &Green) -> bool {
        self.of(suites)
            .is_some_and(|(suite, test)| green.holds(&suite.file, &test.name, &suite.bench.fingerprint(test)))
    }

    fn note(&self, suites: &[Suite], green: &mut Green, holds: bool) {
        if let Some((suite, test)) = self.of(suites) {
            green.note(&suite.file, &test.name, &suite.bench.fingerprint(test), holds);
        }
    }
}

impl Suite {
    fn tests(&self) -> &[Test] {
        &self.bench.program().tests
    }
}

impl Tested {
    /// Whether all of it holds. A test that speaks of a share bears single runs that do not.
    pub(super) fn holds(&self, test: &Test) -> bool {
        let kept = |snapshot: &Snapshot| matches!(snapshot.kept, Ok(Kept::Same | Kept::Written));
        let run = |run: &Result<(Ran, Vec<Snapshot>), String>| {
            run.as_ref().is_ok_and(|(ran, shots)| {
                (ran.holds() || Bench::is_of_share(test))
                    && ran.flow.unanswered.is_empty()
                    && shots.iter().all(kept)
            })
        };
        self.unmet.is_empty() && self.runs.iter().all(run)
    }
}

/// Tests every file, and again with `--watch`.
pub(crate) fn test(args: &TestArgs) -> Exit {
    if !args.watch {
        return once(args, args.changed);
    }
    // Before the first run: what is saved while that goes on counts.
    let watch = match Watch::over(&args.paths) {
        Ok(watch) => watch,
        Err(error) => {
            output::complain(&error.to_string());
            return Exit::Failed;
        }
    };
    let mut exit = once(args, args.changed);
    loop {
        if !args.json {
            output::err("watching; Ctrl-C ends it\n\n");
        }
        if watch.next(is_read).is_none() {
            return exit;
        }
        exit = once(args, true);
    }
}

/// Whether a test may depend on a file: on programs, cases, cassettes, and what `file("…")` reads. Snapshots that were
/// accepted count; what waits for review is written by the tests themselves.
fn is_read(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hidden = path.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".git"));
    !(hidden || name.ends_with(".snap.new") || name.starts_with(".#") || name.ends_with('~'))
}

/// Tests every file once; with `changed` only what depends on something that is another now.
fn once(args: &TestArgs, changed: bool) -> Exit {
    let files = match files::agent_files(&args.paths) {
        Ok(files) => files,
        Err(message) => {
            output::complain(&message);
            return Exit::Usage;
        }
    };
    let environment = Environment::of_process();
    let mut suites = Vec::new();
    let mut broken = false;
    for file in &files {
        match suite(file, args, &environment) {
            Ok(suite) => suites.extend(suite),
            Err(Exit::DoesNotCompile) => broken = true,
            Err(exit) => return exit,
        }
    }
    let mut green = Green::open(environment.user_cache().as_deref());
    let found = jobs(&suites, args);
    let all = found.len();
    let jobs: Vec<Job> = if changed {
        found.into_iter().filter(|job| !job.is_green(&suites, &green)).collect()
    } else {
        found
    };
    if jobs.is_empty() && all > 0 && !broken {
        output::err(&format!("{all} tests, none depends on what has changed since it held\n"));
        return Exit::Done;
    }
    if jobs.is_empty() && !broken {
        let why = if suites.is_empty() { "there is no test here" } else { "no test has such a name" };
        output::complain(&format!(
            "{why}; a test stands in its file: `test \"name\" {{ agent: Main(…) … }}`"
        ));
        return Exit::Usage;
    }
    let mut show = Show::new(args, &suites);
    let tested = work::run(&suites, &jobs, args, |done, failed| show.progress(done, jobs.len(), failed));
    show.clear();
    let mut failed = 0;
    for (job, tested) in jobs.iter().zip(&tested) {
        let holds = show.test(job, tested);
        failed += usize::from(!holds);
        job.note(&suites, &mut green, holds);
    }
    // A cache that cannot be written costs time, and no test.
    let _ = green.save();
    let covered = coverage(&suites, &jobs, &tested);
    if args.coverage {
        show.coverage(&covered);
    }
    if let Some(folder) = &args.svg
        && let Err(error) = draw(folder, &suites, &covered)
    {
        output::complain(&format!("cannot draw into {}: {error}", folder.display()));
        return Exit::Failed;
    }
    show.end(tested.len(), failed);
    if let Some(path) = &args.junit
        && let Err(error) = std::fs::write(path, junit::report(&suites, &jobs, &tested))
    {
        output::complain(&format!("cannot write {}: {error}", path.display()));
        return Exit::Failed;
    }
    if args.review
        && review::review(&tested) == review::Answer::Accepted
        && failed == review::pending_only(&suites, &jobs, &tested)
    {
        return if broken { Exit::DoesNotCompile } else { Exit::Done };
    }
    match (broken, failed) {
        (true, _) => Exit::DoesNotCompile,
        (false, 0) => Exit::Done,
        (false, _) => Exit::Failed,
    }
}

/// The tests of a file; `None` where it has none.
fn suite(file: &Path, args: &TestArgs, environment: &Environment) -> Result<Option<Suite>, Exit> {
    let usage = |message: String| {
        output::complain(&message);
        Exit::Usage
    };
    // A file without the word has no test, and need not even compile.
    let text =
        std::fs::read(file).map_err(|error| usage(format!("cannot read {}: {error}", file.display())))?;
    if !text.windows(4).any(|word| word == b"test") {
        return Ok(None);
    }
    let Compiled { program, file } = compile(file, output::color(args.no_color), !args.quiet && !args.json)?;
    if program.tests.is_empty() {
        return Ok(None);
    }
    let config = configuration(&file, environment).map_err(|error| usage(error.to_string()))?;
    let prices =
        price_table(&config, environment).map_err(|error| usage(format!("agentrun.toml: {error}")))?;
    let mode = match (args.record, args.live) {
        (true, _) => Mode::Record,
        (_, true) => Mode::Live,
        _ => Mode::Replay,
    };
    let surroundings = Surroundings { config, environment: environment.clone(), prices, mode };
    let bench = Bench::new(program, &file, Arc::new(surroundings));
    Ok(Some(Suite { file, bench }))
}

fn jobs(suites: &[Suite], args: &TestArgs) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut kept = BTreeSet::new();
    for (at, suite) in suites.iter().enumerate() {
        for (index, test) in suite.tests().iter().enumerate() {
            if args.filter.as_ref().is_none_or(|filter| test.name.contains(filter.as_str())) {
                let broken = |span: Span, message: String| Unmet { span, why: Why::Broken(message) };
                let cases = suite.bench.cases(test).map_err(|wrong| broken(wrong.span, wrong.message));
                let files = test
                    .snapshots
                    .iter()
                    .map(|name| snapshot_file(&suite.file, &test.name, name.as_deref(), None));
                let again = files.filter(|file| !kept.insert(file.clone())).last();
                let cases = match again {
                    Some(file) => Err(broken(
                        test.span,
                        format!(
                            "another snapshot is kept in {}, too: name one of them otherwise",
                            file.display()
                        ),
                    )),
                    None => cases,
                };
                jobs.push(Job { suite: at, test: index, cases });
            }
        }
    }
    jobs
}

/// A picture of each file, named like its path.
fn draw(folder: &Path, suites: &[Suite], covered: &[Coverage]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (suite, coverage) in suites.iter().zip(covered) {
        let missing: BTreeSet<Span> = coverage.missing().copied().collect();
        let path = suite.file.with_extension("svg").to_string_lossy().into_owned();
        let name = path.trim_start_matches(['.', '/', '\\']).replace(['/', '\\'], "_");
        std::fs::write(folder.join(name), svg_marked(suite.bench.program(), &missing))?;
    }
    Ok(())
}

/// What the tests of each file took, where all of them were run.
fn coverage(suites: &[Suite], jobs: &[Job], tested: &[Tested]) -> Vec<Coverage> {
    let mut all: Vec<Coverage> = suites.iter().map(|suite| Coverage::of(suite.bench.program())).collect();
    for (job, tested) in jobs.iter().zip(tested) {
        for (ran, _) in tested.runs.iter().flatten() {
            if let Some(coverage) = all.get_mut(job.suite) {
                coverage.add(&ran.flow.edges());
            }
        }
    }
    all
}
