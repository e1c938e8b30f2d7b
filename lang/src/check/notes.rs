//! What the checker finds out on its way and a program does not need, written down for an editor: the type of every
//! path, and which field of a record a word means.

use std::cell::RefCell;

use crate::resolve::Binding;
use crate::span::Span;
use crate::value::{Type, TypeTable};

/// What was found out, in the order it was met; something checked twice is there twice.
#[derive(Debug, Default)]
pub struct Notes {
    /// Declared types, for the ids in the others.
    pub table: TypeTable,
    /// Expressions with their types, by what is known in their place.
    pub exprs: Vec<(Span, Type)>,
    /// A field's name where it is used, and where it is declared.
    pub fields: Vec<(Span, Span)>,
    /// By agent: its parameters, variables, states and `each` names with their types.
    pub agents: Vec<Vec<(Binding, Type)>>,
}

/// Where notes are taken, if they are.
#[derive(Debug, Default)]
pub(super) struct Notebook(pub(super) Option<RefCell<Notes>>);

impl Notebook {
    pub(super) fn expr(&self, span: Span, ty: &Type) {
        if let Some(notes) = &self.0 {
            notes.borrow_mut().exprs.push((span, ty.clone()));
        }
    }

    pub(super) fn field(&self, used: Span, of: &Type, name: &str, table: &TypeTable) {
        let Some(notes) = &self.0 else { return };
        for member in table.members(of) {
            let fields = table.record(member).unwrap_or_default();
            if let Some(field) = fields.iter().find(|field| &*field.name == name) {
                let end = field.span.start.saturating_add(u32::try_from(name.len()).unwrap_or(0));
                notes.borrow_mut().fields.push((used, Span { end, ..field.span }));
            }
        }
    }

    pub(super) fn agent(&self, names: impl Iterator<Item = (Binding, Type)>) {
        if let Some(notes) = &self.0 {
            // finding a type takes notes of its own
            let names = names.collect();
            notes.borrow_mut().agents.push(names);
        }
    }
}
