//! A value as text: what stands in a prompt's hole, on a terminal, in a message.

use std::fmt::{self, Display, Formatter};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::json::{media_text, to_json};
use super::{Value, format_duration};

impl Display for Value {
    /// Text and scalars bare (`hello`, `$40.00`, `1h30m`), records and lists as JSON in one line.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) if float.abs() >= 1e16 || (float.abs() < 1e-6 && *float != 0.0) => {
                write!(f, "{float:e}")
            }
            Self::Float(float) => write!(f, "{float}"),
            Self::String(text) => f.write_str(text),
            Self::Money(money) => write!(f, "{money}"),
            Self::Duration(millis) => f.write_str(&format_duration(*millis)),
            Self::Date(date) => write!(f, "{date}"),
            Self::Bytes(bytes) => f.write_str(&STANDARD.encode(bytes)),
            Self::Media(media) => f.write_str(&media_text(media)),
            Self::List(_) | Self::Record(_) => write!(f, "{}", to_json(self)),
        }
    }
}
