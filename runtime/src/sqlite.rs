//! The one way to open a database file: created for its owner alone, in write-ahead mode, brought to its present
//! shape, and refused where it is somebody else's or newer. What the tables mean is for those who keep them.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

/// How long one process waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a file of ours holds.
#[derive(Debug)]
pub struct Schema {
    /// What a person calls it: `a journal of runs`.
    pub name: &'static str,
    /// The mark in the file's head, SQLite's `application_id`.
    pub application: i32,
    /// What makes each version of the one before, the first of an empty file. The file's `user_version` is how many
    /// it has seen.
    pub migrations: &'static [&'static str],
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    /// The file or its folder could not be made or opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{path} is not {name}: name another file")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What was wanted.
        name: &'static str,
    },
    /// The file was written by a later version.
    #[error(
        "{path} has format {found}, and this agentrun knows formats up to {known}: use the newer agentrun that wrote \
         it, or name another file"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// The newest that is known here.
        known: usize,
    },
    /// SQLite could not do it: a full disk, a damaged file, a lock that stays.
    #[error("{path}: {source}")]
    Sql {
        /// Which file.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
}

/// Opens `path`, and makes it where it is not there.
pub fn open(path: &Path, schema: &Schema) -> Result<Connection, SqliteError> {
    make(path).map_err(|source| SqliteError::Open { path: path.to_path_buf(), source })?;
    open_existing(path, schema)
}

/// Opens `path`, which must be there.
pub fn open_existing(path: &Path, schema: &Schema) -> Result<Connection, SqliteError> {
    let found = path.metadata();
    let found = found.map_err(|source| SqliteError::Open { path: path.to_path_buf(), source })?;
    if !found.is_file() {
        return Err(SqliteError::Foreign { path: path.to_path_buf(), name: schema.name });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(|source| wrong(path, source))?;
    match prepare(&mut connection, schema) {
        Ok(found) if found > schema.migrations.len() => {
            Err(SqliteError::Newer { path: path.to_path_buf(), found, known: schema.migrations.len() })
        }
        Ok(_) => Ok(connection),
        Err(Refused::Foreign) => Err(SqliteError::Foreign { path: path.to_path_buf(), name: schema.name }),
        Err(Refused::Sql(source)) => Err(wrong(path, source)),
    }
}

/// An error of SQLite about a file.
pub fn wrong(path: &Path, source: rusqlite::Error) -> SqliteError {
    SqliteError::Sql { path: path.to_path_buf(), source }
}

/// Why a file is not taken.
enum Refused {
    Foreign,
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
            Self::Foreign
        } else {
            Self::Sql(error)
        }
    }
}

/// Sets a connection up and gives the version that it found, or made. Nothing is written into a file of somebody
/// else's, or of a newer version.
fn prepare(connection: &mut Connection, schema: &Schema) -> Result<usize, Refused> {
    connection.busy_timeout(PATIENCE)?;
    // A commit flushes nothing here: a kill loses none, and whoever must survive a power cut asks for it.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Moving the log into the file costs a flush, and one that ends soon need not wait for it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let known = schema.migrations.len();
    let found = version(connection, schema)?;
    if found >= known {
        return Ok(found);
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let found = version(&transaction, schema)?;
    for migration in schema.migrations.iter().skip(found) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", schema.application)?;
    transaction.pragma_update(None, "user_version", i64::try_from(known).unwrap_or(i64::MAX))?;
    transaction.commit()?;
    Ok(known)
}

fn version(connection: &Connection, schema: &Schema) -> Result<usize, Refused> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let empty = application == 0 && version == 0 && tables == 0;
    if !empty && application != i64::from(schema.application) {
        return Err(Refused::Foreign);
    }
    Ok(usize::try_from(version).unwrap_or_default())
}

/// An empty file that only its owner reads, in a folder that only its owner enters, where they are not there yet.
fn make(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{Schema, SqliteError, open};

    const FIRST: Schema = Schema { name: "a test", application: 7, migrations: &["CREATE TABLE a (x)"] };
    const SECOND: Schema =
        Schema { migrations: &["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y DEFAULT 5"], ..FIRST };

    #[test]
    fn an_older_file_is_brought_up_and_a_newer_or_foreign_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/a.db");
        let first = open(&path, &FIRST).unwrap();
        first.execute("INSERT INTO a VALUES (1)", []).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let second = open(&path, &SECOND).unwrap();
        let y: i64 = second.query_row("SELECT y FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(y, 5);
        assert!(matches!(open(&path, &FIRST), Err(SqliteError::Newer { found: 2, known: 1, .. })));
        let other = Schema { application: 8, ..SECOND };
        assert!(matches!(open(&path, &other), Err(SqliteError::Foreign { .. })));
        let text = folder.path().join("text");
        std::fs::write(
            &text,
            "something else, and longer than the head of a database file is, which is 100 bytes long",
        )
        .unwrap();
        assert!(matches!(open(&text, &FIRST), Err(SqliteError::Foreign { .. })));
        assert!(matches!(open(folder.path(), &FIRST), Err(SqliteError::Foreign { .. })));
    }
}
