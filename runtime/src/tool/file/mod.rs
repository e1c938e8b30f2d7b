//! `fs.read`, `fs.list`, `fs.search`, `fs.write`, `fs.patch`: files inside what `allow` grants. Paths are judged by
//! `permission/path.rs` and opened by `beneath.rs`; every change takes place wholly or not at all.

mod beneath;
mod patch;
mod search;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agentrun_lang::ir::Builtin;
use agentrun_lang::value::{Labeled, Value};
use futures_util::future::BoxFuture;
use tokio::time::timeout;

use super::bind::Binding;
use super::permission::{Access, PathRules, Place};
use super::reply::{Body, Shape};
use super::{Attempt, Invocation, Tool};
use crate::error::{Commit, Failure, FailureKind};

/// The most that is read of a file whose text is given as it is; a model's context holds little more.
const TEXT_CAP: u64 = 256 << 10;
/// The most that is read of a file that is parsed, searched or patched.
const FILE_CAP: u64 = 8 << 20;

/// One of the `fs.` tools.
#[derive(Debug)]
pub(super) struct FileTool {
    work: Arc<Work>,
}

#[derive(Debug)]
struct Work {
    builtin: Builtin,
    binding: Binding,
    rules: PathRules,
    shape: Shape,
}

/// Set when the caller has gone: a search stops then.
#[derive(Clone, Debug, Default)]
struct Stop(Arc<AtomicBool>);

impl FileTool {
    pub(super) fn new(builtin: Builtin, binding: Binding, rules: PathRules, shape: Shape) -> Self {
        Self { work: Arc::new(Work { builtin, binding, rules, shape }) }
    }
}

impl Tool for FileTool {
    fn call<'a>(&'a self, invocation: Invocation<'a>) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let work = Arc::clone(&self.work);
            let args = invocation.args.to_vec();
            let stop = Stop::default();
            let _gone = stop.clone().on_drop();
            let done = tokio::task::spawn_blocking(move || work.perform(&args, &stop));
            let failed = |kind, message| Err(Failure::new(kind, message).committed(Commit::Unknown));
            Attempt::plain(match timeout(invocation.timeout, done).await {
                Ok(Ok(result)) => result,
                Ok(Err(error)) => {
                    failed(FailureKind::Failed, format!("the file operation broke off: {error}"))
                }
                Err(_) => failed(FailureKind::Timeout, "the file operation took too long".to_owned()),
            })
        })
    }
}

impl Work {
    fn perform(&self, args: &[Labeled], stop: &Stop) -> Result<Value, Failure> {
        let body = match self.builtin {
            Builtin::FsRead => self.read(args),
            Builtin::FsList => self.list(args),
            Builtin::FsSearch => self.search(args, stop),
            Builtin::FsWrite => self.write(args),
            Builtin::FsPatch => self.patch(args),
            Builtin::HttpGet | Builtin::Shell => {
                Err(Failure::new(FailureKind::Failed, "it is no file tool; please report this"))
            }
        }?;
        let changed = matches!(self.builtin, Builtin::FsWrite | Builtin::FsPatch);
        self.shape.fit(body).map_err(
            |failure| {
                if changed { failure.committed(Commit::Done) } else { failure }
            },
        )
    }

