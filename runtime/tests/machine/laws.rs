//! What holds for every run, whatever answers it and in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use agentrun_lang::ir::{AgentId, Join, Op, Program};
use agentrun_lang::value::{Labels, Type, TypeBody, Value, to_json};
use agentrun_runtime::chat::{FinishReason, ToolCall, ToolSpec};
use agentrun_runtime::error::{Failure, FailureKind};
use agentrun_runtime::machine::{
    Answer, Effect, EffectKind, Event, EventKind, ModelAnswer, Note, Outcome, Output, Run, RunId, Spent,
    Step, step,
};
use fastrand::Rng;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::TestCaseError;

use crate::cases::PROGRAMS;

/// Events after which a run is cancelled.
const MOST: usize = 300;

/// A run that was driven by dice.
struct Diced {
    run: Run,
    events: Vec<Event>,
    steps: Vec<String>,
    notes: Vec<Note>,
    /// Every effect that was started, and how often.
    started: BTreeMap<String, usize>,
    /// What all outcomes cost, late ones too.
    cost: i64,
    calls: u64,
    tokens: u64,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_outcomes_in_any_order_keep_the_laws(case in any::<u32>(), seed in any::<u64>()) {
        let program = PROGRAMS.values().nth(case as usize % PROGRAMS.len()).unwrap();
        let agent = AgentId(u32::try_from(program.entry_agents - 1).unwrap());
        let diced = roll(program, agent, Rng::with_seed(seed))?;
        prop_assert!(diced.started.values().all(|times| *times == 1), "an id came twice: {:?}", diced.started);
        let spent = diced.run.spending();
        prop_assert_eq!((spent.cost, spent.calls, spent.tokens), (diced.cost, diced.calls, diced.tokens));
        joins(program, &diced.notes)?;
        replays(program, &diced)?;
    }
}

/// A fresh run that is fed the same events says the same.
fn replays(program: &Program, diced: &Diced) -> Result<(), TestCaseError> {
    let mut run = Run::new(RunId("again".into()));
    let mut notes = Vec::new();
    for (event, known) in diced.events.iter().zip(&diced.steps) {
        let said = format!("{:?}", step(program, &mut run, event.clone()));
        prop_assert_eq!(&said, known);
        notes.extend(run.drain_notes());
    }
    prop_assert_eq!(&notes, &diced.notes);
    prop_assert_eq!(run.spending(), diced.run.spending());
    Ok(())
}

/// A parallel that was left with a result has as many parts as its `join` asks for.
fn joins(program: &Program, notes: &[Note]) -> Result<(), TestCaseError> {
    let mut kinds = BTreeMap::new();
    for note in notes {
        if let Note::Entered { path, state, .. } = note {
            kinds.insert(path.clone(), state.clone());
        }
    }
    for note in notes {
        let Note::Left { path, result: Ok(value), .. } = note else { continue };
        let Some(parallel) = kinds.get(path).and_then(|state| find_parallel(program, state)) else {
            continue;
        };
        let part = |other: &str| {
            other
                .strip_prefix(&**path)
                .is_some_and(|rest| rest.starts_with(['[', '.']) && !rest.contains('/'))
        };
        let came = notes
            .iter()
            .filter(|note| matches!(note, Note::Left { path, result: Ok(_), .. } if part(path)))
            .count();
        if let Value::List(items) = value {
            prop_assert_eq!(items.len(), came);
        }
        match parallel {
            Join::Any => prop_assert!(came >= 1),
            Join::Count(least) => prop_assert!(came >= least as usize),
            Join::All | Join::Share(_) => {}
        }
    }
    Ok(())
}

fn find_parallel(program: &Program, name: &str) -> Option<Join> {
    let (agent, state) = name.split_once('.')?;
    let agent = program.agents.iter().find(|known| *known.name == *agent)?;
    match &agent.states.iter().find(|known| *known.name == *state)?.op {
        Op::Parallel(parallel) => Some(parallel.join),
        _ => None,
    }
}

