//! Builds a schema by the rules of a dialect.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use super::rules::Rules;
use super::usage::Usage;
use crate::ast::Name;
use crate::value::{FieldType, Type, TypeBody, TypeDef, TypeId, TypeTable, literals, to_json_as};

/// Where nothing may refer to itself: how often types that do are spelled out, one in the other.
const LEVELS: usize = 3;

/// Objects that one schema spells out before the rest comes as JSON in strings.
const MAX_OBJECTS: u32 = 500;

/// A schema's object.
pub(super) type Node = Map<String, Json>;

pub(super) struct Builder<'t> {
    pub(super) table: &'t TypeTable,
    pub(super) rules: Rules,
    usage: Usage,
    defs: Node,
    /// The names of definitions.
    names: HashMap<TypeId, String>,
    /// Recursive types that are being spelled out.
    open: Vec<TypeId>,
    objects: u32,
    json_text: bool,
    notes: Vec<String>,
}

impl<'t> Builder<'t> {
    pub(super) fn new<'r>(
        table: &'t TypeTable,
        rules: Rules,
        roots: impl IntoIterator<Item = &'r Type>,
    ) -> Self {
        let usage = Usage::of(table, roots);
        Self {
            table,
            rules,
            usage,
            defs: Node::new(),
            names: HashMap::new(),
            open: Vec::new(),
            objects: 0,
            json_text: false,
            notes: Vec::new(),
        }
    }

    /// Definitions, whether `json` comes as text, and what could not be said.
    pub(super) fn finish(self) -> (Node, bool, Vec<String>) {
        (self.defs, self.json_text, self.notes)
    }

    /// The schema of a type at the top: there nothing is referred to.
    pub(super) fn root(&mut self, ty: &Type) -> Node {
        let Type::Named(id) = ty else { return self.plain(ty) };
        match self.table.get(*id) {
            Some(TypeDef { body: TypeBody::Alias { ty: inner, constraints, .. }, doc, .. })
                if !self.usage.is_recursive(*id) =>
            {
                let node = self.root(inner);
                let node = self.constrained(node, inner, constraints);
                self.described(node, doc.as_deref())
            }
            _ => self.expand(ty),
        }
    }

    /// The schema of a type where it stands.
    pub(super) fn build(&mut self, ty: &Type) -> Node {
        let Type::Named(id) = ty else { return self.plain(ty) };
        let recursive = self.usage.is_recursive(*id);
        if recursive && !self.rules.recursion {
            return self.spelled_out(*id, ty);
        }
        let shared = self.usage.is_shared(*id) && self.table.record(ty).is_some();
        if !recursive && !shared {
            return self.expand(ty);
        }
        let Some(def) = self.table.get(*id) else { return Node::new() };
        let known = self.names.get(id).cloned();
        let name = known.clone().unwrap_or_else(|| free_name(&def.name, &self.defs));
        if known.is_none() {
            // Taken before it is built, so that a type inside that refers back finds it.
            self.names.insert(*id, name.clone());
            self.defs.insert(name.clone(), Json::Null);
            let open = std::mem::take(&mut self.open);
            let body = self.expand(ty);
            self.open = open;
            self.defs.insert(name.clone(), Json::Object(body));
        }
        node([("$ref", json!(format!("#/$defs/{name}")))])
    }

    /// The schema of a type with its own name not referred to.
    pub(super) fn expand(&mut self, ty: &Type) -> Node {
        let Type::Named(id) = ty else { return self.plain(ty) };
        let recursive = self.usage.is_recursive(*id);
        if recursive {
            self.open.push(*id);
        }
        let node = match self.table.get(*id) {
            Some(TypeDef { body: TypeBody::Alias { ty: inner, constraints, .. }, doc, .. }) => {
                let node = self.build(inner);
                let node = self.constrained(node, inner, constraints);
                self.described(node, doc.as_deref())
            }
            Some(TypeDef { body: TypeBody::Record(fields), doc, .. }) => {
                let node = self.record(fields);
                self.described(node, doc.as_deref())
            }
            None => Node::new(),
        };
        if recursive {
            self.open.pop();
        }
        node
    }

    /// A recursive type where nothing may refer to itself: a few levels, then JSON in a string.
    fn spelled_out(&mut self, id: TypeId, ty: &Type) -> Node {
        if self.open.len() < LEVELS && self.objects < MAX_OBJECTS {
            return self.expand(ty);
        }
        let name = self.table.get(id).map_or("", |def| &*def.name);
        let note = format!(
            "`{name}` refers to itself: {LEVELS} levels are spelled out, what lies deeper comes as JSON in a string"
        );
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        let words = format!("a `{name}` as JSON in a string");
        node([("type", json!("string")), ("description", json!(words))])
    }

    fn plain(&mut self, ty: &Type) -> Node {
        if let Some(words) = literals(ty, self.table) {
            return node([("type", json!("string")), ("enum", json!(words))]);
        }
        match ty {
            Type::Null => of_type("null"),
            Type::Bool => of_type("boolean"),
            Type::Int => of_type("integer"),
            Type::Float => of_type("number"),
            Type::String => of_type("string"),
            Type::Money => self.money(),
            Type::Duration => {
                let pattern = "^-?(?:[0-9]+(?:\\.[0-9]+)?(?:ms|s|m|h|d))+$";
                self.text_like("a duration such as 1h30m, 90s or 250ms", Some(pattern))
            }
            Type::Date if self.rules.formats => {
                let format = |name: &str| json!({ "type": "string", "format": name });
                node([("anyOf", json!([format("date"), format("date-time")]))])
            }
            Type::Date => {
                let words =
                    "a day such as 2026-11-23, or a moment with its offset such as 2026-11-23T10:00:00Z";
                self.text_like(words, Some("^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}(?:[Tt ].+)?$"))
            }
            Type::Bytes => self.text_like("bytes in base64", None),
            Type::Image => self.text_like("an image as a data URL or an https address", None),
            Type::Pdf => self.text_like("a PDF as a data URL or an https address", None),
            Type::Unknown | Type::Json => self.anything(),
            Type::Literal(word) => node([("type", json!("string")), ("enum", json!([word]))]),
            Type::List(item) => {
                let items = self.build(item);
                node([("type", json!("array")), ("items", Json::Object(items))])
            }
            Type::Optional(inner) => {
                let inner = self.build(inner);
                nullable(inner)
            }
            Type::Map(value) => self.map(value),
            Type::Union(members) => self.union(members),
            Type::Shape(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, ty)| self.part(name, ty)).collect();
                self.object(fields)
            }
            Type::Named(_) => self.expand(ty),
        }
    }

    pub(super) fn record(&mut self, fields: &[FieldType]) -> Node {
        let built: Vec<_> = fields.iter().map(|field| self.declared(field)).collect();
        self.object(built)
    }

    /// A field's name, schema, and whether it must be there.
    fn declared(&mut self, field: &FieldType) -> (String, Node, bool) {
        let (inner, optional) =
            (field.ty.required(), field.default.is_some() || self.table.takes_null(&field.ty));
        let built = self.build(inner);
        let built = self.constrained(built, inner, &field.constraints);
        let mut built = self.or_null(built, &field.ty, optional);
        built = self.described(built, field.doc.as_deref());
        if let Some(default) = &field.default {
            let json = to_json_as(default, &field.ty, self.table);
            if self.rules.default {
                built.insert("default".to_owned(), json);
            } else {
                built = self.described(built, Some(&format!("default {json}")));
            }
        }
        (field.wire_name().to_string(), built, self.rules.all_required || !optional)
    }

    /// The same of a record without a name.
    fn part(&mut self, name: &Name, ty: &Type) -> (String, Node, bool) {
        let optional = self.table.takes_null(ty);
        let built = self.build(ty.required());
        (name.to_string(), self.or_null(built, ty, optional), self.rules.all_required || !optional)
    }

    /// With `null` beside it, where a field may be left out and the dialect wants that said so.
    fn or_null(&self, built: Node, ty: &Type, optional: bool) -> Node {
        let wanted = optional && (self.rules.all_required || self.rules.null_too);
        // An alias of an optional has its `null` already.
        let has_null = !matches!(ty, Type::Optional(_)) && self.table.takes_null(ty);
        if wanted && !has_null { nullable(built) } else { built }
    }

    pub(super) fn object(&mut self, fields: impl IntoIterator<Item = (String, Node, bool)>) -> Node {
        self.objects += 1;
        let (mut properties, mut required) = (Node::new(), Vec::new());
        for (name, built, needed) in fields {
            if needed {
                required.push(name.clone());
            }
            properties.insert(name, Json::Object(built));
        }
        let names: Vec<String> = properties.keys().cloned().collect();
        let mut object = of_type("object");
        if properties.is_empty() && !self.rules.empty_objects {
            return object;
        }
        object.insert("properties".to_owned(), Json::Object(properties));
        object.insert("required".to_owned(), json!(required));
        object.insert("additionalProperties".to_owned(), json!(false));
        if self.rules.ordering && names.len() > 1 {
            object.insert("propertyOrdering".to_owned(), json!(names));
        }
        object
    }

    fn money(&mut self) -> Node {
        let currency = self.text_like("ISO 4217 code such as USD", Some("^[A-Z]{3}$"));
        let amount = if self.rules.exact_money {
            node([("type", json!(["number", "string"])), ("pattern", json!("^-?[0-9]+(?:\\.[0-9]+)?$"))])
        } else {
            of_type("number")
        };
        self.object([("amount".to_owned(), amount, true), ("currency".to_owned(), currency, true)])
    }

    fn map(&mut self, value: &Type) -> Node {
        let value = self.build(value);
        if self.rules.open_maps {
            return node([("type", json!("object")), ("additionalProperties", Json::Object(value))]);
        }
        let pair =
            self.object([("key".to_owned(), of_type("string"), true), ("value".to_owned(), value, true)]);
        node([("type", json!("array")), ("items", Json::Object(pair))])
    }

    fn anything(&mut self) -> Node {
        if self.rules.anything {
            return Node::new();
        }
        self.json_text = true;
        node([("type", json!("string")), ("description", json!("any JSON, written into this string"))])
    }

    /// Literals stand together as one `enum`.
    fn union(&mut self, members: &[Type]) -> Node {
        let (words, others): (Vec<&Type>, Vec<&Type>) =
            members.iter().partition(|member| matches!(self.table.resolve(member), Type::Literal(_)));
        let mut any: Vec<Json> = others.into_iter().map(|member| Json::Object(self.build(member))).collect();
        if !words.is_empty() {
            let union = Type::union_of(words.into_iter().map(|word| self.table.resolve(word).clone()));
            any.insert(0, Json::Object(self.plain(&union)));
        }
        node([("anyOf", json!(any))])
    }

    fn text_like(&self, words: &str, pattern: Option<&str>) -> Node {
        let mut built = node([("type", json!("string")), ("description", json!(words))]);
        if let (true, Some(pattern)) = (self.rules.pattern, pattern) {
            built.insert("pattern".to_owned(), json!(pattern));
        }
        built
    }

    /// Adds words to the description. Where nothing may stand beside a `$ref`, it is put into an `anyOf` of one.
    pub(super) fn described(&self, built: Node, words: Option<&str>) -> Node {
        let Some(words) = words.map(str::trim).filter(|words| !words.is_empty()) else { return built };
        let mut built = if built.contains_key("$ref") && !self.rules.beside_ref {
            node([("anyOf", json!([built]))])
        } else {
            built
        };
        let whole = match built.get("description").and_then(Json::as_str) {
            Some(known) => format!("{known}; {words}"),
            None => words.to_owned(),
        };
        built.insert("description".to_owned(), json!(whole));
        built
    }
}

fn node<const N: usize>(fields: [(&str, Json); N]) -> Node {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn of_type(name: &str) -> Node {
    node([("type", json!(name))])
}

/// The schema with `null` beside it.
fn nullable(mut built: Node) -> Node {
    if built.is_empty() {
        return built;
    }
    match (built.get("type").cloned(), built.contains_key("enum")) {
        (Some(Json::String(name)), false) if !["object", "array"].contains(&name.as_str()) => {
            built.insert("type".to_owned(), json!([name, "null"]));
            built
        }
        _ => match built.get_mut("anyOf").and_then(Json::as_array_mut) {
            Some(any) => {
                any.push(json!({ "type": "null" }));
                built
            }
            None => node([("anyOf", json!([built, { "type": "null" }]))]),
        },
    }
}

/// A name as a definition may have it; two types of one name come from two files.
fn free_name(name: &str, defs: &Node) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !defs.contains_key(name)).unwrap_or(name)
}
