//! Which part of a reply is the answer.

use std::cmp::Reverse;

use super::find::{self, Candidate, Found};
use super::lenient::{Mend, Mended};
use super::raw::Raw;
use super::read::{Manner, Outcome, Reader};
use super::scalar::json_scalar;
use super::violation::Violation;
use super::{Coerced, Reply};
use crate::value::constraint::shorten;
use crate::value::{Type, TypeTable, Value};

/// Keys of an object that models put around an answer.
const WRAPPERS: [&str; 9] =
    ["value", "answer", "result", "response", "output", "data", "json", "final_answer", "arguments"];

/// What an answer of the type looks like.
#[expect(clippy::struct_excessive_bools, reason = "each is a form that stands alone")]
#[derive(Clone, Copy, Debug, Default)]
struct Form {
    /// A text may be the answer as it stands.
    text: bool,
    /// A word, a number, a date may.
    scalar: bool,
    /// JSON may, an object or a list.
    json: bool,
    /// Any JSON may.
    any: bool,
}

struct Answer<'t> {
    text: &'t str,
    ty: &'t Type,
    table: &'t TypeTable,
    reply: Reply,
    form: Form,
}

/// A part of the reply, read.
struct Tried {
    value: Option<Value>,
    outcome: Outcome,
    mended: Mended,
}

/// Reads the reply.
pub(super) fn read(
    text: &str,
    ty: &Type,
    table: &TypeTable,
    reply: Reply,
) -> Result<Coerced, Vec<Violation>> {
    let form = Form::of(ty, table);
    let (text, thoughts) = find::without_thoughts(text, form.is_text());
    let answer = Answer { text, ty, table, reply, form };
    let mut coerced = answer.read()?;
    if thoughts {
        coerced.notes.insert(0, "left out the model's thoughts".to_owned());
    }
    Ok(coerced)
}

impl Form {
    fn of(ty: &Type, table: &TypeTable) -> Self {
        let mut form = Self::default();
        let resolved = table.resolve(ty);
        for member in table.members(resolved.required()) {
            match table.resolve(member) {
                Type::String => form.text = true,
                Type::Json | Type::Unknown => (form.json, form.scalar, form.any) = (true, true, true),
                Type::Money => (form.json, form.scalar) = (true, true),
                Type::List(_) | Type::Map(_) | Type::Named(_) | Type::Shape(_) => form.json = true,
                _ => form.scalar = true,
            }
        }
        form
    }

    fn is_text(self) -> bool {
        self.text && !self.scalar && !self.json
    }
}

