//! A driver without a world: every effect is answered at once, in the order started.

use std::collections::VecDeque;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::value::Value;
use agentrun_runtime::chat::FinishReason;
use agentrun_runtime::machine::{
    Answer, Effect, Event, EventKind, ModelAnswer, Outcome, Run, RunId, Spent, Step, step,
};

/// A run that was driven to its end, or to where it waits.
pub(crate) struct Driven {
    pub(crate) run: Run,
    pub(crate) last: Step,
    /// Every effect that was started, by id.
    pub(crate) started: Vec<String>,
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

/// Runs an agent; `answer` gives each effect its outcome.
pub(crate) fn run_scripted(
    program: &Program,
    agent: &str,
    input: Vec<Value>,
    mut answer: impl FnMut(&Effect) -> Outcome,
) -> Driven {
    let mut run = Run::new(RunId("test".into()));
    let mut open = VecDeque::new();
    let mut started = Vec::new();
    let mut event = begin(program, agent, input);
    loop {
        match step(program, &mut run, event) {
            Step::Perform { start, cancel } => {
                open.retain(|effect: &Effect| !cancel.contains(&effect.id));
                started.extend(start.iter().map(|effect| effect.id.to_string()));
                open.extend(start);
            }
            last => return Driven { run, last, started },
        }
        let effect = open.pop_front().expect("something is open");
        let outcome = answer(&effect);
        event = Event { at: 0, kind: EventKind::Finished { effect: effect.id, outcome } };
    }
}

/// The event that begins a run.
pub(crate) fn begin(program: &Program, agent: &str, input: Vec<Value>) -> Event {
    let AgentId(agent) = program.entry_agent(agent).expect("the agent is in the program");
    Event { at: 0, kind: EventKind::Begin { agent, input, caller: Value::Null } }
}

/// A model's answer of a value, at the price of one small call.
pub(crate) fn model(value: Value) -> Outcome {
    let answer = ModelAnswer {
        text: value.to_string().into(),
        value: Some(value),
        tool_calls: Vec::new(),
        target: Name::from("scripted/any"),
        attempts: 1,
        finish: FinishReason::Stop,
    };
    let spent = Spent { cost: Some(1_000_000), time: 5, calls: 1, input: 10, output: 2 };
    Outcome { result: Ok(Answer::Model(answer)), spent }
}
