//! The only door to files: a [`Loader`] gives texts, [`load`] walks the imports from the entry. Every module is
//! parsed once; what is missing, circular or not UTF-8 is a finding at the import that asked for it.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use thiserror::Error;

use crate::ast::{Module, Name};
use crate::source::SourceMap;

/// Where a module's text comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModulePath {
    /// A file, with forward slashes; relative to whatever the loader takes as its root.
    File(Name),
    /// A module of the standard library, without its `std/` and without an ending: `guards`.
    Std(Name),
}

impl ModulePath {
    /// A file's path.
    pub fn file(path: impl AsRef<str>) -> Self {
        Self::File(normal(path.as_ref()).into())
    }

    /// The module that `written` means in an import of this one.
    #[must_use]
    pub fn import(&self, written: &str) -> Self {
        if let Some(name) = written.strip_prefix("std/") {
            return Self::Std(normal(name).into());
        }
        let (Self::File(own) | Self::Std(own)) = self;
        let folder = own.rfind('/').map_or("", |slash| own.get(..=slash).unwrap_or(""));
        let joined = if is_absolute(written) { written.to_owned() } else { format!("{folder}{written}") };
        match self {
            Self::File(_) => Self::File(normal(&joined).into()),
            Self::Std(_) => Self::Std(normal(&joined).into()),
        }
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Std(name) => write!(f, "std/{name}"),
        }
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.get(1..2) == Some(":")
}

/// The path without `.` and without `..` where something stands before it.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for (index, part) in path.split(['/', '\\']).enumerate() {
        match part {
            "" if index > 0 => {}
            "." => {}
            ".." if parts.last().is_some_and(|last| !last.is_empty() && *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Why a text could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    /// Nothing is there.
    #[error("there is no such file")]
    Missing,
    /// Something is there, and it cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// Gives the bytes of modules. The command line reads files and the standard library, tests a map.
pub trait Loader {
    /// The bytes behind a path.
    fn load(&self, path: &ModulePath) -> Result<Arc<[u8]>, LoadError>;
}

/// A loader for tests and editors: a map of paths to texts.
#[derive(Clone, Debug, Default)]
pub struct MemoryLoader {
    texts: IndexMap<ModulePath, Arc<[u8]>>,
}

impl MemoryLoader {
    /// Adds or replaces a text.
    #[must_use]
    pub fn with(mut self, path: ModulePath, text: impl AsRef<[u8]>) -> Self {
        self.texts.insert(path, text.as_ref().into());
        self
    }
}

impl Loader for MemoryLoader {
    fn load(&self, path: &ModulePath) -> Result<Arc<[u8]>, LoadError> {
        self.texts.get(path).cloned().ok_or(LoadError::Missing)
    }
}

/// Index into [`Modules::list`]; the entry is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

impl ModuleId {
    /// The index into the list.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every module of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    /// The entry first, then what it imports, depth first.
    pub list: Vec<LoadedModule>,
    /// Their texts.
    pub sources: SourceMap,
}

/// One module.
#[derive(Clone, Debug)]
pub struct LoadedModule {
    /// Where it came from.
    pub path: ModulePath,
    /// Its tree.
    pub ast: Module,
    /// What each of its imports means; `None` where that could not be loaded, which was reported.
    pub imports: Vec<Option<ModuleId>>,
}