impl Answer<'_> {
    fn read(&self) -> Result<Coerced, Vec<Violation>> {
        if self.form.is_text() && !self.reply.encoding.wrapped {
            return self.read_text();
        }
        if let Some(coerced) = self.read_whole() {
            return Ok(coerced);
        }
        let found = find::json_in(self.text, self.reply.cut);
        if let Some(coerced) = self.read_several(&found) {
            return Ok(coerced);
        }
        let best = self.best(&found);
        if let Some(tried) = best.as_ref().filter(|tried| tried.is_clean()) {
            return Ok(self.accept(tried));
        }
        if let Some(coerced) = self.read_line() {
            return Ok(coerced);
        }
        if self.form.text {
            return self.read_text();
        }
        Err(self.violations(best, &found))
    }

    /// The whole reply as one text; a JSON string is taken out of its quotes.
    fn read_text(&self) -> Result<Coerced, Vec<Violation>> {
        let raw = match find::json_string(self.text) {
            Some(inner) => Raw::Text(inner),
            None if self.text.trim() == "null" && self.table.takes_null(self.ty) => Raw::Null,
            None => Raw::Text(without_blank_ends(self.text).to_owned()),
        };
        let tried = self.try_raw(&raw, Mended::default());
        if !tried.is_clean() {
            return Err(tried.outcome.violations);
        }
        Ok(Coerced { cut: self.reply.cut, ..self.accept(&tried) })
    }

    /// The whole reply, or its only fenced block, as a scalar; or as a string that holds JSON.
    fn read_whole(&self) -> Option<Coerced> {
        let text = self.text.trim();
        let blocks = find::fenced(text);
        let inside = if let [block] = blocks.as_slice() { block } else { text };
        for text in [inside, text] {
            let tried = self.try_scalar(text);
            // A union that also takes any text leaves a text for last.
            let is_text = matches!(tried.value, Some(Value::String(_)));
            if tried.is_clean() && !(self.form.text && is_text) {
                return Some(self.accept(&tried));
            }
        }
        None
    }

    /// A text of the reply as a scalar: as JSON says it, or as people do, whichever needs less converting.
    fn try_scalar(&self, text: &str) -> Tried {
        let lower = text.get(..4).unwrap_or("").to_ascii_lowercase();
        let nothing = text.len() == 4 && ["none", "null"].contains(&lower.as_str());
        let json =
            if nothing { Some(Raw::Null) } else { json_scalar(text).map(|value| Raw::of_value(&value)) };
        let json = json.map(|raw| self.try_raw(&raw, Mended::default()));
        // Any text fits `json`: there it must be JSON.
        if !self.form.scalar || self.form.any {
            return json.unwrap_or_else(Tried::nothing);
        }
        let plain = self.try_raw(&Raw::Text(text.to_owned()), Mended::default());
        match json {
            Some(json) if json.rank() <= plain.rank() => json,
            Some(json) if !plain.is_clean() => json,
            _ => plain,
        }
    }

    /// The JSON that fits best: without violations, with most that matches, with least that was mended.
    fn best(&self, found: &Found) -> Option<Tried> {
        if !self.form.json && !self.form.scalar && !self.reply.encoding.wrapped {
            return None;
        }
        let tried = found.candidates.iter().map(|candidate| self.try_candidate(candidate));
        tried.min_by_key(|tried| {
            let (wrong, conversions) = tried.rank();
            (wrong, Reverse(tried.outcome.matched), tried.mended.count() + conversions)
        })
    }

    fn try_candidate(&self, candidate: &Candidate) -> Tried {
        let inner = self.unwrapped(&candidate.raw);
        if let (true, Some(inner)) = (self.reply.encoding.wrapped, inner) {
            let tried = self.try_raw(inner, candidate.mended);
            if tried.is_clean() {
                return tried;
            }
        }
        let tried = self.try_raw(&candidate.raw, candidate.mended);
        if tried.is_clean() {
            return tried;
        }
        let Some(inner) = inner else { return tried };
        let mut inside = self.try_raw(inner, candidate.mended);
        if !inside.is_clean() && !self.reply.encoding.wrapped {
            return tried;
        }
        if !self.reply.encoding.wrapped {
            inside.outcome.notes.insert(0, "took the answer out of an object with one key".to_owned());
        }
        inside
    }

    /// What stands in an object with one key, where that key may stand around this type.
    fn unwrapped<'r>(&self, raw: &'r Raw) -> Option<&'r Raw> {
        let (key, inner) = raw.only()?;
        let name = self.ty.display(self.table).to_string();
        let known = WRAPPERS.contains(&key.to_ascii_lowercase().as_str()) || key.eq_ignore_ascii_case(&name);
        let list = matches!(self.table.resolve(self.ty).required(), Type::List(_));
        let any_key = !self.form.json || (list && matches!(inner, Raw::List(_)));
        (known || any_key).then_some(inner)
    }

    /// Several objects, one behind the other, where a list is wanted.
    fn read_several(&self, found: &Found) -> Option<Coerced> {
        let list = matches!(self.table.resolve(self.ty).required(), Type::List(_));
        if !list || found.candidates.len() < 2 || found.unfinished || found.too_deep {
            return None;
        }
        let objects = found.candidates.iter().map(|candidate| match &candidate.raw {
            object @ Raw::Object(_) => Some(object.clone()),
            _ => None,
        });
        let mut tried = self.try_raw(&Raw::List(objects.collect::<Option<_>>()?), Mended::default());
        tried.outcome.notes.insert(0, "took several objects as a list".to_owned());
        tried.is_clean().then(|| self.accept(&tried))
    }

    /// A scalar on a line of its own: one with a label such as `Answer:`, or the only line that is one.
    fn read_line(&self) -> Option<Coerced> {
        if !self.form.scalar || self.form.text {
            return None;
        }
        let read = |line: &str| Some(self.try_scalar(line.trim())).filter(Tried::is_clean);
        if let Some(tried) = find::labeled(self.text).and_then(read) {
            return Some(self.accept(&tried));
        }
        let mut only: Option<Tried> = None;
        for tried in self.text.lines().filter(|line| line.len() < 200).take(1000).filter_map(read) {
            match &only {
                Some(known) if known.value == tried.value => {}
                Some(_) => return None,
                None => only = Some(tried),
            }
        }
        let mut tried = only?;
        tried.outcome.notes.insert(0, "took a line of its own as the answer".to_owned());
        Some(self.accept(&tried))
    }

    fn try_raw(&self, raw: &Raw, mended: Mended) -> Tried {
        let mut reader = Reader::new(self.table, Manner::Reply(self.reply.encoding));
        let value = reader.read(raw, self.ty);
        Tried { value, outcome: reader.outcome, mended }
    }

    fn accept(&self, tried: &Tried) -> Coerced {
        let mut notes: Vec<String> = tried.mended.words().map(|words| format!("mended {words}")).collect();
        notes.extend(tried.outcome.notes.iter().cloned());
        let cut = self.reply.cut && tried.mended.has(Mend::Cut);
        Coerced { value: tried.value.clone().unwrap_or(Value::Null), notes, cut }
    }

    fn violations(&self, best: Option<Tried>, found: &Found) -> Vec<Violation> {
        let expected = format!("`{}`", self.ty.display(self.table));
        if found.unfinished {
            let message = format!("the JSON ends before it is complete; expected {expected}");
            return vec![
                Violation::new(String::new(), expected, "JSON without its end").with_message(message),
            ];
        }
        if found.too_deep {
            let message = format!("the JSON is nested too deeply; expected {expected}");
            return vec![
                Violation::new(String::new(), expected, "JSON nested too deeply").with_message(message),
            ];
        }
        let whole = json_scalar(self.text).map(|_| self.try_scalar(self.text.trim()).outcome.violations);
        match (whole, best) {
            (Some(violations), _) if !violations.is_empty() => violations,
            (_, Some(tried)) if !tried.outcome.violations.is_empty() => tried.outcome.violations,
            _ if self.text.trim().is_empty() => {
                vec![Violation::new(String::new(), expected, "an empty reply")]
            }
            _ => {
                let found = format!("{:?}", shorten(self.text.trim()));
                let violation = Violation::new(String::new(), expected.clone(), found.clone());
                if self.form.scalar && !self.form.any {
                    return vec![violation];
                }
                let message = format!("no JSON in the reply; expected {expected}, found {found}");
                vec![violation.with_message(message)]
            }
        }
    }
}

impl Tried {
    fn nothing() -> Self {
        Self { value: None, outcome: Outcome::default(), mended: Mended::default() }
    }

    /// How wrong it is, then how much was converted.
    fn rank(&self) -> (usize, u32) {
        (self.outcome.violations.len() + usize::from(self.value.is_none()), self.outcome.conversions)
    }

    fn is_clean(&self) -> bool {
        self.value.is_some() && self.outcome.violations.is_empty()
    }
}

/// Without blank lines before and white space behind; the first line keeps its indent.
fn without_blank_ends(text: &str) -> &str {
    let text = text.trim_end();
    let content = text.len() - text.trim_start().len();
    let line = text.get(..content).and_then(|blank| blank.rfind('\n')).map_or(0, |newline| newline + 1);
    text.get(line..).unwrap_or("")
}
