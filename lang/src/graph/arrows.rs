//! The graph as plain nodes and arrows for tools that lay out themselves: a loop has a node for `next` and one for
//! its exit, ends are nodes, and arrows go between nodes alone, never from or to a box.

use super::picture::{Drawing, Node, To, Way, When};
use crate::ir::StateId;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dot {
    /// Unique in a program: `a0s3`.
    pub(super) id: String,
    pub(super) look: Look,
    /// From top to bottom; not escaped.
    pub(super) lines: Vec<String>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Where an agent or a round begins.
    Start,
    State,
    /// A `branch`.
    Choice,
    /// Where `-> next` arrives.
    Next,
    /// A loop's or a parallel's exit.
    Exit,
    Return,
    Fail,
    /// The agent's own handlers.
    Handler,
}

/// A box around nodes: a loop or a parallel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) dots: Vec<Dot>,
    pub(super) groups: Vec<Group>,
}

/// An arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrow {
    pub(super) from: String,
    pub(super) to: String,
    /// Not escaped; empty where the edge is always taken.
    pub(super) label: String,
    /// By event.
    pub(super) dashed: bool,
}

/// An agent as boxes and arrows.
pub(super) fn arrows(drawing: &Drawing<'_>, index: usize) -> (Group, Vec<Arrow>) {
    let mut sketch = Sketch { drawing, index, arrows: Vec::new(), ends: 0 };
    let title = format!("agent {}{}", drawing.name, drawing.signature);
    let mut root = Group {
        id: format!("a{index}"),
        title: drawing.requires.iter().fold(title, |title, require| format!("{title}\nrequire {require}")),
        dots: Vec::new(),
        groups: Vec::new(),
    };
    let start = Dot { id: format!("a{index}start"), look: Look::Start, lines: Vec::new() };
    sketch.arrow(&start.id, &sketch.entry(drawing.first), "", false);
    root.dots.push(start);
    for state in drawing.states.iter().filter(|state| state.parent.is_none()) {
        sketch.state(state, &mut root);
    }
    for (at, way) in drawing.handlers.iter().enumerate() {
        let id = format!("a{index}on{at}");
        root.dots.push(Dot { id: id.clone(), look: Look::Handler, lines: vec![way.when.label()] });
        sketch.way(way, &id, None, &mut root, false);
    }
    (root, sketch.arrows)
}

struct Sketch<'d> {
    drawing: &'d Drawing<'d>,
    index: usize,
    arrows: Vec<Arrow>,
    ends: usize,
}

impl Sketch<'_> {
    fn state(&mut self, node: &Node<'_>, into: &mut Group) {
        if node.inside.is_empty() {
            into.dots.push(Dot { id: self.id(node.id), look: look(node), lines: lines(node) });
            for way in &node.ways {
                self.way(way, &self.id(node.id), node.parent, into, true);
            }
            return;
        }
        let mut group = Group {
            id: self.id(node.id),
            title: lines(node).join(" · "),
            dots: Vec::new(),
            groups: Vec::new(),
        };
        for inner in node.inside.iter().filter_map(|id| self.drawing.state(*id)) {
            self.state(inner, &mut group);
        }
        let exit = self.exit(node.id);
        if node.is_loop {
            self.rounds(node, &mut group);
        } else {
            // a parallel is entered and left as one
            let fork = Dot { id: self.entry(node.id), look: Look::Start, lines: Vec::new() };
            for inner in &node.inside {
                self.arrow(&fork.id, &self.entry(*inner), "", false);
                self.arrow(&self.id(*inner), &exit, "", false);
            }
            group.dots.insert(0, fork);
        }
        group.dots.push(Dot { id: exit.clone(), look: Look::Exit, lines: vec!["done".to_owned()] });
        for way in &node.ways {
            let raised = matches!(way.when, When::Events(_)) && node.is_loop;
            let from = if raised { self.next(node.id) } else { exit.clone() };
            self.way(way, &from, node.parent, into, true);
        }
        into.groups.push(group);
    }

    fn rounds(&mut self, node: &Node<'_>, group: &mut Group) {
        let next = self.next(node.id);
        group.dots.push(Dot { id: next.clone(), look: Look::Next, lines: vec!["next".to_owned()] });
        if let Some(first) = node.inside.first() {
            self.arrow(&next, &self.entry(*first), "", false);
        }
        if let Some(until) = &node.until {
            self.arrow(&next, &self.exit(node.id), &format!("until {until}"), false);
        }
    }

    /// The arrow of an edge; its end stands in `group`.
    fn way(&mut self, way: &Way, from: &str, around: Option<StateId>, group: &mut Group, named: bool) {
        let to = match &way.to {
            To::State(id) => self.entry(*id),
            To::Next => around.map_or_else(String::new, |id| self.next(id)),
            To::Break => around.map_or_else(String::new, |id| self.exit(id)),
            To::Return(value) => {
                let text =
                    value.as_ref().map_or_else(|| "return".to_owned(), |value| format!("return {value}"));
                self.end(Look::Return, text, group)
            }
            To::Fail(why) => self.end(Look::Fail, format!("fail {why}"), group),
        };
        let mut label = if named { way.when.label() } else { String::new() };
        if let Some(written) = way.written() {
            label = if label.is_empty() { written } else { format!("{label}\n{written}") };
        }
        self.arrow(from, &to, &label, matches!(way.when, When::Events(_)));
    }

    fn end(&mut self, look: Look, text: String, group: &mut Group) -> String {
        let id = format!("a{}end{}", self.index, self.ends);
        self.ends += 1;
        group.dots.push(Dot { id: id.clone(), look, lines: vec![text] });
        id
    }

    fn arrow(&mut self, from: &str, to: &str, label: &str, dashed: bool) {
        self.arrows.push(Arrow { from: from.to_owned(), to: to.to_owned(), label: label.to_owned(), dashed });
    }

    fn id(&self, id: StateId) -> String {
        format!("a{}s{}", self.index, id.0)
    }

    /// Where an arrow to a state arrives: in a loop at its first state.
    fn entry(&self, id: StateId) -> String {
        match self.drawing.state(id) {
            Some(node) if node.is_loop => {
                node.inside.first().map_or_else(|| self.id(id), |id| self.entry(*id))
            }
            Some(node) if !node.inside.is_empty() => format!("{}fork", self.id(id)),
            _ => self.id(id),
        }
    }

    fn next(&self, id: StateId) -> String {
        format!("{}next", self.id(id))
    }

    fn exit(&self, id: StateId) -> String {
        format!("{}done", self.id(id))
    }
}

fn look(node: &Node<'_>) -> Look {
    if node.kind == "branch" { Look::Choice } else { Look::State }
}

/// What a state's node says: kind and name, then what it works with and gives.
fn lines(node: &Node<'_>) -> Vec<String> {
    let ty = node.ty.as_ref().map_or_else(String::new, |ty| format!(": {ty}"));
    let mut lines = vec![format!("{} {}{ty}", node.kind, node.name)];
    lines.extend(node.detail.clone());
    lines
}
