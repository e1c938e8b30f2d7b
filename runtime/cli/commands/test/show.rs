//! What a person sees of tests: a line each, and below a failure what was wanted beside what was found.

use std::io::IsTerminal as _;

use agentrun_lang::ir::Test;
use agentrun_lang::value::{Value, to_json};
use agentrun_runtime::testing::{Coverage, Kept, Unmet, Why};
use serde_json::json;

use super::lines::{Side, difference, side_by_side};
use super::{Job, Suite, Tested};
use crate::args::TestArgs;
use crate::output;
use crate::visible::visible;

/// Edges listed for one file; a picture shows more.
const MOST_EDGES: usize = 40;

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Every test.
    All,
    /// Those that do not hold.
    Failures,
    /// Every test, for programs.
    Json,
}

/// Shows tests.
pub(super) struct Show<'a> {
    suites: &'a [Suite],
    mode: Mode,
    color: bool,
    /// A terminal is there to show how far it is.
    live: bool,
    /// The file that was named last.
    file: Option<usize>,
}

impl<'a> Show<'a> {
    pub(super) fn new(args: &TestArgs, suites: &'a [Suite]) -> Self {
        let live = std::io::stderr().is_terminal() && !args.json && !args.quiet;
        Self {
            suites,
            mode: match (args.json, args.quiet) {
                (true, _) => Mode::Json,
                (_, true) => Mode::Failures,
                _ => Mode::All,
            },
            color: output::color_out(args.no_color),
            live,
            file: None,
        }
    }

    /// How far it is.
    pub(super) fn progress(&self, done: usize, all: usize, failed: usize) {
        if self.live {
            let width = 30;
            let full = done * width / all.max(1);
            let failed = if failed == 0 { String::new() } else { format!(", {failed} failed") };
            output::err(&format!(
                "\r\x1b[K{}{} {done}/{all}{failed}",
                "█".repeat(full),
                "░".repeat(width - full.min(width))
            ));
        }
    }

    /// Takes the progress away.
    pub(super) fn clear(&self) {
        if self.live {
            output::err("\r\x1b[K");
        }
    }

    /// One test; answers whether it holds.
    pub(super) fn test(&mut self, job: &Job, tested: &Tested) -> bool {
        let Some((suite, test)) =
            self.suites.get(job.suite).and_then(|suite| Some((suite, suite.tests().get(job.test)?)))
        else {
            return false;
        };
        let holds = tested.holds(test);
        if self.mode == Mode::Json {
            output::out(&format!("{}\n", line(suite, test, tested, holds)));
            return holds;
        }
        if self.mode == Mode::Failures && holds {
            return holds;
        }
        if self.file != Some(job.suite) {
            self.file = Some(job.suite);
            output::out(&format!("{}\n", suite.file.display()));
        }
        let mark = if holds { self.paint("✓", "32") } else { self.paint("✗", "31") };
        let runs = if tested.runs.len() > 1 {
            let held = tested.runs.iter().flatten().filter(|(ran, _)| ran.holds()).count();
            format!("  {held} of {} cases", tested.runs.len())
        } else {
            String::new()
        };
        let took = self.paint(&format!("{} ms", tested.took.as_millis()), "2");
        output::out(&format!("  {mark} {}{runs}  {took}\n", test.name));
        if !holds {
            for (side, line) in reasons(suite, test, tested) {
                let line = match side {
                    Side::Both => line,
                    Side::Wanted => self.paint(&line, "31"),
                    Side::Found => self.paint(&line, "32"),
                };
                output::out(&format!("    {line}\n"));
            }
        }
        holds
    }

    /// The edges that no test took.
    pub(super) fn coverage(&self, all: &[Coverage]) {
        for (suite, coverage) in self.suites.iter().zip(all) {
            let (taken, edges) = (coverage.taken.len(), coverage.edges.len());
            let share = coverage.share() * 100.0;
            if self.mode == Mode::Json {
                let sources = &suite.bench.program().sources;
                let missing: Vec<String> = coverage.missing().map(|span| sources.place(*span)).collect();
                let line = json!({
                    "coverage": suite.file.display().to_string(), "edges": edges, "taken": taken, "missing": missing,
                });
                output::out(&format!("{line}\n"));
                continue;
            }
            output::out(&format!(
                "{}: {taken} of {edges} edges taken ({share:.0} %)\n",
                suite.file.display()
            ));
            let sources = &suite.bench.program().sources;
            for span in coverage.missing().take(MOST_EDGES) {
                let text = sources.slice(*span).split_whitespace().collect::<Vec<_>>().join(" ");
                output::out(&format!(
                    "  never taken: {}  {}\n",
                    sources.place(*span),
                    self.paint(&text, "33")
                ));
            }
        }
    }

    /// The last line.
    pub(super) fn end(&self, all: usize, failed: usize) {
        if self.mode == Mode::Json {
            return;
        }
        let plural = if all == 1 { "" } else { "s" };
        let line = match failed {
            0 => format!("{all} test{plural}, all hold\n"),
            _ => format!("{all} test{plural}, {failed} failed\n"),
        };
        output::err(&line);
    }

