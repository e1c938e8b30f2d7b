//! Guardrails around a call: what reads the prompt before it goes out, and the answer before anyone sees it. The
//! detectors come later; a guardrail that a state names and that is not here stops the call.

use std::collections::HashMap;
use std::sync::Arc;

use agentrun_lang::ir::{GuardId, GuardOn, Program};
use agentrun_lang::value::{Value, validate};
use futures_util::future::BoxFuture;

use super::error::CallError;
use super::request::CallRequest;
use super::screen::{FilterMaker, Screen};
use crate::chat::{Message, Part};
use crate::machine::{ModelAnswer, Output};

/// Reads texts on one side of a call.
pub trait Guardrail: Send + Sync {
    /// Its name in the program.
    fn name(&self) -> &str;
    /// Which side it reads.
    fn side(&self) -> GuardOn;
    /// What it says of one text.
    fn check<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Verdict>;
    /// What it does to a growing answer; without one, nothing is shown before the whole answer is checked.
    fn filter(&self) -> Option<FilterMaker> {
        None
    }
}

/// What a guardrail says of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Pass,
    /// It passes, and this is written down.
    Warn(String),
    /// This stands in its place.
    Redact(String),
    /// The call ends, and why.
    Block(String),
}

/// The guardrails of a program, by [`GuardId`].
#[derive(Clone, Default)]
pub struct Chain {
    guards: Vec<Option<Arc<dyn Guardrail>>>,
}

impl Chain {
    /// Those that are there; `None` where a guardrail cannot run.
    pub fn new(guards: Vec<Option<Arc<dyn Guardrail>>>) -> Self {
        Self { guards }
    }

    /// Reads the prompt, and puts the answer's readers between provider and screen.
    pub async fn check_input(&self, mut request: CallRequest) -> Result<CallRequest, CallError> {
        let guards = self.named_by(&request)?;
        for guard in guards.iter().filter(|guard| guard.side() == GuardOn::Input) {
            for message in &mut request.call.messages {
                check_message(&**guard, message, &request.screen).await?;
            }
        }
        let makers: Option<Vec<FilterMaker>> = outputs(&guards).map(|guard| guard.filter()).collect();
        request.screen = match makers {
            Some(makers) => request.screen.behind(makers),
            None => request.screen.held(),
        };
        Ok(request)
    }

    /// Reads the answer, and shows what was held back of it.
    pub async fn check_output(
        &self,
        mut reply: ModelAnswer,
        request: &CallRequest,
    ) -> Result<ModelAnswer, CallError> {
        let guards = self.named_by(request)?;
        for guard in outputs(&guards) {
            if let Err(error) = check_reply(&**guard, &mut reply, request).await {
                request.screen.retract(reply.attempts, &error.to_string());
                return Err(error);
            }
        }
        if request.wants_text_shown() && reply.value.is_some() {
            request.screen.whole(reply.attempts, &reply.text);
        }
        Ok(reply)
    }

    fn named_by(&self, request: &CallRequest) -> Result<Vec<Arc<dyn Guardrail>>, CallError> {
        request.call.guards.iter().map(|id| self.get(*id, &request.program)).collect()
    }

    fn get(&self, id: GuardId, program: &Program) -> Result<Arc<dyn Guardrail>, CallError> {
        let found = self.guards.get(id.index()).cloned().flatten();
        found.ok_or_else(|| CallError::Blocked {
            guard: program.guard(id).map_or_else(|| format!("#{}", id.0).into(), |guard| guard.name.clone()),
            side: "prompt",
            reason: "it cannot run here, and a guardrail is never passed over".to_string(),
        })
    }
}

fn outputs(guards: &[Arc<dyn Guardrail>]) -> impl Iterator<Item = &Arc<dyn Guardrail>> {
    guards.iter().filter(|guard| guard.side() == GuardOn::Output)
}

async fn check_message(
    guard: &dyn Guardrail,
    message: &mut Message,
    screen: &Screen,
) -> Result<(), CallError> {
    for part in &mut message.parts {
        let text = match part {
            Part::Text(text) => text,
            Part::ToolResult(result) => &mut result.content,
            Part::Media(_) | Part::ToolCall(_) => continue,
        };
        if let Some(other) = judge(guard, text, "prompt", screen).await? {
            *text = other;
        }
    }
    Ok(())
}

/// Every string of the answer is read, of a typed one each string in it.
async fn check_reply(
    guard: &dyn Guardrail,
    reply: &mut ModelAnswer,
    request: &CallRequest,
) -> Result<(), CallError> {
    let Some(value) = &reply.value else { return Ok(()) };
    let mut replaced = HashMap::new();
    for text in strings(value) {
        if let Some(other) = judge(guard, &text, "answer", &request.screen).await? {
            replaced.insert(text, other);
        }
    }
    if replaced.is_empty() {
        return Ok(());
    }
    let value = with_strings(value, &replaced);
    if let Output::Typed(ty) = &request.call.output {
        let violations = validate(&value, ty, &request.program.types);
        if !violations.is_empty() {
            let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
            let reason = format!("with it cut out the answer does not fit its type: {}", lines.join("; "));
            return Err(CallError::Blocked { guard: guard.name().into(), side: "answer", reason });
        }
    }
    if let Value::String(text) = &value {
        reply.text = text.clone();
    }
    reply.value = Some(value);
    Ok(())
}

/// What a guardrail puts in a text's place, if anything.
async fn judge(
    guard: &dyn Guardrail,
    text: &str,
    side: &'static str,
    screen: &Screen,
) -> Result<Option<Arc<str>>, CallError> {
    match guard.check(text).await {
        Verdict::Pass => Ok(None),
        Verdict::Warn(why) => {
            screen.warn(&format!("guardrail `{}` on the {side}: {why}", guard.name()));
            Ok(None)
        }
        Verdict::Redact(other) => Ok(Some(other.into())),
        Verdict::Block(reason) => Err(CallError::Blocked { guard: guard.name().into(), side, reason }),
    }
}

fn strings(value: &Value) -> Vec<Arc<str>> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::List(items) => items.iter().flat_map(strings).collect(),
        Value::Record(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

fn with_strings(value: &Value, replaced: &HashMap<Arc<str>, Arc<str>>) -> Value {
    match value {
        Value::String(text) => Value::String(replaced.get(text).unwrap_or(text).clone()),
        Value::List(items) => Value::list(items.iter().map(|item| with_strings(item, replaced))),
        Value::Record(fields) => {
            Value::record(fields.iter().map(|(name, field)| (name.clone(), with_strings(field, replaced))))
        }
        other => other.clone(),
    }
}
