//! A stream's events as the dialects read them: JSON, the word that ends it, or its end. A malformed event is left
//! out and counted.

use serde_json::Value;

use super::ProviderError;
use super::fault;
use super::http::Answer;
use super::sse::Parser;

/// What comes next.
pub(super) enum Piece {
    /// An event's name and its data.
    Json(String, Value),
    /// `[DONE]`.
    Done,
    /// Nothing more comes.
    End,
}

/// The events of one answer.
pub(super) struct Events {
    answer: Answer,
    parser: Parser,
    ended: bool,
    malformed: u64,
    seen: u64,
}

impl Events {
    pub(super) fn new(answer: Answer) -> Self {
        Self { answer, parser: Parser::default(), ended: false, malformed: 0, seen: 0 }
    }

    /// The next piece; an error that stands in the stream is this call's error.
    pub(super) async fn next(&mut self) -> Result<Piece, ProviderError> {
        loop {
            if let Some(event) = self.parser.take() {
                self.seen += 1;
                let data = event.data.trim();
                if data == "[DONE]" {
                    return Ok(Piece::Done);
                }
                let Ok(value) = serde_json::from_str::<Value>(data) else {
                    self.malformed += 1;
                    continue;
                };
                return match fault::in_band(&value) {
                    Some(error) => Err(self.answer.scrub(error)),
                    None => Ok(Piece::Json(event.name, value)),
                };
            }
            if self.ended {
                return Ok(Piece::End);
            }
            match self.answer.chunk().await? {
                Some(bytes) => self.parser.push(bytes.as_ref()),
                None => {
                    self.ended = true;
                    self.parser.finish();
                }
            }
        }
    }

    /// Content has come: from now on only silence counts.
    pub(super) fn content_came(&mut self) {
        self.answer.content_came();
    }

    /// Events that had to be left out.
    pub(super) fn left_out(&self) -> u64 {
        self.malformed + self.parser.skipped()
    }

    /// Events there were, malformed ones included.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }
}
