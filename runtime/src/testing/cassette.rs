//! Cassettes: what models were asked and answered, recorded once and played back without a network.
//!
//! A cassette is `cassettes/NAME.json` beside the program. A request is found by what was asked (messages, tools, schema
//! and bounds), whoever was asked; one that is not there says which field of the nearest one differs.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::sensitive::Sensitive;
use crate::call::provider::{ModelReply, ModelRequest};
use crate::chat::{FinishReason, Message, Part, ToolCall, Usage};

/// The version of the files.
const VERSION: u32 = 1;

/// A cassette in use.
#[derive(Debug)]
pub(super) struct Cassette {
    path: PathBuf,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    all: Vec<Entry>,
    /// How many entries of a request were played.
    played: HashMap<String, usize>,
    changed: bool,
}

/// A file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    entries: Vec<Entry>,
}

/// One question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Where it was asked; for people, and to find the nearest.
    effect: String,
    /// Who answered, as the program names it.
    by: String,
    request: Json,
    reply: Reply,
}

/// A model's answer as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
    finish: FinishReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    #[serde(default)]
    usage: Usage,
}

/// Why a cassette cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the cassette {path}: {why}")]
pub struct CassetteError {
    path: PathBuf,
    why: String,
}

impl Cassette {
    /// Opens a cassette. One that is not there yet is empty; `anew` forgets what is.
    pub(super) fn open(folder: &Path, name: &str, anew: bool) -> Result<Self, CassetteError> {
        let path = folder.join("cassettes").join(format!("{name}.json"));
        let fail = |why: String| CassetteError { path: path.clone(), why };
        if Path::new(name).components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(fail("its name leads out of the folder `cassettes`".to_owned()));
        }
        let all = match fs::read_to_string(&path) {
            _ if anew => Vec::new(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(fail(error.to_string())),
            Ok(text) => {
                let written: Written =
                    serde_json::from_str(&text).map_err(|error| fail(format!("it is none: {error}")))?;
                if written.version != VERSION {
                    let why =
                        format!("it has version {}, and this agentrun reads {VERSION}", written.version);
                    return Err(fail(why));
                }
                written.entries
            }
        };
        Ok(Self { path, entries: Mutex::new(Entries { all, ..Entries::default() }) })
    }

    /// The answer to a request, in the order they were recorded; the last one repeats.
    pub(super) fn play(&self, request: &ModelRequest, sensitive: &Sensitive) -> Option<ModelReply> {
        let asked = shape(request, sensitive);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Entries { all, played, .. } = &mut *entries;
        let fits: Vec<&Entry> = all.iter().filter(|entry| entry.request == asked).collect();
        let turn = played.entry(hash(&asked)).or_default();
        let entry = fits.get(*turn).or(fits.last())?;
        *turn += 1;
        let Reply { text, tool_calls, finish, refusal, usage } = entry.reply.clone();
        Some(ModelReply {
            text,
            tool_calls,
            finish,
            refusal,
            usage,
            model: Some(entry.by.clone()),
            request_id: None,
        })
    }

    /// Keeps an answer; sensitive texts are replaced first.
    pub(super) fn keep(&self, by: &str, request: &ModelRequest, reply: &ModelReply, sensitive: &Sensitive) {
        let calls = reply.tool_calls.iter().map(|call| ToolCall {
            arguments: sensitive.redact_json(&call.arguments),
            echo: None,
            ..call.clone()
        });
        let entry = Entry {
            effect: request.effect.clone(),
            by: by.to_owned(),
            request: shape(request, sensitive),
            reply: Reply {
                text: sensitive.redact(&reply.text),
                tool_calls: calls.collect(),
                finish: reply.finish.clone(),
                refusal: reply.refusal.as_deref().map(|words| sensitive.redact(words)),
                usage: reply.usage,
            },
        };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.all.push(entry);
        entries.changed = true;
    }

