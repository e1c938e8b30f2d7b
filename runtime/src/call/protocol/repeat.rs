//! Small models that go round and round: they ask again for what they have been given.

use crate::chat::{Message, Part, ToolCall, ToolResult, ToolSpec};

/// How far a turn's calls repeat what was asked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::call) enum Repetition {
    /// Something is new.
    None,
    /// Each was asked before, and nothing that writes was called since.
    Once,
    /// Each was asked more than once before, and gave the same every time.
    Often,
}

/// Compares a turn's calls with those before it.
pub(in crate::call) fn repetition(
    calls: &[ToolCall],
    conversation: &[Message],
    tools: &[ToolSpec],
) -> Repetition {
    let before = since_the_last_write(conversation, tools);
    calls.iter().map(|call| of_one(call, &before)).min().unwrap_or(Repetition::None)
}

fn of_one(call: &ToolCall, before: &[(&ToolCall, Option<&ToolResult>)]) -> Repetition {
    let same = |old: &ToolCall| old.name == call.name && old.arguments == call.arguments;
    let mut results =
        before.iter().filter(|(old, _)| same(old)).map(|(_, result)| result.map(|result| &result.content));
    let Some(first) = results.next() else { return Repetition::None };
    let mut more = results.peekable();
    if more.peek().is_some() && more.all(|result| result == first) {
        Repetition::Often
    } else {
        Repetition::Once
    }
}

/// Calls with their results since anything was called that writes.
fn since_the_last_write<'a>(
    conversation: &'a [Message],
    tools: &[ToolSpec],
) -> Vec<(&'a ToolCall, Option<&'a ToolResult>)> {
    let parts = || conversation.iter().rev().flat_map(|message| message.parts.iter().rev());
    let result = |id: &str| {
        parts().find_map(|part| {
            if let Part::ToolResult(result) = part { Some(result) } else { None }
                .filter(|result| result.id == id)
        })
    };
    parts()
        .filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
        .take_while(|call| tools.iter().any(|tool| tool.name == call.name && tool.reads))
        .map(|call| (call, result(&call.id)))
        .collect()
}
