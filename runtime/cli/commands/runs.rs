//! `agentrun runs`: the runs that a journal has, the newest first; and deleting old ones.

use agentrun_lang::value::{Type, TypeTable, Value};
use agentrun_runtime::clock::{Clock as _, SystemClock};
use agentrun_runtime::journal::{RunLine, RunState};
use serde_json::json;

use crate::exit::Exit;
use crate::input::typed;
use crate::keep;
use crate::output;
use crate::recorded::{RunsArgs, RunsCommand, Where};
use crate::screen::money;
use crate::visible::{escaped_json, one_line};

/// Lists runs, or deletes them.
pub(crate) fn runs(args: &RunsArgs) -> Exit {
    let done = match &args.command {
        Some(RunsCommand::Prune { older, place }) => prune(older, place),
        None => list(args),
    };
    done.unwrap_or_else(|exit| exit)
}

/// What a filter looks at.
const KEYS: [&str; 5] = ["state", "agent", "file", "user", "id"];

fn list(args: &RunsArgs) -> Result<Exit, Exit> {
    let fail = |exit: Exit, message: String| {
        output::complain(&message);
        exit
    };
    let filters = args.filter.iter().map(|text| filter(text)).collect::<Result<Vec<_>, _>>();
    let filters = filters.map_err(|message| fail(Exit::Usage, message))?;
    let store = keep::existing(args.place.journal.as_deref())?;
    let mut lines = store.runs().map_err(|error| fail(Exit::Failed, error.to_string()))?;
    lines.retain(|line| filters.iter().all(|filter| filter.takes(line)));
    if args.json {
        for line in &lines {
            output::out(&format!("{}\n", escaped_json(as_json(line).to_string())));
        }
        return Ok(Exit::Done);
    }
    if lines.is_empty() {
        let some = if filters.is_empty() { "" } else { " of the kind" };
        output::err(&format!("no run{some} in {}\n", store.path().display()));
        return Ok(Exit::Done);
    }
    let now = SystemClock::new().now().as_millisecond();
    let rows = lines.iter().map(|line| row(line, now));
    let rows: Vec<[String; 6]> =
        std::iter::once(["run", "state", "agent", "cost", "age", "file"].map(String::from))
            .chain(rows)
            .collect();
    output::out_text(&table(&rows));
    Ok(Exit::Done)
}

/// A part of a run that must contain a text; a state is named in full.
struct Filter<'a> {
    key: Option<&'a str>,
    text: &'a str,
}

fn filter(text: &str) -> Result<Filter<'_>, String> {
    let Some((key, value)) = text.split_once('=') else { return Ok(Filter { key: None, text }) };
    if !KEYS.contains(&key) {
        return Err(format!(
            "`--filter {text}`: a filter is KEY=TEXT with a KEY of {}, or a word",
            KEYS.join(", ")
        ));
    }
    let states: Vec<&str> = RunState::ALL.iter().map(|state| state.word()).collect();
    if key == "state" && !states.contains(&value) {
        return Err(format!("`--filter {text}`: a run is {}", states.join(", ")));
    }
    Ok(Filter { key: Some(key), text: value })
}

impl Filter<'_> {
    fn takes(&self, line: &RunLine) -> bool {
        let parts =
            [line.state.word(), &line.agent, &line.file, line.user.as_deref().unwrap_or_default(), &line.id];
        KEYS.iter().zip(parts).any(|(key, part)| match self.key {
            Some("state") => *key == "state" && part == self.text,
            Some("user") => *key == "user" && part == self.text,
            Some(wanted) => *key == wanted && part.contains(self.text),
            None => part.contains(self.text),
        })
    }
}

/// A run as data.
pub(super) fn as_json(line: &RunLine) -> serde_json::Value {
    json!({
        "run": line.id,
        "state": line.state.word(),
        "agent": line.agent,
        "file": line.file,
        "user": line.user,
        "program": line.program,
        "started": line.started,
        "ended": line.ended,
        "spent": {
            "cost": line.spent.cost,
            "calls": line.spent.calls,
            "input": line.spent.input,
            "output": line.spent.output,
        },
        "texts": line.texts,
        "parent": line.parent,
    })
}

fn row(line: &RunLine, now: i64) -> [String; 6] {
    [
        line.id.clone(),
        line.state.word().to_string(),
        one_line(&line.agent),
        line.spent.cost.map_or_else(|| "unknown".to_string(), money),
        age(now.saturating_sub(line.started)),
        one_line(&line.file),
    ]
}

/// How long ago, in the largest unit that fits.
pub(super) fn age(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Columns as wide as they need to be.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn prune(older: &str, place: &Where) -> Result<Exit, Exit> {
    let fail = |exit: Exit, message: String| {
        output::complain(&message);
        exit
    };
    let Ok(Value::Duration(millis)) = typed(older, &Type::Duration, &TypeTable::default()) else {
        let message = format!("`--older {older}` should be a time such as `30d` or `12h`");
        return Err(fail(Exit::Usage, message));
    };
    let store = keep::existing(place.journal.as_deref())?;
    let before = SystemClock::new().now().as_millisecond().saturating_sub(millis);
    let gone = store.prune(before).map_err(|error| fail(Exit::Failed, error.to_string()))?;
    let runs = if gone.len() == 1 { "run" } else { "runs" };
    output::err(&format!("{} {runs} deleted\n", gone.len()));
    Ok(Exit::Done)
}
