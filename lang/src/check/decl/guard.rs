//! Guardrails: detectors and what happens when one finds something.

use crate::ast::{Expr, ExprKind, Field, Name};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, GuardAction, GuardId, GuardOn};
use crate::kinds::GUARD;
use crate::resolve::Def;
use crate::suggest::did_you_mean;
use crate::value::{Type, Value};

use super::super::cx::{Cx, Place};
use super::super::fields;
use super::super::tables::{Sort, Tables};
use super::owner;

const DETECTORS: &[&str] = &["injection", "pii", "secrets", "topics", "judge", "http"];
const ACTIONS: &[&str] = &["block", "redact", "warn", "reroute"];

/// What stands in a redacted place where nothing is written; the kinds table says the same.
const REPLACE: &str = "[REDACTED]";

/// One guardrail.
pub(in super::super) fn guard(tables: &Tables<'_>, id: GuardId, out: &mut Diagnostics) -> Option<ir::Guard> {
    let declared = tables.names.guards.get(id.index())?;
    let decl = declared.decl;
    let fields = fields::read(owner(&GUARD, &decl.name), &decl.body, &tables.broken, out);
    let mut cx = Cx::new(tables, declared.module, Place::Config, out);
    let on = fields.get("on").and_then(|field| cx.word(&GUARD, field)).map(|word| match word {
        "input" => GuardOn::Input,
        "output" => GuardOn::Output,
        _ => GuardOn::Tool,
    });
    let detectors = fields.get("use").map(|field| cx.detectors(field)).unwrap_or_default();
    let action = match fields.get("action") {
        Some(field) => cx.action(field),
        None => Some(GuardAction::Block),
    };
    let replace = fields.get("replace").map(|field| cx.replace(field));
    let reversible = fields.get("reversible").and_then(|field| cx.flag(field)).unwrap_or_default();
    if action.is_some_and(|action| action != GuardAction::Redact) {
        for key in ["replace", "reversible"] {
            let Some(field) = fields.get(key) else { continue };
            cx.out.push(
                Diagnostic::new(
                    Code("W1301"),
                    field.span,
                    format!("`{key}` does nothing here: this guard redacts nothing"),
                )
                .hint("write `action: redact`, or remove it"),
            );
        }
    }
    let default = ir::Expr { kind: ir::ExprKind::Const(Value::text(REPLACE)), span: decl.name.span };
    Some(ir::Guard {
        name: decl.name.name.clone(),
        doc: decl.docs.text(),
        span: decl.name.span,
        on: on?,
        detectors,
        action: action?,
        replace: replace.unwrap_or(default),
        reversible,
    })
}

impl Cx<'_, '_> {
    fn detectors(&mut self, field: &Field) -> Vec<(Name, Vec<Value>)> {
        let items = self.items("use", &field.value, "detectors");
        if matches!(&field.value.kind, ExprKind::List(written) if written.is_empty()) {
            self.out.push(Diagnostic::new(
                Code("E0504"),
                field.value.span,
                "a guard without a detector finds nothing",
            ));
        }
        items.iter().filter_map(|item| self.detector(item)).collect()
    }

    fn detector(&mut self, item: &Expr) -> Option<(Name, Vec<Value>)> {
        let (name, args) = match &item.kind {
            ExprKind::Call(name, args) => (&**name, args.as_slice()),
            ExprKind::Bad => return None,
            _ => (item, [].as_slice()),
        };
        let ExprKind::Name(word) = &name.kind else {
            self.wrong_form("use", "detectors: `[injection, pii]`", item);
            return None;
        };
        let wrong = |message: &str| Diagnostic::new(Code("E0504"), item.span, message);
        let called = matches!(item.kind, ExprKind::Call(..));
        let values = match (&**word, args) {
            ("injection" | "pii" | "secrets", []) if !called => Vec::new(),
            ("injection" | "pii" | "secrets", _) => {
                self.out.push(wrong(&format!("the detector `{word}` takes no arguments")).write(&**word));
                return None;
            }
            ("topics", [arg]) if arg.name.is_none() => {
                let topics = self.items("topics", &arg.value, "texts");
                let mut texts = Vec::with_capacity(topics.len());
                for topic in topics {
                    texts.push(Value::text(self.literal_text(topic, "a topic")?));
                }
                vec![Value::list(texts)]
            }
            ("judge", args) if called => {
                let judge = self.judge(args, item.span)?;
                vec![Value::text(judge.pool), Value::text(judge.rubric)]
            }
            ("http", [arg]) if arg.name.is_none() => {
                vec![Value::text(self.literal_text(&arg.value, "the address of `http`")?)]
            }
            ("topics", _) => {
                self.out.push(wrong("`topics` takes a list: `topics([\"politics\"])`"));
                return None;
            }
            ("judge", _) => {
                self.out.push(wrong("`judge` takes a pool and a rubric: `judge(fast, \"is it polite?\")`"));
                return None;
            }
            ("http", _) => {
                self.out.push(wrong("`http` takes an address: `http(\"https://guard.internal\")`"));
                return None;
            }
            _ => {
                let finding =
                    Diagnostic::new(Code("E0504"), name.span, format!("no detector is named `{word}`"));
                self.out.push(did_you_mean(finding, word, DETECTORS.iter().copied()));
                return None;
            }
        };
        Some((word.clone(), values))
    }

    fn action(&mut self, field: &Field) -> Option<GuardAction> {
        let (name, args) = match &field.value.kind {
            ExprKind::Call(name, args) => (&**name, args.as_slice()),
            _ => (&field.value, [].as_slice()),
        };
        let ExprKind::Name(word) = &name.kind else {
            self.wrong_form("action", "`block`, `redact`, `warn` or `reroute(pool)`", &field.value);
            return None;
        };
        match (&**word, args) {
            ("block", []) => Some(GuardAction::Block),
            ("redact", []) => Some(GuardAction::Redact),
            ("warn", []) => Some(GuardAction::Warn),
            ("reroute", [arg]) if arg.name.is_none() => {
                match self.declared("reroute", &arg.value, Sort::Pool) {
                    Some((Def::Model(id), _)) => Some(GuardAction::Reroute(id)),
                    _ => None,
                }
            }
            ("reroute", _) => {
                let message = "`reroute` names the pool that is asked instead: `reroute(careful)`";
                self.out.push(Diagnostic::new(Code("E0504"), field.value.span, message));
                None
            }
            ("block" | "redact" | "warn", _) => {
                self.out.push(Diagnostic::new(
                    Code("E0504"),
                    field.value.span,
                    format!("`{word}` takes no arguments"),
                ));
                None
            }
            _ => {
                let finding =
                    Diagnostic::new(Code("E0504"), name.span, format!("no action is named `{word}`"));
                self.out.push(did_you_mean(finding, word, ACTIONS.iter().copied()));
                None
            }
        }
    }

    /// One text for all, or a record of texts by what was found.
    fn replace(&mut self, field: &Field) -> ir::Expr {
        match &field.value.kind {
            ExprKind::Object(_) => self.expect(&field.value, &Type::Map(Type::String.into())),
            _ => self.expect(&field.value, &Type::String),
        }
    }
}
