//! A run that a journal has, with the program that it was made with: compiled from the texts that the run keeps, never
//! from the files as they are now.

use std::path::Path;
use std::sync::Arc;

use agentrun_lang::ir::Program;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_runtime::journal::{RunLine, Sqlite};

use crate::exit::Exit;
use crate::keep;
use crate::output;
use crate::render::Render;

/// A run and its program.
pub(crate) struct Stored {
    /// The journal.
    pub(crate) store: Arc<Sqlite>,
    /// The run.
    pub(crate) line: RunLine,
}

impl Stored {
    /// The run that `given` means in a journal.
    pub(crate) fn find(given: &str, journal: Option<&Path>) -> Result<Self, Exit> {
        let store = keep::existing(journal)?;
        match store.find(given) {
            Ok(line) => Ok(Self { store, line }),
            Err(error) => {
                output::complain(&error.to_string());
                Err(Exit::Usage)
            }
        }
    }

    /// Its program. That this agentrun makes another one of the same texts is said.
    pub(crate) fn program(&self, color: bool) -> Result<Arc<Program>, Exit> {
        let sources = self.store.sources(&self.line.id).map_err(|error| {
            output::complain(&error.to_string());
            Exit::Failed
        })?;
        let mut loader = MemoryLoader::default();
        let mut entry = None;
        for (name, text) in sources {
            // What a command line names is a file; what is imported from the library has no ending.
            let library = entry.is_some() && Path::new(&name).extension().is_none();
            let path = match name.strip_prefix("std/").filter(|_| library) {
                Some(module) => ModulePath::Std(module.into()),
                None => ModulePath::file(&name),
            };
            entry.get_or_insert_with(|| path.clone());
            loader = loader.with(path, text);
        }
        let Some(entry) = entry else {
            output::complain(&format!(
                "run {} has no program in the journal: whoever wrote it kept none",
                self.line.id
            ));
            return Err(Exit::Failed);
        };
        let compilation = agentrun_lang::compile(&entry, &loader);
        let Some(program) = compilation.program else {
            let render = Render::new(&compilation.modules.sources, color);
            for finding in compilation.diagnostics.sorted() {
                output::err(&format!("{}\n", render.diagnostic(&finding)));
            }
            output::complain(&format!(
                "this agentrun does not compile the program of run {} any more; use the one that ran it",
                self.line.id
            ));
            return Err(Exit::DoesNotCompile);
        };
        if program.hash != self.line.program {
            output::err(&format!(
                "note: this agentrun compiles the program of run {} to another version than the one that ran it; it is \
                 followed as far as both ask for the same\n",
                self.line.id
            ));
        }
        Ok(Arc::new(program))
    }
}
