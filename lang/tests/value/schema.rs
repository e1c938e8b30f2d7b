//! Schemas: what each dialect says, and what none of them may say.

use agentrun_lang::value::{Dialect, Reply, coerce, schema, schema_of_params, to_json_as, type_text};
use serde_json::{Value as Json, json};

use crate::support::{documented, ty, types};

pub(crate) const DECLARED: &str = "
    Intent = \"refund\" | \"bug\";
    Triage = { intent: Intent, urgency: int @range(1, 5), order_id: string? };
    Line = { sku: string @len(1, 20), qty: int @range(1, 100), unit: money @range(0, 500) };
    Invoice = { number: string @match(\"^[A-Z0-9-]{3,}$\"), lines: Line[] @len(1, 3), first: Line?, total: money };
    Bad = { reason: string @len(1, 1200) };
    Node = { name: string, children: Node[] };
    Chain = { value: int, next: Chain? };
    Search = { query: string @alias(\"q\"), n: int = 8, tags: string[]? @len(1, 2) };
    ToolCall = { kind: \"tool\", name: string, args: map<json> };
    Final = { kind: \"final\", text: string };
    Event = { at: date, lasts: duration?, share: float @range(0, 1), ok: bool };
    Score = int @range(1, 5);
    Alias = Node;
    Empty = {};
    Maybe = string?
";

const DIALECTS: [Dialect; 6] =
    [Dialect::Full, Dialect::Tool, Dialect::Grammar, Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];

const TYPES: [&str; 23] = [
    "Intent",
    "Triage",
    "Line",
    "Invoice",
    "Bad",
    "Node",
    "Chain",
    "Search",
    "ToolCall",
    "ToolCall | Final",
    "Event",
    "Score",
    "Alias",
    "Maybe",
    "Invoice | Bad",
    "Line[]",
    "map<Line>",
    "json",
    "int",
    "string",
    "money",
    "Triage?",
    "{ a: int, b: Line?, c: Line[] }",
];

/// `schemas.txt`: a line `==== type | dialect`, and the schema.
#[test]
fn what_each_dialect_says() {
    let docs = [("Triage", "What the customer wants."), ("Triage.urgency", "5 is now")];
    let table = documented(types(DECLARED), &docs);
    let mut cases = 0;
    for case in include_str!("schemas.txt").split("==== ").skip(1) {
        let (head, expected) = case.split_once('\n').unwrap();
        let (name, dialect) = head.rsplit_once(" | ").unwrap();
        let dialect = DIALECTS.into_iter().find(|known| format!("{known:?}") == dialect).unwrap();
        let found = schema(&ty(name, &table), &table, dialect).json;
        let expected: Json = serde_json::from_str(expected).unwrap();
        assert_eq!(found, expected, "{head}: {found:#}");
        cases += 1;
    }
    assert!(cases >= 15, "only {cases} cases");
}

#[test]
fn what_refers_to_itself_is_spelled_out_where_it_must_be() {
    let table = types(DECLARED);
    for dialect in [Dialect::Anthropic, Dialect::Gemini] {
        let schema = schema(&ty("Node", &table), &table, dialect);
        assert_eq!(
            schema.notes,
            ["`Node` refers to itself: 3 levels are spelled out, what lies deeper comes as JSON in a string"]
        );
        let level = "/properties/children/items";
        let deepest = schema.json.pointer(&level.repeat(3)).unwrap();
        assert_eq!(deepest, &json!({"type": "string", "description": "a `Node` as JSON in a string"}));
        let reply = r#"{"name": "1", "children": [{"name": "2", "children": [{"name": "3", "children":
            ["{\"name\": \"4\", \"children\": [{\"name\": \"5\", \"children\": []}]}"]}]}]}"#;
        let read =
            coerce(reply, &ty("Node", &table), &table, Reply { cut: false, encoding: schema.encoding });
        let value = to_json_as(&read.unwrap().value, &ty("Node", &table), &table);
        assert_eq!(value.pointer(&"/children/0".repeat(4)).unwrap(), &json!({"name": "5", "children": []}));
    }
}

#[test]
fn a_tool_takes_its_parameters_as_one_object() {
    let table = types(DECLARED);
    let params = table.record(&ty("Search", &table)).unwrap();
    let found = schema_of_params(params, &table, Dialect::Tool);
    let expected = json!({
        "type": "object",
        "properties": {
            "q": {"type": "string"},
            "n": {"type": "integer", "default": 8},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}
        },
        "required": ["q"],
        "additionalProperties": false
    });
    assert_eq!(found.json, expected, "{:#}", found.json);
    assert_eq!(schema_of_params(&[], &table, Dialect::Tool).json["properties"], json!({}));
}

#[test]
fn types_of_one_name_from_two_files_stay_apart() {
    let mut table = types("A = { x: int }; B = { y: string }; C = { a: A, b: A, c: B, d: B }");
    table.defs[1].name = "A".into();
    let found = schema(&ty("C", &table), &table, Dialect::Full).json;
    assert_eq!(found["properties"]["b"], json!({"$ref": "#/$defs/A"}));
    assert_eq!(found["properties"]["d"], json!({"$ref": "#/$defs/A_2"}));
    assert_eq!(found["$defs"]["A_2"]["required"], json!(["y"]));
}

