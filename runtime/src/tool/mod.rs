//! Tools: files, requests and commands, each behind its `allow`. A [`Toolbox`] is built from a program and calls
//! its tools by id. Tools whose body is an agent are run by the machine; those of an MCP server are not served here.

mod bind;
mod exec;
mod file;
mod http;
pub mod permission;
mod reads;
mod reply;
pub mod sandbox;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{self, Builtin, EffectClass, Program, ToolBody, ToolId};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labeled, Labels, Value};
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::bind::Binding;
use self::exec::ExecTool;
use self::file::FileTool;
use self::http::HttpTool;
use self::permission::PathRules;
use self::reads::Secrets;
use self::reply::Shape;
use self::sandbox::Confinement;
use crate::error::{Commit, Failure, FailureKind};

/// Where tools work, and with what.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The work folder: relative paths start here, commands run here.
    pub folder: PathBuf,
    /// The program's own files, which no tool may change.
    pub protected: Vec<PathBuf>,
    /// The program that acts as [`sandbox::exec_main`] when its first argument is [`sandbox::EXEC_WORD`].
    pub launcher: PathBuf,
    /// Whether `sandbox: off` is honoured.
    pub allow_unsandboxed: bool,
    /// What `env.X` in a declaration reads. A command gets none of it but `PATH`, `TZ` and what its `env:` names.
    pub env: BTreeMap<String, String>,
    /// Keys of the configuration, which no result may show.
    pub keys: Vec<SecretString>,
}

/// What a call belongs to.
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    /// Of the effect: the same when it is repeated, another for every other.
    pub idempotency_key: String,
    /// The value of the tool's `once`: goes first where there is one.
    pub once: Option<Value>,
    /// Of one attempt; unwritten: the tool's.
    pub timeout: Option<Duration>,
    /// What the budgets leave for all attempts; what it ends is a `budget` without a scope, not a `timeout`.
    pub deadline: Option<Duration>,
    /// Further attempts, where the effect class, the failure or `once` allows one.
    pub retry: u32,
    /// Fired, what is under way ends as `canceled`: a request is given up, a command is waited for until it is gone.
    pub stop: CancellationToken,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Called {
    /// Its value with its labels.
    pub result: Result<(Value, Labels), Failure>,
    /// Attempts made.
    pub attempts: u32,
    /// How the command of the last attempt was confined, where there was one.
    pub confinement: Option<Confinement>,
}

/// A tool that cannot work as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tool `{tool}`: {message}")]
pub struct ToolFault {
    /// Its name.
    pub tool: Name,
    /// Where its name stands.
    pub span: Span,
    /// What is wrong, and the mend.
    pub message: String,
}

/// What one attempt is given.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// One a parameter, each of its parameter's type.
    pub args: &'a [Labeled],
    /// What makes a repetition known as one.
    pub idempotency_key: &'a str,
    /// How long it may take.
    pub timeout: Duration,
    /// Ends it before its time.
    pub stop: &'a CancellationToken,
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its value.
    pub result: Result<Value, Failure>,
    /// How its command was confined, where there was one.
    pub confinement: Option<Confinement>,
}

/// Something that does a tool's work.
pub trait Tool: Send + Sync {
    /// One attempt. Dropped, it ends what it began.
    fn call<'a>(&'a self, invocation: Invocation<'a>) -> BoxFuture<'a, Attempt>;

    /// Whether an attempt takes note of [`Invocation::stop`], and is over only when what it began is; else it is
    /// dropped.
    fn ends_itself(&self) -> bool {
        false
    }
}

/// Attempts under way at once: each may hold processes and descriptors, and a model may ask for any number of calls
/// in one turn.
const SIDE_BY_SIDE: usize = 32;

/// The tools of a program.
pub struct Toolbox {
    program: Arc<Program>,
    tools: Vec<Place>,
    seats: Semaphore,
}

