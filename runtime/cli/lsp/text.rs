//! Byte offsets to the protocol's lines and characters and back, in the encoding that was agreed on.

use gen_lsp_types::{Position, Range};

/// What a character of a position counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
}

/// A text and where its lines begin. A line ends with `\n`, `\r\n` or `\r`.
#[derive(Clone, Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes
            .iter()
            .enumerate()
            .filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { text, starts, encoding }
    }

    /// The position of an offset; one inside a character or behind the end is taken back to what there is.
    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or("");
        let character = match self.encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        Position { line: number(line), character: number(character) }
    }

    pub(super) fn range(&self, range: std::ops::Range<usize>) -> Range {
        Range { start: self.position(range.start), end: self.position(range.end) }
    }

    /// The offset of a position; one behind its line's end is that end, one behind the last line the text's.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r']);
        let wanted = position.character as usize;
        let mut counted = 0;
        for (at, sign) in content.char_indices() {
            let next = counted + self.width(sign);
            if next > wanted {
                return start + at;
            }
            counted = next;
        }
        start + content.len()
    }

    fn width(&self, sign: char) -> usize {
        match self.encoding {
            Encoding::Utf8 => sign.len_utf8(),
            Encoding::Utf16 => sign.len_utf16(),
        }
    }
}

pub(super) fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use gen_lsp_types::Position;

    use super::{Encoding, Lines};

    #[test]
    fn positions_and_offsets_agree_in_both_encodings() {
        let text = "a\u{e9}\u{1f600}z\r\n\u{1f600}\n\rlast";
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let lines = Lines::of(text, encoding);
            for (offset, _) in text.char_indices().filter(|(_, sign)| !matches!(sign, '\r' | '\n')) {
                assert_eq!(lines.offset(lines.position(offset)), offset, "{encoding:?} {offset}");
            }
            assert_eq!(lines.offset(Position { line: 9, character: 9 }), text.len());
            assert_eq!(lines.offset(Position { line: 0, character: 99 }), text.find('\r').unwrap());
        }
        let z = text.find('z').unwrap();
        assert_eq!(Lines::of(text, Encoding::Utf8).position(z).character, 7);
        assert_eq!(Lines::of(text, Encoding::Utf16).position(z).character, 4);
        // half a character is taken back to its beginning
        assert_eq!(Lines::of(text, Encoding::Utf16).offset(Position { line: 0, character: 3 }), 3);
    }
}
