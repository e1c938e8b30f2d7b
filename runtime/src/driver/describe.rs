//! An effect in words, for records and screens, and its fingerprint, by which a replay knows it again.

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{EffectClass, Program};
use agentrun_lang::value::{Labeled, Labels, Value, to_json};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::event::HUMAN;
use crate::journal::EntryKind;
use crate::machine::{CallModel, Effect, EffectKind, Output};

/// The entry that says that an effect is about to start.
pub(super) fn requested(effect: &Effect, program: &Program) -> EntryKind {
    let (kind, what) = describe(&effect.kind, program);
    EntryKind::Requested {
        effect: effect.id.clone(),
        kind: kind.into(),
        what,
        arguments: arguments(&effect.kind, program),
        request: fingerprint(&effect.kind, program),
    }
}

/// Whether an effect changes the world.
pub(super) fn writes(kind: &EffectKind, program: &Program) -> bool {
    let EffectKind::CallTool(call) = kind else { return false };
    program.tool(call.tool).is_none_or(|tool| tool.effect != EffectClass::Read)
}

/// An effect's kind and what it is about.
pub(super) fn describe(kind: &EffectKind, program: &Program) -> (&'static str, String) {
    match kind {
        EffectKind::CallModel(call) => {
            ("model", program.model(call.pool).map_or_else(String::new, |model| model.name.to_string()))
        }
        EffectKind::CallTool(call) => {
            ("tool", program.tool(call.tool).map_or_else(String::new, |tool| tool.name.to_string()))
        }
        EffectKind::AskHuman(ask) => (HUMAN, ask.prompt.clone()),
        EffectKind::Wait(wait) => ("wait", wait.queue.clone().unwrap_or_default()),
    }
}

/// What a tool is given, by parameter, or a person is shown, by label. What is secret is for them alone.
pub(super) fn arguments(kind: &EffectKind, program: &Program) -> Option<serde_json::Value> {
    let shown = |argument: &Labeled| {
        if argument.labels.has(Labels::SECRET) { "(secret)".into() } else { to_json(&argument.value) }
    };
    let show = match kind {
        EffectKind::CallTool(call) => {
            let given = program.tool(call.tool)?.params.iter().zip(&call.args);
            return Some(given.map(|(param, given)| (param.name.to_string(), shown(given))).collect());
        }
        EffectKind::AskHuman(ask) => &ask.show,
        EffectKind::Wait(wait) => &wait.show,
        EffectKind::CallModel(_) => return None,
    };
    (!show.is_empty()).then(|| show.iter().map(|(label, value)| (label.to_string(), shown(value))).collect())
}

/// SHA-256 over everything that is asked, in hexadecimal. A secret is left out: a short one could be guessed.
fn fingerprint(kind: &EffectKind, program: &Program) -> String {
    let mut digest = Print(Sha256::new());
    match kind {
        EffectKind::CallModel(call) => digest.model(call, program),
        EffectKind::CallTool(call) => {
            for arg in &call.args {
                digest.labeled(arg);
            }
            digest.add(&(call.timeout, call.retry, &call.once));
        }
        EffectKind::AskHuman(ask) => {
            // How long there is to answer is not what is asked.
            digest.add(&(&ask.prompt, &ask.by, &ask.choices));
            digest.shown(&ask.show);
        }
        EffectKind::Wait(wait) => {
            digest.add(&(&wait.queue, &wait.webhook, &wait.ty));
            digest.shown(&wait.show);
        }
    }
    digest.hex()
}

/// A digest of parts, each as JSON.
struct Print(Sha256);

impl Print {
    fn add(&mut self, part: &impl Serialize) {
        // What cannot be said as JSON (there is nothing of the kind here) is the same each time.
        self.0.update(serde_json::to_vec(part).unwrap_or_default());
        self.0.update([0]);
    }

    fn labeled(&mut self, value: &Labeled) {
        let known: &Value = if value.labels.has(Labels::SECRET) { &Value::Null } else { &value.value };
        self.add(known);
    }

    fn shown(&mut self, show: &[(Name, Labeled)]) {
        for (label, value) in show {
            self.add(label);
            self.labeled(value);
        }
    }

    fn model(&mut self, call: &CallModel, program: &Program) {
        self.add(&call.messages);
        self.add(&call.tools);
        match &call.output {
            Output::Text => self.add(&"text"),
            Output::Typed(ty) => self.add(ty),
        }
        self.add(&(call.repair, call.temperature, call.max_tokens, &call.task, call.cache));
        if let Some(checks) = &call.checks {
            for check in &checks.exprs {
                self.add(&program.sources.slice(check.span));
            }
        }
        for guard in &call.guards {
            self.add(&program.guards.get(guard.0 as usize).map(|guard| &guard.name));
        }
    }

    fn hex(self) -> String {
        format!("{:x}", self.0.finalize())
    }
}
