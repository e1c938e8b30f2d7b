//! A run as a person watches it: states as they are entered, text as it streams, what each cost.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use agentrun_runtime::driver::{FailureLine, RunEvent};
use agentrun_runtime::machine::{EffectId, Spent};

use crate::output;
use crate::terminal;
use crate::visible::{escaped_json, one_line, visible};

/// What of a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything, on standard error.
    Full {
        /// With colors.
        color: bool,
    },
    /// Nothing.
    Quiet,
    /// One JSON event a line, on standard output.
    Json,
}

impl Mode {
    /// What `--quiet` and `--json` ask for.
    pub(crate) fn of(quiet: bool, json: bool, color: bool) -> Self {
        match (quiet, json) {
            (true, _) => Self::Quiet,
            (_, true) => Self::Json,
            _ => Self::Full { color },
        }
    }
}

/// Shows [`RunEvent`]s.
pub(crate) struct Screen {
    mode: Mode,
    /// The effect whose text is on the screen now, and whether its line is open.
    live: Option<EffectId>,
    open_line: bool,
    /// Texts of effects that stream while another is on the screen.
    waiting: HashMap<EffectId, String>,
    /// Who was asked last, by effect.
    asked: HashMap<EffectId, String>,
    /// Who gave nothing that counts, and why.
    failed: HashMap<EffectId, (String, String)>,
    /// What open questions ask and show, ready to be written.
    questions: HashMap<EffectId, String>,
    /// What the last live effect has said.
    said: String,
    /// The state of an effect, by its effect.
    pub(crate) streamed_last: Option<String>,
}

