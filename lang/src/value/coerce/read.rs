//! From JSON as written to a value of a type. What had to be converted is noted, what does not fit is a violation
//! with its place; reading goes on behind one, so that all of them are found at once.

use super::Encoding;
use super::lenient::{self, Stop};
use super::raw::Raw;
use super::scalar::{self, MediaFrom};
use super::violation::{Step, Violation, path_text};
use crate::ast::Name;
use crate::value::constraint::{self, shorten};
use crate::value::{Constraint, Money, Type, TypeBody, TypeDef, TypeTable, Value, literals, parse_duration};

/// Where a value comes from, which says how strictly it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// A model's answer.
    Reply(Encoding),
    /// What a model gives to a tool.
    Arguments(Encoding),
    /// Somebody's JSON.
    Json,
    /// A value that should be of the type already.
    Typed,
    /// A value that is asked to be of the type.
    Cast,
}

impl Manner {
    /// Conversions that a model's words need, each noted.
    pub(super) fn lenient(self) -> bool {
        matches!(self, Self::Reply(_) | Self::Arguments(_))
    }

    /// A text that is a number or a truth value where one is expected.
    pub(super) fn text_scalars(self) -> bool {
        self.lenient() || self == Self::Cast
    }

    /// A field that the record does not have is a violation, else a note.
    pub(super) fn closed(self) -> bool {
        matches!(self, Self::Arguments(_) | Self::Typed | Self::Cast)
    }

    /// A model must not name a file of this machine, and an expression must not make one of a text.
    fn media(self) -> MediaFrom {
        match self {
            Self::Reply(_) | Self::Arguments(_) => MediaFrom::Outside,
            Self::Json => MediaFrom::Anywhere,
            Self::Typed | Self::Cast => MediaFrom::Nowhere,
        }
    }

    /// A `json` value is written as a string that holds JSON.
    fn json_text(self) -> bool {
        matches!(self, Self::Reply(encoding) | Self::Arguments(encoding) if encoding.json_text)
    }
}

/// Violations and notes kept; a reply that has more is wrong in whole.
const KEPT: usize = 20;

/// Steps of reading; more than a megabyte of JSON has.
const MAX_STEPS: u64 = 4_000_000;

/// Nesting of types and values that is followed.
const MAX_DEPTH: usize = 400;

/// Where strings hold JSON that is read, how often one inside the other.
const MAX_INNER: u32 = 2;

pub(super) struct Reader<'t> {
    pub(super) table: &'t TypeTable,
    pub(super) manner: Manner,
    pub(super) path: Vec<Step>,
    pub(super) outcome: Outcome,
    steps: u64,
    depth: usize,
    inner: u32,
}

/// What reading found beside the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) violations: Vec<Violation>,
    pub(super) notes: Vec<String>,
    /// Conversions and dropped fields.
    pub(super) conversions: u32,
    /// Scalars and fields that were what they should be.
    pub(super) matched: u32,
}

impl<'t> Reader<'t> {
    pub(super) fn new(table: &'t TypeTable, manner: Manner) -> Self {
        Self { table, manner, path: Vec::new(), outcome: Outcome::default(), steps: 0, depth: 0, inner: 0 }
    }

    /// The value, or `None` where a violation says why there is none. There may be violations beside a value.
    pub(super) fn read(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.depth > MAX_DEPTH {
            return self.violate(ty, "a value too large or too deep to read");
        }
        self.depth += 1;
        let value = self.read_aliased(raw, ty);
        self.depth -= 1;
        value
    }

    fn read_aliased(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        let Type::Named(id) = ty else { return self.read_plain(raw, ty) };
        match self.table.get(*id) {
            Some(TypeDef { body: TypeBody::Alias { ty: inner, constraints, .. }, .. }) => {
                let value = self.read(raw, inner)?;
                self.constrain(&value, constraints);
                Some(value)
            }
            Some(_) => self.read_record(raw, ty),
            None => self.read_json(raw),
        }
    }

    fn read_plain(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        match (ty, raw) {
            (Type::Unknown | Type::Json, raw) => self.read_json(raw),
            (Type::Null | Type::Optional(_), Raw::Null) => Some(Value::Null),
            (Type::Optional(inner), raw) => self.read_optional(raw, inner),
            (Type::Literal(word), raw) => self.read_word(raw, &[word], ty),
            (Type::Union(_), raw) => match literals(ty, self.table) {
                Some(words) => self.read_word(raw, &words, ty),
                None => self.read_union(raw, ty),
            },
            (Type::List(item), raw) => self.read_list(raw, item, ty),
            (Type::Map(inner), raw) => self.read_map(raw, inner, ty),
            (Type::Shape(_) | Type::Named(_), raw) => self.read_record(raw, ty),
            (scalar, raw) => self.read_scalar(raw, scalar),
        }
    }

