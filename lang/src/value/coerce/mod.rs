//! What a model wrote, as a typed value: tolerant of form, strict in meaning. Every conversion is one of a known
//! list and is noted; what does not fit is said with its place, to be quoted back. Nothing here panics on any
//! text, and the time is linear in it.
//!
//! Tolerated in form: prose around the JSON, code fences, a model's `<think>` block, comments, other quotes, keys
//! and texts without quotes, commas too many or too few, `True`/`None`, line breaks and bare quotes in strings, a
//! forgotten bracket, JSON inside a string, `{"value": …}` and its like around the answer. A reply that was cut is
//! completed only if the caller says that it was.
//!
//! Converted, with a note: numbers, truth values (`yes`, `no` too), money, durations and dates from texts; a text
//! from a number; `3.0` to `3`; literals but for case, punctuation and `_`/`-`/space; keys likewise; one object to
//! a list of one; a list of one object to that object; `""` and `"null"` to `null` where no text may stand. Fields
//! that the record does not have are dropped, missing ones become their default or `null`.

mod answer;
mod find;
mod lenient;
mod quoted;
mod raw;
mod read;
mod record;
mod scalar;
mod union;
mod violation;

pub use violation::Violation;

use raw::Raw;
use read::{Manner, Reader};

use super::{FieldType, Type, TypeTable, Value, complete, fits};

/// How a schema asked for a value, where the value alone is not what comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// The value stands in `{"value": …}`.
    pub wrapped: bool,
    /// A `json` value stands in a string that holds JSON.
    pub json_text: bool,
}

/// What the caller knows about a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// It ended because its tokens ran out.
    pub cut: bool,
    /// How its schema asked for the value.
    pub encoding: Encoding,
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Coerced {
    /// The value, complete: fields in declared order, defaults filled in.
    pub value: Value,
    /// What was converted or dropped, a line each; for a record, never for a model.
    pub notes: Vec<String>,
    /// The value ends where the reply was cut.
    pub cut: bool,
}

/// Reads a model's reply as a value of the type.
pub fn coerce(text: &str, ty: &Type, table: &TypeTable, reply: Reply) -> Result<Coerced, Vec<Violation>> {
    answer::read(text, ty, table, reply)
}

/// Reads JSON (a tool's result, an input, a person's form) as a value of the type: exactly, but for the forms that
/// every type has in JSON. Fields that a record does not have are dropped, with a note.
pub fn read_json(json: &serde_json::Value, ty: &Type, table: &TypeTable) -> Result<Coerced, Vec<Violation>> {
    read_raw(Raw::of_json(json), ty, table, Manner::Json)
}

/// Reads the arguments that a model gives to a tool: one value a parameter, in their order. As tolerant as
/// [`coerce`], but for a parameter that is not there, which is a violation.
pub fn read_arguments(
    json: &serde_json::Value,
    params: &[FieldType],
    table: &TypeTable,
    encoding: Encoding,
) -> Result<Vec<Value>, Vec<Violation>> {
    let mut reader = Reader::new(table, Manner::Arguments(encoding));
    let raw = match json.as_str().map(|text| find::json_in(text, false).candidates) {
        Some(found) => found.into_iter().next().map(|candidate| candidate.raw),
        None => Raw::of_json(json),
    };
    let raw = raw.unwrap_or(Raw::Null);
    let values = reader.read_params(&raw, params);
    if reader.outcome.violations.is_empty() { Ok(values) } else { Err(reader.outcome.violations) }
}

/// What is wrong with a value of the type: its form and its constraints. Empty where nothing is.
pub fn validate(value: &Value, ty: &Type, table: &TypeTable) -> Vec<Violation> {
    let mut reader = Reader::new(table, Manner::Typed);
    reader.read(&Raw::of_value(value), ty);
    reader.outcome.violations
}

/// `as`: the value as one of the type, constraints too; `None` where it is none. JSON's forms count (`"$12.50"` is
/// money, `"1h30m"` a duration), a number's text is a number.
pub fn cast(value: &Value, ty: &Type, table: &TypeTable) -> Option<Value> {
    let mut reader = Reader::new(table, Manner::Cast);
    let read = reader.read(&Raw::of_value(value), ty)?;
    if !reader.outcome.violations.is_empty() {
        return None;
    }
    // What is of the type keeps its form: an amount in a `json` stays an amount.
    Some(if fits(value, ty, table) { complete(value.clone(), ty, table) } else { read })
}

fn read_raw(
    raw: Option<Raw>,
    ty: &Type,
    table: &TypeTable,
    manner: Manner,
) -> Result<Coerced, Vec<Violation>> {
    let mut reader = Reader::new(table, manner);
    let value = match raw {
        Some(raw) => reader.read(&raw, ty),
        None => reader.violate(ty, "a value nested too deeply"),
    };
    match value {
        Some(value) if reader.outcome.violations.is_empty() => {
            Ok(Coerced { value, notes: reader.outcome.notes, cut: false })
        }
        _ => Err(reader.outcome.violations),
    }
}
