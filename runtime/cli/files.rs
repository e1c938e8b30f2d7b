//! The way from a path on the command line to the modules it means, and files put in the place of others.

use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use agentrun_lang::loader::ModulePath;

use crate::params::command_like;

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
