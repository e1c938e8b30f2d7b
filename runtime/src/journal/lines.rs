//! A record as a file of JSON lines, one entry each, flushed line by line so that a crash loses none that
//! was acknowledged to the driver.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Entry, EntryKind, FORMAT, Journal, JournalError};

/// Writes entries to a file.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    file: Mutex<File>,
}

impl Lines {
    /// Opens `path` for one run; an older record is replaced, any other file stays as it is.
    pub fn create(path: &Path) -> Result<Self, JournalError> {
        spare(path)?;
        Self::over(path, File::create(path))
    }

    /// Opens `path` for one more run behind those that stand there; a file that is no record stays as it is.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        spare(path)?;
        Self::over(path, File::options().create(true).append(true).open(path))
    }

    fn over(path: &Path, file: std::io::Result<File>) -> Result<Self, JournalError> {
        let path = path.to_path_buf();
        match file {
            Ok(file) => Ok(Self { path, file: Mutex::new(file) }),
            Err(source) => Err(JournalError::Io { path, source }),
        }
    }
}

impl Journal for Lines {
    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).map_err(|source| JournalError::Io { path: self.path.clone(), source })
    }
}

/// An error where `path` is a file with something else in it than a record, of whatever format: it was named by
/// mistake.
fn spare(path: &Path) -> Result<(), JournalError> {
    // One that is not there, or cannot be looked into, is for the opening to complain of.
    if !path.metadata().is_ok_and(|file| file.is_file() && file.len() > 0) {
        return Ok(());
    }
    let Ok(file) = File::open(path) else { return Ok(()) };
    let mut first = Vec::new();
    let read = BufReader::new(file).take(FIRST_LINE).read_until(b'\n', &mut first);
    match (read, serde_json::from_slice::<Head>(&first)) {
        (Ok(_), Ok(_)) | (Err(_), _) => Ok(()),
        (Ok(_), Err(_)) => Err(JournalError::Taken { path: path.to_path_buf() }),
    }
}

/// The first line of a record is short.
const FIRST_LINE: u64 = 64 << 10;

/// What the first line of a record of any format has.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "that they are there is all that counts")]
struct Head {
    run: String,
    seq: u64,
    entry: String,
}

/// Reads a record back. A last line cut short by a crash is left out: its entry was never acknowledged.
pub fn read(path: &Path) -> Result<Vec<Entry>, JournalError> {
    let io = |source| JournalError::Io { path: path.to_path_buf(), source };
    let mut reader = BufReader::new(File::open(path).map_err(io)?);
    let mut entries = Vec::new();
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        if reader.read_line(&mut text).map_err(io)? == 0 || !text.ends_with('\n') {
            break;
        }
        let entry: Entry = serde_json::from_str(&text).map_err(|error| JournalError::Malformed {
            path: path.to_path_buf(),
            line,
            reason: error.to_string(),
        })?;
        if let EntryKind::Started { format, .. } = entry.kind
            && format != FORMAT
        {
            return Err(JournalError::Format { path: path.to_path_buf(), found: format });
        }
        entries.push(entry);
    }
    Ok(entries)
}
