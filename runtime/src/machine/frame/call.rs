//! `call`: one tool, without a model. A tool that an agent stands behind runs as a frame.

use agentrun_lang::ast::Name;
use agentrun_lang::eval::eval;
use agentrun_lang::ir::{AgentId, Bounds, Call, EffectClass, Expr, StateId, Tool, ToolBody};
use agentrun_lang::value::{Labeled, Labels};

use super::super::arena::Key;
use super::super::budget::Spends;
use super::super::context::{Cx, lost};
use super::super::label::type_labels;
use super::super::raise::Raised;
use super::super::{Answer, CallTool, EffectId, EffectKind, ScopeId};
use super::run_agent::{Start, enter, outward};
use super::{Came, Frame, Next, Owner, Place, Work};
use crate::error::{Failure, FailureKind};

/// Begins a `call`.
pub(in super::super) fn begin(
    cx: &mut Cx<'_, '_>,
    place: Place,
    id: StateId,
    op: &Call,
    path: Name,
) -> Result<Next, Box<Raised>> {
    let tool = cx.program.tool(op.tool).ok_or_else(|| lost("a tool"))?;
    let args = cx.arguments(place, &tool.name, &tool.params, &op.args)?;
    if let ToolBody::Agent(agent, inner) = &tool.body {
        let request = AgentTool { tool, agent: *agent, inner, timeout: op.timeout.or(tool.timeout) };
        let frame = start_agent(cx, place.owner(), &request, args, &format!("{path}/"))?;
        cx.visit_mut(place)?.work = Work::Frame(frame, 1);
        return Ok(Next::Open);
    }
    let effect = EffectId(path);
    let call = CallTool {
        tool: op.tool,
        once: once(cx, place, tool, &args)?,
        args,
        timeout: op.timeout.or(tool.timeout),
        retry: op.retry,
        state: cx.name(place.frame, id)?,
    };
    cx.request(place.owner(), effect.clone(), Spends::Time, EffectKind::CallTool(call))?;
    cx.visit_mut(place)?.work = Work::Effect(effect);
    Ok(Next::Open)
}

/// The tool's outcome.
pub(in super::super) fn resume(
    cx: &mut Cx<'_, '_>,
    place: Place,
    op: &Call,
    result: Result<Answer, Failure>,
) -> Came {
    cx.take_work(place)?;
    let tool = cx.program.tool(op.tool).ok_or_else(|| lost("a tool"))?;
    match result {
        Ok(Answer::Tool(value, labels)) => {
            let labels = labels.union(type_labels(&tool.ty, &cx.program.types));
            Ok(result_of(tool, Labeled::new(value, labels)))
        }
        Ok(_) => Err(lost("a tool's answer")),
        Err(failure) => Err(cx.fail(place, failure)),
    }
}

/// The agent behind the tool ended. A tool that only reads is tried again where the state says so.
pub(in super::super) fn resume_agent(
    cx: &mut Cx<'_, '_>,
    place: Place,
    op: &Call,
    came: Came,
) -> Result<Next, Box<Raised>> {
    let Work::Frame(_, attempt) = cx.take_work(place)? else { return Err(lost("a tool's agent")) };
    let tool = cx.program.tool(op.tool).ok_or_else(|| lost("a tool"))?;
    let path = cx.visited(place)?.2;
    let raised = match came {
        Ok(value) => return Ok(Next::Done(result_of(tool, value))),
        Err(raised) => as_tool(tool, &raised, &scope(&attempt_path(&path, attempt))),
    };
    let again = attempt <= op.retry && tool.effect == EffectClass::Read && raised.failure.kind.is_error();
    let ToolBody::Agent(agent, inner) = &tool.body else { return Err(lost("a tool's agent")) };
    if !again {
        return Err(raised);
    }
    let args = cx.arguments(place, &tool.name, &tool.params, &op.args)?;
    let request = AgentTool { tool, agent: *agent, inner, timeout: op.timeout.or(tool.timeout) };
    let prefix = format!("{}/", attempt_path(&path, attempt + 1));
    let frame = start_agent(cx, place.owner(), &request, args, &prefix)?;
    cx.visit_mut(place)?.work = Work::Frame(frame, attempt + 1);
    Ok(Next::Open)
}