    /// Why a request is not there: the first field in which the nearest recorded one differs.
    pub(super) fn miss(&self, request: &ModelRequest, sensitive: &Sensitive) -> String {
        let asked = shape(request, sensitive);
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path.display();
        let nearest = entries
            .all
            .iter()
            .max_by_key(|entry| (entry.effect == request.effect, common(&entry.request, &asked)));
        match nearest.and_then(|entry| first_difference(&entry.request, &asked, "")) {
            Some(difference) => {
                format!("{path} has no such question: {difference}; record it with `--record`")
            }
            None => format!("{path} is empty; record it with `agentrun test --record`"),
        }
    }

    /// Writes what is new.
    pub(super) fn save(&self) -> Result<(), CassetteError> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.changed {
            return Ok(());
        }
        let fail = |why: String| CassetteError { path: self.path.clone(), why };
        let mut all = entries.all.clone();
        // Side by side, calls end in any order; the file does not show which.
        all.sort_by(|one, other| one.effect.cmp(&other.effect));
        let written = serde_json::to_string_pretty(&Written { version: VERSION, entries: all });
        let written = written.map_err(|error| fail(error.to_string()))?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| fail(error.to_string()))?;
        fs::write(&self.path, written + "\n").map_err(|error| fail(error.to_string()))
    }
}

/// What is asked, as it is compared: sensitive texts replaced, bytes by their hash.
fn shape(request: &ModelRequest, sensitive: &Sensitive) -> Json {
    let mut shape = Map::new();
    shape.insert("messages".into(), request.messages.iter().map(message).collect());
    if !request.tools.is_empty() {
        let tool = |tool: &crate::chat::ToolSpec| json!({ "name": tool.name, "description": tool.description, "parameters": tool.parameters });
        shape.insert("tools".into(), request.tools.iter().map(tool).collect());
    }
    if let Some((_, schema)) = &request.schema {
        shape.insert("schema".into(), schema.clone());
    }
    if let Some(temperature) = request.temperature {
        shape.insert("temperature".into(), temperature.into());
    }
    shape.insert("max_tokens".into(), request.max_tokens.into());
    sensitive.redact_json(&Json::Object(shape))
}

fn message(message: &Message) -> Json {
    let part = |part: &Part| match part {
        Part::Text(text) => json!({ "text": &**text }),
        Part::Media(media) => {
            let bytes = serde_json::to_vec(&media.source).unwrap_or_default();
            json!({ "media": &*media.mime, "sha256": hex(&bytes) })
        }
        Part::ToolCall(call) => json!({ "call": call.name, "arguments": call.arguments }),
        Part::ToolResult(result) => json!({ "result": result.name, "content": &*result.content }),
    };
    json!({ "role": message.role.word(), "parts": message.parts.iter().map(part).collect::<Vec<_>>() })
}

fn hash(json: &Json) -> String {
    hex(json.to_string().as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// How much of two requests is the same, roughly: the bytes up to the first difference.
fn common(one: &Json, other: &Json) -> usize {
    let (one, other) = (one.to_string(), other.to_string());
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

/// The first field in which two values differ, what was recorded there and what is asked now.
fn first_difference(recorded: &Json, asked: &Json, at: &str) -> Option<String> {
    match (recorded, asked) {
        _ if recorded == asked => None,
        (Json::Object(one), Json::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            names.into_iter().find_map(|name| {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                first_difference(
                    one.get(name).unwrap_or(&Json::Null),
                    other.get(name).unwrap_or(&Json::Null),
                    &at,
                )
            })
        }
        (Json::Array(one), Json::Array(other)) => (0..one.len().max(other.len())).find_map(|n| {
            first_difference(
                one.get(n).unwrap_or(&Json::Null),
                other.get(n).unwrap_or(&Json::Null),
                &format!("{at}[{n}]"),
            )
        }),
        (Json::String(one), Json::String(other)) => {
            let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
            let around =
                |text: &str| -> String { text.chars().skip(same.saturating_sub(20)).take(60).collect() };
            Some(format!("`{at}` was {:?}, and is {:?}", around(one), around(other)))
        }
        _ => Some(format!("`{at}` was {}, and is {}", short(recorded), short(asked))),
    }
}

fn short(json: &Json) -> String {
    let text = json.to_string();
    if text.chars().count() > 80 { text.chars().take(79).chain(['…']).collect() } else { text }
}
