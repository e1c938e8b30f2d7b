//! Waits for files to change: whole folders are watched, because editors put a new file in the place of the old one, and
//! a burst of changes counts as one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// How long it must be quiet after a change: an editor saves in several steps.
const QUIET: Duration = Duration::from_millis(20);

/// Folders being watched.
pub struct Watch {
    _watcher: RecommendedWatcher,
    changes: Receiver<PathBuf>,
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {path}: {source}")]
pub struct WatchError {
    path: PathBuf,
    source: notify::Error,
}

impl Watch {
    /// Watches these folders and all below them; a file stands for the folder that holds it.
    pub fn over(paths: &[PathBuf]) -> Result<Self, WatchError> {
        let (sender, changes) = channel();
        let tell = move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            for path in event.paths {
                // Whoever waited is gone.
                let _ = sender.send(path);
            }
        };
        let error = |path: &Path, source| WatchError { path: path.to_path_buf(), source };
        let mut watcher =
            notify::recommended_watcher(tell).map_err(|source| error(Path::new("."), source))?;
        let folders: BTreeSet<PathBuf> = paths.iter().map(|path| folder_of(path)).collect();
        for folder in folders {
            watcher.watch(&folder, RecursiveMode::Recursive).map_err(|source| error(&folder, source))?;
        }
        Ok(Self { _watcher: watcher, changes })
    }

    /// Waits for a change of something that `counts`, and for the burst it belongs to; the paths that changed. `None`
    /// where nothing is watched any more.
    pub fn next(&self, counts: impl Fn(&Path) -> bool) -> Option<BTreeSet<PathBuf>> {
        let mut changed = BTreeSet::new();
        while changed.is_empty() {
            let path = self.changes.recv().ok()?;
            changed.extend(counts(&path).then_some(path));
        }
        loop {
            match self.changes.recv_timeout(QUIET) {
                Ok(path) => changed.extend(counts(&path).then_some(path)),
                Err(RecvTimeoutError::Timeout) => return Some(changed),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if path.is_dir() { path } else { path.parent().map(Path::to_path_buf).unwrap_or(path) }
}
