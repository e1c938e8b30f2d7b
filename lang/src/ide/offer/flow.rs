//! What completion offers around states: where edges go, what they read, events, members, arguments and mocks.

use crate::ast::{ExprKind, Param};
use crate::ide::complete::ItemKind;
use crate::ide::context::{Frame, FrameKind};
use crate::ide::hover::of_event;
use crate::ide::snippets;
use crate::ir::StateId;
use crate::kinds::{self, Need, STATES, TOOL_EVENTS};
use crate::resolve::{AgentScope, Binding, Def, StateEntry};

use super::Offer;

impl<'o> Offer<'o, '_> {
    pub(in super::super) fn states(&mut self) {
        self.states_where(|_, _| true);
    }

    pub(super) fn states_where(&mut self, wanted: impl Fn(&AgentScope<'_>, &StateEntry<'_>) -> bool) {
        let Some(scope) = self.scope() else { return };
        let found: Vec<(String, &str, Option<String>)> = scope
            .states
            .iter()
            .filter(|entry| !entry.part && wanted(scope, entry))
            .map(|entry| (entry.decl.name.name.to_string(), entry.kind.word, entry.decl.docs.text()))
            .collect();
        for (name, kind, docs) in found {
            self.add(&name, ItemKind::State, kind, &docs.unwrap_or_default());
        }
    }

    /// Where an edge may go.
    pub(in super::super) fn targets(&mut self) {
        let state = self.state;
        if matches!(self.context.body().map(|body| body.kind), Some(FrameKind::Decl("model", _))) {
            return self.declared(|def| matches!(def, Def::Model(_)), ItemKind::Resource);
        }
        self.states_where(|scope, entry| {
            let mut around = self_and_above(scope, state);
            entry.parent.is_none_or(|parent| around.any(|id| id == parent))
        });
        let in_loop =
            self.context.frames.iter().any(|frame| matches!(frame.kind, FrameKind::State("loop", _)));
        if in_loop {
            self.word("next", "another round");
            self.word("break", "leaves the loop by its bare edge");
        }
        self.word("return", "ends the agent with a value");
        self.push("fail", ItemKind::Keyword, "", "ends the agent with a failure", "fail \"${1:why}\"", true);
    }

    pub(in super::super) fn variables(&mut self) {
        let Some(scope) = self.scope() else { return };
        let vars: Vec<String> = scope.decl.body.vars().map(|var| var.name.name.to_string()).collect();
        for (index, name) in vars.iter().enumerate() {
            let shown = self.shown(Binding::Var(index));
            self.push(name, ItemKind::Variable, &shown, "", &format!("{name} = $1"), true);
        }
    }

    /// The events that the body around the cursor may handle.
    pub(in super::super) fn events(&mut self) {
        let mut events: Vec<String> = Vec::new();
        let kind = self.context.body().map(|body| body.kind);
        let inside =
            matches!(kind, Some(FrameKind::Decl("agent", _) | FrameKind::State("loop" | "parallel", _)));
        if let Some(row) = self.context.body().and_then(Frame::row) {
            events.extend(row.events.iter().map(|event| (*event).to_owned()));
        }
        let of_tools: Vec<String> = self.tool_errors(inside);
        events.extend(of_tools);
        if inside {
            events.extend(STATES.iter().flat_map(|kind| kind.events).map(|event| (*event).to_owned()));
            events.extend(TOOL_EVENTS.iter().map(|event| (*event).to_owned()));
        }
        events.extend(kinds::COMMON_EVENTS.iter().map(|event| (*event).to_owned()));
        for event in events {
            self.add(&event, ItemKind::Event, "", of_event(&event));
        }
    }

    /// The errors that the tool of the state around the cursor declares, or all tools.
    fn tool_errors(&self, all: bool) -> Vec<String> {
        let decl = self.state.and_then(|id| self.scope()?.state(id)).map(|entry| entry.decl);
        let text = decl
            .and_then(|decl| decl.body.field("tool"))
            .map_or("", |field| self.analysis.compilation.modules.sources.slice(field.value.span));
        let called = text.split('(').next().unwrap_or("").trim();
        let tools = self.names.tools.iter().filter(|tool| all || &*tool.decl.name.name == called);
        let errors = tools.filter_map(|tool| tool.decl.body.field("errors"));
        let mut found = Vec::new();
        for field in errors {
            if let ExprKind::List(items) = &field.value.kind {
                for item in items {
                    if let ExprKind::Name(name) = &item.kind {
                        found.push(name.to_string());
                    }
                }
            }
        }
        found
    }

    /// Fields, edges and states that may begin here.
    pub(in super::super) fn member_starts(&mut self) {
        let Some(body) = self.context.body() else { return };
        let Some(row) = body.row() else { return };
        let kind = body.kind;
        for field in row.fields.iter().filter(|field| !body.keys.contains(&field.key)) {
            let required = if field.need == Need::Required { "required" } else { "" };
            let insert = snippets::field(field);
            self.push(field.key, ItemKind::Field, required, field.doc, &insert, true);
        }
        let holds_states = match kind {
            FrameKind::Decl("agent", _) | FrameKind::State("loop" | "parallel", _) => true,
            FrameKind::Decl("test", _) => {
                for (word, doc, insert) in snippets::TEST {
                    self.push(word, ItemKind::Keyword, "", doc, insert, true);
                }
                return;
            }
            FrameKind::Decl("model", _) | FrameKind::State(..) => false,
            _ => return,
        };
        if holds_states {
            for kind in STATES {
                let insert = snippets::state(kind);
                self.push(kind.word, ItemKind::Keyword, "state", kind.doc, &insert, true);
            }
        }
        if matches!(kind, FrameKind::Decl("agent", _)) {
            for (word, doc, insert) in snippets::AGENT {
                self.push(word, ItemKind::Keyword, "", doc, insert, true);
            }
        } else {
            for (word, doc, insert) in snippets::EDGES {
                self.push(word, ItemKind::Keyword, "", doc, insert, true);
            }
        }
    }

    /// The names of a call's arguments.
    pub(in super::super) fn arguments(&mut self, callee: &str) {
        let found = self.names.modules.first().and_then(|scope| scope.get(callee)).map(|(def, _)| *def);
        let params: &'o [Param] = match found {
            Some(Def::Tool(id)) => self.names.tools.get(id.index()).map_or(&[], |tool| &tool.decl.params),
            Some(Def::Agent(id)) => self.names.agents.get(id.index()).map_or(&[], |agent| &agent.decl.params),
            _ => &[],
        };
        for param in params {
            let ty = self.analysis.compilation.modules.sources.slice(param.ty.span).to_owned();
            self.push(&param.name.name, ItemKind::Field, &ty, "", &format!("{}: $1", param.name.name), true);
        }
    }

    /// The values that a mock may give.
    pub(in super::super) fn mock_values(&mut self) {
        for (label, insert, doc) in snippets::MOCKS {
            self.push(label, ItemKind::Value, "", doc, insert, true);
        }
    }
}

/// A state and what it stands in.
fn self_and_above<'s>(scope: &'s AgentScope<'_>, id: Option<StateId>) -> impl Iterator<Item = StateId> + 's {
    std::iter::successors(id, |id| scope.state(*id).and_then(|entry| entry.parent))
}
