//! A path on the command line to a compiled program, its findings shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::diagnostic::{Diagnostic, Severity};
use agentrun_lang::ir::Program;

use crate::exit::Exit;
use crate::files::{self, FileLoader};
use crate::output;
use crate::render::{Count, Render};

/// Findings shown; `agentrun check` shows more.
const MOST: usize = 100;

/// A program that compiled, and the file it stands in.
pub(crate) struct Compiled {
    /// The program.
    pub(crate) program: Arc<Program>,
    /// Its entry file.
    pub(crate) file: PathBuf,
}

/// Compiles the program that `path` means. Findings go to standard error; warnings only where `warnings`.
pub(crate) fn compile(path: &Path, color: bool, warnings: bool) -> Result<Compiled, Exit> {
    let file = files::program_file(path).map_err(|message| {
        output::complain(&message);
        Exit::Usage
    })?;
    let compilation = agentrun_lang::compile(&files::module_path(&file), &FileLoader);
    let diagnostics = compilation.diagnostics.sorted();
    let render = Render::new(&compilation.modules.sources, color);
    let show = |finding: &Diagnostic| output::err(&format!("{}\n", render.diagnostic(finding)));
    let failed = compilation.program.is_none();
    if failed || warnings {
        let errors = diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
        let rest = diagnostics.iter().filter(|finding| finding.severity != Severity::Error);
        if diagnostics.len() > MOST {
            errors.chain(rest).take(MOST).for_each(show);
        } else {
            diagnostics.iter().for_each(show);
        }
    }
    match compilation.program {
        Some(program) => Ok(Compiled { program: Arc::new(program), file }),
        None => {
            output::err(&format!("{} does not compile: {}\n", file.display(), Count::of(&diagnostics)));
            Err(Exit::DoesNotCompile)
        }
    }
}
