//! Whole forms of other languages, YAML's and Python's before all: a block opened by a colon, a text behind `|`, a range
//! in a type, a thrown error. Each is told by the sign at which reading fails and what stands before it.

use super::grammar::Rule;
use super::meant::{Case, Said};
use super::split::{DECLARATIONS, word_at};
use super::words;
use crate::kinds;

/// What is said of a place that is not the one where reading failed: begin and end of it, the message, the mend.
pub(super) type Elsewhere = (usize, usize, String, String);

/// Words that end a program elsewhere.
const THROWN: &[&str] = &["throw", "raise", "error", "panic", "abort", "exit", "die", "reject"];

/// Types of other languages that hold one thing, and what stands behind that thing here.
const GENERIC: &[(&str, &str)] = &[
    ("optional", "?"),
    ("maybe", "?"),
    ("option", "?"),
    ("list", "[]"),
    ("array", "[]"),
    ("sequence", "[]"),
    ("set", "[]"),
    ("vec", "[]"),
    ("iterable", "[]"),
];

/// The words of other languages for our types.
const TYPES: &[(&str, &str)] = &[
    ("str", "string"),
    ("integer", "int"),
    ("number", "float"),
    ("double", "float"),
    ("boolean", "bool"),
    ("any", "json"),
    ("object", "json"),
];

