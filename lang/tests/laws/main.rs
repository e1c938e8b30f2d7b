//! Laws that hold for every text and every program: parsing never panics and never blames itself, what it points at is
//! there, and formatting keeps the tree and the comments and changes nothing the second time.

#![expect(clippy::indexing_slicing, reason = "a helper of a test may end it")]

mod generate;
mod mutate;

use agentrun_lang::ast::{Module, outline};
use agentrun_lang::diagnostic::Diagnostic;
use agentrun_lang::format::format;
use agentrun_lang::source::{Source, SourceMap};
use agentrun_lang::span::SourceId;
use agentrun_lang::syntax::{decode, parse};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

fn read(text: &str) -> (Source, Module, Vec<Diagnostic>) {
    let source = SourceMap::default().add("a.agent", text);
    let (module, diagnostics) = parse(&source);
    (source, module, diagnostics.sorted())
}

/// What must hold for the findings of any text.
fn check_findings(source: &Source, findings: &[Diagnostic]) -> Result<(), String> {
    for finding in findings {
        let labels = std::iter::once(&finding.primary).chain(&finding.secondary);
        for span in labels.map(|label| label.span) {
            let range = span.range();
            if source.text.get(range.clone()).is_none() {
                return Err(format!("{range:?} of {} bytes: {}", source.text.len(), finding.message));
            }
        }
        if finding.code.0 == "E0001" {
            return Err(format!("{finding:?} for {:?}", source.text));
        }
    }
    Ok(())
}

fn comments(module: &Module) -> Vec<String> {
    let mut texts: Vec<String> = module
        .comments
        .iter()
        .map(|comment| comment.node.trim_start_matches('#').trim().to_owned())
        .collect();
    texts.sort();
    texts
}

/// Formats a program that parses; what the law breaks is the error.
fn check_format(text: &str) -> Result<(), String> {
    let (source, module, findings) = read(text);
    if findings.iter().any(|finding| finding.code.0.starts_with('E')) {
        return Ok(());
    }
    let once = format(&module, &source);
    let (again, module_again, findings) = read(&once);
    let errors: Vec<&Diagnostic> =
        findings.iter().filter(|finding| finding.code.0.starts_with('E')).collect();
    if !errors.is_empty() {
        return Err(format!("formatted text has errors {errors:?}\n{text}\n=>\n{once}"));
    }
    if outline(&module) != outline(&module_again) {
        let (before, after) = (outline(&module), outline(&module_again));
        return Err(format!("tree changed\n{text}\n=>\n{once}\n{before}\n=>\n{after}"));
    }
    if comments(&module) != comments(&module_again) {
        return Err(format!("comments changed\n{text}\n=>\n{once}"));
    }
    let twice = format(&module_again, &again);
    if once != twice {
        return Err(format!("not idempotent\n{text}\n=>\n{once}\n=>\n{twice}"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses(text in ".{0,200}") {
        let (source, _, findings) = read(&text);
        prop_assert_eq!(check_findings(&source, &findings), Ok(()));
    }

    #[test]
    fn any_tokens_parse(text in generate::tokens()) {
        let (source, _, findings) = read(&text);
        prop_assert_eq!(check_findings(&source, &findings), Ok(()));
        prop_assert_eq!(check_format(&text), Ok(()));
    }

    #[test]
    fn any_bytes_decode(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (text, finding) = decode(SourceId(0), bytes.clone());
        let good = std::str::from_utf8(&bytes).is_ok();
        prop_assert_eq!(finding.is_none(), good);
        let (source, _, mut findings) = read(&text);
        findings.extend(finding);
        prop_assert_eq!(check_findings(&source, &findings), Ok(()));
    }

    #[test]
    fn generated_programs_parse_and_format(text in generate::program()) {
        let (source, _, findings) = read(&text);
        let errors: Vec<&Diagnostic> = findings.iter().filter(|one| one.code.0.starts_with('E')).collect();
        prop_assert!(errors.is_empty(), "{errors:?}\n{text}");
        prop_assert_eq!(check_findings(&source, &findings), Ok(()));
        prop_assert_eq!(check_format(&text), Ok(()));
    }

    #[test]
    fn broken_programs_are_explained(text in mutate::broken()) {
        let (source, _, findings) = read(&text);
        prop_assert_eq!(check_findings(&source, &findings), Ok(()));
        prop_assert_eq!(check_format(&text), Ok(()));
    }
}

/// A way that is tried twice at every depth would take longer than anybody waits at 40.
#[test]
fn no_nesting_is_read_in_two_ways() {
    let pairs = [
        ("(", ")"),
        ("[", "]"),
        ("{ a: ", "}"),
        ("\"${", "}\""),
        ("len(", ")"),
        ("a[", "]"),
        ("{", ""),
        ("${ {", "}"),
        ("\"\"\"\n${", "}\n\"\"\""),
        ("{ \"${", "}\": 1 }"),
        ("map<", ">"),
        ("loop s {", "}"),
        ("loop s {\n", ""),
        ("ask s { ${q \n", ""),
    ];
    let wheres = [
        "agent A() {\n  ask s { prompt: @ }\n}",
        "type T = @",
        "agent A() {\n  @\n}",
        "agent P(to: string\"\"\"string {\n@agent P(to: string\"\"\"string {\n",
        "\"\"\"@ ${`\0\"}\nt A(",
        "model m {${\"\"\"q@\"\"\"",
    ];
    for (open, close) in pairs {
        for middle in ["1", "?", "\"", "{", "}", ""] {
            for end in ["", " ? ", " @@ "] {
                let nested = format!("{}{middle}{}", open.repeat(40), format!("{end}{close}").repeat(40));
                for place in wheres {
                    let (source, _, findings) = read(&place.replacen('@', &nested, 1));
                    assert_eq!(check_findings(&source, &findings), Ok(()));
                }
            }
        }
    }
}

#[test]
fn a_text_in_typographic_quotes_is_pointed_at_in_whole_characters() {
    let (source, _, findings) = read("“”");
    assert_eq!(check_findings(&source, &findings), Ok(()));
    assert!(!findings.is_empty());
}
