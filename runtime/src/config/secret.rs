//! Where a key comes from: written out, or `env.NAME`. Neither is ever shown.

use secrecy::SecretString;
use serde::Deserialize;

use super::Environment;

/// A key as configured.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    /// `"env.NAME"`.
    Variable(String),
    /// The key itself.
    Written(String),
}

impl KeySource {
    /// The key; the variable's name where it is not set.
    pub fn resolve(&self, environment: &Environment) -> Result<SecretString, String> {
        match self {
            Self::Variable(name) => environment.get(name).map(SecretString::from).ok_or_else(|| name.clone()),
            Self::Written(key) => Ok(SecretString::from(key.clone())),
        }
    }
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "env.{name}"),
            Self::Written(_) => f.write_str("(a key)"),
        }
    }
}

impl<'de> Deserialize<'de> for KeySource {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.strip_prefix("env.") {
            Some(name) => Self::Variable(name.to_string()),
            None => Self::Written(text),
        })
    }
}
