//! From an answer's bytes to a reply, the same way in every dialect: whole or as a stream, whichever the server chose
//! to send. What the JSON means is each dialect's own matter.

use serde_json::Value;

use super::assemble::Assembly;
use super::http::Answer;
use super::shape::Shape;
use super::stream::{Events, Piece};
use super::{ErrorClass, ModelReply, ProviderError, fault, json};

/// What a dialect makes of JSON.
pub(super) trait Dialect: Send {
    /// A whole answer, by name and with its article.
    fn wanted(&self) -> &'static str;

    /// The mark that ends its streams.
    fn marker(&self) -> &'static str;

    /// Reads a whole answer; false where it is none.
    fn whole(&mut self, value: &Value, assembly: &mut Assembly<'_>) -> Result<bool, ProviderError>;

    /// Reads one event of a stream.
    fn event(&mut self, value: &Value, assembly: &mut Assembly<'_>) -> Result<Heard, ProviderError>;
}

/// How far a stream has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The answer goes on.
    Part,
    /// The answer is complete; what is counted may follow.
    Answer,
    /// Nothing more is waited for.
    All,
}

/// What `[DONE]` ends, in the dialects that end by it.
pub(super) const DONE: &str = "[DONE]";

/// Reads an answer.
pub(super) async fn read(
    mut answer: Answer,
    dialect: &mut dyn Dialect,
    mut assembly: Assembly<'_>,
) -> Result<ModelReply, ProviderError> {
    let (secrets, place) = (answer.secrets(), answer.place().to_owned());
    assembly.secrets = secrets.clone();
    let reply = match answer.shape(assembly.wants_stream()).await {
        Ok(Shape::Stream) => stream(answer, dialect, assembly).await,
        Ok(Shape::Whole) => whole(answer, dialect, assembly).await,
        Err(error) => Err(error),
    };
    reply.map(|reply| secrets.out_of_reply(reply)).map_err(|error| secrets.out_of(placed(error, &place)))
}

/// Whose patience it was that ended is not to be seen from the words alone.
fn placed(error: ProviderError, place: &str) -> ProviderError {
    match error.class {
        ErrorClass::TimeoutFirstToken | ErrorClass::TimeoutIdle | ErrorClass::TimeoutTotal => error.at(place),
        _ => error,
    }
}

async fn whole(
    mut answer: Answer,
    dialect: &mut dyn Dialect,
    mut assembly: Assembly<'_>,
) -> Result<ModelReply, ProviderError> {
    let body = answer.body().await?;
    let Some(value) = json::read(&body) else {
        return Err(fault::bad_format(&body, dialect.wanted()).at(answer.place()));
    };
    if let Some(error) = fault::in_band(&value) {
        return Err(error);
    }
    match dialect.whole(&value, &mut assembly) {
        Ok(true) => assembly.finish(),
        Ok(false) => Err(fault::bad_format(&body, dialect.wanted()).at(answer.place())),
        Err(error) => Err(assembly.fail(error)),
    }
}

async fn stream(
    answer: Answer,
    dialect: &mut dyn Dialect,
    mut assembly: Assembly<'_>,
) -> Result<ModelReply, ProviderError> {
    let mut events = Events::new(answer);
    let mut complete = false;
    loop {
        match events.next().await {
            Ok(Piece::Json(value)) => match dialect.event(&value, &mut assembly) {
                Ok(Heard::All) => return assembly.finish(),
                Ok(heard) => complete |= heard == Heard::Answer,
                Err(error) => return Err(assembly.fail(error)),
            },
            Ok(Piece::Done) if dialect.marker() == DONE => return assembly.finish(),
            Ok(Piece::Done | Piece::End) => break,
            // What the answer needs has all come; a socket that dies after it takes nothing away.
            Err(_) if complete => break,
            Err(error) => return Err(assembly.fail(error)),
        }
        if assembly.is_flooded() {
            return assembly.finish();
        }
        if assembly.has_content() {
            events.content_came();
        }
    }
    if complete {
        return assembly.finish();
    }
    match events.nothing() {
        Some(error) => Err(assembly.fail(error)),
        None => Err(assembly.cut(dialect.marker())),
    }
}
