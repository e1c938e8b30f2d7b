//! Small questions of a tree: every expression below one, the words and lines around an offset.

use crate::ast::{Expr, ExprKind, Segment};

/// Calls `then` for an expression and every one inside it, outer before inner.
pub(super) fn each_expr<'e>(expr: &'e Expr, then: &mut impl FnMut(&'e Expr)) {
    then(expr);
    match &expr.kind {
        ExprKind::Text(text) => {
            for segment in &text.segments {
                if let Segment::Hole(hole) = segment {
                    each_expr(hole, then);
                }
            }
        }
        ExprKind::List(items) => items.iter().for_each(|item| each_expr(item, then)),
        ExprKind::Object(pairs) => pairs.iter().for_each(|pair| each_expr(&pair.value, then)),
        ExprKind::Member(of, _) | ExprKind::Cast(of, _) | ExprKind::Unary(_, of) | ExprKind::Paren(of) => {
            each_expr(of, then);
        }
        ExprKind::Is(of, _) => each_expr(of, then),
        ExprKind::Index(of, index) => {
            each_expr(of, then);
            each_expr(index, then);
        }
        ExprKind::Call(callee, args) => {
            each_expr(callee, then);
            for arg in args {
                each_expr(&arg.value, then);
            }
        }
        ExprKind::Binary(_, _, left, right) => {
            each_expr(left, then);
            each_expr(right, then);
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

/// True of a letter, a digit or `_`.
pub(super) fn is_word(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// Where the word begins that ends at `offset`; `offset` itself where none does.
pub(super) fn word_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or("");
    before.trim_end_matches(is_word).len()
}
