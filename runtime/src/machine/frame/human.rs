//! `approve` and `wait`: what a person, a queue or a webhook answers. Both are durable, and their time is nobody's.

use agentrun_lang::ast::Name;
use agentrun_lang::eval::render;
use agentrun_lang::ir::{Approve, Expr, State, StateId, Wait};
use agentrun_lang::value::{Labeled, Labels, Record, Value, cast, validate};

use super::super::budget::Spends;
use super::super::context::{Cx, lost};
use super::super::label::type_labels;
use super::super::raise::Raised;
use super::super::{Answer, AskHuman, EffectId, EffectKind, WaitFor};
use super::{Came, Next, Place, Work};
use crate::error::{Failure, FailureKind};

/// Begins an `approve`.
pub(in super::super) fn begin_approve(
    cx: &mut Cx<'_, '_>,
    place: Place,
    id: StateId,
    op: &Approve,
    path: Name,
) -> Result<Next, Box<Raised>> {
    let question = AskHuman {
        prompt: cx.read(place, |env| render(&op.prompt, env))?.text(),
        show: shown(cx, place, &op.show)?,
        by: text(cx, place, op.by.as_ref())?,
        choices: op.choices.clone(),
        timeout: op.timeout,
        state: cx.name(place.frame, id)?,
    };
    request(cx, place, path, EffectKind::AskHuman(question))
}

/// Begins a `wait`.
pub(in super::super) fn begin_wait(
    cx: &mut Cx<'_, '_>,
    place: Place,
    state: &State,
    id: StateId,
    op: &Wait,
    path: Name,
) -> Result<Next, Box<Raised>> {
    let turn = WaitFor {
        show: shown(cx, place, &op.show)?,
        queue: text(cx, place, op.queue.as_ref())?,
        webhook: text(cx, place, op.webhook.as_ref())?,
        ty: state.ty.clone(),
        timeout: op.timeout,
        state: cx.name(place.frame, id)?,
    };
    request(cx, place, path, EffectKind::Wait(turn))
}

/// The decision.
pub(in super::super) fn resume_approve(
    cx: &mut Cx<'_, '_>,
    place: Place,
    state: &State,
    op: &Approve,
    result: Result<Answer, Failure>,
) -> Came {
    let value = answer(cx, place, result)?;
    let decided = match decision(&value, op) {
        Ok(decided) => decided,
        Err(message) => return Err(cx.fail(place, Failure::new(FailureKind::Invalid, message))),
    };
    typed(cx, place, state, &decided)
}

/// The turn.
pub(in super::super) fn resume_wait(
    cx: &mut Cx<'_, '_>,
    place: Place,
    state: &State,
    result: Result<Answer, Failure>,
) -> Came {
    let value = answer(cx, place, result)?;
    typed(cx, place, state, &value)
}

fn request(cx: &mut Cx<'_, '_>, place: Place, path: Name, kind: EffectKind) -> Result<Next, Box<Raised>> {
    let effect = EffectId(path);
    cx.request(place.owner(), effect.clone(), Spends::Nothing, kind)?;
    cx.visit_mut(place)?.work = Work::Effect(effect);
    Ok(Next::Open)
}

fn answer(cx: &mut Cx<'_, '_>, place: Place, result: Result<Answer, Failure>) -> Result<Value, Box<Raised>> {
    cx.take_work(place)?;
    match result {
        Ok(Answer::Human(value)) => Ok(value),
        Ok(_) => Err(lost("a person's answer")),
        Err(failure) => Err(cx.fail(place, failure)),
    }
}

fn typed(cx: &mut Cx<'_, '_>, place: Place, state: &State, given: &Value) -> Came {
    let types = &cx.program.types;
    if let Some(value) = cast(given, &state.ty, types) {
        return Ok(Labeled::new(value, Labels::USER.union(type_labels(&state.ty, types))));
    }
    let wrong = validate(given, &state.ty, types);
    let lines: Vec<String> = wrong.iter().map(|violation| format!("\n- {violation}")).collect();
    let message = format!("the answer is not `{}`{}", state.ty.display(types), lines.concat());
    Err(cx.fail(place, Failure::new(FailureKind::Invalid, message)))
}

/// A decision in its full shape. Only a written yes approves; a choice is no yes.
fn decision(value: &Value, op: &Approve) -> Result<Value, String> {
    let Value::Record(given) = value else {
        return Err(format!("a decision is a record with `approved`, found `{}`", value.kind_word()));
    };
    let choice = given.get("choice").and_then(Value::as_str);
    let words = || op.choices.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match choice {
        Some(choice) if !op.choices.iter().any(|word| **word == *choice) => {
            return Err(if op.choices.is_empty() {
                format!("there is nothing to choose here, found `{choice}`")
            } else {
                format!("`{choice}` is not among the choices {}", words())
            });
        }
        None if !op.choices.is_empty() => return Err(format!("a choice is missing: {}", words())),
        _ => {}
    }
    if op.choices.is_empty() && !given.contains_key("approved") {
        return Err("a decision says `approved: true` or `approved: false`".to_owned());
    }
    let mut decided: Record = (**given).clone();
    decided.retain(|_, field| !field.is_null());
    decided.entry("approved".into()).or_insert(Value::Bool(false));
    decided.entry("by".into()).or_insert_with(|| Value::text("unknown"));
    Ok(Value::Record(decided.into()))
}

fn shown(
    cx: &mut Cx<'_, '_>,
    place: Place,
    show: &[(Name, Expr)],
) -> Result<Vec<(Name, Labeled)>, Box<Raised>> {
    show.iter().map(|(label, expr)| Ok((label.clone(), cx.eval(place, expr)?))).collect()
}

fn text(cx: &mut Cx<'_, '_>, place: Place, expr: Option<&Expr>) -> Result<Option<String>, Box<Raised>> {
    let Some(expr) = expr else { return Ok(None) };
    let value = cx.eval(place, expr)?.value;
    Ok(if value.is_null() { None } else { Some(value.to_string()) })
}
