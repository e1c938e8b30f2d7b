//! Checks every program of some documents with one call of `agentrun check`.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::markdown::Document;
use crate::support::command::Agentrun;

/// What a page cannot show as it is, and what stands for it there.
const STAND_INS: &[(&str, &[u8])] = &[("\u{FFFD}", b"\xE9"), ("\u{2408}", b"\x08")];

/// Something found in a program of a document.
pub(super) struct Finding {
    /// The document's name.
    pub(super) document: String,
    /// Whether it is in the document's first program, or in a file beside that.
    pub(super) in_first: bool,
    line: usize,
    /// The code.
    pub(super) code: String,
    /// `error` or `warning`.
    pub(super) severity: String,
    message: String,
    place: Value,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.place["start"]["line"].as_u64().unwrap_or(0);
        let line = self.line as u64 + at;
        write!(f, "{}:{line}: {} {}", self.document, self.code, self.message)
    }
}

/// Everything found in the programs of some documents. A program is a folder's `main.agent`; one whose second line is a
/// comment with a file's name (`# b.agent`) is that file beside the one above it.
pub(super) fn check_all(documents: &[Document]) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut programs = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let mut first = None;
        let mut home = String::new();
        for block in document.programs() {
            let named = block.text.lines().nth(1).and_then(|line| line.strip_prefix("# "));
            let named = named.map(str::trim).filter(|name| is_file(name));
            if named.is_none() || first.is_none() {
                home = format!("{number}_{}", block.line);
            }
            let in_first = *first.get_or_insert_with(|| home.clone()) == home;
            let file = format!("{home}/{}", named.unwrap_or("main.agent"));
            fs::create_dir_all(folder.path().join(&home)).expect("a folder");
            fs::write(folder.path().join(&file), bytes(&block.text)).expect("the program can be written");
            programs.push((file, document.name.clone(), in_first, block.line));
        }
    }
    let ran = Agentrun::with(&["check", "--format", "json"]).folder(folder.path()).run();
    assert!(matches!(ran.code, 0 | 3), "`agentrun check` ended with {}\n{}", ran.code, ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("`check` prints JSON");
    let list = report["diagnostics"].as_array().expect("a list of findings");
    list.iter()
        .map(|found| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let file = text(&found["place"]["file"]);
            let (_, document, in_first, line) =
                programs.iter().find(|(known, ..)| *known == file).expect("a finding is in a program");
            Finding {
                document: document.clone(),
                in_first: *in_first,
                line: *line,
                code: text(&found["code"]),
                severity: text(&found["severity"]),
                message: text(&found["message"]),
                place: found["place"].clone(),
            }
        })
        .collect()
}

fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (shown, meant) in STAND_INS {
        while let Some(at) = bytes.windows(shown.len()).position(|window| window == shown.as_bytes()) {
            bytes.splice(at..at + shown.len(), meant.iter().copied());
        }
    }
    bytes
}

fn is_file(name: &str) -> bool {
    !name.contains(' ') && Path::new(name).extension().is_some_and(|extension| extension == "agent")
}
