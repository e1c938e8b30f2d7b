//! A script being played: what is answered now, and, where somebody wants to know, what was asked.
//!
//! One play serves every provider, tool and person of a run, so that the attempts of a pool's candidates, in whatever
//! order they come, take the replies of a state in the order they are written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::script::{AnswerLine, ModelReplyLine, Script, find};
use crate::chat::Message;

/// A script, and how far each of its lists has come.
#[derive(Debug)]
pub struct Play {
    script: Arc<Script>,
    next: Mutex<HashMap<String, Place>>,
    /// Kept only where a test reads it afterwards.
    asked: Option<Mutex<Vec<Asked>>>,
}

/// How far a list has come.
#[derive(Clone, Debug, Default)]
struct Place {
    /// Lines given out so far; an `each` counts its elements.
    given: usize,
    /// The visit of an `each` that is being answered, and how many lines had been given before it.
    visit: Option<(String, usize)>,
}

/// One attempt at a model, as it was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The effect, `gather#1[2].scout/dig#1`.
    pub effect: String,
    /// Who was asked: the endpoint's name.
    pub by: String,
    /// What it was given.
    pub messages: Vec<Message>,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Cue<'a> {
    /// The effect's id, `gather#1[2].scout/dig#1.3`.
    pub effect: &'a str,
    /// The state, `Scout.dig`.
    pub state: &'a str,
}

/// Where an effect stands, without its visits: the path that a test names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<'a> {
    /// `gather.scout.dig`.
    pub name: String,
    /// Inside of an `each`: the visit, `gather#1`, and the element's number from 0.
    pub element: Option<(&'a str, usize)>,
}

impl Play {
    /// At its beginning.
    pub fn new(script: Arc<Script>) -> Self {
        Self { script, next: Mutex::default(), asked: None }
    }

    /// The same, and what was asked is kept.
    pub fn watched(script: Arc<Script>) -> Self {
        Self { asked: Some(Mutex::default()), ..Self::new(script) }
    }

    /// The script.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// What was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        let kept = self.asked.as_ref();
        kept.map(|asked| asked.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// What the model called `by` answers now: its own line first, then the state's.
    pub(crate) fn model(&self, cue: Cue<'_>, by: &str, messages: &[Message]) -> Option<&ModelReplyLine> {
        self.note(cue, by, messages);
        match self.script.candidates.get(by) {
            Some(lines) => self.line(lines, cue, by.to_owned()),
            None => find(&self.script.replies, cue)
                .and_then(|(key, lines)| self.line(lines, cue, format!("{key} {}", cue.state))),
        }
    }

    /// Keeps that somebody was asked.
    pub fn note(&self, cue: Cue<'_>, by: &str, messages: &[Message]) {
        if let Some(asked) = &self.asked {
            asked.lock().unwrap_or_else(PoisonError::into_inner).push(Asked {
                effect: cue.effect.to_owned(),
                by: by.to_owned(),
                messages: messages.to_vec(),
            });
        }
    }

    /// Whether the script answers for a model: for the one called `by` alone, or for whoever the state asks.
    pub fn speaks_for_model(&self, cue: Cue<'_>, by: &str) -> bool {
        self.script.candidates.contains_key(by) || find(&self.script.replies, cue).is_some()
    }

    /// What `tool` answers now; `None` where the script does not speak for it.
    pub fn tool(&self, cue: Cue<'_>, tool: &str) -> Option<&AnswerLine> {
        let tools = &self.script.tools;
        let path = path(cue.effect).name;
        let (key, lines) = tools.get_key_value(&path).or_else(|| tools.get_key_value(tool))?;
        self.line(lines, cue, format!("tool {key}"))
    }

    /// What a person answers now; `None` where the script does not speak for one.
    pub fn human(&self, cue: Cue<'_>) -> Option<&AnswerLine> {
        let (_, lines) = find(&self.script.human, cue)?;
        self.line(lines, cue, format!("human {}", cue.state))
    }

    /// How the call of a state ends before anybody is asked, where that is what its next line says: an event and words.
    pub fn ending(&self, cue: Cue<'_>) -> Option<(String, String)> {
        let (key, lines) = find(&self.script.replies, cue)?;
        let place = format!("{key} {}", cue.state);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let place = next.entry(place).or_default();
        let before = place.clone();
        match lines.get(place.turn(&path(cue.effect))).or(lines.last()) {
            Some(ModelReplyLine::Ends(event, words)) => Some((event.clone(), words.clone())),
            _ => {
                *place = before;
                None
            }
        }
    }

    /// Whether the script answers for a tool.
    pub fn speaks_for_tool(&self, cue: Cue<'_>, tool: &str) -> bool {
        let tools = &self.script.tools;
        tools.contains_key(&path(cue.effect).name) || tools.contains_key(tool)
    }

    /// Whether the script answers for a person.
    pub fn speaks_for_person(&self, cue: Cue<'_>) -> bool {
        find(&self.script.human, cue).is_some()
    }

    /// The next line of a list; its last one repeats.
    fn line<'s, T>(&self, lines: &'s [T], cue: Cue<'_>, place: String) -> Option<&'s T> {
        let path = path(cue.effect);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        lines.get(next.entry(place).or_default().turn(&path)).or(lines.last())
    }
}

impl Place {
    /// The number of the line that is due. Elements of an `each` take lines in the order of their list, whichever
    /// comes first, and every attempt of one takes the same.
    fn turn(&mut self, path: &Path<'_>) -> usize {
        let Some((visit, element)) = path.element else {
            self.given += 1;
            return self.given - 1;
        };
        let before = match &self.visit {
            Some((known, before)) if known == visit => *before,
            _ => {
                self.visit = Some((visit.to_owned(), self.given));
                self.given
            }
        };
        self.given = self.given.max(before + element + 1);
        before + element
    }
}

/// The path of an effect's id.
pub fn path(effect: &str) -> Path<'_> {
    let mut name = String::with_capacity(effect.len());
    let mut element = None;
    let mut at = 0;
    for segment in effect.split(['/', '.']) {
        let end = at + segment.len();
        let (word, rest) = segment.split_once(['#', '[']).unwrap_or((segment, ""));
        // `dig#1.3`: the third step of a visit has no name.
        if !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()) {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(word);
            // `gather#1[2]`; a planner's calls are numbered behind its step, `find#1.1[0].list`.
            if let Some((_, number)) = rest.trim_end_matches(']').split_once('[')
                && let (Ok(number), Some(open)) = (number.parse(), segment.rfind('['))
            {
                element = effect.get(..at + open).map(|visit| (visit, number));
            }
        }
        at = end + 1;
    }
    Path { name, element }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn an_effect_has_the_path_that_a_test_names() {
        let cases = [
            ("answer#2", "answer", None),
            ("find#1.2", "find", None),
            ("find#1.2[0].list", "find.list", None),
            ("passes#1.security", "passes.security", None),
            ("gather#2[3].scout/dig#1", "gather.scout.dig", Some(("gather#2", 3))),
            (
                "gather#1[0].scout/results#1[2].one",
                "gather.scout.results.one",
                Some(("gather#1[0].scout/results#1", 2)),
            ),
            ("find#1.1[0].Scout/dig#1.4", "find.Scout.dig", None),
        ];
        for (effect, name, element) in cases {
            let found = path(effect);
            assert_eq!((found.name.as_str(), found.element), (name, element), "{effect}");
        }
    }
}
