//! Signs of other languages outside strings (`;`, `//`, `=>`, other quotes): reported where they stand and mended, so
//! that nothing else is said because of them.

use super::error;
use super::scan::Scanner;

/// How far a quote of another language is looked for.
const MOST_QUOTED: usize = 512;

/// Signs of more than one letter that editors draw as one.
const DRAWN: &[(char, &str)] =
    &[('→', "->"), ('⇒', "->"), ('⟶', "->"), ('≥', ">="), ('≤', "<="), ('≠', "!=")];

/// Characters without width that are no blanks by themselves.
const INVISIBLE: &[char] = &['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}'];

impl Scanner<'_> {
    /// Signs of other languages, reported once and mended.
    pub(super) fn other(&mut self, byte: u8) {
        match byte {
            b';' => {
                self.scan.diagnostics.push(error::semicolon(self.span(self.at, self.at + 1)));
                self.put(self.at, b" ");
            }
            b'/' if self.byte(self.at + 1) == b'/' => {
                self.scan.diagnostics.push(error::slashes(self.span(self.at, self.at + 2)));
                let end = self.end_of_line(self.at);
                self.put(self.at, &vec![b' '; end - self.at]);
                self.at = end;
                return;
            }
            b'/' if self.byte(self.at + 1) == b'*' => return self.comment_block(),
            0x80.. => return self.beyond_ascii(),
            b'=' | b'~' | b'-' if let Some((sign, mended)) = self.arrow_meant() => {
                let span = self.span(self.at, self.at + sign.len());
                self.scan.diagnostics.push(error::other_arrow(span, sign));
                self.put(self.at, mended);
                self.at += sign.len() - 1;
            }
            b'-' if self.byte(self.at + 1) == b'>' => self.at += 1,
            b'\'' => return self.single_quotes(),
            _ => {}
        }
        self.at += 1;
    }

    /// An arrow of another language, and `->` in as many bytes.
    fn arrow_meant(&self) -> Option<(&'static str, &'static [u8])> {
        let arrows: [(&str, &[u8]); 4] = [("=>", b"->"), ("~>", b"->"), ("-->", b"-> "), ("- >", b"-> ")];
        arrows.into_iter().find(|(sign, _)| self.starts(self.at, sign.as_bytes()))
    }

    /// A character that is no ASCII: blanks nobody sees, quotes and arrows that an editor drew.
    fn beyond_ascii(&mut self) {
        let Some(sign) = self.source.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
            self.at += 1;
            return;
        };
        if sign == '\u{201c}' {
            return self.curly_quotes();
        }
        let length = sign.len_utf8();
        let span = self.span(self.at, self.at + length);
        let drawn = DRAWN.iter().find(|(drawn, _)| *drawn == sign);
        if let Some((_, write)) = drawn {
            self.scan.diagnostics.push(error::drawn_sign(span, sign, write));
            self.put(self.at, format!("{write:<length$}").as_bytes());
        } else if sign.is_whitespace() || INVISIBLE.contains(&sign) {
            self.scan.diagnostics.push(error::invisible(span, sign));
            self.put(self.at, " ".repeat(length).as_bytes());
        }
        self.at += length;
    }

    /// `/* … */` becomes blanks.
    fn comment_block(&mut self) {
        self.scan.diagnostics.push(error::comment_block(self.span(self.at, self.at + 2)));
        let rest = self.source.text.get(self.at..).unwrap_or("");
        let length = if self.no_comment_end { None } else { rest.find("*/") };
        self.no_comment_end = length.is_none();
        let end = length.map_or_else(|| self.end_of_line(self.at), |length| self.at + length + 2);
        if let Some(region) = self.scan.text.get_mut(self.at..end) {
            region.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
    }

    /// `\u{201c}text\u{201d}` on one line becomes `"text"`.
    fn curly_quotes(&mut self) {
        let begin = self.at + 3;
        let near = self.near(begin);
        let closing = "\u{201d}".as_bytes();
        let close = near.windows(3).position(|signs| signs == closing).filter(|close| fits(near, *close));
        let Some(close) = close.map(|close| begin + close) else {
            self.at = begin;
            return;
        };
        self.scan.diagnostics.push(error::curly_quotes(self.span(self.at, close + 3)));
        self.put(self.at, b"  \"");
        self.put(close, b"\"  ");
    }

    /// `'text'` on one line becomes `"text"`.
    fn single_quotes(&mut self) {
        let begin = self.at + 1;
        let near = self.near(begin);
        let ends = |at: usize| near.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric());
        let close = near.iter().enumerate().position(|(at, byte)| *byte == b'\'' && ends(at));
        let Some(close) = close.filter(|close| fits(near, *close)).map(|close| begin + close) else {
            self.at = begin;
            return;
        };
        self.scan.diagnostics.push(error::single_quotes(self.span(self.at, close + 1)));
        self.put(self.at, b"\"");
        self.put(close, b"\"");
    }

    /// The bytes of the same line from `begin` on, as far as a closing quote is looked for.
    fn near(&self, begin: usize) -> &[u8] {
        let rest = self.scan.text.get(begin..).unwrap_or(&[]);
        let rest = rest.get(..MOST_QUOTED).unwrap_or(rest);
        let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        rest.get(..line).unwrap_or(rest)
    }
}

/// True where a text of this length can stand in double quotes as it is.
fn fits(text: &[u8], length: usize) -> bool {
    !text.get(..length).unwrap_or(&[]).contains(&b'"')
}
