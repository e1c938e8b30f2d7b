//! The schema a reply is held to, where the server takes one.

use agentrun_lang::value::{Dialect, Encoding, Type, schema};
use serde_json::{Map, Value, json};

use super::Protocol;
use crate::call::provider::{Caps, SchemaDialect};
use crate::call::request::CallRequest;
use crate::chat::ToolSpec;

/// The schema of a reply and its name, and how a value that keeps it is read.
pub(super) fn of(
    request: &CallRequest,
    caps: &Caps,
    protocol: Protocol,
    ty: Option<&Type>,
) -> (Option<(String, Value)>, Encoding) {
    let answer = ty.map(|ty| schema(ty, &request.program.types, dialect(caps.dialect)));
    match (protocol, answer) {
        (Protocol::None, Some(answer)) if caps.schema => {
            (Some(("answer".to_string(), answer.json)), answer.encoding)
        }
        (Protocol::Schema, answer) => {
            let (json, encoding) = answer.map_or_else(
                || (json!({ "type": "string" }), Encoding::default()),
                |answer| (answer.json, answer.encoding),
            );
            (Some(("step".to_string(), step(&request.call.tools, json))), encoding)
        }
        _ => (None, Encoding::default()),
    }
}

/// A server that takes any schema makes a grammar of it.
fn dialect(dialect: SchemaDialect) -> Dialect {
    match dialect {
        SchemaDialect::Full => Dialect::Grammar,
        SchemaDialect::OpenAi => Dialect::OpenAi,
        SchemaDialect::Anthropic => Dialect::Anthropic,
        SchemaDialect::Gemini => Dialect::Gemini,
    }
}

/// A tool's call, or the answer; nothing else fits.
fn step(tools: &[ToolSpec], answer: Value) -> Value {
    let mut defs = Map::new();
    let mut choices: Vec<Value> = tools
        .iter()
        .enumerate()
        .map(|(index, tool)| {
            let arguments = hoisted(tool.parameters.clone(), &format!("tool{index}_"), &mut defs);
            closed(&[("tool", json!({ "const": tool.name })), ("arguments", arguments)])
        })
        .collect();
    choices.push(closed(&[("answer", hoisted(answer, "answer_", &mut defs))]));
    let mut schema = json!({ "anyOf": choices });
    if let (false, Some(schema)) = (defs.is_empty(), schema.as_object_mut()) {
        schema.insert("$defs".to_string(), Value::Object(defs));
    }
    schema
}

/// An object of exactly these fields.
fn closed(fields: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_string(), schema.clone())).collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// Moves a schema's own definitions to the root of the schema it becomes a part of, under names that do not clash.
fn hoisted(mut schema: Value, prefix: &str, defs: &mut Map<String, Value>) -> Value {
    let own = schema.as_object_mut().and_then(|schema| {
        schema.remove("$schema");
        schema.remove("$defs")
    });
    let Some(Value::Object(own)) = own else { return schema };
    for (name, mut definition) in own {
        rename(&mut definition, prefix);
        defs.insert(format!("{prefix}{name}"), definition);
    }
    rename(&mut schema, prefix);
    schema
}

fn rename(schema: &mut Value, prefix: &str) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(path) if key == "$ref" => {
                        if let Some(name) = path.strip_prefix("#/$defs/") {
                            *path = format!("#/$defs/{prefix}{name}");
                        }
                    }
                    other => rename(other, prefix),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, prefix)),
        _ => {}
    }
}
