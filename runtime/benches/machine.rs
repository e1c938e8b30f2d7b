//! Steps a second of the machine alone, with outcomes that are there at once.
#![expect(clippy::panic, missing_docs, reason = "a benchmark may end itself")]

use std::hint::black_box;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::Program;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::value::{Labels, Value};
use agentrun_runtime::chat::FinishReason;
use agentrun_runtime::machine::{
    Answer, Effect, EffectKind, Event, EventKind, ModelAnswer, Outcome, Run, RunId, Spent, Step, step,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Effects of one run.
const EFFECTS: u64 = 1_000;

const ASKS: &str = r#"
edition 1
model m { use: ["openai/gpt-5-mini"] }
agent Main(topic: string): string {
  budget: { cost: $100, calls: 2_000_000, time: 1h }
  var n: int = 0
  ask a { model: m  prompt: "Say something about ${topic}, for the ${n}th time."  -> b  set n = n + 1 }
  ask b { model: m  prompt: "And something else: ${a}"  when n >= 500 -> return b  else -> a }
}
"#;

const CALLS: &str = r#"
edition 1
tool look(id: string): string { exec: ["look", id]  effect: read }
agent Main(topic: string): string {
  budget: { time: 1h }
  var n: int = 0
  call a { tool: look(topic)  -> b  set n = n + 1 }
  call b { tool: look(a)  when n >= 500 -> return b  else -> a }
}
"#;

const PURE: &str = r"
edition 1
agent Main(topic: string): int {
  var n: int = 0
  loop work {
    max: 400
    let one { value: n + 1  -> two }
    branch two { when one > 1_000_000 -> break  else -> next  set n = one }
    -> return n
    on exhausted -> return n
  }
}
";

fn compile(text: &str) -> Program {
    let path = ModulePath::file("main.agent");
    let compilation =
        agentrun_lang::compile(&path, &MemoryLoader::default().with(path.clone(), text.trim_start()));
    let said: Vec<String> = compilation.diagnostics.iter().map(|said| said.message.clone()).collect();
    compilation.program.unwrap_or_else(|| panic!("the program does not compile: {said:?}"))
}

/// Runs an agent to its end; gives the number of effects.
fn run(program: &Program) -> u64 {
    let mut run = Run::new(RunId("bench".into()));
    let begin = EventKind::Begin { agent: 0, input: vec![Value::text("rain")], caller: Value::Null };
    let mut last = step(program, &mut run, Event { at: 0, kind: begin });
    let (mut effects, mut at) = (0, 0);
    while let Step::Perform { start, .. } = last {
        let Some(effect) = start.into_iter().next() else { panic!("nothing is open") };
        effects += 1;
        at += 1;
        let outcome = outcome(&effect);
        last =
            step(program, &mut run, Event { at, kind: EventKind::Finished { effect: effect.id, outcome } });
        black_box(run.drain_notes());
    }
    assert!(matches!(last, Step::Done(_)), "{last:?}");
    effects
}

fn outcome(effect: &Effect) -> Outcome {
    let text = Value::text("some words");
    let result = match &effect.kind {
        EffectKind::CallModel(_) => Answer::Model(ModelAnswer {
            value: Some(text),
            text: Name::default(),
            tool_calls: Vec::new(),
            target: Name::default(),
            attempts: 1,
            finish: FinishReason::Stop,
        }),
        _ => Answer::Tool(text, Labels::NONE),
    };
    let spent = Spent { cost: Some(10), time: 1, calls: 1, input: 10, output: 2 };
    Outcome { result: Ok(result), spent }
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("machine");
    for (name, text, effects, elements) in
        [("ask", ASKS, EFFECTS, EFFECTS), ("call", CALLS, EFFECTS, EFFECTS), ("let_and_branch", PURE, 0, 800)]
    {
        let program = compile(text);
        assert_eq!(run(&program), effects);
        group.throughput(Throughput::Elements(elements));
        group.bench_function(name, |bencher| bencher.iter(|| run(black_box(&program))));
    }
    group.finish();
}

/// Runs that wait for their first answer, all at once: what each takes of the process's memory.
fn waiting(criterion: &mut Criterion) {
    const RUNS: u64 = 10_000;
    let program = compile(ASKS);
    let begin = || {
        let mut run = Run::new(RunId("bench".into()));
        let kind = EventKind::Begin { agent: 0, input: vec![Value::text("rain")], caller: Value::Null };
        let step = step(&program, &mut run, Event { at: 0, kind });
        (run, step)
    };
    let before = resident();
    let held: Vec<(Run, Step)> = (0..RUNS).map(|_| begin()).collect();
    let taken = resident().saturating_sub(before);
    let mut group = criterion.benchmark_group("machine");
    group.throughput(Throughput::Elements(1));
    let name = format!("begin_a_run ({} bytes each, {} held)", taken / RUNS, held.len());
    group.bench_function(name, |bencher| bencher.iter(begin));
    group.finish();
}

/// Bytes of this process that are in memory; 0 where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

criterion_group!(benches, steps, waiting);
criterion_main!(benches);
