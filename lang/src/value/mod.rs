//! What a run computes with: values, their types, and the labels that travel with them.

mod coerce;
mod compare;
mod constraint;
mod decimal;
mod duration;
mod fits;
mod json;
mod labels;
mod money;
mod pattern;
mod print;
mod record_form;
mod relate;
mod schema;
mod show;
mod ty;

pub use coerce::{Coerced, Encoding, Reply, Violation, cast, coerce, read_arguments, read_json, validate};
pub(crate) use compare::moment;
pub use compare::{equal, order};
pub use constraint::unkept;
pub use duration::{format_duration, parse_duration};
pub use fits::{complete, fits, member_of};
pub use json::{from_json, to_json, to_json_as};
pub use labels::{Labeled, Labels, labels_of_type};
pub use money::{Currency, Money};
pub use pattern::{compile_pattern, matches_pattern};
pub use relate::{Mismatch, Why, assignable, distinguishable, join, literals, mismatch};
pub use schema::{Dialect, Schema, schema, schema_of_params, type_text};
pub use show::TypeDisplay;
pub use ty::{Constraint, FieldType, FieldView, Type, TypeBody, TypeDef, TypeId, TypeTable};

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::ast::Name;

/// Nesting of a value; deeper ones are refused where values are made, so that every walk and every record of one
/// stays within the stack and within what JSON's readers take.
pub(crate) const MAX_NESTING: usize = 100;

/// A result, immutable once made; cheap to copy. In a run's record it stands as the JSON that it looks like, see
/// `record_form`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    String(Arc<str>),
    /// An amount in a currency.
    Money(Money),
    /// A duration in milliseconds.
    Duration(i64),
    /// A day or a moment.
    Date(Date),
    /// Raw bytes.
    Bytes(Arc<[u8]>),
    /// An image or a document that a prompt attaches.
    Media(Media),
    /// A list.
    List(Arc<Vec<Value>>),
    /// A record or a map; order is kept.
    Record(Arc<Record>),
}

/// Fields by name, in order.
pub type Record = IndexMap<Name, Value>;

/// A day (`2026-11-23`) or a moment (`2026-11-23T10:00:00Z`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Date {
    /// A calendar day.
    Day(jiff::civil::Date),
    /// A moment in time.
    Moment(jiff::Timestamp),
}

/// An image or a PDF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// `image/png`, `application/pdf`.
    pub mime: Name,
    /// Where its bytes are.
    pub source: MediaSource,
}

/// Where the bytes of a [`Media`] are. `lang` never opens a file: the runtime reads a `Path` when a call needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaSource {
    /// A file's path, relative to the program.
    Path(Name),
    /// The bytes themselves.
    Bytes(Arc<[u8]>),
    /// An `https` address.
    Url(Name),
}

impl Media {
    /// True for a PDF; everything else is an image.
    pub fn is_pdf(&self) -> bool {
        &*self.mime == "application/pdf"
    }
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Arc::new(items.into_iter().collect()))
    }

    /// A record.
    pub fn record<N: Into<Name>>(fields: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Record(Arc::new(fields.into_iter().map(|(name, value)| (name.into(), value)).collect()))
    }

    /// A field of a record; `Null` of anything else.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        match self {
            Self::Record(record) => record.get(name).cloned().unwrap_or(Self::Null),
            _ => Self::Null,
        }
    }

    /// The word for what it is, as a message says it (`int`, `list`, `record`).
    pub fn kind_word(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::String(_) => "string",
            Self::Money(_) => "money",
            Self::Duration(_) => "duration",
            Self::Date(_) => "date",
            Self::Bytes(_) => "bytes",
            Self::Media(media) if media.is_pdf() => "pdf",
            Self::Media(_) => "image",
            Self::List(_) => "list",
            Self::Record(_) => "record",
        }
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Moment(moment) => write!(f, "{moment}"),
        }
    }
}

impl std::str::FromStr for Date {
    type Err = jiff::Error;

    /// Reads ISO 8601: a day, or a moment with its offset.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(['T', 't', ' ']) {
            text.parse().map(Self::Moment)
        } else {
            text.parse().map(Self::Day)
        }
    }
}
