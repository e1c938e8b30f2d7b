//! What a journal knows of its runs: lists, one run by a part of its id, its entries with their texts put back.

use std::fs::File;

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value as Json;

use super::Sqlite;
use super::content::{each_text, reference};
use crate::error::FailureKind;
use crate::journal::{End, Entry, EntryKind, FORMAT, JournalError};
use crate::machine::Spent;

/// What a list says of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// The agent.
    pub agent: String,
    /// The program's hash.
    pub program: String,
    /// The program's file.
    pub file: String,
    /// How it was started.
    pub setup: Json,
    /// Whose data is in it.
    pub user: Option<String>,
    /// Milliseconds since 1970.
    pub started: i64,
    /// The same, once it has ended or waits.
    pub ended: Option<i64>,
    /// Where it stands.
    pub state: RunState,
    /// What it has cost so far; its time is not among it.
    pub spent: Spent,
    /// Whether its texts are kept.
    pub texts: bool,
    /// The run that it forked from.
    pub parent: Option<String>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A process is at it.
    Running,
    /// The process that was at it is gone: it can be taken up again.
    Stopped,
    /// It waits for a person.
    Waiting,
    /// It gave a result.
    Done,
    /// It failed.
    Failed,
    /// It was cancelled.
    Canceled,
}

impl RunState {
    /// Every state, as a person may name one.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Stopped, Self::Waiting, Self::Done, Self::Failed, Self::Canceled];

    /// Where a run stands that ended so.
    pub fn of(end: &End) -> Self {
        match end {
            End::Done { .. } => Self::Done,
            End::Waiting { .. } => Self::Waiting,
            End::Failed { error } if error.failure.kind == FailureKind::Canceled => Self::Canceled,
            End::Failed { .. } => Self::Failed,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// True of a run that nothing more will come of.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Canceled)
    }
}

const COLUMNS: &str =
    "id, agent, program, file, setup, user, started, ended, state, cost, calls, input, output, texts, parent";
/// Runs that an error names.
const NAMED: usize = 5;

impl Sqlite {
    /// Its runs, the newest first.
    pub fn runs(&self) -> Result<Vec<RunLine>, JournalError> {
        self.select(&format!("SELECT {COLUMNS} FROM run ORDER BY started DESC, id DESC"), [])
    }

    /// The run that `given` means: an id, the beginning of only one, or `last`.
    pub fn find(&self, given: &str) -> Result<RunLine, JournalError> {
        let mut found = if given == "last" {
            self.select(&format!("SELECT {COLUMNS} FROM run ORDER BY started DESC, id DESC LIMIT 1"), [])?
        } else {
            // Ids are letters and digits: nothing in one means anything to `substr`.
            let sql = format!(
                "SELECT {COLUMNS} FROM run WHERE substr(id, 1, length(?1)) = ?1 ORDER BY started DESC"
            );
            self.select(&sql, [given])?
        };
        if found.len() > 1
            && let Some(exact) = found.iter().position(|run| run.id == given)
        {
            found = vec![found.swap_remove(exact)];
        }
        let names = |runs: &[RunLine]| runs.iter().take(NAMED).map(|run| run.id.clone()).collect();
        match (found.pop(), found.is_empty()) {
            (Some(run), true) if !given.is_empty() => Ok(run),
            (Some(last), false) if !given.is_empty() => {
                found.push(last);
                Err(JournalError::Ambiguous { given: given.to_string(), matches: names(&found) })
            }
            _ => Err(JournalError::NoRun {
                given: given.to_string(),
                path: self.path.clone(),
                known: names(&self.runs()?),
            }),
        }
    }

    fn select(&self, sql: &str, params: impl rusqlite::Params) -> Result<Vec<RunLine>, JournalError> {
        let connection = self.connection();
        let wrong = |source| self.wrong(source);
        let mut statement = connection.prepare(sql).map_err(wrong)?;
        let lines = statement.query_map(params, |row| self.line(row)).map_err(wrong)?;
        lines.collect::<Result<_, _>>().map_err(wrong)
    }

