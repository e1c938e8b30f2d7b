//! Which files a tool may touch: `allow` globs over resolved paths. It opens nothing; `file/beneath.rs` opens what
//! is granted here without following a link, so that a link swapped in after the check leads nowhere.
//!
//! A path is taken from the work folder, links are followed to where they lead, and the result must match one of
//! the globs. Unwritten, `allow` is `./**`: everything in the work folder. `*` stays within one name, `**` crosses
//! folders, and neither matches a name that begins with a dot: write it, as in `./.github/**`. A relative glob
//! holds below the work folder as it really lies, so a link in it that leads out opens nothing.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use agentrun_lang::ast::Name;
use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Failure, FailureKind};

/// As many links as Linux follows before it says that they go in a circle.
const MAX_LINKS: u32 = 40;

/// What a tool wants to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look at it.
    Read,
    /// Change, make or delete it.
    Write,
}

/// The rules of one tool.
#[derive(Debug)]
pub struct PathRules {
    folder: PathBuf,
    patterns: Vec<Pattern>,
    protected: Vec<PathBuf>,
    written: Vec<Name>,
}

/// A path that the rules grant. Its folders hold no link; whether it exists is not said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it really is.
    pub path: PathBuf,
    /// As a model may read it: from the work folder, where it lies inside.
    pub shown: String,
}

impl PathRules {
    /// The rules of `allow` for a tool that works in `folder`, which must exist. Nothing among `protected` is ever
    /// written: the program's own files.
    pub fn new(folder: &Path, allow: Option<&[Name]>, protected: &[PathBuf]) -> Result<Self, String> {
        let folder = folder
            .canonicalize()
            .map_err(|error| format!("the work folder `{}` cannot be opened: {error}", folder.display()))?;
        let written = allow.map_or_else(|| vec![Name::from("./**")], <[Name]>::to_vec);
        let patterns = written.iter().map(|glob| Pattern::new(&folder, glob)).collect::<Result<_, _>>()?;
        let protected = protected
            .iter()
            .map(|path| folder.join(path))
            .map(|path| path.canonicalize().unwrap_or(path))
            .collect();
        Ok(Self { folder, patterns, protected, written })
    }

    /// The work folder as it really lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Follows `asked` to where it leads and says whether the tool may go there.
    pub fn resolve(&self, asked: &str, access: Access) -> Result<Place, Failure> {
        if asked.is_empty() {
            return Err(Failure::new(FailureKind::Invalid, "the path is empty"));
        }
        if asked.contains('\0') {
            return Err(Failure::new(FailureKind::Invalid, "the path holds a NUL character"));
        }
        // Such a name is made for whoever lists the folder on a terminal, or reads its names line by line.
        if access == Access::Write && asked.contains(char::is_control) {
            return Err(Failure::new(FailureKind::Invalid, "the path holds a control character"));
        }
        let path = follow(&self.folder, Path::new(asked)).map_err(|error| unresolved(asked, &error))?;
        self.grant(asked, path, access)
    }

    /// The same for a folder to look around in: one in the work folder need not be granted itself, since only what
    /// is granted shows in it.
    pub fn resolve_folder(&self, asked: &str) -> Result<Place, Failure> {
        match self.resolve(asked, Access::Read) {
            Err(failure) if failure.kind == FailureKind::Denied => {
                let path =
                    follow(&self.folder, Path::new(asked)).map_err(|error| unresolved(asked, &error))?;
                let open = path.starts_with(&self.folder) && (!self.hidden(&path) || self.names_hidden());
                if open { Ok(Place { shown: self.show(&path), path }) } else { Err(failure) }
            }
            other => other,
        }
    }

    /// True where a glob names something hidden.
    pub fn names_hidden(&self) -> bool {
        self.written
            .iter()
            .any(|glob| glob.split('/').any(|part| part.starts_with('.') && part != "." && part != ".."))
    }

    /// Says whether the tool may touch a path that holds no links, such as one found by walking a granted folder.
    pub fn grants(&self, path: &Path) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(path))
    }

    /// `path` as a model may read it.
    pub fn show(&self, path: &Path) -> String {
        let shown = path.strip_prefix(&self.folder).unwrap_or(path);
        let shown = if shown.as_os_str().is_empty() { Path::new(".") } else { shown };
        shown.display().to_string()
    }

    fn grant(&self, asked: &str, path: PathBuf, access: Access) -> Result<Place, Failure> {
        if !self.grants(&path) {
            let allowed = self.written.iter().map(|glob| format!("`{glob}`")).collect::<Vec<_>>().join(", ");
            let leads = if path == self.folder.join(asked) {
                String::new()
            } else {
                format!(", which is `{}`,", path.display())
            };
            let hint = if self.hidden(&path) {
                "; a name that begins with a dot must be written in `allow`"
            } else {
                ""
            };
            let message = format!("`{asked}`{leads} is outside of what the tool may touch: {allowed}{hint}");
            return Err(Failure::new(FailureKind::Denied, message));
        }
        if access == Access::Write && self.protects(&path) {
            let message = format!("`{asked}` belongs to the running program, which no tool may change");
            return Err(Failure::new(FailureKind::Denied, message));
        }
        let shown = self.show(&path);
        Ok(Place { path, shown })
    }

    fn hidden(&self, path: &Path) -> bool {
        path.strip_prefix(&self.folder)
            .is_ok_and(|inside| inside.components().any(|part| dotted(part.as_os_str())))
    }

    /// By path, and by identity where names that differ are one file (letter case, hard links).
    fn protects(&self, path: &Path) -> bool {
        let id = |metadata: Metadata| (metadata.dev(), metadata.ino());
        let own = path.symlink_metadata().ok().map(id);
        self.protected.iter().any(|protected| {
            path == protected || (own.is_some() && protected.symlink_metadata().ok().map(id) == own)
        })
    }
}

