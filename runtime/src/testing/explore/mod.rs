//! `agentrun explore`: the machine driven along every edge with values made from the types, with no model and no effect.
//! What goes wrong on the way is an error that no type and no proof has seen.

mod values;
mod write;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, Program, ToolId};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labels, Value, to_json};
use serde_json::{Map, Value as Json};

use self::values::Pool;
use super::coverage::Coverage;
use crate::call::provider::scripted::path;
use crate::chat::{FinishReason, ToolCall};
use crate::driver::event_kind;
use crate::error::{Failure, FailureKind};
use crate::machine::{
    Answer, CallModel, Effect, EffectKind, Event, EventKind, ModelAnswer, Note, Outcome, Output, Run,
    RunError, RunId, Spent, Step, step,
};

/// Runs that are tried at most.
const MOST_RUNS: usize = 20_000;
/// Effects after which a run is left: loops have been round often enough.
const MOST_EFFECTS: usize = 200;
/// How often one choice of one state, made so many times before in the same run, is tried in different company.
const TRIES: u32 = 3;
/// Choices of one state in one run that are told apart.
const MOST_TURNS: usize = 12;
/// The moment of every run.
const NOW: i64 = 1_767_225_600_000;

/// What was found of one agent.
#[derive(Clone, Debug)]
pub struct Explored {
    /// Runs made.
    pub runs: usize,
    /// Its edges, and those that some run took.
    pub coverage: Coverage,
    /// What went wrong, each place once.
    pub errors: Vec<Counter>,
}

/// A run that went wrong.
#[derive(Clone, Debug)]
pub struct Counter {
    /// Where and why.
    pub error: RunError,
    /// A test that goes the same way.
    pub test: String,
}

/// What an effect was answered.
#[derive(Clone, Debug)]
struct Answered {
    path: String,
    gave: Gave,
}

#[derive(Clone, Debug)]
enum Gave {
    Value(Value),
    Fails(String),
    Calls(Vec<(String, Json)>),
}

/// Explores one agent of a program.
pub fn explore(program: &Program, agent: AgentId) -> Explored {
    let mut explorer = Explorer {
        program,
        agent,
        pool: Pool::of(program),
        handled: handled(program),
        tried: BTreeMap::new(),
        found: Explored { runs: 0, coverage: of_agent(program, agent), errors: Vec::new() },
    };
    let mut work = VecDeque::from([Vec::new()]);
    while let Some(choices) = work.pop_front() {
        if explorer.found.runs >= MOST_RUNS {
            break;
        }
        explorer.found.runs += 1;
        let made = explorer.run(&choices);
        for (at, decision) in made.iter().enumerate().skip(choices.len()) {
            for other in 1..decision.options {
                let before = made.iter().take(at).filter(|known| known.place == decision.place);
                if explorer.is_new(&decision.place, before.count(), other) {
                    let before = made.iter().take(at).map(|decision| decision.chosen);
                    work.push_back(before.chain([other]).collect());
                }
            }
        }
    }
    explorer.found
}

/// A choice that a run made.
struct Decision {
    place: String,
    chosen: usize,
    options: usize,
}

struct Explorer<'p> {
    program: &'p Program,
    agent: AgentId,
    pool: Pool,
    /// Events that some handler speaks of: others end a run in the same way wherever they come.
    handled: BTreeSet<Name>,
    /// How often each choice of a place was taken.
    tried: BTreeMap<(String, usize, usize), u32>,
    found: Explored,
}

/// The edges of one agent and of those that it comes to.
fn of_agent(program: &Program, agent: AgentId) -> Coverage {
    let reached = crate::machine::asks(program, agent).agents;
    Coverage::of_agents(reached.iter().filter_map(|id| program.agent(*id)))
}

fn handled(program: &Program) -> BTreeSet<Name> {
    let states = program.agents.iter().flat_map(|agent| &agent.states);
    let on = states.flat_map(|state| &state.on).chain(program.agents.iter().flat_map(|agent| &agent.on));
    on.flat_map(|on| on.events.iter().cloned()).collect()
}

