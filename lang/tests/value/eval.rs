//! Expressions: what each gives, which labels it carries, where it fails.

use agentrun_lang::eval::{Env, Meters, Routing, eval};
use agentrun_lang::value::{Date, Labeled, Labels, Value};

use crate::lowered::expression;
use crate::support::types;

const DECLARED: &str = "
    Line = { sku: string, qty: int, unit: money };
    Invoice = { vendor: string, lines: Line[], total: money };
    Bad = { reason: string };
    Who = \"Ana\" | \"Bea\";
    Score = int @range(1, 5)
";

/// Names that the rows may read, and how each is computed.
const BINDINGS: [(&str, &str, Labels); 9] = [
    ("n", "7", Labels::NONE),
    ("x", "2.5", Labels::NONE),
    ("name", "\"Ana\"", Labels::USER),
    ("xs", "[3, 1, 2]", Labels::NONE),
    ("order", "{ id: \"A-17\", total: $40, email: \"a@b.c\" }", Labels::TOOL),
    (
        "invoice",
        "{ vendor: \"ACME\", lines: [{ sku: \"x\", qty: 2, unit: $5 }, { sku: \"y\", qty: 1, unit: $0.50 }], total: $10.50 }",
        Labels::MODEL,
    ),
    (
        "results",
        "[{ reason: \"a\" }, { vendor: \"v\", lines: [], total: $0 }, { reason: \"b\" }]",
        Labels::MODEL,
    ),
    ("nothing", "null", Labels::NONE),
    ("secret", "\"s3cr3t\"", Labels::SECRET),
];

