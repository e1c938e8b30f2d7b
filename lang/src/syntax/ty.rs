//! Types, attributes and parameters.

use super::cursor::{Builder, Built, Mismatch, Node, Nodes};
use super::error;
use super::grammar::Rule;
use crate::ast::{Attr, Ident, Param, Path, TypeExpr, TypeExprKind};
use crate::span::Span;

impl Builder<'_> {
    /// A type: one, or a union.
    pub(super) fn ty(&mut self, node: Node<'_>) -> Built<TypeExpr> {
        let span = self.span(&node);
        let mut parts = Vec::new();
        for part in Nodes::of(node).filter(|part| part.as_rule() == Rule::ty_one) {
            parts.push(self.ty_one(part)?);
        }
        if parts.len() == 1 {
            return parts.pop().ok_or(Mismatch);
        }
        Ok(TypeExpr { kind: TypeExprKind::Union(parts), span })
    }

    /// A type without `|`.
    pub(super) fn ty_one(&mut self, node: Node<'_>) -> Built<TypeExpr> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        let first = nodes.any()?;
        let suffixes: Vec<Node<'_>> = nodes.collect();
        let build = |builder: &mut Self| builder.ty_base(first);
        let mut ty = match self.higher(suffixes.len() + 1, span, error::too_high_a_type, build) {
            Some(ty) => ty?,
            None => return Ok(any_json(span)),
        };
        for suffix in suffixes {
            let mark = self.span(&suffix);
            if suffix.as_rule() == Rule::maybe && matches!(ty.kind, TypeExprKind::Optional(_)) {
                self.report(error::optional_twice(mark));
                continue;
            }
            let span = ty.span.to(mark);
            let inner = Box::new(ty);
            let kind = match suffix.as_rule() {
                Rule::list_of => TypeExprKind::List(inner),
                Rule::maybe => TypeExprKind::Optional(inner),
                _ => return Err(Mismatch),
            };
            ty = TypeExpr { kind, span };
        }
        Ok(ty)
    }

    fn ty_base(&mut self, node: Node<'_>) -> Built<TypeExpr> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::path => TypeExprKind::Path(self.type_name(node)),
            Rule::string => TypeExprKind::Literal(self.plain_string(node)?.node),
            Rule::map_ty => {
                let of = Nodes::of(node).first(Rule::ty)?;
                TypeExprKind::Map(Box::new(self.ty(of)?))
            }
            _ => return Err(Mismatch),
        };
        Ok(TypeExpr { kind, span })
    }

    /// The name of a type: a path of one segment in this edition.
    pub(super) fn type_name(&mut self, node: Node<'_>) -> Path {
        let path = self.path(node);
        if path.segments.len() > 1 {
            self.report(error::dotted_type(&path));
        }
        path
    }

    /// `@name(args)`.
    pub(super) fn attr(&mut self, node: Node<'_>) -> Built<Attr> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        nodes.need(Rule::at)?;
        let name = self.ident(&nodes.need(Rule::word)?);
        let args = match nodes.one(Rule::call) {
            Some(call) => self.args(call)?,
            None => Vec::new(),
        };
        Ok(Attr { name, args, span })
    }

    /// The attributes that stand next.
    pub(super) fn attrs(&mut self, nodes: &mut Nodes<'_>) -> Built<Vec<Attr>> {
        let mut attrs = Vec::new();
        while let Some(node) = nodes.one(Rule::attr) {
            attrs.push(self.attr(node)?);
        }
        Ok(attrs)
    }

    /// `(a: T, b: U = 1)`.
    pub(super) fn params(&mut self, node: Node<'_>) -> Built<Vec<Param>> {
        let params = Nodes::of(node).filter(|part| part.as_rule() == Rule::param);
        params.map(|param| self.param(param)).collect()
    }

    /// `name: T @attr = default`.
    pub(super) fn param(&mut self, node: Node<'_>) -> Built<Param> {
        let span = self.span(&node);
        let mut nodes = Nodes::of(node);
        let name = self.ident(&nodes.need(Rule::ident)?);
        nodes.need(Rule::colon)?;
        let ty = nodes.need(Rule::ty)?;
        let ty = self.ty(ty)?;
        let attrs = self.attrs(&mut nodes)?;
        let default = if nodes.skips(Rule::eq) { Some(self.expr(nodes.need(Rule::expr)?)?) } else { None };
        Ok(Param { name, ty, attrs, default, span })
    }
}

/// Stands for a type that could not be read, so that nothing more is said about it.
pub(super) fn any_json(span: Span) -> TypeExpr {
    let segments = vec![Ident { name: "json".into(), span }];
    TypeExpr { kind: TypeExprKind::Path(Path { segments, span }), span }
}
