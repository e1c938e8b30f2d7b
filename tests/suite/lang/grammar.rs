//! `docs/GRAMMAR.md` is held to `agent.pest`: the same rules in the same order, and snippets that parse.

use agentrun_lang::source::SourceMap;
use agentrun_lang::syntax::parse;

use crate::support::findings::render;

const GRAMMAR: &str = include_str!("../../../lang/src/syntax/agent.pest");
const PAGE: &str = include_str!("../../../docs/GRAMMAR.md");

/// The names of the rules, as they are defined.
fn rules() -> Vec<&'static str> {
    let name = |line: &'static str| {
        let (name, rest) = line.split_once('=')?;
        let named = name.starts_with(|sign: char| sign.is_ascii_alphabetic());
        (named && rest.contains('{')).then(|| name.trim())
    };
    GRAMMAR.lines().filter_map(name).collect()
}

/// The names in `**`…`**`, as they are explained.
fn explained() -> Vec<&'static str> {
    PAGE.split("**`").skip(1).filter_map(|rest| rest.split_once("`**")).map(|(name, _)| name).collect()
}

#[test]
fn every_rule_is_explained_in_its_order() {
    assert_eq!(explained(), rules());
}

/// Each snippet as a file: whole, or each line or the whole in what it is a part of.
fn files() -> Vec<String> {
    let snippets = PAGE.split("\n```agent").skip(1).map(|rest| rest.split_once('\n').unwrap());
    let mut files = Vec::new();
    for (kind, rest) in snippets {
        let text = rest.split("\n```").next().unwrap();
        match kind.trim() {
            "" => files.push(text.to_owned()),
            "member" => files.push(format!("agent A() {{\n{text}\n}}")),
            "type" => files.extend(text.lines().map(|line| format!("type T = {line}"))),
            "expr" => files
                .extend(text.lines().map(|line| format!("agent A() {{\n  let x {{ value: {line} }}\n}}"))),
            other => panic!("a snippet of an unknown kind `{other}`"),
        }
    }
    files
}

#[test]
fn every_snippet_parses() {
    for file in files() {
        let mut sources = SourceMap::default();
        let source = sources.add("snippet", file.as_str());
        let (module, findings) = parse(&source);
        assert!(
            findings.is_clean() && !(module.items.is_empty() && module.imports.is_empty()),
            "{}\n{file}",
            render(&sources, &findings.sorted())
        );
    }
}