fn roll(program: &Program, agent: AgentId, mut dice: Rng) -> Result<Diced, TestCaseError> {
    let params = &program.agent(agent).unwrap().params;
    let input = params.iter().map(|param| sample(&param.ty, program, &mut dice, 3)).collect();
    let mut diced = Diced {
        run: Run::new(RunId("diced".into())),
        events: Vec::new(),
        steps: Vec::new(),
        notes: Vec::new(),
        started: BTreeMap::new(),
        cost: 0,
        calls: 0,
        tokens: 0,
    };
    let (mut open, mut late): (Vec<Effect>, Vec<Effect>) = (Vec::new(), Vec::new());
    let mut parked = BTreeSet::new();
    let mut at = 0;
    let mut kind = EventKind::Begin { agent: agent.0, input, caller: Value::Null };
    loop {
        let event = Event { at, kind };
        let last = step(program, &mut diced.run, event.clone());
        diced.events.push(event);
        diced.steps.push(format!("{last:?}"));
        diced.notes.extend(diced.run.drain_notes());
        match last {
            Step::Perform { start, cancel } => {
                for id in cancel {
                    let place = open.iter().position(|effect| effect.id == id);
                    let place = place.ok_or_else(|| TestCaseError::fail(format!("{id} was not open")))?;
                    late.push(open.remove(place));
                }
                for effect in start {
                    *diced.started.entry(effect.id.to_string()).or_default() += 1;
                    has_some_left(&effect)?;
                    open.push(effect);
                }
            }
            Step::Waiting => prop_assert!(open.iter().all(|effect| parked.contains(&effect.id))),
            Step::Done(_) | Step::Failed(_) => break,
        }
        prop_assert!(!open.is_empty(), "nothing is open and the run goes on");
        at += dice.i64(0..2_000);
        if diced.events.len() > MOST {
            kind = EventKind::Cancel;
            continue;
        }
        let pick = dice.usize(0..open.len() + late.len());
        let effect = if pick < open.len() { open.remove(pick) } else { late.remove(pick - open.len()) };
        let outcome = answer(&effect, program, &mut dice);
        if matches!(outcome.result, Ok(Answer::Parked)) {
            parked.insert(effect.id.clone());
            open.push(effect.clone());
        }
        diced.count(&outcome);
        kind = EventKind::Finished { effect: effect.id, outcome };
    }
    let ended = diced.steps.last().cloned();
    for effect in late.into_iter().chain(open) {
        let outcome = answer(&effect, program, &mut dice);
        diced.count(&outcome);
        let event = Event { at, kind: EventKind::Finished { effect: effect.id, outcome } };
        diced.events.push(event.clone());
        let said = format!("{:?}", step(program, &mut diced.run, event));
        prop_assert_eq!(Some(&said), ended.as_ref());
        diced.steps.push(said);
    }
    Ok(diced)
}

impl Diced {
    fn count(&mut self, outcome: &Outcome) {
        self.cost += outcome.spent.cost.unwrap_or(0);
        self.calls += outcome.spent.calls;
        self.tokens += outcome.spent.input + outcome.spent.output;
    }
}

/// Nothing starts while a budget around it has nothing left.
fn has_some_left(effect: &Effect) -> Result<(), TestCaseError> {
    prop_assert!(effect.time_left != Some(0));
    for scope in &effect.scopes {
        prop_assert!(scope.spent.cost >= 0);
        if matches!(effect.kind, EffectKind::CallModel(_)) {
            prop_assert!(scope.bounds.calls.is_none_or(|calls| scope.spent.calls < calls));
            prop_assert!(scope.bounds.tokens.is_none_or(|tokens| scope.spent.tokens < tokens));
            prop_assert!(scope.bounds.cost.is_none_or(|cost| scope.spent.cost < cost || cost == 0));
        }
    }
    Ok(())
}

fn answer(effect: &Effect, program: &Program, dice: &mut Rng) -> Outcome {
    let result = if dice.u8(0..4) == 0 { Err(failure(dice)) } else { Ok(said(effect, program, dice)) };
    let spent = Spent {
        cost: if dice.bool() { Some(dice.i64(0..900_000)) } else { None },
        time: dice.u64(0..2_000),
        calls: dice.u64(0..3),
        input: dice.u64(0..20),
        output: dice.u64(0..20),
    };
    let parked = matches!(result, Ok(Answer::Parked));
    Outcome { result, spent: if parked { Spent::default() } else { spent } }
}

fn failure(dice: &mut Rng) -> Failure {
    let kinds = [
        FailureKind::Invalid,
        FailureKind::Refused,
        FailureKind::Blocked,
        FailureKind::Unavailable,
        FailureKind::Denied,
        FailureKind::Failed,
        FailureKind::Timeout,
        FailureKind::Budget { scope: String::new(), bound: "time".into() },
        FailureKind::Tool("not_found".into()),
    ];
    Failure::new(dice.choice(&kinds).unwrap().clone(), "by the dice")
}

