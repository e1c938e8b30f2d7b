//! Bodies: states, fields, edges.

use super::cursor::{Builder, Built, Mismatch, Node, Nodes};
use super::grammar::Rule;
use super::recover::{Probe, Recovery};
use crate::ast::{
    Assign, Body, Each, Edge, EdgeTest, Field, Member, Require, StateDecl, Target, TargetKind, Var,
};
use crate::span::Span;

impl Builder<'_> {
    /// `{ … }`.
    pub(super) fn body(&mut self, node: Node<'_>) -> Built<Body> {
        let span = self.span(&node);
        let mut members = Vec::new();
        let mut recovery = Recovery::new(Probe::Members);
        for node in Nodes::of(node) {
            let handled = recovery.step(self, &node);
            members.append(&mut recovery.meant);
            if handled {
                continue;
            }
            let place = self.span(&node);
            if !matches!(node.as_rule(), Rule::state | Rule::bad_state) {
                self.no_docs(place.start);
            }
            self.body_member(node, &mut members)?;
            self.no_docs(place.end);
        }
        recovery.finish(self);
        members.append(&mut recovery.meant);
        self.no_docs(span.end);
        Ok(Body { members, span })
    }

    pub(super) fn body_member(&mut self, node: Node<'_>, members: &mut Vec<Member>) -> Built<()> {
        let member = match node.as_rule() {
            Rule::field => Member::Field(self.field(node)?),
            Rule::each => Member::Each(self.each(node)?),
            Rule::edge => {
                let mut edge = self.edge(node)?;
                self.dropped_when(members, &mut edge);
                Member::Edge(edge)
            }
            Rule::var => Member::Var(self.var(node)?),
            Rule::require => Member::Require(self.require(node)?),
            Rule::state => Member::State(self.state(node)?),
            Rule::bad_state => {
                members.extend(self.bad_state(node)?.map(Member::State));
                return Ok(());
            }
            _ => return Err(Mismatch),
        };
        members.push(member);
        Ok(())
    }

    /// `key: value`.
    pub(super) fn field(&mut self, node: Node<'_>) -> Built<Field> {
        let mut nodes = Nodes::of(node);
        let key = self.ident(&nodes.need(Rule::word)?);
        nodes.need(Rule::colon)?;
        let value = self.expr(nodes.need(Rule::expr)?)?;
        let span = key.span.to(value.span);
        Ok(Field { key, value, span })
    }

    fn each(&mut self, node: Node<'_>) -> Built<Each> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        nodes.need(Rule::kw_each)?;
        nodes.need(Rule::colon)?;
        let name = self.ident(&nodes.need(Rule::ident)?);
        nodes.need(Rule::kw_in)?;
        let list = self.expr(nodes.need(Rule::expr)?)?;
        let span = Span { end: list.span.end, ..span };
        Ok(Each { name, list, span })
    }

    fn var(&mut self, node: Node<'_>) -> Built<Var> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        nodes.need(Rule::kw_var)?;
        let name = self.ident(&nodes.need(Rule::ident)?);
        nodes.need(Rule::colon)?;
        let ty = nodes.need(Rule::ty)?;
        let ty = self.ty(ty)?;
        nodes.need(Rule::eq)?;
        let value = self.expr(nodes.need(Rule::expr)?)?;
        Ok(Var { name, ty, value, span })
    }

    fn require(&mut self, node: Node<'_>) -> Built<Require> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        nodes.need(Rule::kw_require)?;
        let first = self.path(nodes.need(Rule::path)?);
        nodes.need(Rule::kw_before)?;
        let then = self.ident(&nodes.need(Rule::ident)?);
        Ok(Require { first, then, span })
    }

    fn state(&mut self, node: Node<'_>) -> Built<StateDecl> {
        let span = self.span(&node);
        let docs = self.docs(span);
        let mut nodes = Nodes::of(node);
        let kind = self.ident(&nodes.need(Rule::kind)?);
        let name = self.ident(&nodes.need(Rule::ident)?);
        let ty = self.result_type(&mut nodes)?;
        let body = self.body(nodes.need(Rule::body)?)?;
        Ok(StateDecl { docs, kind, name, ty, body, span })
    }

    fn edge(&mut self, node: Node<'_>) -> Built<Edge> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        let test = match nodes.peek().ok_or(Mismatch)? {
            Rule::when => {
                let expr = Nodes::of(nodes.any()?).first(Rule::expr)?;
                EdgeTest::When(self.expr(expr)?)
            }
            Rule::on => {
                let words = Nodes::of(nodes.any()?).filter(|part| part.as_rule() == Rule::word);
                EdgeTest::On(words.map(|word| self.ident(&word)).collect())
            }
            Rule::kw_else => {
                nodes.any()?;
                EdgeTest::Else
            }
            _ => EdgeTest::Always,
        };
        nodes.need(Rule::arrow)?;
        let target = self.target(nodes.need(Rule::target)?)?;
        let sets = match nodes.one(Rule::sets) {
            Some(sets) => self.sets(sets)?,
            None => Vec::new(),
        };
        Ok(Edge { test, target, sets, span })
    }

    fn target(&mut self, node: Node<'_>) -> Built<Target> {
        let span = self.span(&node);
        let node = Nodes::of(node).any()?;
        let kind = match node.as_rule() {
            Rule::ident => TargetKind::State(self.ident(&node)),
            Rule::kw_next => TargetKind::Next,
            Rule::kw_break => TargetKind::Break,
            Rule::to_fail => {
                let expr = Nodes::of(node).first(Rule::expr)?;
                TargetKind::Fail(self.expr(expr)?)
            }
            Rule::to_return => match Nodes::of(node).first(Rule::expr).ok() {
                Some(expr) => TargetKind::Return(Some(self.expr(expr)?)),
                None => TargetKind::Return(None),
            },
            _ => return Err(Mismatch),
        };
        Ok(Target { kind, span })
    }

    fn sets(&mut self, node: Node<'_>) -> Built<Vec<Assign>> {
        let assigns = Nodes::of(node).filter(|part| part.as_rule() == Rule::assign);
        assigns
            .map(|assign| {
                let mut nodes = Nodes::of(assign);
                let name = self.ident(&nodes.need(Rule::ident)?);
                nodes.need(Rule::eq)?;
                Ok(Assign { name, value: self.expr(nodes.need(Rule::expr)?)? })
            })
            .collect()
    }
}
