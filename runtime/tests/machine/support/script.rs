//! A world on paper: what answers each effect, how long it takes, what it costs. Time is a number that moves to
//! whatever ends next.

use std::collections::BTreeMap;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::value::{Labels, Type, Value, from_json, read_json};
use agentrun_runtime::chat::{FinishReason, ToolCall};
use agentrun_runtime::error::{Commit, Failure, FailureKind};
use agentrun_runtime::machine::{Answer, Effect, EffectKind, ModelAnswer, Outcome, Output, Spent};
use serde::Deserialize;
use serde_json::Value as Json;

/// A script, as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// The agent to run; else the first.
    pub(crate) agent: Option<String>,
    /// Its arguments by name.
    pub(crate) input: serde_json::Map<String, Json>,
    /// By effect, `State.tool` of a planner, or state; the last of a list repeats.
    pub(crate) answers: BTreeMap<String, Vec<Line>>,
    /// What comes in place of `answers` once the run waits.
    #[serde(default)]
    pub(crate) then: BTreeMap<String, Vec<Line>>,
    /// When the run is cancelled.
    pub(crate) cancel_at: Option<i64>,
    /// Whether the record shows labels.
    #[serde(default)]
    pub(crate) show_labels: bool,
}

/// One answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    /// `null`: nobody is there.
    Parked(()),
    /// Everything else.
    Says(Box<Says>),
}

/// One answer, and how it comes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Says {
    value: Option<Json>,
    text: String,
    calls: Vec<(String, Json)>,
    tool: Option<Json>,
    human: Option<Json>,
    error: Option<String>,
    bound: String,
    message: String,
    commit: String,
    /// An answer that the state's `check:` must find fault with.
    pub(crate) violates: Option<Json>,
    after: Option<i64>,
    /// Whether it comes although it was cancelled.
    pub(crate) late: bool,
}

/// An outcome on its way.
pub(crate) struct Coming {
    pub(crate) after: i64,
    pub(crate) late: bool,
    pub(crate) outcome: Outcome,
}

impl Script {
    /// The agent to run.
    pub(crate) fn agent(&self, program: &Program) -> AgentId {
        let first = program.agents[0].name.to_string();
        let name = self.agent.as_deref().unwrap_or(&first);
        program.entry_agent(name).unwrap_or_else(|| panic!("no agent `{name}`"))
    }

    /// Its arguments in order.
    pub(crate) fn input(&self, program: &Program, agent: AgentId) -> Vec<Value> {
        let params = &program.agent(agent).unwrap().params;
        params
            .iter()
            .map(|param| match self.input.get(&*param.name) {
                Some(json) => typed(json, &param.ty, program),
                None => param.default.clone().unwrap_or(Value::Null),
            })
            .collect()
    }

    /// What answers an effect.
    pub(crate) fn answer(&mut self, program: &Program, effect: &Effect) -> Coming {
        let line = self.line(effect);
        let Line::Says(says) = line else {
            let outcome = Outcome { result: Ok(Answer::Parked), spent: Spent::default() };
            return Coming { after: 1, late: false, outcome };
        };
        let is_model = matches!(effect.kind, EffectKind::CallModel(_));
        let result = match &says.error {
            Some(error) => Err(failure(error, &says)),
            None => Ok(said(&says, program, effect)),
        };
        let spent = Spent {
            cost: Some(if is_model { 1_000_000 } else { 0 }),
            time: says.after.unwrap_or(1).unsigned_abs(),
            calls: u64::from(is_model),
            input: if is_model { 10 } else { 0 },
            output: if is_model { 2 } else { 0 },
        };
        Coming { after: says.after.unwrap_or(1), late: says.late, outcome: Outcome { result, spent } }
    }

    /// An answer that the checks of an effect's state must find fault with.
    pub(crate) fn violates(&mut self, effect: &Effect) -> Option<Json> {
        match self.lines(effect).first()? {
            Line::Says(says) => says.violates.clone(),
            Line::Parked(()) => None,
        }
    }

