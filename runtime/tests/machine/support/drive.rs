//! A driver without a world: every effect is answered by a closure, one after another, in the order started.

use std::collections::VecDeque;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::value::{Labels, Value};
use agentrun_runtime::chat::{FinishReason, ToolCall};
use agentrun_runtime::error::Failure;
use agentrun_runtime::machine::{
    Answer, Effect, Event, EventKind, ModelAnswer, Outcome, Run, RunId, Spent, Step, step,
};

/// A run that was driven to its end, or to where it waits.
pub(crate) struct Driven {
    pub(crate) run: Run,
    pub(crate) last: Step,
    /// Every event that was fed, the first among them.
    pub(crate) events: Vec<Event>,
    /// Every effect that was started, by id.
    pub(crate) started: Vec<String>,
    pub(crate) canceled: Vec<String>,
}

impl Driven {
    /// The result of a run that succeeded.
    pub(crate) fn value(&self) -> Value {
        match &self.last {
            Step::Done(value) => value.clone(),
            other => panic!("the run is not done: {other:?}"),
        }
    }

    /// The event that a failed run ended with, and its message.
    pub(crate) fn failure(&self) -> (String, String) {
        match &self.last {
            Step::Failed(error) => (error.failure.kind.event().to_owned(), error.failure.message.clone()),
            other => panic!("the run has not failed: {other:?}"),
        }
    }
}

/// Runs an agent; `answer` gives each effect its outcome and the milliseconds until it ends.
pub(crate) fn run_scripted(
    program: &Program,
    agent: &str,
    input: Vec<Value>,
    mut answer: impl FnMut(&Effect) -> (Outcome, i64),
) -> Driven {
    let AgentId(agent) = program.entry_agent(agent).expect("the agent is in the program");
    let mut run = Run::new(RunId("test".into()));
    let mut driven = (Vec::new(), Vec::new(), Vec::new());
    let mut waiting: VecDeque<(Effect, i64)> = VecDeque::new();
    let mut at = 0;
    let mut event = Event { at, kind: EventKind::Begin { agent, input, caller: Value::Null } };
    loop {
        driven.0.push(event.clone());
        match step(program, &mut run, event) {
            Step::Perform { start, cancel } => {
                for id in cancel {
                    waiting.retain(|(effect, _)| effect.id != id);
                    driven.2.push(id.to_string());
                }
                for effect in start {
                    driven.1.push(effect.id.to_string());
                    waiting.push_back((effect, at));
                }
            }
            last => {
                let (events, started, mut canceled) = driven;
                canceled.extend(run.drain_canceled().iter().map(ToString::to_string));
                return Driven { run, last, events, started, canceled };
            }
        }
        let (effect, started) = waiting.pop_front().expect("something is open");
        let (outcome, took) = answer(&effect);
        at = at.max(started + took);
        event = Event { at, kind: EventKind::Finished { effect: effect.id, outcome } };
    }
}

/// A model's answer of a value.
pub(crate) fn model(value: Value) -> Outcome {
    let text = value.to_string();
    outcome(Ok(Answer::Model(model_answer(Some(value), &text, Vec::new()))), one_call())
}

/// A model that asks for tools.
pub(crate) fn wants(calls: &[(&str, &str, serde_json::Value)]) -> Outcome {
    let call = |(id, name, arguments): &(&str, &str, serde_json::Value)| ToolCall {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        arguments: arguments.clone(),
        echo: None,
    };
    outcome(Ok(Answer::Model(model_answer(None, "", calls.iter().map(call).collect()))), one_call())
}

/// A tool's answer.
pub(crate) fn tool(value: Value) -> Outcome {
    outcome(Ok(Answer::Tool(value, Labels::NONE)), Spent::default())
}

/// A person's answer.
pub(crate) fn human(value: Value) -> Outcome {
    outcome(Ok(Answer::Human(value)), Spent::default())
}

/// A failure.
pub(crate) fn failed(failure: Failure) -> Outcome {
    outcome(Err(failure), Spent::default())
}

/// A result at a price.
pub(crate) fn outcome(result: Result<Answer, Failure>, spent: Spent) -> Outcome {
    Outcome { result, spent }
}

/// What one small model call costs.
pub(crate) fn one_call() -> Spent {
    Spent { cost: Some(1_000_000), time: 5, calls: 1, input: 10, output: 2 }
}

fn model_answer(value: Option<Value>, text: &str, tool_calls: Vec<ToolCall>) -> ModelAnswer {
    ModelAnswer {
        value,
        text: text.into(),
        finish: if tool_calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls },
        tool_calls,
        target: Name::from("scripted/any"),
        attempts: 1,
    }
}
