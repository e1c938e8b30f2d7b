//! From checked parts to one program: put together, constants folded, given its hash. Cannot fail: where a part is
//! missing there was an error, and no program is asked for.

mod fold;

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::check::Checked;
use crate::ir::Program;
use crate::source::SourceMap;

/// The program; `None` where a part is missing.
pub fn lower(checked: Checked, sources: Arc<SourceMap>) -> Option<Program> {
    let mut program = Program {
        hash: String::new(),
        types: checked.types,
        models: whole(checked.models)?,
        guards: whole(checked.guards)?,
        memories: whole(checked.memories)?,
        tools: whole(checked.tools)?,
        mcps: whole(checked.mcps)?,
        skills: whole(checked.skills)?,
        agents: whole(checked.agents)?,
        entry_agents: checked.entry_agents,
        tests: whole(checked.tests)?,
        sources,
    };
    fold::program(&mut program);
    program.hash = hash(&program).unwrap_or_default();
    Some(program)
}

fn whole<T>(parts: Vec<Option<T>>) -> Option<Vec<T>> {
    parts.into_iter().collect()
}

/// SHA-256 over the program as JSON, part by part. Left out are sources, places and tests: what moves a line, adds a
/// comment or changes a test leaves the version as it is.
fn hash(program: &Program) -> Option<String> {
    let mut digest = Sha256::new();
    digest.update(format!("{{\"entry_agents\":{},\"types\":{{\"defs\":", program.entry_agents));
    add_list(&mut digest, &program.types.defs)?;
    digest.update("}");
    add_field(&mut digest, "models", &program.models)?;
    add_field(&mut digest, "guards", &program.guards)?;
    add_field(&mut digest, "memories", &program.memories)?;
    add_field(&mut digest, "tools", &program.tools)?;
    add_field(&mut digest, "mcps", &program.mcps)?;
    add_field(&mut digest, "skills", &program.skills)?;
    add_field(&mut digest, "agents", &program.agents)?;
    digest.update("}");
    Some(digest.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn add_field(digest: &mut Sha256, key: &str, parts: &[impl Serialize]) -> Option<()> {
    digest.update(format!(",\"{key}\":"));
    add_list(digest, parts)
}

fn add_list(digest: &mut Sha256, parts: &[impl Serialize]) -> Option<()> {
    digest.update("[");
    for (at, part) in parts.iter().enumerate() {
        let mut json = serde_json::to_value(part).ok()?;
        strip_places(&mut json);
        digest.update(if at == 0 { "" } else { "," });
        digest.update(json.to_string());
    }
    digest.update("]");
    Some(())
}

/// Takes every `span` out: a record of exactly `source`, `start`, `end` under that key.
fn strip_places(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            if fields.get("span").is_some_and(is_place) {
                fields.shift_remove("span");
            }
            fields.values_mut().for_each(strip_places);
        }
        Json::Array(items) => items.iter_mut().for_each(strip_places),
        _ => {}
    }
}

fn is_place(json: &Json) -> bool {
    match json {
        Json::Object(fields) => {
            fields.len() == 3 && ["source", "start", "end"].iter().all(|key| fields.contains_key(*key))
        }
        _ => false,
    }
}