    fn line(&mut self, effect: &Effect) -> Line {
        let lines = self.lines(effect);
        if lines.len() > 1 { lines.remove(0) } else { lines[0].clone() }
    }

    fn lines(&mut self, effect: &Effect) -> &mut Vec<Line> {
        let id = effect.id.to_string();
        let state = state_of(effect);
        let call = id.rsplit_once("].").filter(|_| matches!(effect.kind, EffectKind::CallTool(_)));
        let of_planner = call.map(|(_, tool)| format!("{state}.{tool}"));
        let keys = [Some(id.clone()), of_planner, Some(state)].into_iter().flatten();
        let found = keys.into_iter().find(|key| self.answers.contains_key(key));
        found.and_then(|key| self.answers.get_mut(&key)).unwrap_or_else(|| panic!("nobody answers {id}"))
    }
}

/// The state that an effect belongs to.
pub(crate) fn state_of(effect: &Effect) -> String {
    match &effect.kind {
        EffectKind::CallModel(call) => call.state.to_string(),
        EffectKind::CallTool(call) => call.state.to_string(),
        EffectKind::AskHuman(ask) => ask.state.to_string(),
        EffectKind::Wait(wait) => wait.state.to_string(),
    }
}

/// JSON as a value of a type.
pub(crate) fn typed(json: &Json, ty: &Type, program: &Program) -> Value {
    read_json(json, ty, &program.types).unwrap_or_else(|wrong| panic!("{json} does not fit: {wrong:?}")).value
}

fn said(says: &Says, program: &Program, effect: &Effect) -> Answer {
    match &effect.kind {
        EffectKind::CallModel(call) => {
            let value = says.value.as_ref().map(|json| match &call.output {
                Output::Text => from_json(json),
                Output::Typed(ty) => typed(json, ty, program),
            });
            let number = |(index, (name, arguments)): (usize, &(String, Json))| ToolCall {
                id: format!("call{index}"),
                name: name.clone(),
                arguments: arguments.clone(),
                echo: None,
            };
            let text = if says.text.is_empty() { value.as_ref().map(ToString::to_string) } else { None };
            Answer::Model(ModelAnswer {
                text: text.unwrap_or_else(|| says.text.clone()).into(),
                value,
                tool_calls: says.calls.iter().enumerate().map(number).collect(),
                target: Name::from("scripted/any"),
                attempts: 1,
                finish: FinishReason::Stop,
            })
        }
        EffectKind::CallTool(call) => {
            let json = says.tool.as_ref().expect("a tool's answer says `tool`");
            Answer::Tool(typed(json, &program.tool(call.tool).unwrap().ty, program), Labels::NONE)
        }
        EffectKind::AskHuman(_) | EffectKind::Wait(_) => {
            Answer::Human(from_json(says.human.as_ref().expect("a person's answer says `human`")))
        }
    }
}

fn failure(event: &str, says: &Says) -> Failure {
    let kind = match event {
        "invalid" => FailureKind::Invalid,
        "blocked" => FailureKind::Blocked,
        "refused" => FailureKind::Refused,
        "unavailable" => FailureKind::Unavailable,
        "denied" => FailureKind::Denied,
        "failed" => FailureKind::Failed,
        "timeout" => FailureKind::Timeout,
        "canceled" => FailureKind::Canceled,
        "budget" => FailureKind::Budget { scope: String::new(), bound: says.bound.clone() },
        own => FailureKind::Tool(own.to_owned()),
    };
    let commit = match says.commit.as_str() {
        "unknown" => Commit::Unknown,
        "done" => Commit::Done,
        _ => Commit::None,
    };
    let message = if says.message.is_empty() { format!("scripted {event}") } else { says.message.clone() };
    Failure::new(kind, message).committed(commit)
}