enum Place {
    Here(Box<dyn Tool>, Secrets),
    /// The reason why it is not called here.
    Elsewhere(&'static str),
}

impl Toolbox {
    /// Makes every tool of the program ready. Nothing is opened or started.
    pub fn new(program: Arc<Program>, settings: &Settings) -> Result<Self, ToolFault> {
        let tools = program
            .tools
            .iter()
            .map(|tool| {
                place(&program, tool, settings).map_err(|message| ToolFault {
                    tool: tool.name.clone(),
                    span: tool.span,
                    message,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { program, tools, seats: Semaphore::new(SIDE_BY_SIDE) })
    }

    /// Calls a tool, and again where it failed and a repetition is allowed and can do no harm.
    pub async fn call(&self, id: ToolId, args: &[Labeled], context: &CallContext) -> Called {
        let (Some(tool), Some(place)) = (self.program.tool(id), self.tools.get(id.index())) else {
            return Called::failed(Failure::new(
                FailureKind::Failed,
                "there is no such tool; please report this",
            ));
        };
        let (body, secrets) = match place {
            Place::Here(body, secrets) => (body, secrets),
            Place::Elsewhere(why) => {
                return Called::failed(Failure::new(
                    FailureKind::Unavailable,
                    format!("`{}`: {why}", tool.name),
                ));
            }
        };
        let once = context.once.as_ref().filter(|once| !once.is_null()).map(ToString::to_string);
        let key = once.as_deref().unwrap_or(&context.idempotency_key);
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            let seat = match self.seat(context, started).await {
                Ok(seat) => seat,
                Err(failure) => return Called { attempts, ..Called::failed(failure) },
            };
            let left = context.deadline.map(|deadline| deadline.saturating_sub(started.elapsed()));
            let own = context.timeout.unwrap_or_else(|| usual_timeout(tool));
            let timeout = own.min(left.unwrap_or(Duration::MAX));
            attempts += 1;
            let invocation = Invocation { args, idempotency_key: key, timeout, stop: &context.stop };
            let attempt = tokio::select! {
                attempt = body.call(invocation) => attempt,
                () = context.stop.cancelled(), if !body.ends_itself() => Attempt::plain(Err(canceled())),
            };
            drop(seat);
            let failure = match attempt.result {
                Ok(value) => {
                    let labels = Labels::TOOL.union(tool.labels);
                    let confinement = attempt.confinement;
                    return Called {
                        result: Ok((secrets.scrub_value(value), labels)),
                        attempts,
                        confinement,
                    };
                }
                Err(failure) => settled(tool, secrets.scrub(failure)),
            };
            let failure = match context.deadline {
                Some(deadline) if timeout < own && started.elapsed() >= deadline => out_of_time(failure),
                _ => failure,
            };
            let pause = pause(attempts, &failure);
            let left = context.deadline.map(|deadline| deadline.saturating_sub(started.elapsed()));
            let again = attempts <= context.retry
                && may_repeat(tool.effect, once.is_some(), &failure)
                && left.is_none_or(|left| pause < left);
            if !again {
                return Called { result: Err(failure), attempts, confinement: attempt.confinement };
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = context.stop.cancelled() => return Called { attempts, ..Called::failed(canceled()) },
            }
        }
    }
}

impl Toolbox {
    /// A turn to make an attempt; an error where none came before the deadline or the stop.
    async fn seat(&self, context: &CallContext, started: Instant) -> Result<SemaphorePermit<'_>, Failure> {
        let late = async {
            match context.deadline {
                Some(deadline) => tokio::time::sleep_until(started + deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = context.stop.cancelled() => Err(canceled()),
            seat = self.seats.acquire() => seat.map_err(|_| canceled()),
            () = late => {
                let failure = Failure::new(FailureKind::Timeout, "other calls took all the time there was");
                Err(out_of_time(failure))
            }
        }
    }
}

/// True where a failed call may be made again: it only reads, nothing took place, or it carries `once`; and where
/// another attempt may end otherwise.
pub fn may_repeat(effect: EffectClass, has_once: bool, failure: &Failure) -> bool {
    let harmless = effect == EffectClass::Read || failure.commit == Commit::None || has_once;
    let passing =
        matches!(failure.kind, FailureKind::Unavailable | FailureKind::Timeout | FailureKind::Failed);
    harmless && passing
}

impl Called {
    fn failed(failure: Failure) -> Self {
        Self { result: Err(failure), attempts: 0, confinement: None }
    }
}

impl Attempt {
    /// One without a command.
    fn plain(result: Result<Value, Failure>) -> Self {
        Self { result, confinement: None }
    }
}

fn place(program: &Arc<Program>, tool: &ir::Tool, settings: &Settings) -> Result<Place, String> {
    let shape = Shape::new(Arc::clone(program), tool.ty.clone());
    let body: Box<dyn Tool> = match &tool.body {
        ToolBody::Builtin(builtin) => {
            let binding = Binding::new(*builtin, &tool.params)?;
            match builtin {
                Builtin::HttpGet => Box::new(HttpTool::get(program, tool, binding, shape, settings)?),
                Builtin::Shell => Box::new(ExecTool::shell(program, tool, binding, shape, settings)?),
                _ => {
                    let rules = PathRules::new(&settings.folder, tool.allow.as_deref(), &settings.protected)?;
                    Box::new(FileTool::new(*builtin, binding, rules, shape))
                }
            }
        }
        ToolBody::Http { .. } => Box::new(HttpTool::new(program, tool, shape, settings)?),
        ToolBody::Exec(items) => Box::new(ExecTool::new(program, tool, items, shape, settings)?),
        ToolBody::Mcp(..) => return Ok(Place::Elsewhere("tools of MCP servers come with a later version")),
        ToolBody::Agent(..) => {
            return Ok(Place::Elsewhere("it is an agent, which the machine runs; please report this"));
        }
    };
    Ok(Place::Here(body, Secrets::of(tool, settings)))
}

fn usual_timeout(tool: &ir::Tool) -> Duration {
    let usual = match &tool.body {
        ToolBody::Exec(_) | ToolBody::Builtin(Builtin::Shell) => Duration::from_mins(2),
        _ => Duration::from_mins(1),
    };
    tool.timeout.map_or(usual, Duration::from_millis)
}

/// What only reads changed nothing, whatever happened.
fn settled(tool: &ir::Tool, failure: Failure) -> Failure {
    if tool.effect == EffectClass::Read { failure.committed(Commit::None) } else { failure }
}

fn canceled() -> Failure {
    Failure::new(FailureKind::Canceled, "canceled").committed(Commit::Unknown)
}

/// What ended because nothing was left of the deadline, and not of its own time, is a budget that ran out; whose,
/// the machine knows.
fn out_of_time(failure: Failure) -> Failure {
    if failure.kind != FailureKind::Timeout {
        return failure;
    }
    let kind = FailureKind::Budget { scope: String::new(), bound: "time".to_owned() };
    Failure { kind, ..failure }
}

/// How long to wait before the next attempt: what the other side asked for, else longer each time.
fn pause(attempts: u32, failure: &Failure) -> Duration {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(10);
    let doubled = FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(LONGEST);
    failure.retry_after.unwrap_or_else(|| doubled.mul_f64(0.5 + fastrand::f64() / 2.0))
}
