//! What an editor shows beside the text: inferred types, and what can be started above a line.

use crate::ast::Item;
use crate::kinds::ValueRule;
use crate::resolve::Binding;
use crate::span::Span;
use crate::value::Type;

use super::Analysis;

/// A text shown behind a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlayHint {
    /// Byte offset in the entry.
    pub offset: u32,
    /// What to show.
    pub text: String,
}

/// Something that can be started at a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// The name above which it stands.
    pub span: Span,
    /// The agent's or the test's name.
    pub name: String,
    /// What it is.
    pub kind: LensKind,
}

/// What a [`Lens`] starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LensKind {
    /// Runs an agent.
    Run,
    /// Draws an agent's graph.
    Graph,
    /// Runs a test.
    Test,
}

/// The types of states that do not say theirs.
pub fn hints(analysis: &Analysis) -> Vec<InlayHint> {
    let Some(module) = analysis.module() else { return Vec::new() };
    let names = analysis.names();
    let mut hints = Vec::new();
    for (scope, types) in names.scopes.iter().zip(&analysis.notes.agents) {
        if scope.decl.span.source != module.source {
            continue;
        }
        for state in &scope.states {
            if state.decl.ty.is_some() || state.kind.value == ValueRule::None {
                continue;
            }
            let ty = types.iter().find(|(binding, _)| *binding == Binding::State(state.id)).map(|(_, ty)| ty);
            let Some(ty) = ty.filter(|ty| !matches!(ty, Type::Unknown | Type::Null)) else { continue };
            hints.push(InlayHint {
                offset: state.decl.name.span.end,
                text: format!(": {}", analysis.show(ty)),
            });
        }
    }
    hints.sort_by_key(|hint| hint.offset);
    hints
}

/// What can be started in the entry.
pub fn lenses(analysis: &Analysis) -> Vec<Lens> {
    let mut lenses = Vec::new();
    for item in analysis.module().into_iter().flat_map(|module| &module.items) {
        match item {
            Item::Agent(decl) => {
                for kind in [LensKind::Run, LensKind::Graph] {
                    lenses.push(Lens { span: decl.name.span, name: decl.name.name.to_string(), kind });
                }
            }
            Item::Test(decl) => {
                let name = decl.name.node.to_string();
                lenses.push(Lens { span: decl.name.span, name, kind: LensKind::Test });
            }
            Item::Type(_) | Item::Tool(_) | Item::Block(_) => {}
        }
    }
    lenses
}
