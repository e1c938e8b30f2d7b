//! A condition without its `when`: `.ok -> pay` below a value goes on with that value, for a newline is a blank, and
//! then an arrow stands behind what no field takes. It is read as the edge that was meant.

use super::cursor::Builder;
use super::error;
use crate::ast::{Edge, EdgeTest, Expr, ExprKind, Member, Target, TargetKind};
use crate::span::Span;

impl Builder<'_> {
    /// Looks at the member before an edge that asks for nothing.
    pub(super) fn dropped_when(&mut self, members: &mut [Member], edge: &mut Edge) {
        let (EdgeTest::Always, Some(last)) = (&edge.test, members.last_mut()) else { return };
        let value = match last {
            Member::Field(field) => &mut field.value,
            Member::Edge(Edge {
                target: Target { kind: TargetKind::Return(Some(value)) | TargetKind::Fail(value), .. },
                ..
            }) => value,
            _ => return,
        };
        let Some(point) = self.leading_point(value) else { return };
        if self.written_between(point, edge.span.start).contains('\n') {
            return;
        }
        let at = Span { start: point, end: value.span.end, ..value.span };
        self.report(error::no_when(at));
        *value = Expr { kind: ExprKind::Bad, span: value.span };
        edge.test = EdgeTest::When(Expr { kind: ExprKind::Bad, span: at });
    }

    /// Where the first field of an expression stands that is read on a line below what it is read of.
    fn leading_point(&self, expr: &Expr) -> Option<u32> {
        match &expr.kind {
            ExprKind::Member(base, field) => {
                let deeper = self.leading_point(base);
                let between = self.written_between(base.span.end, field.span.start);
                let point = between.find('.').filter(|point| {
                    let before = between.get(..*point).unwrap_or("");
                    before.contains('\n')
                });
                let point = point.and_then(|point| u32::try_from(point).ok());
                deeper.or_else(|| point.map(|point| base.span.end + point))
            }
            ExprKind::Binary(_, _, base, _)
            | ExprKind::Index(base, _)
            | ExprKind::Call(base, _)
            | ExprKind::Cast(base, _)
            | ExprKind::Unary(_, base)
            | ExprKind::Is(base, _) => self.leading_point(base),
            _ => None,
        }
    }
}
