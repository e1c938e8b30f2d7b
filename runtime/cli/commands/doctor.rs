//! `agentrun doctor`: which keys, servers and configuration were found, and what a program's pools would use.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::ir::ToolId;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_runtime::call::provider::endpoint::{KNOWN, Known};
use agentrun_runtime::config::{Config, Environment, KeySource};
use agentrun_runtime::driver::{Found, Options, PoolLine, Readiness, assemble, look};
use agentrun_runtime::tool::sandbox::own_program;
use agentrun_runtime::tool::{CallContext, Settings, Toolbox};
use serde_json::json;

use crate::args::DoctorArgs;
use crate::compile::compile;
use crate::exit::Exit;
use crate::launch::pool_line;
use crate::output;

/// Variables of AWS that mean keys.
const AWS: &[&str] = &["AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"];

/// What was found.
struct Findings {
    files: Vec<PathBuf>,
    keys: Vec<Key>,
    /// A provider's name, and the variable that holds its address.
    addresses: Vec<(&'static str, &'static str)>,
    found: Vec<Found>,
    sandbox: Result<String, String>,
    pools: Vec<PoolLine>,
}

/// Where a key was found; never the key.
struct Key {
    provider: String,
    /// The variable that holds it; `None`: it is written in agentrun.toml.
    variable: Option<String>,
    /// What else there is to say of it.
    note: &'static str,
}

/// Looks around and tells.
pub(crate) fn doctor(args: &DoctorArgs) -> Exit {
    let environment = Environment::of_process();
    let compiled =
        match args.file.as_deref().map(|file| compile(file, output::color(false), false)).transpose() {
            Ok(compiled) => compiled,
            Err(exit) => return exit,
        };
    let folder = match &compiled {
        Some(compiled) => compiled.file.parent().map(Path::to_path_buf).unwrap_or_default(),
        None => PathBuf::from("."),
    };
    let config = match Config::load(&std::path::absolute(&folder).unwrap_or(folder), &environment) {
        Ok(config) => config,
        Err(error) => {
            output::complain(&error.to_string());
            return Exit::Usage;
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("cannot start: {error}"));
            return Exit::Failed;
        }
    };
    let found = runtime.block_on(look(&environment, true));
    let pools = match &compiled {
        None => Vec::new(),
        Some(compiled) => {
            let ready = assemble(&compiled.program, &compiled.file, &environment, Options::default());
            match runtime.block_on(ready) {
                Ok(assembled) => assembled.pools,
                Err(error) => {
                    output::complain(&error.to_string());
                    return Exit::Usage;
                }
            }
        }
    };
    let keys = keys(&config, &environment);
    let addresses = addresses(&environment);
    let findings = Findings {
        files: config.files,
        keys,
        addresses,
        found,
        sandbox: runtime.block_on(sandbox(&environment)),
        pools,
    };
    output::out(&if args.json { findings.json() } else { findings.text() });
    let lacking = findings
        .pools
        .iter()
        .any(|line| line.candidates.iter().all(|(_, readiness)| matches!(readiness, Readiness::Missing(_))));
    if lacking { Exit::Failed } else { Exit::Done }
}

/// Every key that was found: those of agentrun.toml, the usual variables, and AWS's, which nothing here uses yet.
fn keys(config: &Config, environment: &Environment) -> Vec<Key> {
    let mut keys = Vec::new();
    for (name, section) in &config.providers {
        for source in &section.keys {
            let variable = match source {
                KeySource::Variable(variable) if environment.get(variable).is_none() => continue,
                KeySource::Variable(variable) => Some(variable.clone()),
                KeySource::Written(_) => None,
            };
            keys.push(Key { provider: name.clone(), variable, note: ", as agentrun.toml says" });
        }
    }
    for known in KNOWN {
        if let Some(variable) = known.key_vars.iter().find(|variable| environment.get(variable).is_some()) {
            keys.push(Key {
                provider: known.name.to_string(),
                variable: Some((*variable).to_string()),
                note: "",
            });
        }
    }
    if let Some(variable) = AWS.iter().find(|variable| environment.get(variable).is_some()) {
        let note = " (AWS keys were found; this version does not speak to Amazon Bedrock yet)";
        keys.push(Key { provider: "bedrock".into(), variable: Some((*variable).to_string()), note });
    }
    keys
}

