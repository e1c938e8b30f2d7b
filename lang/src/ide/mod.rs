//! What an editor asks of a program, as plain structs over a compilation: nothing here reads a file or speaks a
//! protocol. Every answer is about the entry file, and broken files are answered as far as they could be read.

mod actions;
mod at;
mod complete;
mod context;
mod goto;
mod hints;
mod hover;
mod index;
mod members;
mod offer;
mod snippets;
mod textmate;
mod tokens;
mod walk;

use crate::Compilation;
use crate::ast::Module;
use crate::check::notes::Notes;
use crate::diagnostic::Diagnostics;
use crate::loader::{Loader, ModulePath};
use crate::resolve::{self, Names};
use crate::source::Source;
use crate::value::Type;

pub use actions::{Action, actions};
pub use complete::{Completion, ItemKind, complete};
pub use goto::{NoRename, Place, Renaming, definition, highlights, references, rename, renameable, uses_of};
pub use hints::{InlayHint, Lens, LensKind, hints, lenses};
pub use hover::{Hover, hover};
pub use index::DefKind;
pub use textmate::{snippet_file, textmate};
pub use tokens::{Symbol, Token, TokenKind, symbols, tokens};

/// A compiled entry file, and what an editor wants to know of it.
#[derive(Debug)]
pub struct Analysis {
    /// The program, its findings and its texts.
    pub compilation: Compilation,
    /// What the checker found out on its way.
    pub notes: Notes,
}

impl Analysis {
    /// Compiles `entry` and keeps what is asked for later.
    pub fn of(entry: &ModulePath, loader: &dyn Loader) -> Self {
        let (compilation, notes) = crate::analyze(entry, loader);
        Self { compilation, notes }
    }

    /// The entry's text; `None` where it could not be read.
    pub fn source(&self) -> Option<&Source> {
        self.module().and_then(|module| self.compilation.modules.sources.get(module.source))
    }

    /// The entry's tree.
    pub fn module(&self) -> Option<&Module> {
        self.compilation.modules.list.first().map(|module| &module.ast)
    }

    fn names(&self) -> Names<'_> {
        resolve::resolve(&self.compilation.modules, &mut Diagnostics::default())
    }

    fn show(&self, ty: &Type) -> String {
        ty.display(&self.notes.table).to_string()
    }
}
