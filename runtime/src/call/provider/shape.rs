//! What a body is, by how it begins.

/// How a body comes, whatever was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As server-sent events.
    Stream,
    /// As one text: JSON, a web page, or whatever else.
    Whole,
}

/// What a body's first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// What it is.
    Is(Shape),
    /// Nothing yet.
    More,
    /// Nothing, and more of them would not either.
    Unclear,
}

/// The most bytes that are read to see what a body is: what comes before its first letter counts, too.
pub(super) const PEEK_CAP: usize = 64 << 10;

/// What a stream's first line begins with.
const FIELDS: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];

/// Reads the first bytes.
pub(super) fn sign(start: &[u8]) -> Sign {
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    match text {
        [b'{' | b'[' | b'"' | b'<', ..] => Sign::Is(Shape::Whole),
        _ if FIELDS.iter().any(|field| text.starts_with(field)) => Sign::Is(Shape::Stream),
        _ if start.len() < PEEK_CAP && FIELDS.iter().any(|field| field.starts_with(text)) => Sign::More,
        _ if start.len() < 3 => Sign::More,
        _ => Sign::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, Sign, sign};

    #[test]
    fn bodies_tell_what_they_are() {
        let cases: [(&[u8], Sign); 14] = [
            (b"", Sign::More),
            (b"\xEF\xBB", Sign::More),
            (b"\r\n\r\n", Sign::More),
            (b"\xEF\xBB\xBF\n{", Sign::Is(Shape::Whole)),
            (b"  <!doctype", Sign::Is(Shape::Whole)),
            (b"[{}]", Sign::Is(Shape::Whole)),
            (b": ping", Sign::Is(Shape::Stream)),
            (b"dat", Sign::More),
            (b"data:{}", Sign::Is(Shape::Stream)),
            (b"\xEF\xBB\xBFevent: x", Sign::Is(Shape::Stream)),
            (b"retry:1", Sign::Is(Shape::Stream)),
            (b"database down", Sign::Unclear),
            (b"Internal error", Sign::Unclear),
            (b"\x1f\x8b\x08", Sign::Unclear),
        ];
        for (start, expected) in cases {
            assert_eq!(sign(start), expected, "{}", String::from_utf8_lossy(start));
        }
        assert_eq!(sign(" ".repeat(super::PEEK_CAP).as_bytes()), Sign::Unclear);
    }
}
