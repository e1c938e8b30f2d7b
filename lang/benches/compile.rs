//! Text to a checked program: the support example, and a file of 1 MB made of many like it.
//!
//! Files from 256 KiB on are parsed by two threads: `taskset -c 0 cargo bench …` gives the figures of one core.
#![expect(clippy::panic, missing_docs, reason = "a benchmark may end itself")]

use std::fmt::Write as _;
use std::hint::black_box;

use agentrun_lang::ide::Analysis;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::source::SourceMap;
use agentrun_lang::{Compilation, compile, syntax};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const SUPPORT: &str = include_str!("../../examples/03_support/main.agent");
const BIG: usize = 1_000_000;
const EDITED_LINES: usize = 2_000;
const EDITED_BYTES: usize = 40 * EDITED_LINES;

/// Declarations of the support example, again and again under names of their own, up to `size` bytes.
fn big(size: usize) -> String {
    let body = SUPPORT.replacen("edition 1", "", 1);
    let names = declared(&body);
    let mut text = String::from("edition 1\n");
    let mut copy = 0;
    while text.len() < size {
        let mut renamed = body.clone();
        for name in &names {
            renamed = rename(&renamed, name, &format!("{name}{copy}"));
        }
        let _ = writeln!(text, "{renamed}");
        copy += 1;
    }
    text
}

/// The names behind a word in column 0.
fn declared(text: &str) -> Vec<String> {
    let head = |line: &str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        let known = ["type", "model", "tool", "agent", "const", "guard", "memory"];
        words.next().filter(|word| known.contains(word)).and_then(|_| words.next()).map(str::to_string)
    };
    text.lines().filter_map(head).collect()
}

/// `name` by `new` where it stands as a whole word.
fn rename(text: &str, name: &str, new: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, found) = rest.split_at(at);
        let after = found.strip_prefix(name).unwrap_or_default();
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '/' || c == '.';
        let inside = before.chars().next_back().is_some_and(part) || after.chars().next().is_some_and(part);
        out.push_str(before);
        out.push_str(if inside { name } else { new });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn compiled(loader: &MemoryLoader, path: &ModulePath) -> Compilation {
    let compilation = compile(path, loader);
    if compilation.program.is_none() {
        let said: Vec<String> =
            compilation.diagnostics.iter().take(3).map(|said| said.message.clone()).collect();
        panic!("the file does not compile: {said:?}");
    }
    compilation
}

fn bench(c: &mut Criterion) {
    let path = ModulePath::file("main.agent");
    let support = MemoryLoader::default().with(path.clone(), SUPPORT);
    c.bench_function("compile/support (goal: under 2 ms)", |b| {
        b.iter(|| black_box(compiled(&support, &path)));
    });

    // What an editor waits for at each key, but for the protocol's own share: tests/bench/keystroke.py has all of it.
    let lines: Vec<String> = big(4 * EDITED_BYTES).lines().map(str::to_owned).collect();
    let whole = (EDITED_LINES..lines.len())
        .find(|at| lines.get(*at).is_some_and(|line| line.starts_with("type Triage")));
    let edited = lines.get(..whole.unwrap_or(EDITED_LINES)).unwrap_or(&lines).join("\n");
    let edited = MemoryLoader::default().with(path.clone(), &edited);
    c.bench_function("ide/a file of 2,000 lines, text to findings (goal: under 20 ms)", |b| {
        b.iter(|| black_box(Analysis::of(&path, &edited)));
    });

    let text = big(BIG);
    let mut group = c.benchmark_group("compile");
    group.sample_size(20).throughput(Throughput::Bytes(text.len() as u64));
    // The floor for size: as much JSON read into values.
    let json = serde_json::to_string(&text.lines().collect::<Vec<_>>()).unwrap_or_default();
    group.bench_function("floor: serde_json reads the same lines", |b| {
        b.iter(|| black_box(serde_json::from_str::<serde_json::Value>(&json).is_ok()));
    });
    let source = SourceMap::default().add("main.agent", text.as_str());
    group.bench_function("parse 1 MB", |b| b.iter(|| black_box(syntax::parse(&source))));
    let whole = MemoryLoader::default().with(path.clone(), text.as_str());
    group.bench_function("parse and check 1 MB (goal: under 500 ms on one core, 250 on two)", |b| {
        b.iter(|| black_box(compiled(&whole, &path)));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
