//! The texts that the editor holds, on top of the files on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::loader::{LoadError, Loader, ModulePath};
use agentrun_runtime::files::FileLoader;
use gen_lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::text::{Encoding, Lines};

/// A text that is open in the editor.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: String,
}

impl Document {
    /// Applies a change of the editor.
    pub(super) fn change(&mut self, change: TextDocumentContentChangeEvent, encoding: Encoding) {
        match change {
            TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                self.text = whole.text;
            }
            TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                let lines = Lines::of(&self.text, encoding);
                let (start, end) = (lines.offset(part.range.start), lines.offset(part.range.end));
                self.text.replace_range(start.min(end)..start.max(end), &part.text);
            }
        }
    }
}

/// Every open text by its path.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    pub(super) open: BTreeMap<ModulePath, Document>,
}

impl Loader for Documents {
    fn load(&self, path: &ModulePath) -> Result<Arc<[u8]>, LoadError> {
        match self.open.get(path) {
            Some(document) => Ok(document.text.as_bytes().into()),
            None => FileLoader.load(path),
        }
    }
}

impl Documents {
    /// The address of a path: an open text's own, else a file's.
    pub(super) fn uri(&self, path: &ModulePath) -> Option<Uri> {
        if let Some(document) = self.open.get(path) {
            return Some(document.uri.clone());
        }
        match path {
            ModulePath::File(path) => Some(file_uri(path)),
            ModulePath::Std(_) => None,
        }
    }
}

/// The path that an address means. One that is no file keeps its whole text, which no import reaches.
pub(super) fn path_of(uri: &str) -> ModulePath {
    match file_path(uri) {
        Some(path) => ModulePath::file(path),
        None => ModulePath::File(uri.into()),
    }
}

/// The path of a file's address.
pub(super) fn file_path(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.get(rest.find('/')?..)?;
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = code
            .and_then(|code| std::str::from_utf8(code).ok())
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or(&[]);
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// The address of a file.
fn file_uri(path: &str) -> Uri {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let mut uri = String::from("file://");
    for byte in absolute.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    Uri(uri)
}

/// The `.agent` files of a folder, as many as are worth looking through.
pub(super) fn files_below(root: &Path) -> Vec<ModulePath> {
    const MOST: usize = 2000;
    let files = crate::files::agent_files(&[root.to_path_buf()]).unwrap_or_default();
    files.iter().take(MOST).map(|file| crate::files::module_path(file)).collect()
}
