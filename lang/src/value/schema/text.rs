//! A type as a short text, for a model that takes no schema.

use std::collections::HashSet;

use super::usage::Usage;
use crate::value::constraint::words;
use crate::value::{Constraint, FieldType, Type, TypeBody, TypeDef, TypeId, TypeTable, to_json_as};

/// The JSON that a value of the type has, written as people sketch it; shared and recursive types follow below.
pub fn type_text(ty: &Type, table: &TypeTable) -> String {
    let usage = Usage::of(table, [ty]);
    let mut sketch = Sketch { table, usage, named: Vec::new(), seen: HashSet::new() };
    let mut text = sketch.expand(ty, 0);
    let mut at = 0;
    while let Some(id) = sketch.named.get(at).copied() {
        at += 1;
        let name = table.get(id).map_or("", |def| &*def.name);
        text.extend(["\n", name, ": ", &sketch.expand(&Type::Named(id), 0)]);
    }
    text
}

struct Sketch<'t> {
    table: &'t TypeTable,
    usage: Usage,
    /// Types that stand below, in order.
    named: Vec<TypeId>,
    seen: HashSet<TypeId>,
}

impl Sketch<'_> {
    fn one(&mut self, ty: &Type, indent: usize) -> String {
        let Type::Named(id) = ty else { return self.expand(ty, indent) };
        let shared = self.usage.is_shared(*id) && self.table.record(ty).is_some();
        if !shared && !self.usage.is_recursive(*id) {
            return self.expand(ty, indent);
        }
        if self.seen.insert(*id) {
            self.named.push(*id);
        }
        self.table.get(*id).map_or_else(String::new, |def| def.name.to_string())
    }

    fn expand(&mut self, ty: &Type, indent: usize) -> String {
        match ty {
            Type::Named(id) => match self.table.get(*id) {
                Some(TypeDef { body: TypeBody::Alias { ty: inner, constraints, .. }, .. }) => {
                    let text = self.one(inner, indent);
                    self.constrained(text, inner, constraints)
                }
                Some(TypeDef { body: TypeBody::Record(fields), .. }) => self.record(fields, indent),
                None => "any JSON".to_owned(),
            },
            Type::Null => "null".to_owned(),
            Type::Bool => "true | false".to_owned(),
            Type::Int => "integer".to_owned(),
            Type::Float => "number".to_owned(),
            Type::String => "string".to_owned(),
            Type::Money => "{ \"amount\": number, \"currency\": \"USD\" }".to_owned(),
            Type::Duration => "duration, e.g. \"1h30m\"".to_owned(),
            Type::Date => "date, e.g. \"2026-11-23\"".to_owned(),
            Type::Bytes => "bytes in base64".to_owned(),
            Type::Image => "image as a data URL".to_owned(),
            Type::Pdf => "PDF as a data URL".to_owned(),
            Type::Unknown | Type::Json => "any JSON".to_owned(),
            Type::Literal(word) => format!("{:?}", &**word),
            Type::List(item) => format!("[{}, …]", self.one(item, indent)),
            Type::Map(value) => format!("{{ \"…\": {}, … }}", self.one(value, indent)),
            Type::Optional(inner) => format!("{} | null", self.one(inner, indent)),
            Type::Union(members) => {
                members.iter().map(|member| self.one(member, indent)).collect::<Vec<_>>().join(" | ")
            }
            Type::Shape(fields) => {
                let lines = fields
                    .iter()
                    .map(|(name, ty)| (name.to_string(), self.one(ty, indent + 1), String::new()));
                object(lines.collect(), indent)
            }
        }
    }

    fn record(&mut self, fields: &[FieldType], indent: usize) -> String {
        let lines = fields.iter().map(|field| {
            let text = self.one(&field.ty, indent + 1);
            let mut text = self.constrained(text, &field.ty, &field.constraints);
            if let Some(default) = &field.default {
                let json = to_json_as(default, &field.ty, self.table);
                text.extend([" (default ", &json.to_string(), ")"]);
            }
            let doc = field.doc.as_deref().map(|doc| doc.split_whitespace().collect::<Vec<_>>().join(" "));
            (field.wire_name().to_string(), text, doc.unwrap_or_default())
        });
        object(lines.collect(), indent)
    }

    fn constrained(&self, text: String, ty: &Type, constraints: &[Constraint]) -> String {
        let ty = self.table.resolve(ty).required();
        let asked: Vec<String> = constraints.iter().map(|constraint| words(constraint, ty)).collect();
        if asked.is_empty() { text } else { format!("{text} ({})", asked.join(", ")) }
    }
}

/// A line a field, its documentation behind it.
fn object(fields: Vec<(String, String, String)>, indent: usize) -> String {
    if fields.is_empty() {
        return "{}".to_owned();
    }
    let (inner, outer) = ("  ".repeat(indent + 1), "  ".repeat(indent));
    let last = fields.len() - 1;
    let lines = fields.into_iter().enumerate().map(|(index, (name, text, doc))| {
        let comma = if index == last { "" } else { "," };
        let doc = if doc.is_empty() { doc } else { format!("  // {doc}") };
        format!("{inner}{name:?}: {text}{comma}{doc}\n")
    });
    format!("{{\n{}{outer}}}", lines.collect::<String>())
}
