//! States, declarations and holes whose head or inside is wrong: what is wrong is said, and what can be read is kept, so
//! that their bodies are checked and their names are known.

use std::sync::Arc;

use super::cursor::{Builder, Built, Mismatch, Node, Nodes};
use super::error;
use super::foreign;
use super::grammar::Rule;
use super::item::block_kind;
use super::recover::{explain, fault};
use super::ty::any_json;
use super::words::{self, Fault};
use crate::ast::{AgentDecl, BlockDecl, Docs, Ident, Item, Param, StateDecl, TestDecl, ToolDecl};
use crate::kinds;
use crate::span::Spanned;
use crate::suggest::nearest;

/// How many bad lines of a chunk are explained: each costs a parse, and nobody reads more at once.
const MOST_EXPLAINED: usize = 100;

impl Builder<'_> {
    /// Counts an explanation; false where there were enough.
    pub(super) fn may_explain(&mut self) -> bool {
        self.explained += 1;
        self.explained <= MOST_EXPLAINED
    }

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
        if kinds::state(&kind.name).is_some() {
            self.explain_head(Rule::probe_members, head_start, body.as_span().start());
        } else if let Some(hint) = foreign::kind(&kind.name) {
            self.report(error::foreign_word(kind.span, &kind.name, hint));
        } else {
            let meant = nearest(&kind.name, kinds::STATES.iter().map(|kind| kind.word));
            self.report(error::unknown_kind(kind.span, &kind.name, meant));
            if let Some(meant) = meant {
                kind.name = meant.into();
            }
        }
        let body = self.body(body)?;
        Ok(name.map(|name| StateDecl { docs, kind, name, ty: None, body, span }))
    }

    /// A declaration whose head is wrong: what can be read of it, so that its body is checked and its name is known.
    pub(super) fn bad_head(&mut self, node: Node<'_>, docs: Docs) -> Built<Option<Item>> {
        let span = self.span(&node);
        let start = node.as_span().start();
        let mut nodes = Nodes::of(node);
        let keyword = nodes.any()?;
        let name = nodes.one(Rule::ident).map(|name| self.ident(&name));
        let params = match nodes.one(Rule::bad_params) {
            Some(params) => self.bad_params(params)?,
            None => Vec::new(),
        };
        nodes.skips(Rule::decl_junk);
        let body = nodes.any()?;
        self.explain_head(Rule::probe_decls, start, body.as_span().start());
        let name = name.unwrap_or_else(|| Ident { name: "".into(), span: span.at_start() });
        let named = !name.name.is_empty();
        let item = match keyword.as_str() {
            "test" => {
                let cases = self.span(&body);
                let name = Spanned::new(name.name, name.span);
                return Ok(Some(Item::Test(TestDecl {
                    docs,
                    name,
                    members: self.cases(body)?,
                    body: cases,
                    span,
                })));
            }
            "agent" => Item::Agent(AgentDecl { docs, name, params, ty: None, body: self.body(body)?, span }),
            "tool" => Item::Tool(ToolDecl { docs, name, params, ty: None, body: self.body(body)?, span }),
            word => {
                let kind = block_kind(word).ok_or(Mismatch)?;
                Item::Block(BlockDecl { docs, kind, name, body: self.body(body)?, span })
            }
        };
        Ok(named.then_some(item))
    }

    /// The parameters that can be read, and the names of the others.
    fn bad_params(&mut self, node: Node<'_>) -> Built<Vec<Param>> {
        let mut params = Vec::new();
        for node in Nodes::of(node) {
            match node.as_rule() {
                Rule::param => params.push(self.param(node)?),
                Rule::bad_param => params.extend(self.bad_param(&node)),
                _ => {}
            }
        }
        Ok(params)
    }

    /// `q` without a type, or `string q`: its last word before a colon is its name.
    fn bad_param(&mut self, node: &Node<'_>) -> Option<Param> {
        let start = node.as_span().start();
        let written = node.as_str().split(':').next()?.trim_end();
        let word = words::word_before(written);
        let begin = written.len() - word.len();
        let span = self.place(start + begin, start + begin + word.len());
        let name = Ident { name: word.into(), span };
        (!word.is_empty()).then(|| Param { name, ty: any_json(span), attrs: Vec::new(), default: None, span })
    }

    /// Says what is wrong between `start` and the `{` of a body.
    fn explain_head(&mut self, probe: Rule, start: usize, brace: usize) {
        if !self.may_explain() {
            return;
        }
        let text = Arc::clone(&self.text);
        let head = text.get(start..=brace).unwrap_or("").to_owned() + "}";
        let fault = fault(probe, &head, start).unwrap_or_else(|| Fault { at: start, rules: Vec::new() });
        let diagnostic = explain(self, &text, start, &fault);
        self.report(diagnostic);
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
        if !self.may_explain() {
            return;
        }
        let begin = span.start() + 2;
        let fault =
            fault(Rule::probe_expr, inner, begin).unwrap_or_else(|| Fault { at: begin, rules: Vec::new() });
        let text = Arc::clone(&self.text);
        if fault.at + 1 >= span.end() {
            let place = self.place(fault.at, fault.at);
            let expected = fault.expected(&text);
            return self.report(error::unexpected(place, "the end of the hole", &expected, false, ""));
        }
        let diagnostic = explain(self, &text, begin, &fault);
        let more_follows = fault.ended() && diagnostic.hints.is_empty();
        self.report(if more_follows { diagnostic.hint("a hole holds one value") } else { diagnostic });
    }
}
