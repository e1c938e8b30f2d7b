//! From checked parts to one program: put together, constants folded, given its hash. Cannot fail: where a part is
//! missing there was an error, and no program is asked for.

mod fold;

use std::fmt::Write as _;
use std::sync::Arc;

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
    program.hash = hash(&program);
    Some(program)
}

fn whole<T>(parts: Vec<Option<T>>) -> Option<Vec<T>> {
    parts.into_iter().collect()
}

/// SHA-256 over the program as JSON. Left out are sources, places and tests: what moves a line, adds a comment or
/// changes a test leaves the version as it is.
fn hash(program: &Program) -> String {
    let Ok(mut json) = serde_json::to_value(program) else { return String::new() };
    if let Json::Object(fields) = &mut json {
        for key in ["hash", "sources", "tests"] {
            fields.remove(key);
        }
    }
    strip_places(&mut json);
    let digest = Sha256::digest(json.to_string().as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
