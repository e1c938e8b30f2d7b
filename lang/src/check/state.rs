//! One state: its fields checked and made into what it does.

use crate::ast::{ExprKind, Field, Name};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::graph::Facts;
use crate::ir::{self, GuardId, Op};
use crate::resolve::{Def, StateEntry};
use crate::value::Type;

use super::agent::AgentCx;
use super::args::Callee;
use super::cx::{At, Cx, Place, Reader};
use super::fields::{self, Fields, Owner};
use super::tables::Sort;

/// A state while it is checked.
pub(super) struct StateCx<'p, 'd> {
    pub(super) agent: &'p AgentCx<'p>,
    pub(super) entry: &'p StateEntry<'p>,
    pub(super) fields: &'p Fields<'p>,
    pub(super) ty: &'p Type,
    pub(super) out: &'d mut Diagnostics,
}

/// The whole state; `None` where it was reported and cannot run.
pub(super) fn state(
    agent: &AgentCx<'_>,
    entry: &StateEntry<'_>,
    guards: &[GuardId],
    out: &mut Diagnostics,
) -> Option<ir::State> {
    let decl = entry.decl;
    let owner = Owner { kind: entry.kind, name: &decl.name.name, span: decl.name.span, part: entry.part };
    let fields = fields::read(owner, &decl.body, &agent.tables.broken, out);
    let ty = agent.state_type(entry.id);
    let mut cx = StateCx { agent, entry, fields: &fields, ty: &ty, out };
    let op = cx.op();
    let mut all = guards.to_vec();
    if let Some(field) = fields.get("guards") {
        let own = cx.plain(|cx| cx.guard_list(field));
        all.extend(own.into_iter().filter(|id| !guards.contains(id)));
    }
    let (edges, on) =
        if entry.part { (Vec::new(), Vec::new()) } else { super::edges::of_state(agent, entry, &ty, out) };
    Some(ir::State {
        name: decl.name.name.clone(),
        kind: entry.kind.word.into(),
        doc: decl.docs.text(),
        span: decl.name.span,
        slot: agent.slot(crate::resolve::Binding::State(entry.id)),
        ty,
        parent: entry.parent,
        op: op?,
        edges,
        on,
        guards: all,
    })
}

impl StateCx<'_, '_> {
    fn op(&mut self) -> Option<Op> {
        match self.entry.kind.word {
            "ask" => self.ask(),
            "plan" => self.plan(),
            "call" => self.call(),
            "loop" => self.round(),
            "branch" => Some(Op::Branch),
            "parallel" => Some(self.parallel()),
            "run" => self.run(),
            "approve" => self.approve(),
            "wait" => Some(self.wait()),
            "recall" => self.recall(),
            "remember" => self.remember(),
            "forget" => self.forget(),
            "open" => self.open(),
            _ => self.value(),
        }
    }

    /// An expression's context where no name of the agent is read.
    pub(super) fn plain<T>(&mut self, then: impl FnOnce(&mut Cx<'_, '_>) -> T) -> T {
        then(&mut Cx::new(self.agent.tables, self.agent.module, Place::Constant, self.out))
    }

    /// The context of a field that is read when the state is entered.
    pub(super) fn entered<T>(&mut self, reader: Reader, then: impl FnOnce(&mut Cx<'_, '_>) -> T) -> T {
        let facts = self.agent.flow.as_ref().map(|flow| flow.entering(self.entry.id));
        self.at(facts.as_ref(), reader, None, then)
    }

    /// The context of a condition on the answer: `.f` is the answer's, and the state's own name is the answer.
    pub(super) fn answered<T>(&mut self, then: impl FnOnce(&mut Cx<'_, '_>) -> T) -> T {
        let facts = self.agent.flow.as_ref().map(|flow| flow.entering(self.entry.id));
        self.at(facts.as_ref(), Reader::Judge, Some(self.ty), then)
    }

    /// The context of what is read when a round is over.
    fn round_over<T>(&mut self, then: impl FnOnce(&mut Cx<'_, '_>) -> T) -> T {
        let facts = self.agent.flow.as_ref().map(|flow| flow.round_over(self.entry.id));
        self.at(facts.as_ref(), Reader::Program, Some(self.ty), then)
    }

    fn at<T>(
        &mut self,
        facts: Option<&Facts<'_, '_>>,
        reader: Reader,
        own: Option<&Type>,
        then: impl FnOnce(&mut Cx<'_, '_>) -> T,
    ) -> T {
        let at = At { state: Some(self.entry.id), own, facts, reader };
        then(&mut Cx::new(self.agent.tables, self.agent.module, Place::Agent(self.agent, at), self.out))
    }

