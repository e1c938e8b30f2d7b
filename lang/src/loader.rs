//! The only door to files: a [`Loader`] gives texts, [`load`] walks the imports from the entry. Every module is
//! parsed once; what is missing, circular or not UTF-8 is a finding at the import that asked for it.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use thiserror::Error;

use crate::ast::{Module, Name};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::SourceMap;
use crate::span::{SourceId, Span, Spanned};
use crate::syntax::{decode, parse};

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

/// Loads the entry and everything that it imports, each module once, the entry first.
pub fn load(entry: &ModulePath, loader: &dyn Loader, diagnostics: &mut Diagnostics) -> Modules {
    let (modules, known, way) = (Modules::default(), IndexMap::new(), Vec::new());
    let mut walk = Walk { loader, modules, known, way, out: diagnostics };
    if let Err(Some(error)) = walk.module(entry) {
        let source = walk.modules.sources.add(entry.to_string(), "");
        let message = format!("`{entry}` cannot be read: {error}");
        walk.out.push(Diagnostic::new(Code("E0201"), Span::new(source.id, 0, 0), message));
    }
    walk.modules
}

struct Walk<'l> {
    loader: &'l dyn Loader,
    modules: Modules,
    known: IndexMap<ModulePath, Progress>,
    /// The modules that are open, each with the import that is being followed.
    way: Vec<(ModulePath, Span)>,
    out: &'l mut Diagnostics,
}

/// How far a module is.
#[derive(Clone, Copy)]
enum Progress {
    /// Its imports are being loaded: who imports it now closes a circle.
    Open,
    Done(ModuleId),
    /// Nothing could be read; what went wrong.
    Failed,
}

impl Walk<'_> {
    /// Loads a module and all it imports. `Err(None)`: its bytes are no text, which was reported.
    fn module(&mut self, path: &ModulePath) -> Result<ModuleId, Option<LoadError>> {
        let bytes = match self.loader.load(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.known.insert(path.clone(), Progress::Failed);
                return Err(Some(error));
            }
        };
        let id = ModuleId(u32::try_from(self.modules.list.len()).unwrap_or(u32::MAX));
        let next = SourceId(u32::try_from(self.modules.sources.iter().count()).unwrap_or(u32::MAX));
        let (text, fault) = decode(next, bytes.to_vec());
        let source = self.modules.sources.add(path.to_string(), text);
        if fault.is_some() {
            self.out.extend(fault);
            self.known.insert(path.clone(), Progress::Failed);
            return Err(None);
        }
        let (ast, found) = parse(&source);
        self.out.extend(found.iter().cloned());
        self.known.insert(path.clone(), Progress::Open);
        let wanted: Vec<_> = ast.imports.iter().map(|import| import.path.clone()).collect();
        self.modules.list.push(LoadedModule { path: path.clone(), ast, imports: Vec::new() });
        let imports = wanted.iter().map(|written| self.import(path, written)).collect();
        if let Some(module) = self.modules.list.get_mut(id.index()) {
            module.imports = imports;
        }
        self.known.insert(path.clone(), Progress::Done(id));
        Ok(id)
    }

    fn import(&mut self, from: &ModulePath, written: &Spanned<Name>) -> Option<ModuleId> {
        let path = from.import(&written.node);
        match self.known.get(&path) {
            Some(Progress::Done(id)) => return Some(*id),
            Some(Progress::Failed) => return None,
            Some(Progress::Open) => {
                self.out.push(self.circle(from, &path, written.span));
                return None;
            }
            None => {}
        }
        // Nothing else is opened: what is quoted in a finding is a program's text, never another file's.
        if matches!(&path, ModulePath::File(file) if !file.ends_with(".agent")) {
            let message = format!("an import names a file that ends in `.agent`, found `{}`", written.node);
            let finding = Diagnostic::new(Code("E0201"), written.span, message);
            self.out.push(self.mend(finding, from, &written.node));
            self.known.insert(path, Progress::Failed);
            return None;
        }
        self.way.push((from.clone(), written.span));
        let loaded = self.module(&path);
        self.way.pop();
        match loaded {
            Ok(id) => Some(id),
            Err(None) => None,
            Err(Some(error)) => {
                let message = format!("`{path}` cannot be read: {error}");
                self.out.push(self.mend(
                    Diagnostic::new(Code("E0201"), written.span, message),
                    from,
                    &written.node,
                ));
                None
            }
        }
    }

    /// The imports from the one that is imported again back to it; said at the first of them.
    fn circle(&self, from: &ModulePath, again: &ModulePath, span: Span) -> Diagnostic {
        let open = self.way.iter().skip_while(|(path, _)| path != again);
        let circle: Vec<(&ModulePath, Span)> =
            open.map(|(path, span)| (path, *span)).chain([(from, span)]).collect();
        let names: Vec<String> =
            circle.iter().map(|(path, _)| *path).chain([again]).map(|path| format!("`{path}`")).collect();
        let message = match names.as_slice() {
            [_, _] => format!("`{again}` imports itself"),
            _ => format!("these files import each other in a circle: {}", names.join(" -> ")),
        };
        let at = circle.first().map_or(span, |(_, span)| *span);
        let finding = Diagnostic::new(Code("E0202"), at, message);
        let rest = circle.iter().skip(1).map(|(_, span)| *span);
        let finding = rest.fold(finding, |finding, span| finding.also(span, "and here"));
        finding.hint("move what both need into a third file, and import that")
    }

    /// What was probably meant.
    fn mend(&self, finding: Diagnostic, from: &ModulePath, written: &str) -> Diagnostic {
        let with_ending = format!("{written}.agent");
        if self.loader.load(&from.import(&with_ending)).is_ok() {
            return finding.write(format!("\"{with_ending}\""));
        }
        match from.import(written) {
            ModulePath::Std(_) => {
                finding.hint("a path that begins with `std/` is looked up in the standard library")
            }
            ModulePath::File(_) => finding.hint("a path is relative to the importing file"),
        }
    }
}
