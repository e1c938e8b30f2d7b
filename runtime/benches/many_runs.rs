//! Ten thousand runs at once, each waiting on a scripted reply that sleeps, in one process: how much memory they
//! hold and how long all take beside the sleep itself. Not criterion: the figure is resident memory.
//!
//! `cargo bench -p agentrun-runtime --bench many_runs`
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark may end where it is set up wrongly")]

use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ir::AgentId;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::value::Value;
use agentrun_runtime::clock::{Clock as _, SystemClock};
use agentrun_runtime::config::Environment;
use agentrun_runtime::driver::{Options, Start, assemble, run_id};
use agentrun_runtime::journal::End;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const RUNS: usize = 10_000;
const SLEEP: Duration = Duration::from_secs(3);

const PROGRAM: &str = r#"edition 1
model main { max_tokens: 100 }
agent Hello(q: string): string {
  budget: { cost: $1, time: 5m }
  ask answer { model: main  prompt: "Answer: ${q}"  -> return answer }
}
"#;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let path = ModulePath::file("hello.agent");
    let loader = MemoryLoader::default().with(path.clone(), PROGRAM);
    let program = Arc::new(agentrun_lang::compile(&path, &loader).program.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.json");
    let text = format!(
        r#"{{"delay_ms": {}, "replies": {{"Hello.answer": ["a reply of some words"]}}}}"#,
        SLEEP.as_millis()
    );
    std::fs::write(&script, text).unwrap();
    let options = Options { script: Some(script), ..Options::default() };
    let environment = Environment::default();
    let file = folder.path().join("hello.agent");
    let driver = Arc::new(assemble(&program, &file, &environment, options).await.unwrap().driver);

    let clock = SystemClock::new();
    let before = resident();
    let began = clock.elapsed();
    let mut runs = JoinSet::new();
    for index in 0..RUNS {
        let (driver, program) = (driver.clone(), program.clone());
        let start = Start {
            run: run_id(&clock).into(),
            agent: AgentId(0),
            input: vec![Value::text(format!("question {index}"))],
            caller: Value::Null,
        };
        runs.spawn(async move { driver.run(&program, start, CancellationToken::new()).await.unwrap().end });
    }
    tokio::time::sleep(SLEEP.mul_f64(0.6)).await;
    let during = resident();
    let mut done = 0;
    while let Some(ended) = runs.join_next().await {
        if matches!(ended.unwrap(), End::Done { .. }) {
            done += 1;
        }
    }
    let took = clock.elapsed().saturating_sub(began);
    println!("runs             {done} of {RUNS} done");
    println!("resident         {before:.0} MB before, {during:.0} MB while all wait (goal: under 400 MB)");
    println!(
        "a run            {:.1} kB",
        (during - before) * 1024.0 / f64::from(u32::try_from(RUNS).unwrap())
    );
    println!(
        "all took         {:.2} s, of which {:.2} s are the sleep",
        took.as_secs_f64(),
        SLEEP.as_secs_f64()
    );
}

/// Resident memory in MB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
