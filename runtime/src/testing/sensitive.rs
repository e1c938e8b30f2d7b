//! Values that a cassette must not keep: what a type marks as `@pii` or `@secret`, found in arguments and results, and
//! replaced in every text by a stand-in of the same shape.

use std::sync::{Mutex, PoisonError};

use agentrun_lang::value::{Labels, Type, TypeBody, TypeTable, Value};
use serde_json::Value as Json;

/// A shorter text is part of too many others to be replaced everywhere.
const SHORTEST: usize = 3;

/// The sensitive texts of a run that were met so far.
#[derive(Debug, Default)]
pub(super) struct Sensitive {
    /// The longest first.
    texts: Mutex<Vec<String>>,
}

impl Sensitive {
    /// Remembers what is sensitive in a value of a type.
    pub(super) fn learn(&self, value: &Value, ty: &Type, labels: Labels, types: &TypeTable) {
        let mut found = Vec::new();
        Search { types, found: &mut found }.walk(value, ty, labels);
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        for text in found {
            if text.chars().count() >= SHORTEST && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// The text with a stand-in for each.
    pub(super) fn redact(&self, text: &str) -> String {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts
            .iter()
            .fold(text.to_owned(), |text, sensitive| text.replace(sensitive.as_str(), &stand_in(sensitive)))
    }

    /// The same in every text of a JSON value.
    pub(super) fn redact_json(&self, json: &Json) -> Json {
        match json {
            Json::String(text) => Json::String(self.redact(text)),
            Json::Array(items) => items.iter().map(|item| self.redact_json(item)).collect(),
            Json::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.redact_json(field))).collect()
            }
            other => other.clone(),
        }
    }
}

/// Letters become `x` and digits `0`; what holds them together stays, so that an address is one still.
fn stand_in(text: &str) -> String {
    let sign = |sign: char| match sign {
        sign if sign.is_numeric() => '0',
        sign if sign.is_uppercase() => 'X',
        sign if sign.is_alphabetic() => 'x',
        sign => sign,
    };
    text.chars().map(sign).collect()
}

struct Search<'a> {
    types: &'a TypeTable,
    found: &'a mut Vec<String>,
}

impl Search<'_> {
    fn walk(&mut self, value: &Value, ty: &Type, labels: Labels) {
        let marked = labels.has(Labels::PII) || labels.has(Labels::SECRET);
        match value {
            Value::List(items) => {
                let item = match self.types.resolve(ty.required()) {
                    Type::List(item) => (**item).clone(),
                    _ => Type::Unknown,
                };
                items.iter().for_each(|value| self.walk(value, &item, labels));
            }
            Value::Record(fields) => {
                for (name, value) in fields.iter() {
                    let (ty, own) = self.field(ty, name);
                    self.walk(value, &ty, labels.union(own));
                }
            }
            Value::Null | Value::Bool(_) | Value::Media(_) | Value::Bytes(_) => {}
            Value::String(text) if marked => self.found.push(text.to_string()),
            other if marked => self.found.push(other.to_string()),
            _ => {}
        }
    }

    /// The type and labels of a field, where some record of the type has it.
    fn field(&self, ty: &Type, name: &str) -> (Type, Labels) {
        match ty {
            Type::Optional(inner) => self.field(inner, name),
            Type::Map(inner) => ((**inner).clone(), Labels::NONE),
            Type::Union(members) => members
                .iter()
                .map(|member| self.field(member, name))
                .fold((Type::Unknown, Labels::NONE), |all, one| {
                    (if one.0 == Type::Unknown { all.0 } else { one.0 }, all.1.union(one.1))
                }),
            Type::Shape(fields) => {
                let field = fields.iter().find(|(known, _)| **known == *name);
                (field.map_or(Type::Unknown, |(_, ty)| ty.clone()), Labels::NONE)
            }
            Type::Named(id) => match self.types.get(*id).map(|def| &def.body) {
                Some(TypeBody::Record(fields)) => {
                    let field = fields.iter().find(|field| *field.name == *name);
                    field.map_or((Type::Unknown, Labels::NONE), |field| (field.ty.clone(), field.labels))
                }
                Some(TypeBody::Alias { ty, labels, .. }) => {
                    let (ty, own) = self.field(ty, name);
                    (ty, own.union(*labels))
                }
                None => (Type::Unknown, Labels::NONE),
            },
            _ => (Type::Unknown, Labels::NONE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stand_in;

    #[test]
    fn a_stand_in_keeps_the_shape() {
        assert_eq!(stand_in("Ana.Diaz@mail.example"), "Xxx.Xxxx@xxxx.xxxxxxx");
        assert_eq!(stand_in("+34 600 11"), "+00 000 00");
    }
}
