//! JSON as it was written, before a type says what it means: numbers keep their text.

use crate::value::constraint::shorten;
use crate::value::{MAX_NESTING, Value};

/// Something read, not yet typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Null,
    Bool(bool),
    /// A decimal number's text.
    Number(String),
    /// `NaN`, `Infinity`: written as a number, and none.
    NoNumber(String),
    Text(String),
    List(Vec<Raw>),
    /// Keys as written; of two that are the same the last counts.
    Object(Vec<(String, Raw)>),
    /// A value that has its type already (money, a date, media).
    Typed(Value),
}

impl Raw {
    /// Parsed JSON; `None` where it is nested too deeply.
    pub(super) fn of_json(json: &serde_json::Value) -> Option<Self> {
        Self::json_within(json, MAX_NESTING + 1)
    }

    fn json_within(json: &serde_json::Value, depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        Some(match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(bool) => Self::Bool(*bool),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::json_within(item, depth)).collect::<Option<_>>()?)
            }
            serde_json::Value::Object(fields) => {
                let pair = |(key, value): (&String, _)| Some((key.clone(), Self::json_within(value, depth)?));
                Self::Object(fields.iter().map(pair).collect::<Option<_>>()?)
            }
        })
    }

    /// A value; what has no form of its own in JSON keeps its type.
    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Int(int) => Self::Number(int.to_string()),
            Value::Float(float) => Self::Number(format!("{float:?}")),
            Value::String(text) => Self::Text(text.to_string()),
            Value::List(items) => Self::List(items.iter().map(Self::of_value).collect()),
            Value::Record(fields) => Self::Object(
                fields.iter().map(|(name, field)| (name.to_string(), Self::of_value(field))).collect(),
            ),
            typed => Self::Typed(typed.clone()),
        }
    }

    /// The value of a key of an object; the last of two.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// What is inside an object with one key.
    pub(super) fn only(&self) -> Option<(&str, &Self)> {
        match self {
            Self::Object(fields) => match fields.as_slice() {
                [(key, value)] => Some((key, value)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a message shows of it: short, in one line.
    pub(super) fn show(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(bool) => bool.to_string(),
            Self::Number(text) | Self::NoNumber(text) => shorten(text),
            Self::Text(text) => format!("{:?}", shorten(text)),
            Self::List(items) => match items.len() {
                0 => "an empty list".to_owned(),
                1 => "a list of 1".to_owned(),
                count => format!("a list of {count}"),
            },
            Self::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
            Self::Object(fields) => {
                let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).take(6).collect();
                let more = if fields.len() > 6 { ", …" } else { "" };
                format!("an object with {}{more}", shorten(&keys.join(", ")))
            }
            Self::Typed(value) => format!("{} {}", value.kind_word(), shorten(&value.to_string())),
        }
    }
}
