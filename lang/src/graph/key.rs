//! An expression as one line of text without places: two expressions of the same key compute the same value in the
//! same moment.

use std::fmt::Write;

use crate::ast::{Arg, Expr, ExprKind, Name, Pattern, Segment, TypeExpr, TypeExprKind, UnaryOp};

/// The key of `expr`, where `.f` reads the result of `owner`.
pub(super) fn key(expr: &Expr, owner: Option<&Name>) -> String {
    let mut writer = Writer { text: String::new(), owner };
    writer.expr(expr);
    writer.text
}

struct Writer<'a> {
    text: String,
    owner: Option<&'a Name>,
}

impl Writer<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Null => self.push("null"),
            ExprKind::Bool(value) => self.debug(value),
            ExprKind::Int(value) => self.debug(value),
            ExprKind::Float(value) => self.debug(value),
            ExprKind::Money(value) => self.debug(value),
            ExprKind::Duration(value) => {
                self.debug(value);
                self.push("ms");
            }
            ExprKind::Text(text) => {
                self.push("\"");
                for segment in &text.segments {
                    match segment {
                        Segment::Literal(text, _) => self.debug(text),
                        Segment::Hole(hole) => self.wrapped("${", hole, "}"),
                    }
                }
                self.push("\"");
            }
            ExprKind::List(items) => {
                self.push("[");
                for item in items {
                    self.wrapped("", item, ",");
                }
                self.push("]");
            }
            ExprKind::Object(pairs) => {
                self.push("{");
                for pair in pairs {
                    self.debug(&pair.key.name);
                    self.wrapped(":", &pair.value, ",");
                }
                self.push("}");
            }
            ExprKind::Own(field) => {
                if let Some(owner) = self.owner {
                    self.push(owner);
                }
                self.push(".");
                self.push(&field.name);
            }
            ExprKind::Name(name) => self.push(name),
            ExprKind::Member(base, field) => {
                self.expr(base);
                self.push(".");
                self.push(&field.name);
            }
            ExprKind::Index(base, index) => {
                self.expr(base);
                self.wrapped("[", index, "]");
            }
            ExprKind::Call(function, args) => {
                self.expr(function);
                self.args(args);
            }
            ExprKind::Cast(inner, ty) => {
                self.wrapped("(", inner, ") as ");
                self.ty(ty);
            }
            ExprKind::Unary(op, inner) => {
                self.push(if *op == UnaryOp::Neg { "-" } else { "not " });
                self.wrapped("(", inner, ")");
            }
            ExprKind::Binary(op, _, left, right) => {
                self.wrapped("(", left, ")");
                self.push(op.symbol());
                self.wrapped("(", right, ")");
            }
            ExprKind::Is(inner, patterns) => {
                self.wrapped("(", inner, ") is ");
                for pattern in patterns {
                    match pattern {
                        Pattern::Literal(text) => self.debug(&text.name),
                        Pattern::Type(path) => self.push(&path.text()),
                    }
                    self.push("|");
                }
            }
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Bad => self.push("?"),
        }
    }

    fn args(&mut self, args: &[Arg]) {
        self.push("(");
        for arg in args {
            if let Some(name) = &arg.name {
                self.push(&name.name);
                self.push(":");
            }
            self.wrapped("", &arg.value, ",");
        }
        self.push(")");
    }

    fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeExprKind::Path(path) => self.push(&path.text()),
            TypeExprKind::Literal(text) => self.debug(text),
            TypeExprKind::Map(inner) => {
                self.push("map<");
                self.ty(inner);
                self.push(">");
            }
            TypeExprKind::List(inner) => {
                self.ty(inner);
                self.push("[]");
            }
            TypeExprKind::Optional(inner) => {
                self.ty(inner);
                self.push("?");
            }
            TypeExprKind::Union(members) => {
                for member in members {
                    self.ty(member);
                    self.push("|");
                }
            }
        }
    }

    fn wrapped(&mut self, open: &str, expr: &Expr, close: &str) {
        self.push(open);
        self.expr(expr);
        self.push(close);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn debug(&mut self, value: &impl std::fmt::Debug) {
        // writing to a string does not fail
        let _ = write!(self.text, "{value:?}");
    }
}
