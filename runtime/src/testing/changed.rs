//! Which tests need not run again: those that held when they and all they depend on were as they are now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use agentrun_lang::ir::{AgentId, Program, Strategy, Test};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::case::files;
use crate::machine::asks;

/// The tests that held when they last ran, by file and name, with what they depended on then.
#[derive(Debug, Default)]
pub struct Green {
    path: Option<PathBuf>,
    held: BTreeMap<String, String>,
}

impl Green {
    /// Reads what is kept in a folder; what cannot be read is as good as nothing.
    pub fn open(folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join("tests.json"));
        let text = path.as_ref().and_then(|path| fs::read_to_string(path).ok());
        let held = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Self { path, held }
    }

    /// Whether a test held with the same it depends on now.
    pub fn holds(&self, file: &Path, test: &str, fingerprint: &str) -> bool {
        self.held.get(&key(file, test)).is_some_and(|known| known == fingerprint)
    }

    /// Remembers how a test ended.
    pub fn note(&mut self, file: &Path, test: &str, fingerprint: &str, held: bool) {
        if held {
            self.held.insert(key(file, test), fingerprint.to_owned());
        } else {
            self.held.remove(&key(file, test));
        }
    }

    /// Keeps it for the next time.
    pub fn save(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string(&self.held)?)
    }
}

fn key(file: &Path, test: &str) -> String {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    format!("{}\n{test}", file.display())
}

/// What an agent can come to, as a hash: the same for every test of it. Where things stand in the file does not matter.
pub(super) fn reachable(program: &Program, agent: AgentId) -> String {
    let asks = asks(program, agent);
    let agents: Vec<_> = asks.agents.iter().filter_map(|id| program.agent(*id)).collect();
    let tools: Vec<_> = asks.tools.iter().filter_map(|id| program.tool(*id)).collect();
    // A pool with edges chooses among the others by name.
    let routes =
        asks.pools.iter().filter_map(|id| program.model(*id)).any(|pool| pool.strategy == Strategy::Route);
    let models: Vec<_> = if routes {
        program.models.iter().collect()
    } else {
        asks.pools.iter().filter_map(|id| program.model(*id)).collect()
    };
    let parts = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "agents": agents,
        "tools": tools,
        "models": models,
        "types": program.types,
        "guards": program.guards,
        "memories": program.memories,
    });
    format!("{:x}", Sha256::digest(without_places(parts).to_string()))
}

/// What a test depends on, as a hash; `reachable` is what its agent can come to.
pub(super) fn fingerprint(reachable: &str, test: &Test, folder: &Path) -> String {
    let mut hash = Sha256::new();
    hash.update(reachable);
    hash.update(without_places(json!(test)).to_string());
    let cassette = test.cassette.iter().map(|name| PathBuf::from(format!("cassettes/{name}.json")));
    let cases = test.cases.iter().flat_map(|pattern| files(folder, pattern).unwrap_or_default());
    for file in cassette.chain(cases) {
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(fs::read(folder.join(&file)).unwrap_or_default());
    }
    format!("{:x}", hash.finalize())
}

fn without_places(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(without_places).collect(),
        Json::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| name != "span");
            kept.map(|(name, field)| (name, without_places(field))).collect()
        }
        other => other,
    }
}