    fn read(&self, args: &[Labeled]) -> Result<Body, Failure> {
        let place = self.rules.resolve(self.binding.text(args, "path")?, Access::Read)?;
        let from = self.binding.count(args, "from")?;
        let lines = self.binding.count(args, "lines")?;
        let whole = from.is_none() && lines.is_none();
        let cap = if whole && self.shape.wants_text() { TEXT_CAP } else { FILE_CAP };
        let content = beneath::read(&place.path, cap).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => too_large(&place, cap),
            _ => failed("read", &place, &error),
        })?;
        if self.shape.wants_bytes() {
            return Ok(Body::Bytes { bytes: content, mime: mime(&place.path).map(str::to_owned) });
        }
        let text = String::from_utf8(content).map_err(|_| {
            invalid(format!("`{}` is no UTF-8 text; a tool of type `bytes` can read it", place.shown))
        })?;
        if whole {
            return Ok(Body::Text(text));
        }
        let skip = from.unwrap_or(1).saturating_sub(1);
        let take = lines.unwrap_or(usize::MAX);
        Ok(Body::Text(text.split_inclusive('\n').skip(skip).take(take).collect()))
    }

    fn list(&self, args: &[Labeled]) -> Result<Body, Failure> {
        let place = self.rules.resolve_folder(self.binding.text_or(args, "path", ".")?)?;
        let entries = beneath::list(&place.path).map_err(|error| failed("list", &place, &error))?;
        let mut names: Vec<String> = entries
            .into_iter()
            .filter(|entry| self.rules.grants(&place.path.join(&entry.name)))
            .map(|entry| {
                let name = entry.name.to_string_lossy();
                if entry.is_folder { format!("{name}/") } else { name.into_owned() }
            })
            .collect();
        names.sort();
        Ok(Body::Lines(names))
    }

    fn search(&self, args: &[Labeled], stop: &Stop) -> Result<Body, Failure> {
        let pattern = self.binding.text(args, "pattern")?;
        let pattern = regex::RegexBuilder::new(pattern)
            .size_limit(1 << 20)
            .build()
            .map_err(|error| invalid(format!("the pattern cannot be read: {error}")))?;
        let place = self.rules.resolve_folder(self.binding.text_or(args, "path", ".")?)?;
        search::search(&self.rules, &place, &pattern, &|| stop.0.load(Ordering::Relaxed))
    }

    fn write(&self, args: &[Labeled]) -> Result<Body, Failure> {
        let place = self.rules.resolve(self.binding.text(args, "path")?, Access::Write)?;
        let bytes = self.binding.bytes(args, "text")?;
        let staged = beneath::stage(&place.path, &bytes).map_err(|error| failed("write", &place, &error))?;
        staged.settle().map_err(|error| failed("write", &place, &error))?;
        Ok(Body::Done(format!("wrote {} bytes to {}", bytes.len(), place.shown)))
    }

    fn patch(&self, args: &[Labeled]) -> Result<Body, Failure> {
        let asked = self.binding.text(args, "path")?;
        let patches = patch::parse(self.binding.text(args, "patch")?)
            .map_err(|why| invalid(format!("the patch cannot be read: {why}")))?;
        let folder = self.rules.resolve_folder(asked).ok().filter(|place| place.path.is_dir());
        let mut changes = Vec::new();
        for patch in &patches {
            let place = match &folder {
                Some(folder) => self.rules.resolve(&within(folder, patch)?, Access::Write)?,
                None if patches.len() > 1 => {
                    return Err(invalid(format!(
                        "the patch changes {} files; give the folder that holds them as `path`",
                        patches.len()
                    )));
                }
                None => self.named(asked, patch)?,
            };
            if changes.iter().any(|change: &Change| change.place == place) {
                return Err(invalid(format!("the patch names `{}` twice", place.shown)));
            }
            changes.push(Change::of(patch, place)?);
        }
        let report: Vec<String> = changes.iter().map(|change| change.report.clone()).collect();
        settle(changes)?;
        Ok(Body::Done(report.join("\n")))
    }

    /// The file `asked`, where the patch does not say that it is of another one.
    fn named(&self, asked: &str, patch: &patch::FilePatch) -> Result<Place, Failure> {
        let place = self.rules.resolve(asked, Access::Write)?;
        let named = patch.new.as_ref().or(patch.old.as_ref());
        let same =
            named.is_none_or(|name| place.path.ends_with(name) || Path::new(name).ends_with(&place.shown));
        if !same {
            let name = named.map_or("", String::as_str);
            return Err(invalid(format!("the patch is of `{name}`, but `path` is `{}`", place.shown)));
        }
        Ok(place)
    }
}

/// What becomes of one file.
struct Change {
    place: Place,
    before: Option<Vec<u8>>,
    after: Option<String>,
    report: String,
}

