//! Explains what the grammar's recovery rules caught: a bad line is parsed again by a strict probe, together with the
//! member before it where that may have been cut short, for the exact place and the words that could stand there.
//! Where the mistake is plain, the line is read as it was meant, so that nothing else is said because of it.

use std::sync::Arc;

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

use super::cursor::{Builder, Built, Node, Nodes};
use super::error;
use super::foreign;
use super::grammar::{Grammar, Rule};
use super::habits::set_behind;
use super::meant::{elsewhere, meant};
use super::split::{DECLARATIONS, word_at};
use super::words::{self, Fault};
use crate::ast::Member;
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::suggest::nearest;

/// What stands between the braces that hold a bad line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Decls,
    Members,
    Fields,
    Cases,
}

impl Probe {
    fn rule(self) -> Rule {
        match self {
            Self::Decls => Rule::probe_decls,
            Self::Members => Rule::probe_members,
            Self::Fields => Rule::probe_fields,
            Self::Cases => Rule::probe_cases,
        }
    }

    /// The words that may begin a line here.
    fn openers(self) -> Vec<&'static str> {
        match self {
            Self::Decls => DECLARATIONS.to_vec(),
            Self::Members => {
                let kinds = kinds::STATES.iter().map(|kind| kind.word);
                ["when", "else", "on", "var", "require", "each"].into_iter().chain(kinds).collect()
            }
            Self::Fields => Vec::new(),
            Self::Cases => vec!["mock", "expect", "snapshot"],
        }
    }
}

/// Parses `text`, which begins at `from` of the chunk, strictly; where and why it fails.
pub(super) fn fault(rule: Rule, text: &str, from: usize) -> Option<Fault> {
    let error = Grammar::parse(rule, text).err()?;
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    let rules = match error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Some(Fault { at: from + at, rules })
}

/// The bad lines of one block, as they are met.
pub(super) struct Recovery {
    probe: Probe,
    /// Where the good member before begins, if it has no block of its own.
    before: Option<usize>,
    /// Begin and end of each bad line since.
    run: Vec<(usize, usize)>,
    /// The head before is wrong already, and what follows it is most often its own.
    covered: bool,
    /// Where the block's `{` stands.
    opened: Option<usize>,
    /// Members before this belong to a bracket that was not closed.
    swallowed: usize,
    /// Members that a bad line was meant to be.
    pub(super) meant: Vec<Member>,
}

impl Recovery {
    /// For a block whose members `probe` tells.
    pub(super) fn new(probe: Probe) -> Self {
        Self {
            probe,
            before: None,
            run: Vec::new(),
            covered: false,
            opened: None,
            swallowed: 0,
            meant: Vec::new(),
        }
    }

    /// Takes a node; true where it was a bad line or a delimiter.
    pub(super) fn step(&mut self, builder: &mut Builder<'_>, node: &Node<'_>) -> bool {
        let span = node.as_span();
        match node.as_rule() {
            Rule::bad_item | Rule::bad_decl => {
                if self.covered {
                    return true;
                }
                self.run.push((span.start(), span.end()));
                return true;
            }
            Rule::lbrace => {
                self.finish(builder);
                self.opened = Some(span.start());
                return true;
            }
            Rule::rbrace => {
                self.finish(builder);
                return true;
            }
            Rule::unclosed => {
                self.finish(builder);
                builder.unclosed(self.opened.unwrap_or(span.start()));
                return true;
            }
            _ => {}
        }
        self.finish(builder);
        if span.start() < self.swallowed {
            return true;
        }
        self.covered = node.as_rule() == Rule::bad_head;
        let plain = [Rule::field, Rule::tfield, Rule::each, Rule::edge, Rule::var, Rule::require, Rule::mock];
        let plain = plain.contains(&node.as_rule())
            || [Rule::expect, Rule::snapshot, Rule::edition, Rule::import, Rule::type_decl]
                .contains(&node.as_rule());
        self.before = plain.then_some(span.start());
        false
    }

