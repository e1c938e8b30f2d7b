//! Texts with holes, filled: as one string, or as the parts of a prompt with media beside the text.

use super::operator::MAX_TEXT;
use super::{Env, EvalError, Evaluator, error, fail};
use crate::ir::{Piece, Template};
use crate::span::Span;
use crate::value::{Labels, Media, Value};

/// A filled prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// From first to last; neighboring texts are joined.
    pub parts: Vec<RenderedPart>,
    /// Labels of all it read.
    pub labels: Labels,
}

/// A piece of a filled prompt.
#[derive(Clone, Debug, PartialEq)]
pub enum RenderedPart {
    /// Text.
    Text(String),
    /// An image or a document that stands here.
    Media(Media),
}

impl Rendered {
    /// Its texts, joined.
    pub fn text(&self) -> String {
        let text = |part: &RenderedPart| {
            if let RenderedPart::Text(text) = part { text.clone() } else { String::new() }
        };
        self.parts.iter().map(text).collect()
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(RenderedPart::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(RenderedPart::Text(text.to_owned())),
        }
    }
}

/// Fills a prompt. Text and scalars stand bare, records and lists as JSON, media are parts of their own; inside
/// a list or a record a medium leaves its number (`"[attachment 1]"`) and follows the text. A `null` is an error
/// at its hole.
pub fn render(template: &Template, env: &Env<'_>) -> Result<Rendered, EvalError> {
    let mut evaluator = Evaluator::new(env);
    let mut rendered = Rendered::default();
    let mut attached = 0;
    let mut length = 0;
    for piece in &template.pieces {
        let hole = match piece {
            Piece::Text(text) => {
                rendered.push_text(text);
                continue;
            }
            Piece::Hole(hole) => hole,
        };
        match evaluator.hole(hole)? {
            Value::Media(media) => rendered.parts.push(RenderedPart::Media(media)),
            Value::List(items) if !items.is_empty() && items.iter().all(is_media) => {
                let media = items
                    .iter()
                    .filter_map(|item| if let Value::Media(media) = item { Some(media) } else { None });
                rendered.parts.extend(media.cloned().map(RenderedPart::Media));
            }
            value => {
                let mut media = Vec::new();
                let text = detach(&value, &mut media, &mut attached).unwrap_or(value).to_string();
                length += text.len();
                if length > MAX_TEXT {
                    return fail(hole.span, "the text becomes longer than 16 MiB");
                }
                rendered.push_text(&text);
                rendered.parts.extend(media.into_iter().map(RenderedPart::Media));
            }
        }
    }
    rendered.labels = evaluator.labels;
    Ok(rendered)
}

impl Evaluator<'_> {
    /// A template as a value: one string.
    pub(super) fn text(&mut self, template: &Template, span: Span) -> Result<Value, EvalError> {
        let mut text = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Hole(hole) => match self.hole(hole)? {
                    value @ Value::Media(_) => {
                        let message =
                            format!("a text cannot hold `{}`: only a prompt attaches it", value.kind_word());
                        return fail(hole.span, message);
                    }
                    Value::String(plain) => text.push_str(&plain),
                    value => text.push_str(&value.to_string()),
                },
            }
            self.spend(1 + text.len() as u64 / 4096, span)?;
            if text.len() > MAX_TEXT {
                return fail(span, "the text becomes longer than 16 MiB");
            }
        }
        Ok(Value::text(text))
    }

    fn hole(&mut self, hole: &crate::ir::Expr) -> Result<Value, EvalError> {
        match self.eval(hole)? {
            Value::Null => Err(error(hole.span, "`null` in a text: give a fallback with `??`")),
            value => Ok(value),
        }
    }
}

fn is_media(value: &Value) -> bool {
    matches!(value, Value::Media(_))
}

/// The value with a number in place of each medium, where it holds one.
fn detach(value: &Value, media: &mut Vec<Media>, attached: &mut usize) -> Option<Value> {
    if !holds_media(value) {
        return None;
    }
    Some(match value {
        Value::Media(medium) => {
            *attached += 1;
            media.push(medium.clone());
            Value::text(format!("[attachment {attached}]"))
        }
        Value::List(items) => Value::list(
            items.iter().map(|item| detach(item, media, attached).unwrap_or_else(|| item.clone())),
        ),
        Value::Record(fields) => Value::record(fields.iter().map(|(name, field)| {
            (name.clone(), detach(field, media, attached).unwrap_or_else(|| field.clone()))
        })),
        other => other.clone(),
    })
}

fn holds_media(value: &Value) -> bool {
    match value {
        Value::Media(_) => true,
        Value::List(items) => items.iter().any(holds_media),
        Value::Record(fields) => fields.values().any(holds_media),
        _ => false,
    }
}
