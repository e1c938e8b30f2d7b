//! What came out of a tool, made into a value of the type its signature gives.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::Program;
use agentrun_lang::value::{Media, MediaSource, Type, Value, Violation, complete, read_json, validate};

use crate::error::{Failure, FailureKind};
use crate::machine::clip;

/// What came out, before it has a type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// Nothing but that it was done, in words.
    Done(String),
    /// A text; where the type is no text, JSON.
    Text(String),
    /// Raw bytes, and what they are where that is known.
    Bytes { bytes: Vec<u8>, mime: Option<String> },
    /// Short texts, one a line.
    Lines(Vec<String>),
    /// Lines of files: path, line number, text; and whether there are more.
    Matches { matches: Vec<(String, usize, String)>, more: bool },
}

/// A tool's type with what is needed to fit a result into it.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    program: Arc<Program>,
    ty: Type,
}

impl Shape {
    pub(super) fn new(program: Arc<Program>, ty: Type) -> Self {
        Self { program, ty }
    }

    /// True where a text is given as it is.
    pub(super) fn wants_text(&self) -> bool {
        matches!(self.kind(), Type::String)
    }

    /// True where bytes are not read as a text.
    pub(super) fn wants_bytes(&self) -> bool {
        matches!(self.kind(), Type::Bytes | Type::Image | Type::Pdf)
    }

    /// True where saying nothing is a result: it was done.
    pub(super) fn wants_success(&self) -> bool {
        matches!(self.kind(), Type::Null | Type::Bool)
    }

    /// The value; `invalid` where the type cannot be made of it. What took place stays for the caller to say.
    pub(super) fn fit(&self, body: Body) -> Result<Value, Failure> {
        match self.kind() {
            Type::Null => Ok(Value::Null),
            Type::String => self.check(Value::text(clip(body.into_text()))),
            Type::Bytes | Type::Image | Type::Pdf => self.fit_bytes(body),
            Type::Bool if matches!(body, Body::Done(_)) => Ok(Value::Bool(true)),
            _ => self.fit_json(body),
        }
    }

    fn kind(&self) -> &Type {
        self.program.types.resolve(self.ty.required())
    }

    fn fit_bytes(&self, body: Body) -> Result<Value, Failure> {
        let (bytes, mime) = match body {
            Body::Bytes { bytes, mime } => (bytes, mime),
            other => (other.into_text().into_bytes(), None),
        };
        let mime = mime.unwrap_or_default();
        let wanted = match self.kind() {
            Type::Image => mime.starts_with("image/"),
            Type::Pdf => mime == "application/pdf",
            _ => return Ok(Value::Bytes(bytes.into())),
        };
        if !wanted {
            let found = if mime.is_empty() { "something unknown" } else { &mime };
            return Err(self.misfit(&format!("found {found}")));
        }
        Ok(Value::Media(Media { mime: Name::from(mime), source: MediaSource::Bytes(bytes.into()) }))
    }

    fn fit_json(&self, body: Body) -> Result<Value, Failure> {
        match body {
            Body::Lines(lines) => self.check(Value::list(lines.into_iter().map(Value::text))),
            Body::Matches { matches, .. } if self.wants_lines() => {
                self.check(Value::list(matches.into_iter().map(|found| Value::text(grep_line(&found)))))
            }
            Body::Matches { matches, .. } => self.check(Value::list(matches.into_iter().map(record))),
            Body::Done(text) | Body::Text(text) => self.parse(&text),
            Body::Bytes { bytes, .. } => match String::from_utf8(bytes) {
                Ok(text) => self.parse(&text),
                Err(_) => Err(self.misfit("found bytes that are no UTF-8 text")),
            },
        }
    }
}

impl Shape {
    /// JSON of the type; a bare text is read as a string, so that a command may print `ready` or `1h30m`.
    fn parse(&self, text: &str) -> Result<Value, Failure> {
        if text.trim().is_empty() && matches!(self.ty, Type::Optional(_)) {
            return Ok(Value::Null);
        }
        let json = match serde_json::from_str(text) {
            Ok(json) => json,
            Err(error) if self.expects_json() => {
                return Err(self.misfit(&format!("found text that is no JSON ({error}): {}", begin(text))));
            }
            Err(_) => serde_json::Value::String(text.trim().to_owned()),
        };
        self.read(&json)
    }

    fn read(&self, json: &serde_json::Value) -> Result<Value, Failure> {
        let read = read_json(json, &self.ty, &self.program.types);
        read.map(|read| read.value).map_err(|violations| self.misfit(&listed(&violations)))
    }

    fn check(&self, value: Value) -> Result<Value, Failure> {
        let violations = validate(&value, &self.ty, &self.program.types);
        if violations.is_empty() {
            return Ok(complete(value, &self.ty, &self.program.types));
        }
        Err(self.misfit(&listed(&violations)))
    }

    fn expects_json(&self) -> bool {
        matches!(
            self.kind(),
            Type::Json
                | Type::Bool
                | Type::Int
                | Type::Float
                | Type::List(_)
                | Type::Map(_)
                | Type::Named(_)
                | Type::Shape(_)
        )
    }

    fn wants_lines(&self) -> bool {
        matches!(self.kind(), Type::List(item) if matches!(self.program.types.resolve(item), Type::String))
    }

    fn misfit(&self, found: &str) -> Failure {
        let ty = self.ty.display(&self.program.types);
        Failure::new(FailureKind::Invalid, format!("the result is no `{ty}`: {found}"))
    }
}

impl Body {
    fn into_text(self) -> String {
        match self {
            Self::Done(text) | Self::Text(text) => text,
            Self::Bytes { bytes, .. } => String::from_utf8_lossy(&bytes).into_owned(),
            Self::Lines(lines) => lines.join("\n"),
            Self::Matches { matches, more } => {
                let mut lines: Vec<String> = matches.iter().map(grep_line).collect();
                if more {
                    lines.push(format!("[more than {} lines match; narrow the pattern]", matches.len()));
                }
                lines.join("\n")
            }
        }
    }
}

/// The first few of what is wrong.
fn listed(violations: &[Violation]) -> String {
    const SHOWN: usize = 3;
    let mut listed: Vec<_> = violations.iter().take(SHOWN).map(ToString::to_string).collect();
    if violations.len() > SHOWN {
        listed.push(format!("and {} more", violations.len() - SHOWN));
    }
    listed.join("; ")
}

fn begin(text: &str) -> String {
    const SHOWN: usize = 200;
    let line = text.trim().replace('\n', " ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", line.get(..end).unwrap_or_default()),
        None => format!("`{line}`"),
    }
}

fn grep_line((path, line, text): &(String, usize, String)) -> String {
    format!("{path}:{line}: {text}")
}

fn record((path, line, text): (String, usize, String)) -> Value {
    Value::record([
        ("path", Value::text(path)),
        ("line", Value::Int(i64::try_from(line).unwrap_or(i64::MAX))),
        ("text", Value::text(text)),
    ])
}