impl Case<'_> {
    /// What is told of a word before the one at which reading failed.
    pub(super) fn elsewhere(&self) -> Option<Elsewhere> {
        self.thrown().or_else(|| self.opened_by_colon())
    }

    /// `-> throw "x"`, `-> raise Error("x")`.
    fn thrown(&self) -> Option<Elsewhere> {
        if !self.token.starts_with(['"', '(']) && !self.token.starts_with(char::is_alphabetic) {
            return None;
        }
        let mut before = self.before.trim_end();
        let mut word = words::word_before(before);
        if !THROWN.contains(&word) && self.token == "(" {
            before = before.strip_suffix(word)?.trim_end();
            word = words::word_before(before);
        }
        let begin = before.len() - word.len();
        let behind_arrow = before.get(..begin)?.trim_end().ends_with("->");
        if !behind_arrow || !THROWN.contains(&word) || before.len() < self.line_start() {
            return None;
        }
        let rest = self.rest.lines().next().unwrap_or("");
        let why = rest.split('"').nth(1).unwrap_or("why");
        Some((
            begin,
            before.len(),
            format!("unknown word `{word}` behind `->`"),
            format!("a run that fails ends in `-> fail \"{why}\"`"),
        ))
    }

    /// `agent A(q: string):`, `ask a:` and the body on the lines below.
    fn opened_by_colon(&self) -> Option<Elsewhere> {
        if !self.has(&[Rule::lbrace, Rule::body, Rule::ty, Rule::ty_one, Rule::map_ty, Rule::bar]) {
            return None;
        }
        let read = self.before.trim_end();
        // the first word of the body was read as the type
        let word = words::word_before(read);
        let without = read.get(..read.len() - word.len())?;
        let end = if self.token == ":" {
            self.before.len() + 1
        } else {
            [read, without.trim_end()].into_iter().find(|text| text.ends_with(':'))?.len()
        };
        let at = end - 1;
        let text = self.text;
        let behind = text.get(end..)?.lines().next().unwrap_or("").split('#').next().unwrap_or("");
        if !behind.trim().is_empty() {
            return None;
        }
        let line = text.get(..at)?.rsplit('\n').next().unwrap_or("").trim();
        let first = word_at(line);
        if !(DECLARATIONS.contains(&first) || kinds::state(first).is_some()) {
            return None;
        }
        let head: String = line.chars().take(60).collect();
        Some((
            at,
            end,
            "expected `{`, found `:`".to_owned(),
            format!("a body stands in braces: `{head} {{ … }}`"),
        ))
    }

    /// Where the line of the sign begins.
    fn line_start(&self) -> usize {
        self.before.rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// What is told of the sign itself.
    pub(super) fn habits(&self) -> Said {
        self.yaml().or_else(|| self.sets()).or_else(|| self.in_types()).or_else(|| self.argument())
    }

    fn yaml(&self) -> Said {
        let line = self.rest.lines().next().unwrap_or("").trim_end();
        match self.token {
            ":" if self.first_word() == "edition" => {
                let number = self.behind(":").lines().next().unwrap_or("").trim();
                let number = if number.is_empty() { "1" } else { number };
                Some((
                    "expected a number, found `:`".to_owned(),
                    format!("write `edition {number}`, without a colon"),
                ))
            }
            "|" | ">" if self.value && matches!(line, "|" | "|-" | "|+" | ">" | ">-" | ">+") => Some((
                format!("expected a value, found `{}`", self.token),
                "a text of several lines stands between `\"\"\"` and `\"\"\"`".to_owned(),
            )),
            "{" if self.fault.only(Rule::colon) => {
                let word = words::word_before(self.before.trim_end());
                if kinds::is_key(word) {
                    return Some((
                        "expected `:`, found `{`".to_owned(),
                        format!("a field takes a colon: `{word}: {{ … }}`"),
                    ));
                }
                Some((
                    format!("expected the kind of a state before `{word}`"),
                    format!(
                        "a state begins with what it does: `branch {word} {{ … }}`, `ask {word} {{ … }}`"
                    ),
                ))
            }
            _ => None,
        }
    }

    /// `else when`, and `set n = 1 -> next`.
    fn sets(&self) -> Said {
        let last = words::word_before(self.before.trim_end());
        match self.token {
            "when" | "if" if last == "else" => Some((
                format!("unexpected `{}` behind `else`", self.token),
                "edges are tried in order: write `when … -> state`, without `else`".to_owned(),
            )),
            token
                if ["goto", "then", "to", "transition"].contains(&last)
                    && self.fault.only(Rule::colon)
                    && !word_at(token).is_empty() =>
            {
                Some((
                    format!("expected `:`, found `{token}`"),
                    format!("an edge is an arrow and a state: `-> {token}`"),
                ))
            }
            token if last == "set" && self.fault.only(Rule::colon) && !token.is_empty() => Some((
                "expected an edge before `set`".to_owned(),
                set_behind(self.rest.lines().next().unwrap_or("")),
            )),
            _ => None,
        }
    }

    /// `int(1..5)`, `Optional[int]`.
    fn in_types(&self) -> Said {
        let behind = self.has(&[Rule::list_of, Rule::maybe, Rule::bar]) && !self.operator;
        if !behind {
            return None;
        }
        let written = words::word_before(self.before.trim_end());
        let ours = ours(written);
        match self.token {
            "(" => {
                let inside = self.rest.get(1..)?.split(')').next()?;
                let bounds: Vec<&str> = inside
                    .split(['.', ',', '-', '='])
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .collect();
                let number = |text: &&str| text.chars().all(|sign| sign.is_ascii_digit());
                let attr = match (ours, bounds.as_slice()) {
                    ("int" | "float", [low, high]) if number(low) && number(high) => {
                        format!("@range({low}, {high})")
                    }
                    ("string", [low, high]) if number(low) && number(high) => format!("@len({low}, {high})"),
                    ("string", [most]) if number(most) => format!("@len(0, {most})"),
                    ("int", _) => "@range(1, 5)".to_owned(),
                    _ => return None,
                };
                Some((
                    format!("unexpected `(` behind `{written}`"),
                    format!("what bounds a value stands behind the type: `{ours} {attr}`"),
                ))
            }
            "[" | "<" => {
                let close = if self.token == "[" { ']' } else { '>' };
                let inside = self.rest.get(1..)?.split(close).next()?.trim();
                let lower = written.to_ascii_lowercase();
                let better = match GENERIC.iter().find(|(name, _)| *name == lower) {
                    Some((_, mark)) if word_at(inside) == inside && !inside.is_empty() => {
                        format!("{}{mark}", self::ours(inside))
                    }
                    _ if matches!(&*lower, "dict" | "record" | "mapping" | "hash" | "hashmap") => {
                        let value = inside.rsplit(',').next()?.trim();
                        if word_at(value) != value || value.is_empty() {
                            return None;
                        }
                        format!("map<{}>", self::ours(value))
                    }
                    _ => return None,
                };
                Some((format!("unexpected `{}` behind a type", self.token), format!("write `{better}`")))
            }
            _ => None,
        }
    }

    /// `agent: B(q = q)`.
    fn argument(&self) -> Said {
        if self.token != "=" || !self.operator || self.before.ends_with(['=', '!', '<', '>']) {
            return None;
        }
        let name = words::word_before(self.before.trim_end());
        let open = self.before.trim_end().strip_suffix(name)?.trim_end();
        if name.is_empty() || !open.ends_with(['(', ',']) {
            return None;
        }
        let callee = open.rfind('(').and_then(|at| open.get(..at))?;
        let called = words::word_before(callee);
        let field = callee.strip_suffix(called)?.trim_end();
        if !field.ends_with(':') || !["tool:", "agent:"].iter().any(|key| field.ends_with(key)) {
            return None;
        }
        let value = word_at(self.behind("="));
        let value = if value.is_empty() { "…" } else { value };
        Some(("unexpected `=` behind the name of an argument".to_owned(), format!("write `{name}: {value}`")))
    }
}

/// `n = 1 -> next` with its edge first.
pub(super) fn set_behind(assignment: &str) -> String {
    match assignment.split_once("->") {
        Some((set, target)) if !set.trim().is_empty() && !word_at(target.trim()).is_empty() => {
            format!("`set` stands behind its edge: `-> {} set {}`", word_at(target.trim()), set.trim())
        }
        _ => "a value is set by an edge: `-> state set name = value`".to_owned(),
    }
}

/// Our word for a type of another language.
fn ours(written: &str) -> &str {
    let lower = written.to_ascii_lowercase();
    TYPES.iter().find(|(theirs, _)| *theirs == lower).map_or(written, |(_, ours)| ours)
}
