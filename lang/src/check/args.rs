//! The arguments of a tool's or an agent's call against its parameters: by place, by name, with defaults.

use crate::ast::{Arg, Expr, ExprKind, Ident};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::resolve::Def;
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::Value;

use super::cx::Cx;
use super::tables::{Signature, Sort};

/// What is called, for messages.
#[derive(Clone, Copy)]
pub(super) struct Callee<'c> {
    pub(super) name: &'c str,
    pub(super) signature: &'c Signature,
}

/// Whether every parameter must get a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Completeness {
    Whole,
    /// A test with `cases:` gets the rest from them.
    Partial,
}

impl Cx<'_, '_> {
    /// One expression a parameter, in the order declared; what is missing is reported and stands as `null`.
    pub(super) fn arguments(&mut self, callee: Callee<'_>, args: &[Arg], span: Span) -> Vec<ir::Expr> {
        let given = self.given(callee, args, span, Completeness::Whole);
        let params = &callee.signature.params;
        let constant = |value| ir::Expr { kind: ir::ExprKind::Const(value), span };
        params
            .iter()
            .zip(given)
            .map(|(param, value)| {
                value.unwrap_or_else(|| constant(param.default.clone().unwrap_or(Value::Null)))
            })
            .collect()
    }

    /// By parameter: the expression given for it.
    pub(super) fn given(
        &mut self,
        callee: Callee<'_>,
        args: &[Arg],
        span: Span,
        completeness: Completeness,
    ) -> Vec<Option<ir::Expr>> {
        let params = &callee.signature.params;
        let mut given: Vec<Option<ir::Expr>> = params.iter().map(|_| None).collect();
        let mut strangers = 0;
        let mut named = false;
        for (place, arg) in args.iter().enumerate() {
            let index = match &arg.name {
                Some(name) => {
                    named = true;
                    params.iter().position(|param| param.name == name.name)
                }
                None if named => {
                    let message = "an argument by place cannot follow one by name";
                    self.out.push(
                        Diagnostic::new(Code("E0307"), arg.value.span, message)
                            .hint(format!("its form is `{}`", self.form(callee))),
                    );
                    return given;
                }
                None => (place < params.len()).then_some(place),
            };
            let slot = index.and_then(|index| given.get_mut(index).zip(params.get(index)));
            if let Some((slot, param)) = slot {
                let twice = slot.is_some();
                let value = self.expect(&arg.value, &param.ty);
                if twice {
                    let at = arg.name.as_ref().map_or(arg.value.span, |name| name.span);
                    let message = format!("`{}` is given twice", param.name);
                    self.out.push(Diagnostic::new(Code("E0307"), at, message));
                }
                *slot = Some(value);
            } else {
                strangers += 1;
                self.stranger_argument(callee, arg);
                self.infer(&arg.value, None);
            }
        }
        if completeness == Completeness::Whole {
            self.missing_arguments(callee, &given, strangers, span);
        }
        given
    }

    /// Reads the arguments of something unknown: what is wrong inside them is said all the same.
    pub(super) fn read_arguments(&mut self, args: &[Arg]) {
        for arg in args {
            self.infer(&arg.value, None);
        }
    }

    fn stranger_argument(&mut self, callee: Callee<'_>, arg: &Arg) {
        if callee.signature.broken {
            return;
        }
        let params = &callee.signature.params;
        let finding = if let Some(name) = &arg.name {
            let message = format!("`{}` has no parameter `{}`", callee.name, name.name);
            let finding = Diagnostic::new(Code("E0307"), name.span, message);
            did_you_mean(finding, &name.name, params.iter().map(|param| &*param.name))
        } else {
            let takes = match params.len() {
                0 => "no arguments".to_owned(),
                1 => "one argument".to_owned(),
                many => format!("{many} arguments"),
            };
            let message = format!("`{}` takes {takes}", callee.name);
            Diagnostic::new(Code("E0307"), arg.value.span, message)
                .hint(format!("its form is `{}`", self.form(callee)))
        };
        self.out.push(finding);
    }

    fn missing_arguments(
        &mut self,
        callee: Callee<'_>,
        given: &[Option<ir::Expr>],
        strangers: usize,
        span: Span,
    ) {
        let params = &callee.signature.params;
        let missing: Vec<&ir::Param> = params
            .iter()
            .zip(given)
            .filter(|(param, value)| value.is_none() && param.default.is_none() && !self.nullable(&param.ty))
            .map(|(param, _)| param)
            .collect();
        // a misspelled name is one mistake: what it stands for is not missing beside it
        if missing.is_empty() || strangers >= missing.len() {
            return;
        }
        let shown: Vec<String> =
            missing.iter().map(|param| format!("`{}: {}`", param.name, self.show(&param.ty))).collect();
        let message = format!("`{}` needs {}", callee.name, shown.join(", "));
        self.out.push(
            Diagnostic::new(Code("E0307"), span, message)
                .hint(format!("its form is `{}`", self.form(callee))),
        );
    }

    fn form(&self, callee: Callee<'_>) -> String {
        let param = |param: &ir::Param| {
            let optional = if param.default.is_some() { " = …" } else { "" };
            format!("{}: {}{optional}", param.name, self.show(&param.ty))
        };
        let params: Vec<String> = callee.signature.params.iter().map(param).collect();
        format!("{}({})", callee.name, params.join(", "))
    }

    /// `name(args)` as the field of a state holds it; reported where it is something else.
    pub(super) fn called<'e>(
        &mut self,
        expr: &'e Expr,
        sort: Sort,
        field: &str,
    ) -> Option<(Def, Ident, &'e [Arg])> {
        let (callee, args): (&Expr, &[Arg]) = match &expr.kind {
            ExprKind::Call(callee, args) => (callee, args),
            ExprKind::Name(name) => {
                // a name that is wrong is one mistake, brackets or not
                let found = self.tables.find_named(self.module, name, expr.span, sort, self.out);
                if found != Def::Unknown {
                    let message = format!("`{field}` takes the {} with its arguments", sort.word());
                    self.out.push(
                        Diagnostic::new(Code("E0319"), expr.span, message).hint(format!("write `{name}(…)`")),
                    );
                }
                return None;
            }
            _ => {
                self.wrong_form(field, &format!("the {} with its arguments, `name(…)`", sort.word()), expr);
                return None;
            }
        };
        let ExprKind::Name(name) = &callee.kind else {
            let finding = Diagnostic::new(
                Code("E0319"),
                callee.span,
                format!("`{field}` takes the name of a declared {}", sort.word()),
            );
            let source = self.tables.source(callee.span);
            self.out.push(if sort == Sort::Tool && matches!(callee.kind, ExprKind::Member(..)) {
                finding.hint(format!("declare it: `tool name(…): T {{ mcp: {source} }}`"))
            } else {
                finding
            });
            return None;
        };
        let def = self.tables.find_named(self.module, name, callee.span, sort, self.out);
        Some((def, Ident { name: name.clone(), span: callee.span }, args))
    }
}
