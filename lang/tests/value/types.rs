//! How types relate, printed and told apart: tables of rows.

use crate::support::{ty, types};
use agentrun_lang::value::{
    Labels, Value, assignable, complete, distinguishable, fits, join, labels_of_type, member_of, mismatch,
};

const DECLARED: &str = "
    Score = int @range(1, 5);
    Intent = \"refund\" | \"bug\";
    Receipt = { id: string, amount: money };
    Reply = { text: string, receipt: Receipt? };
    Bad = { reason: string };
    Node = { name: string, next: Node? };
    Link = { name: string, next: Link? };
    Chain = { name: string, next: Chain };
    Tool = { kind: \"tool\", name: string };
    Answer = { kind: \"answer\", text: string };
    Say = { kind: \"answer\" | \"question\", name: string };
    Search = { query: string, n: int = 8 };
    Maybe = string?;
    Circle = Circle
";

#[test]
fn what_may_stand_where() {
    let table = types(DECLARED);
    let rows = [
        ("int", "int", ""),
        ("int", "float", ""),
        ("float", "int", "expected `int`, found `float`"),
        ("int", "Score", ""),
        ("Score", "int", ""),
        ("\"refund\"", "string", ""),
        ("\"refund\"", "Intent", ""),
        ("\"other\"", "Intent", "expected `Intent`, found `\"other\"`"),
        ("Intent", "string", ""),
        ("string", "Intent", "expected `Intent`, found `string`"),
        ("int", "string?", "expected `string`, found `int`"),
        ("string", "string?", ""),
        ("string?", "string", "may be `null`, expected `string`"),
        ("null", "string", "may be `null`, expected `string`"),
        ("null", "Maybe", ""),
        ("Maybe", "string", "may be `null`, expected `string`"),
        ("Maybe", "string?", ""),
        ("string?", "json", ""),
        ("json", "string", "expected `string`, found `json`"),
        ("Reply", "json", ""),
        ("unknown", "Reply", ""),
        ("Reply", "unknown", ""),
        ("int[]", "float[]", ""),
        ("unknown[]", "Reply[]", ""),
        ("string[]", "int[]", "`[]`: expected `int`, found `string`"),
        ("int", "int[]", "expected `int[]`, found `int`"),
        ("int | string", "string | int", ""),
        ("int | string", "string", "expected `string`, found `int`"),
        ("string", "int | string | bool", ""),
        ("{ text: string }", "Reply", ""),
        ("{ text: string, receipt: null }", "Reply", ""),
        ("{ text: int }", "Reply", "`.text`: expected `string`, found `int`"),
        (
            "{ text: string, receipt: { id: string } }",
            "Reply",
            "`.receipt`: field `amount` of `Receipt` is missing",
        ),
        ("{ receipt: null }", "Reply", "field `text` of `Reply` is missing"),
        ("{ text: string, recipt: null }", "Reply", "`Reply` has no field `recipt`"),
        ("{ reason: string }", "Reply | Bad", ""),
        ("{ reason: int }", "string | Bad", "`.reason`: expected `string`, found `int`"),
        ("{ query: string }", "Search", ""),
        ("{ query: string, n: null }", "Search", "`.n`: may be `null`, expected `int`"),
        ("Bad", "{ reason: string }", ""),
        ("Receipt", "map<string | money>", ""),
        ("Receipt", "map<string>", "`.amount`: expected `string`, found `money`"),
        ("map<string>", "Bad", "expected `Bad`, found `map<string>`"),
        ("Node", "Link", ""),
        ("Chain", "Node", ""),
        ("Node", "Chain", "`.next`: may be `null`, expected `Chain`"),
        ("Node", "Bad", "field `reason` of `Bad` is missing"),
        ("Circle", "int", ""),
        ("image", "pdf", "expected `pdf`, found `image`"),
        ("{}", "Bad", "field `reason` of `Bad` is missing"),
        ("{}", "{ a: int? }", ""),
    ];
    for (from, to, expected) in rows {
        let (from_ty, to_ty) = (ty(from, &table), ty(to, &table));
        let found = mismatch(&from_ty, &to_ty, &table).map(|why| why.describe(&table)).unwrap_or_default();
        assert_eq!(found, expected, "`{from}` to `{to}`");
        assert_eq!(assignable(&from_ty, &to_ty, &table), expected.is_empty(), "`{from}` to `{to}`");
    }
}

#[test]
fn what_two_types_have_in_common() {
    let table = types(DECLARED);
    let rows = [
        ("int", "float", "float"),
        ("int", "string", "int | string"),
        ("null", "string", "string?"),
        ("string?", "int", "(string | int)?"),
        ("int?", "float", "float?"),
        ("\"refund\"", "\"bug\"", "\"refund\" | \"bug\""),
        ("\"refund\"", "string", "string"),
        ("unknown[]", "int[]", "int[]"),
        ("int[]", "float[]", "float[]"),
        ("{ a: int }", "{ b: int }", "{ a: int } | { b: int }"),
        ("Reply", "{ text: string }", "Reply"),
        ("json", "int", "json"),
        ("int | string", "bool", "int | string | bool"),
        ("map<int>", "{}", "map<int>"),
    ];
    for (left, right, expected) in rows {
        let joined = join(&ty(left, &table), &ty(right, &table), &table);
        assert_eq!(joined.display(&table).to_string(), expected, "`{left}` with `{right}`");
    }
}

#[test]
fn which_members_of_a_union_can_be_told_apart() {
    let table = types(DECLARED);
    let rows = [
        ("Reply", "Bad", true),
        ("Tool", "Answer", true),
        ("Answer", "Say", true),
        ("Tool", "Say", true),
        ("Node", "Link", false),
        ("Search", "{ query: string }", false),
        ("Search", "{ query: string, m: int }", true),
        ("Bad", "map<string>", false),
        ("Bad", "string", true),
        ("int[]", "string[]", false),
        ("int", "float", false),
        ("Intent", "\"question\"", true),
        ("Intent", "\"bug\"", false),
        ("json", "int", false),
        ("Maybe", "null", false),
    ];
    for (left, right, expected) in rows {
        let (left_ty, right_ty) = (ty(left, &table), ty(right, &table));
        assert_eq!(distinguishable(&left_ty, &right_ty, &table), expected, "`{left}` and `{right}`");
        assert_eq!(distinguishable(&right_ty, &left_ty, &table), expected, "`{right}` and `{left}`");
    }
}

#[test]
fn types_print_as_they_are_written() {
    let table = types(DECLARED);
    for text in [
        "int",
        "Reply",
        "string[]",
        "(int | string)[]",
        "(\"a\" | \"b\")?",
        "map<Reply[]>",
        "{ a: int, b: Bad? }",
        "{}",
        "Intent?[]",
    ] {
        assert_eq!(ty(text, &table).display(&table).to_string(), text);
    }
}

#[test]
fn a_value_is_of_a_type_or_not() {
    let table = types(DECLARED);
    let bad = Value::record([("reason", Value::text("no"))]);
    let text = Value::record([("text", Value::text("hi"))]);
    let rows = [
        (Value::Int(3), "float", true),
        (Value::Float(3.0), "int", false),
        (Value::Null, "string?", true),
        (Value::Null, "string", false),
        (Value::text("bug"), "Intent", true),
        (Value::text("Bug"), "Intent", false),
        (text.clone(), "Reply", true),
        (text.clone(), "Bad", false),
        (bad.clone(), "Reply | Bad", true),
        (bad.clone(), "map<string>", true),
        (Value::record([("reason", Value::text("no")), ("more", Value::Null)]), "Bad", false),
        (Value::list([Value::Int(1), Value::text("x")]), "int[]", false),
        (Value::list([]), "Reply[]", true),
        (bad.clone(), "json", true),
    ];
    for (value, name, expected) in rows {
        assert_eq!(fits(&value, &ty(name, &table), &table), expected, "{value:?} as `{name}`");
    }
    let members = [ty("Reply", &table), ty("Bad", &table)];
    assert_eq!(member_of(&bad, &members, &table), Some(1));
    assert_eq!(member_of(&Value::Null, &members, &table), None);
}

#[test]
fn a_value_is_completed_by_its_type() {
    let table = types(DECLARED);
    let whole = complete(Value::record([("query", Value::text("x"))]), &ty("Search", &table), &table);
    assert_eq!(whole, Value::record([("query", Value::text("x")), ("n", Value::Int(8))]));
    let reply = Value::list([Value::record([("text", Value::text("hi"))])]);
    let whole = complete(reply, &ty("(Bad | Reply)[]", &table), &table);
    let expected = Value::record([("text", Value::text("hi")), ("receipt", Value::Null)]);
    assert_eq!(whole, Value::list([expected]));
    assert_eq!(complete(Value::Int(2), &ty("float?", &table), &table), Value::Float(2.0));
    assert_eq!(complete(Value::text("x"), &ty("Reply", &table), &table), Value::text("x"));
}

#[test]
fn a_type_says_which_labels_its_values_carry() {
    let table = types(
        "Order = { id: string, email: string @pii, next: Order? }; Key = string @secret; Plain = { x: int };
         Both = { order: Order, keys: map<Key> }; Circle = Circle",
    );
    let both = Labels::PII.union(Labels::SECRET);
    let rows = [
        ("int", Labels::NONE),
        ("Plain", Labels::NONE),
        ("Order", Labels::PII),
        ("Key?", Labels::SECRET),
        ("(Plain | Order)[]", Labels::PII),
        ("Both", both),
        ("{ a: Plain, b: map<Both> }", both),
        ("Circle", Labels::NONE),
    ];
    for (name, labels) in rows {
        assert_eq!(labels_of_type(&ty(name, &table), &table), labels, "`{name}`");
    }
}
