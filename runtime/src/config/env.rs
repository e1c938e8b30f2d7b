//! The process environment, read once at start so that a run sees one and the same, and tests bring their own.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Environment variables as they were at start. Its `Debug` shows no values.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// The process's own; names or values that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { variables }
    }

    /// The value of a variable; an empty one counts as unset, as the providers' own tools treat it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every variable by its name.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Where what can be made again is kept: `$XDG_CACHE_HOME/agentrun`, else under `~/.cache`.
    pub fn user_cache(&self) -> Option<PathBuf> {
        let folder = match self.get("XDG_CACHE_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(self.get("HOME")?).join(".cache"),
        };
        Some(folder.join("agentrun"))
    }

    /// The user's own configuration file: `$XDG_CONFIG_HOME/agentrun/agentrun.toml`, else under `~/.config`.
    pub fn user_config(&self) -> Option<PathBuf> {
        let folder = match self.get("XDG_CONFIG_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(self.get("HOME")?).join(".config"),
        };
        Some(folder.join("agentrun").join(super::FILE))
    }

    /// The user's own journal of runs: `$XDG_DATA_HOME/agentrun/journal.db`, else under `~/.local/share`. `None` without
    /// a home folder.
    pub fn user_journal(&self) -> Option<PathBuf> {
        let folder = match self.get("XDG_DATA_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => {
                let home = PathBuf::from(self.get("HOME")?);
                // A home that is not there is not made.
                home.is_dir().then(|| home.join(".local").join("share"))?
            }
        };
        Some(folder.join("agentrun").join("journal.db"))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
