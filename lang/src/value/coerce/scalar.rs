//! Scalars from text and numbers. Each conversion is one that has a single meaning; what could mean two things is
//! refused.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::lenient::is_number;
use super::raw::Raw;
use crate::ast::Name;
use crate::value::decimal::Decimal;
use crate::value::{Currency, Date, Media, MediaSource, Money, Value};

/// A whole number's text: `3`, `3.0`, `3e2`.
pub(super) fn int(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| Decimal::parse(text)?.to_int())
}

/// A whole number as people write it: `1,234`, `1_000`, `+5`.
pub(super) fn loose_int(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or("");
    let grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    if digits.contains(',') {
        return grouped.then(|| int(&plain.replace(',', "")))?;
    }
    is_number(plain).then(|| int(plain))?
}

/// A number's text as a float; `None` of what is too large for one.
pub(super) fn float(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|float| float.is_finite())
}

/// A number as people write it: `1_000.5`, `1,234.5`, `+.5`. A lone comma may be a decimal one: refused.
pub(super) fn loose_float(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let Some((whole, _)) = plain.split_once('.') else {
        return is_number(plain).then(|| float(plain))?;
    };
    if plain.contains(',') {
        loose_int(whole)?;
        let joined = plain.replace(',', "");
        return is_number(&joined).then(|| float(&joined))?;
    }
    let padded = if whole.is_empty() { format!("0{plain}") } else { plain.to_owned() };
    is_number(&padded).then(|| float(&padded))?
}

/// `{"amount": 12.5, "currency": "USD"}`, its amount a number or a number's text; no currency is USD where that is
/// `lenient`.
pub(super) fn money_object(raw: &Raw, lenient: bool) -> Option<Money> {
    let currency = match raw.get("currency") {
        None | Some(Raw::Null) if lenient => Currency::USD,
        Some(Raw::Text(code)) => Currency::parse(code.trim())?,
        _ => return None,
    };
    match raw.get("amount")? {
        Raw::Number(text) => Money::of_decimal(text, currency),
        Raw::Text(text) if is_number(text.trim()) => Money::of_decimal(text.trim(), currency),
        Raw::Text(text) => Money::parse(text).filter(|money| money.currency == currency),
        _ => None,
    }
}

/// A day, or a moment with its offset.
pub(super) fn date(text: &str) -> Option<Date> {
    text.trim().parse().ok()
}

/// Base64 of either alphabet, with or without its padding.
pub(super) fn bytes(text: &str) -> Option<Arc<[u8]>> {
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(&plain).ok()).map(Into::into)
}

/// Where media may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaFrom {
    /// Nowhere: only a value that is one already.
    Nowhere,
    /// A data URL or an address: nothing that lies on this machine.
    Outside,
    /// A file's path too.
    Anywhere,
}

/// An image or a PDF from a data URL, an address or a path.
pub(super) fn media(text: &str, pdf: bool, from: MediaFrom) -> Option<Media> {
    let text = text.trim();
    if from == MediaFrom::Nowhere || text.is_empty() || text.contains(char::is_control) {
        return None;
    }
    let (mime, source) = if let Some(data) = text.strip_prefix("data:") {
        let (mime, body) = data.split_once(";base64,")?;
        let mime = mime.split(';').next().unwrap_or(mime);
        (mime.to_ascii_lowercase(), MediaSource::Bytes(bytes(body)?))
    } else if text.starts_with("https://") {
        (mime_of(text, pdf), MediaSource::Url(text.into()))
    } else if text.contains("://") {
        return None;
    } else if from == MediaFrom::Anywhere {
        (mime_of(text, pdf), MediaSource::Path(text.into()))
    } else {
        return None;
    };
    let fits = if pdf { mime == "application/pdf" } else { mime.starts_with("image/") };
    fits.then(|| Media { mime: mime.into(), source })
}

/// The media type by a name's ending. An unknown one is what is asked for: the bytes will say.
fn mime_of(name: &str, pdf: bool) -> String {
    let name = name.split(['?', '#']).next().unwrap_or(name).to_ascii_lowercase();
    let known = [
        (".pdf", "application/pdf"),
        (".png", "image/png"),
        (".jpg", "image/jpeg"),
        (".jpeg", "image/jpeg"),
        (".gif", "image/gif"),
        (".webp", "image/webp"),
    ];
    let found = known.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, mime)| *mime);
    found.unwrap_or(if pdf { "application/pdf" } else { "image/*" }).to_owned()
}

/// `true` and `false` in any case, and the answers `yes` and `no`.
pub(super) fn loose_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// The text without what people put around an answer: quotes, emphasis, brackets, a full stop.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "\"'`“”‘’*_.,;:!()[]<>".contains(c))
}

/// The same with what may be part of a number left on.
pub(super) fn bare_number(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || "\"'`“”‘’*".contains(c));
    let end = text.strip_suffix('.').unwrap_or(text);
    end.trim_end_matches(|c: char| c.is_whitespace() || "\"'`“”‘’*".contains(c))
}

/// The one of `words` that `text` is, but for case, and for what [`bare`] takes off, and for `_`, `-` and spaces
/// between words. `None` where it is none, or where two would do.
pub(super) fn word<'w>(text: &str, words: &[&'w Name]) -> Option<&'w Name> {
    let only = |folded: fn(&str) -> String| {
        let wanted = folded(text);
        let mut matching = words.iter().filter(|word| !wanted.is_empty() && folded(word) == wanted);
        matching.next().filter(|_| matching.next().is_none()).copied()
    };
    only(|text| text.trim().to_lowercase()).or_else(|| only(|text| bare(text).to_lowercase())).or_else(|| {
        only(|text| {
            let text = bare(text);
            let minus = if text.starts_with('-') { "-" } else { "" };
            let parts = text.split(|c: char| c.is_whitespace() || "_-".contains(c));
            let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
            format!("{minus}{}", parts.join(" ")).to_lowercase()
        })
    })
}

/// The value of a scalar's text under JSON's own rules, where the JSON is no object or list.
pub(super) fn json_scalar(text: &str) -> Option<Value> {
    match text.trim() {
        "null" => Some(Value::Null),
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        number if is_number(number) => {
            number.parse().map(Value::Int).ok().or_else(|| float(number).map(Value::Float))
        }
        quoted => super::find::json_string(quoted).map(Value::text),
    }
}
