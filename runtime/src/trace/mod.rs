//! Span names and fields, after OpenTelemetry's GenAI semantic conventions. Every span of a run stands inside
//! `agentrun.run`, so each line of a log carries the run's id.

use tracing::{Span, info_span};

/// The span of a run.
pub fn run(run: &str, agent: &str, program: &str) -> Span {
    info_span!(
        "agentrun.run",
        otel.name = format!("invoke_agent {agent}"),
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.name = agent,
        gen_ai.conversation.id = run,
        agentrun.program = program,
    )
}

/// The span of an effect: a state's model call, tool call or question.
pub fn effect(id: &str, kind: &str, what: &str) -> Span {
    info_span!(
        "agentrun.state",
        agentrun.effect = id,
        agentrun.effect.kind = kind,
        agentrun.effect.what = what
    )
}

/// The span of one attempt at a provider. Usage and finish reason are recorded when it ends.
pub fn attempt(target: &str, attempt: u32) -> Span {
    let (provider, model) = target.split_once('/').unwrap_or(("", target));
    info_span!(
        "agentrun.call",
        otel.name = format!("chat {model}"),
        otel.kind = "client",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider,
        gen_ai.request.model = model,
        agentrun.attempt = attempt,
        gen_ai.response.model = tracing::field::Empty,
        gen_ai.response.finish_reasons = tracing::field::Empty,
        gen_ai.usage.input_tokens = tracing::field::Empty,
        gen_ai.usage.output_tokens = tracing::field::Empty,
        error.type = tracing::field::Empty,
    )
}

/// The span of one tool call.
pub fn tool(name: &str) -> Span {
    info_span!(
        "agentrun.tool",
        otel.name = format!("execute_tool {name}"),
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = name,
        error.type = tracing::field::Empty,
    )
}
