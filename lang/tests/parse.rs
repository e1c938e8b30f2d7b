//! The front of the language from outside: text in, tree and findings out.

use agentrun_lang::ast::{Item, Module};
use agentrun_lang::source::SourceMap;
use agentrun_lang::syntax::parse;

const BROKEN: &str = r#"edition 1
type T { a: string
         b: : int
         c: bool }
agent A(q: string): T {
  budget: { cost: $1
  ask s: T { model: m  prompt: "${q}"  -> return s }
}
agent B(q: string): T {
  budget: { cost: $1 }
  ask s: T {
    model:  m
    prompt: "hi"
    whn .c -> s
    -> return s
  }
}
"#;

fn places(text: &str) -> (Module, Vec<String>) {
    let mut sources = SourceMap::default();
    let source = sources.add("a", text);
    let (module, diagnostics) = parse(&source);
    let found = diagnostics.sorted();
    let list = found.iter().map(|one| format!("{} {}", one.code.0, sources.place(one.primary.span)));
    (module, list.collect())
}

#[test]
fn one_error_does_not_hide_another() {
    let (module, found) = places(BROKEN);
    assert_eq!(found, ["E0101 a:3:13", "E0106 a:6:11", "E0102 a:14:5"]);
    assert_eq!(module.items.len(), 3);
    let Some(Item::Agent(agent)) = module.items.get(1) else { panic!("{:?}", module.items) };
    assert_eq!(agent.body.states().count(), 1);
}

#[test]
fn an_empty_file_is_an_empty_tree() {
    let (module, found) = places("\n# nothing\n");
    assert!(found.is_empty() && module.items.is_empty(), "{found:?}");
    assert_eq!(module.comments.len(), 1);
}
