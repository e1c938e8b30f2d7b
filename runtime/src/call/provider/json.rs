//! JSON as servers send it, with what they get wrong about it.

use std::borrow::Cow;

use serde_json::Value;

/// Reads JSON, also behind a byte order mark, and where a character's two halves were torn apart.
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).ok().or_else(|| {
        let text = std::str::from_utf8(bytes).ok()?;
        match with_whole_characters(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(mended) => serde_json::from_str(&mended).ok(),
        }
    })
}

/// `\ud83d` alone is half a character: servers that cut their answers by such halves send one in each piece.
fn with_whole_characters(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = match (half(text, escape), half(text, escape + 6)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => escape + 12,
            (Some(0xD800..0xE000), _) => {
                out.push_str(text.get(from..escape).unwrap_or_default());
                out.push_str("\\ufffd");
                from = escape + 6;
                from
            }
            // What is escaped is no escape itself.
            _ => escape + 2,
        };
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// The number of the `\uXXXX` at `at`.
fn half(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn halves_of_characters_are_marked_and_whole_ones_kept() {
        let cases: [(&str, Option<serde_json::Value>); 8] = [
            (r#""\ud83d\ude00""#, Some(json!("😀"))),
            (r#""a\ud83d""#, Some(json!("a\u{FFFD}"))),
            (r#""\ude00b""#, Some(json!("\u{FFFD}b"))),
            (r#""\ud83d\ud83d\ude00""#, Some(json!("\u{FFFD}😀"))),
            (r#""\\ud83d \ud83d é""#, Some(json!("\\ud83d \u{FFFD} é"))),
            ("\u{FEFF}{}", Some(json!({}))),
            (r#""\ud83"#, None),
            ("\\", None),
        ];
        for (text, value) in cases {
            assert_eq!(read(text.as_bytes()), value, "{text}");
        }
    }
}