fn with_env<T>(use_it: impl FnOnce(&Env<'_>, &[&str]) -> T) -> T {
    let types = types(DECLARED);
    let names: Vec<&str> = BINDINGS.iter().map(|(name, ..)| *name).collect();
    let slots: Vec<Option<Labeled>> = BINDINGS
        .iter()
        .map(|(_, text, labels)| {
            let value = eval(&expression(text, &[], &types).0, &Env::new(&types, &[])).unwrap().value;
            Some(Labeled::new(value, *labels))
        })
        .collect();
    let own = Labeled::new(Value::record([("approved", Value::Bool(true))]), Labels::USER);
    let routing = Routing {
        facts: [("task".into(), Value::text("code"))].into_iter().collect(),
        latency: [("fast".into(), Value::Duration(300))].into_iter().collect(),
        price: [].into_iter().collect(),
    };
    let variables = |name: &str| (name == "TOKEN").then(|| "t0ken".to_owned());
    let env = Env {
        own: Some(&own),
        meters: Meters { cost: 125_000, time: 61_000, calls: 3, tokens: 4_200 },
        now: Some(Date::Moment("2026-11-23T10:00:00Z".parse().unwrap())),
        routing: Some(&routing),
        variables: Some(&variables),
        ..Env::new(&types, &slots)
    };
    use_it(&env, &names)
}

/// `int 7`, or ``error at `x / 0`: division by zero``.
fn outcome(text: &str, env: &Env<'_>, names: &[&str]) -> String {
    let (expr, source) = expression(text, names, env.types);
    match eval(&expr, env) {
        Ok(labeled) => format!("{} {}", labeled.value.kind_word(), labeled.value),
        Err(error) => format!("error at `{}`: {}", source.slice(error.span), error.message),
    }
}

fn check(rows: &[(&str, &str)]) {
    with_env(|env, names| {
        for (text, expected) in rows {
            assert_eq!(outcome(text, env, names), *expected, "{text}");
        }
    });
}

#[test]
fn numbers() {
    check(&[
        ("1 + 2 * 3", "int 7"),
        ("7 / 2", "float 3.5"),
        ("6 / 2", "float 3"),
        ("7 % 3", "int 1"),
        ("-7 % 3", "int -1"),
        ("7.5 % 2", "float 1.5"),
        ("n + x", "float 9.5"),
        ("-n", "int -7"),
        ("--n", "int 7"),
        ("0.1 + 0.2", "float 0.30000000000000004"),
        (
            "9223372036854775807 + 1",
            "error at `9223372036854775807 + 1`: the result of `+` is too large for `int`",
        ),
        (
            "-9223372036854775807 - 2",
            "error at `-9223372036854775807 - 2`: the result of `-` is too large for `int`",
        ),
        (
            "9223372036854775807 * 2",
            "error at `9223372036854775807 * 2`: the result of `*` is too large for `int`",
        ),
        ("n / 0", "error at `n / 0`: division by zero"),
        ("n % 0", "error at `n % 0`: division by zero"),
        ("n / 0.0", "error at `n / 0.0`: division by zero"),
        ("$5 / 0", "error at `$5 / 0`: division by zero"),
        ("1 + (n / (n - 7))", "error at `n / (n - 7)`: division by zero"),
        ("n + \"1\"", "error at `n + \"1\"`: cannot compute `int` + `string`"),
        ("nothing + 1", "error at `nothing + 1`: cannot compute `null` + `int`"),
        ("-name", "error at `-name`: `-` needs a number, found `string`"),
    ]);
}

#[test]
fn comparisons() {
    check(&[
        ("n == 7.0", "bool true"),
        ("n != 7", "bool false"),
        ("9007199254740993 == 9007199254740992.0", "bool false"),
        ("x < n", "bool true"),
        ("n <= 7 and n >= 7", "bool true"),
        ("name == \"Ana\"", "bool true"),
        ("\"a\" < \"b\"", "bool true"),
        ("\"Z\" < \"a\"", "bool true"),
        ("$5 > $4.99", "bool true"),
        ("$5 == 5", "bool false"),
        ("1h == 60m", "bool true"),
        ("[1, 2.0] == [1.0, 2]", "bool true"),
        ("{ a: 1, b: null } == { a: 1.0 }", "bool true"),
        ("{ a: 1 } == { a: 2 }", "bool false"),
        ("nothing == null", "bool true"),
        ("nothing < 3", "error at `nothing < 3`: cannot compare `null` with `int`"),
        ("\"3\" < 3", "error at `\"3\" < 3`: cannot compare `string` with `int`"),
        ("xs < xs", "error at `xs < xs`: cannot compare `list` with `list`"),
        ("true > false", "error at `true > false`: cannot compare `bool` with `bool`"),
    ]);
}

#[test]
fn money_durations_and_dates() {
    check(&[
        ("$0.10 * 3", "money $0.30"),
        ("3 * $19.99", "money $59.97"),
        ("$19.99 * 0.2", "money $3.998"),
        ("$10 / 3", "money $3.333333333"),
        ("$10 / 4", "money $2.50"),
        ("$10 / $4", "float 2.5"),
        ("$10 % $3", "money $1.00"),
        ("-$5", "money -$5.00"),
        ("$1 - $3", "money -$2.00"),
        ("$1 + 1", "error at `$1 + 1`: cannot compute `money` + `int`"),
        ("$2 * $3", "error at `$2 * $3`: cannot compute `money` * `money`"),
        ("\"5 EUR\" as money", "money 5.00 EUR"),
        (
            "$1 + (\"5 EUR\" as money)",
            "error at `$1 + (\"5 EUR\" as money)`: cannot compute USD + EUR: the currencies differ",
        ),
        ("$1 < (\"5 EUR\" as money)", "error at `$1 < (\"5 EUR\" as money)`: cannot compare USD with EUR"),
        ("$1 == (\"1 EUR\" as money)", "bool false"),
        ("1h + 30m", "duration 1h30m"),
        ("90s * 2", "duration 3m"),
        ("1h * 1.5", "duration 1h30m"),
        ("1h / 4", "duration 15m"),
        ("1h / 30m", "float 2"),
        ("100s % 1m", "duration 40s"),
        ("30s - 1m", "duration -30s"),
        ("(\"2026-11-23\" as date) + 2d", "date 2026-11-25"),
        ("(\"2026-11-23\" as date) + 1h", "date 2026-11-23T01:00:00Z"),
        ("(\"2026-03-01\" as date) - (\"2026-02-27\" as date)", "duration 2d"),
        ("now - 10h", "date 2026-11-23T00:00:00Z"),
        ("now - 10h == (\"2026-11-23\" as date)", "bool true"),
        ("now - (\"2026-11-22\" as date)", "duration 1d10h"),
        (
            "(\"9999-12-31\" as date) + 1d",
            "error at `(\"9999-12-31\" as date) + 1d`: the result of `+` is too large for `date`",
        ),
    ]);
}

#[test]
fn logic_reads_only_what_it_needs() {
    check(&[
        ("true or n / 0 > 1", "bool true"),
        ("false and n / 0 > 1", "bool false"),
        ("name ?? (n / 0)", "string Ana"),
        ("nothing ?? unset ?? 3", "int 3"),
        ("not true or true", "bool true"),
        ("nothing or true", "error at `nothing`: expected `bool`, found `null`"),
        ("true and 1", "error at `1`: expected `bool`, found `int`"),
        ("not name", "error at `name`: expected `bool`, found `string`"),
        (".approved", "bool true"),
        (".comment ?? \"\"", "string "),
        ("own.approved", "bool true"),
    ]);
}

#[test]
fn fields_and_elements() {
    check(&[
        ("order.total", "money $40.00"),
        ("order.missing", "null null"),
        ("nothing.a.b", "null null"),
        ("unset.a", "null null"),
        ("n.a", "null null"),
        ("xs[0]", "int 3"),
        ("xs[3]", "null null"),
        ("xs[-1]", "null null"),
        ("order[\"id\"]", "string A-17"),
        ("order[\"none\"]", "null null"),
        ("nothing[0]", "null null"),
        ("invoice.lines[1].sku", "string y"),
        ("{ a: [1, { b: 2 }] }.a[1].b", "int 2"),
        ("xs[\"a\"]", "error at `\"a\"`: a list's index is an `int`, found `string`"),
        ("order[0]", "error at `0`: a map's key is a `string`, found `int`"),
        ("name[0]", "error at `name`: `[…]` needs a list or a map, found `string`"),
        ("2 in xs", "bool true"),
        ("2.0 in xs", "bool true"),
        ("\"n\" in name", "bool true"),
        ("\"id\" in order", "bool true"),
        ("1 in name", "error at `1 in name`: `in` a string needs a string, found `int`"),
        ("1 in nothing", "error at `1 in nothing`: `in` needs a list, a string or a map, found `null`"),
        ("xs + [9]", "list [3,1,2,9]"),
    ]);
}

#[test]
fn types_at_run_time() {
    check(&[
        ("name is \"Ana\"", "bool true"),
        ("name is \"ana\" | \"Ana\"", "bool true"),
        ("n is \"7\"", "bool false"),
        ("invoice is Invoice", "bool true"),
        ("invoice is Bad", "bool false"),
        ("count(results, it is Bad)", "int 2"),
        ("count(results, it is Bad | Invoice)", "int 3"),
        ("n as float", "float 7"),
        ("3.0 as int", "int 3"),
        ("3.5 as int", "null null"),
        ("\"12\" as int", "int 12"),
        ("\" 12 \" as int", "null null"),
        ("\"1.5\" as float", "float 1.5"),
        ("\"true\" as bool", "bool true"),
        ("\"yes\" as bool", "null null"),
        ("n as string", "null null"),
        ("name as int", "null null"),
        ("name as Who", "string Ana"),
        ("\"ana\" as Who", "null null"),
        ("7 as Score", "null null"),
        ("4 as Score", "int 4"),
        ("\"$12.50\" as money", "money $12.50"),
        ("12.5 as money", "money $12.50"),
        ("{ amount: 12.5, currency: \"EUR\" } as money", "money 12.50 EUR"),
        ("\"1h30m\" as duration", "duration 1h30m"),
        ("90 as duration", "null null"),
        ("\"2026-11-23\" as date", "date 2026-11-23"),
        ("\"2026-11-23T10:00:00+01:00\" as date", "date 2026-11-23T09:00:00Z"),
        ("\"tomorrow\" as date", "null null"),
        ("{ reason: \"x\" } as Bad", "record {\"reason\":\"x\"}"),
        ("{ reason: 1 } as Bad", "null null"),
        ("{ reason: \"x\", more: 1 } as Bad", "null null"),
        ("[1, 2.0] as int[]", "list [1,2]"),
        ("[1, \"x\"] as int[]", "null null"),
        (
            "order as json",
            "record {\"id\":\"A-17\",\"total\":{\"amount\":40,\"currency\":\"USD\"},\"email\":\"a@b.c\"}",
        ),
        ("nothing as int", "null null"),
        ("(results as json)[0].reason", "string a"),
    ]);
}

#[test]
fn built_ins() {
    check(&[
        ("len(\"añb\")", "int 3"),
        ("len(xs)", "int 3"),
        ("len(order)", "int 3"),
        ("len(nothing)", "error at `nothing`: expected a string, a list or a map, found `null`"),
        ("sum(xs)", "int 6"),
        ("sum(xs, it * 0.5)", "float 3"),
        ("sum(invoice.lines, it.qty * it.unit) == invoice.total", "bool true"),
        ("sum([])", "int 0"),
        ("sum([], it, $0)", "money $0.00"),
        ("sum([1h, 30m])", "duration 1h30m"),
        ("sum([\"a\"])", "error at `[\"a\"]`: `sum` needs numbers, found `string`"),
        ("sum([null])", "error at `[null]`: `sum` needs numbers, found `null`"),
        ("sum([1, $1])", "error at `[1, $1]`: cannot compute `int` + `money`"),
        ("min(xs)", "int 1"),
        ("max(xs)", "int 3"),
        ("max(invoice.lines, it.unit)", "money $5.00"),
        ("min([])", "null null"),
        ("min([\"b\", \"a\"])", "string a"),
        ("min([1, null])", "error at `min([1, null])`: cannot compare `null` with `int`"),
        ("max([null])", "error at `max([null])`: cannot compare `null` with `null`"),
        ("all(xs, it > 0)", "bool true"),
        ("all([], it > 0)", "bool true"),
        ("any(xs, it > 2)", "bool true"),
        ("any([], it > 2)", "bool false"),
        ("any(xs, it > 2 or it / 0 > 1)", "bool true"),
        ("all(xs, it)", "error at `it`: expected `bool`, found `int`"),
        ("count(xs, it > 1)", "int 2"),
        ("count(xs)", "int 3"),
        ("first(xs)", "int 3"),
        ("last(xs)", "int 2"),
        ("first([])", "null null"),
        ("any(xs, any(results, it.reason == \"b\") and it == 3)", "bool true"),
        ("join([\"a\", 1, $2, 3m], \", \")", "string a, 1, $2.00, 3m"),
        ("join([], \",\")", "string "),
        ("join([null], \",\")", "error at `[null]`: `join` needs texts and scalars, found `null`"),
        ("lower(\"ÄB\")", "string äb"),
        ("trim(\"  a b \")", "string a b"),
        ("contains(\"abc\", \"bc\")", "bool true"),
        ("contains(xs, 2)", "bool true"),
        ("starts(\"abc\", \"ab\")", "bool true"),
        ("matches(\"A-17\", \"^[A-Z]-\\\\d+$\")", "bool true"),
        ("matches(\"xA-17x\", \"A-\\\\d\")", "bool true"),
        ("matches(\"x\", \"[\")", "error at `\"[\"`: `[` is not a regular expression"),
        ("lower(n)", "error at `n`: expected `string`, found `int`"),
        ("sum(n)", "error at `n`: expected a list, found `int`"),
        ("file(\"x\")", "error at `file(\"x\")`: only a test can compute this"),
    ]);
}

#[test]
fn meters_routing_and_the_environment() {
    check(&[
        ("cost", "money $0.000125"),
        ("cost < $0.10", "bool true"),
        ("time", "duration 1m1s"),
        ("calls + tokens", "int 4203"),
        ("now", "date 2026-11-23T10:00:00Z"),
        ("task is \"code\"", "bool true"),
        ("caller.tier", "null null"),
        ("latency(\"fast\")", "duration 300ms"),
        ("price(\"fast\")", "null null"),
        ("env.TOKEN", "string t0ken"),
        ("env.NONE", "error at `env.NONE`: `NONE` is not set in the environment"),
    ]);
}

#[test]
fn texts_with_holes() {
    check(&[
        ("\"hi ${name}, ${n} of ${x}\"", "string hi Ana, 7 of 2.5"),
        ("\"${order.total} ${1h} ${true} ${now}\"", "string $40.00 1h true 2026-11-23T10:00:00Z"),
        (
            "\"${xs} ${order}\"",
            "string [3,1,2] {\"id\":\"A-17\",\"total\":{\"amount\":40,\"currency\":\"USD\"},\"email\":\"a@b.c\"}",
        ),
        ("\"${nothing}\"", "error at `nothing`: `null` in a text: give a fallback with `??`"),
        ("\"${order.missing ?? \"none\"}\"", "string none"),
        ("\"a\" + \"b\"", "string ab"),
    ]);
}

#[test]
fn a_result_carries_the_labels_of_what_it_read() {
    let rows = [
        ("n + 1", Labels::NONE),
        ("\"${name} ${order.id}\"", Labels::USER.union(Labels::TOOL)),
        ("order.missing", Labels::TOOL),
        ("n == 7 or secret == \"x\"", Labels::NONE),
        ("n == 8 or secret == \"x\"", Labels::SECRET),
        ("name ?? secret", Labels::USER),
        ("nothing ?? secret", Labels::SECRET),
        ("sum(invoice.lines, it.qty)", Labels::MODEL),
        ("any([1], it == n and contains(secret, \"s\"))", Labels::NONE),
        ("any([7], it == n and contains(secret, \"s\"))", Labels::SECRET),
        ("{ a: name, b: [secret] }", Labels::USER.union(Labels::SECRET)),
        (".approved", Labels::USER),
        ("env.TOKEN", Labels::SECRET),
    ];
    with_env(|env, names| {
        for (text, labels) in rows {
            let (expr, _) = expression(text, names, env.types);
            assert_eq!(eval(&expr, env).unwrap().labels, labels, "{text}");
        }
    });
}