    fn read_optional(&mut self, raw: &Raw, inner: &Type) -> Option<Value> {
        let nothing = |text: &str| ["", "null", "none"].contains(&text.to_ascii_lowercase().as_str());
        match raw {
            Raw::Text(text) if self.manner.lenient() && nothing(text.trim()) && !self.takes_text(inner) => {
                self.note(format!("took {text:?} as `null`"));
                Some(Value::Null)
            }
            raw => self.read(raw, inner),
        }
    }

    fn takes_text(&self, ty: &Type) -> bool {
        let text = |ty: &&Type| matches!(self.table.resolve(ty), Type::String | Type::Json | Type::Unknown);
        self.table.members(ty).iter().any(text)
    }

    fn read_scalar(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        let (exact, lenient, texts) =
            (exact(raw, ty, self.manner), self.manner.lenient(), self.manner.text_scalars());
        if let Some(value) = exact {
            self.outcome.matched += 1;
            return Some(value);
        }
        let text = match raw {
            Raw::Text(text) if texts => text,
            Raw::Bool(_) | Raw::Number(_) if lenient && *ty == Type::String => {
                let text = raw.show();
                self.note(format!("took {text} as a text"));
                return Some(Value::text(text));
            }
            _ => return self.violate(ty, &raw.show()),
        };
        let converted = if lenient { from_text(text, ty) } else { from_exact_text(text, ty) };
        let Some(value) = converted else { return self.violate(ty, &raw.show()) };
        self.note(format!("took {:?} as `{value}`", shorten(text)));
        Some(value)
    }

    fn read_word(&mut self, raw: &Raw, words: &[&Name], ty: &Type) -> Option<Value> {
        let text = match raw {
            Raw::Text(text) => text.clone(),
            Raw::Bool(_) | Raw::Number(_) if self.manner.lenient() => raw.show(),
            _ => return self.violate(ty, &raw.show()),
        };
        if let Some(word) = words.iter().find(|word| word.as_ref() == text.as_str()) {
            self.outcome.matched += 1;
            return Some(Value::String((*word).clone()));
        }
        match scalar::word(&text, words).filter(|_| self.manner.lenient()) {
            Some(word) => {
                self.note(format!("took {:?} as \"{word}\"", shorten(&text)));
                Some(Value::String(word.clone()))
            }
            None => self.violate(ty, &raw.show()),
        }
    }

    fn read_list(&mut self, raw: &Raw, item: &Type, ty: &Type) -> Option<Value> {
        match raw {
            Raw::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (index, raw) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    values.extend(self.read(raw, item));
                    self.path.pop();
                }
                (values.len() == items.len()).then(|| Value::list(values))
            }
            Raw::Object(_) if self.manner.lenient() && self.table.fields(item).is_some() => {
                self.note("took one object as a list of one".to_owned());
                self.path.push(Step::Index(0));
                let value = self.read(raw, item);
                self.path.pop();
                Some(Value::list([value?]))
            }
            raw => self.read_inner(raw, ty),
        }
    }

    fn read_map(&mut self, raw: &Raw, inner: &Type, ty: &Type) -> Option<Value> {
        let pairs: Vec<(&str, &Raw)> = match raw {
            Raw::Object(fields) => fields.iter().map(|(key, value)| (key.as_str(), value)).collect(),
            Raw::List(items) => match items.iter().map(key_and_value).collect::<Option<_>>() {
                Some(pairs) => pairs,
                None => return self.violate(ty, &raw.show()),
            },
            raw => return self.read_inner(raw, ty),
        };
        let count = pairs.len();
        let mut fields = Vec::with_capacity(count);
        for (key, value) in pairs {
            self.path.push(Step::Field(key.to_owned()));
            fields.extend(self.read(value, inner).map(|value| (key, value)));
            self.path.pop();
        }
        (fields.len() == count).then(|| Value::record(fields))
    }

    pub(super) fn read_json(&mut self, raw: &Raw) -> Option<Value> {
        self.outcome.matched += 1;
        Some(match raw {
            Raw::Null => Value::Null,
            Raw::Bool(bool) => Value::Bool(*bool),
            Raw::Number(text) => match text.parse() {
                Ok(int) => Value::Int(int),
                Err(_) => match scalar::float(text) {
                    Some(float) => Value::Float(float),
                    None => return self.violate(&Type::Json, &raw.show()),
                },
            },
            Raw::NoNumber(_) => return self.violate(&Type::Json, &raw.show()),
            Raw::Text(text) => match text {
                text if self.manner.json_text() && self.inner < MAX_INNER => match self.parse_inner(text) {
                    Some(inner) => return self.read_inside(&inner, &Type::Json),
                    None => scalar::json_scalar(text).unwrap_or_else(|| Value::text(text.as_str())),
                },
                text => Value::text(text.as_str()),
            },
            Raw::List(items) => Value::list(
                items.iter().map(|item| self.read(item, &Type::Json)).collect::<Option<Vec<_>>>()?,
            ),
            Raw::Object(fields) => {
                let mut record = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    record.push((key.as_str(), self.read(value, &Type::Json)?));
                }
                Value::record(record)
            }
            Raw::Typed(value) => value.clone(),
        })
    }

    /// A list, a map or a record whose JSON was put into a string.
    pub(super) fn read_inner(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        let inner = match raw {
            Raw::Text(text) if self.manner.lenient() && self.inner < MAX_INNER => self.parse_inner(text),
            _ => None,
        };
        let Some(inner) = inner else { return self.violate(ty, &raw.show()) };
        self.note("read the JSON inside a string".to_owned());
        self.read_inside(&inner, ty)
    }

    fn read_inside(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        self.inner += 1;
        let value = self.read(raw, ty);
        self.inner -= 1;
        value
    }

    fn parse_inner(&mut self, text: &str) -> Option<Raw> {
        let text = text.trim();
        let mut work = usize::MAX;
        self.steps += text.len() as u64 / 8;
        if !text.starts_with(['{', '[']) {
            return None;
        }
        match lenient::read(text, 0, false, &mut work) {
            Ok(read) if read.end == text.len() => Some(read.raw),
            Ok(_) | Err(Stop::Syntax | Stop::End | Stop::Depth) => None,
        }
    }

    pub(super) fn constrain(&mut self, value: &Value, constraints: &[Constraint]) {
        for constraint in constraints {
            if let Some((expected, found)) = constraint::broken(value, constraint) {
                self.push(Violation::new(path_text(&self.path), expected, found));
            }
        }
    }

    pub(super) fn violate(&mut self, expected: &Type, found: &str) -> Option<Value> {
        let expected = format!("`{}`", expected.display(self.table));
        self.push(Violation::new(path_text(&self.path), expected, found));
        None
    }

    pub(super) fn push(&mut self, violation: Violation) {
        if self.outcome.violations.len() < KEPT {
            self.outcome.violations.push(violation);
        }
    }

    /// Says that something was converted.
    pub(super) fn note(&mut self, note: String) {
        self.outcome.conversions += 1;
        if self.outcome.notes.len() < KEPT {
            let path = path_text(&self.path);
            self.outcome.notes.push(if path.is_empty() { note } else { format!("`{path}`: {note}") });
        }
    }
}