fn unresolved(asked: &str, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => FailureKind::Denied,
        _ => FailureKind::Invalid,
    };
    let shown: String = asked.chars().take(200).collect();
    Failure::new(kind, format!("`{shown}` cannot be followed: {error}"))
}

/// Where `asked` leads from `base`, every link followed; names that do not exist may end it, but no `..` after one.
fn follow(base: &Path, asked: &Path) -> io::Result<PathBuf> {
    let mut here = base.to_path_buf();
    let mut todo: VecDeque<PathBuf> =
        asked.components().map(|part| PathBuf::from(part.as_os_str())).collect();
    let mut links = 0;
    let mut missing = false;
    while let Some(part) = todo.pop_front() {
        match part.components().next() {
            Some(Component::RootDir | Component::Prefix(_)) => here = PathBuf::from("/"),
            Some(Component::ParentDir) if missing => {
                return Err(io::Error::new(io::ErrorKind::NotFound, "`..` after a name that does not exist"));
            }
            Some(Component::ParentDir) if !here.is_dir() => return Err(io::ErrorKind::NotADirectory.into()),
            Some(Component::ParentDir) => {
                here.pop();
            }
            Some(Component::Normal(name)) => {
                here.push(name);
                if missing {
                    continue;
                }
                match here.symlink_metadata() {
                    Ok(metadata) if metadata.is_symlink() => {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(io::Error::other("its links go in a circle"));
                        }
                        let target = here.read_link()?;
                        here.pop();
                        for part in target.components().rev() {
                            todo.push_front(PathBuf::from(part.as_os_str()));
                        }
                    }
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => missing = true,
                    Err(error) => return Err(error),
                }
            }
            Some(Component::CurDir) | None => {}
        }
    }
    Ok(here)
}

fn dotted(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// One glob, cut into names.
#[derive(Debug)]
struct Pattern {
    parts: Vec<PatternPart>,
}

#[derive(Debug)]
enum PatternPart {
    /// `**`.
    AnyDepth,
    /// A name without wildcards.
    Literal(String),
    /// A name with wildcards; whether it begins with a dot.
    Glob(GlobMatcher, bool),
}

impl Pattern {
    fn new(folder: &Path, written: &str) -> Result<Self, String> {
        let absolute = written.starts_with('/');
        let climbs = written.split('/').any(|part| part == "..");
        let mut literal = if absolute { PathBuf::from("/") } else { folder.to_path_buf() };
        let mut rest = Vec::new();
        for part in written.split('/').filter(|part| !part.is_empty() && *part != ".") {
            match part {
                ".." if !rest.is_empty() => {
                    return Err(format!("`allow` glob `{written}` has `..` after a wildcard"));
                }
                ".." => {
                    literal.pop();
                }
                _ if rest.is_empty() && !has_wildcard(part) => literal.push(part),
                _ => rest.push(PatternPart::new(written, part)?),
            }
        }
        if written.ends_with('/') || written == "." {
            rest.push(PatternPart::AnyDepth);
        }
        if absolute || climbs {
            literal = follow(Path::new("/"), &literal).unwrap_or(literal);
        }
        let mut parts: Vec<_> = names(&literal).map(|name| PatternPart::Literal(name.into_owned())).collect();
        parts.extend(rest);
        Ok(Self { parts })
    }

    fn matches(&self, path: &Path) -> bool {
        let names: Vec<_> = names(path).collect();
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        matches(&self.parts, &names)
    }
}

impl PatternPart {
    fn new(written: &str, part: &str) -> Result<Self, String> {
        if part == "**" {
            return Ok(Self::AnyDepth);
        }
        if !has_wildcard(part) {
            return Ok(Self::Literal(part.to_owned()));
        }
        let glob = GlobBuilder::new(part)
            .literal_separator(true)
            .build()
            .map_err(|error| format!("`allow` glob `{written}` cannot be read: {}", error.kind()))?;
        Ok(Self::Glob(glob.compile_matcher(), part.starts_with('.')))
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::AnyDepth => !name.starts_with('.'),
            Self::Literal(literal) => literal == name,
            Self::Glob(glob, dot) => (*dot || !name.starts_with('.')) && glob.is_match(name),
        }
    }
}

fn matches(parts: &[PatternPart], names: &[&str]) -> bool {
    let Some((part, rest)) = parts.split_first() else { return names.is_empty() };
    let first = names.split_first();
    if matches!(part, PatternPart::AnyDepth) {
        let deeper = |(name, more): (&&str, &[&str])| part.matches(name) && matches(parts, more);
        return matches(rest, names) || first.is_some_and(deeper);
    }
    first.is_some_and(|(name, more)| part.matches(name) && matches(rest, more))
}

fn has_wildcard(part: &str) -> bool {
    part.contains(['*', '?', '[', '{', '\\'])
}

fn names(path: &Path) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    })
}
