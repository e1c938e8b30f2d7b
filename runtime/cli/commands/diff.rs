//! `agentrun diff RUN1 RUN2`: where the paths of two runs part, and what each asked, gave and cost.

use agentrun_lang::value::to_json;
use agentrun_runtime::journal::{End, Entry, EntryKind, RunLine};
use agentrun_runtime::machine::{Answer, EventKind, Outcome};
use indexmap::IndexMap;

use crate::exit::Exit;
use crate::output;
use crate::recorded::DiffArgs;
use crate::screen::{cost_line, money};
use crate::stored::Stored;
use crate::timeline::short;

/// What stands where a text is gone.
const GONE: &str = "(forgotten)";

/// Compares two runs; ends with 1 where they differ, as `diff` does.
pub(crate) fn diff(args: &DiffArgs) -> Exit {
    compare(args).unwrap_or_else(|exit| exit)
}

/// An effect of a run.
#[derive(Clone, Debug, Default, PartialEq)]
struct Step {
    /// What it asks, in words.
    asks: String,
    /// The hash of all that it asks.
    request: String,
    /// What came of it.
    came: Option<String>,
    /// Who answered, and what it cost.
    cost: String,
}

fn compare(args: &DiffArgs) -> Result<Exit, Exit> {
    let read = |given: &str| {
        let stored = Stored::find(given, args.place.journal.as_deref())?;
        let entries = stored.store.entries_for_show(&stored.line.id, GONE);
        let entries = entries.map_err(|error| {
            output::complain(&error.to_string());
            Exit::Failed
        })?;
        Ok::<_, Exit>((stored.line, entries))
    };
    let (one, one_entries) = read(&args.one)?;
    let (other, other_entries) = read(&args.other)?;
    let mut text = format!("- {}\n+ {}\n", headline(&one), headline(&other));
    let differs = lines(&steps(&one_entries), &steps(&other_entries), &mut text);
    let (end, other_end) = (end(&one_entries), end(&other_entries));
    let ends_differ = end != other_end;
    if ends_differ {
        text.push_str(&format!("end\n  - {end}\n  + {other_end}\n"));
    }
    if differs || ends_differ {
        output::out_text(&text);
        return Ok(Exit::Failed);
    }
    output::err("the runs asked, got and gave the same\n");
    Ok(Exit::Done)
}

fn headline(line: &RunLine) -> String {
    let cost = line.spent.cost.map_or_else(|| "price unknown".to_string(), money);
    let tokens = format!("{}+{} tokens", line.spent.input, line.spent.output);
    format!(
        "{} {} {}, {} model calls, {tokens}, {cost}",
        line.id,
        line.agent,
        line.state.word(),
        line.spent.calls
    )
}

/// The effects in the order in which they were asked for first.
fn steps(entries: &[Entry]) -> IndexMap<String, Step> {
    let mut steps: IndexMap<String, Step> = IndexMap::new();
    for entry in entries {
        match &entry.kind {
            EntryKind::Requested { effect, kind, what, arguments, request } => {
                let step = steps.entry(effect.to_string()).or_default();
                let given = arguments.as_ref().map(|given| format!(" {given}")).unwrap_or_default();
                step.asks = format!("asks {kind} {what}{given}");
                step.request.clone_from(request);
            }
            EntryKind::Happened { event } | EntryKind::Late { event } => {
                if let EventKind::Finished { effect, outcome } = &event.kind {
                    let step = steps.entry(effect.to_string()).or_default();
                    step.came = Some(came(outcome));
                    let target = match &outcome.result {
                        Ok(Answer::Model(answer)) => Some(&*answer.target),
                        _ => None,
                    };
                    step.cost = cost_line(target, outcome.spent);
                }
            }
            _ => {}
        }
    }
    steps
}

fn came(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(Answer::Model(answer)) if answer.tool_calls.is_empty() => answer.text.to_string(),
        Ok(Answer::Model(answer)) => {
            let calls = answer.tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments));
            calls.collect::<Vec<_>>().join(", ")
        }
        Ok(Answer::Tool(value, _) | Answer::Human(value)) => to_json(value).to_string(),
        Ok(Answer::Parked) => "waits for a person".to_string(),
        Err(failure) => format!("{}: {}", failure.kind.event(), failure.message),
    }
}

/// Writes each effect that is in one run only, or differs; true where there is one.
fn lines(one: &IndexMap<String, Step>, other: &IndexMap<String, Step>, text: &mut String) -> bool {
    let mut differs = false;
    let mut same = 0;
    let only_other = other.keys().filter(|effect| !one.contains_key(*effect));
    for effect in one.keys().chain(only_other) {
        let (was, is) = (one.get(effect), other.get(effect));
        let (Some(was), Some(is)) = (was, is) else {
            settle(&mut same, text);
            differs = true;
            let (sign, step) = if let Some(step) = was { ('-', Some(step)) } else { ('+', is) };
            let step = step.cloned().unwrap_or_default();
            text.push_str(&format!("{sign} {effect} {}\n", short(&step.asks)));
            let came = step.came.map_or_else(|| "no answer".to_string(), |came| short(&came));
            text.push_str(&format!("{sign}   {came}  ({})\n", step.cost));
            continue;
        };
        if (&was.request, &was.came) == (&is.request, &is.came) {
            same += 1;
            continue;
        }
        settle(&mut same, text);
        differs = true;
        text.push_str(&format!("  {effect}\n"));
        if was.request != is.request {
            let (before, after) = (short(&was.asks), short(&is.asks));
            if before == after {
                text.push_str(&format!("    {before} with other contents\n"));
            } else {
                text.push_str(&format!("  -   {before}\n  +   {after}\n"));
            }
        }
        if was.came != is.came {
            for (sign, step) in [('-', was), ('+', is)] {
                let came = step.came.as_deref().map_or_else(|| "no answer".to_string(), short);
                text.push_str(&format!("  {sign}   {came}  ({})\n", step.cost));
            }
        }
    }
    settle(&mut same, text);
    differs
}

/// Says how many went by that are the same in both.
fn settle(same: &mut usize, text: &mut String) {
    match std::mem::take(same) {
        0 => {}
        1 => text.push_str("  1 effect the same\n"),
        count => text.push_str(&format!("  {count} effects the same\n")),
    }
}

fn end(entries: &[Entry]) -> String {
    let end = entries.iter().rev().find_map(|entry| match &entry.kind {
        EntryKind::Finished { end } => Some(end),
        _ => None,
    });
    match end {
        Some(End::Done { result }) => short(&format!("done: {}", to_json(result))),
        Some(End::Failed { error }) => {
            short(&format!("failed as {}: {}", error.failure.kind.event(), error.failure.message))
        }
        Some(End::Waiting { on }) => {
            format!("waits for {}", on.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        None => "none".to_string(),
    }
}
