//! The type of an expression, found from below, with what is expected pushed down into lists and records.

use crate::ast::{Expr, ExprKind, Ident, Pattern, Segment, Text, TypeExpr, UnaryOp};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::{AccessPath, Root};
use crate::ir::{self, Piece, Template};
use crate::resolve::{Binding, StateEntry};
use crate::span::Span;
use crate::suggest::{did_you_mean, did_you_mean_text};
use crate::value::{Type, Value, distinguishable, join};

use super::cx::{At, Cx, Place, Typed};
use super::types::TypeReader;

/// What other tools call a model's text.
const TEXTS: &[&str] =
    &["text", "content", "output", "value", "result", "answer", "message", "response", "reply"];

/// What a field is read of, as hints write it.
pub(super) struct Base<'s> {
    pub(super) source: &'s str,
    /// The head of the state that could say its type and does not: `ask a`.
    pub(super) untyped: Option<String>,
}

/// The head of a state whose type could be written and is not.
pub(super) fn untyped(state: &StateEntry<'_>) -> Option<String> {
    let is_open = state.decl.ty.is_none() && matches!(state.kind.word, "ask" | "plan" | "wait");
    is_open.then(|| format!("{} {}", state.kind.word, state.decl.name.name))
}

impl Cx<'_, '_> {
    /// The expression and its type. `want` guides literals; whether the type fits is asked by [`Cx::expect`].
    pub(super) fn infer(&mut self, expr: &Expr, want: Option<&Type>) -> Typed {
        self.infer_both(expr, want).0
    }

    /// The same, and the type before what is known here of the whole expression: what it could be elsewhere.
    pub(super) fn infer_both(&mut self, expr: &Expr, want: Option<&Type>) -> (Typed, Type) {
        if let ExprKind::Paren(inner) = &expr.kind {
            return self.infer_both(inner, want);
        }
        let typed = self.infer_plain(expr, want);
        let declared = typed.ty.clone();
        let is_path = matches!(
            expr.kind,
            ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Index(..) | ExprKind::Own(_)
        );
        let narrows = is_path && self.knows_something() && typed.ty != Type::Unknown;
        let ty = match narrows.then(|| AccessPath::of(expr)).flatten() {
            Some(path) => self.narrowed(path, typed.ty),
            None => typed.ty,
        };
        self.tables.notes.expr(expr.span, &ty);
        (Typed { ty, expr: typed.expr }, declared)
    }

    fn infer_plain(&mut self, expr: &Expr, want: Option<&Type>) -> Typed {
        let span = expr.span;
        let constant = |ty, value| Typed::new(ty, ir::ExprKind::Const(value), span);
        match &expr.kind {
            ExprKind::Null => constant(Type::Null, Value::Null),
            ExprKind::Bool(value) => constant(Type::Bool, Value::Bool(*value)),
            ExprKind::Int(value) => constant(Type::Int, Value::Int(*value)),
            ExprKind::Float(value) => constant(Type::Float, Value::Float(*value)),
            ExprKind::Money(value) => constant(Type::Money, Value::Money(*value)),
            ExprKind::Duration(millis) => constant(Type::Duration, Value::Duration(*millis)),
            ExprKind::Text(text) => self.text(text, span),
            ExprKind::List(items) => self.list(items, want, span),
            ExprKind::Object(pairs) => self.object(pairs, want, span),
            ExprKind::Own(field) => self.own(field, span),
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::Member(base, field) => self.member(base, field, span),
            ExprKind::Index(base, index) => self.index(base, index, span),
            ExprKind::Call(callee, args) => self.call(callee, args, span),
            ExprKind::Cast(value, ty) => self.cast(value, ty, span),
            ExprKind::Unary(UnaryOp::Not, value) => {
                let value = self.condition(value);
                Typed::new(Type::Bool, ir::ExprKind::Unary(UnaryOp::Not, Box::new(value)), span)
            }
            ExprKind::Unary(UnaryOp::Neg, value) => self.negate(value, span),
            ExprKind::Binary(op, at, left, right) => self.binary(*op, *at, (left, right), want, span),
            ExprKind::Is(value, patterns) => self.is(value, patterns, span),
            ExprKind::Paren(inner) => self.infer(inner, want),
            ExprKind::Bad => Typed::unknown(span),
        }
    }

