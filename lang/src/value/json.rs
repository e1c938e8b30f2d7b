//! Values as JSON and back, where no type says what is meant; `coerce` reads JSON by a type.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number};

use super::decimal::Decimal;
use super::{FieldType, Media, MediaSource, Money, Type, TypeTable, Value, format_duration, member_of};

/// The value as JSON: money as `{"amount": 12.5, "currency": "USD"}` (the amount as text where a JSON number
/// would round it), a duration as `"1h30m"`, a date as ISO 8601, bytes in base64, media as a path, an address or
/// a data URL.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Int(int) => (*int).into(),
        Value::Float(float) => float_json(*float),
        Value::String(text) => text.as_ref().into(),
        Value::Money(money) => money_json(*money),
        Value::Duration(millis) => format_duration(*millis).into(),
        Value::Date(date) => date.to_string().into(),
        Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
        Value::Media(media) => media_text(media).into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Record(fields) => {
            let pair = |(name, value): (&crate::ast::Name, &Value)| (name.to_string(), to_json(value));
            serde_json::Value::Object(fields.iter().map(pair).collect())
        }
    }
}

/// The value as JSON with the names that models and JSON see: a field with an `@alias` goes by it.
pub fn to_json_as(value: &Value, ty: &Type, table: &TypeTable) -> serde_json::Value {
    match (table.resolve(ty), value) {
        (Type::Optional(inner), value) => to_json_as(value, inner, table),
        (Type::List(item), Value::List(items)) => {
            items.iter().map(|value| to_json_as(value, item, table)).collect()
        }
        (Type::Map(inner), Value::Record(fields)) => {
            let pairs =
                fields.iter().map(|(name, value)| (name.to_string(), to_json_as(value, inner, table)));
            serde_json::Value::Object(pairs.collect())
        }
        (Type::Union(members), value) => {
            let member = member_of(value, members, table).and_then(|index| members.get(index));
            member.map_or_else(|| to_json(value), |member| to_json_as(value, member, table))
        }
        (Type::Named(_), Value::Record(fields)) => {
            let known = table.record(ty).unwrap_or_default();
            let mut object = Map::new();
            for (name, value) in fields.iter() {
                let field = known.iter().find(|field| field.name == *name);
                let json = field.map_or_else(|| to_json(value), |field| to_json_as(value, &field.ty, table));
                object.insert(field.map_or(name, FieldType::wire_name).to_string(), json);
            }
            serde_json::Value::Object(object)
        }
        (Type::Shape(known), Value::Record(fields)) => {
            let json = |(name, value): (&crate::ast::Name, &Value)| {
                let field = known.iter().find(|(known, _)| known == name);
                (
                    name.to_string(),
                    field.map_or_else(|| to_json(value), |(_, ty)| to_json_as(value, ty, table)),
                )
            };
            serde_json::Value::Object(fields.iter().map(json).collect())
        }
        (_, value) => to_json(value),
    }
}

/// JSON as a value of type `json`: numbers without a point or exponent are `int` where they fit.
pub fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(bool) => Value::Bool(*bool),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap_or(f64::MAX)),
        },
        serde_json::Value::String(text) => Value::text(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(from_json)),
        serde_json::Value::Object(fields) => {
            Value::record(fields.iter().map(|(name, value)| (name.as_str(), from_json(value))))
        }
    }
}

/// Media as one line of text: its path, its address, or a data URL.
pub(super) fn media_text(media: &Media) -> String {
    match &media.source {
        MediaSource::Path(text) | MediaSource::Url(text) => text.to_string(),
        MediaSource::Bytes(bytes) => format!("data:{};base64,{}", media.mime, STANDARD.encode(bytes)),
    }
}

fn money_json(money: Money) -> serde_json::Value {
    let text = money.amount();
    let exact =
        |float: &f64| Decimal::of_float(*float).is_some_and(|read| Some(read) == Decimal::parse(&text));
    let amount = match (text.parse::<i64>(), text.parse::<f64>().ok().filter(exact)) {
        (Ok(int), _) => int.into(),
        (Err(_), Some(float)) => float_json(float),
        (Err(_), None) => text.into(),
    };
    let mut object = Map::new();
    object.insert("amount".to_owned(), amount);
    object.insert("currency".to_owned(), money.currency.as_str().into());
    serde_json::Value::Object(object)
}

fn float_json(float: f64) -> serde_json::Value {
    Number::from_f64(float).map_or(serde_json::Value::Null, serde_json::Value::Number)
}
