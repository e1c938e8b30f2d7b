//! Explains what the grammar's recovery rules caught: a bad line is parsed again by a strict probe, together with the
//! member before it where that may have been cut short, for the exact place and the words that could stand there.

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

use super::cursor::{Builder, Built, Node, Nodes};
use super::error;
use super::grammar::{Grammar, Rule};
use super::split::{DECLARATIONS, word_at};
use super::suggest::nearest;
use super::words;
use crate::ast::StateDecl;

/// The words of state kinds.
pub(super) const KINDS: &[&str] = &[
    "ask", "plan", "call", "loop", "branch", "parallel", "run", "approve", "wait", "recall", "remember",
    "forget", "open", "let",
];

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
                let mut words = vec!["when", "else", "on", "var", "require", "each"];
                words.extend(KINDS);
                words
            }
            Self::Fields => Vec::new(),
            Self::Cases => vec!["mock", "expect", "snapshot"],
        }
    }
}

/// The bad lines of one block, as they are met.
pub(super) struct Recovery {
    probe: Probe,
    /// Where the good member before begins, if it has no block of its own.
    before: Option<usize>,
    /// Begin and end of each bad line since.
    run: Vec<(usize, usize)>,
}

impl Recovery {
    /// For a block whose members `probe` tells.
    pub(super) fn new(probe: Probe) -> Self {
        Self { probe, before: None, run: Vec::new() }
    }

    /// Takes a node; true where it was a bad line or a delimiter.
    pub(super) fn step(&mut self, builder: &mut Builder<'_>, node: &Node<'_>) -> bool {
        let span = node.as_span();
        match node.as_rule() {
            Rule::bad_item | Rule::bad_decl => {
                self.run.push((span.start(), span.end()));
                return true;
            }
            Rule::lbrace | Rule::rbrace => {
                self.finish(builder);
                return true;
            }
            _ => {}
        }
        self.finish(builder);
        let has_block = matches!(
            node.as_rule(),
            Rule::state
                | Rule::bad_state
                | Rule::agent_decl
                | Rule::tool_decl
                | Rule::block_decl
                | Rule::test_decl
        );
        self.before = (!has_block).then_some(span.start());
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
        for (start, _) in run {
            if start >= explained {
                explained = self.explain(builder, before.take(), start, end).max(start + 1);
            }
        }
    }

    /// Explains the bad line at `start`; answers up to where the explanation reaches.
    fn explain(&self, builder: &mut Builder<'_>, before: Option<usize>, start: usize, end: usize) -> usize {
        let bad = builder.text.get(start..end).unwrap_or("");
        if let Some((length, diagnostic)) = self.misspelt(builder, start, bad) {
            builder.report(diagnostic);
            return start + length;
        }
        let from = before.unwrap_or(start);
        let text = builder.text.get(from..end).unwrap_or("");
        let (at, rules) = match Grammar::parse(self.probe.rule(), text) {
            Ok(_) => (start, Vec::new()),
            Err(fault) => {
                let at = match fault.location {
                    InputLocation::Pos(at) | InputLocation::Span((at, _)) => from + at,
                };
                match fault.variant {
                    ErrorVariant::ParsingError { positives, .. } => (at.max(from), positives),
                    ErrorVariant::CustomError { .. } => (start, Vec::new()),
                }
            }
        };
        let whole = builder.text;
        let found = words::found(whole, at);
        let expected = words::expected(&rules);
        let token = words::token(whole, at);
        // What should stand at the end of a line is missing there, not where the next line begins.
        let previous = words::end_before(whole, at);
        let crosses = whole.get(previous..at).is_some_and(|gap| gap.contains('\n'));
        let span = if crosses && previous > from {
            builder.place(previous, previous)
        } else {
            builder.place(at, at + token.len())
        };
        builder.report(error::unexpected(span, &found, &expected, &rules, token));
        at
    }

    /// A first word that is nearly one that may stand here.
    fn misspelt(
        &self,
        builder: &Builder<'_>,
        start: usize,
        bad: &str,
    ) -> Option<(usize, crate::diagnostic::Diagnostic)> {
        let word = word_at(bad);
        let rest = bad.get(word.len()..)?.trim_start();
        let openers = self.probe.openers();
        if word.is_empty() || rest.starts_with([':', '=']) || openers.contains(&word) {
            return None;
        }
        let span = builder.place(start, start + word.len());
        if self.probe == Probe::Decls {
            return Some((bad.len(), error::unknown_declaration(span, word, nearest(word, openers))));
        }
        let meant = nearest(word, openers)?;
        Some((word.len(), error::unknown_word(span, word, meant)))
    }
}

impl Builder<'_> {
    /// A state whose kind is unknown or whose head is wrong; its body is kept.
    pub(super) fn bad_state(&mut self, node: Node<'_>) -> Built<Option<StateDecl>> {
        let span = self.span(&node);
        let head_start = node.as_span().start();
        let docs = self.docs(span);
        let mut nodes = Nodes::of(node);
        let word = nodes.any()?;
        let mut kind = self.ident(&word);
        let name = nodes.one(Rule::ident).map(|name| self.ident(&name));
        nodes.skips(Rule::junk);
        let body = nodes.need(Rule::body)?;
        let head_end = body.as_span().start();
        if word.as_rule() == Rule::kind {
            let head = self.text.get(head_start..=head_end).unwrap_or("").to_owned() + "}";
            self.bad_head(head_start, &head);
        } else {
            let meant = nearest(&kind.name, KINDS.iter().copied());
            self.report(error::unknown_kind(kind.span, &kind.name, meant));
            if let Some(meant) = meant {
                kind.name = meant.into();
            }
        }
        let body = self.body(body)?;
        Ok(name.map(|name| StateDecl { docs, kind, name, ty: None, body, span }))
    }

    fn bad_head(&mut self, start: usize, head: &str) {
        let Err(fault) = Grammar::parse(Rule::probe_members, head) else {
            return;
        };
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = fault.location;
        let rules = match fault.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        let token = words::token(head, at);
        let span = self.place(start + at, start + at + token.len());
        self.report(error::unexpected(
            span,
            &words::found(head, at),
            &words::expected(&rules),
            &rules,
            token,
        ));
    }

    /// `${…}` that holds no expression.
    pub(super) fn bad_hole(&mut self, node: &Node<'_>) {
        let span = node.as_span();
        let written = node.as_str();
        let inner = written.get(2..written.len().saturating_sub(1)).unwrap_or("");
        if inner.trim().is_empty() {
            let span = self.place(span.start(), span.end());
            return self.report(error::empty_hole(span));
        }
        let (at, rules) = match Grammar::parse(Rule::probe_expr, inner) {
            Ok(_) => (0, Vec::new()),
            Err(fault) => {
                let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = fault.location;
                match fault.variant {
                    ErrorVariant::ParsingError { positives, .. } => (at, positives),
                    ErrorVariant::CustomError { .. } => (at, Vec::new()),
                }
            }
        };
        let token = words::token(inner, at);
        let begin = span.start() + 2 + at;
        let place = self.place(begin, begin + token.len());
        let found = if token.is_empty() { "the end of the hole".to_owned() } else { words::found(inner, at) };
        self.report(error::unexpected(place, &found, &words::expected(&rules), &rules, token));
    }
}
