//! How values stand in a run's record: as the JSON that they look like, with a tag only where JSON has no form of its
//! own (`{"$money": "12.5 USD"}`, `{"$duration": 5400000}`). Nothing is lost: what is written is read again.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Currency, Media, MediaSource, Money, Record, Value};
use crate::ast::Name;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Float(float) if float.is_finite() => serializer.serialize_f64(*float),
            Self::Float(float) => tagged(serializer, "$float", &float.to_string()),
            Self::String(text) => serializer.serialize_str(text),
            Self::Money(money) => {
                tagged(serializer, "$money", &format!("{} {}", money.amount(), money.currency.as_str()))
            }
            Self::Duration(millis) => tagged(serializer, "$duration", millis),
            Self::Date(date) => tagged(serializer, "$date", date),
            Self::Bytes(bytes) => tagged(serializer, "$bytes", &STANDARD.encode(bytes)),
            Self::Media(media) => tagged(serializer, "$media", &media_fields(media)),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Record(fields) if looks_tagged(fields) => {
                // As pairs, so that its name is not taken for a tag again.
                tagged(serializer, "$record", &fields.iter().collect::<Vec<_>>())
            }
            Self::Record(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

fn tagged<S: Serializer>(serializer: S, tag: &str, inner: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, inner)?;
    map.end()
}

/// True of a record that would be read as something else.
fn looks_tagged(fields: &Record) -> bool {
    fields.len() == 1 && fields.keys().all(|name| name.starts_with('$'))
}

fn media_fields(media: &Media) -> Value {
    let source = match &media.source {
        MediaSource::Path(path) => ("path", Value::String(path.clone())),
        MediaSource::Bytes(bytes) => ("bytes", Value::Bytes(bytes.clone())),
        MediaSource::Url(url) => ("url", Value::String(url.clone())),
    };
    Value::record([("mime", Value::String(media.mime.clone())), source])
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E: Error>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int))
    }

    fn visit_u64<E: Error>(self, int: u64) -> Result<Value, E> {
        i64::try_from(int).map(Value::Int).map_err(|_| E::custom("an int that is too large"))
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::List(Arc::new(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Record::new();
        while let Some((name, value)) = map.next_entry::<Name, Value>()? {
            fields.insert(name, value);
        }
        if !looks_tagged(&fields) {
            return Ok(Value::Record(Arc::new(fields)));
        }
        let (tag, inner) = fields.into_iter().next().ok_or_else(|| A::Error::custom("an empty map"))?;
        untagged(&tag, &inner).ok_or_else(|| A::Error::custom(format!("no value `{tag}`")))
    }
}

fn untagged(tag: &str, inner: &Value) -> Option<Value> {
    match (tag, inner) {
        ("$float", Value::String(text)) => text.parse().ok().map(Value::Float),
        ("$money", Value::String(text)) => {
            let (amount, code) = text.split_once(' ')?;
            Money::of_decimal(amount, Currency::parse(code)?).map(Value::Money)
        }
        ("$duration", Value::Int(millis)) => Some(Value::Duration(*millis)),
        ("$date", Value::String(text)) => text.parse().ok().map(Value::Date),
        ("$bytes", Value::String(text)) => {
            STANDARD.decode(text.as_bytes()).ok().map(|bytes| Value::Bytes(bytes.into()))
        }
        ("$media", Value::Record(fields)) => media_of(fields).map(Value::Media),
        ("$record", Value::List(pairs)) => {
            let pair = |pair: &Value| match pair {
                Value::List(pair) => match pair.as_slice() {
                    [Value::String(name), value] => Some((name.clone(), value.clone())),
                    _ => None,
                },
                _ => None,
            };
            pairs.iter().map(pair).collect::<Option<Vec<_>>>().map(Value::record)
        }
        _ => None,
    }
}

fn media_of(fields: &Record) -> Option<Media> {
    let text = |name: &str| match fields.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let source = match fields.get("bytes") {
        Some(Value::Bytes(bytes)) => MediaSource::Bytes(bytes.clone()),
        _ => text("path").map(MediaSource::Path).or_else(|| text("url").map(MediaSource::Url))?,
    };
    Some(Media { mime: text("mime")?, source })
}

#[cfg(test)]
mod tests {
    use super::{Currency, Media, MediaSource, Money, Value};

    #[test]
    fn what_is_recorded_is_read_again() {
        let media = |source| Value::Media(Media { mime: "image/png".into(), source });
        let money = |nanos, code: &[u8; 3]| Value::Money(Money { nanos, currency: Currency(*code) });
        let rows = [
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (Value::Int(i64::MIN), "-9223372036854775808"),
            (Value::Float(3.0), "3.0"),
            (Value::Float(1e300), "1e+300"),
            (Value::Float(f64::INFINITY), r#"{"$float":"inf"}"#),
            (Value::text("$5"), r#""$5""#),
            (money(-12_500_000_001, b"EUR"), r#"{"$money":"-12.500000001 EUR"}"#),
            (money(i128::from(i64::MAX) * 1_000, b"USD"), r#"{"$money":"9223372036854.775807 USD"}"#),
            (Value::Duration(-5), r#"{"$duration":-5}"#),
            (Value::Date("2026-11-23".parse().unwrap()), r#"{"$date":"2026-11-23"}"#),
            (Value::Date("2026-11-23T10:00:00.5Z".parse().unwrap()), r#"{"$date":"2026-11-23T10:00:00.5Z"}"#),
            (Value::Bytes([0, 255].as_slice().into()), r#"{"$bytes":"AP8="}"#),
            (media(MediaSource::Path("a.png".into())), r#"{"$media":{"mime":"image/png","path":"a.png"}}"#),
            (
                media(MediaSource::Bytes([1].as_slice().into())),
                r#"{"$media":{"mime":"image/png","bytes":{"$bytes":"AQ=="}}}"#,
            ),
            (Value::record([("$money", Value::Int(1))]), r#"{"$record":[["$money",1]]}"#),
            (
                Value::record([("$record", Value::record([("$x", Value::Null)]))]),
                r#"{"$record":[["$record",{"$record":[["$x",null]]}]]}"#,
            ),
            (
                Value::record([("$a", Value::Int(1)), ("b", Value::list([Value::Null]))]),
                r#"{"$a":1,"b":[null]}"#,
            ),
        ];
        for (value, json) in rows {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<Value>(json).unwrap(), value, "{json}");
        }
        for wrong in [r#"{"$money":"x"}"#, r#"{"$other":1}"#, "18446744073709551615"] {
            assert!(serde_json::from_str::<Value>(wrong).is_err(), "{wrong}");
        }
    }
}
