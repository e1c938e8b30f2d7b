//! An expression where a type is wanted: the smallest place that does not fit, and what to write there.

use crate::ast::{Expr, ExprKind, Text};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::AccessPath;
use crate::ir::{self, Piece, Template};
use crate::resolve::Binding;
use crate::suggest::did_you_mean_text;
use crate::value::{Date, Type, Value, Why, literals, mismatch};

use super::cx::{At, Cx, Place, Reader, Typed};
use super::flow::assigned::way_without;
use super::infer::untyped;
use super::operators::as_written_for;

impl Cx<'_, '_> {
    /// The expression, reported where it does not fit.
    pub(super) fn expect(&mut self, expr: &Expr, want: &Type) -> ir::Expr {
        match &expr.kind {
            ExprKind::Paren(inner) => return self.expect(inner, want),
            ExprKind::List(items) => {
                if let Some(item) = self.item_of(want) {
                    let items = items.iter().map(|value| self.expect(value, &item)).collect();
                    return ir::Expr { kind: ir::ExprKind::List(items), span: expr.span };
                }
            }
            ExprKind::Object(pairs) => {
                if let Some(typed) = self.object_for(pairs, want, expr.span) {
                    return typed.expr;
                }
            }
            _ => {}
        }
        let typed = self.infer(expr, Some(want));
        self.fit(expr, typed, want)
    }

    /// The typed expression, reported where it does not fit.
    pub(super) fn fit(&mut self, expr: &Expr, typed: Typed, want: &Type) -> ir::Expr {
        let typed = self.read_literal(typed, want);
        if let Some(mismatch) = mismatch(&typed.ty, want, &self.tables.types) {
            match mismatch.why {
                Why::Null { .. } if mismatch.path.is_empty() => {
                    let finding = self.may_be_null(expr, Some(want));
                    self.say_null(finding);
                }
                _ => {
                    let finding = self.does_not_fit(expr, &typed.ty, want, &mismatch);
                    self.out.push(finding);
                }
            }
        }
        typed.expr
    }

    /// A literal that stands for something finer: an `int` where a `float` is wanted, a text where a date is.
    pub(super) fn read_literal(&self, typed: Typed, want: &Type) -> Typed {
        let span = typed.expr.span;
        let want = self.tables.types.resolve(want);
        let want = self.tables.types.resolve(want.required());
        match (&typed.expr.kind, want) {
            (ir::ExprKind::Const(Value::Int(value)), Type::Float) => {
                let kind = ir::ExprKind::Const(crate::value::complete(
                    Value::Int(*value),
                    &Type::Float,
                    &self.tables.types,
                ));
                Typed::new(Type::Float, kind, span)
            }
            (ir::ExprKind::Const(Value::String(text)), Type::Date) => match text.parse::<Date>() {
                Ok(date) => Typed::new(Type::Date, ir::ExprKind::Const(Value::Date(date)), span),
                Err(_) => typed,
            },
            _ => typed,
        }
    }

    fn does_not_fit(
        &self,
        expr: &Expr,
        found: &Type,
        want: &Type,
        mismatch: &crate::value::Mismatch,
    ) -> Diagnostic {
        let table = &self.tables.types;
        if let (Type::Literal(text), Some(words)) =
            (found, literals(self.tables.types.resolve(want).required(), table))
        {
            let message = format!("expected `{}`, found `{:?}`", self.show(want), &**text);
            let finding = Diagnostic::new(Code("E0301"), expr.span, message);
            return did_you_mean_text(finding, text, words.into_iter().map(|word| &**word));
        }
        // a name that is known to hold one text here is a `string` still
        let written = matches!(expr.kind, ExprKind::Text(_)) || !matches!(found, Type::Literal(_));
        let found = if written { found } else { &Type::String };
        let message = format!("expected `{}`, found `{}`", self.show(want), self.show(found));
        let finding = Diagnostic::new(Code("E0301"), expr.span, message);
        let finding = if mismatch.path.is_empty() && matches!(mismatch.why, Why::Type { .. }) {
            finding
        } else {
            finding.label(mismatch.describe(table))
        };
        self.hinted(finding, expr, found, want)
    }