impl Screen {
    /// An empty screen.
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            mode,
            live: None,
            open_line: false,
            waiting: HashMap::new(),
            asked: HashMap::new(),
            failed: HashMap::new(),
            questions: HashMap::new(),
            said: String::new(),
            streamed_last: None,
        }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &RunEvent) {
        match self.mode {
            Mode::Quiet => {}
            Mode::Json => {
                if let Ok(line) = serde_json::to_string(event) {
                    output::out(&format!("{}\n", escaped_json(line)));
                }
            }
            Mode::Full { .. } => self.show_full(event),
        }
    }

    fn show_full(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Entered { path, kind, .. } => {
                self.line(&format!("{} {} {}", self.dim("→"), self.bold(path), self.dim(kind)));
            }
            RunEvent::Requested { effect, kind, what, arguments } if kind == "tool" => {
                let call = format!("calls {what}{}", call_line(arguments.as_ref()));
                self.line(&format!("  {} {}", self.dim(&effect.0), self.dim(&call)));
            }
            RunEvent::Requested { effect, kind, what, arguments } if kind == "human" || kind == "wait" => {
                self.questions.insert(effect.clone(), question(kind, what, arguments.as_ref()));
            }
            RunEvent::Attempt { effect, attempt, target } => {
                let before = self.asked.insert(effect.clone(), target.clone());
                if *attempt > 1 {
                    if let Some((who, why)) = self.failed.remove(effect) {
                        let told = self.yellow(&one_line(&format!("{who}: {why}")));
                        self.line(&format!("  {} {} {told}", self.yellow("!"), self.dim(&effect.0)));
                    }
                    let again = if before.as_ref() == Some(target) { "asks again" } else { "tries" };
                    self.line(&format!(
                        "  {} {}",
                        self.dim(&effect.0),
                        self.dim(&format!("{again} {target}"))
                    ));
                }
            }
            // Said with the next attempt: without one, the call's own failure says it.
            RunEvent::AttemptFailed { effect, target, reason, .. } => {
                self.failed.insert(effect.clone(), (target.clone(), reason.clone()));
            }
            RunEvent::Delta { effect, text, .. } => self.delta(effect, text),
            RunEvent::Retracted { effect, reason, .. } => self.retract(effect, reason),
            RunEvent::Warning { effect, message } => {
                let message = visible(message);
                self.line(&format!("  {} {} {message}", self.yellow("!"), self.dim(&effect.0)));
            }
            RunEvent::Settled { effect, waits: true, .. } => {
                let question = self.questions.remove(effect).unwrap_or_default();
                self.line(&format!(
                    "  {} {} waits for a person{question}",
                    self.yellow("…"),
                    self.dim(&effect.0)
                ));
            }
            RunEvent::Settled { effect, decision: Some(decision), spent, .. } => {
                let took = time(Duration::from_millis(spent.time));
                let decision = one_line(decision);
                self.line(&format!(
                    "  {} {} {decision} {}",
                    self.bold("•"),
                    self.dim(&effect.0),
                    self.dim(&took)
                ));
            }
            RunEvent::Settled { effect, failure: Some(failure), spent, .. } if failure.kind == "canceled" => {
                let told = format!("canceled {}", cost_line(None, *spent));
                self.line(&format!("  {} {} {}", self.dim("–"), self.dim(&effect.0), self.dim(&told)));
            }
            RunEvent::Settled { effect, ok, target, result, failure, spent, .. } => {
                // A tool that a script answers for has a target, too.
                let asked = self.asked.get(effect).cloned();
                let target = target.clone().or(asked.filter(|_| *ok));
                let streamed = self.settle(effect, *ok, target.as_deref(), failure.as_ref(), *spent);
                self.given(result.as_ref().filter(|_| !streamed));
            }
            RunEvent::Left { path, failed: Some(event), to } => {
                self.line(&format!("  {} {}", self.dim(path), self.yellow(&format!("{event} → {to}"))));
            }
            RunEvent::Confined { effect, level, .. } if level != "base" => {
                self.line(&format!(
                    "  {} {} ran with the sandbox level `{level}`",
                    self.yellow("!"),
                    self.dim(&effect.0)
                ));
            }
            // Shown as a warning of the compiler's before the run begins.
            RunEvent::Resumed { run, replayed, .. } => {
                let known = match replayed {
                    1 => "1 effect is known".to_string(),
                    count => format!("{count} effects are known"),
                };
                self.line(&self.dim(&format!("run {run} goes on: {known} from its record")));
            }
            RunEvent::Unenforced { .. }
            | RunEvent::Started { .. }
            | RunEvent::Requested { .. }
            | RunEvent::Confined { .. }
            | RunEvent::Left { .. }
            | RunEvent::Finished { .. } => {}
        }
    }

    fn delta(&mut self, effect: &EffectId, text: &str) {
        match &self.live {
            Some(live) if live != effect => self.waiting.entry(effect.clone()).or_default().push_str(text),
            _ => {
                if self.live.is_none() {
                    self.live = Some(effect.clone());
                    self.said.clear();
                }
                self.said.push_str(text);
                output::err(&visible(text));
                self.open_line = !text.ends_with('\n');
            }
        }
    }

    fn retract(&mut self, effect: &EffectId, reason: &str) {
        self.waiting.remove(effect);
        if self.live.as_ref() == Some(effect) {
            self.live = None;
            self.said.clear();
        }
        self.line(&format!(
            "  {} {}",
            self.dim(&effect.0),
            self.yellow(&one_line(&format!("what was said does not count: {reason}")))
        ));
    }

    /// Shows how an effect ended; answers whether its text has streamed.
    fn settle(
        &mut self,
        effect: &EffectId,
        ok: bool,
        target: Option<&str>,
        failure: Option<&FailureLine>,
        spent: Spent,
    ) -> bool {
        let streamed = self.live.as_ref() == Some(effect) || self.waiting.contains_key(effect);
        if self.live.as_ref() == Some(effect) {
            self.live = None;
            self.streamed_last = Some(std::mem::take(&mut self.said));
        } else if let Some(text) = self.waiting.remove(effect) {
            self.line(&visible(text.trim_end()));
            self.streamed_last = Some(text);
        }
        let cost = cost_line(target, spent);
        if ok {
            self.line(&format!("  {} {} {}", self.green("✓"), self.dim(&effect.0), self.dim(&cost)));
        } else if let Some(failure) = failure {
            self.line(&format!("  {} {} {}", self.red("✗"), self.dim(&effect.0), self.dim(&cost)));
            self.line(&format!(
                "    {}: {}",
                self.red(&failure.kind),
                visible(&failure.message).replace('\n', "\n    ")
            ));
        }
        streamed
    }

    /// What a model or a tool gave, on one line.
    fn given(&mut self, result: Option<&serde_json::Value>) {
        const MOST: usize = 100;
        let Some(result) = result else { return };
        let text = one_line(&result.to_string());
        let text: String = match text.char_indices().nth(MOST) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        };
        self.line(&format!("    {}", self.dim(&text)));
    }

    /// A line that is shown whatever is to be quiet.
    pub(crate) fn insist(&mut self, text: &str) {
        match self.mode {
            Mode::Full { .. } => self.line(&self.dim(text)),
            Mode::Quiet | Mode::Json => output::err(&format!("{}\n", visible(text))),
        }
    }

    /// A line of its own, after whatever streams.
    pub(crate) fn line(&mut self, text: &str) {
        if !matches!(self.mode, Mode::Full { .. }) {
            return;
        }
        self.end_line();
        output::err(&format!("{text}\n"));
    }

    /// A question, behind which the person types: what comes next begins a line of its own unless they ended it.
    pub(crate) fn ask(&mut self, text: &str) {
        self.end_line();
        output::err(text);
        self.open_line = true;
    }

    /// Begins a new line where one is open.
    pub(crate) fn end_line(&mut self) {
        if self.open_line {
            output::err("\n");
            self.open_line = false;
        }
    }

    /// The person ended the line.
    pub(crate) fn typed(&mut self) {
        self.open_line = false;
    }

    /// Whether `text` is what the terminal, which also shows standard output, has just seen.
    pub(crate) fn just_showed(&self, text: &str) -> bool {
        matches!(self.mode, Mode::Full { .. })
            && std::io::stdout().is_terminal()
            && std::io::stderr().is_terminal()
            && self.streamed_last.as_deref().is_some_and(|shown| shown.trim_end() == text.trim_end())
    }

    fn paint(&self, code: &str, text: &str) -> String {
        let text = visible(text);
        match self.mode {
            Mode::Full { color: true } => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.into_owned(),
        }
    }

    /// Less bright.
    pub(crate) fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Bright.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn red(&self, text: &str) -> String {
        self.paint("31", text)
    }

    fn green(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn yellow(&self, text: &str) -> String {
        self.paint("33", text)
    }
}