    fn line(&self, row: &Row<'_>) -> Result<RunLine, rusqlite::Error> {
        let id: String = row.get(0)?;
        let word: String = row.get(8)?;
        let known = RunState::ALL.into_iter().find(|state| state.word() == word);
        let state =
            known.unwrap_or_else(|| if self.is_locked(&id) { RunState::Running } else { RunState::Stopped });
        let count = |place| row.get::<_, i64>(place).map(|count| u64::try_from(count).unwrap_or_default());
        Ok(RunLine {
            state,
            agent: row.get(1)?,
            program: row.get(2)?,
            file: row.get(3)?,
            setup: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
            user: row.get(5)?,
            started: row.get(6)?,
            ended: row.get(7)?,
            spent: Spent {
                cost: row.get(9)?,
                time: 0,
                calls: count(10)?,
                input: count(11)?,
                output: count(12)?,
            },
            texts: row.get(13)?,
            parent: row.get(14)?,
            id,
        })
    }

    /// Whether a process is at a run.
    fn is_locked(&self, run: &str) -> bool {
        let file = File::options().append(true).open(self.lock_path(run));
        file.is_ok_and(|file| file.try_lock().is_err())
    }

    /// The program's texts of a run, by name, the entry first.
    pub fn sources(&self, run: &str) -> Result<Vec<(String, String)>, JournalError> {
        let connection = self.connection();
        let wrong = |source| self.wrong(source);
        let sql = "SELECT name, body FROM module JOIN source ON source.hash = module.source WHERE run = ?1 ORDER BY place";
        let mut statement = connection.prepare(sql).map_err(wrong)?;
        let rows = statement.query_map([run], |row| Ok((row.get(0)?, row.get(1)?))).map_err(wrong)?;
        rows.collect::<Result<_, _>>().map_err(wrong)
    }

    /// A run's entries in their order. A text that is gone is an error: without it nothing that comes later can be
    /// rebuilt.
    pub fn entries(&self, run: &str) -> Result<Vec<Entry>, JournalError> {
        self.read(run, &|seq, _| Err(JournalError::Forgotten { run: run.to_string(), seq }))
    }

    /// The same for a reader, who is shown `gone` where a text was.
    pub fn entries_for_show(&self, run: &str, gone: &str) -> Result<Vec<Entry>, JournalError> {
        self.read(run, &|_, text| {
            *text = Json::from(gone);
            Ok(())
        })
    }

    fn read(
        &self,
        run: &str,
        missing: &dyn Fn(u64, &mut Json) -> Result<(), JournalError>,
    ) -> Result<Vec<Entry>, JournalError> {
        let connection = self.connection();
        let wrong = |source| self.wrong(source);
        let mut rows = connection
            .prepare("SELECT seq, at, body FROM entry WHERE run = ?1 ORDER BY seq")
            .map_err(wrong)?;
        let rows = rows
            .query_map([run], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?)))
            .map_err(wrong)?;
        let mut text_of = connection.prepare("SELECT body FROM content WHERE hash = ?1").map_err(wrong)?;
        let mut entries = Vec::new();
        for row in rows {
            let (seq, at, body) = row.map_err(wrong)?;
            let seq = u64::try_from(seq).unwrap_or_default();
            let malformed = |error: serde_json::Error| JournalError::Malformed {
                path: self.path.clone(),
                line: entries.len() + 1,
                reason: format!("run {run}: {error}"),
            };
            let mut body: Json = serde_json::from_str(&body).map_err(malformed)?;
            each_text(&mut body, &mut |text| {
                let Some((bare, hash)) = reference(text) else { return missing(seq, text) };
                let kept: Option<String> =
                    text_of.query_row(params![hash], |row| row.get(0)).optional().map_err(wrong)?;
                match kept {
                    Some(kept) if bare => *text = Json::String(kept),
                    Some(kept) => *text = serde_json::from_str(&kept)?,
                    None => missing(seq, text)?,
                }
                Ok(())
            })?;
            let kind: EntryKind = serde_json::from_value(body).map_err(malformed)?;
            if let EntryKind::Started { format, .. } = kind
                && format != FORMAT
            {
                return Err(JournalError::Format { path: self.path.clone(), found: format });
            }
            entries.push(Entry { run: run.to_string(), seq, at, kind });
        }
        Ok(entries)
    }
}
