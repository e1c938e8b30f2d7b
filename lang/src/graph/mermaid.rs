//! The graph as a Mermaid flowchart, which many places draw where Markdown is shown.

use std::fmt::Write;

use super::arrows::{Dot, Group, Look, arrows};
use super::picture::drawings;
use crate::ir::{AgentId, Program};

/// One flowchart with a box for each agent.
pub fn mermaid(program: &Program, only: Option<AgentId>) -> String {
    let mut writer = Writer { text: "flowchart TD\n".to_owned() };
    for (index, drawing) in drawings(program, only).iter().enumerate() {
        let (group, arrows) = arrows(drawing, index);
        writer.group(&group, 1);
        for arrow in arrows {
            let line = if arrow.dashed { "-.->" } else { "-->" };
            let label = if arrow.label.is_empty() {
                String::new()
            } else {
                format!("|\"{}\"|", escaped(&arrow.label))
            };
            writer.line(1, &format!("{} {line}{label} {}", arrow.from, arrow.to));
        }
    }
    for (class, style) in STYLES {
        writer.line(1, &format!("classDef {class} {style}"));
    }
    writer.text
}

const STYLES: &[(&str, &str)] = &[
    ("start", "fill:#57606a,stroke:#57606a,color:#57606a"),
    ("done", "fill:#dafbe1,stroke:#1a7f37,color:#1f2328"),
    ("fail", "fill:#ffebe9,stroke:#cf222e,color:#1f2328"),
    ("handler", "stroke-dasharray:4 3"),
];

struct Writer {
    text: String,
}

impl Writer {
    fn group(&mut self, group: &Group, depth: usize) {
        self.line(depth, &format!("subgraph {}[\"{}\"]", group.id, escaped(&group.title)));
        for dot in &group.dots {
            self.line(depth + 1, &node(dot));
        }
        for inner in &group.groups {
            self.group(inner, depth + 1);
        }
        self.line(depth, "end");
    }

    fn line(&mut self, depth: usize, line: &str) {
        // writing to a string does not fail
        let _ = writeln!(self.text, "{:indent$}{line}", "", indent = depth * 2);
    }
}

fn node(dot: &Dot) -> String {
    let text = dot.lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>");
    let (open, close, class) = match dot.look {
        Look::Start => ("((\" ", "\"))", ":::start"),
        Look::State => ("[\"", "\"]", ""),
        Look::Choice => ("{\"", "\"}", ""),
        Look::Next | Look::Exit => ("([\"", "\"])", ""),
        Look::Return => ("([\"", "\"])", ":::done"),
        Look::Fail => ("([\"", "\"])", ":::fail"),
        Look::Handler => ("([\"", "\"])", ":::handler"),
    };
    format!("{}{open}{text}{close}{class}", dot.id)
}

/// Text in quotes: what Mermaid or HTML would read is written by number.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' => escaped.push_str("<br/>"),
            '"' | '<' | '>' | '&' | '#' | '`' | '\\' => {
                let _ = write!(escaped, "#{};", u32::from(sign));
            }
            _ => escaped.push(sign),
        }
    }
    escaped
}
