//! The live host: model calls go to the call line, tool calls to the toolbox, questions to whoever is there.
//! Where a script stands for the models it may answer for tools and people too; nothing else is decided here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, EffectClass, Program, ToolId};
use agentrun_lang::value::{Labeled, Labels, Type, Value, Violation, read_json};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::event::RunEvent;
use super::fate::FateForm;
use super::person::{Form, Person, Question};
use super::resume::Fate;
use super::script::ScriptSide;
use super::{Host, Watch};
use crate::call::CallLine;
use crate::call::meter::Meter;
use crate::call::provider::scripted::Cue;
use crate::call::request::CallRequest;
use crate::call::screen::{DeltaSink, Screen};
use crate::error::{Commit, Failure, FailureKind};
use crate::machine::{
    Answer, AskHuman, CallTool, Effect, EffectId, EffectKind, Outcome, Spent, WaitFor, asks,
};
use crate::tool::{CallContext, Toolbox};
use crate::trace;

/// Level and policy of commands, by run and effect.
pub type Confinements = Mutex<HashMap<(Arc<str>, EffectId), (String, String)>>;

/// Performs effects for real.
pub struct LiveHost {
    /// What runs.
    pub program: Arc<Program>,
    /// The way of every model call.
    pub line: CallLine,
    /// The program's tools.
    pub tools: Toolbox,
    /// Who answers questions.
    pub person: Person,
    /// The script, where it answers for every pool.
    pub script: Option<ScriptSide>,
    /// A script that nobody asked for stands in for some model.
    pub stands_in: bool,
    /// How commands were confined whose effects nobody has asked about yet.
    pub confined: Confinements,
}

impl Host for LiveHost {
    async fn perform(
        &self,
        run: &Arc<str>,
        effect: Effect,
        watch: Watch,
        cancel: CancellationToken,
    ) -> Outcome {
        let Effect { id, scopes, time_left, kind, .. } = effect;
        match kind {
            EffectKind::CallModel(call) => {
                let meter = Arc::new(Meter::default());
                let screen = Screen::new(Arc::new(Reader { effect: id.clone(), watch }));
                let request = CallRequest {
                    run: run.clone(),
                    effect: id,
                    scopes,
                    time_left,
                    program: self.program.clone(),
                    screen,
                    meter: meter.clone(),
                    call: *call,
                };
                tokio::select! {
                    outcome = self.line.perform(request) => outcome,
                    () = cancel.cancelled() => canceled(meter.spent(), Commit::Unknown),
                }
            }
            EffectKind::CallTool(call) => self.call_tool(run, &id, call, time_left, &watch, &cancel).await,
            EffectKind::AskHuman(ask) => self.ask(id, ask, &cancel).await,
            EffectKind::Wait(wait) => self.wait(id, wait, &cancel).await,
        }
    }

    fn confined(&self, run: &Arc<str>, effect: &EffectId) -> Option<(String, String)> {
        let key = (run.clone(), effect.clone());
        self.confined.lock().unwrap_or_else(PoisonError::into_inner).remove(&key)
    }

    fn hold(&self, run: &Arc<str>, effect: &Effect) -> Spent {
        let EffectKind::CallModel(call) = &effect.kind else { return Spent::FREE };
        self.line.hold(&CallRequest {
            run: run.clone(),
            effect: effect.id.clone(),
            scopes: Vec::new(),
            time_left: None,
            program: self.program.clone(),
            screen: Screen::new(Arc::new(Reader { effect: effect.id.clone(), watch: Watch::default() })),
            meter: Arc::new(Meter::default()),
            call: (**call).clone(),
        })
    }

    async fn fate(&self, effect: &Effect) -> Fate {
        let EffectKind::CallTool(call) = &effect.kind else { return Fate::Repeat };
        let Some(tool) = self.program.tool(call.tool) else { return Fate::Open };
        let form = FateForm::of(tool, &self.program.types);
        let show = tool
            .params
            .iter()
            .zip(&call.args)
            .map(|(param, given)| (param.name.clone(), given.value.clone()));
        let answer = self.person.ask(|answer| Question {
            effect: effect.id.clone(),
            state: call.state.clone(),
            prompt: form.question(&tool.name),
            show: show.collect(),
            form: Form::Choice(form.choices()),
            answer,
        });
        match answer.await {
            Some(answer) => FateForm::fate(&answer, tool),
            None => Fate::Open,
        }
    }

