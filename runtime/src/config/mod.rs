//! `agentrun.toml`: providers, virtual keys, prices, the journal. The nearest one upward from the program's
//! folder wins key by key over the user's own. An unknown key is an error, never passed over.

mod env;
mod secret;

pub use env::Environment;
pub use secret::KeySource;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use secrecy::SecretString;
use serde::Deserialize;

/// The file's name, in a project.
pub const FILE: &str = "agentrun.toml";

/// Everything that was configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[providers.NAME]`.
    #[serde(default)]
    pub providers: IndexMap<String, ProviderSection>,
    /// `[vkeys.NAME]`.
    #[serde(default)]
    pub vkeys: IndexMap<String, VirtualKey>,
    /// `[prices]`: `"provider/model" = { input = 0.1, output = 0.4 }`, USD a million tokens.
    #[serde(default)]
    pub prices: IndexMap<String, PriceSection>,
    /// `[journal]`.
    #[serde(default)]
    pub journal: JournalSection,
    /// The files it came from, the nearest first.
    #[serde(skip)]
    pub files: Vec<PathBuf>,
}

/// A provider under a name that targets use.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ProviderSection {
    /// What it speaks: `openai` (any compatible address), `anthropic`, `google`, `azure`, `bedrock`, `ollama`.
    pub kind: String,
    /// Its address; the kind's own where unwritten.
    pub url: Option<String>,
    /// Keys in the order they are tried.
    #[serde(default)]
    pub keys: Vec<KeySource>,
}

/// A key that stands for a team's and is exchanged at a server of ours.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct VirtualKey {
    /// The address that takes it, OpenAI-compatible.
    pub url: String,
    /// The key.
    pub key: KeySource,
}

/// A price that overrides ours.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PriceSection {
    /// USD a million tokens read.
    pub input: f64,
    /// USD a million tokens written.
    pub output: f64,
    /// USD a million tokens read from a prefix cache.
    pub cached: Option<f64>,
}

/// Where runs are recorded by default.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct JournalSection {
    /// A file of JSON lines that every run's record is appended to, relative to the `agentrun.toml`.
    pub record: Option<PathBuf>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is there and cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no TOML, or has a key we do not know.
    #[error("{path}: {reason}")]
    Parse {
        /// Which.
        path: PathBuf,
        /// Place and reason, as the TOML reader says them.
        reason: String,
    },
}

impl Config {
    /// Reads the nearest `agentrun.toml` upward from `folder`, then the user's.
    pub fn load(folder: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        // A link that leads nowhere, or a folder of that name, is a mistake that `read` tells of.
        let there = |path: &PathBuf| path.symlink_metadata().is_ok();
        let nearest = folder.ancestors().map(|folder| folder.join(FILE)).find(there);
        for path in nearest.into_iter().chain(environment.user_config().filter(there)) {
            config.fill_from(Self::read(&path)?, path);
        }
        Ok(config)
    }

    /// Every key that it holds or names.
    pub fn all_keys(&self, environment: &Environment) -> Vec<SecretString> {
        let keys = self.providers.values().flat_map(|section| &section.keys);
        let virtual_keys = self.vkeys.values().map(|section| &section.key);
        keys.chain(virtual_keys).filter_map(|key| key.resolve(environment).ok()).collect()
    }

    /// Reads one file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Read { path: path.to_path_buf(), source };
        if !path.metadata().map_err(unreadable)?.is_file() {
            return Err(unreadable(std::io::Error::other("it is no plain file")));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        toml::from_str(&text)
            .map_err(|error| ConfigError::Parse { path: path.to_path_buf(), reason: error.to_string() })
    }

    /// Takes from `other`, read from `path`, what is not set yet.
    fn fill_from(&mut self, other: Self, path: PathBuf) {
        for (name, section) in other.providers {
            self.providers.entry(name).or_insert(section);
        }
        for (name, section) in other.vkeys {
            self.vkeys.entry(name).or_insert(section);
        }
        for (name, price) in other.prices {
            self.prices.entry(name).or_insert(price);
        }
        if self.journal.record.is_none() {
            let beside = path.parent().map(Path::to_path_buf).unwrap_or_default();
            self.journal.record = other.journal.record.map(|record| beside.join(record));
        }
        self.files.push(path);
    }
}
