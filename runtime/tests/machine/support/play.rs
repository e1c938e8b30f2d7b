//! Plays a script against a program and writes down all that happens, one line a happening.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use agentrun_lang::ir::Program;
use agentrun_lang::value::{Labeled, Labels, Value};
use agentrun_runtime::chat::{Message, Part};
use agentrun_runtime::machine::{
    Answer, CallModel, Checks, Effect, EffectKind, Event, EventKind, Note, Outcome, Output, Run, RunId, Step,
    step,
};

use super::script::{Script, typed};

/// A run that was played.
pub(crate) struct Played {
    pub(crate) run: Run,
    pub(crate) events: Vec<Event>,
    /// The record.
    pub(crate) text: String,
    /// The answers to the events, as text.
    pub(crate) steps: Vec<String>,
}

struct Stage<'p> {
    program: &'p Program,
    script: Script,
    run: Run,
    now: i64,
    /// What ends when; the number keeps the order of what started.
    coming: BTreeMap<(i64, u64), (Effect, Outcome, bool)>,
    parked: Vec<Effect>,
    count: u64,
    text: String,
    steps: Vec<String>,
    events: Vec<Event>,
}

/// Plays a script to its end.
pub(crate) fn play(program: &Program, script: Script) -> Played {
    let agent = script.agent(program);
    let input = script.input(program, agent);
    let mut stage = Stage {
        program,
        script,
        run: Run::new(RunId("test".into())),
        now: 0,
        coming: BTreeMap::new(),
        parked: Vec::new(),
        count: 0,
        text: String::new(),
        steps: Vec::new(),
        events: Vec::new(),
    };
    let begin = EventKind::Begin { agent: agent.0, input, caller: Value::Null };
    let mut over = stage.feed(begin);
    while !over || stage.has_late() {
        over |= stage.next(over);
    }
    let spent = stage.run.spending();
    let _ = writeln!(
        stage.text,
        "spent {} nanos, {} ms, {} calls, {} tokens",
        spent.cost, spent.time, spent.calls, spent.tokens
    );
    Played { run: stage.run, events: stage.events, text: stage.text, steps: stage.steps }
}

impl Stage<'_> {
    /// Feeds whatever comes next.
    fn next(&mut self, over: bool) -> bool {
        if let Some(cancel) = self.script.cancel_at
            && !over
            && self.coming.first_key_value().is_none_or(|((at, _), _)| *at >= cancel)
        {
            self.script.cancel_at = None;
            self.now = cancel;
            let _ = writeln!(self.text, "{cancel}> cancel");
            return self.feed(EventKind::Cancel);
        }
        let ((at, _), (effect, outcome, _)) = self.coming.pop_first().expect("something is on its way");
        self.now = at;
        let end = ended(&outcome, self.script.show_labels);
        let _ = writeln!(self.text, "{at}> {} {end}", effect.id);
        if matches!(outcome.result, Ok(Answer::Parked)) {
            self.parked.push(effect.clone());
        }
        self.feed(EventKind::Finished { effect: effect.id, outcome })
    }

    fn has_late(&self) -> bool {
        self.coming.values().any(|(_, _, late)| *late)
    }

    /// One step; true where the run is over.
    fn feed(&mut self, kind: EventKind) -> bool {
        let event = Event { at: self.now, kind };
        self.events.push(event.clone());
        let step = step(self.program, &mut self.run, event);
        self.steps.push(format!("{step:?}"));
        for note in self.run.drain_notes() {
            let _ = writeln!(self.text, "   {}", noted(&note));
        }
        match step {
            Step::Perform { start, cancel } => {
                for id in cancel {
                    self.cancel(&id.0);
                }
                for effect in start {
                    self.start(effect);
                }
                false
            }
            Step::Waiting => {
                let _ = writeln!(self.text, "waiting");
                if !self.coming.is_empty() {
                    return false;
                }
                self.script.answers = std::mem::take(&mut self.script.then);
                if self.script.answers.is_empty() {
                    return true;
                }
                for effect in std::mem::take(&mut self.parked) {
                    self.expect(effect);
                }
                false
            }
            Step::Done(value) => {
                let labels =
                    if self.script.show_labels { labels(self.run.result_labels()) } else { String::new() };
                let _ = writeln!(self.text, "done {}{labels}", shown(&value));
                self.close();
                true
            }
            Step::Failed(error) => {
                let place = self.program.sources.slice(error.span);
                let _ = writeln!(
                    self.text,
                    "failed {} in {} at `{}`: {}",
                    error.failure.kind.event(),
                    error.state,
                    place.split_whitespace().collect::<Vec<_>>().join(" "),
                    error.failure.message
                );
                self.close();
                true
            }
        }
    }

    fn close(&mut self) {
        for id in self.run.drain_canceled() {
            self.cancel(&id.to_string());
        }
    }

    fn cancel(&mut self, id: &str) {
        let _ = writeln!(self.text, "   cancel {id}");
        self.coming.retain(|_, (effect, _, late)| *late || *effect.id.0 != *id);
    }

    fn start(&mut self, effect: Effect) {
        let described = described(&effect, self.program, self.script.show_labels);
        let _ = writeln!(self.text, "   start {} {described}", effect.id);
        self.expect(effect);
    }

    fn expect(&mut self, effect: Effect) {
        if let EffectKind::CallModel(call) = &effect.kind
            && let Some(checks) = &call.checks
        {
            self.check(&effect, &call.output, checks);
        }
        let coming = self.script.answer(self.program, &effect);
        self.count += 1;
        self.coming.insert((self.now + coming.after, self.count), (effect, coming.outcome, coming.late));
    }

    /// Asks the state's checks about an answer that breaks them.
    fn check(&mut self, effect: &Effect, output: &Output, checks: &Checks) {
        let Output::Typed(ty) = output else { return };
        let Some(wrong) = self.script.violates(effect) else { return };
        let value = typed(&wrong, ty, self.program);
        let said = checks.violation(&value, &self.program.types, &self.program.sources);
        let _ = writeln!(self.text, "      check of {}: {said:?}", shown(&value));
    }
}