    pub(super) fn reader(&self) -> TypeReader<'_> {
        TypeReader { names: self.tables.names, module: self.module, hit: self.tables.hit }
    }

    /// The type as a person writes it, in backticks' stead for messages.
    pub(super) fn show(&self, ty: &Type) -> String {
        ty.display(&self.tables.types).to_string()
    }

    /// True where the value may be `null` in a way that a type says (`T?`); `json` is not counted.
    pub(super) fn nullable(&self, ty: &Type) -> bool {
        let table = &self.tables.types;
        table
            .members(ty)
            .into_iter()
            .any(|member| matches!(table.resolve(member), Type::Optional(_) | Type::Null))
    }

    /// The type without `null`.
    pub(super) fn without_null(&self, ty: &Type) -> Type {
        let table = &self.tables.types;
        match table.resolve(ty) {
            Type::Optional(inner) => self.without_null(inner),
            Type::Union(members) => Type::union_of(members.iter().map(|member| self.without_null(member))),
            _ => ty.clone(),
        }
    }

    /// A text; its holes may not be null.
    fn text(&mut self, text: &Text, span: Span) -> Typed {
        match text.literal() {
            Some(literal) => {
                self.plain_braces(text);
                Typed::new(Type::Literal(literal.into()), ir::ExprKind::Const(Value::text(literal)), span)
            }
            None => Typed::new(Type::String, ir::ExprKind::Template(self.template(text)), span),
        }
    }

    /// The pieces of a text with holes.
    pub(super) fn template(&mut self, text: &Text) -> Template {
        self.plain_braces(text);
        let pieces = text.segments.iter().map(|segment| match segment {
            Segment::Literal(text, _) => Piece::Text(text.clone()),
            Segment::Hole(expr) => Piece::Hole(self.hole(expr)),
        });
        Template { pieces: pieces.collect() }
    }

    fn list(&mut self, items: &[Expr], want: Option<&Type>, span: Span) -> Typed {
        let item_want = want.and_then(|want| self.item_of(want));
        let mut ty = Type::Unknown;
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let item = self.infer(item, item_want.as_ref());
            ty = join(&ty, &item.ty, &self.tables.types);
            list.push(item.expr);
        }
        Typed::new(Type::list(ty), ir::ExprKind::List(list), span)
    }

    /// The element's type of the list that is wanted.
    pub(super) fn item_of(&self, want: &Type) -> Option<Type> {
        let table = &self.tables.types;
        table.members(want).into_iter().find_map(|member| match table.resolve(member) {
            Type::List(item) => Some((**item).clone()),
            Type::Optional(inner) => self.item_of(inner),
            Type::Json => Some(Type::Json),
            _ => None,
        })
    }

    /// `.f`: a field of the state's own result.
    fn own(&mut self, field: &Ident, span: Span) -> Typed {
        let own = if let Place::Agent(agent, At { own: Some(own), state, .. }) = self.place {
            if let Some(id) = state {
                agent.reads(Binding::State(id));
            }
            // what is known of the state by its name is known of its own result
            self.narrowed(AccessPath { root: Root::Own, steps: Vec::new() }, own.clone())
        } else {
            let name = &field.name;
            self.out.push(
                Diagnostic::new(Code("E0215"), span, format!("`.{name}` has nothing to belong to here"))
                    .hint("`.f` is a field of a state's own result: its `check:` and its edges without `on` read it")
                    .hint("elsewhere write the state's name before it"),
            );
            return Typed::unknown(span);
        };
        let base = ir::Expr { kind: ir::ExprKind::Own, span };
        let name = match self.place {
            Place::Agent(agent, At { state: Some(id), .. }) => agent.scope.state(id),
            _ => None,
        };
        let untyped = name.and_then(untyped);
        let name = name.map(|state| state.decl.name.name.clone());
        if self.text_itself(&own, field, name.as_deref()) {
            return Typed::unknown(span);
        }
        let base_of = Base { source: name.as_deref().unwrap_or("x"), untyped };
        let ty = self.field_type(&own, field, &base_of);
        Typed::new(ty, ir::ExprKind::Field(Box::new(base), field.name.clone()), span)
    }

    fn member(&mut self, base: &Expr, field: &Ident, span: Span) -> Typed {
        if let ExprKind::Name(name) = &base.kind
            && &**name == "env"
            && self.binding(name).is_none()
        {
            return self.env(field, span);
        }
        if let Some(typed) = self.dotted_name(base, field, span) {
            return typed;
        }
        let written = match &base.kind {
            ExprKind::Name(name) => Some(&**name),
            _ => None,
        };
        let tables = self.tables;
        let source = tables.source(base.span);
        let untyped = self.untyped_state(base);
        let base = self.infer(base, None);
        if self.text_itself(&base.ty, field, written) {
            return Typed::unknown(span);
        }
        let ty = self.field_type(&base.ty, field, &Base { source, untyped });
        Typed::new(ty, ir::ExprKind::Field(Box::new(base.expr), field.name.clone()), span)
    }

    /// `a.text` where `a` is a text already: reported, with the name alone as the mend.
    fn text_itself(&mut self, of: &Type, field: &Ident, name: Option<&str>) -> bool {
        let (Some(name), true) = (name, TEXTS.contains(&&*field.name)) else { return false };
        let of = self.without_null(of);
        if !matches!(self.tables.types.resolve(&of), Type::String | Type::Literal(_)) {
            return false;
        }
        let message = format!("`{}` has no field `{}`", self.show(&of), field.name);
        self.out.push(
            Diagnostic::new(Code("E0303"), field.span, message)
                .hint(format!("the text is `{name}` itself: write `{name}`")),
        );
        true
    }

    /// The type of a field; of something that may be null, it may be null.
    pub(super) fn field_type(&mut self, of: &Type, field: &Ident, base: &Base<'_>) -> Type {
        if self.nullable(of) {
            let inner = self.without_null(of);
            if inner == Type::Null {
                return Type::Null;
            }
            return self.field_type(&inner, field, base).optional();
        }
        let table = &self.tables.types;
        self.tables.notes.field(field.span, of, &field.name, table);
        let members = table.members(of);
        let fields: Vec<Option<Type>> = members
            .iter()
            .map(|member| match table.resolve(member) {
                Type::Unknown => Some(Type::Unknown),
                Type::Json => Some(Type::Json),
                record => table.field(record, &field.name).cloned(),
            })
            .collect();
        if fields.iter().all(Option::is_some) {
            return fields
                .into_iter()
                .flatten()
                .reduce(|left, right| if left == Type::Unknown { left } else { join(&left, &right, table) })
                .unwrap_or(Type::Unknown);
        }
        let finding = self.no_field(of, field, fields.iter().any(Option::is_some), base);
        self.out.push(finding);
        Type::Unknown
    }

    fn no_field(&self, of: &Type, field: &Ident, some: bool, base: &Base<'_>) -> Diagnostic {
        let table = &self.tables.types;
        let (name, shown) = (&field.name, self.show(of));
        let message = if some {
            format!("not every value of `{shown}` has a field `{name}`")
        } else {
            format!("`{shown}` has no field `{name}`")
        };
        let finding = Diagnostic::new(Code("E0303"), field.span, message);
        if some {
            return finding
                .hint("find out which it is first: `x is Type and x.f …`, or an edge `when x is Type`");
        }
        match table.resolve(of) {
            Type::List(_) if matches!(&**name, "len" | "length" | "size" | "count") => {
                finding.hint(format!("write `len({})`", base.source))
            }
            Type::List(_) => finding
                .hint(format!("it is a list: `{0}[0]` and `first({0})` are its first element", base.source)),
            Type::String | Type::Literal(_) if matches!(&**name, "len" | "length") => {
                finding.hint(format!("write `len({})`", base.source))
            }
            Type::String if let Some(untyped) = &base.untyped => {
                finding.hint(format!("say what it gives: `{untyped}: T {{ … }}`"))
            }
            Type::Map(_) => finding.hint(format!("a map is read by its key: `{}[\"{name}\"]`", base.source)),
            _ => match table.fields(of) {
                Some(fields) => {
                    let names: Vec<&str> = fields.iter().map(|field| &**field.name).collect();
                    did_you_mean(finding, name, names.into_iter())
                }
                None => finding,
            },
        }
    }

    fn index(&mut self, base: &Expr, index: &Expr, span: Span) -> Typed {
        let typed = self.infer(base, None);
        let table = &self.tables.types;
        let of = self.without_null(&typed.ty);
        let (key, ty) = match table.resolve(&of) {
            Type::List(item) => (Type::Int, (**item).clone().optional()),
            Type::Map(value) => (Type::String, (**value).clone().optional()),
            Type::Json => (Type::Unknown, Type::Json),
            Type::Unknown => (Type::Unknown, Type::Unknown),
            _ => {
                let finding = Diagnostic::new(
                    Code("E0303"),
                    base.span,
                    format!("`[…]` reads lists and maps, and this is `{}`", self.show(&typed.ty)),
                );
                let finding = match (&index.kind, table.fields(&of)) {
                    (ExprKind::Text(text), Some(_)) if text.literal().is_some() => finding.hint(format!(
                        "a record's field is read by `.{}`",
                        text.literal().unwrap_or_default()
                    )),
                    _ => finding,
                };
                self.out.push(finding);
                (Type::Unknown, Type::Unknown)
            }
        };
        let index = self.expect(index, &key);
        Typed::new(ty, ir::ExprKind::Index(Box::new(typed.expr), Box::new(index)), span)
    }

    fn cast(&mut self, value: &Expr, ty: &TypeExpr, span: Span) -> Typed {
        let value = self.infer(value, None);
        let to = self.tables.read_type(self.module, ty, self.out);
        Typed::new(to.clone().optional(), ir::ExprKind::Cast(Box::new(value.expr), to), span)
    }

    fn is(&mut self, value: &Expr, patterns: &[Pattern], span: Span) -> Typed {
        // what no run can be here is the graph's to say: it may be one edge too many, not a wrong word
        let (typed, declared) = self.infer_both(value, None);
        let mut read = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            let (ty, pattern, at) = match pattern {
                Pattern::Literal(text) => {
                    (Type::Literal(text.name.clone()), ir::Pattern::Literal(text.name.clone()), text.span)
                }
                Pattern::Type(path) => {
                    let ty = self.reader_then(|reader, out| reader.named(path, out));
                    (ty.clone(), ir::Pattern::Type(ty), path.span)
                }
            };
            self.possible(&declared, &ty, at);
            read.push(pattern);
        }
        Typed::new(Type::Bool, ir::ExprKind::Is(Box::new(typed.expr), read), span)
    }

    /// Reports a pattern that the value can never be.
    fn possible(&mut self, value: &Type, pattern: &Type, at: Span) {
        let table = &self.tables.types;
        let apart = |member: &Type| distinguishable(member, pattern, table);
        let bare = self.without_null(value);
        let members = table.members(&bare);
        let open = |member: &&Type| matches!(table.resolve(member), Type::Json | Type::Unknown);
        if *pattern == Type::Unknown
            || members.iter().any(open)
            || !members.iter().all(|member| apart(member))
        {
            return;
        }
        let message = format!("this is `{}`, never `{}`", self.show(value), self.show(pattern));
        let finding = Diagnostic::new(Code("E0316"), at, message);
        let literals: Vec<&str> = members
            .iter()
            .filter_map(|member| match table.resolve(member) {
                Type::Literal(text) => Some(&**text),
                _ => None,
            })
            .collect();
        let finding = match pattern {
            Type::Literal(text) => did_you_mean_text(finding, text, literals),
            _ => finding,
        };
        self.out.push(finding);
    }

    pub(super) fn reader_then<T>(
        &mut self,
        read: impl FnOnce(&TypeReader, &mut crate::diagnostic::Diagnostics) -> T,
    ) -> T {
        let reader = TypeReader { names: self.tables.names, module: self.module, hit: self.tables.hit };
        read(&reader, self.out)
    }
}
