//! What a run did, in words: a line for each entry of its record.

use agentrun_lang::value::to_json;
use agentrun_runtime::driver::FailureLine;
use agentrun_runtime::journal::{End, Entry, EntryKind, RunLine};
use agentrun_runtime::machine::{Answer, EventKind, Note, Outcome, Spent};

use crate::screen::{cost_line, time};
use crate::visible::one_line;

/// Characters of a text that a line of the timeline shows.
const MOST: usize = 160;

/// A run as a text of lines.
pub(crate) fn timeline(line: &RunLine, entries: &[Entry]) -> String {
    let mut text = format!("run {} of {} ({})\n", line.id, one_line(&line.agent), one_line(&line.file));
    let spent = cost_line(None, line.spent);
    let costs = spent.split_once(" · ").map_or("", |(_, costs)| costs);
    let took = took(line).map_or_else(String::new, |took| format!(", {took}"));
    text.push_str(&format!(
        "{}{took}{}{costs}\n\n",
        line.state.word(),
        if costs.is_empty() { "" } else { ", " }
    ));
    for entry in entries {
        if let Some(said) = said(entry) {
            let at = entry.at.saturating_sub(line.started);
            text.push_str(&format!("{:>9}  {said}\n", format!("+{}", duration(at))));
        }
    }
    text
}

/// Milliseconds as people read them.
pub(crate) fn duration(millis: i64) -> String {
    time(std::time::Duration::from_millis(u64::try_from(millis).unwrap_or_default()))
}

/// From a run's begin to its end, or to where it waits.
pub(crate) fn took(line: &RunLine) -> Option<String> {
    line.ended.map(|ended| duration(ended.saturating_sub(line.started)))
}

/// One line of the timeline; nothing for what another line says.
fn said(entry: &Entry) -> Option<String> {
    match &entry.kind {
        EntryKind::Started { .. } | EntryKind::Noted { note: Note::Left { .. } } => None,
        EntryKind::Noted { note: Note::Entered { path, kind, .. } } => Some(format!("→ {path} {kind}")),
        EntryKind::Requested { effect, kind, what, arguments, .. } => {
            let given = arguments.as_ref().map(|given| format!(" {given}")).unwrap_or_default();
            Some(short(&format!("  {effect} asks {kind} {what}{given}")))
        }
        EntryKind::Confined { effect, level, .. } => {
            Some(format!("  {effect} ran with the sandbox level {level}"))
        }
        EntryKind::Happened { event } => match &event.kind {
            EventKind::Begin { input, .. } => {
                let input: Vec<String> = input.iter().map(|value| to_json(value).to_string()).collect();
                Some(short(&format!(
                    "began with {}",
                    if input.is_empty() { "nothing".into() } else { input.join(", ") }
                )))
            }
            EventKind::Finished { effect, outcome } => Some(outcome_line(&effect.0, outcome)),
            EventKind::Resumed { lost } => {
                let lost: Vec<String> =
                    lost.iter().map(|(effect, spent)| lost_line(&effect.0, *spent)).collect();
                Some(format!("taken up again{}", lost.concat()))
            }
            EventKind::Cancel => Some("canceled".to_string()),
        },
        EntryKind::Late { event } => match &event.kind {
            EventKind::Finished { effect, outcome } => {
                Some(format!("{} (after the end)", outcome_line(&effect.0, outcome)))
            }
            _ => None,
        },
        EntryKind::Finished { end } => Some(ended(end)),
    }
}

fn lost_line(effect: &str, spent: Spent) -> String {
    format!("\n           {effect} was under way: up to {}", cost_line(None, spent))
}

fn outcome_line(effect: &str, outcome: &Outcome) -> String {
    let (sign, target, came) = match &outcome.result {
        Ok(Answer::Model(answer)) => {
            let tools: Vec<String> =
                answer.tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments)).collect();
            let said = if tools.is_empty() { answer.text.to_string() } else { tools.join(", ") };
            let attempts =
                if answer.attempts > 1 { format!(" ({} attempts)", answer.attempts) } else { String::new() };
            ("✓", Some(format!("{}{attempts}", answer.target)), said)
        }
        Ok(Answer::Tool(value, _) | Answer::Human(value)) => ("✓", None, to_json(value).to_string()),
        Ok(Answer::Parked) => ("…", None, "waits for a person".to_string()),
        Err(failure) => {
            let failure = FailureLine::of(failure);
            ("✗", None, format!("{}: {}", failure.kind, failure.message))
        }
    };
    format!("{sign} {effect} {}\n           {}", cost_line(target.as_deref(), outcome.spent), short(&came))
}

fn ended(end: &End) -> String {
    match end {
        End::Done { result } => short(&format!("done: {}", to_json(result))),
        End::Failed { error } => short(&format!(
            "{} failed as {}: {}",
            error.state,
            error.failure.kind.event(),
            error.failure.message
        )),
        End::Waiting { on } => {
            format!(
                "waits for a person: {}",
                on.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// A text on one line, cut to what a person takes in at a glance.
pub(crate) fn short(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
