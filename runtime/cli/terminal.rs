//! Answers a run's questions on the terminal.

use std::io::{self, IsTerminal as _, Write as _};

use agentrun_lang::value::{TypeTable, Value, to_json};
use agentrun_runtime::driver::{Form, Question};
use tokio::sync::mpsc::UnboundedReceiver;

/// True when a person can be asked: both ends are a terminal.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Answers questions one after another until the run is over. A closed input leaves the rest unanswered.
pub(crate) fn answer(mut questions: UnboundedReceiver<Question>, types: &TypeTable) {
    while let Some(question) = questions.blocking_recv() {
        match ask(&question, types) {
            Ok(Some(answer)) => {
                // The run may have ended meanwhile.
                let _ = question.answer.send(answer);
            }
            Ok(None) | Err(_) => return,
        }
    }
}

fn ask(question: &Question, types: &TypeTable) -> io::Result<Option<Value>> {
    let mut screen = io::stderr();
    writeln!(screen, "\n? {}", question.state)?;
    for (label, value) in &question.show {
        writeln!(screen, "  {label}: {}", shown(value))?;
    }
    if !question.prompt.is_empty() {
        writeln!(screen, "  {}", question.prompt)?;
    }
    loop {
        let Some(line) = read(&mut screen, &prompt(&question.form, types))? else { return Ok(None) };
        match parse(&question.form, &line, types) {
            Ok(answer) => return with_comment(answer, &question.form, &mut screen),
            Err(reason) => writeln!(screen, "  {reason}")?,
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\n', "\n    "),
        Value::Record(_) | Value::List(_) => to_json(value).to_string(),
        // Money and durations as a program writes them.
        scalar => scalar.to_string(),
    }
}

fn prompt(form: &Form, types: &TypeTable) -> String {
    match form {
        Form::Approval => "  yes or no? ".into(),
        Form::Choice(words) => format!("  {}? ", words.join(" | ")),
        Form::Value(ty) => format!("  ({}) ", ty.display(types)),
    }
}

fn read(screen: &mut impl io::Write, prompt: &str) -> io::Result<Option<String>> {
    write!(screen, "{prompt}")?;
    screen.flush()?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim().to_string()))
}

fn parse(form: &Form, line: &str, types: &TypeTable) -> Result<Value, String> {
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

fn with_comment(answer: Value, form: &Form, screen: &mut impl io::Write) -> io::Result<Option<Value>> {
    let Value::Record(record) = &answer else { return Ok(Some(answer)) };
    if matches!(form, Form::Value(_)) {
        return Ok(Some(answer));
    }
    let mut record = (**record).clone();
    if let Some(comment) = read(screen, "  a comment (or nothing): ")?
        && !comment.is_empty()
    {
        record.insert("comment".into(), Value::text(comment));
    }
    let by = std::env::var("USER").ok().filter(|name| !name.is_empty());
    record.insert("by".into(), Value::text(by.unwrap_or_else(|| "terminal".into())));
    Ok(Some(Value::Record(std::sync::Arc::new(record))))
}