fn said(effect: &Effect, program: &Program, dice: &mut Rng) -> Answer {
    match &effect.kind {
        EffectKind::CallModel(call) => {
            let asks = !call.tools.is_empty() && dice.u8(0..3) > 0;
            let count = if asks { dice.usize(1..5) } else { 0 };
            let tool_calls = (0..count).map(|index| tool_call(index, &call.tools, program, dice)).collect();
            let ty = match &call.output {
                Output::Text => Type::String,
                Output::Typed(ty) => ty.clone(),
            };
            let value = (!asks).then(|| sample(&ty, program, dice, 3));
            let target = "dice/any".into();
            let finish = FinishReason::Stop;
            Answer::Model(ModelAnswer { value, text: "".into(), tool_calls, target, attempts: 1, finish })
        }
        EffectKind::CallTool(call) => {
            let ty = &program.tool(call.tool).unwrap().ty;
            Answer::Tool(sample(ty, program, dice, 3), Labels::UNTRUSTED)
        }
        EffectKind::AskHuman(_) | EffectKind::Wait(_) if dice.u8(0..3) == 0 => Answer::Parked,
        EffectKind::AskHuman(ask) => {
            let choice = dice.choice(&ask.choices).map_or(Value::Null, |word| Value::text(word.clone()));
            Answer::Human(Value::record([("approved", Value::Bool(dice.bool())), ("choice", choice)]))
        }
        EffectKind::Wait(wait) => Answer::Human(sample(&wait.ty, program, dice, 3)),
    }
}

fn tool_call(index: usize, tools: &[ToolSpec], program: &Program, dice: &mut Rng) -> ToolCall {
    let spec = dice.choice(tools).unwrap();
    let tool = program.tools.iter().find(|tool| *tool.name == *spec.name).map(|tool| &tool.params);
    let agent = program.agents.iter().find(|agent| *agent.name == *spec.name).map(|agent| &agent.params);
    let mut arguments = serde_json::Map::new();
    for param in tool.or(agent).into_iter().flatten() {
        if dice.u8(0..8) == 0 {
            continue;
        }
        arguments.insert(param.name.to_string(), to_json(&sample(&param.ty, program, dice, 2)));
    }
    let name = if dice.u8(0..10) == 0 { "nobody".to_owned() } else { spec.name.clone() };
    ToolCall { id: format!("c{index}"), name, arguments: arguments.into(), echo: None }
}

/// A value of a type.
fn sample(ty: &Type, program: &Program, dice: &mut Rng, depth: u32) -> Value {
    match ty {
        Type::Bool => Value::Bool(dice.bool()),
        Type::Int => Value::Int(dice.i64(-1..5)),
        Type::Float => Value::Float(dice.f64()),
        Type::String => Value::text(["", "a", "some text"][dice.usize(0..3)]),
        Type::Money => {
            Value::Money(agentrun_lang::value::Money::usd_nanos(i128::from(dice.i64(0..90_000_000_000))))
        }
        Type::Duration => Value::Duration(dice.i64(0..100_000)),
        Type::Date => Value::Date("2026-11-24".parse().unwrap()),
        Type::Literal(word) => Value::text(word.clone()),
        Type::List(item) => {
            let count = if depth == 0 { 0 } else { dice.usize(0..4) };
            Value::list((0..count).map(|_| sample(item, program, dice, depth - 1)))
        }
        Type::Optional(inner) if depth > 0 && dice.bool() => sample(inner, program, dice, depth - 1),
        Type::Union(members) => sample(&members[dice.usize(0..members.len())], program, dice, depth),
        Type::Named(id) => match &program.types.get(*id).unwrap().body {
            TypeBody::Alias { ty, .. } => sample(ty, program, dice, depth),
            TypeBody::Record(fields) => Value::record(fields.iter().map(|field| {
                (field.name.clone(), sample(&field.ty, program, dice, depth.saturating_sub(1)))
            })),
        },
        Type::Shape(fields) => Value::record(
            fields
                .iter()
                .map(|(name, ty)| (name.clone(), sample(ty, program, dice, depth.saturating_sub(1)))),
        ),
        _ => Value::Null,
    }
}
