//! Files far larger than a person writes: the answer stays right, and it comes.

use agentrun_lang::compile;
use agentrun_lang::diagnostic::Severity;
use agentrun_lang::loader::{MemoryLoader, ModulePath};

/// The codes of the errors in a text.
fn errors(text: &str) -> Vec<&'static str> {
    let loader = MemoryLoader::default().with(ModulePath::file("a.agent"), text);
    let found = compile(&ModulePath::file("a.agent"), &loader).diagnostics.sorted();
    let errors = found.into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.code.0).collect()
}

/// Edges `when q == "i"`, so many, and what stands behind them.
fn choice(edges: usize, last: &str) -> String {
    let edges: Vec<String> =
        (0..edges).map(|i| format!("    when q == \"{i}\" -> return \"{i}\"\n")).collect();
    let edges = edges.concat();
    format!("edition 1\nagent A(q: string): string {{\n  branch x {{\n{edges}{last}  }}\n}}\n")
}

#[test]
fn a_state_with_thousands_of_edges_still_needs_its_last() {
    for edges in [100, 3000, 20_000] {
        assert_eq!(errors(&choice(edges, "    else -> return \"?\"\n")), [""; 0], "{edges} edges");
        assert_eq!(errors(&choice(edges, "")), ["E0403"], "{edges} edges");
    }
}

#[test]
fn a_choice_over_hundreds_of_literals_is_exact() {
    let literals: Vec<String> = (0..500).map(|i| format!("\"l{i}\"")).collect();
    let agent = |edges: &[String]| {
        let edges: Vec<String> =
            edges.iter().map(|literal| format!("    when k is {literal} -> return k\n")).collect();
        let edges = edges.concat();
        let union = literals.join(" | ");
        format!("edition 1\nagent A(k: {union}): string {{\n  branch x {{\n{edges}  }}\n}}\n")
    };
    assert_eq!(errors(&agent(&literals)), [""; 0]);
    assert_eq!(errors(&agent(&literals[1..])), ["E0404"]);
}

/// Each of these nests or chains as deep as there are bytes for it.
#[test]
fn what_is_too_deep_is_one_error() {
    const DEEP: usize = 100_000;
    let chains = [
        ["n", " + n", ""],
        ["b", " and b", ""],
        ["b", " or b", ""],
        ["j", " ?? j", ""],
        ["j", ".a", ""],
        ["j", "[\"a\"]", ""],
        ["", "not ", "b"],
        ["", "-", "n"],
        ["\"a\"", " + \"a\"", ""],
        ["n", " as int", ""],
        ["", "(", "n"],
        ["", "[", "n"],
        ["", "{ a: ", "n"],
        ["", "\"${", "n"],
    ];
    for [first, link, last] in chains {
        let value = format!("{first}{}{last}", link.repeat(DEEP));
        let text = format!(
            "edition 1\nagent A(n: int, b: bool, j: json): json {{\n  let x {{ value: {value}  -> return x }}\n}}\n"
        );
        let found = errors(&text);
        assert!(found.contains(&"E0108") || found.len() == 1, "{link}: {found:?}");
    }
}

#[test]
fn long_unions_and_types_that_hang_on_later_ones_come_to_an_end() {
    const MANY: usize = 20_000;
    let literals: Vec<String> = (0..MANY).map(|i| format!("\"l{i}\"")).collect();
    let chain = |ty: &dyn Fn(usize) -> String| (0..MANY).map(ty).collect::<String>();
    let agent = "agent A(x: T0): string { branch b { -> return \"x\" } }\n";
    let texts = [
        format!("edition 1\ntype T0 = {}\n{agent}", literals.join(" | ")),
        format!("edition 1\n{}type T{MANY} = int\n{agent}", chain(&|i| format!("type T{i} = T{}\n", i + 1))),
        format!(
            "edition 1\n{}type T{MANY} = int\n{agent}",
            chain(&|i| format!("type T{i} {{ a: T{} }}\n", i + 1))
        ),
    ];
    for text in texts {
        assert_eq!(errors(&text), [""; 0]);
    }
    let endless = chain(&|i| format!("type T{i} {{ a: T{i} }}\n"));
    assert_eq!(errors(&format!("edition 1\n{endless}{agent}")).len(), MANY);
}
