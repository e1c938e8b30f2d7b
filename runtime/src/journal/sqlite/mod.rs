//! Records in one SQLite file: each entry a row, in a transaction of its own, so that a kill at any instant loses
//! nothing that was acknowledged. What must outlast a power cut is flushed on top of that. Runs lie side by side,
//! each with the sources it was compiled from.

mod content;
mod lookup;
mod manage;
mod schema;

pub use lookup::{RunLine, RunState};
pub use manage::Forgotten;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use self::content::{each_text, lift};
use self::schema::SCHEMA;
use super::{Entry, EntryKind, Journal, JournalError, Outlasts};
use crate::machine::{EventKind, Spent};
use crate::sqlite;

/// A file of records.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// What a run's record begins with, beside what its entries say.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The run's id.
    pub run: String,
    /// The program's file, as a person knows it.
    pub file: String,
    /// How it was started, for whoever takes it up again; the journal only keeps it.
    pub setup: Json,
    /// `caller.user`: whose data goes in.
    pub user: Option<String>,
    /// The program's texts by name, the entry first.
    pub sources: Vec<(String, String)>,
    /// Whether texts are kept; else only their hashes are.
    pub texts: bool,
    /// The run that this one forked from.
    pub parent: Option<String>,
}

/// The record of one run, which nobody else writes meanwhile.
#[derive(Debug)]
pub struct Recording {
    store: Arc<Sqlite>,
    about: About,
    lock: Lock,
    /// Whether anything stands in it.
    written: AtomicBool,
}

/// Holds a run against other processes; the system lets it go when this one ends, however it ends.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Sqlite {
    /// Opens the journal at `path`, and makes it where it is not there.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        Ok(Self::over(path, sqlite::open(path, &SCHEMA)?))
    }

    /// Opens the journal at `path`, which must be there.
    pub fn existing(path: &Path) -> Result<Self, JournalError> {
        Ok(Self::over(path, sqlite::open_existing(path, &SCHEMA)?))
    }

    fn over(path: &Path, connection: Connection) -> Self {
        // A process may go to another folder meanwhile.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Self { path, connection: Mutex::new(connection) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The record of a new run.
    pub fn record(self: &Arc<Self>, about: About) -> Result<Recording, JournalError> {
        let lock = self.lock(&about.run)?;
        Ok(Recording { store: self.clone(), about, lock, written: AtomicBool::new(false) })
    }

    /// The record of a run that is there, to be written on; an error where another process still does.
    pub fn take_up(self: &Arc<Self>, run: &RunLine) -> Result<Recording, JournalError> {
        let about = About {
            run: run.id.clone(),
            file: run.file.clone(),
            setup: run.setup.clone(),
            user: run.user.clone(),
            texts: run.texts,
            parent: run.parent.clone(),
            sources: Vec::new(),
        };
        self.record(about)
    }

    fn lock(&self, run: &str) -> Result<Lock, JournalError> {
        let path = self.lock_path(run);
        let io = |source| JournalError::Io { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let file = File::options().create(true).append(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { path, _file: file }),
            Err(TryLockError::WouldBlock) => Err(JournalError::Busy { run: run.to_string() }),
            Err(TryLockError::Error(source)) => Err(JournalError::Io { path, source }),
        }
    }

    /// Beside the file, in a folder of its own.
    fn lock_path(&self, run: &str) -> PathBuf {
        let mut folder = self.path.clone().into_os_string();
        folder.push("-runs");
        PathBuf::from(folder).join(format!("{run}.lock"))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, source: rusqlite::Error) -> JournalError {
        JournalError::Database(sqlite::wrong(&self.path, source))
    }
}

impl Journal for Recording {
    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.append_all(std::slice::from_ref(entry), Outlasts::Kill)
    }

    fn append_all(&self, entries: &[Entry], outlasts: Outlasts) -> Result<(), JournalError> {
        let bodies =
            entries.iter().map(|entry| serde_json::to_value(&entry.kind)).collect::<Result<_, _>>()?;
        let mut connection = self.store.connection();
        let wrong = |source| self.store.wrong(source);
        // Flushing this commit flushes the ones before it too.
        if outlasts == Outlasts::PowerCut {
            connection.pragma_update(None, "synchronous", "FULL").map_err(wrong)?;
        }
        let written = self.transact(&mut connection, entries, bodies, true);
        if outlasts == Outlasts::PowerCut {
            connection.pragma_update(None, "synchronous", "NORMAL").map_err(wrong)?;
        }
        written.map_err(wrong)?;
        drop(connection);
        self.written.store(true, Ordering::Relaxed);
        // What waits is taken up again: its lock must stay the one that everybody knows.
        let over = |entry: &Entry| matches!(&entry.kind, EntryKind::Finished { end } if !end.waits());
        if entries.iter().any(over) {
            let _ = std::fs::remove_file(&self.lock.path);
        }
        Ok(())
    }
}

