//! What compiles and cannot run yet ends a run before its first effect.

use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::value::Value;
use agentrun_runtime::machine::{Run, RunId, Step, preflight, step};

use crate::support::drive::begin;

const PROGRAM: &str = r#"edition 1

model pick { strategy: route  else -> quick }
model quick { use: ["openai/gpt-5-mini"]  strategy: fastest }
model plain { use: ["openai/gpt-5-mini"] }

guard clean { on: input  use: [injection]  action: block }

memory facts { kind: semantic  scope: global }
memory notes { kind: file  path: "./NOTES.md" }
memory long  { kind: chat  scope: session }
memory talk  { kind: chat }
memory sums  { kind: chat  summarize: plain }

mcp web { command: ["web"]  allow: ["*"] }
skill style { path: "./style" }

tool search(q: string): string { mcp: web.search  effect: read }
tool quiet(q: string): string  { exec: ["q", q]  effect: read  sandbox: full }

## Runs as it is.
agent Fine(q: string): string {
  ask a { model: plain  prompt: "${q}"  context: [talk]  -> return a }
}

## Meets everything that cannot run.
agent All(q: string): string {
  budget: { calls: 9 }
  guards: [clean]
  recall rows: string[] { from: facts  query: q  -> open }
  open open { skill: style  -> ask }
  ask ask { model: pick  prompt: "${notes} ${rows} ${q}"  context: [long, sums, open]  skills: [style]  -> work }
  plan work { model: quick  goal: "${ask}"  tools: [search, quiet]  confirm: [quiet]  -> keep }
  remember keep { into: facts  value: work  -> return work }
}

## Runs what cannot run.
agent Outer(q: string): string {
  run all { agent: All(q)  -> return all }
}
"#;

fn program() -> agentrun_lang::ir::Program {
    let path = ModulePath::file("main.agent");
    let compilation = agentrun_lang::compile(&path, &MemoryLoader::default().with(path.clone(), PROGRAM));
    let said: Vec<&str> = compilation.diagnostics.iter().map(|said| said.message.as_str()).collect();
    compilation.program.unwrap_or_else(|| panic!("it does not compile: {said:?}"))
}

#[test]
fn everything_reachable_that_cannot_run_is_found_with_its_place() {
    let program = program();
    let found = preflight(&program, program.entry_agent("Outer").unwrap());
    let lines: Vec<String> = found
        .iter()
        .map(|found| format!("{}: {}\n    {}", program.sources.place(found.span), found.what, found.mend))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_agent_that_meets_none_of_it_may_run() {
    let program = program();
    assert_eq!(preflight(&program, program.entry_agent("Fine").unwrap()), []);
}

#[test]
fn the_run_ends_before_its_first_effect() {
    let program = program();
    let mut run = Run::new(RunId("test".into()));
    let Step::Failed(error) = step(&program, &mut run, begin(&program, "Outer", vec![Value::text("why")]))
    else {
        panic!("it began");
    };
    assert_eq!(program.sources.place(error.span), "main.agent:7:7");
    assert!(error.failure.message.starts_with("the guardrail `clean` cannot look for `injection` yet (and "));
    assert_eq!(run.open_effects().count(), 0);
}
