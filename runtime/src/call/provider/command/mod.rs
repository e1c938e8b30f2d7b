//! A command line that answers: the prompt goes to its standard input or into an argument, the answer comes from its
//! standard output. It runs with a clean environment, in a process group that ends with the call.

mod output;
mod process;

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::time::timeout;

use self::output::Output;
use self::process::{Exit, Process};
use super::assemble::Assembly;
use super::endpoint::CommandLine;
use super::secrets::Secrets;
use super::{Caps, Delta, ErrorClass, ModelReply, ModelRequest, Provider, ProviderError, fault, spoken};
use crate::chat::{Message, Part, Role};

/// The most bytes of an answer.
const OUTPUT_CAP: usize = 8 << 20;

/// A command that answers.
pub(super) struct Command {
    line: CommandLine,
}

impl Command {
    pub(super) fn new(line: CommandLine) -> Self {
        Self { line }
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<ModelReply, ProviderError> {
        let prompt = prompt(&request.messages)?;
        let mut assembly = Assembly::new(request, sink);
        let mut output = Output::default();
        let mut process = Process::start(&self.line, &prompt, &request.model)?;
        let read = async {
            while let Some(chunk) = process.read().await {
                if output.len() + chunk.len() > OUTPUT_CAP {
                    return None;
                }
                output.push(&chunk, &mut assembly);
            }
            Some(process.exit().await)
        };
        let ended = timeout(request.timeouts.total, read).await;
        let exit = match ended {
            Ok(Some(exit)) => exit,
            Ok(None) => {
                process.kill();
                let said = format!("its output is longer than {} MiB", OUTPUT_CAP >> 20);
                return Err(assembly.fail(ProviderError::of(ErrorClass::BadFormat, said)));
            }
            Err(_) => {
                process.stop().await;
                let said = format!("no whole answer within {}", spoken(request.timeouts.total));
                return Err(assembly.fail(ProviderError::of(ErrorClass::TimeoutTotal, said)));
            }
        };
        output.finish(&mut assembly)?;
        match exit.ok {
            false => Err(failed(&exit, assembly)),
            true if assembly.text.is_empty() => Err(silent(&exit, assembly)),
            true => assembly.finish(),
        }
    }
}

impl Provider for Command {
    fn caps(&self, _model: &str) -> Caps {
        Caps::default()
    }

    fn complete<'a>(
        &'a self,
        request: &'a ModelRequest,
        sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>> {
        async move {
            let mut secrets = Secrets::default();
            self.line.env.iter().for_each(|(_, value)| secrets.add(value));
            self.ask(request, sink).await.map_err(|error| secrets.out_of(error))
        }
        .boxed()
    }
}

/// What known commands say on their way out.
const SAYINGS: &[(&str, ErrorClass)] = &[
    ("invalid api key", ErrorClass::Unauthorized),
    ("/login", ErrorClass::Unauthorized),
    ("not logged in", ErrorClass::Unauthorized),
    ("usage limit", ErrorClass::Quota),
    ("credit balance", ErrorClass::Quota),
    ("rate limit", ErrorClass::RateLimited),
    ("prompt is too long", ErrorClass::ContextLength),
];

fn failed(exit: &Exit, assembly: Assembly<'_>) -> ProviderError {
    let words = if exit.stderr.trim().is_empty() { assembly.text.trim() } else { exit.stderr.trim() };
    let last = fault::one_line(words.lines().next_back().unwrap_or_default());
    let said = if last.is_empty() { exit.how.clone() } else { format!("{}: {last}", exit.how) };
    let class = said_class(words).unwrap_or(ErrorClass::Command);
    assembly.fail(ProviderError::of(class, said))
}

/// It ended well, and answered nothing: what it said beside it may tell why.
fn silent(exit: &Exit, assembly: Assembly<'_>) -> ProviderError {
    let last = fault::one_line(exit.stderr.trim().lines().next_back().unwrap_or_default());
    let aside = if last.is_empty() { String::new() } else { format!("; on standard error it said: {last}") };
    assembly.fail(ProviderError::of(ErrorClass::Empty, format!("the command printed no answer{aside}")))
}

/// The class of what a command says, where it is known.
fn said_class(words: &str) -> Option<ErrorClass> {
    let lower = words.to_ascii_lowercase();
    SAYINGS.iter().find(|(saying, _)| lower.contains(saying)).map(|(_, class)| *class)
}

/// A conversation as one text: the system's words, then each side under its name once there are several turns.
fn prompt(messages: &[Message]) -> Result<String, ProviderError> {
    let said: Vec<(Role, String)> = messages
        .iter()
        .map(|message| Ok((message.role, words(message)?)))
        .filter(|turn: &Result<(Role, String), ProviderError>| {
            turn.as_ref().map_or(true, |(_, text)| !text.is_empty())
        })
        .collect::<Result<_, _>>()?;
    let turns = said.iter().filter(|(role, _)| *role != Role::System).count();
    let paragraphs = said.iter().map(|(role, text)| match role {
        Role::User | Role::Tool if turns > 1 => format!("User: {text}"),
        Role::Assistant => format!("Assistant: {text}"),
        _ => text.clone(),
    });
    Ok(paragraphs.collect::<Vec<_>>().join("\n\n"))
}

fn words(message: &Message) -> Result<String, ProviderError> {
    let mut said = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text(text) => said.push(text.to_string()),
            Part::ToolCall(call) => said.push(format!("[calls {} with {}]", call.name, call.arguments)),
            Part::ToolResult(result) => said.push(format!("[{} gave: {}]", result.name, result.content)),
            Part::Media(media) => {
                let said = format!("a command line cannot be shown a `{}`", media.mime);
                return Err(ProviderError::of(ErrorClass::Unsupported, said));
            }
        }
    }
    Ok(said.join("\n"))
}