/// What a provider refuses, wherever it stands in a schema.
fn forbidden(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Full => &["propertyOrdering"],
        Dialect::Tool | Dialect::Grammar => {
            &["pattern", "$schema", "propertyOrdering", "const", "contentEncoding"]
        }
        Dialect::OpenAi => {
            &["pattern", "minLength", "maxLength", "default", "$schema", "allOf", "oneOf", "const"]
        }
        Dialect::Anthropic => &[
            "pattern",
            "minLength",
            "maxLength",
            "minimum",
            "maximum",
            "maxItems",
            "default",
            "$schema",
            "allOf",
            "oneOf",
        ],
        Dialect::Gemini => {
            &["pattern", "minLength", "maxLength", "const", "default", "$schema", "allOf", "oneOf"]
        }
    }
}

#[test]
fn no_dialect_says_what_its_provider_refuses() {
    let table = types(DECLARED);
    for dialect in DIALECTS {
        for name in TYPES {
            let schema = schema(&ty(name, &table), &table, dialect);
            let place = format!("{name} for {dialect:?}: {:#}", schema.json);
            assert!(jsonschema::meta::is_valid(&without(&schema.json, "propertyOrdering")), "{place}");
            let strict = matches!(dialect, Dialect::OpenAi | Dialect::Anthropic | Dialect::Gemini);
            if strict {
                assert_eq!(schema.json["type"], "object", "{place}");
            }
            walk(&schema.json, &mut |node| {
                for word in forbidden(dialect) {
                    assert!(!node.contains_key(*word), "`{word}` in {place}");
                }
                if strict && node.get("type") == Some(&json!("object")) {
                    assert_eq!(node["additionalProperties"], false, "{place}");
                }
                if dialect == Dialect::OpenAi && node.contains_key("properties") {
                    let names: Vec<&String> = node["properties"].as_object().unwrap().keys().collect();
                    assert_eq!(node["required"], json!(names), "{place}");
                }
                if node.contains_key("$ref") && dialect != Dialect::Full {
                    assert_eq!(node.len(), 1, "{place}");
                }
            });
        }
    }
}

/// Calls `visit` for every schema in a schema.
fn walk(json: &Json, visit: &mut impl FnMut(&serde_json::Map<String, Json>)) {
    let Json::Object(node) = json else { return };
    visit(node);
    for key in ["properties", "$defs"] {
        node.get(key)
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .for_each(|(_, inner)| walk(inner, visit));
    }
    for key in ["items", "additionalProperties"] {
        node.get(key).into_iter().for_each(|inner| walk(inner, visit));
    }
    node.get("anyOf").and_then(Json::as_array).into_iter().flatten().for_each(|inner| walk(inner, visit));
}

fn without(json: &Json, key: &str) -> Json {
    match json {
        Json::Object(node) => node
            .iter()
            .filter(|(known, _)| *known != key)
            .map(|(k, v)| (k.clone(), without(v, key)))
            .collect(),
        Json::Array(items) => items.iter().map(|item| without(item, key)).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_type_in_words() {
    let table = documented(
        types(DECLARED),
        &[("Triage.urgency", "5 is now,\n  1 can wait"), ("Search.query", "What to look for.")],
    );
    let rows = [
        (
            "Triage",
            "{
  \"intent\": \"refund\" | \"bug\",
  \"urgency\": integer (1 to 5),  // 5 is now, 1 can wait
  \"order_id\": string | null
}",
        ),
        (
            "Search",
            "{
  \"q\": string,  // What to look for.
  \"n\": integer (default 8),
  \"tags\": [string, …] | null (1 to 2 elements)
}",
        ),
        (
            "Invoice",
            "{
  \"number\": string (matches `^[A-Z0-9-]{3,}$`),
  \"lines\": [Line, …] (1 to 3 elements),
  \"first\": Line | null,
  \"total\": { \"amount\": number, \"currency\": \"USD\" }
}
Line: {
  \"sku\": string (1 to 20 characters),
  \"qty\": integer (1 to 100),
  \"unit\": { \"amount\": number, \"currency\": \"USD\" } ($0.00 to $500.00)
}",
        ),
        (
            "Node",
            "{
  \"name\": string,
  \"children\": [Node, …]
}
Node: {
  \"name\": string,
  \"children\": [Node, …]
}",
        ),
        (
            "{ a: { b: int } }",
            "{
  \"a\": {
    \"b\": integer
  }
}",
        ),
        (
            "ToolCall | Final",
            "{
  \"kind\": \"tool\",
  \"name\": string,
  \"args\": { \"…\": any JSON, … }
} | {
  \"kind\": \"final\",
  \"text\": string
}",
        ),
        ("Score", "integer (1 to 5)"),
        ("(date | duration)[]", "[date, e.g. \"2026-11-23\" | duration, e.g. \"1h30m\", …]"),
        ("Empty", "{}"),
    ];
    for (name, expected) in rows {
        let found = type_text(&ty(name, &table), &table);
        assert_eq!(found, expected, "{name}:\n{found}");
    }
}
