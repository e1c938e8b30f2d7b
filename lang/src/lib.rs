//! The `.agent` language: text to a checked program and its graph. No IO, no async.

pub mod ast;
pub mod check;
pub mod codes;
pub mod diagnostic;
pub mod eval;
pub mod format;
pub mod graph;
pub mod ide;
pub mod ir;
pub mod kinds;
pub mod loader;
pub mod lower;
pub mod not_run;
pub mod reference;
pub mod resolve;
pub mod source;
pub mod span;
pub mod suggest;
pub mod syntax;
pub mod value;

use std::sync::Arc;

use check::Checked;
use check::notes::Notes;
use diagnostic::Diagnostics;
use ir::Program;
use loader::{Loader, ModulePath, Modules};
use resolve::Names;

/// What [`compile`] gives.
#[derive(Debug)]
pub struct Compilation {
    /// The program; there iff no finding is an error.
    pub program: Option<Program>,
    /// What was found, in the order of the places.
    pub diagnostics: Diagnostics,
    /// The trees and the texts, for editors and pictures.
    pub modules: Modules,
}

/// Compiles `entry` and all it imports. Always returns: a program exists iff no diagnostic is an error.
pub fn compile(entry: &ModulePath, loader: &dyn Loader) -> Compilation {
    compile_by(entry, loader, |modules, names, out| (check::check(modules, names, out), ())).0
}

/// The same, with what the checker found out on its way: for editors.
pub fn analyze(entry: &ModulePath, loader: &dyn Loader) -> (Compilation, Notes) {
    compile_by(entry, loader, check::check_noting)
}

fn compile_by<T>(
    entry: &ModulePath,
    loader: &dyn Loader,
    check: impl FnOnce(&Modules, &Names<'_>, &mut Diagnostics) -> (Checked, T),
) -> (Compilation, T) {
    let mut diagnostics = Diagnostics::default();
    let modules = loader::load(entry, loader, &mut diagnostics);
    let names = resolve::resolve(&modules, &mut diagnostics);
    let (checked, notes) = check(&modules, &names, &mut diagnostics);
    let program =
        if diagnostics.is_clean() { lower::lower(checked, Arc::new(modules.sources.clone())) } else { None };
    diagnostics.extend(program.as_ref().map(not_run::warnings).unwrap_or_default());
    (Compilation { program, diagnostics, modules }, notes)
}
