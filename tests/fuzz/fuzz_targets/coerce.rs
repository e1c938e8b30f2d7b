//! Whatever a model answers, reading it as a type gives a value of that type or says why not.
#![no_main]

use std::sync::LazyLock;

use agentrun_lang::compile;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::value::{Encoding, Reply, Type, TypeTable, coerce, validate};
use libfuzzer_sys::fuzz_target;

const TYPES: &str = r#"edition 1
type Line { sku: string @match("^[A-Z]+-[0-9]+$")  qty: int @range(1, 99)  unit: money }
type Order { lines: Line[]  note: string?  kind: "new" | "old"  due: date?  wait: duration }
type Call { tool: "search"  q: string }
type Final { answer: string }
type Step = Call | Final
type Node { name: string  children: Node[] }
agent Reads(a: Order, b: Step[], c: Node, d: map<int>, e: json, f: bool | int | string, g: float): int {
  let done { value: 1  -> return done }
}
"#;

static PARAMS: LazyLock<(TypeTable, Vec<Type>)> = LazyLock::new(|| {
    let path = ModulePath::file("types.agent");
    let compiled = compile(&path, &MemoryLoader::default().with(path.clone(), TYPES));
    let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let types = program.agents.iter().flat_map(|agent| &agent.params).map(|param| param.ty.clone()).collect();
    (program.types, types)
});

fuzz_target!(|input: (u8, bool, bool, bool, &str)| {
    let (which, cut, wrapped, json_text, text) = input;
    let (table, types) = &*PARAMS;
    let ty = &types[usize::from(which) % types.len()];
    match coerce(text, ty, table, Reply { cut, encoding: Encoding { wrapped, json_text } }) {
        Ok(read) => assert_eq!(validate(&read.value, ty, table), [], "{text:?}"),
        Err(violations) => assert!(!violations.is_empty(), "{text:?}"),
    }
});