fn described(effect: &Effect, program: &Program, show_labels: bool) -> String {
    let mut text = match &effect.kind {
        EffectKind::CallModel(call) => model(call, program, show_labels),
        EffectKind::CallTool(call) => {
            let tool = &program.tool(call.tool).unwrap().name;
            let args: Vec<String> = call
                .args
                .iter()
                .map(|arg| {
                    format!(
                        "{}{}",
                        shown(&arg.value),
                        if show_labels { labels(arg.labels) } else { String::new() }
                    )
                })
                .collect();
            let mut text = format!("tool {tool}({})", args.join(", "));
            call.timeout.iter().for_each(|timeout| text.push_str(&format!(" timeout {timeout} ms")));
            call.once.iter().for_each(|once| text.push_str(&format!(" once {}", shown(once))));
            if call.retry > 0 {
                text.push_str(&format!(" retry {}", call.retry));
            }
            text
        }
        EffectKind::AskHuman(ask) => format!(
            "person {:?} show {} by {:?} choices {:?} timeout {:?}",
            ask.prompt,
            fields(&ask.show),
            ask.by.as_deref().unwrap_or("anyone"),
            ask.choices,
            ask.timeout
        ),
        EffectKind::Wait(wait) => format!(
            "wait {} show {} queue {:?} timeout {:?}",
            wait.ty.display(&program.types),
            fields(&wait.show),
            wait.queue,
            wait.timeout
        ),
    };
    for scope in &effect.scopes {
        let (bounds, spent) = (&scope.bounds, &scope.spent);
        let _ = write!(text, "\n      in {}:", scope.id);
        bounds.cost.iter().for_each(|most| text.push_str(&format!(" cost {}/{most}", spent.cost)));
        bounds.time.iter().for_each(|most| text.push_str(&format!(" time {}/{most}", spent.time)));
        bounds.calls.iter().for_each(|most| text.push_str(&format!(" calls {}/{most}", spent.calls)));
        bounds.tokens.iter().for_each(|most| text.push_str(&format!(" tokens {}/{most}", spent.tokens)));
    }
    effect.time_left.iter().for_each(|left| text.push_str(&format!("\n      {left} ms left")));
    text
}

fn model(call: &CallModel, program: &Program, show_labels: bool) -> String {
    let output = match &call.output {
        Output::Text => "text".to_owned(),
        Output::Typed(ty) => ty.display(&program.types).to_string(),
    };
    let mut text = format!("model {} for {output}", program.model(call.pool).unwrap().name);
    if show_labels {
        text.push_str(&labels(call.labels));
    }
    if call.repair > 0 {
        text.push_str(&format!(" repair {}", call.repair));
    }
    if call.stream {
        text.push_str(" stream");
    }
    for tool in &call.tools {
        let _ = write!(text, "\n      tool {} {:?} {}", tool.name, tool.description, tool.parameters);
    }
    for message in &call.messages {
        let _ = write!(text, "\n      {}", spoken(message));
    }
    text
}

fn spoken(message: &Message) -> String {
    let parts: Vec<String> = message
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => format!("{text:?}"),
            Part::Media(media) => format!("{media:?}"),
            Part::ToolCall(call) => format!("[{} {}({})]", call.id, call.name, call.arguments),
            Part::ToolResult(result) => format!(
                "[{} {} {}{:?}]",
                result.id,
                result.name,
                if result.is_error { "error " } else { "" },
                result.content
            ),
        })
        .collect();
    format!("{:?}: {}", message.role, parts.join(" "))
}

fn ended(outcome: &Outcome, show_labels: bool) -> String {
    match &outcome.result {
        Ok(Answer::Model(answer)) => match &answer.value {
            Some(value) => format!("gives {}", shown(value)),
            None => format!(
                "asks for {}",
                answer.tool_calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>().join(", ")
            ),
        },
        Ok(Answer::Tool(value, given)) => {
            format!("gives {}{}", shown(value), if show_labels { labels(*given) } else { String::new() })
        }
        Ok(Answer::Human(value)) => format!("is told {}", shown(value)),
        Ok(Answer::Parked) => "is parked".to_owned(),
        Err(failure) => format!("fails: {} ({})", failure.kind.event(), failure.message),
    }
}

fn noted(note: &Note) -> String {
    match note {
        Note::Entered { path, state, kind, visit } => format!("enter {path} ({kind} {state}, visit {visit})"),
        Note::Left { path, result: Ok(value), to, .. } => format!("leave {path} {} -> {to}", shown(value)),
        Note::Left { path, result: Err(event), to, .. } => format!("leave {path} on {event} -> {to}"),
    }
}

fn fields(fields: &[(agentrun_lang::ast::Name, Labeled)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", shown(&value.value))).collect();
    format!("[{}]", fields.join(", "))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn labels(labels: Labels) -> String {
    let words = [
        (Labels::PII, "pii"),
        (Labels::SECRET, "secret"),
        (Labels::UNTRUSTED, "untrusted"),
        (Labels::USER, "user"),
        (Labels::TOOL, "tool"),
        (Labels::MODEL, "model"),
    ];
    let words: Vec<&str> =
        words.iter().filter(|(label, _)| labels.has(*label)).map(|(_, word)| *word).collect();
    format!(" {{{}}}", words.join(" "))
}