/// `: May it go out?`, and below it a line for each thing that is shown with it.
fn question(kind: &str, what: &str, show: Option<&serde_json::Value>) -> String {
    let mut text = String::new();
    if kind == "human" && !what.is_empty() {
        text.push_str(": ");
        text.push_str(&terminal::indented(what));
    }
    let Some(serde_json::Value::Object(show)) = show else { return text };
    for (label, value) in show {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        text.push_str(&format!("\n    {}: {}", one_line(label), terminal::indented(&value)));
    }
    text
}

/// `(path: "notes", lines: 20)`, cut to what fits in a line.
fn call_line(arguments: Option<&serde_json::Value>) -> String {
    const MOST: usize = 100;
    let Some(serde_json::Value::Object(arguments)) = arguments else { return String::new() };
    let written: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let written = written.join(", ");
    match written.char_indices().nth(MOST) {
        Some((end, _)) => format!("({}…)", written.get(..end).unwrap_or_default()),
        None => format!("({written})"),
    }
}

/// `openai/gpt-5-mini · 1.2s · 12+30 tokens · $0.0004`.
pub(crate) fn cost_line(target: Option<&str>, spent: Spent) -> String {
    let mut parts = Vec::new();
    parts.extend(target.map(str::to_string));
    parts.push(time(Duration::from_millis(spent.time)));
    if spent.calls > 0 {
        parts.push(format!("{}+{} tokens", spent.input, spent.output));
        parts.push(spent.cost.map_or_else(|| "price unknown".to_string(), money));
    }
    parts.join(" · ")
}

/// A duration as people read it.
pub(crate) fn time(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..60_000 => format!("{:.1}s", duration.as_secs_f64()),
        _ => format!("{}m{:02}s", millis / 60_000, millis / 1_000 % 60),
    }
}

/// Billionths of a dollar as people read them.
pub(crate) fn money(nanos: i64) -> String {
    agentrun_lang::value::Money::usd_nanos(i128::from(nanos)).to_string()
}
