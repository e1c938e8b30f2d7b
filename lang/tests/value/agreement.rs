//! A validator of JSON Schema and `coerce` agree: on what `coerce` gives, and on what is spoiled. What a record writes
//! and what it reads agree as well.

use agentrun_lang::value::{
    Dialect, Reply, Type, TypeTable, Value, coerce, from_json, read_json, schema, to_json, to_json_as,
};
use proptest::prelude::{ProptestConfig, Strategy, prop};
use proptest::strategy::Just;
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value as Json, json};

use crate::schema::DECLARED;
use crate::support::{ty, types};

/// JSON that is a value of the type.
fn value_of(name: &'static str) -> impl Strategy<Value = Json> {
    let word = || prop::sample::select(vec!["a", "xyz", "ß日", "A-1"]).prop_map(|word| json!(word));
    let money = || {
        (-50_000_i32..50_000).prop_map(|cents| json!({"amount": f64::from(cents) / 100.0, "currency": "EUR"}))
    };
    let price =
        || (0_i32..50_000).prop_map(|cents| json!({"amount": f64::from(cents) / 100.0, "currency": "USD"}));
    let line = move || {
        (word(), 1..=100_i64, price())
            .prop_map(|(sku, qty, unit)| json!({"sku": sku, "qty": qty, "unit": unit}))
    };
    let triage = move || {
        let order = prop_oneof![Just(Json::Null), word()];
        (prop::sample::select(vec!["refund", "bug"]), 1..=5_i64, order).prop_map(
            |(intent, urgency, order_id)| json!({"intent": intent, "urgency": urgency, "order_id": order_id}),
        )
    };
    let node = move || {
        let leaf = word().prop_map(|name| json!({"name": name, "children": []}));
        leaf.prop_recursive(3, 12, 3, move |inner| {
            (word(), prop::collection::vec(inner, 0..3))
                .prop_map(|(name, children)| json!({"name": name, "children": children}))
        })
    };
    match name {
        "Triage" => triage().boxed(),
        "Line[]" => prop::collection::vec(line(), 0..4).prop_map(Json::from).boxed(),
        "Invoice" => (prop::collection::vec(line(), 1..=3), prop_oneof![Just(Json::Null), line()], money())
            .prop_map(|(lines, first, total)| json!({"number": "A-1", "lines": lines, "first": first, "total": total}))
            .boxed(),
        "Node" => node().boxed(),
        "Event" => (any_date(), prop_oneof![Just(Json::Null), any_duration()], 0.0..=1.0_f64, prop::bool::ANY)
            .prop_map(|(at, lasts, share, ok)| json!({"at": at, "lasts": lasts, "share": share, "ok": ok}))
            .boxed(),
        "Final | Bad" => prop_oneof![
            word().prop_map(|text| json!({"kind": "final", "text": text})),
            word().prop_map(|reason| json!({"reason": reason})),
        ]
        .boxed(),
        _ => panic!("no values of {name}"),
    }
}

fn any_date() -> impl Strategy<Value = Json> {
    (1900..2100_i32, 1..=12_u8, 1..=28_u8, prop::bool::ANY).prop_map(|(year, month, day, moment)| {
        let time = if moment { "T10:00:00Z" } else { "" };
        json!(format!("{year:04}-{month:02}-{day:02}{time}"))
    })
}

fn any_duration() -> impl Strategy<Value = Json> {
    (0..9_i64, 1..60_i64).prop_map(|(hours, minutes)| json!(format!("{hours}h{minutes}m")))
}

/// Puts `scrap` (`None`: nothing) in the place of one part of `json`, the one that `at` counts to.
fn spoil(json: &mut Json, at: &mut usize, scrap: Option<&Json>) -> bool {
    match json {
        Json::Object(fields) => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            for key in keys {
                if *at == 0 {
                    match scrap {
                        Some(scrap) => fields.insert(key, scrap.clone()),
                        None => fields.shift_remove(&key),
                    };
                    return true;
                }
                *at -= 1;
                if fields.get_mut(&key).is_some_and(|inner| spoil(inner, at, scrap)) {
                    return true;
                }
            }
            false
        }
        Json::Array(items) => items.iter_mut().any(|item| spoil(item, at, scrap)),
        _ => false,
    }
}

const GENERATED: [&str; 6] = ["Triage", "Line[]", "Invoice", "Node", "Event", "Final | Bad"];

fn generated() -> impl Strategy<Value = (&'static str, Json)> {
    prop::sample::select(GENERATED.to_vec()).prop_flat_map(|name| (Just(name), value_of(name)))
}

fn is_valid(schema: &Json, value: &Json) -> bool {
    jsonschema::draft202012::is_valid(schema, value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_coerce_gives_is_valid_by_the_schema((name, value) in generated()) {
        let (table, wanted): (TypeTable, Type) = { let table = types(DECLARED); let wanted = ty(name, &table); (table, wanted) };
        let read = coerce(&value.to_string(), &wanted, &table, Reply::default()).unwrap();
        prop_assert_eq!(&read.notes, &Vec::<String>::new());
        let json = to_json_as(&read.value, &wanted, &table);
        for dialect in [Dialect::Full, Dialect::Grammar] {
            let schema = schema(&wanted, &table, dialect);
            prop_assert!(is_valid(&schema.json, &json), "{:?}: {} by {:#}", dialect, json, schema.json);
        }
        if name != "Node" {
            let schema = schema(&wanted, &table, Dialect::OpenAi);
            let json = if schema.encoding.wrapped { json!({"value": json}) } else { json };
            prop_assert!(is_valid(&schema.json, &json), "{} by {:#}", json, schema.json);
            let reply = Reply { cut: false, encoding: schema.encoding };
            let again = coerce(&json.to_string(), &wanted, &table, reply).unwrap();
            prop_assert_eq!((again.value, again.notes), (read.value, Vec::new()));
        }
    }

    #[test]
    fn what_is_spoiled_is_refused_by_both_or_by_none(
        (name, mut value) in generated(),
        at in 0..12_usize,
        scrap in prop::sample::select(vec![
            None, Some(json!(null)), Some(json!([[]])), Some(json!("zz!")), Some(json!(true)), Some(json!({})),
        ]),
    ) {
        let table = types(DECLARED);
        let wanted = ty(name, &table);
        let mut at = at;
        spoil(&mut value, &mut at, scrap.as_ref());
        let by_schema = is_valid(&schema(&wanted, &table, Dialect::Full).json, &value);
        let by_coerce = read_json(&value, &wanted, &table).is_ok();
        prop_assert_eq!(by_schema, by_coerce, "{} as {}", value, name);
    }
    #[test]
    fn a_recorded_float_is_the_same_float(float in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
        let json = serde_json::to_string(&Value::Float(float)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), Value::Float(float));
        prop_assert_eq!(from_json(&to_json(&Value::Float(float))), Value::Float(float));
    }
}
