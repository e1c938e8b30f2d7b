//! Whole files: what the compiler says of right ones and of wrong ones.

use std::path::{Path, PathBuf};

use agentrun_lang::compile;
use agentrun_lang::loader::{LoadError, Loader, ModulePath};

use crate::support::findings::render;

/// Files beside the one that is compiled, and a standard library of one module.
struct Beside {
    folder: PathBuf,
}

impl Loader for Beside {
    fn load(&self, path: &ModulePath) -> Result<std::sync::Arc<[u8]>, LoadError> {
        let file = match path {
            ModulePath::File(path) => self.folder.join(&**path),
            ModulePath::Std(name) => self.folder.join("std").join(format!("{name}.agent")),
        };
        std::fs::read(file).map(Into::into).map_err(|_| LoadError::Missing)
    }
}

fn findings(file: &Path) -> (bool, String) {
    let loader = Beside { folder: file.parent().unwrap().to_path_buf() };
    let entry = ModulePath::file(file.file_name().unwrap().to_string_lossy());
    let compilation = compile(&entry, &loader);
    let found = compilation.diagnostics.sorted();
    (compilation.program.is_some(), render(&compilation.modules.sources, &found))
}

/// Right files compile, and nothing is said of them.
#[test]
fn ok() {
    insta::glob!("check/ok/*.agent", |path| {
        let (compiles, text) = findings(path);
        assert!(compiles && text.is_empty(), "{}\n{text}", path.display());
    });
}