    /// Explains the bad lines met so far.
    pub(super) fn finish(&mut self, builder: &mut Builder<'_>) {
        let run = std::mem::take(&mut self.run);
        let mut before = self.before.take();
        let Some(end) = run.last().map(|(_, end)| *end) else {
            return;
        };
        let mut explained = 0;
        for (start, line_end) in run {
            if start >= explained && builder.may_explain() {
                let reaches = self.explain(builder, before.take(), (start, line_end), end);
                // Outside of blocks the lines below a bad one are most often its own.
                explained = if self.probe == Probe::Decls { end } else { reaches.max(start + 1) };
            }
        }
    }

    /// Explains the bad line `start..line_end`, reading up to `end`; answers how far the explanation reaches.
    fn explain(
        &mut self,
        builder: &mut Builder<'_>,
        before: Option<usize>,
        (start, line_end): (usize, usize),
        end: usize,
    ) -> usize {
        let text = Arc::clone(&builder.text);
        let leads = words::leads(&text, start);
        if leads && self.first_word(builder, &text, start, line_end) {
            return line_end;
        }
        let from = before.unwrap_or(start);
        let opens = self.probe.openers().contains(&word_at(text.get(start..line_end).unwrap_or("")));
        if !leads
            && !opens
            && let Some(diagnostic) = behind(builder, &text, from, start, line_end)
        {
            builder.report(diagnostic);
            return line_end;
        }
        let written = text.get(from..end).unwrap_or("");
        let rule =
            if before.is_some() && word_at(written) == "each" { Rule::probe_each } else { self.probe.rule() };
        let mut found = fault(rule, written, from).unwrap_or_else(|| Fault { at: start, rules: Vec::new() });
        // A bracket that goes on below takes what stands there for its own.
        let open = text.get(..found.at).is_some_and(|read| read.trim_end().ends_with([',', '(', '[']));
        if open && found.at >= from + written.trim_end().len() {
            found = fault(rule, text.get(from..).unwrap_or(""), from).unwrap_or(found);
            self.swallowed = found.at;
        }
        let fault = found;
        if self.no_value(builder, &text, from, &fault, line_end) {
            return line_end;
        }
        let diagnostic = explain(builder, &text, from, &fault);
        builder.report(diagnostic);
        let equals = fault.rules.contains(&Rule::colon) && words::token(&text, fault.at) == "=";
        if equals && fault.at < line_end {
            let line = text.get(start..line_end).unwrap_or("");
            let (key, value) = line.split_at(fault.at.saturating_sub(start).min(line.len()));
            self.read_as_meant(builder, start, &[key, ":", value.get(1..).unwrap_or("")].concat(), (0, 0));
        }
        fault.at
    }

    /// A first word that may not stand here: nearly one that may, or one of another language.
    fn first_word(&mut self, builder: &mut Builder<'_>, text: &str, start: usize, end: usize) -> bool {
        let line = text.get(start..end).unwrap_or("");
        let word = word_at(line);
        let rest = line.get(word.len()..).unwrap_or("");
        let openers = self.probe.openers();
        if word.is_empty() || openers.contains(&word) {
            return false;
        }
        let span = builder.place(start, start + word.len());
        if self.probe != Probe::Decls && rest.trim_start().starts_with([':', '=', '?']) {
            return false;
        }
        if self.probe == Probe::Decls {
            builder.report(match foreign::declaration(word) {
                Some(hint) => error::foreign_declaration(span, word, hint),
                None => error::unknown_declaration(span, word, nearest(word, openers)),
            });
            return true;
        }
        if word == "set" && self.probe == Probe::Members {
            builder.report(error::set_first(span, &set_behind(rest)));
            return true;
        }
        if let Some(hint) = foreign::line(line, self.probe) {
            builder.report(error::foreign_word(span, word, hint));
            return true;
        }
        // `stall {` lacks a colon, and is no state of a kind that is spelt alike
        let Some(meant) =
            nearest(word, openers).filter(|_| !(rest.trim_start().starts_with('{') && kinds::is_key(word)))
        else {
            return false;
        };
        builder.report(error::unknown_word(span, word, meant));
        self.read_as_meant(builder, start, &[meant, rest].concat(), (word.len(), meant.len()));
        true
    }

