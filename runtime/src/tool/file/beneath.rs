//! Opens, lists and replaces files by paths that hold no links, one folder at a time and never following a link:
//! what was granted is what is opened, whatever happens to the tree meanwhile. It does not judge paths.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, fchmod, fstat, mkdirat, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: OsString,
    pub(super) is_folder: bool,
}

/// A new content that lies beside its file, not yet in its place. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Staged {
    folder: OwnedFd,
    name: OsString,
    temporary: OsString,
    settled: bool,
}

/// Reads a regular file of at most `cap` bytes; `FileTooLarge` beyond.
pub(super) fn read(path: &Path, cap: u64) -> io::Result<Vec<u8>> {
    let (folder, name) = parent(path, false)?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&folder, &name, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(io::ErrorKind::IsADirectory.into()),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
    }
    let mut bytes = Vec::new();
    File::from(file).take(cap.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// The entries of a folder, in no order.
pub(super) fn list(path: &Path) -> io::Result<Vec<Entry>> {
    let folder = open_folder(path, false)?;
    let readable = openat(&folder, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut entries = Vec::new();
    for entry in Dir::new(readable)? {
        let entry = entry?;
        let name = OsString::from_vec(entry.file_name().to_bytes().to_vec());
        if name == "." || name == ".." {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => match statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            },
            known => known,
        };
        entries.push(Entry { name, is_folder: kind == FileType::Directory });
    }
    Ok(entries)
}

/// Writes `bytes` beside `path`, making its folders; [`Staged::settle`] puts them in its place.
pub(super) fn stage(path: &Path, bytes: &[u8]) -> io::Result<Staged> {
    let (folder, name) = parent(path, true)?;
    let mode = match statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Some(replaceable(stat.st_mode)?),
        Err(Errno::NOENT) => None,
        Err(error) => return Err(error.into()),
    };
    let mut temporary = OsString::from(".");
    temporary.push(short(&name));
    temporary.push(format!(".{:016x}.tmp", fastrand::u64(..)));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(&folder, &temporary, flags, Mode::from_raw_mode(0o666))?;
    let staged = Staged { folder, name, temporary, settled: false };
    if let Some(mode) = mode {
        fchmod(&file, mode)?;
    }
    let mut file = File::from(file);
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(staged)
}

/// Deletes a regular file.
pub(super) fn delete(path: &Path) -> io::Result<()> {
    let (folder, name) = parent(path, false)?;
    replaceable(statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode)?;
    Ok(unlinkat(&folder, &name, AtFlags::empty())?)
}

impl Staged {
    /// Takes the file's place, at once and wholly.
    pub(super) fn settle(mut self) -> io::Result<()> {
        renameat(&self.folder, &self.temporary, &self.folder, &self.name)?;
        self.settled = true;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.settled {
            // Nothing can be done about a file that does not go away, and the caller has an error already.
            let _ = unlinkat(&self.folder, &self.temporary, AtFlags::empty());
        }
    }
}

/// The mode that a replacement takes over; an error where the file is none, or read-only.
fn replaceable(raw: rustix::fs::RawMode) -> io::Result<Mode> {
    match FileType::from_raw_mode(raw) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(io::ErrorKind::IsADirectory.into()),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
    }
    let mode = Mode::from_raw_mode(raw & 0o777);
    if !mode.intersects(Mode::WUSR | Mode::WGRP | Mode::WOTH) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    Ok(mode)
}

/// As much of a name as leaves room for what makes it temporary.
fn short(name: &OsStr) -> OsString {
    OsString::from_vec(name.as_encoded_bytes().iter().copied().take(200).collect())
}

fn parent(path: &Path, make: bool) -> io::Result<(OwnedFd, OsString)> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    Ok((open_folder(folder, make)?, name.to_owned()))
}

/// Walks down from the root; with `make`, folders that are missing are made.
fn open_folder(path: &Path, make: bool) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    let how = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut here = openat(CWD, "/", how, Mode::empty())?;
    for part in path.components() {
        let name = match part {
            Component::Normal(name) => name,
            Component::RootDir => continue,
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path was not resolved")),
        };
        here = match openat(&here, name, how, Mode::empty()) {
            Err(Errno::NOENT) if make => {
                match mkdirat(&here, name, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                openat(&here, name, how, Mode::empty())?
            }
            other => other?,
        };
    }
    Ok(here)
}
