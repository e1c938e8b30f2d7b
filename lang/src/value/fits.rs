//! Whether a value is of a type, and what a value of a type lacks: the run-time side of `relate`. Constraints
//! (`@range`, `@len`, `@match`) are not asked here; `coerce::validate` asks them.

use std::sync::Arc;

use super::{Record, Type, TypeTable, Value};

/// True where the value is of the type. An `int` is a `float`; fields that may be left out may be left out; a
/// field that the record does not have makes it another record.
pub fn fits(value: &Value, ty: &Type, table: &TypeTable) -> bool {
    match (table.resolve(ty), value) {
        (Type::Unknown | Type::Json, _)
        | (Type::Null | Type::Optional(_), Value::Null)
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Float, Value::Int(_) | Value::Float(_))
        | (Type::String, Value::String(_))
        | (Type::Money, Value::Money(_))
        | (Type::Duration, Value::Duration(_))
        | (Type::Date, Value::Date(_))
        | (Type::Bytes, Value::Bytes(_)) => true,
        (Type::Optional(inner), value) => fits(value, inner, table),
        (Type::Literal(word), Value::String(text)) => word == text,
        (Type::Image, Value::Media(media)) => !media.is_pdf(),
        (Type::Pdf, Value::Media(media)) => media.is_pdf(),
        (Type::List(item), Value::List(items)) => items.iter().all(|value| fits(value, item, table)),
        (Type::Map(value), Value::Record(fields)) => fields.values().all(|field| fits(field, value, table)),
        (Type::Union(members), value) => members.iter().any(|member| fits(value, member, table)),
        (record @ (Type::Shape(_) | Type::Named(_)), Value::Record(fields)) => {
            fits_record(fields, record, table)
        }
        _ => false,
    }
}

fn fits_record(record: &Record, ty: &Type, table: &TypeTable) -> bool {
    let Some(wanted) = table.fields(ty) else { return false };
    let known = wanted.iter().filter(|field| record.contains_key(field.name)).count();
    known == record.len()
        && wanted.iter().all(|field| match record.get(field.name) {
            Some(value) => fits(value, field.ty, table),
            None => field.optional,
        })
}

/// The member of a union that a value is of, by its index; the first where several fit.
pub fn member_of(value: &Value, members: &[Type], table: &TypeTable) -> Option<usize> {
    members.iter().position(|member| fits(value, member, table))
}

/// The value with all that its type adds: fields left out get their default or `null` and stand in the declared
/// order, an `int` where a `float` is expected becomes one. A value that is not of the type comes back as it is.
#[must_use]
pub fn complete(value: Value, ty: &Type, table: &TypeTable) -> Value {
    match (table.resolve(ty), value) {
        (Type::Float, Value::Int(int)) => Value::Float(int_to_float(int)),
        (Type::Optional(inner), value) => complete(value, inner, table),
        (Type::List(item), Value::List(items)) => {
            Value::list(items.iter().map(|value| complete(value.clone(), item, table)))
        }
        (Type::Map(value), Value::Record(fields)) => Value::record(
            fields.iter().map(|(name, field)| (name.clone(), complete(field.clone(), value, table))),
        ),
        (Type::Union(members), value) => match member_of(&value, members, table) {
            Some(index) => members.get(index).map_or(Value::Null, |member| complete(value, member, table)),
            None => value,
        },
        (record @ (Type::Shape(_) | Type::Named(_)), Value::Record(fields)) => {
            complete_record(fields, record, table)
        }
        (_, value) => value,
    }
}

fn complete_record(given: Arc<Record>, ty: &Type, table: &TypeTable) -> Value {
    if !fits_record(&given, ty, table) {
        return Value::Record(given);
    }
    let Some(wanted) = table.fields(ty) else { return Value::Record(given) };
    let defaults = table.record(ty).unwrap_or_default();
    Value::record(wanted.iter().enumerate().map(|(index, field)| {
        let default = || defaults.get(index).and_then(|field| field.default.clone()).unwrap_or(Value::Null);
        let value =
            given.get(field.name).map_or_else(default, |value| complete(value.clone(), field.ty, table));
        (field.name.clone(), value)
    }))
}

/// The nearest float; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a float is asked for, and the nearest one is meant")]
pub(super) fn int_to_float(int: i64) -> f64 {
    int as f64
}
