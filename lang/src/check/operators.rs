//! What operators take and give.

use crate::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::span::Span;
use crate::suggest::did_you_mean_text;
use crate::value::{Type, Value, distinguishable, join, literals};

use super::cx::{Cx, Place, Typed};

impl Cx<'_, '_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        at: Span,
        (left, right): (&Expr, &Expr),
        want: Option<&Type>,
        span: Span,
    ) -> Typed {
        let (ty, left, right) = match op {
            BinaryOp::And | BinaryOp::Or => {
                let first = self.condition(left);
                let second = self.knowing(left, op == BinaryOp::And, |cx| cx.condition(right));
                (Type::Bool, first, second)
            }
            BinaryOp::Else => self.fallback(left, right, want),
            BinaryOp::Eq | BinaryOp::Ne => self.equality(op, at, left, right),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => self.order(op, at, left, right),
            BinaryOp::In => self.membership(at, left, right),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.arithmetic(op, at, left, right)
            }
        };
        Typed::new(ty, ir::ExprKind::Binary(op, Box::new(left), Box::new(right)), span)
    }

    /// `a ?? b`.
    fn fallback(&mut self, left: &Expr, right: &Expr, want: Option<&Type>) -> (Type, ir::Expr, ir::Expr) {
        let left = self.infer(left, want);
        let bare = self.without_null(&left.ty);
        let bare_want = if bare == Type::Null { want.cloned() } else { Some(bare.clone()) };
        let right = self.infer(right, want.or(bare_want.as_ref()));
        let ty = match &bare {
            Type::Null | Type::Unknown => right.ty,
            _ => join(&bare, &right.ty, &self.tables.types),
        };
        (ty, left.expr, right.expr)
    }

    fn equality(&mut self, op: BinaryOp, at: Span, left: &Expr, right: &Expr) -> (Type, ir::Expr, ir::Expr) {
        let ((first, one), (second, other)) = self.pair(left, right);
        let (one, other) = (self.without_null(&one), self.without_null(&other));
        let null = one == Type::Null || other == Type::Null;
        if !null && !self.comparable(&one, &other) {
            let finding = self.incomparable(op, at, (left, &one), (right, &other));
            self.out.push(finding);
        }
        (Type::Bool, first.expr, second.expr)
    }

    /// Both sides, each guiding the literals of the other, with the types they could have elsewhere too.
    fn pair(&mut self, left: &Expr, right: &Expr) -> ((Typed, Type), (Typed, Type)) {
        let wanted = |cx: &Self, (typed, _): &(Typed, Type)| cx.without_null(&typed.ty);
        if matches!(left.kind, ExprKind::List(_) | ExprKind::Object(_)) {
            let second = self.infer_both(right, None);
            let want = wanted(self, &second);
            return (self.infer_both(left, Some(&want)), second);
        }
        let first = self.infer_both(left, None);
        let want = wanted(self, &first);
        let second = self.infer_both(right, Some(&want));
        let ((first, one), (second, other)) = (first, second);
        let (read_first, read_second) = (first.ty.clone(), second.ty.clone());
        let (first, second) = self.dated(first, second);
        // a text that was read as a date is one
        let one = if first.ty == read_first { one } else { first.ty.clone() };
        let other = if second.ty == read_second { other } else { second.ty.clone() };
        ((first, one), (second, other))
    }

    /// A text beside a date is a date.
    fn dated(&self, first: Typed, second: Typed) -> (Typed, Typed) {
        let (one, other) = (self.without_null(&first.ty), self.without_null(&second.ty));
        (self.date_beside(first, &other), self.date_beside(second, &one))
    }

    fn date_beside(&self, typed: Typed, other: &Type) -> Typed {
        if *self.tables.types.resolve(other) == Type::Date {
            self.read_literal(typed, &Type::Date)
        } else {
            typed
        }
    }

    fn comparable(&self, one: &Type, other: &Type) -> bool {
        let table = &self.tables.types;
        let open = |ty: &Type| {
            table.members(ty).iter().any(|member| matches!(table.resolve(member), Type::Json | Type::Unknown))
        };
        if open(one) || open(other) {
            return true;
        }
        if let (Type::List(one), Type::List(other)) = (table.resolve(one), table.resolve(other)) {
            return self.comparable(one, other);
        }
        table
            .members(one)
            .into_iter()
            .any(|one| table.members(other).into_iter().any(|other| !distinguishable(one, other, table)))
    }

    fn incomparable(
        &self,
        op: BinaryOp,
        at: Span,
        (left, one): (&Expr, &Type),
        (right, other): (&Expr, &Type),
    ) -> Diagnostic {
        if let Some(state) = [left, right].into_iter().find(|side| self.is_state_name(side)) {
            let name = self.tables.source(state.span);
            return Diagnostic::new(
                Code("E0305"),
                state.span,
                format!("`{name}` is the name of a state here"),
            )
            .hint("`expect` reads no state's value: it reads `result`, `path`, `visits(s)` and their like");
        }
        let table = &self.tables.types;
        let text = |expr: &Expr| match &expr.kind {
            ExprKind::Text(text) => text.literal().map(str::to_owned),
            _ => None,
        };
        for (side, ty, other) in [(right, other, one), (left, one, other)] {
            if let (Some(text), Some(words)) = (text(side), literals(other, table))
                && matches!(ty, Type::Literal(_))
            {
                let message = format!("this is `{}`, never `{text:?}`", self.show(other));
                let finding = Diagnostic::new(Code("E0305"), side.span, message);
                return did_you_mean_text(finding, &text, words.into_iter().map(|word| &**word));
            }
        }
        let message =
            format!("`{}` cannot compare `{}` with `{}`", op.symbol(), self.show(one), self.show(other));
        let finding = Diagnostic::new(Code("E0305"), at, message)
            .also(left.span, format!("`{}`", self.show(one)))
            .also(right.span, format!("`{}`", self.show(other)));
        if let Some(better) = suggestion(right, one).or_else(|| suggestion(left, other)) {
            return finding.hint(format!("write `{better}`"));
        }
        let among = |(list, of): (&Expr, &Type), (item, ty): (&Expr, &Type)| match table.resolve(of) {
            Type::List(element) if self.comparable(element, ty) => {
                let (item, list) = (self.tables.source(item.span), self.tables.source(list.span));
                Some(format!("whether it is among them: `{item} in {list}`"))
            }
            _ => None,
        };
        match among((left, one), (right, other)).or_else(|| among((right, other), (left, one))) {
            Some(hint) if matches!(op, BinaryOp::Eq | BinaryOp::Ne) => finding.hint(hint),
            _ => finding,
        }
    }

    /// True of a state in `expect`, where its name stands for itself.
    fn is_state_name(&self, expr: &Expr) -> bool {
        let (Place::Expect(tested), ExprKind::Name(name)) = (self.place, &expr.kind) else { return false };
        tested.scope.is_some_and(|scope| scope.state_named(name).is_some())
    }

    fn order(&mut self, op: BinaryOp, at: Span, left: &Expr, right: &Expr) -> (Type, ir::Expr, ir::Expr) {
        let (first, second) = (self.present(left), self.present(right));
        let (first, second) = self.dated(first, second);
        let (one, other) = (self.ordered(&first.ty), self.ordered(&second.ty));
        let agree = match (&one, &other) {
            (Some(Type::Unknown), _) | (_, Some(Type::Unknown)) => true,
            (Some(one), Some(other)) => one == other,
            _ => false,
        };
        if !agree {
            let json = |ty: &Type| *self.tables.types.resolve(ty) == Type::Json;
            let finding = if json(&first.ty) || json(&second.ty) {
                let side = if json(&first.ty) { left } else { right };
                self.untyped(side)
            } else {
                self.incomparable(op, at, (left, &first.ty), (right, &second.ty))
            };
            self.out.push(finding);
        }
        (Type::Bool, first.expr, second.expr)
    }

    /// What kind of order a type has: numbers together, else by itself.
    fn ordered(&self, ty: &Type) -> Option<Type> {
        let table = &self.tables.types;
        let kinds: Vec<Option<Type>> = table
            .members(ty)
            .into_iter()
            .map(|member| match table.resolve(member) {
                Type::Int | Type::Float => Some(Type::Float),
                Type::String | Type::Literal(_) => Some(Type::String),
                other @ (Type::Money | Type::Duration | Type::Date | Type::Unknown) => Some(other.clone()),
                _ => None,
            })
            .collect();
        let first = kinds.first().cloned().flatten()?;
        kinds.iter().all(|kind| kind.as_ref() == Some(&first)).then_some(first)
    }

    /// `x in xs`.
    fn membership(&mut self, at: Span, left: &Expr, right: &Expr) -> (Type, ir::Expr, ir::Expr) {
        let (first, declared) = self.infer_both(left, None);
        let bare = self.without_null(&declared);
        let want = Type::list(bare.clone());
        let second = self.present_wanted(right, Some(&want));
        let table = &self.tables.types;
        let item = match table.resolve(&second.ty) {
            Type::List(item) => Some(self.without_null(item)),
            Type::Map(_) => Some(Type::String),
            Type::Unknown | Type::Json => Some(Type::Unknown),
            _ => None,
        };
        match item {
            None => {
                let message = format!(
                    "`in` looks through a list or a map's keys, and this is `{}`",
                    self.show(&second.ty)
                );
                let finding = Diagnostic::new(Code("E0304"), right.span, message);
                let is_text = matches!(table.resolve(&second.ty), Type::String | Type::Literal(_));
                self.out.push(if is_text {
                    let (whole, part) = (self.tables.source(right.span), self.tables.source(left.span));
                    finding.hint(format!("write `contains({whole}, {part})`"))
                } else {
                    finding
                });
            }
            Some(item) if bare != Type::Null && !self.comparable(&bare, &item) => {
                let finding = self.incomparable(BinaryOp::In, at, (left, &bare), (right, &item));
                self.out.push(finding);
            }
            Some(_) => {}
        }
        (Type::Bool, first.expr, second.expr)
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        at: Span,
        left: &Expr,
        right: &Expr,
    ) -> (Type, ir::Expr, ir::Expr) {
        let (first, second) = (self.present(left), self.present(right));
        let (one, other) = (self.plain(&first.ty), self.plain(&second.ty));
        let ty = match (op, &one, &other) {
            (BinaryOp::Add, Type::List(_), Type::List(_)) => Some(join(&one, &other, &self.tables.types)),
            _ => result(op, &one, &other),
        };
        if ty.is_none() {
            let finding = self.no_operator(op, at, (left, &one), (right, &other));
            self.out.push(finding);
        }
        (ty.unwrap_or(Type::Unknown), first.expr, second.expr)
    }

    /// The type that arithmetic sees: aliases and literals taken off.
    fn plain(&self, ty: &Type) -> Type {
        let table = &self.tables.types;
        match table.resolve(ty) {
            Type::Literal(_) => Type::String,
            Type::Union(_) if literals(ty, table).is_some() => Type::String,
            Type::Union(_) => self.ordered(ty).unwrap_or_else(|| ty.clone()),
            other => other.clone(),
        }
    }

    fn no_operator(
        &self,
        op: BinaryOp,
        at: Span,
        (left, one): (&Expr, &Type),
        (right, other): (&Expr, &Type),
    ) -> Diagnostic {
        if *one == Type::Json || *other == Type::Json {
            return self.untyped(if *one == Type::Json { left } else { right });
        }
        let message =
            format!("`{}` cannot take `{}` and `{}`", op.symbol(), self.show(one), self.show(other));
        let finding = Diagnostic::new(Code("E0304"), at, message);
        let text = *one == Type::String || *other == Type::String;
        if op == BinaryOp::Add && text {
            let (one, other) = (self.piece(left), self.piece(right));
            return finding.hint(format!("a text takes values in holes: `\"{one}{other}\"`"));
        }
        match suggestion(right, one).or_else(|| suggestion(left, other)) {
            Some(better) if matches!(op, BinaryOp::Add | BinaryOp::Sub) => {
                finding.hint(format!("write `{better}`"))
            }
            _ => finding,
        }
    }

    /// How a value stands inside a text.
    fn piece(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Text(_) => self.tables.source(expr.span).trim_matches('"').to_owned(),
            _ => format!("${{{}}}", self.tables.source(expr.span)),
        }
    }

    /// `json` where a type must be known.
    pub(super) fn untyped(&self, expr: &Expr) -> Diagnostic {
        let source = self.tables.source(expr.span);
        Diagnostic::new(Code("E0304"), expr.span, "this is `json`: its type is not known here")
            .hint(format!("say what it is and what holds where it is not: `({source} as int) ?? 0`"))
    }

    pub(super) fn negate(&mut self, value: &Expr, span: Span) -> Typed {
        let typed = self.present(value);
        let ty = match self.plain(&typed.ty) {
            ty @ (Type::Int | Type::Float | Type::Money | Type::Duration | Type::Unknown) => ty,
            other => {
                let message = format!("`-` cannot take `{}`", self.show(&other));
                self.out.push(Diagnostic::new(Code("E0304"), value.span, message));
                Type::Unknown
            }
        };
        let kind = match typed.expr.kind {
            ir::ExprKind::Const(Value::Int(value)) => ir::ExprKind::Const(Value::Int(value.wrapping_neg())),
            ir::ExprKind::Const(Value::Float(value)) => ir::ExprKind::Const(Value::Float(-value)),
            kind => ir::ExprKind::Unary(UnaryOp::Neg, Box::new(ir::Expr { kind, span: typed.expr.span })),
        };
        Typed::new(ty, kind, span)
    }
}