    fn closed(&self, run: &Arc<str>) {
        self.line.close(run);
    }
}

impl LiveHost {
    async fn call_tool(
        &self,
        run: &Arc<str>,
        id: &EffectId,
        call: CallTool,
        time_left: Option<u64>,
        watch: &Watch,
        cancel: &CancellationToken,
    ) -> Outcome {
        if let Some(result) = self.scripted_tool(id, &call) {
            let target = "the script's word".to_string();
            watch.tell(|| RunEvent::Attempt { effect: id.clone(), attempt: 1, target });
            return Outcome { result, spent: Spent::FREE };
        }
        if let Some(failure) = self.refused_behind_a_script(call.tool) {
            return Outcome { result: Err(failure), spent: Spent::FREE };
        }
        let context = CallContext {
            idempotency_key: format!("{run}/{id}"),
            once: call.once,
            timeout: call.timeout.map(Duration::from_millis),
            deadline: time_left.map(Duration::from_millis),
            retry: call.retry,
            stop: cancel.clone(),
        };
        let name = self.program.tool(call.tool).map_or("", |tool| &*tool.name);
        let span = trace::tool(name);
        let called = self.tools.call(call.tool, &call.args, &context).instrument(span.clone()).await;
        if let Err(failure) = &called.result {
            span.record("error.type", failure.kind.event());
        }
        if let Some(confinement) = &called.confinement {
            let (level, policy) = (confinement.level.word().to_string(), confinement.policy.clone());
            let told = (level.clone(), policy.clone());
            self.confined
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert((run.clone(), id.clone()), told);
            watch.tell(|| RunEvent::Confined { effect: id.clone(), level, policy });
        }
        Outcome {
            result: called.result.map(|(value, labels)| Answer::Tool(value, labels)),
            spent: Spent::FREE,
        }
    }

    /// The tools that a run of an agent could call, and that are not called because canned replies stand in for a
    /// model.
    pub fn held_back(&self, agent: AgentId) -> Vec<Name> {
        let named = |name: &str| self.script.as_ref().is_some_and(|script| script.names_tool(name));
        let tools = asks(&self.program, agent).tools.into_iter();
        let held = tools.filter(|id| self.refused_behind_a_script(*id).is_some());
        let names = held.filter_map(|id| self.program.tool(id).map(|tool| tool.name.clone()));
        names.filter(|name| !named(name)).collect()
    }

    /// What cannot be undone is not done on the word of canned replies that stand in for a model.
    fn refused_behind_a_script(&self, id: ToolId) -> Option<Failure> {
        let tool = self.program.tool(id).filter(|tool| tool.effect == EffectClass::Irreversible)?;
        self.stands_in.then(|| {
            let message = format!(
                "`{0}` cannot be undone, and scripted replies stand in for a model: it is not called; set a key for a \
                 real model, or add `{0}` to the script's `tools`, or pass `--script FILE` to call it all the same",
                tool.name
            );
            Failure::new(FailureKind::Denied, message)
        })
    }

    /// The script's answer for a tool: the raw value, read as the tool's type like any other.
    fn scripted_tool(&self, id: &EffectId, call: &CallTool) -> Option<Result<Answer, Failure>> {
        let tool = self.program.tool(call.tool)?;
        let answer = self.script.as_ref()?.tool(cue(id, &call.state), &tool.name)?;
        Some(answer.and_then(|json| {
            read_json(&json, &tool.ty, &self.program.types)
                .map(|read| Answer::Tool(read.value, Labels::TOOL.union(tool.labels)))
                .map_err(|wrong| invalid_script(&tool.name, &wrong))
        }))
    }

