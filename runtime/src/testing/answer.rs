//! The `mock` lines of a test as a script, which answers as every script does: in turn, the last one again and again.

use std::path::Path;
use std::time::Duration;

use agentrun_lang::eval::{Env, Observed, eval};
use agentrun_lang::ir::{ExpectFunction, Expr, ExprKind, Function, Program, Test};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Value, to_json};
use serde_json::Value as Json;

use super::spot::{Who, find, who};
use crate::call::provider::ErrorClass;
use crate::call::provider::scripted::{AnswerLine, ModelFault, ModelReplyLine, Script};

/// A line of a test that cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Wrong {
    /// Where.
    pub span: Span,
    /// One line that says why.
    pub message: String,
}

/// What a mock says.
enum Said {
    Value(Value),
    /// It fails, with this event.
    Fails(String),
    /// A planner's turn: tools by name, with arguments.
    Calls(Vec<(String, Json)>),
}

/// The script that a test's mocks are.
pub(super) fn script(program: &Program, test: &Test, folder: &Path) -> Result<Script, Wrong> {
    let mut script = Script { name: format!("the test {:?}", &*test.name), ..Script::default() };
    for (path, expr) in &test.mocks {
        let said = Reader { program, folder }.said(expr)?;
        if path.contains('[') {
            script.candidates.entry(path.to_string()).or_default().push(reply(said));
            continue;
        }
        let answered = find(program, test.agent, path).map_or(Who::Model, |spot| who(program, spot));
        match answered {
            Who::Person => script.human.entry(path.to_string()).or_default().push(line(said)),
            Who::Tool | Who::Agent => script.tools.entry(path.to_string()).or_default().push(line(said)),
            Who::Model | Who::Nobody => script.replies.entry(path.to_string()).or_default().push(reply(said)),
        }
    }
    Ok(script)
}

/// Computes what a test's lines say.
pub(super) struct Reader<'a> {
    pub(super) program: &'a Program,
    /// Where `file("…")` begins.
    pub(super) folder: &'a Path,
}

impl Reader<'_> {
    /// A constant of a test: an argument, a mock's answer.
    pub(super) fn value(&self, expr: &Expr) -> Result<Value, Wrong> {
        let env = Env { observed: Some(self), ..Env::new(&self.program.types, &[]) };
        let computed =
            eval(expr, &env).map_err(|error| Wrong { span: error.span, message: error.message })?;
        Ok(computed.value)
    }

    fn said(&self, expr: &Expr) -> Result<Said, Wrong> {
        match &expr.kind {
            ExprKind::Call(Function::Error, args) => match args.as_slice() {
                [event] => Ok(Said::Fails(self.value(event)?.to_string())),
                _ => Err(wrong(expr, "`error` takes the name of an event")),
            },
            ExprKind::Call(Function::ToolCall, _) => Ok(Said::Calls(vec![self.tool_call(expr)?])),
            ExprKind::List(turns) if !turns.is_empty() && turns.iter().all(is_tool_call) => {
                turns.iter().map(|turn| self.tool_call(turn)).collect::<Result<_, _>>().map(Said::Calls)
            }
            _ => self.value(expr).map(Said::Value),
        }
    }

    fn tool_call(&self, expr: &Expr) -> Result<(String, Json), Wrong> {
        let ExprKind::Call(Function::ToolCall, args) = &expr.kind else {
            return Err(wrong(expr, "a planner's turn calls a tool"));
        };
        match args.as_slice() {
            [name, given] => Ok((self.value(name)?.to_string(), to_json(&self.value(given)?))),
            _ => Err(wrong(expr, "a planner's turn names a tool and its arguments")),
        }
    }
}

impl Observed for Reader<'_> {
    fn observe(&self, _: ExpectFunction, _: &[Value]) -> Result<Value, String> {
        Err("this is known only once the run is over: write it behind `expect`".to_owned())
    }

    fn file(&self, path: &str) -> Result<Value, String> {
        let text = std::fs::read_to_string(self.folder.join(path));
        text.map(Value::text).map_err(|error| format!("cannot read {path}: {error}"))
    }
}

fn wrong(expr: &Expr, message: &str) -> Wrong {
    Wrong { span: expr.span, message: message.to_owned() }
}

fn is_tool_call(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call(Function::ToolCall, _))
}

fn line(said: Said) -> AnswerLine {
    match said {
        Said::Value(value) => AnswerLine::Value(to_json(&value)),
        Said::Fails(event) => {
            let message = format!("mocked: {event}");
            AnswerLine::Error(event, message)
        }
        Said::Calls(calls) => {
            AnswerLine::Value(calls.into_iter().map(|(name, _)| Json::from(name)).collect())
        }
    }
}

fn reply(said: Said) -> ModelReplyLine {
    match said {
        Said::Value(Value::String(text)) => ModelReplyLine::Text(text.to_string()),
        Said::Value(value) => ModelReplyLine::Text(to_json(&value).to_string()),
        Said::Calls(calls) => ModelReplyLine::Calls { text: String::new(), calls },
        Said::Fails(event) => {
            let message = format!("mocked: {event}");
            let class = match event.as_str() {
                "timeout" => ErrorClass::TimeoutTotal,
                "unavailable" => ErrorClass::Server,
                "refused" => return ModelReplyLine::Refusal(message),
                // What no single attempt can come to is how the whole call ends.
                _ => return ModelReplyLine::Ends(event, message),
            };
            let fault = ModelFault { class, message, retry_after: Some(Duration::ZERO), text: String::new() };
            ModelReplyLine::Fault(fault)
        }
    }
}