/// What an arithmetic operator gives.
fn result(op: BinaryOp, one: &Type, other: &Type) -> Option<Type> {
    use BinaryOp::{Add, Div, Mul, Rem, Sub};
    use Type::{Date, Duration, Float, Int, Money, String, Unknown};
    Some(match (op, one, other) {
        (_, Unknown, _) | (_, _, Unknown) => Unknown,
        (Add | Sub | Mul | Rem, Int, Int) => Int,
        (_, Int | Float, Int | Float) | (Div, Money, Money) | (Div, Duration, Duration) => Float,
        (Add, String, String) => String,
        (Add | Sub | Rem, Money, Money) | (Mul | Div, Money, Int | Float) | (Mul, Int | Float, Money) => {
            Money
        }
        (Add | Sub | Rem, Duration, Duration)
        | (Mul | Div, Duration, Int | Float)
        | (Mul, Int | Float, Duration)
        | (Sub, Date, Date) => Duration,
        (Add | Sub, Date, Duration) | (Add, Duration, Date) => Date,
        _ => return None,
    })
}

/// A number as it would be written where a `wanted` stands on the other side: `$5`, `5s`.
fn suggestion(expr: &Expr, wanted: &Type) -> Option<String> {
    let number = match &expr.kind {
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) => value.to_string(),
        ExprKind::Paren(inner) => return suggestion(inner, wanted),
        _ => return None,
    };
    match wanted {
        Type::Money => Some(format!("${number}")),
        Type::Duration => Some(format!("{number}s")),
        Type::String | Type::Literal(_) => Some(format!("\"{number}\"")),
        _ => None,
    }
}

/// The same, for a value where that type is expected.
pub(super) fn as_written_for(expr: &Expr, wanted: &Type) -> Option<String> {
    suggestion(expr, wanted)
}
