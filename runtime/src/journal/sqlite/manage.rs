//! What is taken out of a journal: the texts of a person, and runs that are old.

use rusqlite::{TransactionBehavior, params};

use super::{RunState, Sqlite, user_tag};
use crate::journal::JournalError;

/// What a person's data came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Texts that are gone.
    pub texts: usize,
    /// Runs that they were in.
    pub runs: usize,
}

impl Sqlite {
    /// Deletes every text that a user's data went into, and the user's name. The runs stay, with what they did and
    /// cost; whatever needs one of the texts says that it is gone.
    pub fn forget(&self, user: &str) -> Result<Forgotten, JournalError> {
        self.erase(|transaction| {
            let tag = user_tag(user);
            let tagged = "SELECT id FROM tags WHERE EXISTS (SELECT 1 FROM json_each(names) WHERE value = ?1)";
            let texts =
                transaction.execute(&format!("DELETE FROM content WHERE tags IN ({tagged})"), [&tag])?;
            transaction.execute(&format!("DELETE FROM tags WHERE id IN ({tagged})"), [&tag])?;
            let runs = transaction.execute("UPDATE run SET user = NULL WHERE user = ?1", [user])?;
            Ok(Forgotten { texts, runs })
        })
    }

    /// Deletes runs that are over and began before `before` (milliseconds since 1970), with the texts and sources
    /// that no other run has. Gives their ids.
    pub fn prune(&self, before: i64) -> Result<Vec<String>, JournalError> {
        let over = RunState::ALL.into_iter().filter(|state| state.is_over());
        let over: Vec<String> = over.map(|state| format!("'{}'", state.word())).collect();
        self.erase(|transaction| {
            let old = format!("started < ?1 AND state IN ({})", over.join(", "));
            let ids = transaction
                .prepare(&format!("DELETE FROM run WHERE {old} RETURNING id"))?
                .query_map(params![before], |row| row.get(0))?
                .collect::<Result<Vec<String>, _>>()?;
            let unused = "DELETE FROM content WHERE NOT EXISTS (SELECT 1 FROM used WHERE used.content = content.id)";
            transaction.execute(unused, [])?;
            let unused = "DELETE FROM source WHERE NOT EXISTS (SELECT 1 FROM module WHERE module.source = source.hash)";
            transaction.execute(unused, [])?;
            Ok(ids)
        })
    }

    /// What SQLite finds wrong with the file; nothing where it is sound.
    pub fn damage(&self) -> Result<Vec<String>, JournalError> {
        let connection = self.connection();
        let wrong = |source| self.wrong(source);
        let mut check = connection.prepare("PRAGMA integrity_check").map_err(wrong)?;
        let found = check.query_map([], |row| row.get(0)).map_err(wrong)?;
        let mut found: Vec<String> = found.collect::<Result<_, _>>().map_err(wrong)?;
        found.retain(|line| line != "ok");
        Ok(found)
    }

    /// Deletes so that no byte of it stays in the file or its log.
    fn erase<T>(
        &self,
        delete: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, JournalError> {
        let mut connection = self.connection();
        let wrong = |source| self.wrong(source);
        connection.pragma_update(None, "secure_delete", true).map_err(wrong)?;
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrong)?;
        let erased = delete(&transaction).map_err(wrong)?;
        transaction.commit().map_err(wrong)?;
        // Busy where somebody still reads: then the log keeps it until the next one that is not.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(wrong)?;
        Ok(erased)
    }
}
