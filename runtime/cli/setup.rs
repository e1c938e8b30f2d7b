//! How a run was started, as its journal keeps it, so that it goes on under the same terms. Keys and the environment
//! are not among it: those are whoever's who takes it up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_runtime::driver::{Options, TargetName};
use serde::{Deserialize, Serialize};

use crate::args::RunArgs;

/// What was chosen on the command line.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Setup {
    /// The folder that it was started in: what is relative is relative to this.
    pub(crate) folder: PathBuf,
    /// The program's file.
    pub(crate) file: PathBuf,
    /// `--script`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<PathBuf>,
    /// `--workdir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workdir: Option<PathBuf>,
    /// `--model`, each as it was written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) models: Vec<String>,
    /// `--allow-unsandboxed`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) allow_unsandboxed: bool,
}

impl Setup {
    /// What a command line says.
    pub(crate) fn of(args: &RunArgs, file: &Path) -> Self {
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            file: file.to_path_buf(),
            script: args.script.clone(),
            workdir: args.workdir.clone(),
            models: args.model.clone(),
            allow_unsandboxed: args.allow_unsandboxed,
        }
    }

    /// The same for the driver, which works from the folder of the setup.
    pub(crate) fn options(&self, models: Vec<(Option<Arc<str>>, TargetName)>) -> Options {
        Options {
            script: self.script.clone(),
            folder: self.workdir.clone(),
            models,
            allow_unsandboxed: self.allow_unsandboxed,
            ..Options::default()
        }
    }
}
