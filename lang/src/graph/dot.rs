//! The graph in the language of Graphviz.

use std::fmt::Write;

use super::arrows::{Dot, Group, Look, arrows};
use super::picture::drawings;
use crate::ir::{AgentId, Program};

/// One digraph with a cluster for each agent.
pub fn dot(program: &Program, only: Option<AgentId>) -> String {
    let mut writer = Writer { text: "digraph agents {\n".to_owned() };
    writer.line(1, "rankdir=TB");
    writer.line(1, "node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11]");
    writer.line(1, "edge [fontname=\"Helvetica\", fontsize=10]");
    for (index, drawing) in drawings(program, only).iter().enumerate() {
        let (group, arrows) = arrows(drawing, index);
        writer.group(&group, 1);
        for arrow in arrows {
            let mut looks = Vec::new();
            if !arrow.label.is_empty() {
                looks.push(format!("label={}", quoted(&arrow.label)));
            }
            if arrow.dashed {
                looks.push("style=dashed".to_owned());
            }
            let looks = if looks.is_empty() { String::new() } else { format!(" [{}]", looks.join(", ")) };
            writer.line(1, &format!("{} -> {}{looks}", arrow.from, arrow.to));
        }
    }
    writer.text.push_str("}\n");
    writer.text
}

struct Writer {
    text: String,
}

impl Writer {
    fn group(&mut self, group: &Group, depth: usize) {
        self.line(depth, &format!("subgraph cluster_{} {{", group.id));
        self.line(depth + 1, &format!("label={}", quoted(&group.title)));
        for dot in &group.dots {
            self.line(depth + 1, &node(dot));
        }
        for inner in &group.groups {
            self.group(inner, depth + 1);
        }
        self.line(depth, "}");
    }

    fn line(&mut self, depth: usize, line: &str) {
        // writing to a string does not fail
        let _ = writeln!(self.text, "{:indent$}{line}", "", indent = depth * 2);
    }
}

fn node(dot: &Dot) -> String {
    let look = match dot.look {
        Look::Start => return format!("{} [shape=point, width=0.12, label=\"\"]", dot.id),
        Look::State => "",
        Look::Choice => ", shape=diamond, style=solid",
        Look::Next | Look::Exit => ", shape=oval, style=solid",
        Look::Return => ", shape=oval, style=solid, color=\"#1a7f37\"",
        Look::Fail => ", shape=oval, style=solid, color=\"#cf222e\"",
        Look::Handler => ", shape=oval, style=dashed",
    };
    format!("{} [label={}{look}]", dot.id, quoted(&dot.lines.join("\n")))
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}