/// Every provider whose address a variable gives.
fn addresses(environment: &Environment) -> Vec<(&'static str, &'static str)> {
    let set = |known: &'static Known| {
        let variable = known.url_vars.iter().find(|variable| environment.get(variable).is_some())?;
        Some((known.name, *variable))
    };
    KNOWN.iter().filter_map(set).collect()
}

/// Runs `true` as a tool would, and tells how it was confined.
async fn sandbox(environment: &Environment) -> Result<String, String> {
    let path = ModulePath::file("doctor.agent");
    let text = "edition 1\ntool probe(): string { exec: [\"true\"]  effect: read }\n";
    let compiled = agentrun_lang::compile(&path, &MemoryLoader::default().with(path.clone(), text));
    let program = Arc::new(compiled.program.ok_or("the probe does not compile; please report this")?);
    let settings = Settings {
        folder: std::env::temp_dir(),
        protected: Vec::new(),
        launcher: own_program().map_err(|error| error.to_string())?,
        allow_unsandboxed: false,
        env: environment.all().clone(),
        keys: Vec::new(),
    };
    let tools = Toolbox::new(program, &settings).map_err(|fault| fault.to_string())?;
    let called = tools.call(ToolId(0), &[], &CallContext::default()).await;
    called.result.map_err(|failure| failure.message)?;
    Ok(called.confinement.map_or_else(String::new, |confinement| {
        format!(
            "{}, Landlock rules of version {}, system calls filtered",
            confinement.level.word(),
            confinement.landlock
        )
    }))
}

impl Key {
    fn text(&self) -> String {
        let place = self.variable.as_deref().unwrap_or("a key");
        format!("{}: {place}{}", self.provider, self.note)
    }
}

impl Findings {
    fn text(&self) -> String {
        let mut text = format!("agentrun {}\n", env!("CARGO_PKG_VERSION"));
        let list = |title: &str, lines: Vec<String>, none: &str| {
            let lines = if lines.is_empty() { vec![none.to_string()] } else { lines };
            format!("\n{title}\n  {}\n", lines.join("\n  "))
        };
        text += &list(
            "configuration",
            self.files.iter().map(|file| file.display().to_string()).collect(),
            "no agentrun.toml here or above, and none of the user's",
        );
        text += &list(
            "keys",
            self.keys.iter().map(Key::text).collect(),
            "none: set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY",
        );
        if !self.addresses.is_empty() {
            let lines = self.addresses.iter().map(|(name, variable)| format!("{name}: {variable}"));
            text += &list("addresses", lines.collect(), "");
        }
        text += &list(
            "for pools without `use`, the first of",
            self.found.iter().map(|found| format!("{} ({})", found.target.label(), found.source)).collect(),
            "nothing but a script.json beside the program: no key, no Ollama, no llama.cpp",
        );
        text += &list(
            "sandbox",
            vec![match &self.sandbox {
                Ok(level) => format!("commands of tools run confined ({level})"),
                Err(reason) => format!("not available: {reason}"),
            }],
            "",
        );
        if !self.pools.is_empty() {
            text += &list("pools of this program", self.pools.iter().map(pool_line).collect(), "");
        }
        text
    }

    fn json(&self) -> String {
        let pools: Vec<serde_json::Value> = self
            .pools
            .iter()
            .map(|line| {
                let candidates: Vec<serde_json::Value> = line
                    .candidates
                    .iter()
                    .map(|(target, readiness)| match readiness {
                        Readiness::Ready(source) => {
                            json!({ "target": &**target, "ready": true, "found": source })
                        }
                        Readiness::Scripted => {
                            json!({ "target": &**target, "ready": true, "scripted": true })
                        }
                        Readiness::Missing(why) => json!({ "target": &**target, "ready": false, "why": why }),
                    })
                    .collect();
                json!({ "pool": &*line.pool, "candidates": candidates })
            })
            .collect();
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "configuration": self.files,
            "keys": self.keys.iter().map(|key| json!({ "provider": key.provider, "variable": key.variable })).collect::<Vec<_>>(),
            "addresses": self.addresses.iter().map(|(name, variable)| json!({ "provider": name, "variable": variable })).collect::<Vec<_>>(),
            "found": self.found.iter().map(|found| json!({ "target": &*found.target.label(), "source": found.source })).collect::<Vec<_>>(),
            "sandbox": match &self.sandbox {
                Ok(level) => json!({ "available": true, "level": level }),
                Err(reason) => json!({ "available": false, "reason": reason }),
            },
            "pools": pools,
        });
        format!("{report:#}\n")
    }
}