    fn hinted(&self, finding: Diagnostic, expr: &Expr, found: &Type, want: &Type) -> Diagnostic {
        let table = &self.tables.types;
        let source = self.tables.source(expr.span);
        let wanted = table.resolve(table.resolve(want).required());
        if let Some(better) = as_written_for(expr, wanted) {
            return finding.write(better);
        }
        if let Some(head) = self.untyped_state(expr) {
            return finding.hint(format!("say what it gives: `{head}: {} {{ … }}`", self.show(wanted)));
        }
        match (table.resolve(found), wanted) {
            (Type::Json, _) => finding.hint(format!(
                "say what it is and what holds where it is not: `({source} as {}) ?? …`",
                self.show(wanted)
            )),
            (Type::Literal(text), Type::Date) if text.parse::<Date>().is_err() => {
                finding.hint("a date is written `\"2026-11-23\"` or `\"2026-11-23T10:00:00Z\"`")
            }
            (Type::Literal(text), Type::Int) if text.parse::<i64>().is_ok() => {
                finding.hint(format!("a number stands without quotes: `{text}`"))
            }
            (Type::Literal(text), Type::Float) if text.parse::<f64>().is_ok() => {
                finding.hint(format!("a number stands without quotes: `{text}`"))
            }
            (Type::Literal(text), Type::Bool) if ["true", "false"].contains(&&**text) => {
                finding.hint(format!("it stands without quotes: `{text}`"))
            }
            (Type::Literal(_), Type::Money) => finding.hint("money is written `$12.50`, without quotes"),
            (Type::Literal(_), Type::Duration) => {
                finding.hint("a duration is written `30s`, `5m`, `2h` or `7d`, without quotes")
            }
            (Type::Literal(_), Type::Image | Type::Pdf | Type::Bytes) => {
                finding.hint("a test reads a file by `file(\"path\")`")
            }
            (Type::Float, Type::Int) => {
                finding.hint("a division gives a `float`, and so does every number with a point")
            }
            (Type::List(item), _) if crate::value::assignable(item, want, table) => {
                finding.hint(format!("one of its elements is `first({source})`, which may be `null`"))
            }
            (_, Type::List(item)) if crate::value::assignable(found, item, table) => {
                finding.hint(format!("write a list: `[{source}]`"))
            }
            (_, Type::String) if !matches!(expr.kind, ExprKind::Object(_) | ExprKind::List(_)) => {
                finding.hint(format!("as a text: `\"${{{source}}}\"`"))
            }
            _ => finding,
        }
    }

    /// The head of the state whose result this is, where its type could be written and is not.
    pub(super) fn untyped_state(&self, expr: &Expr) -> Option<String> {
        let Place::Agent(agent, at) = self.place else { return None };
        let id = match &expr.kind {
            ExprKind::Name(name) => match agent.scope.lookup(at.state, name)? {
                Binding::State(id) => id,
                _ => return None,
            },
            ExprKind::Paren(inner) => return self.untyped_state(inner),
            _ => return None,
        };
        untyped(agent.scope.state(id)?)
    }