impl Explorer<'_> {
    fn is_new(&mut self, place: &str, turn: usize, choice: usize) -> bool {
        let count = self.tried.entry((place.to_owned(), turn, choice)).or_default();
        *count += 1;
        *count <= TRIES && turn < MOST_TURNS
    }

    /// Runs the agent; the choices behind those given are the first ones.
    fn run(&mut self, choices: &[usize]) -> Vec<Decision> {
        let mut made = Vec::new();
        let mut choose = |place: String, options: usize| {
            let chosen = choices.get(made.len()).copied().unwrap_or(0).min(options.saturating_sub(1));
            made.push(Decision { place, chosen, options });
            chosen
        };
        let Some(declared) = self.program.agent(self.agent) else { return made };
        let mut input = Vec::new();
        for param in &declared.params {
            let mut values: Vec<Value> = param.default.iter().cloned().collect();
            values.extend(self.pool.of_field(param, &self.program.types));
            if values.is_empty() {
                return made;
            }
            let chosen = choose(format!("({})", param.name), values.len());
            input.push(values.swap_remove(chosen));
        }
        let mut run = Run::new(RunId("explore".into()));
        let mut answers: Vec<Answered> = Vec::new();
        let mut waiting: VecDeque<Effect> = VecDeque::new();
        let caller = Value::record::<&str>([]);
        let mut event =
            Event { at: NOW, kind: EventKind::Begin { agent: self.agent.0, input: input.clone(), caller } };
        let mut taken = BTreeSet::new();
        for _ in 0..MOST_EFFECTS {
            let next = step(self.program, &mut run, event);
            edges(&mut run, &mut taken);
            match next {
                Step::Perform { start, cancel } => {
                    waiting.retain(|effect| !cancel.contains(&effect.id));
                    waiting.extend(start);
                }
                Step::Failed(error) => {
                    self.judge(error, &input, &answers);
                    break;
                }
                Step::Done(_) | Step::Waiting => break,
            }
            let Some(effect) = waiting.pop_front() else { break };
            let mut options = self.options(&effect);
            let name = path(&effect.id.0).name;
            let chosen = choose(name.clone(), options.len());
            let gave = options.swap_remove(chosen);
            let outcome = self.outcome(&effect, &gave);
            answers.push(Answered { path: name, gave });
            event = Event { at: NOW, kind: EventKind::Finished { effect: effect.id, outcome } };
        }
        self.found.coverage.add(&taken);
        made
    }

    /// A run that failed: of an event that was made up it did what it should; else it is an error.
    fn judge(&mut self, error: RunError, input: &[Value], answers: &[Answered]) {
        let made_up = error.failure.message.contains(MADE_UP);
        let wrong = matches!(error.failure.kind, FailureKind::Invalid)
            || error.failure.message.contains("transitions");
        if made_up || !wrong || self.found.errors.iter().any(|known| known.error.span == error.span) {
            return;
        }
        let why = format!("{}: {}", error.state, error.failure.message.lines().next().unwrap_or_default());
        let test = write::test(self.program, self.agent, input, answers, &why);
        self.found.errors.push(Counter { error, test });
    }

    /// What an effect may be answered, the plainest first; never nothing.
    fn options(&self, effect: &Effect) -> Vec<Gave> {
        let mut options = match &effect.kind {
            EffectKind::CallModel(call) => self.of_model(call),
            EffectKind::CallTool(call) => self.of_tool(call.tool),
            EffectKind::AskHuman(ask) => {
                let mut said = if ask.choices.is_empty() {
                    [true, false]
                        .map(|yes| Gave::Value(Value::record([("approved", Value::Bool(yes))])))
                        .into()
                } else {
                    ask.choices
                        .iter()
                        .map(|word| {
                            let choice = ("choice", Value::text(word.clone()));
                            Gave::Value(Value::record([("approved", Value::Bool(true)), choice]))
                        })
                        .collect::<Vec<_>>()
                };
                said.extend(ask.timeout.and_then(|_| self.fails("timeout")));
                said
            }
            EffectKind::Wait(wait) => {
                let values = self.pool.values(&wait.ty, &self.program.types);
                let mut said: Vec<Gave> = values.into_iter().map(Gave::Value).collect();
                said.extend(wait.timeout.and_then(|_| self.fails("timeout")));
                said
            }
        };
        if options.is_empty() {
            options.push(Gave::Fails("failed".to_owned()));
        }
        options
    }

    fn of_model(&self, call: &CallModel) -> Vec<Gave> {
        let types = &self.program.types;
        let mut values = match &call.output {
            Output::Text => self.pool.values(&agentrun_lang::value::Type::String, types),
            Output::Typed(ty) => self.pool.values(ty, types),
        };
        if let Some(checks) = &call.checks {
            values.retain(|value| checks.violation(value, types, &self.program.sources).is_none());
        }
        let mut options: Vec<Gave> = values.into_iter().map(Gave::Value).collect();
        for tool in &call.tools {
            let args = arguments(&tool.parameters);
            options.push(Gave::Calls(vec![(tool.name.clone(), args)]));
        }
        let events = ["invalid", "refused", "unavailable", "budget"];
        options.extend(events.iter().filter_map(|event| self.fails(event)));
        options
    }

    fn of_tool(&self, id: ToolId) -> Vec<Gave> {
        let Some(tool) = self.program.tool(id) else { return Vec::new() };
        let values = self.pool.values(&tool.ty, &self.program.types);
        let mut options: Vec<Gave> = values.into_iter().map(Gave::Value).collect();
        options.extend(tool.errors.iter().map(|error| Gave::Fails(error.to_string())));
        let usual = ["timeout", "unavailable", "denied", "failed", "budget"];
        options.extend(usual.iter().filter_map(|event| self.fails(event)));
        options
    }

    /// A failure, where some handler speaks of it.
    fn fails(&self, event: &str) -> Option<Gave> {
        let spoken =
            self.handled.contains(event) || (event == "unavailable" && self.handled.contains("error"));
        spoken.then(|| Gave::Fails(event.to_owned()))
    }

    fn outcome(&self, effect: &Effect, gave: &Gave) -> Outcome {
        let spent = match &effect.kind {
            EffectKind::CallModel(_) => Spent { cost: Some(0), calls: 1, ..Spent::default() },
            _ => Spent { cost: Some(0), ..Spent::default() },
        };
        let result = match (gave, &effect.kind) {
            (Gave::Fails(event), _) => Err(Failure::new(event_kind(event), format!("{MADE_UP} `{event}`"))),
            (Gave::Calls(calls), _) => Ok(Answer::Model(ModelAnswer {
                tool_calls: calls
                    .iter()
                    .enumerate()
                    .map(|(at, (name, arguments))| ToolCall {
                        id: format!("call{at}"),
                        name: name.clone(),
                        arguments: arguments.clone(),
                        echo: None,
                    })
                    .collect(),
                ..answer(None)
            })),
            (Gave::Value(value), EffectKind::CallModel(_)) => Ok(Answer::Model(answer(Some(value.clone())))),
            (Gave::Value(value), EffectKind::CallTool(call)) => {
                let labels =
                    self.program.tool(call.tool).map_or(Labels::TOOL, |tool| Labels::TOOL.union(tool.labels));
                Ok(Answer::Tool(value.clone(), labels))
            }
            (Gave::Value(value), EffectKind::AskHuman(_) | EffectKind::Wait(_)) => {
                Ok(Answer::Human(value.clone()))
            }
        };
        Outcome { result, spent }
    }
}

