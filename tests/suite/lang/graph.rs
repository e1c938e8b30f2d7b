//! The graph in its forms: `graph/*.agent` beside what each of them says, and pictures in which nothing lies on
//! something else.

use std::path::Path;

use agentrun_lang::compile;
use agentrun_lang::graph;
use agentrun_lang::ir::Program;
use agentrun_lang::loader::{MemoryLoader, ModulePath};

use crate::support::findings::render;

fn program(path: &Path) -> Program {
    let entry = ModulePath::file(path.file_name().unwrap().to_string_lossy());
    let loader = MemoryLoader::default().with(entry.clone(), std::fs::read(path).unwrap());
    let compilation = compile(&entry, &loader);
    let findings = compilation.diagnostics.sorted();
    let said = render(&compilation.modules.sources, &findings);
    compilation.program.unwrap_or_else(|| panic!("{said}"))
}

fn each(name: &str, form: fn(&Program) -> String) {
    insta::glob!("graph/*.agent", |path| {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name, form(&program(path)));
        });
    });
}

#[test]
fn mermaid() {
    each("mermaid", |program| graph::mermaid(program, None));
}

#[test]
fn dot() {
    each("dot", |program| graph::dot(program, None));
}

#[test]
fn json() {
    each("json", |program| graph::json(program, None));
}

/// Left, top, right and bottom of something that nothing else may lie on.
type Area = [f64; 4];

/// Every state, pill and label of a picture.
fn areas(svg: &str) -> Vec<(String, Area)> {
    let number = |line: &str, key: &str| -> Option<f64> {
        let from = line.find(&format!(" {key}=\""))? + key.len() + 3;
        line[from..].split('"').next()?.parse().ok()
    };
    let mut areas = Vec::new();
    for line in svg.lines() {
        let rect = ["state", "pill"].iter().any(|class| line.starts_with(&format!("<rect class=\"{class}")));
        let corner = number(line, "x").zip(number(line, "y"));
        if let Some(((x, y), (w, h))) =
            corner.zip(number(line, "width").zip(number(line, "height"))).filter(|_| rect)
        {
            areas.push((line.to_owned(), [x, y, x + w, y + h]));
        }
    }
    areas
}

#[test]
fn nothing_in_a_picture_lies_on_something_else() {
    insta::glob!("graph/*.agent", |path| {
        let svg = graph::svg(&program(path), None);
        let areas = areas(&svg);
        assert!(areas.len() > 3, "{svg}");
        for (at, (one, a)) in areas.iter().enumerate() {
            for (other, b) in &areas[at + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{}\n{one}\n{other}", path.display());
            }
        }
    });
}

#[test]
fn texts_are_escaped() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/lang/graph/triage.agent");
    let program = program(&path);
    let svg = graph::svg(&program, None);
    assert!(svg.contains("return &quot;Sorry, &lt;b&gt;no&lt;/b&gt; &amp; "), "{svg}");
    assert!(!svg.contains("<b>") && !graph::mermaid(&program, None).contains("<b>"));
}
