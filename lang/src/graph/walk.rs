//! Visits every expression of a body that a machine computes; nested states are bodies of their own.

use crate::ast::{Body, Edge, EdgeTest, Expr, ExprKind, Member, Segment, TargetKind};

/// Every expression of the fields and edges of `body`, each before what it holds.
pub(super) fn body<'a>(body: &'a Body, visit: &mut impl FnMut(&'a Expr)) {
    for member in &body.members {
        match member {
            Member::Field(field) => expr(&field.value, visit),
            Member::Each(each) => expr(&each.list, visit),
            Member::Edge(edge) => self::edge(edge, visit),
            Member::Var(_) | Member::Require(_) | Member::State(_) => {}
        }
    }
}

/// Every expression of an edge.
pub(super) fn edge<'a>(edge: &'a Edge, visit: &mut impl FnMut(&'a Expr)) {
    if let EdgeTest::When(condition) = &edge.test {
        expr(condition, visit);
    }
    match &edge.target.kind {
        TargetKind::Return(Some(value)) | TargetKind::Fail(value) => expr(value, visit),
        _ => {}
    }
    edge.sets.iter().for_each(|set| expr(&set.value, visit));
}

/// `from` and every expression inside it.
pub(super) fn expr<'a>(from: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    visit(from);
    match &from.kind {
        ExprKind::Text(text) => {
            for segment in &text.segments {
                if let Segment::Hole(hole) = segment {
                    expr(hole, visit);
                }
            }
        }
        ExprKind::List(items) => items.iter().for_each(|item| expr(item, visit)),
        ExprKind::Object(pairs) => pairs.iter().for_each(|pair| expr(&pair.value, visit)),
        ExprKind::Member(inner, _)
        | ExprKind::Cast(inner, _)
        | ExprKind::Unary(_, inner)
        | ExprKind::Is(inner, _)
        | ExprKind::Paren(inner) => expr(inner, visit),
        ExprKind::Index(left, right) | ExprKind::Binary(_, _, left, right) => {
            expr(left, visit);
            expr(right, visit);
        }
        ExprKind::Call(function, args) => {
            expr(function, visit);
            for arg in args {
                expr(&arg.value, visit);
            }
        }
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Money(_)
        | ExprKind::Duration(_)
        | ExprKind::Own(_)
        | ExprKind::Name(_)
        | ExprKind::Bad => {}
    }
}