/// A scalar in the form that JSON has for it.
fn exact(raw: &Raw, ty: &Type, manner: Manner) -> Option<Value> {
    match (ty, raw) {
        (Type::Bool, Raw::Bool(bool)) => Some(Value::Bool(*bool)),
        (Type::Int, Raw::Number(text)) => scalar::int(text).map(Value::Int),
        (Type::Float, Raw::Number(text)) => scalar::float(text).map(Value::Float),
        (Type::String, Raw::Text(text)) => Some(Value::text(text.as_str())),
        (Type::Money, Raw::Number(text)) => Money::parse(text).or_else(|| usd(text)).map(Value::Money),
        (Type::Money, Raw::Text(text)) => Money::parse(text).map(Value::Money),
        (Type::Money, Raw::Object(_)) => scalar::money_object(raw, manner.lenient()).map(Value::Money),
        (Type::Duration, Raw::Text(text)) => parse_duration(text).map(Value::Duration),
        (Type::Date, Raw::Text(text)) => scalar::date(text).map(Value::Date),
        (Type::Bytes, Raw::Text(text)) => scalar::bytes(text).map(Value::Bytes),
        (Type::Image | Type::Pdf, Raw::Text(text)) => {
            scalar::media(text, *ty == Type::Pdf, manner.media()).map(Value::Media)
        }
        (
            Type::Money | Type::Duration | Type::Date | Type::Bytes | Type::Image | Type::Pdf,
            Raw::Typed(value),
        ) => (value.kind_word() == ty.word().unwrap_or("")).then(|| value.clone()),
        _ => None,
    }
}

fn usd(text: &str) -> Option<Money> {
    Money::of_decimal(text, crate::value::Currency::USD)
}

/// A scalar from a text that says exactly it.
fn from_exact_text(text: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::Int if lenient::is_number(text) => scalar::int(text).map(Value::Int),
        Type::Float if lenient::is_number(text) => scalar::float(text).map(Value::Float),
        Type::Bool => text.parse().ok().map(Value::Bool),
        _ => None,
    }
}

/// A scalar from a text with what people put around one.
fn from_text(text: &str, ty: &Type) -> Option<Value> {
    let number = scalar::bare_number(text);
    match ty {
        Type::Int => scalar::loose_int(number).map(Value::Int),
        Type::Float => scalar::loose_float(number).map(Value::Float),
        Type::Bool => scalar::loose_bool(scalar::bare(text)).map(Value::Bool),
        Type::Money => Money::parse(number).map(Value::Money),
        Type::Duration => parse_duration(number).map(Value::Duration),
        Type::Date => scalar::date(number).map(Value::Date),
        _ => None,
    }
}

/// A pair of a map that was written as a list, as a schema without maps asks for it.
fn key_and_value(raw: &Raw) -> Option<(&str, &Raw)> {
    match (raw.get("key"), raw.get("value"), raw) {
        (Some(Raw::Text(key)), Some(value), Raw::Object(fields)) if fields.len() == 2 => Some((key, value)),
        _ => None,
    }
}
