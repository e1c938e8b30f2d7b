//! Files of a disk: the one loader that the compiler reads them through, and inputs read up to a bound.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use agentrun_lang::loader::{LoadError, Loader, ModulePath};

/// Reads files, and the standard library from the program itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileLoader;

impl Loader for FileLoader {
    fn load(&self, path: &ModulePath) -> Result<Arc<[u8]>, LoadError> {
        match path {
            ModulePath::File(path) => read(Path::new(&**path)),
            ModulePath::Std(name) => agentrun_stdlib::FILES
                .iter()
                .find(|(known, _)| **known == **name)
                .map(|(_, text)| text.as_bytes().into())
                .ok_or(LoadError::Missing),
        }
    }
}

/// More than any program has.
pub const MOST: u64 = 32 << 20;

/// A file's bytes. What is imported ends in `.agent` and is a plain file; only what the command line names may be a pipe.
fn read(path: &Path) -> Result<Arc<[u8]>, LoadError> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => LoadError::Missing,
        io::ErrorKind::PermissionDenied => LoadError::Unreadable("it may not be read by you".into()),
        _ => LoadError::Unreadable(error.to_string()),
    };
    let kind = std::fs::metadata(path).map_err(unreadable)?.file_type();
    if kind.is_dir() {
        return Err(LoadError::Unreadable("it is a folder".into()));
    }
    if !kind.is_file() && path.extension().is_some_and(|ending| ending == "agent") {
        return Err(LoadError::Unreadable("it is no plain file".into()));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    Ok(read_at_most(file, MOST).map_err(unreadable)?.into())
}

/// A whole input; one without an end is given up before it takes all memory.
pub fn read_at_most(input: impl io::Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {} MiB", most >> 20)));
    }
    Ok(bytes)
}
