//! Types as JSON Schema, in the dialects that model providers take, and as a short text for models that take none.
//!
//! What a dialect has no keyword for goes into the description, and the value is checked when it comes: a schema only
//! helps a model, it never replaces `coerce`.

mod bounds;
mod build;
mod rules;
mod text;
mod usage;

pub use text::type_text;

use serde_json::{Map, json};

use super::{Encoding, FieldType, Type, TypeTable};
use build::Builder;
use rules::Rules;

/// Which JSON Schema a provider takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Draft 2020-12, all of it: documentation, validators, and tools whose servers want one.
    #[default]
    Full,
    /// What every provider takes as a tool's parameters.
    Tool,
    /// What servers on one's own machine turn into a grammar (llama.cpp, Ollama, vLLM): no patterns, no large bounds.
    Grammar,
    /// OpenAI's strict mode: an object of required fields at the top, no open maps, no lengths.
    OpenAi,
    /// Anthropic's answers and tools: an object at the top, hardly any bounds, nothing that refers to itself.
    Anthropic,
    /// Gemini's: as Anthropic's, with bounds of numbers and lists, and an order of fields.
    Gemini,
}

/// A schema, and how a value that keeps it is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The schema.
    pub json: serde_json::Value,
    /// What [`coerce`](super::coerce) must know of it.
    pub encoding: Encoding,
    /// What the dialect could not say, a line each.
    pub notes: Vec<String>,
}

/// The schema of a type.
pub fn schema(ty: &Type, table: &TypeTable, dialect: Dialect) -> Schema {
    let rules = Rules::of(dialect);
    let mut builder = Builder::new(table, rules, [ty]);
    let wrapped = rules.object_root && !is_object(ty, table, rules);
    let root = if wrapped {
        let inner = builder.build(ty);
        builder.object([("value".to_owned(), inner, true)])
    } else {
        builder.root(ty)
    };
    finish(root, builder, dialect, wrapped)
}

/// The schema of a tool's arguments: one object, its fields the parameters.
pub fn schema_of_params(params: &[FieldType], table: &TypeTable, dialect: Dialect) -> Schema {
    let mut builder = Builder::new(table, Rules::of(dialect), params.iter().map(|param| &param.ty));
    let root = builder.record(params);
    finish(root, builder, dialect, false)
}

fn finish(
    mut root: Map<String, serde_json::Value>,
    builder: Builder<'_>,
    dialect: Dialect,
    wrapped: bool,
) -> Schema {
    let (defs, json_text, notes) = builder.finish();
    if !defs.is_empty() {
        root.insert("$defs".to_owned(), serde_json::Value::Object(defs));
    }
    if dialect == Dialect::Full {
        root.shift_insert(0, "$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    }
    Schema { json: serde_json::Value::Object(root), encoding: Encoding { wrapped, json_text }, notes }
}

/// True where the type's schema is one object, as some dialects want it at the top.
fn is_object(ty: &Type, table: &TypeTable, rules: Rules) -> bool {
    match table.resolve(ty) {
        Type::Named(_) | Type::Shape(_) | Type::Money => true,
        Type::Map(_) => rules.open_maps,
        _ => false,
    }
}
