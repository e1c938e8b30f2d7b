//! An agent's names: one flat namespace of parameters, variables, states (a loop's nested ones too) and
//! `each` names. A parallel's parts are not in it: they are read as `name.part`.

use indexmap::IndexMap;

use crate::ast::{AgentDecl, Name, StateDecl};
use crate::ir::{AgentId, StateId};
use crate::kinds::Kind;
use crate::span::Span;

/// An agent's names and states.
#[derive(Debug)]
pub struct AgentScope<'a> {
    /// Its id.
    pub id: AgentId,
    /// As written.
    pub decl: &'a AgentDecl,
    /// Every state in the order written, outer before inner; the index is its [`StateId`].
    pub states: Vec<StateEntry<'a>>,
    /// What each name means, with the place that made it.
    pub names: IndexMap<Name, (Binding, Span)>,
}

/// What a name of an agent's namespace means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The parameter of that index.
    Param(usize),
    /// The variable of that index.
    Var(usize),
    /// The last result of a state.
    State(StateId),
    /// An element, inside the parallel.
    Each(StateId),
}

/// A state among its agent's.
#[derive(Debug)]
pub struct StateEntry<'a> {
    /// Its id.
    pub id: StateId,
    /// As written.
    pub decl: &'a StateDecl,
    /// Its kind's row in the table.
    pub kind: &'static Kind,
    /// The loop or parallel it stands in.
    pub parent: Option<StateId>,
    /// True for a parallel's part: no edges, not in the flat namespace.
    pub part: bool,
}

impl<'a> AgentScope<'a> {
    /// The state of an id.
    pub fn state(&self, id: StateId) -> Option<&StateEntry<'a>> {
        self.states.get(id.index())
    }

    /// The states that stand directly in `parent` (`None`: at the agent's top), in order; the first is where
    /// that machine begins.
    pub fn children(&self, parent: Option<StateId>) -> impl Iterator<Item = &StateEntry<'a>> {
        self.states.iter().filter(move |state| state.parent == parent)
    }

    /// What a name means in a state: its parallel's `each` name first (two parallels may use the same word), then the
    /// agent's. An `each` name means nothing outside its parallel.
    pub fn lookup(&self, at: Option<StateId>, name: &str) -> Option<Binding> {
        let parallel =
            at.and_then(|id| self.state(id)).filter(|state| state.part).and_then(|state| state.parent);
        let each = parallel.and_then(|id| self.state(id)).and_then(|state| state.decl.body.each());
        if let (Some(id), Some(each)) = (parallel, each)
            && &*each.name.name == name
        {
            return Some(Binding::Each(id));
        }
        self.names
            .get(name)
            .map(|(binding, _)| *binding)
            .filter(|binding| !matches!(binding, Binding::Each(_)))
    }

    /// The state that a name means.
    pub fn state_named(&self, name: &str) -> Option<StateId> {
        match self.names.get(name) {
            Some((Binding::State(id), _)) => Some(*id),
            _ => None,
        }
    }
}
