//! A run that is over leaves nothing behind: its host is told, however it ended.

use std::sync::{Arc, Mutex};

use agentrun_lang::ir::AgentId;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::value::Value;
use agentrun_runtime::clock::SystemClock;
use agentrun_runtime::driver::{Driver, Host, Start, Watch};
use agentrun_runtime::error::{Failure, FailureKind};
use agentrun_runtime::journal::InMemory;
use agentrun_runtime::machine::{Answer, Effect, Outcome, Spent};
use tokio_util::sync::CancellationToken;

/// Every effect ends in one way; the runs that were closed are counted.
struct Fixed {
    result: Result<Answer, Failure>,
    closed: Mutex<Vec<String>>,
}

impl Host for Fixed {
    async fn perform(&self, _: &Arc<str>, _: Effect, _: Watch, cancel: CancellationToken) -> Outcome {
        if let Err(failure) = &self.result
            && failure.kind == FailureKind::Canceled
        {
            cancel.cancelled().await;
        }
        Outcome { result: self.result.clone(), spent: Spent::default() }
    }

    fn closed(&self, run: &Arc<str>) {
        self.closed.lock().unwrap().push(run.to_string());
    }
}

#[tokio::test]
async fn a_run_is_closed_once_however_it_ends() {
    let path = ModulePath::file("a.agent");
    let text = "edition 1\nagent A(): bool {\n  approve ok {\n    prompt: \"ok?\"\n    when .approved -> return true\n    else -> return false\n  }\n}\n";
    let compiled = agentrun_lang::compile(&path, &MemoryLoader::default().with(path.clone(), text));
    let program = Arc::new(compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)));
    let failure = |kind| Err(Failure::new(kind, "so it ended"));
    for result in [
        Ok(Answer::Human(Value::record([("approved", Value::Bool(true))]))),
        Ok(Answer::Parked),
        failure(FailureKind::Failed),
        failure(FailureKind::Canceled),
    ] {
        let host = Arc::new(Fixed { result, closed: Mutex::default() });
        let driver = Driver {
            host: host.clone(),
            journal: Arc::new(InMemory::default()),
            clock: Arc::new(SystemClock::new()),
            watch: Watch::default(),
        };
        let start = Start { run: "r".into(), agent: AgentId(0), input: Vec::new(), caller: Value::Null };
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let (ended, ()) = tokio::join!(driver.run(&program, start, cancel), async move {
            tokio::task::yield_now().await;
            stop.cancel();
        });
        ended.unwrap();
        assert_eq!(*host.closed.lock().unwrap(), ["r"]);
    }
}