impl Change {
    fn of(patch: &patch::FilePatch, place: Place) -> Result<Self, Failure> {
        let before = match beneath::read(&place.path, FILE_CAP) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(too_large(&place, FILE_CAP));
            }
            Err(error) => return Err(failed("patch", &place, &error)),
        };
        match &before {
            Some(_) if patch.creates => {
                return Err(invalid(format!("the patch makes `{}`, which exists already", place.shown)));
            }
            None if !patch.creates && !patch.only_adds() => {
                return Err(invalid(format!("`{}` does not exist", place.shown)));
            }
            _ => {}
        }
        let text = String::from_utf8(before.clone().unwrap_or_default())
            .map_err(|_| invalid(format!("`{}` is no UTF-8 text", place.shown)))?;
        let after = patch::apply(patch, &text).map_err(|why| invalid(format!("`{}`: {why}", place.shown)))?;
        if patch.deletes && !after.is_empty() {
            return Err(invalid(format!("the patch deletes `{}` but leaves lines of it", place.shown)));
        }
        let (added, dropped) = patch.size();
        let verb = if patch.deletes {
            "deleted"
        } else if before.is_none() {
            "made"
        } else {
            "patched"
        };
        let report = format!("{verb} {} (+{added} -{dropped})", place.shown);
        Ok(Self { place, before, after: Some(after).filter(|_| !patch.deletes), report })
    }

    fn undo(&self) -> io::Result<()> {
        match &self.before {
            Some(bytes) => beneath::stage(&self.place.path, bytes)?.settle(),
            None => beneath::delete(&self.place.path),
        }
    }
}

/// Puts every change in its place. Where one cannot be, those before it are undone.
fn settle(changes: Vec<Change>) -> Result<(), Failure> {
    let mut staged = Vec::with_capacity(changes.len());
    for change in changes {
        let new = match &change.after {
            Some(text) => Some(
                beneath::stage(&change.place.path, text.as_bytes())
                    .map_err(|error| failed("write", &change.place, &error))?,
            ),
            None => None,
        };
        staged.push((change, new));
    }
    let mut done: Vec<Change> = Vec::new();
    for (change, new) in staged {
        let outcome = match new {
            Some(new) => new.settle(),
            None => beneath::delete(&change.place.path),
        };
        if let Err(error) = outcome {
            let failure = failed("write", &change.place, &error);
            let undone = done.iter().all(|change| change.undo().is_ok());
            return Err(if undone { failure } else { failure.committed(Commit::Unknown) });
        }
        done.push(change);
    }
    Ok(())
}

/// The file that a part of a patch is of, by a name in its head.
fn within(folder: &Place, patch: &patch::FilePatch) -> Result<String, Failure> {
    let name = patch.new.as_ref().or(patch.old.as_ref()).ok_or_else(|| {
        invalid(format!(
            "`{}` is a folder, and the patch does not say which file it is of (`--- a/NAME`, `+++ b/NAME`)",
            folder.shown
        ))
    })?;
    folder
        .path
        .join(name)
        .into_os_string()
        .into_string()
        .map_err(|_| invalid("the path is no UTF-8 text".to_owned()))
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

fn too_large(place: &Place, cap: u64) -> Failure {
    invalid(format!(
        "`{}` is larger than {} KiB; search it, or read a part of it with `from` and `lines`",
        place.shown,
        cap >> 10
    ))
}

fn failed(verb: &str, place: &Place, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FailureKind::Denied,
        io::ErrorKind::NotFound
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidFilename => FailureKind::Invalid,
        _ => FailureKind::Failed,
    };
    Failure::new(kind, format!("cannot {verb} `{}`: {error}", place.shown))
}

fn mime(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "gif" => Some("image/gif"),
        "webp" => Some("image/webp"),
        "pdf" => Some("application/pdf"),
        _ => None,
    }
}

impl Stop {
    fn on_drop(self) -> StopOnDrop {
        StopOnDrop(self)
    }
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