    /// Something that may be `null` where that is no value.
    pub(super) fn may_be_null(&self, expr: &Expr, want: Option<&Type>) -> Diagnostic {
        let source = self.tables.source(expr.span);
        let message = match want {
            Some(want) if short(source) => {
                format!("`{source}` may be `null`, and `{}` is wanted here", self.show(want))
            }
            Some(want) => format!("this may be `null`, and `{}` is wanted here", self.show(want)),
            None if short(source) => format!("`{source}` may be `null`"),
            None => "this may be `null`".to_owned(),
        };
        let finding = Diagnostic::new(Code("E0302"), expr.span, message);
        let default = want.map_or("…", |want| default_of(self.tables.types.resolve(want)));
        let finding = match self.unset_root(expr) {
            Some(why) => finding.label(why),
            None => finding,
        };
        let source = if short(source) { source } else { "…" };
        let finding = finding.hint(format!("say what holds then: `{source} ?? {default}`"));
        match AccessPath::of(expr) {
            Some(_) if self.in_a_state() => {
                finding.hint(format!("or come here only where it is there: `when {source} != null -> …`"))
            }
            _ => finding,
        }
    }

    /// Where no run comes, or something could not be read, a path that leaves a name unset may be none.
    pub(super) fn say_null(&mut self, finding: Diagnostic) {
        let unsure = match self.place {
            Place::Agent(agent, at) => agent.broken || at.facts.is_some_and(|facts| !facts.is_reached()),
            _ => false,
        };
        if !unsure {
            self.out.push(finding);
        }
    }

    fn in_a_state(&self) -> bool {
        matches!(self.place, Place::Agent(_, At { state: Some(_), .. }))
    }

    /// Why the name at the root of a path may not be set: the way here that passes its state by.
    fn unset_root(&self, expr: &Expr) -> Option<String> {
        let Place::Agent(agent, At { state, facts: Some(facts), .. }) = self.place else { return None };
        let mut root = expr;
        loop {
            match &root.kind {
                ExprKind::Paren(inner) | ExprKind::Member(inner, _) | ExprKind::Index(inner, _) => {
                    root = inner;
                }
                ExprKind::Name(name) => {
                    let Some(Binding::State(id)) = agent.scope.lookup(state, name) else { return None };
                    let way = way_without(facts, id)?;
                    return Some(match &*way {
                        "" => format!("`{name}` has no result yet"),
                        way if way == &**name => format!("`{name}` has no result where it ends by an event"),
                        way if way.split(" -> ").any(|state| state == &**name) => {
                            format!("`{name}` has no result where it ends by an event, on the way `{way}`")
                        }
                        way => format!("`{name}` has no result on the way `{way}`"),
                    });
                }
                _ => return None,
            }
        }
    }

    /// A value that is there: reported where it may be null, and then taken as if it could not.
    pub(super) fn present(&mut self, expr: &Expr) -> Typed {
        self.present_wanted(expr, None)
    }

    pub(super) fn present_wanted(&mut self, expr: &Expr, want: Option<&Type>) -> Typed {
        let typed = self.infer(expr, want);
        if !self.nullable(&typed.ty) {
            return typed;
        }
        let bare = self.without_null(&typed.ty);
        let finding = match &bare {
            Type::Null => Diagnostic::new(Code("E0302"), expr.span, "this is always `null`"),
            bare => self.may_be_null(expr, Some(bare)),
        };
        self.say_null(finding);
        let ty = if bare == Type::Null { Type::Unknown } else { bare };
        Typed { ty, expr: typed.expr }
    }

