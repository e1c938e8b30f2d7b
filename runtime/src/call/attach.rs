//! Reads the files that a prompt attaches, before anyone counts or sends them. What a file holds is believed, not its
//! name: only an image or a PDF goes out.

use std::path::Path;
use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::value::{Media, MediaSource};
use tokio::fs;

use super::error::CallError;
use super::request::CallRequest;
use crate::chat::Part;

/// The largest file that a provider takes.
const MOST: u64 = 20 * 1024 * 1024;

/// The first bytes of what can be attached, and what it is then.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
];

/// The same request with every attached file in it. Paths are relative to `folder`.
pub(super) async fn read(mut request: CallRequest, folder: &Path) -> Result<CallRequest, CallError> {
    for part in request.call.messages.iter_mut().flat_map(|message| &mut message.parts) {
        if let Part::Media(media) = part
            && let MediaSource::Path(path) = &media.source
        {
            let bytes = open(path, folder).await?;
            let mime =
                mime(&bytes).ok_or_else(|| unreadable(path, "it is no PNG, JPEG, GIF, WebP or PDF"))?;
            *media = Media { mime: mime.into(), source: MediaSource::Bytes(bytes) };
        }
    }
    Ok(request)
}

async fn open(path: &Name, folder: &Path) -> Result<Arc<[u8]>, CallError> {
    let file = folder.join(&**path);
    let about = fs::metadata(&file).await.map_err(|error| unreadable(path, error.to_string()))?;
    if about.len() > MOST {
        let megabytes = about.len().div_ceil(1024 * 1024);
        return Err(unreadable(
            path,
            format!("it has {megabytes} MB, at most {} are sent", MOST / 1024 / 1024),
        ));
    }
    let bytes = fs::read(&file).await.map_err(|error| unreadable(path, error.to_string()))?;
    Ok(bytes.into())
}

fn mime(bytes: &[u8]) -> Option<&'static str> {
    let riff = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if riff {
        return Some("image/webp");
    }
    SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)).map(|(_, mime)| *mime)
}

fn unreadable(path: &Name, reason: impl Into<String>) -> CallError {
    CallError::Media { path: path.clone(), reason: reason.into() }
}
