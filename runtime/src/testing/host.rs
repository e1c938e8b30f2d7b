//! The live host in a test: what the test answers is answered, what only reads is done, and everything else fails the
//! test instead of touching the world.

use std::sync::Arc;

use agentrun_lang::ir::{Builtin, EffectClass, Program, ToolBody, ToolId};
use tokio_util::sync::CancellationToken;

use super::voice::Shared;
use crate::call::provider::scripted::{Cue, path};
use crate::driver::{Host, LiveHost, Watch, event_kind};
use crate::error::{Failure, FailureKind};
use crate::machine::{Answer, Effect, EffectId, EffectKind, Outcome, Spent};

/// Performs the effects of one test.
pub(super) struct TestHost {
    pub(super) live: LiveHost,
    pub(super) program: Arc<Program>,
    pub(super) shared: Arc<Shared>,
}

impl TestHost {
    /// What ends an effect before anything is done for it.
    fn ends(&self, effect: &Effect) -> Option<Failure> {
        match &effect.kind {
            EffectKind::CallModel(call) => {
                let (event, message) =
                    self.shared.play.ending(Cue { effect: &effect.id.0, state: &call.state })?;
                Some(Failure::new(event_kind(&event), message))
            }
            EffectKind::CallTool(call) => {
                let cue = Cue { effect: &effect.id.0, state: &call.state };
                let tool = self.program.tool(call.tool)?;
                let answered = self.shared.play.speaks_for_tool(cue, &tool.name) || self.may_run(call.tool);
                let name = path(&effect.id.0).name;
                (!answered).then(|| {
                    self.unanswered(format!(
                        "the tool `{}` has no answer: add `mock {name} = …` (only a built-in that reads runs in a test)",
                        tool.name
                    ))
                })
            }
            EffectKind::AskHuman(ask) => self.nobody(&effect.id, &ask.state, "{ approved: true }"),
            EffectKind::Wait(wait) => self.nobody(&effect.id, &wait.state, "…"),
        }
    }

    fn nobody(&self, id: &EffectId, state: &str, answer: &str) -> Option<Failure> {
        let cue = Cue { effect: &id.0, state };
        let name = path(&id.0).name;
        (!self.shared.play.speaks_for_person(cue))
            .then(|| self.unanswered(format!("nobody answers `{name}`: add `mock {name} = {answer}`")))
    }

    /// A built-in that only reads files does its work.
    fn may_run(&self, id: ToolId) -> bool {
        self.program.tool(id).is_some_and(|tool| {
            let reads = tool.effect == EffectClass::Read;
            reads
                && matches!(
                    tool.body,
                    ToolBody::Builtin(Builtin::FsRead | Builtin::FsList | Builtin::FsSearch)
                )
        })
    }

    fn unanswered(&self, line: String) -> Failure {
        let failure = Failure::new(FailureKind::Denied, line.clone());
        self.shared.unanswered(line);
        failure
    }
}

impl Host for TestHost {
    async fn perform(
        &self,
        run: &Arc<str>,
        effect: Effect,
        watch: Watch,
        cancel: CancellationToken,
    ) -> Outcome {
        if let Some(failure) = self.ends(&effect) {
            let calls = u64::from(matches!(effect.kind, EffectKind::CallModel(_)));
            return Outcome {
                result: Err(failure),
                spent: Spent { cost: Some(0), calls, ..Spent::default() },
            };
        }
        let tool = match &effect.kind {
            EffectKind::CallTool(call) => Some(call.tool),
            _ => None,
        };
        let outcome = self.live.perform(run, effect, watch, cancel).await;
        // What a tool gives may go into the next prompt: a cassette must know what of it is sensitive.
        if let (Ok(Answer::Tool(value, labels)), Some(tool)) =
            (&outcome.result, tool.and_then(|id| self.program.tool(id)))
        {
            self.shared.sensitive.learn(value, &tool.ty, *labels, &self.program.types);
        }
        outcome
    }

    fn closed(&self, run: &Arc<str>) {
        self.live.closed(run);
    }
}
