//! Visits every expression of a body that a machine computes; nested states are bodies of their own.

use crate::ast::{Body, Edge, EdgeTest, Expr, Member, TargetKind};

/// Every expression of the fields and edges of `body`, each before what it holds.
pub(super) fn body<'a>(body: &'a Body, visit: &mut impl FnMut(&'a Expr)) {
    for member in &body.members {
        match member {
            Member::Field(field) => field.value.each(visit),
            Member::Each(each) => each.list.each(visit),
            Member::Edge(edge) => self::edge(edge, visit),
            Member::Var(_) | Member::Require(_) | Member::State(_) => {}
        }
    }
}

/// Every expression of an edge.
pub(super) fn edge<'a>(edge: &'a Edge, visit: &mut impl FnMut(&'a Expr)) {
    if let EdgeTest::When(condition) = &edge.test {
        condition.each(visit);
    }
    match &edge.target.kind {
        TargetKind::Return(Some(value)) | TargetKind::Fail(value) => value.each(visit),
        _ => {}
    }
    edge.sets.iter().for_each(|set| set.value.each(visit));
}
