//! The tables of a journal of runs. They hold what happened; where a run stands is rebuilt from it, never stored.

use crate::sqlite::Schema;

/// What a journal's file is.
pub(super) const SCHEMA: Schema =
    Schema { name: "a journal of runs", application: 0x6167_656e, migrations: &[FIRST] };

/// A run's row sums up what its entries say, for lists. An entry is its JSON without texts: where one stood there is
/// its hash. A text stands once for each set of tags, and goes with the person whose tag it bears; the set's salt
/// goes too, so that the hash which stays behind cannot be guessed at.
const FIRST: &str = "
CREATE TABLE run (
  id TEXT PRIMARY KEY,
  agent TEXT NOT NULL,
  program TEXT NOT NULL,
  file TEXT NOT NULL,
  setup TEXT NOT NULL,
  user TEXT,
  started INTEGER NOT NULL,
  ended INTEGER,
  state TEXT NOT NULL,
  cost INTEGER,
  calls INTEGER NOT NULL,
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  texts INTEGER NOT NULL,
  parent TEXT
) WITHOUT ROWID;
CREATE INDEX run_started ON run (started);
CREATE TABLE entry (
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE tags (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE, salt BLOB NOT NULL);
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  tags INTEGER NOT NULL REFERENCES tags (id),
  body TEXT NOT NULL
);
CREATE INDEX content_tags ON content (tags);
CREATE TABLE used (
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  content INTEGER NOT NULL REFERENCES content (id) ON DELETE CASCADE,
  PRIMARY KEY (run, content)
) WITHOUT ROWID;
CREATE INDEX used_content ON used (content);
CREATE TABLE source (hash BLOB PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE module (
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  name TEXT NOT NULL,
  source BLOB NOT NULL REFERENCES source (hash),
  PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE INDEX module_source ON module (source);
";
