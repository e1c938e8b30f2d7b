//! The texts of an entry, told from what stays of it: what a person, a model or a tool said. An entry's shape, its
//! ids, times and costs are no texts.

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

/// Changes every text of an entry, which is JSON as [`EntryKind`](crate::journal::EntryKind) writes it: into a
/// reference, or back. What is `null` says nothing, and stays.
pub(super) fn each_text<E>(
    entry: &mut Json,
    change: &mut dyn FnMut(&mut Json) -> Result<(), E>,
) -> Result<(), E> {
    let word = |entry: &Json, name| entry.get(name).and_then(Json::as_str).map(str::to_string);
    let human = word(entry, "kind").is_some_and(|kind| kind == "human");
    let places: &[&str] = match word(entry, "entry").as_deref() {
        Some("requested") if human => &["/arguments", "/what"],
        Some("requested") => &["/arguments"],
        Some("happened" | "late") => EVENT,
        Some("noted") => &["/note/Left/result/Ok"],
        Some("finished") => &["/end/result", "/end/error/failure/message"],
        _ => &[],
    };
    for place in places {
        if let Some(text) = entry.pointer_mut(place) {
            one(text, change)?;
        }
    }
    for (list, fields) in LISTS {
        let Some(items) = entry.pointer_mut(list).and_then(Json::as_array_mut) else { continue };
        for item in items {
            for field in *fields {
                if let Some(text) = item.pointer_mut(field) {
                    one(text, change)?;
                }
            }
        }
    }
    Ok(())
}

/// Where texts stand in an event.
const EVENT: &[&str] = &[
    "/event/kind/Begin/caller",
    "/event/kind/Finished/outcome/result/Ok/Model/value",
    "/event/kind/Finished/outcome/result/Ok/Model/text",
    "/event/kind/Finished/outcome/result/Ok/Tool/0",
    "/event/kind/Finished/outcome/result/Ok/Human",
    "/event/kind/Finished/outcome/result/Err/message",
];

/// Lists in an event, and where texts stand in each of their items.
const LISTS: &[(&str, &[&str])] = &[
    ("/event/kind/Begin/input", &[""]),
    ("/event/kind/Finished/outcome/result/Ok/Model/tool_calls", &["/arguments", "/echo"]),
];

fn one<E>(text: &mut Json, change: &mut dyn FnMut(&mut Json) -> Result<(), E>) -> Result<(), E> {
    if text.is_null() { Ok(()) } else { change(text) }
}

/// A text as it is kept, and what stands for it in the entry.
pub(super) struct Lifted {
    /// As it is kept: a string bare, everything else as JSON.
    pub(super) body: String,
    /// SHA-256 of the salt and the body.
    pub(super) hash: [u8; 32],
    /// What stands in its place.
    pub(super) reference: Json,
}

/// Lifts a text out of its entry.
pub(super) fn lift(text: Json, salt: &[u8]) -> Lifted {
    let (form, body) = match text {
        Json::String(text) => ('t', text),
        json => ('j', json.to_string()),
    };
    let mut digest = Sha256::new();
    digest.update(salt);
    digest.update(body.as_bytes());
    let digest = digest.finalize();
    let reference = Json::String(format!("{form}{digest:x}"));
    Lifted { body, hash: digest.into(), reference }
}

/// What a reference says: whether a bare text stands behind it, and under which hash. `None` where it is none.
pub(super) fn reference(json: &Json) -> Option<(bool, Vec<u8>)> {
    let text = json.as_str()?;
    let hex = text.strip_prefix(['t', 'j'])?;
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let hash = (0..hex.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?;
    Some((text.starts_with('t'), hash))
}
