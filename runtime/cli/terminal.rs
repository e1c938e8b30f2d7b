//! A run's questions on the terminal: what is written of one, and what a line that was typed makes of it. Who
//! writes and when is said elsewhere; only the reading of lines happens here.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use agentrun_lang::value::{TypeTable, Value, to_json, type_text};
use agentrun_runtime::driver::{Form, Question};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::visible::{one_line, visible};

/// True when a person can be asked: both ends are a terminal.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Lines of standard input, each read when it is wanted.
pub(crate) struct Typed {
    wanted: Sender<()>,
    lines: UnboundedReceiver<String>,
    reading: bool,
}

impl Typed {
    /// Reads on a thread of its own: a terminal cannot be told to stop waiting.
    pub(crate) fn new() -> Self {
        let (wanted, wishes) = channel();
        let (sender, lines) = unbounded_channel();
        tokio::task::spawn_blocking(move || {
            while wishes.recv().is_ok() {
                let mut line = Vec::new();
                let read = io::stdin().lock().read_until(b'\n', &mut line);
                let line = String::from_utf8_lossy(&line).into_owned();
                // A closed input gives nothing any more, and a run that is over takes nothing.
                if !matches!(read, Ok(1..)) || sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { wanted, lines, reading: false }
    }

    /// The next line without the blanks around it; `None` once the input is closed. Given up, the line goes to who
    /// asks next.
    pub(crate) async fn line(&mut self) -> Option<String> {
        if !self.reading {
            self.wanted.send(()).ok()?;
            self.reading = true;
        }
        let line = self.lines.recv().await?;
        self.reading = false;
        Some(line.trim().to_string())
    }
}

/// A question that is on the screen.
pub(crate) struct Asked {
    question: Question,
    /// The answer, once only a comment is missing.
    decided: Option<Value>,
}

/// What a line makes of a question.
pub(crate) enum Step {
    /// It is answered.
    Answered,
    /// It is still open; this is to be written.
    Open(Asked, String),
}

impl Asked {
    /// A question, and what is to be written of it: it ends where the person types.
    pub(crate) fn new(question: Question, types: &TypeTable) -> (Self, String) {
        let mut text = format!("\n? {}\n", visible(&question.state));
        for (label, value) in &question.show {
            text.push_str(&format!("  {}: {}\n", one_line(label), shown(value)));
        }
        if !question.prompt.is_empty() {
            text.push_str(&format!("  {}\n", indented(&question.prompt)));
        }
        text.push_str(&prompt(&question.form, types));
        (Self { question, decided: None }, text)
    }

    /// Ends once nobody waits for the answer any more.
    pub(crate) async fn withdrawn(&mut self) {
        self.question.answer.closed().await;
    }

    /// Takes what was typed.
    pub(crate) fn take(mut self, line: &str, types: &TypeTable) -> Step {
        if let Some(decided) = self.decided.take() {
            return self.answer(commented(decided, line));
        }
        match parse(&self.question.form, line, types) {
            Ok(answer) if matches!(self.question.form, Form::Value(_)) => self.answer(answer),
            Ok(answer) => {
                self.decided = Some(answer);
                Step::Open(self, "  a comment (or nothing): ".to_string())
            }
            Err(reason) => {
                let again = format!("  {}\n{}", visible(&reason), prompt(&self.question.form, types));
                Step::Open(self, again)
            }
        }
    }

    /// The input was closed: what was decided holds without a comment, everything else stays unanswered.
    pub(crate) fn close(mut self) {
        if let Some(decided) = self.decided.take() {
            self.answer(commented(decided, ""));
        }
    }

    fn answer(self, answer: Value) -> Step {
        // The run may have ended meanwhile.
        let _ = self.question.answer.send(answer);
        Step::Answered
    }
}

/// A value as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => indented(text),
        Value::Record(_) | Value::List(_) => visible(&to_json(value).to_string()).into_owned(),
        // Money and durations as a program writes them.
        scalar => indented(&scalar.to_string()),
    }
}

/// Further lines stand behind the first, so that none passes for one of ours.
pub(crate) fn indented(text: &str) -> String {
    visible(text).replace('\n', "\n    ")
}

fn prompt(form: &Form, types: &TypeTable) -> String {
    match form {
        Form::Approval => "  yes or no? ".into(),
        Form::Choice(words) => format!("  {}? ", words.join(" | ")),
        Form::Value(ty) => {
            let shape = one_line(&type_text(ty, types)).split_whitespace().collect::<Vec<_>>().join(" ");
            let named = ty.display(types).to_string();
            // A name alone says nothing of what to type.
            if shape == named { format!("  ({named}) ") } else { format!("  ({named}: {shape}) ") }
        }
    }
}

/// What a line says to a question of that form.
pub(crate) fn parse(form: &Form, line: &str, types: &TypeTable) -> Result<Value, String> {
    match form {
        Form::Approval => match line.to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(Value::record([("approved", Value::Bool(true))])),
            "n" | "no" => Ok(Value::record([("approved", Value::Bool(false))])),
            _ => Err("say yes or no".into()),
        },
        Form::Choice(words) => words
            .iter()
            .find(|word| word.eq_ignore_ascii_case(line))
            .map(|word| {
                Value::record([("approved", Value::Bool(true)), ("choice", Value::text(word.clone()))])
            })
            .ok_or_else(|| format!("one of {}", words.join(", "))),
        Form::Value(ty) => crate::input::typed(line, ty, types),
    }
}

/// A decision with a comment, and with who made it.
fn commented(answer: Value, comment: &str) -> Value {
    let Value::Record(record) = answer else { return answer };
    let mut record = Arc::unwrap_or_clone(record);
    if !comment.is_empty() {
        record.insert("comment".into(), Value::text(comment));
    }
    signed(Value::Record(Arc::new(record)))
}

/// A decision with who made it, unless it says that itself.
pub(crate) fn signed(answer: Value) -> Value {
    let Value::Record(record) = answer else { return answer };
    let mut record = Arc::unwrap_or_clone(record);
    if record.contains_key("by") {
        return Value::Record(Arc::new(record));
    }
    let by = std::env::var("USER").ok().filter(|name| !name.is_empty());
    record.insert("by".into(), Value::text(by.unwrap_or_else(|| "terminal".into())));
    Value::Record(Arc::new(record))
}
