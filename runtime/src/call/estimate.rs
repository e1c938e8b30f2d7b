//! How many tokens something comes to before a provider has counted them. On the high side, since a budget
//! reserves by it: four bytes of English a token, two of other scripts.

use agentrun_lang::value::{Media, MediaSource};

use crate::chat::{Message, Part, ToolSpec};

/// Tokens around each message: its role and its marks.
const PER_MESSAGE: u64 = 6;
/// Tokens of an image, whatever its size: the most that the large providers count for one.
const PER_IMAGE: u64 = 1_600;
/// Bytes of a PDF a token, and the least it comes to.
const PDF_BYTES: u64 = 20;
const PDF_LEAST: u64 = 3_000;

/// Tokens of a text.
pub fn text(text: &str) -> u64 {
    let foreign = text.bytes().filter(|byte| !byte.is_ascii()).count() as u64;
    let ascii = text.len() as u64 - foreign;
    ascii.div_ceil(4) + foreign.div_ceil(2)
}

/// Tokens of a conversation.
pub fn messages(messages: &[Message]) -> u64 {
    messages.iter().map(|message| PER_MESSAGE + message.parts.iter().map(part).sum::<u64>()).sum()
}

/// Tokens of the tools that are offered.
pub fn tools(tools: &[ToolSpec]) -> u64 {
    tools
        .iter()
        .map(|tool| {
            PER_MESSAGE + text(&tool.name) + text(&tool.description) + text(&tool.parameters.to_string())
        })
        .sum()
}

fn part(part: &Part) -> u64 {
    match part {
        Part::Text(content) => text(content),
        Part::Media(media) => media_tokens(media),
        Part::ToolCall(call) => text(&call.name) + text(&call.arguments.to_string()) + PER_MESSAGE,
        Part::ToolResult(result) => text(&result.content) + PER_MESSAGE,
    }
}

fn media_tokens(media: &Media) -> u64 {
    let bytes = match &media.source {
        MediaSource::Bytes(bytes) => bytes.len() as u64,
        MediaSource::Path(_) | MediaSource::Url(_) => 0,
    };
    if media.mime.starts_with("image/") { PER_IMAGE } else { (bytes / PDF_BYTES).max(PDF_LEAST) }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn english_and_other_scripts_count_on_the_high_side() {
        assert_eq!(text(""), 0);
        assert_eq!(text("hello"), 2);
        assert_eq!(text("日本語"), 5);
    }
}
