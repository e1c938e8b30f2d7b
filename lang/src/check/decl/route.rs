//! The edges of a pool with `strategy: route`: which pool answers.

use crate::ast::{Edge, EdgeTest, TargetKind};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, ModelId, Strategy};
use crate::resolve::Def;
use crate::span::Span;

use super::super::cx::{Cx, Place};
use super::super::cycles;
use super::super::tables::{Sort, Tables};

/// The edges of a pool: with `route`, and only then.
pub(super) fn routes(
    tables: &Tables<'_>,
    id: ModelId,
    strategy: Strategy,
    out: &mut Diagnostics,
) -> Vec<(Option<ir::Expr>, ModelId)> {
    let Some(declared) = tables.names.models.get(id.index()) else { return Vec::new() };
    let decl = declared.decl;
    let mut edges = decl.body.edges().peekable();
    let finding = |span: Span, message: &str| Diagnostic::new(Code("E0503"), span, message);
    if strategy != Strategy::Route {
        if let Some(edge) = edges.peek() {
            out.push(
                finding(edge.span, "a pool has edges only with `strategy: route`")
                    .hint("write `strategy: route`, or remove the edges"),
            );
        }
        return Vec::new();
    }
    let broken = tables.broken.within(decl.body.span);
    if edges.peek().is_none() && !broken {
        let at = decl.body.field("strategy").map_or(decl.name.span, |field| field.span);
        out.push(
            finding(at, "`strategy: route` needs edges")
                .hint("each chooses a pool: `when task is \"code\" -> smart`, and `else -> fast` last"),
        );
        return Vec::new();
    }
    let mut routes = Vec::new();
    let mut closed: Option<Span> = None;
    for edge in edges {
        if let Some(closed) = closed {
            out.push(
                Diagnostic::new(Code("E0219"), edge.span, "this edge is never taken: one above it always is")
                    .also(closed, "always taken"),
            );
        }
        let mut cx = Cx::new(tables, declared.module, Place::Route, out);
        routes.extend(cx.route(edge));
        if matches!(edge.test, EdgeTest::Always | EdgeTest::Else) {
            closed = closed.or(Some(edge.span));
        }
    }
    if closed.is_none() && !broken {
        out.push(
            finding(
                decl.name.span,
                &format!("the pool `{}` may choose no other: its edges have no `else`", decl.name.name),
            )
            .hint("add `else -> pool` as the last edge"),
        );
    }
    routes
}

impl Cx<'_, '_> {
    fn route(&mut self, edge: &Edge) -> Option<(Option<ir::Expr>, ModelId)> {
        let when = match &edge.test {
            EdgeTest::When(condition) => Some(self.condition(condition)),
            EdgeTest::Always | EdgeTest::Else => None,
            EdgeTest::On(_) => {
                self.out.push(
                    Diagnostic::new(Code("E0503"), edge.span, "a pool handles no events")
                        .hint("the state that asks it does: `on unavailable -> …`"),
                );
                return None;
            }
        };
        if let Some(set) = edge.sets.first() {
            self.out.push(Diagnostic::new(Code("E0503"), set.name.span, "the edges of a pool write nothing"));
        }
        if let TargetKind::State(name) = &edge.target.kind {
            match self.tables.find(self.module, name, Sort::Pool, self.out) {
                Def::Model(id) => Some((when, id)),
                _ => None,
            }
        } else {
            self.out.push(Diagnostic::new(
                Code("E0503"),
                edge.target.span,
                "the edge of a pool leads to another pool",
            ));
            None
        }
    }
}

/// Pools that send to each other in a circle.
pub(in super::super) fn route_cycles(
    tables: &Tables<'_>,
    models: &[Option<ir::Model>],
    out: &mut Diagnostics,
) {
    let next = |id: usize| -> Vec<usize> {
        let routes = models.get(id).and_then(Option::as_ref).map(|model| &model.routes);
        routes.into_iter().flatten().map(|(_, id)| id.index()).collect()
    };
    for cycle in cycles::cycles(models.len(), next) {
        let name = |id: &usize| tables.names.models.get(*id).map(|model| &model.decl.name);
        let Some(first) = cycle.first().and_then(name) else { continue };
        let way: Vec<String> = cycle
            .iter()
            .chain(cycle.first())
            .filter_map(name)
            .map(|name| format!("`{}`", name.name))
            .collect();
        let message = format!("these pools send to each other in a circle: {}", way.join(" -> "));
        out.push(
            Diagnostic::new(Code("E0512"), first.span, message)
                .hint("let one of them name targets: `use: [\"provider/model\"]`"),
        );
    }
}
