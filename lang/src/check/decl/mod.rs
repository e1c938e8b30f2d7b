//! Declarations beside the agents: pools, guardrails, memories, tools, servers, skills.

mod builtin;
mod command;
mod guard;
mod memory;
mod model;
mod route;
mod server;
mod tool;

pub(super) use guard::guard;
pub(super) use memory::{check_users, memory};
pub(super) use model::model;
pub(super) use route::route_cycles;
pub(super) use server::{mcp, skill};
pub(super) use tool::tool;

use crate::ast::{Arg, ExprKind, Field, Ident, Name};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::kinds::Kind;
use crate::span::Span;
use crate::value::Type;

use super::cx::Cx;
use super::fields::Owner;
use super::tables::Sort;

fn owner<'a>(kind: &'static Kind, name: &'a Ident) -> Owner<'a> {
    Owner { kind, name: &name.name, span: name.span, part: false }
}

/// The pool and the rubric of a `judge(pool, "rubric")`.
struct JudgeArgs {
    pool: Name,
    rubric: Name,
}

impl Cx<'_, '_> {
    /// A text that may read `env.X`.
    fn config(&mut self, field: &Field) -> ir::Expr {
        self.expect(&field.value, &Type::String)
    }

    /// A command line: a list of texts, without a shell.
    fn command(&mut self, field: &Field) -> Vec<ir::Expr> {
        let items = self.items(&field.key.name, &field.value, "texts, the program first");
        if matches!(&field.value.kind, ExprKind::List(written) if written.is_empty()) {
            let message = format!("`{}` names no program", field.key.name);
            self.out.push(Diagnostic::new(Code("E0319"), field.value.span, message));
        }
        self.command_line(items, false);
        items.iter().map(|item| self.expect(item, &Type::String)).collect()
    }

    /// A record of texts: environment, headers.
    fn pairs(&mut self, field: &Field) -> Vec<(Name, ir::Expr)> {
        let ExprKind::Object(pairs) = &field.value.kind else {
            self.wrong_form(&field.key.name, "a record of texts", &field.value);
            return Vec::new();
        };
        self.no_key_twice(pairs);
        pairs.iter().map(|pair| (pair.key.name.clone(), self.expect(&pair.value, &Type::String))).collect()
    }

    /// `judge(pool, "rubric")`.
    fn judge(&mut self, args: &[Arg], span: Span) -> Option<JudgeArgs> {
        let [Arg { name: None, value: pool }, Arg { name: None, value: rubric }] = args else {
            let message = "`judge` takes a pool and a rubric: `judge(fast, \"is it polite?\")`";
            self.out.push(Diagnostic::new(Code("E0504"), span, message));
            return None;
        };
        let found = self.declared("judge", pool, Sort::Pool);
        let rubric = self.literal_text(rubric, "the rubric of `judge`")?.into();
        match found {
            Some((_, name)) => Some(JudgeArgs { pool: name.name, rubric }),
            None => None,
        }
    }
}

/// The name of every tool of ours.
pub(super) fn builtin_tools() -> impl Iterator<Item = &'static str> {
    builtin::names()
}