    fn paint(&self, text: &str, color: &str) -> String {
        if self.color { format!("\x1b[{color}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Why a test does not hold, line by line.
pub(super) fn reasons(suite: &Suite, test: &Test, tested: &Tested) -> Vec<(Side, String)> {
    let mut lines = Vec::new();
    let shares = agentrun_runtime::testing::Bench::is_of_share(test);
    for run in &tested.runs {
        let (ran, shots) = match run {
            Ok(run) => run,
            Err(why) => {
                lines.push((Side::Both, visible(why).into_owned()));
                continue;
            }
        };
        if let Some(case) = ran.case.as_ref().filter(|_| !ran.holds()) {
            lines.push((Side::Both, format!("{} does not hold:", case.display())));
        }
        for unanswered in &ran.flow.unanswered {
            lines.push((Side::Both, visible(unanswered).into_owned()));
        }
        if shares {
            continue;
        }
        for unmet in &ran.unmet {
            explain(suite, unmet, &mut lines);
        }
        if !ran.unmet.is_empty()
            && let agentrun_runtime::journal::End::Failed { error } = &ran.flow.end
        {
            lines.push((
                Side::Both,
                visible(&format!("the run failed in `{}`: {}", error.state, error.failure)).into_owned(),
            ));
        }
        for shot in shots {
            match &shot.kept {
                Ok(Kept::Same | Kept::Written) => {}
                Ok(Kept::New(pending)) => lines.push((
                    Side::Both,
                    format!(
                        "a new snapshot waits: {} (`agentrun test --review` or `--update`)",
                        pending.display()
                    ),
                )),
                Ok(Kept::Changed { old, pending }) => {
                    lines.push((Side::Both, format!("the snapshot changed: {}", pending.display())));
                    lines.extend(indented(difference(old, &shot.text)));
                }
                Err(error) => lines.push((Side::Both, format!("{}: {error}", shot.file.display()))),
            }
        }
    }
    for unmet in &tested.unmet {
        explain(suite, unmet, &mut lines);
    }
    lines
}

fn explain(suite: &Suite, unmet: &Unmet, lines: &mut Vec<(Side, String)>) {
    let sources = &suite.bench.program().sources;
    let written = sources.slice(unmet.span).split_whitespace().collect::<Vec<_>>().join(" ");
    let place = sources.place(unmet.span);
    let mut say = |side: Side, line: String| lines.push((side, visible(&line).into_owned()));
    match &unmet.why {
        Why::Differ { found: Value::List(found), wanted: Value::List(wanted) } => {
            say(Side::Both, format!("{place}: expect {written}"));
            let words = |list: &[Value]| list.iter().map(word).collect::<Vec<_>>();
            lines.extend(indented(side_by_side(&words(wanted), &words(found))));
        }
        Why::Differ { found, wanted } => {
            say(Side::Both, format!("{place}: expect {written}"));
            let pretty = |value: &Value| match value {
                Value::String(text) => text.to_string(),
                value => format!("{:#}", to_json(value)),
            };
            let (found, wanted) = (pretty(found), pretty(wanted));
            if found.contains('\n') || wanted.contains('\n') {
                lines.extend(indented(difference(&wanted, &found)));
            } else {
                say(Side::Wanted, format!("  wanted {wanted}"));
                say(Side::Found, format!("  found  {found}"));
            }
        }
        Why::False(read) => {
            say(Side::Both, format!("{place}: expect {written}"));
            for (what, value) in read {
                say(Side::Found, format!("  {what} is {}", cut(&to_json(value).to_string())));
            }
        }
        Why::Broken(why) => say(Side::Both, format!("{place}: {written}: {why}")),
        Why::Result(at, found, wanted) => {
            say(Side::Both, format!("{place}: the case wants another {at}"));
            say(Side::Wanted, format!("  wanted {wanted}"));
            say(Side::Found, format!("  found  {found}"));
        }
    }
}

/// The beginning of a long value.
fn cut(text: &str) -> String {
    const MOST: usize = 300;
    if text.chars().count() > MOST {
        text.chars().take(MOST - 1).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

/// A value as a word of a list.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| to_json(value).to_string(), str::to_owned)
}

fn indented(lines: Vec<(Side, String)>) -> impl Iterator<Item = (Side, String)> {
    lines.into_iter().map(|(side, line)| {
        let sign = match side {
            Side::Both => ' ',
            Side::Wanted => '-',
            Side::Found => '+',
        };
        (side, visible(&format!("  {sign} {line}")).into_owned())
    })
}

fn line(suite: &Suite, test: &Test, tested: &Tested, holds: bool) -> serde_json::Value {
    let reasons: Vec<String> = reasons(suite, test, tested).into_iter().map(|(_, line)| line).collect();
    let runs: Vec<serde_json::Value> = tested
        .runs
        .iter()
        .flatten()
        .map(|(ran, _)| {
            json!({
                "path": ran.flow.path(),
                "result": to_json(&ran.flow.result()),
                "calls": ran.flow.spent.calls,
                "cost_nanos": ran.flow.spent.cost,
            })
        })
        .collect();
    json!({
        "file": suite.file.display().to_string(),
        "test": &*test.name,
        "holds": holds,
        "ms": tested.took.as_secs_f64() * 1e3,
        "reasons": reasons,
        "runs": runs,
    })
}
