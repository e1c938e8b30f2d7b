//! The graph as JSON, for other programs. The schema is stable: fields are added, never changed.
//!
//! ```text
//! { "version": 1, "agents": [AGENT] }
//! AGENT  { "name", "signature", "budget"?, "requires"?: [TEXT], "first": NAME, "states": [STATE], "on": [EDGE] }
//! STATE  { "name", "kind", "type"?, "detail"?, "place", "states"?: [STATE], "first"?: NAME, "edges": [EDGE] }
//! EDGE   { "when"?: TEXT, "else"?: true, "on"?: [NAME], "set"?: { NAME: TEXT }, "target": TARGET, "place" }
//! TARGET { "state": NAME } | { "return": TEXT or null } | { "fail": TEXT } | { "next": true } | { "break": true }
//! ```
//!
//! A loop or a parallel holds its states in `states`; a loop says in `first` where a round begins. `place` is
//! `file:line:column`. An edge without `when`, `else` and `on` is always taken; edges stand in the order they are
//! tried. `detail` is for people.

use serde_json::{Map, Value, json};

use super::picture::{Drawing, Node, To, Way, When, drawings};
use crate::ir::{AgentId, Program, StateId};
use crate::source::SourceMap;

/// The graph of every agent, indented by two blanks, with a newline at its end.
pub fn json(program: &Program, only: Option<AgentId>) -> String {
    let agents: Vec<Value> = drawings(program, only)
        .iter()
        .map(|drawing| Writer { drawing, sources: &program.sources }.agent())
        .collect();
    format!("{:#}\n", json!({ "version": 1, "agents": agents }))
}

struct Writer<'a> {
    drawing: &'a Drawing<'a>,
    sources: &'a SourceMap,
}

impl Writer<'_> {
    fn agent(&self) -> Value {
        let top = self.drawing.states.iter().filter(|state| state.parent.is_none());
        let mut agent = Map::new();
        agent.insert("name".to_owned(), self.drawing.name.into());
        agent.insert("signature".to_owned(), self.drawing.signature.clone().into());
        insert(&mut agent, "budget", self.drawing.budget.clone());
        if !self.drawing.requires.is_empty() {
            agent.insert("requires".to_owned(), self.drawing.requires.clone().into());
        }
        agent.insert("first".to_owned(), self.name(self.drawing.first).into());
        agent.insert("states".to_owned(), top.map(|state| self.state(state)).collect());
        agent.insert("on".to_owned(), self.edges(&self.drawing.handlers));
        agent.into()
    }

    fn state(&self, node: &Node<'_>) -> Value {
        let mut state = Map::new();
        state.insert("name".to_owned(), node.name.into());
        state.insert("kind".to_owned(), node.kind.into());
        insert(&mut state, "type", node.ty.clone());
        insert(&mut state, "detail", node.detail.clone());
        state.insert("place".to_owned(), self.sources.place(node.span).into());
        if !node.inside.is_empty() {
            let inside = node.inside.iter().filter_map(|id| self.drawing.state(*id));
            state.insert("states".to_owned(), inside.map(|inner| self.state(inner)).collect());
        }
        if node.is_loop {
            insert(&mut state, "first", node.inside.first().map(|id| self.name(*id)));
        }
        if !node.is_part {
            state.insert("edges".to_owned(), self.edges(&node.ways));
        }
        state.into()
    }

    fn edges(&self, ways: &[Way]) -> Value {
        ways.iter().map(|way| self.edge(way)).collect()
    }

    fn edge(&self, way: &Way) -> Value {
        let mut edge = Map::new();
        match &way.when {
            When::Always => {}
            When::Else => {
                edge.insert("else".to_owned(), true.into());
            }
            When::Condition(text) => {
                edge.insert("when".to_owned(), text.clone().into());
            }
            When::Events(names) => {
                edge.insert("on".to_owned(), names.iter().map(ToString::to_string).collect());
            }
        }
        if !way.sets.is_empty() {
            let sets = way.sets.iter().map(|(name, value)| (name.to_string(), Value::from(value.clone())));
            edge.insert("set".to_owned(), Value::Object(sets.collect()));
        }
        edge.insert("target".to_owned(), self.target(&way.to));
        edge.insert("place".to_owned(), self.sources.place(way.span).into());
        edge.into()
    }

    fn target(&self, to: &To) -> Value {
        match to {
            To::State(id) => json!({ "state": self.name(*id) }),
            To::Return(value) => json!({ "return": value }),
            To::Fail(why) => json!({ "fail": why }),
            To::Next => json!({ "next": true }),
            To::Break => json!({ "break": true }),
        }
    }

    fn name(&self, id: StateId) -> String {
        self.drawing.state(id).map_or_else(String::new, |state| state.name.to_owned())
    }
}

fn insert(map: &mut Map<String, Value>, key: &str, value: Option<String>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}
