//! Records: which key is which field, what is missing, what is too much.

use super::raw::Raw;
use super::read::Reader;
use super::violation::{Step, Violation, path_text};
use crate::ast::Name;
use crate::value::{FieldType, Type, Value};

/// A field as reading sees it, declared or of a shape.
struct Wanted<'t> {
    name: &'t Name,
    wire: &'t Name,
    ty: &'t Type,
    declared: Option<&'t FieldType>,
}

impl<'t> Reader<'t> {
    pub(super) fn read_record(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        let Raw::Object(given) = raw else { return self.read_record_from(raw, ty) };
        let wanted = self.wanted(ty);
        let fields = self.read_fields(given, &wanted, &format!("`{}`", ty.display(self.table)));
        let complete = fields.len() == wanted.len();
        complete.then(|| Value::record(fields))
    }

    fn read_fields(
        &mut self,
        given: &[(String, Raw)],
        wanted: &[Wanted<'_>],
        of: &str,
    ) -> Vec<(Name, Value)> {
        let mut used = vec![false; given.len()];
        let mut found: Vec<Option<usize>> = Vec::with_capacity(wanted.len());
        for field in wanted {
            let at = exact_key(given, field);
            if let Some(at) = at {
                mark(&mut used, at);
            }
            found.push(at);
        }
        if self.manner.lenient() {
            self.match_loosely(given, wanted, &mut found, &mut used);
        }
        let mut fields = Vec::with_capacity(wanted.len());
        for (field, at) in wanted.iter().zip(found) {
            self.path.push(Step::Field(field.wire.to_string()));
            let value = at.and_then(|at| given.get(at)).map(|(_, value)| value);
            let value = self.read_field(value, field, of);
            self.path.pop();
            fields.extend(value.map(|value| (field.name.clone(), value)));
        }
        for ((key, value), _) in given.iter().zip(&used).filter(|(_, used)| !**used) {
            self.unknown(key, value, wanted, of);
        }
        fields
    }

    fn wanted<'a>(&self, ty: &'a Type) -> Vec<Wanted<'a>>
    where
        't: 'a,
    {
        let table = self.table;
        if let Type::Shape(fields) = table.resolve(ty) {
            let wanted = |(name, ty): &'a (Name, Type)| Wanted { name, wire: name, ty, declared: None };
            return fields.iter().map(wanted).collect();
        }
        table.record(ty).unwrap_or_default().iter().map(wanted).collect()
    }

    /// The arguments of a tool, one a parameter; fewer only beside a violation.
    pub(super) fn read_params(&mut self, raw: &Raw, params: &[FieldType]) -> Vec<Value> {
        let params: Vec<Wanted<'_>> = params.iter().map(wanted).collect();
        let Raw::Object(given) = raw else {
            self.push(Violation::new(String::new(), "an object with the arguments", raw.show()));
            return Vec::new();
        };
        let fields = self.read_fields(given, &params, "the tool");
        fields.into_iter().map(|(_, value)| value).collect()
    }

    fn read_field(&mut self, raw: Option<&Raw>, field: &Wanted<'_>, of: &str) -> Option<Value> {
        let default = field.declared.and_then(|field| field.default.as_ref());
        match (raw, default) {
            (None, Some(default)) => Some(default.clone()),
            (Some(Raw::Null), Some(default)) if !self.table.takes_null(field.ty) => Some(default.clone()),
            (None, None) if self.table.takes_null(field.ty) => Some(Value::Null),
            (None, None) => {
                let expected = format!("`{}`", field.ty.display(self.table));
                let message = format!("missing; {of} needs it: {expected}");
                let violation = Violation::new(path_text(&self.path), expected, "nothing");
                self.push(violation.with_message(message));
                None
            }
            (Some(raw), _) => {
                let value = self.read(raw, field.ty)?;
                if let (Some(declared), false) = (field.declared, value.is_null()) {
                    self.constrain(&value, &declared.constraints);
                }
                self.outcome.matched += 1;
                Some(value)
            }
        }
    }

    /// Keys that are fields but for case and for `_`, `-` and spaces between words.
    fn match_loosely(
        &mut self,
        given: &[(String, Raw)],
        wanted: &[Wanted<'_>],
        found: &mut [Option<usize>],
        used: &mut [bool],
    ) {
        for (field, found) in wanted.iter().zip(found).filter(|(_, found)| found.is_none()) {
            let (name, wire) = (folded(field.name), folded(field.wire));
            let matching = |(at, (key, _)): (usize, &(String, Raw))| {
                let key = folded(key);
                let free = used.get(at).is_some_and(|used| !used);
                (free && !key.is_empty() && (key == name || key == wire)).then_some(at)
            };
            let mut matches = given.iter().enumerate().filter_map(matching);
            let (first, second) = (matches.next(), matches.next());
            drop(matches);
            if let (Some(at), None) = (first, second) {
                mark(used, at);
                *found = Some(at);
                let key = given.get(at).map_or("", |(key, _)| key);
                self.note(format!("took the field {key:?} as `{}`", field.wire));
            }
        }
    }

    fn unknown(&mut self, key: &str, value: &Raw, wanted: &[Wanted<'_>], of: &str) {
        if wanted.iter().any(|field| **field.wire == *key || **field.name == *key) {
            self.note(format!("took the last of several {key:?}"));
            return;
        }
        if self.manner.closed() {
            self.path.push(Step::Field(key.to_owned()));
            let message = format!("{of} has no field {key:?}");
            let violation = Violation::new(path_text(&self.path), "no such field", value.show());
            self.push(violation.with_message(message));
            self.path.pop();
        } else {
            self.note(format!("dropped {key:?}, which {of} does not have"));
        }
    }

    /// A record from what is no object: the only element of a list, or JSON inside a string.
    fn read_record_from(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        match raw {
            Raw::List(items) if self.manner.lenient() => match items.as_slice() {
                [only @ Raw::Object(_)] => {
                    self.note("took the only element of a list".to_owned());
                    self.read(only, ty)
                }
                _ => self.violate(ty, &raw.show()),
            },
            raw => self.read_inner(raw, ty),
        }
    }
}

fn wanted(field: &FieldType) -> Wanted<'_> {
    Wanted { name: &field.name, wire: field.wire_name(), ty: &field.ty, declared: Some(field) }
}

/// The key of a field: the name that JSON has for it, or its own.
fn exact_key(given: &[(String, Raw)], field: &Wanted<'_>) -> Option<usize> {
    let last = |name: &str| given.iter().rposition(|(key, _)| key == name);
    last(field.wire).or_else(|| last(field.name))
}

fn mark(used: &mut [bool], at: usize) {
    if let Some(used) = used.get_mut(at) {
        *used = true;
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