    /// The script's answer for a person.
    fn scripted_person(&self, id: &EffectId, state: &str, ty: &Type) -> Option<Outcome> {
        let answer = self.script.as_ref()?.human(cue(id, state))?;
        let result = answer.and_then(|json| {
            read_json(&json, ty, &self.program.types)
                .map(|read| Answer::Human(read.value))
                .map_err(|wrong| invalid_script(state, &wrong))
        });
        Some(Outcome { result, spent: Spent::FREE })
    }

    async fn ask(&self, id: EffectId, ask: AskHuman, cancel: &CancellationToken) -> Outcome {
        if let Some(outcome) = self.scripted_person(&id, &ask.state, &Type::Json) {
            return outcome;
        }
        let form = if ask.choices.is_empty() { Form::Approval } else { Form::Choice(ask.choices) };
        let (state, prompt, show) = (ask.state, ask.prompt, bare(ask.show));
        self.question(ask.timeout, cancel, |answer| Question {
            effect: id,
            state,
            prompt,
            show,
            form,
            answer,
        })
        .await
    }

    async fn wait(&self, id: EffectId, wait: WaitFor, cancel: &CancellationToken) -> Outcome {
        if let Some(outcome) = self.scripted_person(&id, &wait.state, &wait.ty) {
            return outcome;
        }
        let (state, show, form) = (wait.state, bare(wait.show), Form::Value(wait.ty));
        let ask = |answer| Question { effect: id, state, prompt: String::new(), show, form, answer };
        self.question(wait.timeout, cancel, ask).await
    }

    async fn question(
        &self,
        timeout: Option<u64>,
        cancel: &CancellationToken,
        ask: impl FnOnce(tokio::sync::oneshot::Sender<Value>) -> Question,
    ) -> Outcome {
        let timeout = async {
            match timeout {
                Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            answer = self.person.ask(ask) => Ok(answer.map_or(Answer::Parked, Answer::Human)),
            () = timeout => Err(Failure::new(FailureKind::Timeout, "nobody answered in time")),
            () = cancel.cancelled() => return canceled(Spent::FREE, Commit::None),
        };
        Outcome { result, spent: Spent::FREE }
    }
}

/// What a person sees: they may read what is secret.
fn bare(show: Vec<(Name, Labeled)>) -> Vec<(Name, Value)> {
    show.into_iter().map(|(label, shown)| (label, shown.value)).collect()
}

fn cue<'a>(effect: &'a EffectId, state: &'a str) -> Cue<'a> {
    Cue { effect: &effect.0, state }
}

fn invalid_script(name: &str, wrong: &[Violation]) -> Failure {
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    let message = format!("the script's answer for `{name}` does not fit: {}", wrong.join("; "));
    Failure::new(FailureKind::Invalid, message)
}

fn canceled(spent: Spent, commit: Commit) -> Outcome {
    Outcome { result: Err(Failure::new(FailureKind::Canceled, "canceled").committed(commit)), spent }
}

/// Turns what the call line shows into events of the run.
struct Reader {
    effect: EffectId,
    watch: Watch,
}

impl DeltaSink for Reader {
    fn attempt(&self, attempt: u32, target: &str) {
        self.watch.tell(|| RunEvent::Attempt {
            effect: self.effect.clone(),
            attempt,
            target: target.to_string(),
        });
    }

    fn failed(&self, attempt: u32, target: &str, reason: &str) {
        self.watch.tell(|| RunEvent::AttemptFailed {
            effect: self.effect.clone(),
            attempt,
            target: target.to_string(),
            reason: reason.to_string(),
        });
    }

    fn delta(&self, attempt: u32, text: &str) {
        self.watch.tell(|| RunEvent::Delta { effect: self.effect.clone(), attempt, text: text.to_string() });
    }

    fn warned(&self, warning: &str) {
        self.watch.tell(|| RunEvent::Warning { effect: self.effect.clone(), message: warning.to_string() });
    }

    fn retracted(&self, attempt: u32, reason: &str) {
        self.watch.tell(|| RunEvent::Retracted {
            effect: self.effect.clone(),
            attempt,
            reason: reason.to_string(),
        });
    }
}
