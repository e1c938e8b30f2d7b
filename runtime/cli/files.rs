//! Files for the compiler: the one loader that reads a disk, and the way from a path on the command line to
//! the modules it means.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::loader::{LoadError, Loader, ModulePath};

use crate::params::command_like;

/// Reads files, and the standard library from the program itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FileLoader;

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
pub(crate) const MOST: u64 = 32 << 20;

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
pub(crate) fn read_at_most(input: impl io::Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

/// Puts a new text in the place of a file's, whole or not at all: a full disk costs nobody their program. The file
/// keeps its mode, and a link to it leads to the new one.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let old = path.metadata()?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return std::fs::write(path, text);
    };
    let beside = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let fresh = std::fs::File::options().write(true).create_new(true).open(&beside);
    let Ok(mut fresh) = fresh else {
        // The folder takes no new file, and the file itself may still be written.
        return std::fs::write(path, text);
    };
    // What has other names, another owner or no content of its own can only be written where it is.
    let alone = old.is_file() && old.nlink() == 1 && fresh.metadata().is_ok_and(|new| new.uid() == old.uid());
    let written = if alone {
        let written = fresh.write_all(text).and_then(|()| fresh.set_permissions(old.permissions()));
        written.and_then(|()| fresh.sync_all()).and_then(|()| std::fs::rename(&beside, &path))
    } else {
        std::fs::write(&path, text)
    };
    if !alone || written.is_err() {
        // It may have taken its place already.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// The file that a path on the command line means: itself, or a folder's `main.agent`.
pub(crate) fn program_file(path: &Path) -> Result<PathBuf, String> {
    if path.is_dir() {
        let main = path.join("main.agent");
        return if main.is_file() {
            Ok(main)
        } else {
            Err(format!("the folder {} has no main.agent; name a file in it", path.display()))
        };
    }
    if !path.exists() {
        let mend = match path.to_str().and_then(command_like) {
            Some(command) => format!("; did you mean the command `{command}`?"),
            None => String::new(),
        };
        return Err(format!("there is no file {}{mend}", path.display()));
    }
    Ok(path.to_path_buf())
}

/// The module path of a file, as the compiler shows it.
pub(crate) fn module_path(path: &Path) -> ModulePath {
    ModulePath::file(path.to_string_lossy())
}

/// Every `.agent` file below the paths, in order; a path that names a file is taken as it is. Hidden folders,
/// `target` and `node_modules` are left out.
pub(crate) fn agent_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &mut found).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        } else if path.exists() {
            found.push(path.clone());
        } else {
            return Err(format!("there is no file {}", path.display()));
        }
    }
    found.dedup();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // A link that leads back up would never end.
        if path.is_dir() && !path.is_symlink() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                collect(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "agent") {
            found.push(strip_here(path));
        }
    }
    Ok(())
}

/// `./a.agent` is shown as `a.agent`.
fn strip_here(path: PathBuf) -> PathBuf {
    path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path)
}