impl Recording {
    /// Begins with entries of another run, whose cost is that run's.
    pub fn begin_with(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let bodies =
            entries.iter().map(|entry| serde_json::to_value(&entry.kind)).collect::<Result<_, _>>()?;
        let mut connection = self.store.connection();
        self.transact(&mut connection, entries, bodies, false).map_err(|source| self.store.wrong(source))?;
        self.written.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn transact(
        &self,
        connection: &mut Connection,
        entries: &[Entry],
        bodies: Vec<Json>,
        counts: bool,
    ) -> Result<(), rusqlite::Error> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (tags, salt) = tags(&transaction, self.about.user.as_deref())?;
        for (entry, mut body) in entries.iter().zip(bodies) {
            if let EntryKind::Started { program, agent, .. } = &entry.kind {
                self.begin(&transaction, entry, program, agent)?;
            }
            each_text(&mut body, &mut |text| {
                let lifted = lift(text.take(), &salt);
                if self.about.texts {
                    keep(&transaction, &entry.run, tags, &lifted)?;
                }
                *text = lifted.reference;
                Ok::<_, rusqlite::Error>(())
            })?;
            transaction
                .prepare_cached("INSERT INTO entry (run, seq, at, body) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![entry.run, number(entry.seq), entry.at, body.to_string()])?;
            if counts {
                sum_up(&transaction, entry)?;
            }
        }
        transaction.commit()
    }

    fn begin(
        &self,
        transaction: &Transaction<'_>,
        entry: &Entry,
        program: &str,
        agent: &str,
    ) -> Result<(), rusqlite::Error> {
        let About { file, setup, user, sources, texts, parent, .. } = &self.about;
        transaction.execute(
            "INSERT INTO run (id, agent, program, file, setup, user, started, state, cost, calls, input, output, texts, \
             parent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', 0, 0, 0, 0, ?8, ?9)",
            params![entry.run, agent, program, file, setup.to_string(), user, entry.at, texts, parent],
        )?;
        for (place, (name, body)) in sources.iter().enumerate() {
            let hash: [u8; 32] = Sha256::digest(body.as_bytes()).into();
            transaction
                .execute("INSERT OR IGNORE INTO source (hash, body) VALUES (?1, ?2)", params![hash, body])?;
            transaction.execute(
                "INSERT INTO module (run, place, name, source) VALUES (?1, ?2, ?3, ?4)",
                params![entry.run, number(place as u64), name, hash],
            )?;
        }
        Ok(())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // Nothing was done under it: it is in nobody's way.
        if !self.written.load(Ordering::Relaxed) {
            let _ = std::fs::remove_file(&self.lock.path);
        }
    }
}

/// The set of tags for a user's data, or for nobody's.
fn tags(transaction: &Transaction<'_>, user: Option<&str>) -> Result<(i64, Vec<u8>), rusqlite::Error> {
    let names = match user {
        Some(user) => Json::from(vec![user_tag(user)]).to_string(),
        None => "[]".to_string(),
    };
    let known = transaction
        .prepare_cached("SELECT id, salt FROM tags WHERE names = ?1")?
        .query_row([&names], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let salt: [u8; 16] = transaction.query_row("SELECT randomblob(16)", [], |row| row.get(0))?;
    transaction.execute("INSERT INTO tags (names, salt) VALUES (?1, ?2)", params![names, salt])?;
    Ok((transaction.last_insert_rowid(), salt.to_vec()))
}

fn user_tag(user: &str) -> String {
    format!("user:{user}")
}

fn keep(
    transaction: &Transaction<'_>,
    run: &str,
    tags: i64,
    lifted: &content::Lifted,
) -> Result<(), rusqlite::Error> {
    let known: Option<i64> = transaction
        .prepare_cached("SELECT id FROM content WHERE hash = ?1")?
        .query_row([&lifted.hash], |row| row.get(0))
        .optional()?;
    let id = match known {
        Some(id) => id,
        None => {
            transaction
                .prepare_cached("INSERT INTO content (hash, tags, body) VALUES (?1, ?2, ?3)")?
                .execute(params![lifted.hash, tags, lifted.body])?;
            transaction.last_insert_rowid()
        }
    };
    transaction
        .prepare_cached("INSERT OR IGNORE INTO used (run, content) VALUES (?1, ?2)")?
        .execute(params![run, id])?;
    Ok(())
}

/// Carries on what a run's row says of its entries.
fn sum_up(transaction: &Transaction<'_>, entry: &Entry) -> Result<(), rusqlite::Error> {
    match &entry.kind {
        EntryKind::Happened { event } | EntryKind::Late { event } => match &event.kind {
            EventKind::Finished { outcome, .. } => charge(transaction, &entry.run, &outcome.spent),
            EventKind::Resumed { lost } => {
                let open = "UPDATE run SET state = 'open', ended = NULL WHERE id = ?1";
                transaction.execute(open, [&entry.run])?;
                lost.iter().try_for_each(|(_, spent)| charge(transaction, &entry.run, spent))
            }
            EventKind::Begin { .. } | EventKind::Cancel => Ok(()),
        },
        EntryKind::Finished { end } => {
            let state = RunState::of(end).word();
            transaction
                .execute(
                    "UPDATE run SET state = ?2, ended = ?3 WHERE id = ?1",
                    params![entry.run, state, entry.at],
                )
                .map(drop)
        }
        EntryKind::Started { .. }
        | EntryKind::Requested { .. }
        | EntryKind::Confined { .. }
        | EntryKind::Noted { .. } => Ok(()),
    }
}

/// An unknown cost makes the sum unknown, as `NULL` does.
fn charge(transaction: &Transaction<'_>, run: &str, spent: &Spent) -> Result<(), rusqlite::Error> {
    transaction
        .prepare_cached(
            "UPDATE run SET cost = cost + ?2, calls = calls + ?3, input = input + ?4, output = output + ?5 WHERE id = ?1",
        )?
        .execute(params![run, spent.cost, number(spent.calls), number(spent.input), number(spent.output)])
        .map(drop)
}

/// SQLite's integers are signed.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
