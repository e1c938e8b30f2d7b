//! What a condition says of values when it is true, and when it is not.

use agentrun_lang::ast::{EdgeTest, Item};
use agentrun_lang::graph::{Case, Known, facts};
use agentrun_lang::source::SourceMap;
use agentrun_lang::syntax::parse;

/// The facts of a condition, sorted: `a.b is "x" | "y"`, `a is there`.
fn said(condition: &str, truth: bool) -> Vec<String> {
    let text = format!("edition 1\nagent A() {{ branch b {{ when {condition} -> return }} }}\n");
    let mut sources = SourceMap::default();
    let (module, findings) = parse(&sources.add("a", text));
    assert!(findings.is_empty(), "{condition}: {findings:?}");
    let Some(Item::Agent(agent)) = module.items.first() else { panic!("{module:?}") };
    let state = agent.body.states().next().unwrap();
    let EdgeTest::When(expr) = &state.body.edges().next().unwrap().test else { panic!("{state:?}") };
    let list = |cases: &[Case]| {
        let shown = cases.iter().map(|case| match case {
            Case::Literal(text) => format!("{text:?}"),
            Case::Type(name) => name.to_string(),
        });
        shown.collect::<Vec<_>>().join(" | ")
    };
    let mut said: Vec<String> = facts(expr, truth)
        .iter()
        .map(|fact| {
            let path = fact.path.text();
            match &fact.known {
                Known::NonNull => format!("{path} is there"),
                Known::Null => format!("{path} is null"),
                Known::True => format!("{path} is true"),
                Known::False => format!("{path} is false"),
                Known::Is(cases) => format!("{path} is {}", list(cases)),
                Known::IsNot(cases) => format!("{path} is not {}", list(cases)),
            }
        })
        .collect();
    said.sort();
    said
}

#[test]
fn conditions_say_what_they_imply() {
    let table: &[(&str, &[&str], &[&str])] = &[
        (".ok", &[".ok is there", ".ok is true"], &[".ok is false", ".ok is there"]),
        ("not (.ok)", &[".ok is false", ".ok is there"], &[".ok is there", ".ok is true"]),
        ("a.b != null", &["a is there", "a.b is there"], &["a.b is null"]),
        ("null == a", &["a is null"], &["a is there"]),
        ("a == true", &["a is there", "a is true"], &[]),
        ("a != 3", &[], &["a is there"]),
        (r#"a is "x" | "y""#, &[r#"a is "x" | "y""#, "a is there"], &[r#"a is not "x" | "y""#]),
        ("a is Bad", &["a is Bad"], &["a is not Bad"]),
        (r#"a in ["x", "y"]"#, &[r#"a is "x" | "y""#, "a is there"], &[r#"a is not "x" | "y""#]),
        ("a in b", &[], &[]),
        (r#"a != "x" and b"#, &[r#"a is not "x""#, "b is there", "b is true"], &[]),
        ("a and b", &["a is there", "a is true", "b is there", "b is true"], &["a is there"]),
        ("a == null or a.b", &[], &["a is there", "a.b is false", "a.b is there"]),
        (
            r#"a is "x" or a is "y""#,
            &[r#"a is "x" | "y""#, "a is there"],
            &[r#"a is not "x""#, r#"a is not "y""#],
        ),
        (r#"not (a is "x" and b)"#, &[], &[r#"a is "x""#, "a is there", "b is there", "b is true"]),
        (
            r#"a is not_a_word or a is "y""#,
            &[r#"a is not_a_word | "y""#],
            &[r#"a is not "y""#, "a is not not_a_word"],
        ),
        ("a ?? false", &["a is there", "a is true"], &[]),
        ("a ?? true", &[], &["a is false", "a is there"]),
        (
            r#"(a.b ?? "none") == "x""#,
            &["a is there", r#"a.b is "x""#, "a.b is there"],
            &[r#"a.b is not "x""#],
        ),
        (r#"(a ?? "x") == "x""#, &[], &[]),
        (
            r#"rows[0] is "x""#,
            &["rows is there", r#"rows[0] is "x""#, "rows[0] is there"],
            &[r#"rows[0] is not "x""#],
        ),
        ("len(a) > 0", &[], &[]),
        ("a + 1 == 2", &[], &[]),
    ];
    for (condition, when_true, when_false) in table {
        assert_eq!(said(condition, true), *when_true, "{condition} is true");
        assert_eq!(said(condition, false), *when_false, "{condition} is false");
    }
}