/// Says that a failure was tried, and did not happen.
const MADE_UP: &str = "explored:";

fn answer(value: Option<Value>) -> ModelAnswer {
    let text = value.as_ref().map_or_else(String::new, |value| match value {
        Value::String(text) => text.to_string(),
        other => to_json(other).to_string(),
    });
    ModelAnswer {
        value,
        text: text.into(),
        tool_calls: Vec::new(),
        target: "explore".into(),
        attempts: 1,
        finish: FinishReason::Stop,
    }
}

/// Arguments that a schema allows: the plainest.
fn arguments(schema: &Json) -> Json {
    let Some(Json::Object(fields)) = schema.get("properties") else { return Json::Object(Map::new()) };
    fields.iter().map(|(name, schema)| (name.clone(), plain(schema))).collect()
}

fn plain(schema: &Json) -> Json {
    if let Some(first) = schema.get("enum").and_then(Json::as_array).and_then(|words| words.first()) {
        return first.clone();
    }
    if let Some(word) = schema.get("const") {
        return word.clone();
    }
    match schema.get("type").and_then(Json::as_str) {
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        Some("boolean") => true.into(),
        Some("array") => Json::Array(Vec::new()),
        Some("object") => arguments(schema),
        Some("null") => Json::Null,
        _ => "text".into(),
    }
}

fn edges(run: &mut Run, taken: &mut BTreeSet<Span>) {
    for note in run.drain_notes() {
        if let Note::Left { edge: Some(edge), .. } = note {
            taken.insert(edge);
        }
    }
}