    fn call(&mut self) -> Option<Op> {
        let tables = self.agent.tables;
        let found = self.fields.value("tool").and_then(|value| {
            self.entered(Reader::Program, |cx| {
                let (def, name, args) = cx.called(value, Sort::Tool, "tool")?;
                let Def::Tool(id) = def else {
                    cx.read_arguments(args);
                    return None;
                };
                let signature = tables.tools.get(id.index())?;
                Some((id, cx.arguments(Callee { name: &name.name, signature }, args, value.span)))
            })
        });
        let timeout = self.fields.get("timeout").and_then(|field| self.plain(|cx| cx.millis(field)));
        let retry = self.fields.get("retry").and_then(|field| self.plain(|cx| cx.small(field, 0)));
        let (tool, args) = found?;
        Some(Op::Call(ir::Call { tool, args, timeout, retry: retry.unwrap_or_default() }))
    }

    fn run(&mut self) -> Option<Op> {
        let tables = self.agent.tables;
        let found = self.fields.value("agent").and_then(|value| {
            self.entered(Reader::Program, |cx| {
                let (def, name, args) = cx.called(value, Sort::Agent, "agent")?;
                let Def::Agent(id) = def else {
                    cx.read_arguments(args);
                    return None;
                };
                let signature = tables.agents.get(id.index())?;
                Some((id, cx.arguments(Callee { name: &name.name, signature }, args, value.span)))
            })
        });
        let budget = self.fields.get("budget").and_then(|field| self.plain(|cx| cx.budget(field, false)));
        let (agent, args) = found?;
        Some(Op::Run(ir::RunAgent { agent, args, budget }))
    }

    fn round(&mut self) -> Option<Op> {
        let fields = self.fields;
        let until = fields.value("until").map(|until| self.round_over(|cx| cx.condition(until)));
        let max = fields.get("max").and_then(|field| self.plain(|cx| cx.whole(field, 1)));
        let budget = fields.get("budget").and_then(|field| self.plain(|cx| cx.budget(field, false)));
        let stall = fields.get("stall").and_then(|field| self.round_over(|cx| cx.stall(field)));
        let fresh = fields.get("fresh").and_then(|field| self.plain(|cx| cx.flag(field))).unwrap_or_default();
        let carry = fields.get("carry").map(|field| self.plain(|cx| cx.declared_list(field, Sort::Memory)));
        let carry = carry.unwrap_or_default().into_iter();
        let first = self.agent.scope.children(Some(self.entry.id)).next();
        if first.is_none() && !self.agent.broken {
            let name = &self.entry.decl.name;
            self.out.push(
                Diagnostic::new(Code("E0224"), name.span, format!("the loop `{}` has no states", name.name))
                    .hint("a round begins at its first state, and `-> next` ends it"),
            );
        }
        Some(Op::Loop(ir::Loop {
            first: first?.id,
            until,
            max,
            budget,
            stall,
            fresh,
            carry: carry
                .filter_map(|(def, _)| if let Def::Memory(id) = def { Some(id) } else { None })
                .collect(),
        }))
    }

    fn approve(&mut self) -> Option<Op> {
        let fields = self.fields;
        let prompt =
            fields.value("prompt").map(|text| self.entered(Reader::Program, |cx| cx.text_field(text)));
        let show = self.show();
        let by =
            fields.value("by").map(|text| self.entered(Reader::Program, |cx| cx.expect(text, &Type::String)));
        let timeout = fields.get("timeout").and_then(|field| self.plain(|cx| cx.millis(field)));
        let choices =
            fields.get("choices").map(|field| self.plain(|cx| cx.choices(field))).unwrap_or_default();
        Some(Op::Approve(ir::Approve { prompt: prompt?, show, by, timeout, choices }))
    }

    fn wait(&mut self) -> Op {
        let fields = self.fields;
        let show = self.show();
        let queue = fields
            .value("queue")
            .map(|text| self.entered(Reader::Program, |cx| cx.expect(text, &Type::String)));
        let webhook = fields
            .value("webhook")
            .map(|text| self.entered(Reader::Program, |cx| cx.expect(text, &Type::String)));
        if let (Some(queue), Some(webhook)) = (fields.get("queue"), fields.get("webhook")) {
            let message = "a `wait` waits for a `queue` or for a `webhook`, not for both";
            self.out.push(
                Diagnostic::new(Code("E0213"), webhook.span, message).also(queue.span, "the other one"),
            );
        }
        let timeout = fields.get("timeout").and_then(|field| self.plain(|cx| cx.millis(field)));
        Op::Wait(ir::Wait { show, queue, webhook, timeout })
    }

