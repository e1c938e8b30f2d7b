//! Replies of models and what is read from them: `replies/*.txt`, a case each.
//!
//! A case is a line `==== name | type | flags` (flags: `cut`, `wrapped`, `json_text`), the reply, a line `---->`,
//! and what comes: the value as JSON, or its violations (`! …`), and the notes (`~ …`).

use agentrun_lang::value::{
    Encoding, Reply, Type, TypeTable, Value, coerce, read_arguments, read_json, to_json, to_json_as, validate,
};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop};
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::json;

use crate::support::{ty, types};

const DECLARED: &str = "
    Triage = { intent: Intent, urgency: int @range(1, 5), order_id: string? };
    Intent = \"refund\" | \"bug\" | \"feature request\";
    Line = { sku: string, qty: int @range(1, 100), unit: money };
    Invoice = { vendor: string, number: string @match(\"^[A-Z0-9-]{3,}$\"), lines: Line[] @len(1, 3), total: money };
    Bad = { reason: string };
    Review = { ok: bool, reasons: string[] };
    Node = { name: string, children: Node[] };
    Search = { query: string, n: int = 8, tags: string[] = [] };
    ToolCall = { kind: \"tool\", name: string, args: map<json> };
    Final = { kind: \"final\", text: string @len(1, 40) };
    Event = { what: string, at: date, lasts: duration?, share: float @range(0, 1) };
    Aliased = { order: string @alias(\"order-number\"), count: int @alias(\"n\") };
    Score = int @range(1, 5);
    Name = string @len(1, 10);
    Files = { picture: image?, blob: bytes? };
    Maybe = string?
";

const FILES: [(&str, &str); 6] = [
    ("records", include_str!("replies/records.txt")),
    ("forms", include_str!("replies/forms.txt")),
    ("scalars", include_str!("replies/scalars.txt")),
    ("texts", include_str!("replies/texts.txt")),
    ("unions", include_str!("replies/unions.txt")),
    ("cut", include_str!("replies/cut.txt")),
];

#[test]
fn replies_are_read_as_they_should() {
    let table = types(DECLARED);
    let mut cases = 0;
    let mut wrong = Vec::new();
    for (file, text) in FILES {
        for case in text.split("==== ").skip(1) {
            let (head, rest) = case.split_once('\n').unwrap();
            let (reply, expected) = rest.split_once("\n---->\n").unwrap_or_else(|| panic!("{file}: {head}"));
            let found = outcome(head, reply, &table);
            cases += 1;
            if found.trim() != expected.trim() {
                let expected = expected.trim();
                wrong.push(format!(
                    "{file}: {head}\n{reply}\n----> expected\n{expected}\n----> found\n{found}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(cases >= 100, "only {cases} cases");
}

fn outcome(head: &str, reply: &str, table: &TypeTable) -> String {
    let mut parts = head.split(" | ");
    let name = parts.next().unwrap();
    let rest: Vec<&str> = parts.collect();
    let (flags, type_parts): (Vec<&str>, Vec<&str>) =
        rest.iter().partition(|part| ["cut", "wrapped", "json_text"].contains(part));
    let wanted = ty(&type_parts.join(" | "), table);
    let encoding = Encoding { wrapped: flags.contains(&"wrapped"), json_text: flags.contains(&"json_text") };
    let reply_of = Reply { cut: flags.contains(&"cut"), encoding };
    match coerce(reply, &wanted, table, reply_of) {
        Ok(coerced) => {
            assert_eq!(validate(&coerced.value, &wanted, table), [], "{name}");
            let mut lines = vec![to_json_as(&coerced.value, &wanted, table).to_string()];
            lines.extend(coerced.notes.iter().map(|note| format!("~ {note}")));
            lines.extend(coerced.cut.then(|| "~ cut".to_owned()));
            lines.join("\n")
        }
        Err(violations) => {
            assert!(!violations.is_empty(), "{name}");
            violations.iter().map(|violation| format!("! {violation}")).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn json_of_others_is_read_exactly() {
    let table = types(DECLARED);
    let rows = [
        (
            json!({"intent": "bug", "urgency": 2}),
            "Triage",
            Ok(json!({"intent": "bug", "urgency": 2, "order_id": null})),
        ),
        (
            json!({"intent": "bug", "urgency": 2, "x": 1}),
            "Triage",
            Ok(json!({"intent": "bug", "urgency": 2, "order_id": null})),
        ),
        (
            json!({"intent": "Bug", "urgency": 2}),
            "Triage",
            Err("`intent`: expected `\"refund\" | \"bug\" | \"feature request\"`, found \"Bug\""),
        ),
        (json!({"intent": "bug", "urgency": "2"}), "Triage", Err("`urgency`: expected `int`, found \"2\"")),
        (json!([{"intent": "bug", "urgency": 2}]), "Triage", Err("expected `Triage`, found a list of 1")),
        (json!("yes"), "bool", Err("expected `bool`, found \"yes\"")),
        (json!("$3"), "money", Ok(json!({"amount": 3, "currency": "USD"}))),
        (json!("docs/a.pdf"), "pdf", Ok(json!("docs/a.pdf"))),
        (json!("a.png"), "pdf", Err("expected `pdf`, found \"a.png\"")),
        (json!("file:///etc/passwd"), "pdf", Err("expected `pdf`, found \"file:///etc/passwd\"")),
        (json!("https://x.org/a"), "image", Ok(json!("https://x.org/a"))),
    ];
    for (json, name, expected) in rows {
        let read = read_json(&json, &ty(name, &table), &table);
        let found = read.map(|read| to_json(&read.value)).map_err(|violations| violations[0].to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{json} as `{name}`");
    }
}

#[test]
fn what_a_model_gives_to_a_tool() {
    let table = types("Args = { query: string @len(1, 9), n: int = 8, to: string? @alias(\"recipient\") }");
    let params = table.record(&ty("Args", &table)).unwrap();
    let rows = [
        (json!({"query": "sky"}), r#"["sky",8,null]"#),
        (json!({"query": "sky", "n": "3", "recipient": "me"}), r#"["sky",3,"me"]"#),
        (json!("```json\n{\"query\": \"sky\",}\n```"), r#"["sky",8,null]"#),
        (json!({"query": ""}), "`query`: expected 1 to 9 characters, found 0 characters"),
        (json!({"n": 3}), "`query`: missing; the tool needs it: `string`"),
        (json!({"query": "sky", "force": true}), "`force`: the tool has no field \"force\""),
        (json!("no idea"), "expected an object with the arguments, found null"),
        (json!([1]), "expected an object with the arguments, found a list of 1"),
    ];
    for (json, expected) in rows {
        let found = match read_arguments(&json, params, &table, Encoding::default()) {
            Ok(values) => to_json(&Value::list(values)).to_string(),
            Err(violations) => violations[0].to_string(),
        };
        assert_eq!(found, expected, "{json}");
    }
}

#[test]
fn a_redacted_value_is_checked_again() {
    let table = types(DECLARED);
    let value = Value::record([("intent", Value::text("[REDACTED]")), ("urgency", Value::Int(9))]);
    let violations: Vec<String> =
        validate(&value, &ty("Triage", &table), &table).iter().map(ToString::to_string).collect();
    let words = "`intent`: expected `\"refund\" | \"bug\" | \"feature request\"`, found \"[REDACTED]\"";
    assert_eq!(violations, [words, "`urgency`: expected 1 to 5, found 9"]);
}

const TYPES: [&str; 24] = [
    "Triage",
    "Invoice",
    "Review",
    "Node",
    "Search",
    "ToolCall | Final",
    "(ToolCall | Final)[]",
    "Event",
    "Aliased",
    "Score",
    "Name",
    "Files",
    "Maybe",
    "Intent",
    "string",
    "int?",
    "float",
    "bool",
    "money",
    "duration",
    "date",
    "json",
    "map<json>",
    "int | string | Bad",
];

/// Hostile texts: reading each ends soon, or this test does not.
#[test]
fn hostile_replies_end() {
    let table = types(DECLARED);
    let big = |piece: &str| piece.repeat((1 << 16) / piece.len());
    let pieces = [
        "[",
        "{",
        "{\"a\":",
        "[1,",
        "{\"a\":[",
        "\"",
        "'",
        "{'",
        "[[a,",
        "{\"a\":1},",
        "[\"",
        "{a:",
        "{a ",
        "[]",
        "```\n",
        "\n",
        " ",
        "\\",
        "\"\\",
        "//",
        "[/*",
        "[#",
        "{\"name\":\"x\",\"children\":[",
        "<think>",
        "1,",
        "a: ",
        "[\" ",
        "[\",",
        "{\"\"",
        "\u{e9}",
        "{\"a\":1,\"a\":2,",
        "null ",
        "[-",
        "[\"\"\"",
        "“",
        "[`",
        "bug\n",
    ];
    let read = move || {
        for piece in pieces {
            let text = big(piece);
            for name in ["Triage", "json", "Intent", "(ToolCall | Final)[]"] {
                for cut in [false, true] {
                    let reply = Reply { cut, encoding: Encoding::default() };
                    let _ = coerce(&text, &ty(name, &table), &table, reply);
                }
            }
        }
        let many = format!("{{{}}}", "\"k\":[{\"name\":\"x\",\"children\":[]}],".repeat(20_000));
        assert!(coerce(&many, &ty("map<Node[] | Final>", &table), &table, Reply::default()).is_ok());
        let deep = format!("{}{}", "{\"name\":\"x\",\"children\":[".repeat(50), "]}".repeat(50));
        assert!(coerce(&deep, &ty("Node", &table), &table, Reply::default()).is_ok());
        let deep = format!("{}{}", "{\"name\":\"x\",\"children\":[".repeat(51), "]}".repeat(51));
        assert!(coerce(&deep, &ty("Node", &table), &table, Reply::default()).is_err());
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap().join().unwrap();
}

/// Scraps of JSON, of what stands around it, and of what breaks it.
fn scrap() -> impl Strategy<Value = String> {
    let words = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "'",
        "`",
        "\\",
        "\n",
        "//",
        "/*",
        "*/",
        "#",
        "true",
        "None",
        "NaN",
        "1",
        "-1.5e3",
        "\"intent\"",
        "\"bug\"",
        "\"urgency\": 3",
        "\"name\": \"x\"",
        "\"children\": []",
        "refund",
        "```json\n",
        "```",
        "<think>",
        "</think>",
        "日本",
        "\u{feff}",
        "\\u12",
        "\\ud83d",
        "$3",
        "1h30m",
        "Answer: 4",
        "{\"kind\": \"final\", \"text\": \"x\"}",
        "{\"value\": 3}",
        "...",
        " ",
        "null",
        "“",
        "2026-11-23",
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        any::<char>().prop_map(String::from)
    ]
}

fn reply_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(scrap(), 0..40).prop_map(|scraps| scraps.concat()),
        any::<String>(),
        (json_text(), any::<prop::sample::Index>(), scrap()).prop_map(|(text, at, scrap)| {
            let mut at = at.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let (before, after) = text.split_at(at);
            format!("{before}{scrap}{after}")
        }),
    ]
}

fn json_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#"{"intent": "bug", "urgency": 3, "order_id": "A"}"#.to_owned()),
        Just(r#"{"name": "a", "children": [{"name": "b", "children": []}]}"#.to_owned()),
        Just(
            r#"[{"kind": "tool", "name": "a", "args": {"x": [1]}}, {"kind": "final", "text": "b"}]"#
                .to_owned()
        ),
        Just(r#"{"what": "x", "at": "2026-11-23", "lasts": "1h", "share": 0.5}"#.to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_what_is_read_is_of_the_type(
        text in reply_text(),
        name in prop::sample::select(TYPES.to_vec()),
        cut in any::<bool>(),
        wrapped in any::<bool>(),
    ) {
        let table = types(DECLARED);
        let wanted: Type = ty(name, &table);
        let reply = Reply { cut, encoding: Encoding { wrapped, json_text: false } };
        match coerce(&text, &wanted, &table, reply) {
            Ok(coerced) => {
                prop_assert_eq!(validate(&coerced.value, &wanted, &table), []);
                prop_assert!(cut || !coerced.cut);
                let json = to_json_as(&coerced.value, &wanted, &table);
                if !matches!(name, "Files") {
                    let again = read_json(&json, &wanted, &table);
                    prop_assert_eq!(again.map(|again| again.value), Ok(coerced.value));
                }
            }
            Err(violations) => prop_assert!(!violations.is_empty()),
        }
    }
}
