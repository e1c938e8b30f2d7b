//! Where in a reply the answer may stand: JSON with prose around it, fenced blocks, a line of its own.

use super::lenient::{Mend, Mended, Stop, read};
use super::raw::Raw;

/// JSON found in a reply.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) raw: Raw,
    pub(super) mended: Mended,
}

/// All that was found, and what stood in the way of more.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) candidates: Vec<Candidate>,
    /// JSON began and the reply ended inside it.
    pub(super) unfinished: bool,
    /// JSON began and is nested too deeply to be read.
    pub(super) too_deep: bool,
}

/// Candidates kept; prose full of brackets has more, and none of those is an answer.
const MAX_CANDIDATES: usize = 64;

/// The objects and lists that stand in the text, outermost, in order. Time is linear in the text: what was looked
/// at in vain counts too.
pub(super) fn json_in(text: &str, cut: bool) -> Found {
    let mut found = Found::default();
    let mut work = 4 * text.len() + (64 << 10);
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find(['{', '['])).map(|offset| at + offset) {
        if work == 0 || found.candidates.len() >= MAX_CANDIDATES {
            break;
        }
        at = open + 1;
        match read(text, open, cut, &mut work) {
            Ok(read) if stands_alone(text, read.mended, read.end) => {
                at = read.end;
                found.candidates.push(Candidate { raw: read.raw, mended: read.mended });
            }
            Ok(_) | Err(Stop::Syntax) => {}
            // What stands inside JSON that cannot be read is no answer of its own.
            Err(Stop::End) => {
                found.unfinished = true;
                break;
            }
            Err(Stop::Depth) => {
                found.too_deep = true;
                break;
            }
        }
    }
    found
}

/// The whole text as one JSON string, where it is that.
pub(super) fn json_string(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() >= 2 && text.starts_with('"') && text.ends_with('"'))
        .then(|| serde_json::from_str(text).ok())?
}

/// A bracket that was closed for its writer must not leave half of the JSON outside.
fn stands_alone(text: &str, mended: Mended, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or("").trim_start();
    !mended.has(Mend::Close) || !rest.starts_with([',', ':', '}', ']'])
}

/// The reply without a byte order mark and without the thoughts that some models print first
/// (`<think>…</think>`); true where there were any. Of an answer that is `prose` an opening tag must stand first;
/// else a closing one alone ends them.
pub(super) fn without_thoughts(text: &str, prose: bool) -> (&str, bool) {
    let text = text.trim_start_matches('\u{feff}');
    for tag in ["think", "thinking", "reasoning"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let opened = text.trim_start().starts_with(&open);
        let end = if opened { text.find(&close) } else { text.rfind(&close).filter(|_| !prose) };
        if let Some(rest) = end.and_then(|end| text.get(end + close.len()..)) {
            return (rest, true);
        }
    }
    (text, false)
}

/// The insides of fenced blocks, in order.
pub(super) fn fenced(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if !line.trim_start().starts_with("```") {
            continue;
        }
        match open.take() {
            Some(begin) => blocks.push(text.get(begin..start).unwrap_or("").trim()),
            None => open = Some(at),
        }
    }
    blocks
}

/// What a reply says on a line `answer: …` (or `result`, `value`, `output`, `final answer`); the last one.
pub(super) fn labeled(text: &str) -> Option<&str> {
    text.lines().rev().find_map(|line| {
        let (label, answer) = line.split_once(':')?;
        let label = label.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let answer = answer.trim_matches(|c: char| c.is_whitespace() || c == '*');
        let known = ["answer", "final answer", "the answer", "result", "value", "output"];
        (known.contains(&label.as_str()) && !answer.is_empty()).then_some(answer)
    })
}
