//! Declarations, imports and tests.

use super::cursor::{Builder, Built, Mismatch, Node, Nodes};
use super::error;
use super::grammar::Rule;
use super::recover::{Probe, Recovery};
use super::words;
use crate::ast::{
    AgentDecl, BlockDecl, BlockKind, Docs, Import, ImportName, Item, Mock, Mocked, Path, TestDecl,
    TestMember, ToolDecl, TypeBody, TypeDecl, TypeExpr, TypeField,
};
use crate::span::{Span, Spanned};

/// The edition of the language that this grammar is.
const EDITION: u32 = 1;

/// What one chunk holds.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) editions: Vec<Spanned<u32>>,
    pub(super) imports: Vec<Import>,
    pub(super) items: Vec<Item>,
}

impl Builder<'_> {
    /// All that a chunk holds.
    pub(super) fn chunk(&mut self, node: Node<'_>) -> Built<Parts> {
        let mut parts = Parts::default();
        let mut recovery = Recovery::new(Probe::Decls);
        for node in Nodes::of(node) {
            let span = self.span(&node);
            if recovery.step(self, &node) {
                continue;
            }
            match node.as_rule() {
                Rule::edition => self.edition(node, &mut parts)?,
                Rule::import => parts.imports.push(self.import(node)?),
                Rule::EOI => {}
                Rule::bad_head => {
                    let docs = self.docs(span);
                    parts.items.extend(self.bad_head(node, docs)?);
                }
                _ => {
                    let docs = self.docs(span);
                    parts.items.push(self.item(node, docs, span)?);
                }
            }
            self.no_docs(span.end);
        }
        recovery.finish(self);
        self.no_docs(u32::MAX);
        Ok(parts)
    }

    fn edition(&mut self, node: Node<'_>, parts: &mut Parts) -> Built<()> {
        let span = self.span(&node);
        let number = Nodes::of(node).first(Rule::number)?;
        match number.as_str().parse() {
            Ok(edition) if edition == EDITION => parts.editions.push(Spanned::new(edition, span)),
            edition => {
                self.report(error::unknown_edition(self.span(&number), number.as_str()));
                parts.editions.push(Spanned::new(edition.unwrap_or(EDITION), span));
            }
        }
        Ok(())
    }

    fn import(&mut self, node: Node<'_>) -> Built<Import> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        nodes.need(Rule::kw_import)?;
        let path = self.plain_string(nodes.need(Rule::string)?)?;
        let names = nodes.filter(|part| part.as_rule() == Rule::import_name);
        let names = names.map(|name| self.import_name(name)).collect::<Built<_>>()?;
        Ok(Import { path, names, span })
    }

    fn import_name(&mut self, node: Node<'_>) -> Built<ImportName> {
        let mut names = Nodes::of(node).filter(|part| part.as_rule() == Rule::ident);
        let name = self.ident(&names.next().ok_or(Mismatch)?);
        Ok(ImportName { name, alias: names.next().map(|alias| self.ident(&alias)) })
    }

    fn item(&mut self, node: Node<'_>, docs: Docs, span: Span) -> Built<Item> {
        let rule = node.as_rule();
        let mut nodes = Nodes::of(node);
        let keyword = nodes.any()?;
        match rule {
            Rule::type_decl => {
                let name = self.ident(&nodes.need(Rule::ident)?);
                let body = if nodes.skips(Rule::eq) {
                    let ty = nodes.need(Rule::ty)?;
                    TypeBody::Alias(self.ty(ty)?, self.attrs(&mut nodes)?)
                } else {
                    TypeBody::Record(self.record(nodes.need(Rule::record)?)?)
                };
                Ok(Item::Type(TypeDecl { docs, name, body, span }))
            }
            Rule::tool_decl | Rule::agent_decl => {
                let name = self.ident(&nodes.need(Rule::ident)?);
                let params = self.params(nodes.need(Rule::params)?)?;
                let ty = self.result_type(&mut nodes)?;
                let body = self.body(nodes.need(Rule::body)?)?;
                Ok(if rule == Rule::tool_decl {
                    Item::Tool(ToolDecl { docs, name, params, ty, body, span })
                } else {
                    Item::Agent(AgentDecl { docs, name, params, ty, body, span })
                })
            }
            Rule::block_decl => {
                let kind = block_kind(keyword.as_str()).ok_or(Mismatch)?;
                let name = self.ident(&nodes.need(Rule::ident)?);
                let body = self.body(nodes.need(Rule::body)?)?;
                Ok(Item::Block(BlockDecl { docs, kind, name, body, span }))
            }
            Rule::test_decl => {
                let name = self.plain_string(nodes.need(Rule::string)?)?;
                let cases = nodes.need(Rule::cases)?;
                let body = self.span(&cases);
                let members = self.cases(cases)?;
                Ok(Item::Test(TestDecl { docs, name, members, body, span }))
            }
            _ => Err(Mismatch),
        }
    }

    /// `: T`, where it is written.
    pub(super) fn result_type(&mut self, nodes: &mut Nodes<'_>) -> Built<Option<TypeExpr>> {
        if !nodes.skips(Rule::colon) {
            return Ok(None);
        }
        let ty = nodes.need(Rule::ty)?;
        self.ty(ty).map(Some)
    }

    fn record(&mut self, node: Node<'_>) -> Built<Vec<TypeField>> {
        let end = self.span(&node).end;
        let mut fields = Vec::new();
        let mut recovery = Recovery::new(Probe::Fields);
        for node in Nodes::of(node) {
            let end = self.span(&node).end;
            if !recovery.step(self, &node) && node.as_rule() == Rule::tfield {
                fields.push(self.type_field(node)?);
                self.no_docs(end);
            }
        }
        recovery.finish(self);
        self.no_docs(end);
        Ok(fields)
    }

    fn type_field(&mut self, node: Node<'_>) -> Built<TypeField> {
        let whole = self.span(&node);
        let docs = self.docs(whole);
        let mut nodes = Nodes::of(node);
        let name = self.ident(&nodes.need(Rule::word)?);
        nodes.need(Rule::colon)?;
        let ty = nodes.need(Rule::ty)?;
        let ty = self.ty(ty)?;
        let attrs = self.attrs(&mut nodes)?;
        let default = if nodes.skips(Rule::eq) { Some(self.expr(nodes.need(Rule::expr)?)?) } else { None };
        let span = whole.to(ty.span);
        let end =
            default.as_ref().map(|expr| expr.span).or(attrs.last().map(|attr| attr.span)).unwrap_or(ty.span);
        Ok(TypeField { docs, name, ty, attrs, default, span: Span { end: end.end, ..span } })
    }

    pub(super) fn cases(&mut self, node: Node<'_>) -> Built<Vec<TestMember>> {
        let end = self.span(&node).end;
        let mut members = Vec::new();
        let mut recovery = Recovery::new(Probe::Cases);
        for node in Nodes::of(node) {
            if recovery.step(self, &node) {
                continue;
            }
            let span = self.span(&node);
            self.no_docs(span.start);
            match node.as_rule() {
                Rule::field if no_colon(&node) => {
                    let word = words::token(node.as_str(), 0);
                    let colon = node.as_str().find(':').unwrap_or(0) + node.as_span().start();
                    self.report(error::no_colon(self.place(colon, colon + 1), word));
                }
                Rule::field => members.push(TestMember::Field(self.field(node)?)),
                Rule::mock => members.push(TestMember::Mock(self.mock(node)?)),
                Rule::expect => {
                    let expr = Nodes::of(node).first(Rule::expr)?;
                    members.push(TestMember::Expect(self.expr(expr)?, span));
                }
                Rule::snapshot => {
                    let name = Nodes::of(node).first(Rule::string).ok();
                    let name = match name {
                        Some(name) => Some(self.plain_string(name)?),
                        None => None,
                    };
                    members.push(TestMember::Snapshot(name, span));
                }
                _ => {}
            }
            self.no_docs(span.end);
        }
        recovery.finish(self);
        self.no_docs(end);
        Ok(members)
    }

    fn mock(&mut self, node: Node<'_>) -> Built<Mock> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        nodes.need(Rule::kw_mock)?;
        let name = self.ident(&nodes.need(Rule::ident)?);
        let mocked = if nodes.skips(Rule::lbrack) {
            let candidate = self.plain_string(nodes.need(Rule::string)?)?;
            nodes.need(Rule::rbrack)?;
            Mocked::Candidate(name, candidate)
        } else {
            let name_span = name.span;
            let mut segments = vec![name];
            while let Some(member) = nodes.one(Rule::member) {
                segments.push(self.member(member)?);
            }
            let span = segments.iter().fold(name_span, |span, segment| span.to(segment.span));
            Mocked::Path(Path { segments, span })
        };
        nodes.need(Rule::eq)?;
        let value = self.expr(nodes.need(Rule::expr)?)?;
        Ok(Mock { mocked, value, span })
    }
}

/// A test's line that takes no colon.
fn no_colon(field: &Node<'_>) -> bool {
    ["mock", "expect", "snapshot"].contains(&words::token(field.as_str(), 0))
}

/// The block that a word declares.
pub(super) fn block_kind(word: &str) -> Option<BlockKind> {
    [BlockKind::Model, BlockKind::Guard, BlockKind::Memory, BlockKind::Mcp, BlockKind::Skill]
        .into_iter()
        .find(|kind| kind.word() == word)
}