    /// `model:` and nothing behind it: the next line's key was read as its value.
    fn no_value(
        &mut self,
        builder: &mut Builder<'_>,
        text: &str,
        from: usize,
        fault: &Fault,
        line_end: usize,
    ) -> bool {
        if words::token(text, fault.at) != ":" {
            return false;
        }
        let line =
            text.get(..fault.at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let key = text.get(line..fault.at).unwrap_or("");
        let key_start = line + key.len() - key.trim_start().len();
        if key_start <= from || word_at(key.trim()) != key.trim() || key.trim().is_empty() {
            return false;
        }
        let previous = words::end_before(text, key_start);
        let span = builder.place(previous, previous);
        builder.report(error::no_value(span, if self.probe == Probe::Fields { "a type" } else { "a value" }));
        let line = text.get(key_start..line_end).unwrap_or("");
        self.read_as_meant(builder, key_start, line, (0, 0));
        true
    }

    /// Reads a mended line into the members; what is wrong with it still stays unsaid.
    fn read_as_meant(
        &mut self,
        builder: &mut Builder<'_>,
        start: usize,
        line: &str,
        (written, mended): (usize, usize),
    ) {
        if self.probe != Probe::Members {
            return;
        }
        let Some(nodes) = Grammar::parse(Rule::probe_members, line).ok().and_then(|mut pairs| pairs.next())
        else {
            return;
        };
        let members: Built<Vec<Member>> = builder.within(line, start + written, mended, |builder| {
            let mut members = Vec::new();
            for node in Nodes::of(nodes).filter(|node| node.as_rule() != Rule::EOI) {
                builder.body_member(node, &mut members)?;
            }
            Ok(members)
        });
        self.meant.extend(members.unwrap_or_default());
    }
}

/// What is told by the end of the member that begins at `from` and the bad item at `start` behind it on its line.
fn behind(builder: &Builder<'_>, text: &str, from: usize, start: usize, end: usize) -> Option<Diagnostic> {
    let bad = text.get(start..end).unwrap_or("");
    let word = word_at(bad);
    let place = builder.place(start, start + word.len());
    if text.get(..start).is_some_and(|before| before.ends_with('"')) && !word.is_empty() {
        return Some(error::behind_string(place, word));
    }
    if ["goto", "go", "transition"].contains(&word) {
        return Some(error::foreign_word(place, word, "an edge is an arrow and a state: `-> state`"));
    }
    if ["if", "unless"].contains(&word) {
        return Some(error::foreign_word(place, word, "write the condition first: `when .ok -> state`"));
    }
    if word == "set" && !text.get(from..start).is_some_and(|member| member.contains("->")) {
        return Some(error::set_first(place, &set_behind(bad.get(word.len()..).unwrap_or(""))));
    }
    let member = text.get(from..start).unwrap_or("").trim_end();
    let last = words::word_before(member);
    let begin = from + member.len() - last.len();
    if text.get(..begin).is_some_and(|before| before.trim_end().ends_with("->")) {
        let meant = nearest(last, ["return", "fail"]).filter(|meant| *meant != last);
        if let Some(meant) = meant {
            return Some(error::unknown_word(builder.place(begin, begin + last.len()), last, meant));
        }
    }
    // `prompt: Say hello`: a word behind a word.
    let is_field = word_at(member).len() < member.find(':').unwrap_or(0) + 1 && !last.is_empty();
    let plain = !bad.get(word.len()..).unwrap_or("").trim_start().starts_with([':', '{']);
    if is_field
        && word_at(member) != "each"
        && !word.is_empty()
        && plain
        && member.ends_with(last)
        && member.contains(": ")
    {
        return Some(error::behind_word(place, word, last));
    }
    let target = ["next", "break", "return", "fail"].contains(&word);
    (last == "return" && target).then(|| error::unexpected(place, "", &[], true, word))
}

/// The finding for a fault in `text`, read from `from`.
pub(super) fn explain(builder: &mut Builder<'_>, text: &str, from: usize, fault: &Fault) -> Diagnostic {
    let token = words::token(text, fault.at);
    if let Some(Cut { end, asks, next }) = cut_short(text, from, fault) {
        let (end, next) = (builder.place(end, end), builder.place(next, next + 1));
        return error::unexpected(end, "the end of the line", &[asks], false, "")
            .also(next, "another member");
    }
    let here = builder.place(fault.at, fault.at + token.len());
    if let Some((begin, end, message, hint)) = elsewhere(text, fault) {
        return error::foreign_sign(builder.place(begin, end), &message, &hint);
    }
    if let Some((message, hint)) = meant(text, fault) {
        return error::foreign_sign(here, &message, &hint);
    }
    // What should stand at the end of a line is missing there, not where the next line begins.
    let expected = fault.expected(text);
    let previous = words::end_before(text, fault.at);
    let gap = text.get(previous..fault.at).unwrap_or("");
    // Behind a comma or an opening sign it is the next line that should begin otherwise.
    let goes_on = text.get(..previous).is_some_and(|read| read.ends_with([',', '(', '[', '{']));
    let ends = token.is_empty();
    let crosses = !expected.is_empty() && previous > from && gap.contains('\n') && (!goes_on || ends);
    let span = if crosses { builder.place(previous, previous) } else { here };
    let found = words::found(text, fault.at, crosses);
    if fault.has(&[Rule::lbrace, Rule::body, Rule::record, Rule::cases]) && !fault.wants_value() {
        builder.missing_brace = Some(span);
    }
    let token = if crosses { "" } else { token };
    if fault.has(&[Rule::edition, Rule::kw_edition, Rule::probe_decls]) && expected.is_empty() {
        return error::no_declaration(span, &found);
    }
    let finding = error::unexpected(span, &found, &expected, fault.wants_name(), token);
    let closes = ["`)`", "`]`"].iter().any(|sign| expected.contains(sign));
    match open_bracket(text, from, fault.at).filter(|_| closes) {
        Some(open) if text.get(open..previous).is_some_and(|inside| inside.contains('\n')) => {
            finding.also(builder.place(open, open + 1), "this is still open")
        }
        _ => finding,
    }
}

/// A line that ends before what it asks for.
struct Cut {
    end: usize,
    asks: &'static str,
    /// Where the next member begins.
    next: usize,
}

/// What an arrow, an operator or a bracket at the end of a line still asks for, where the next line begins another
/// member.
fn cut_short(text: &str, from: usize, fault: &Fault) -> Option<Cut> {
    let line = text.get(..fault.at)?.rfind('\n').map(|newline| newline + 1).filter(|line| *line > from)?;
    let next = text.get(line..)?.trim_start();
    let word = word_at(next);
    let name = word_at(next.get(word.len()..)?.trim_start());
    let begins = match word {
        "when" | "else" | "on" => true,
        "var" | "require" => !name.is_empty(),
        _ => kinds::state(word).is_some() && !name.is_empty(),
    };
    let end = words::end_before(text, line);
    let before = text.get(from..end).filter(|_| begins)?;
    let operators = ["=", "+", "-", "*", "/", "%", "<", ">", "??"];
    let closes_a_map =
        before.ends_with('>') && before.rsplit('\n').next().is_some_and(|line| line.contains("map"));
    let asks = |sign: &&str| before.ends_with(*sign) && !closes_a_map;
    let cut = |asks| Some(Cut { end, asks, next: text.len() - next.len() });
    if before.ends_with("->") {
        return cut("a state, `return`, `fail`, `next` or `break`");
    }
    if operators.iter().any(asks) || OPERATOR_WORDS.contains(&words::word_before(before)) {
        return cut("a value");
    }
    match before.chars().next_back()? {
        '[' => cut("a value or `]`"),
        '(' => cut("a value or `)`"),
        _ => None,
    }
}

const OPERATOR_WORDS: &[&str] = &["and", "or", "not", "in", "is"];

/// The innermost `(` or `[` that is open at `end`.
fn open_bracket(text: &str, from: usize, end: usize) -> Option<usize> {
    let mut open = Vec::new();
    let mut quoted = false;
    let mut signs = text.get(from..end)?.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' if quoted => {
                signs.next();
            }
            '"' => quoted = !quoted,
            '#' if !quoted => {
                signs.find(|(_, sign)| *sign == '\n');
            }
            '(' | '[' if !quoted => open.push(from + at),
            ')' | ']' if !quoted => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}