    /// What a person sees: each value under the text it is written as.
    fn show(&mut self) -> Vec<(Name, ir::Expr)> {
        let Some(field) = self.fields.get("show") else { return Vec::new() };
        let items = match &field.value.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&field.value),
        };
        let mut shown = Vec::with_capacity(items.len());
        for item in items {
            let label: Name = self.agent.tables.source(item.span).into();
            shown.push((label, self.entered(Reader::Program, |cx| cx.infer(item, None)).expr));
        }
        shown
    }

    fn value(&mut self) -> Option<Op> {
        let value = self.fields.value("value")?;
        let name = &self.entry.decl.name;
        let before = self.out.len();
        let op = Op::Let(self.entered(Reader::Program, |cx| cx.infer(value, None)).expr);
        // a name that means nothing leaves the type unknown as well
        let wrong = self.out.iter().skip(before).any(|finding| finding.severity == Severity::Error);
        if !wrong && self.agent.hangs(self.entry.id) {
            let message = format!("the type of `{}` hangs on itself", name.name);
            self.out.push(
                Diagnostic::new(Code("E0318"), name.span, message).hint(
                    "what grows from visit to visit is a `var`, written by an edge: `-> x set n = n + 1`",
                ),
            );
        }
        Some(op)
    }
}

impl Cx<'_, '_> {
    /// `{ of: e, rounds: n }`.
    fn stall(&mut self, field: &Field) -> Option<ir::Stall> {
        let takes = "`{ of: e, rounds: n }`: what must get smaller, and after how many rounds without";
        let ExprKind::Object(pairs) = &field.value.kind else {
            self.wrong_form("stall", takes, &field.value);
            return None;
        };
        self.no_key_twice(pairs);
        let (mut of, mut rounds) = (None, None);
        for pair in pairs {
            match (&*pair.key.name, &pair.value.kind) {
                ("of", _) => of = Some(self.shrinking(&pair.value)),
                ("rounds", ExprKind::Int(count)) if *count > 0 => rounds = u32::try_from(*count).ok(),
                ("rounds", _) => self.wrong_form("rounds", "a whole number from 1 on", &pair.value),
                (other, _) => {
                    let message = format!("a `stall` has no `{other}`");
                    self.out.push(
                        Diagnostic::new(Code("E0210"), pair.key.span, message)
                            .hint(format!("it takes {takes}")),
                    );
                }
            }
        }
        let has = |key: &str| pairs.iter().any(|pair| &*pair.key.name == key);
        if pairs.iter().all(|pair| matches!(&*pair.key.name, "of" | "rounds"))
            && !(has("of") && has("rounds"))
        {
            let missing = if has("of") { "rounds" } else { "of" };
            let message = format!("a `stall` needs `{missing}`");
            self.out.push(
                Diagnostic::new(Code("E0212"), field.value.span, message).hint(format!("it takes {takes}")),
            );
        }
        Some(ir::Stall { of: of?, rounds: rounds? })
    }

    fn shrinking(&mut self, expr: &crate::ast::Expr) -> ir::Expr {
        let typed = self.present(expr);
        let sized = matches!(
            self.tables.types.resolve(&typed.ty),
            Type::Int | Type::Float | Type::Money | Type::Duration | Type::Unknown
        );
        if !sized {
            let message =
                format!("progress is a number that gets smaller, and this is `{}`", self.show(&typed.ty));
            let finding = Diagnostic::new(Code("E0301"), expr.span, message);
            let source = self.tables.source(expr.span);
            self.out.push(match self.tables.types.resolve(&typed.ty) {
                Type::List(_) => finding.write(format!("len({source})")),
                _ => finding,
            });
        }
        typed.expr
    }

    /// `[ship, hold]`.
    fn choices(&mut self, field: &Field) -> Vec<Name> {
        let items = self.items("choices", &field.value, "words");
        let mut words: Vec<Name> = Vec::with_capacity(items.len());
        for item in items {
            let Some(word) = self.bare("choices", "bare words such as `[ship, hold]`", item) else {
                continue;
            };
            if words.contains(&word.name) {
                self.out.push(super::forms::twice("choices", &word));
            } else {
                words.push(word.name);
            }
        }
        if items.len() == 1 {
            let message = "one choice is none";
            self.out.push(
                Diagnostic::new(Code("E0319"), field.value.span, message)
                    .hint("without `choices` a person says yes or no, read as `.approved`"),
            );
        }
        words
    }
}
