//! `ask`: one typed model call.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Ask, State, StateId};
use agentrun_lang::value::{Labeled, Labels};

use super::super::budget::Spends;
use super::super::context::{Cx, lost, moment};
use super::super::label::answer_labels;
use super::super::prompt::{Conversation, conversation, output};
use super::super::raise::Raised;
use super::super::{Answer, CallModel, Checks, EffectId, EffectKind, Output};
use super::{Came, Next, Place, Work};
use crate::chat::Part;
use crate::error::{Failure, FailureKind};

/// What an `ask` keeps until its answer is there.
#[derive(Debug)]
pub(in super::super) struct Asked {
    /// The effect.
    pub(in super::super) effect: EffectId,
    /// Labels of all that the model reads.
    labels: Labels,
    /// The question, for the chats that it is added to; empty where there are none.
    question: Vec<Part>,
}

/// Begins an `ask`.
pub(in super::super) fn begin(
    cx: &mut Cx<'_, '_>,
    place: Place,
    state: &State,
    id: StateId,
    op: &Ask,
    path: Name,
) -> Result<Next, Box<Raised>> {
    let Conversation { messages, labels } = conversation(cx, place, op, None)?;
    let question = match messages.last() {
        Some(question) if !op.context.is_empty() => question.parts.clone(),
        _ => Vec::new(),
    };
    let effect = EffectId(path);
    let call = CallModel { messages, labels, ..call(cx, place, state, id, op)? };
    cx.request(place.owner(), effect.clone(), Spends::All, EffectKind::CallModel(Box::new(call)))?;
    cx.visit_mut(place)?.work = if question.is_empty() && labels == Labels::NONE {
        Work::Effect(effect)
    } else {
        Work::Ask(Box::new(Asked { effect, labels, question }))
    };
    Ok(Next::Open)
}

/// The model's outcome.
pub(in super::super) fn resume(
    cx: &mut Cx<'_, '_>,
    place: Place,
    state: &State,
    op: &Ask,
    result: Result<Answer, Failure>,
) -> Came {
    let (read, question) = match cx.take_work(place)? {
        Work::Ask(asked) => (asked.labels, asked.question),
        _ => (Labels::NONE, Vec::new()),
    };
    let answer = match result {
        Ok(Answer::Model(answer)) => answer,
        Ok(_) => return Err(lost("a model's answer")),
        Err(failure) => return Err(cx.fail(place, failure)),
    };
    let Some(value) = answer.value else {
        let message = "the model asked for tools, and an `ask` has none";
        return Err(cx.fail(place, Failure::new(FailureKind::Invalid, message)));
    };
    let labels = answer_labels(read, &state.ty, &cx.program.types);
    if !question.is_empty() {
        cx.run.chats.append(&op.context, &question, &value.to_string(), labels.union(read));
    }
    Ok(Labeled::new(value, labels))
}

/// The parts of a model call that do not depend on the conversation.
pub(super) fn call(
    cx: &mut Cx<'_, '_>,
    place: Place,
    state: &State,
    id: StateId,
    op: &Ask,
) -> Result<CallModel, Box<Raised>> {
    let output = output(&state.ty, &cx.program.types);
    Ok(CallModel {
        pool: op.model,
        messages: Vec::new(),
        labels: Labels::NONE,
        tools: Vec::new(),
        stream: op.stream && output == Output::Text,
        output,
        repair: op.repair,
        checks: checks(cx, place, op)?,
        temperature: op.temperature,
        max_tokens: op.max_tokens,
        task: op.task.clone(),
        cache: op.cache,
        guards: state.guards.clone(),
        state: cx.name(place.frame, id)?,
        context: op.context.clone(),
    })
}

fn checks(cx: &mut Cx<'_, '_>, place: Place, op: &Ask) -> Result<Option<Arc<Checks>>, Box<Raised>> {
    if op.check.is_empty() {
        return Ok(None);
    }
    let frame = cx.frame(place.frame)?;
    let entered = frame.visit(place.part).map_or(cx.run.now, |visit| visit.entered);
    let now = moment(entered).ok_or_else(|| lost("the time"))?;
    Ok(Some(Arc::new(Checks {
        exprs: op.check.clone(),
        slots: frame.slots.as_slice().into(),
        overlay: frame.element(place.part).into_iter().collect(),
        now,
        spent: cx.run.spending(),
    })))
}
