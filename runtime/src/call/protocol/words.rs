//! What models are told beside the program's own words: the type of the answer, the tools, what was wrong.

use std::fmt::Write as _;

use agentrun_lang::value::{Type, type_text};

use super::Protocol;
use crate::call::provider::{Caps, SchemaDialect};
use crate::call::request::CallRequest;
use crate::chat::ToolSpec;

/// What a planner is told that has answered in words, with what tools gave or without.
pub(super) fn form(has_used_tools: bool) -> &'static str {
    if has_used_tools {
        "Put that answer in the form that is asked for. Add nothing that is not in it or above."
    } else {
        "If that is the answer, put it in the form that is asked for. If you do not know it yet, call a tool."
    }
}

/// What a planner is told that asks again for what it has been given.
pub(super) const NUDGE: &str = "You have called that already; its result stands above and is still the same. If it \
    answers the question, answer it now. If something is still missing, call another tool, or give other arguments.";

/// What it is told when that does not help.
pub(super) const CONCLUDE: &str = "Call nothing more. Answer the question now, from what stands above.";

/// What this model is told about tools and the type of the answer, if anything.
pub(super) fn instructions(
    request: &CallRequest,
    caps: &Caps,
    protocol: Protocol,
    ty: Option<&Type>,
) -> Option<String> {
    let ty = ty.map(|ty| type_text(ty, &request.program.types));
    match protocol {
        // A provider with a schema of its own dialect tells the model itself; others constrain it without a word.
        Protocol::None if caps.schema && caps.dialect != SchemaDialect::Full => None,
        Protocol::None => ty.map(|ty| format!("Answer with JSON and nothing else. Its type:\n{ty}")),
        Protocol::Native => ty.map(|ty| {
            format!(
                "Call tools as you need them. Your last message, the one without a tool call, must be JSON and \
                 nothing else. Its type:\n{ty}"
            )
        }),
        Protocol::Schema => Some(by_schema(&request.call.tools, ty.as_deref())),
        Protocol::Text => Some(by_text(&request.call.tools, ty.as_deref())),
    }
}

/// What is said to a model whose answer does not fit.
pub(super) fn complaint(violations: &[String], planner: bool) -> String {
    let mut text = String::from("That does not fit:\n");
    for violation in violations {
        let _ = writeln!(text, "- {violation}");
    }
    text.push_str(if planner {
        "Go on from there: call a tool, or give the answer, in the form that was asked for."
    } else {
        "Give the whole answer again with this put right, and nothing else."
    });
    text
}

fn by_schema(tools: &[ToolSpec], ty: Option<&str>) -> String {
    let answer = match ty {
        Some(ty) => format!("{{\"answer\": …}} with an answer of this type:\n{ty}"),
        None => "{\"answer\": \"…\"} with the answer as text.".to_string(),
    };
    format!(
        "You can call tools. They are:\n{}\nReply with JSON. To call a tool: {{\"tool\": \"NAME\", \"arguments\": {{…}}}}; \
         its result comes with the next message. Once you know what you need: {answer}",
        list(tools)
    )
}

fn by_text(tools: &[ToolSpec], ty: Option<&str>) -> String {
    let answer = match ty {
        Some(ty) => format!("reply with JSON and nothing else, of this type:\n{ty}"),
        None => "reply with the answer in plain words, without such a block.".to_string(),
    };
    format!(
        "You can call tools. They are:\n{}\nTo call one, reply with one block like this and nothing else:\n\
         ```json\n{{\"tool\": \"NAME\", \"arguments\": {{…}}}}\n```\n\
         Its result comes with the next message. Never invent a result. Once you know what you need, {answer}",
        list(tools)
    )
}

fn list(tools: &[ToolSpec]) -> String {
    tools.iter().fold(String::new(), |mut text, tool| {
        let about =
            if tool.description.is_empty() { String::new() } else { format!(": {}", tool.description) };
        let _ = writeln!(text, "- `{}`{about}\n  arguments as JSON Schema: {}", tool.name, tool.parameters);
        text
    })
}
