//! A stream's events as the dialects read them: JSON, the word that ends it, or its end. A malformed event is left
//! out and counted.

use serde_json::Value;

use super::http::Answer;
use super::read::DONE;
use super::sse::Parser;
use super::{ErrorClass, ProviderError, fault, json};

/// What comes next.
pub(super) enum Piece {
    /// An event's data.
    Json(Value),
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
                if data == DONE {
                    return Ok(Piece::Done);
                }
                let value = json::read(data.as_bytes());
                if event.name == "error" {
                    return Err(fault::of_event(&value.unwrap_or_else(|| data.into())));
                }
                let Some(value) = value else {
                    self.malformed += 1;
                    continue;
                };
                return fault::in_band(&value).map_or(Ok(Piece::Json(value)), Err);
            }
            if self.ended {
                return Ok(Piece::End);
            }
            if let Some(bytes) = self.answer.chunk().await? {
                self.parser.push(bytes.as_ref());
            } else {
                self.ended = true;
                self.parser.finish();
            }
        }
    }

    /// Content has come: from now on only silence counts.
    pub(super) fn content_came(&mut self) {
        self.answer.content_came();
    }

    /// What to say of a stream in which nothing could be read; `None` where something could.
    pub(super) fn nothing(&self) -> Option<ProviderError> {
        let left_out = self.malformed + self.parser.skipped();
        let (class, said) = match (self.seen, left_out) {
            (0, 0) => (ErrorClass::Empty, "the stream has no event".into()),
            (seen, _) if seen == self.malformed => {
                (ErrorClass::BadFormat, format!("none of the stream's {left_out} events can be read"))
            }
            _ => return None,
        };
        Some(ProviderError::of(class, said).at(self.answer.place()))
    }
}
