//! A run as text that people review: a line for each state with what it asked for, what came of it and where it went.
//! Nothing in it changes from one machine or moment to the next.

use std::fmt::Write as _;

use agentrun_lang::value::{Money, Value, to_json};
use sha2::{Digest as _, Sha256};

use super::flow::{Done, Flow, Visit};
use crate::call::provider::scripted::Asked;
use crate::journal::End;
use crate::machine::{Answer, Spent};

/// A value longer than this is cut, and told by its length and hash.
const LONG: usize = 400;

/// The text of a run; `prompts` shows what models were asked, instead of its hash.
pub(super) fn text(flow: &Flow, prompts: bool) -> String {
    let mut text = String::new();
    let args: Vec<String> =
        flow.input.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    line(&mut text, 0, &format!("{}({})", flow.agent, args.join(", ")));
    for visit in &flow.visits {
        visited(&mut text, flow, visit, prompts);
    }
    line(&mut text, 0, &ended(&flow.end));
    line(&mut text, 0, &spent(flow.spent));
    text
}

fn visited(text: &mut String, flow: &Flow, visit: &Visit, prompts: bool) {
    let depth = 1 + visit.path.matches(['/', '.']).count();
    let came = match &visit.result {
        None => "left open".to_owned(),
        Some(Ok(Value::Null)) => String::new(),
        Some(Ok(value)) => shown(value),
        Some(Err(event)) => format!("on {event}"),
    };
    let to = visit.to.as_ref().map_or_else(String::new, |to| format!(" -> {to}"));
    let space = if came.is_empty() { "" } else { " " };
    line(text, depth, &format!("{} {}{space}{came}{to}", visit.kind, visit.path));
    for done in &visit.effects {
        effect(text, flow, done, depth + 1, prompts);
    }
}

fn effect(text: &mut String, flow: &Flow, done: &Done, depth: usize, prompts: bool) {
    let asked: Vec<&Asked> = flow.asked.iter().filter(|asked| *asked.effect == *done.id).collect();
    match done.kind.as_str() {
        "model" => {
            let answer = match &done.outcome.as_ref().map(|outcome| &outcome.result) {
                Some(Ok(Answer::Model(answer))) => {
                    let calls: Vec<String> = answer
                        .tool_calls
                        .iter()
                        .map(|call| format!("{}({})", call.name, cut(&call.arguments.to_string())))
                        .collect();
                    let calls =
                        if calls.is_empty() { String::new() } else { format!(" calls {}", calls.join(", ")) };
                    format!("{}{calls}", answer.target)
                }
                Some(Err(failure)) => format!("on {}", failure.kind.event()),
                _ => "no answer".to_owned(),
            };
            let attempts =
                if asked.len() > 1 { format!(", {} attempts", asked.len()) } else { String::new() };
            let hash = if prompts { String::new() } else { format!(", prompt {}", hash(&asked)) };
            line(text, depth, &format!("asks {}: {answer}{attempts}{hash}", done.what));
            for (n, asked) in asked.iter().enumerate().filter(|_| prompts) {
                line(text, depth + 1, &format!("attempt {} at {}", n + 1, asked.by));
                for message in &asked.messages {
                    line(text, depth + 2, &format!("{}:", message.role.word()));
                    message.plain().lines().for_each(|said| line(text, depth + 3, said));
                }
            }
        }
        "tool" => {
            let given = done.arguments.as_ref().map_or_else(String::new, |given| cut(&given.to_string()));
            line(text, depth, &format!("calls {}{given}{}", done.what, came(done)));
        }
        "human" => line(text, depth, &format!("asks a person: {}{}", cut(&done.what), came(done))),
        _ => line(text, depth, &format!("waits{}", came(done))),
    }
}

fn came(done: &Done) -> String {
    match done.outcome.as_ref().map(|outcome| &outcome.result) {
        Some(Ok(Answer::Tool(value, _) | Answer::Human(value))) => format!(" = {}", shown(value)),
        Some(Ok(Answer::Model(_) | Answer::Parked)) | None => String::new(),
        Some(Err(failure)) => format!(" on {}", failure.kind.event()),
    }
}

fn ended(end: &End) -> String {
    match end {
        End::Done { result } => format!("done {}", shown(result)),
        End::Failed { error } => {
            format!("failed in {}: {}: {}", error.state, error.failure.kind.event(), error.failure)
        }
        End::Waiting { on } => {
            let on: Vec<&str> = on.iter().map(|id| &*id.0).collect();
            format!("waits on {}", on.join(", "))
        }
    }
}

fn spent(spent: Spent) -> String {
    let cost = spent
        .cost
        .map_or_else(|| "unknown cost".to_owned(), |nanos| Money::usd_nanos(nanos.into()).to_string());
    let plural = if spent.calls == 1 { "" } else { "s" };
    format!("{} model call{plural}, {} tokens in, {} out, {cost}", spent.calls, spent.input, spent.output)
}

fn shown(value: &Value) -> String {
    cut(&to_json(value).to_string())
}

fn cut(text: &str) -> String {
    if text.len() <= LONG {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONG);
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… ({} bytes, {})", text.len(), short_hash(text.as_bytes()))
}

/// Eight digits for all that the attempts of an effect were asked.
fn hash(asked: &[&Asked]) -> String {
    let mut all = String::new();
    for message in asked.iter().flat_map(|asked| &asked.messages) {
        // writing to a string does not fail
        let _ = writeln!(all, "{}\n{}", message.role.word(), message.plain());
    }
    short_hash(all.as_bytes())
}

fn short_hash(bytes: &[u8]) -> String {
    format!("{:.8}", format!("{:x}", Sha256::digest(bytes)))
}

fn line(text: &mut String, depth: usize, line: &str) {
    let line = format!("{:indent$}{line}", "", indent = depth * 2);
    text.push_str(line.trim_end());
    text.push('\n');
}
