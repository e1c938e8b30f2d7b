//! `parallel`: its parts, `each`, when it is done.

use crate::ast::{Arg, Body, Expr, ExprKind, Field};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Join, Op, Part};
use crate::kinds::PART_KINDS;
use crate::resolve::{Binding, StateEntry};
use crate::suggest::did_you_mean;
use crate::value::Type;

use super::ask::an;
use super::cx::{Cx, Reader};
use super::forms::number_of;
use super::state::StateCx;

/// True where every part comes: nothing is written, or `all`.
pub(super) fn joins_all(body: &Body) -> bool {
    body.field("join")
        .is_none_or(|field| matches!(&field.value.kind, ExprKind::Name(name) if &**name == "all"))
}

impl<'p> StateCx<'p, '_> {
    pub(super) fn parallel(&mut self) -> Op {
        let parts: Vec<&StateEntry<'p>> = self.agent.scope.children(Some(self.entry.id)).collect();
        for part in &parts {
            self.part(part);
        }
        let each = self.each(&parts);
        let name = &self.entry.decl.name;
        if parts.is_empty() && !self.agent.broken {
            self.out.push(
                Diagnostic::new(
                    Code("E0224"),
                    name.span,
                    format!("the parallel `{}` has no parts", name.name),
                )
                .hint("its parts are states without edges, which run side by side"),
            );
        }
        let fields = self.fields;
        let max = fields.get("max").and_then(|field| self.plain(|cx| cx.small(field, 1)));
        let several = (each.is_none() && !self.agent.broken).then_some(parts.len());
        let join = fields.get("join").and_then(|field| self.plain(|cx| cx.join_rule(field, several)));
        let budget = fields.get("budget").and_then(|field| self.plain(|cx| cx.budget(field, false)));
        Op::Parallel(ir::Parallel {
            parts: parts.iter().map(|part| Part { state: part.id }).collect(),
            each,
            max,
            join: join.unwrap_or(Join::All),
            budget,
        })
    }

    fn part(&mut self, part: &StateEntry<'_>) {
        let word = part.kind.word;
        if PART_KINDS.contains(&word) {
            return;
        }
        let message = format!("{} cannot be a part of a parallel", an(word));
        let listed = PART_KINDS.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
        let finding = Diagnostic::new(Code("E0221"), part.decl.kind.span, message).hint(format!(
            "parts are {listed}; what takes several steps is an agent of its own, and a `run` here"
        ));
        self.out.push(finding);
    }

    fn each(&mut self, parts: &[&StateEntry<'p>]) -> Option<(ir::SlotId, ir::Expr)> {
        let each = self.entry.decl.body.each()?;
        if let Some(second) = parts.get(1) {
            let message = "a parallel with `each` has one part, which runs for each element";
            self.out.push(
                Diagnostic::new(Code("E0221"), second.decl.name.span, message).also(each.span, "its `each`"),
            );
        }
        let list = self.entered(Reader::Program, |cx| cx.elements(&each.list));
        Some((self.agent.slot(Binding::Each(self.entry.id)), list))
    }
}

impl Cx<'_, '_> {
    /// The list of an `each`.
    fn elements(&mut self, list: &Expr) -> ir::Expr {
        let typed = self.present(list);
        let table = &self.tables.types;
        if !matches!(table.resolve(&typed.ty), Type::List(_) | Type::Json | Type::Unknown) {
            let message = format!("`each` goes through a list, and this is `{}`", self.show(&typed.ty));
            let finding = Diagnostic::new(Code("E0301"), list.span, message);
            let lists: Vec<String> = table
                .fields(&typed.ty)
                .unwrap_or_default()
                .iter()
                .filter(|field| matches!(table.resolve(field.ty), Type::List(_)))
                .map(|field| format!("`{}.{}`", self.tables.source(list.span), field.name))
                .collect();
            self.out.push(match lists.as_slice() {
                [] => finding,
                lists => finding.hint(format!("its lists are {}", lists.join(", "))),
            });
        }
        typed.expr
    }

    /// `all`, `any`, `quorum(n)` or `quorum(share)`; `parts` is how many there are, where that is known.
    fn join_rule(&mut self, field: &Field, parts: Option<usize>) -> Option<Join> {
        let takes = "`all`, `any`, `quorum(2)` or `quorum(0.7)`";
        let (name, args): (&Expr, &[Arg]) = match &field.value.kind {
            ExprKind::Call(name, args) => (name, args),
            _ => (&field.value, &[]),
        };
        let ExprKind::Name(word) = &name.kind else {
            self.wrong_form("join", takes, &field.value);
            return None;
        };
        match (&**word, args) {
            ("all", []) => Some(Join::All),
            ("any", []) => Some(Join::Any),
            ("quorum", [Arg { name: None, value }]) => self.quorum(value, parts),
            ("all" | "any" | "quorum", _) => {
                self.out.push(Diagnostic::new(
                    Code("E0319"),
                    field.value.span,
                    format!("`join` takes {takes}"),
                ));
                None
            }
            _ => {
                let finding = Diagnostic::new(Code("E0319"), name.span, format!("`join` knows no `{word}`"));
                self.out.push(did_you_mean(finding, word, ["all", "any", "quorum"].into_iter()));
                None
            }
        }
    }

    fn quorum(&mut self, value: &Expr, parts: Option<usize>) -> Option<Join> {
        let wrong = |message: String| Some(Diagnostic::new(Code("E0319"), value.span, message));
        let finding = match (&value.kind, number_of(value)) {
            (ExprKind::Int(count), _) => match (u32::try_from(*count), parts) {
                (Err(_) | Ok(0), _) => wrong("a quorum is at least one part".to_owned()),
                (Ok(count), Some(parts)) if count as usize > parts => {
                    wrong(format!("a quorum of {count} never comes: this parallel has {parts} parts"))
                }
                (Ok(count), _) => return Some(Join::Count(count)),
            },
            (_, Some(share)) if share > 0.0 && share <= 1.0 => return Some(Join::Share(share)),
            (_, Some(_)) => wrong("a share lies above 0 and is at most 1".to_owned()),
            _ => wrong(
                "a quorum is a number written out: so many parts, `quorum(2)`, or a share, `quorum(0.7)`"
                    .to_owned(),
            ),
        };
        self.out.extend(finding);
        None
    }
}