fn attempt_path(path: &str, attempt: u32) -> String {
    if attempt == 1 { path.to_owned() } else { format!("{path}.{attempt}") }
}

/// A tool that an agent stands behind.
pub(super) struct AgentTool<'p> {
    pub(super) tool: &'p Tool,
    pub(super) agent: AgentId,
    /// The agent's arguments, in terms of the tool's parameters.
    pub(super) inner: &'p [Expr],
    /// Milliseconds.
    pub(super) timeout: Option<u64>,
}

/// Starts the agent behind a tool; its timeout is a slice of time.
pub(super) fn start_agent(
    cx: &mut Cx<'_, '_>,
    owner: Owner,
    request: &AgentTool<'_>,
    args: Vec<Labeled>,
    prefix: &str,
) -> Result<Key<Frame>, Box<Raised>> {
    let bound: Vec<Option<Labeled>> = bound(request.tool, args);
    let read = |cx: &mut Cx<'_, '_>, expr| cx.read_tool(owner.place, &bound, |env| eval(expr, env));
    let args = request.inner.iter().map(|expr| read(cx, expr)).collect::<Result<Vec<_>, _>>()?;
    let agent = cx.program.agent(request.agent).ok_or_else(|| lost("an agent"))?;
    cx.keep_constraints(owner.place, &agent.name, &agent.params, request.inner, &args)?;
    let slice = request.timeout.map(|time| {
        let bounds = Bounds { time: Some(time), ..Bounds::default() };
        (scope(prefix.trim_end_matches('/')), bounds)
    });
    enter(cx, Some(owner), Start { agent: request.agent, args, prefix: prefix.into(), slice })
}

/// The scope of a tool's timeout.
pub(super) fn scope(path: &str) -> ScopeId {
    format!("tool {path}").into()
}

/// The value of a tool's `once`.
pub(super) fn once(
    cx: &mut Cx<'_, '_>,
    place: Place,
    tool: &Tool,
    args: &[Labeled],
) -> Result<Option<agentrun_lang::value::Value>, Box<Raised>> {
    let Some(expr) = &tool.once else { return Ok(None) };
    let bound = bound(tool, args.to_vec());
    cx.read_tool(place, &bound, |env| eval(expr, env)).map(|key| Some(key.value))
}

fn bound(tool: &Tool, args: Vec<Labeled>) -> Vec<Option<Labeled>> {
    let labeled = |(arg, param): (Labeled, &agentrun_lang::ir::Param)| {
        Some(Labeled::new(arg.value, arg.labels.union(param.labels)))
    };
    args.into_iter().zip(&tool.params).map(labeled).collect()
}

/// A tool's result with the labels that its declaration adds.
pub(super) fn result_of(tool: &Tool, result: Labeled) -> Labeled {
    Labeled::new(result.value, result.labels.union(Labels::TOOL).union(tool.labels))
}

/// What the agent behind a tool raised, in the tool's words: an error of its own by the name that `fail` gave,
/// its timeout, what every tool may raise; `failed` where it is none of them.
pub(super) fn as_tool(tool: &Tool, raised: &Raised, scope: &str) -> Box<Raised> {
    let kind = match &raised.failure.kind {
        FailureKind::Budget { scope: out, .. } if out == scope => FailureKind::Timeout,
        FailureKind::Failed if tool.errors.iter().any(|error| **error == *raised.failure.message) => {
            FailureKind::Tool(raised.failure.message.clone())
        }
        kind @ (FailureKind::Timeout
        | FailureKind::Unavailable
        | FailureKind::Denied
        | FailureKind::Invalid
        | FailureKind::Canceled) => kind.clone(),
        _ => return outward(raised, FailureKind::Failed),
    };
    let failure = Failure { kind, ..raised.failure.clone() };
    Raised::new(failure, raised.span, raised.state.clone())
}
