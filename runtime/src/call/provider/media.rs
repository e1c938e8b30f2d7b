//! Attachments as the dialects need them: what kind, and base64 or an address.

use agentrun_lang::value::{Media, MediaSource};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ErrorClass, ProviderError};

/// An attachment that can be sent.
pub(super) struct Attached {
    pub(super) kind: Kind,
    pub(super) mime: String,
    pub(super) source: Source,
}

/// What every provider can be asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Image,
    Pdf,
}

/// Where its bytes are.
pub(super) enum Source {
    /// Here, in base64.
    Base64(String),
    /// Where the provider fetches them.
    Url(String),
}

/// Reads `media`; only an image or a PDF can be sent.
pub(super) fn read(media: &Media) -> Result<Attached, ProviderError> {
    let mime = media.mime.to_ascii_lowercase();
    let kind = match mime.as_str() {
        "application/pdf" => Kind::Pdf,
        image if image.starts_with("image/") => Kind::Image,
        other => {
            let said = format!("a `{other}` cannot be attached: a model takes images and PDF documents");
            return Err(ProviderError::of(ErrorClass::Unsupported, said));
        }
    };
    let source = match &media.source {
        MediaSource::Bytes(bytes) => Source::Base64(STANDARD.encode(bytes)),
        MediaSource::Url(url) => Source::Url(url.to_string()),
        MediaSource::Path(path) => {
            let said = format!("the attachment `{path}` was not read before the call");
            return Err(ProviderError::of(ErrorClass::BadRequest, said));
        }
    };
    Ok(Attached { kind, mime, source })
}

impl Attached {
    /// Its address, or a data URL.
    pub(super) fn url(&self) -> String {
        match &self.source {
            Source::Base64(data) => format!("data:{};base64,{data}", self.mime),
            Source::Url(url) => url.clone(),
        }
    }

    /// True where the provider fetches it.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self.source, Source::Url(_))
    }
}
