//! What only a test calls: `error(kind)` as an answer, and the functions of `expect`.

use crate::ast::{Arg, Expr, ExprKind, Name};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExpectFunction, Function};
use crate::resolve::Def;
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::{Type, Value};

use super::builtins::done;
use super::cx::{Cx, Place, Typed};
use super::mocked::{Purpose, find, path_of};
use super::tables::Sort;

/// Failures that a mock may answer with, beside a tool's own errors.
const FAILURES: &[&str] =
    &["invalid", "blocked", "refused", "unavailable", "denied", "failed", "timeout", "budget"];

impl Cx<'_, '_> {
    /// `error(timeout)`.
    pub(super) fn error(&mut self, args: &[Arg], own: &[Name], span: Span) -> Typed {
        let [Arg { name: None, value: Expr { kind: ExprKind::Name(kind), span: at } }] = args else {
            let message = "`error` takes the name of a failure: `error(timeout)`";
            self.out.push(Diagnostic::new(Code("E0306"), span, message));
            return Typed::unknown(span);
        };
        if !FAILURES.contains(&&**kind) && !own.contains(kind) {
            let finding = Diagnostic::new(Code("E0514"), *at, format!("no failure is named `{kind}`"));
            let known = FAILURES.iter().copied().chain(own.iter().map(|error| &**error));
            self.out.push(did_you_mean(finding, kind, known));
        }
        let kind = ir::Expr { kind: ir::ExprKind::Const(Value::text(kind.clone())), span: *at };
        done(Function::Error, Type::Unknown, vec![kind], span)
    }

    /// A function of `expect`; `None` where it is none.
    pub(super) fn expect_function(
        &mut self,
        name: &Name,
        at: Span,
        args: &[Arg],
        span: Span,
    ) -> Option<Typed> {
        let (function, ty) = match &**name {
            "visits" => (ExpectFunction::Visits, Type::Int),
            "visited" => (ExpectFunction::Visited, Type::Bool),
            "attempts" => (ExpectFunction::Attempts, Type::Int),
            "model_of" => (ExpectFunction::ModelOf, Type::String),
            "calls" => (ExpectFunction::Calls, Type::Int),
            "args" => (ExpectFunction::Args, Type::Json),
            "blocked" => (ExpectFunction::Blocked, Type::Bool),
            "judge" => return Some(self.judged(args, span)),
            _ => return None,
        };
        let takes = match function {
            ExpectFunction::Calls | ExpectFunction::Args => "a tool",
            ExpectFunction::Blocked => "a guard",
            _ => "a state",
        };
        let [Arg { name: None, value }] = args else {
            let message = format!("`{name}` takes the name of {takes}");
            self.out.push(Diagnostic::new(Code("E0306"), at.to(span), message));
            return Some(Typed::unknown(span));
        };
        let text = match function {
            ExpectFunction::Calls | ExpectFunction::Args => self.tool_named(name, value),
            ExpectFunction::Blocked => self.declared(name, value, Sort::Guard).map(|(_, guard)| guard.name),
            _ => self.state_named(name, value),
        };
        let Some(text) = text else { return Some(Typed::new(ty, Typed::unknown(span).expr.kind, span)) };
        let argument = ir::Expr { kind: ir::ExprKind::Const(Value::text(text)), span: value.span };
        Some(done(Function::Expect(function), ty, vec![argument], span))
    }

    fn state_named(&mut self, function: &str, value: &Expr) -> Option<Name> {
        let Place::Expect(tested) = self.place else { return None };
        let Some(path) = path_of(value) else {
            self.wrong_form(function, "the name of a state", value);
            return None;
        };
        match find(self.tables, tested.scope?, &path, Purpose::Look) {
            Ok(_) => Some(path.text().into()),
            Err(finding) => {
                self.out.push(*finding);
                None
            }
        }
    }

    /// A declared tool, or a server's by `server.tool`.
    fn tool_named(&mut self, function: &str, value: &Expr) -> Option<Name> {
        if matches!(value.kind, ExprKind::Member(..)) {
            self.server_tool(function, value)?;
            return Some(path_of(value)?.text().into());
        }
        // a tool of the tested agent's file may have no name in the test's
        let name = self.bare(function, "the name of a tool", value)?;
        let Place::Expect(tested) = self.place else { return None };
        let home =
            tested.agent.and_then(|id| self.tables.names.agents.get(id.index())).map(|agent| agent.module);
        let at_home = home.and_then(|module| self.tables.names.find(module, &name.name));
        if matches!(at_home, Some(Def::Tool(_))) {
            return Some(name.name);
        }
        self.declared(function, value, Sort::Tool).map(|(_, tool)| tool.name)
    }

    /// `judge(result.text, "is it polite?")`.
    fn judged(&mut self, args: &[Arg], span: Span) -> Typed {
        let [Arg { name: None, value }, Arg { name: None, value: rubric }] = args else {
            let message = "`judge` takes a value and a rubric: `judge(result.text, \"is it polite?\")`";
            self.out.push(Diagnostic::new(Code("E0306"), span, message));
            return Typed::unknown(span);
        };
        let value = self.infer(value, None);
        self.literal_text(rubric, "the rubric of `judge`");
        let rubric = self.expect(rubric, &Type::String);
        done(Function::Expect(ExpectFunction::Judge), Type::Bool, vec![value.expr, rubric], span)
    }
}
