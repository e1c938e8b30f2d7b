//! Where every name of a program is made and where it is used; `walk` fills it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::Ident;
use crate::kinds::{self, Kind};
use crate::loader::ModuleId;
use crate::resolve::{Binding, Names};
use crate::span::{SourceId, Span};

use super::Analysis;
use super::walk::{Walk, declared};

/// What a name was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefKind {
    /// `type`.
    Type,
    /// A field of a record.
    Field,
    /// `model`.
    Model,
    /// `guard`.
    Guard,
    /// `memory`.
    Memory,
    /// `tool`.
    Tool,
    /// `mcp`.
    Mcp,
    /// `skill`.
    Skill,
    /// `agent`.
    Agent,
    /// A parameter of a tool or an agent.
    Param,
    /// `var`.
    Var,
    /// A state.
    State,
    /// The name of an element.
    Each,
    /// The other name of an import.
    Alias,
}

/// A name where it is made.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// The name itself.
    pub(super) name: Span,
    /// All that it makes.
    pub(super) whole: Span,
    pub(super) kind: DefKind,
    /// Of a parameter of an agent, a variable, a state, an `each`: the agent, and what it is there.
    pub(super) binding: Option<(usize, Binding)>,
    pub(super) docs: Option<String>,
}

/// A word of the language that the table says something about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    /// The keyword of a state or a declaration.
    Kind(&'static Kind),
    /// A field's key.
    Key(&'static Kind, &'static kinds::Field),
    Event,
    Function,
    /// A word out of a list of them.
    Enum,
    BuiltInType,
    Attribute,
}

/// Every name of a program.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) definitions: Vec<Definition>,
    /// A name where it is used, and the name where it is made.
    pub(super) uses: Vec<(Span, Span)>,
    pub(super) words: Vec<(Span, Word)>,
    /// A name that an import brings, and the declaration it stands for.
    links: BTreeMap<Span, Span>,
    aliases: BTreeSet<Span>,
}

impl Index {
    /// The index of all modules.
    pub(super) fn of(analysis: &Analysis, names: &Names<'_>) -> Self {
        let mut index = Self::default();
        index.link(analysis, names);
        for (at, module) in analysis.compilation.modules.list.iter().enumerate() {
            let module_id = ModuleId(u32::try_from(at).unwrap_or(u32::MAX));
            let mut walk = Walk::new(names, module_id, &mut index);
            module.ast.items.iter().for_each(|item| walk.item(item));
        }
        index.uses.extend(analysis.notes.fields.iter().copied());
        index.uses.sort_unstable();
        index.uses.dedup();
        index
    }

    /// What imports bring: the name as it is there is a use, and another name for it is made here.
    fn link(&mut self, analysis: &Analysis, names: &Names<'_>) {
        for (at, module) in analysis.compilation.modules.list.iter().enumerate() {
            let Some(scope) = names.modules.get(at) else { continue };
            for wanted in module.ast.imports.iter().flat_map(|import| &import.names) {
                let local = wanted.alias.as_ref().unwrap_or(&wanted.name);
                let Some((def, span)) = scope.get(&local.name) else { continue };
                let Some(declared) = declared(names, *def).filter(|_| *span == local.span) else { continue };
                self.uses.push((wanted.name.span, declared));
                self.links.insert(local.span, declared);
                if let Some(alias) = &wanted.alias {
                    self.define(alias, alias.span, DefKind::Alias, None);
                    self.aliases.insert(alias.span);
                }
            }
        }
    }

    pub(super) fn define(&mut self, name: &Ident, whole: Span, kind: DefKind, docs: Option<String>) {
        self.definitions.push(Definition { name: name.span, whole, kind, binding: None, docs });
    }

    /// The definition whose name stands there.
    pub(super) fn definition(&self, name: Span) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.name == name)
    }

    /// True of the other name that an import gives.
    pub(super) fn is_alias(&self, name: Span) -> bool {
        self.aliases.contains(&name)
    }

    /// Behind another name of an import, what it stands for.
    pub(super) fn behind(&self, name: Span) -> Span {
        self.links.get(&name).copied().unwrap_or(name)
    }

    /// The name at an offset, and the names it is made by; an offset just behind a name is still its own.
    pub(super) fn at(&self, source: SourceId, offset: u32) -> Option<(Span, Vec<Span>)> {
        let touches = |span: &Span| span.source == source && span.start <= offset && offset <= span.end;
        let used: Vec<&(Span, Span)> = self.uses.iter().filter(|(used, _)| touches(used)).collect();
        if let Some((span, _)) = used.iter().max_by_key(|(span, _)| span.start) {
            let span = *span;
            return Some((
                span,
                used.iter().filter(|(used, _)| *used == span).map(|(_, def)| *def).collect(),
            ));
        }
        let made = self.definitions.iter().find(|definition| touches(&definition.name))?;
        Some((made.name, vec![made.name]))
    }
}