    /// A condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> ir::Expr {
        let typed = self.infer(expr, Some(&Type::Bool));
        let table = &self.tables.types;
        let bare = self.without_null(&typed.ty);
        if matches!(table.resolve(&bare), Type::Bool | Type::Unknown) {
            return self.fit(expr, typed, &Type::Bool);
        }
        let source = self.tables.source(expr.span);
        let message = format!("a condition is `true` or `false`, and this is `{}`", self.show(&typed.ty));
        let finding = Diagnostic::new(Code("E0301"), expr.span, message);
        let finding = match table.resolve(&bare) {
            Type::Json => finding.hint(format!("say what it is: `({source} as bool) ?? false`")),
            _ if self.nullable(&typed.ty) => finding.hint(format!("whether it is there: `{source} != null`")),
            Type::List(_) => finding.hint(format!("whether it holds something: `len({source}) > 0`")),
            Type::String => finding.hint(format!("whether it is empty: `{source} != \"\"`")),
            Type::Int | Type::Float => finding.hint(format!("compare it: `{source} > 0`")),
            _ => finding,
        };
        self.out.push(finding);
        typed.expr
    }

    /// The expression of a hole `${…}`.
    pub(super) fn hole(&mut self, expr: &Expr) -> ir::Expr {
        let typed = self.infer(expr, None);
        if self.nullable(&typed.ty) {
            let finding = if self.without_null(&typed.ty) == Type::Null {
                Diagnostic::new(Code("E0302"), expr.span, "this is always `null`, and a hole needs a value")
            } else {
                self.null_hole(expr)
            };
            self.say_null(finding);
            return typed.expr;
        }
        let finding = self.unprintable(expr, &typed.ty);
        self.out.extend(finding);
        typed.expr
    }

    fn null_hole(&self, expr: &Expr) -> Diagnostic {
        let mut finding = self.may_be_null(expr, None);
        let source = self.tables.source(expr.span);
        finding.hints.clear();
        finding.hint(format!("a hole needs a value: write `${{{source} ?? \"none\"}}`"))
    }

    /// Bytes print nowhere; images and documents attach only to what a model reads.
    fn unprintable(&self, expr: &Expr, ty: &Type) -> Option<Diagnostic> {
        let table = &self.tables.types;
        let prompt = matches!(self.place, Place::Agent(_, At { reader: Reader::Prompt, .. }));
        let item = match table.resolve(ty) {
            Type::List(item) => table.resolve(item),
            other => other,
        };
        let finding = |message: &str| Diagnostic::new(Code("E0317"), expr.span, message);
        match item {
            Type::Bytes => Some(finding("`bytes` cannot be printed into a text")),
            Type::Image | Type::Pdf if !prompt => Some(
                finding(&format!("a text cannot hold `{}`", self.show(ty)))
                    .hint("images and documents attach to the prompt of an `ask` or the goal of a `plan`"),
            ),
            _ => None,
        }
    }

    /// A text, or an expression that gives one, as a template.
    pub(super) fn text_field(&mut self, expr: &Expr) -> Template {
        match &expr.kind {
            ExprKind::Text(text) => self.template(text),
            ExprKind::Paren(inner) => self.text_field(inner),
            _ => {
                let typed = self.infer(expr, Some(&Type::String));
                let media = matches!(self.tables.types.resolve(&typed.ty), Type::Image | Type::Pdf);
                if media {
                    let source = self.tables.source(expr.span);
                    self.out.push(
                        Diagnostic::new(Code("E0301"), expr.span, "expected a text")
                            .hint(format!("say what to do with it: `\"… ${{{source}}}\"`")),
                    );
                    return Template { pieces: vec![Piece::Hole(typed.expr)] };
                }
                Template { pieces: vec![Piece::Hole(self.fit(expr, typed, &Type::String))] }
            }
        }
    }

    /// A text without holes; reported where it is anything else.
    pub(super) fn literal_text<'e>(&mut self, expr: &'e Expr, what: &str) -> Option<&'e str> {
        if let ExprKind::Text(text) = &expr.kind
            && let Some(literal) = text.literal()
        {
            return Some(literal);
        }
        let has_holes = matches!(&expr.kind, ExprKind::Text(Text { .. }));
        let finding = Diagnostic::new(
            Code("E0319"),
            expr.span,
            if has_holes { format!("{what} takes no holes") } else { format!("{what} is a text") },
        );
        self.out.push(finding);
        None
    }
}

fn short(source: &str) -> bool {
    source.len() <= 48 && !source.contains('\n')
}

fn default_of(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "false",
        Type::Int | Type::Float => "0",
        Type::String => "\"none\"",
        Type::Money => "$0",
        Type::Duration => "0s",
        Type::List(_) => "[]",
        _ => "…",
    }
}
