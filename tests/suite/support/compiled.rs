//! A file compiled as the command compiles it, with the files beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::compile;
use agentrun_lang::diagnostic::Severity;
use agentrun_lang::loader::{LoadError, Loader, ModulePath};

use super::findings::render;

/// Files beside the one that is compiled; `std/x` is `x.agent` in its folder `std`.
struct Beside {
    folder: PathBuf,
}

impl Loader for Beside {
    fn load(&self, path: &ModulePath) -> Result<Arc<[u8]>, LoadError> {
        let file = match path {
            ModulePath::File(path) => self.folder.join(&**path),
            ModulePath::Std(name) => self.folder.join("std").join(format!("{name}.agent")),
        };
        std::fs::read(file).map(Into::into).map_err(|_| LoadError::Missing)
    }
}

/// What came of compiling a file.
pub(crate) struct Compiled {
    /// Its text.
    pub(crate) text: String,
    /// What was found, as a person reads it; empty where there is nothing to say.
    pub(crate) findings: String,
    /// Whether there is a program.
    pub(crate) is_program: bool,
    /// Whether one of the findings is an error.
    pub(crate) has_error: bool,
}

/// Compiles a file. Of one that stands among the right ones it is left out what is not run yet: that is nothing wrong.
pub(crate) fn compiled(file: &Path) -> Compiled {
    let loader = Beside { folder: file.parent().unwrap().to_path_buf() };
    let entry = ModulePath::file(file.file_name().unwrap().to_string_lossy());
    let compilation = compile(&entry, &loader);
    let is_right = file.parent().is_some_and(|folder| folder.ends_with("ok"));
    let mut found = compilation.diagnostics.sorted();
    found.retain(|finding| !is_right || finding.code != agentrun_lang::not_run::CODE);
    Compiled {
        text: String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned(),
        findings: render(&compilation.modules.sources, &found),
        is_program: compilation.program.is_some(),
        has_error: found.iter().any(|finding| finding.severity == Severity::Error),
    }
}
