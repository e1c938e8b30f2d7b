//! Strings as models write them: with any quotes, line breaks, and quotes inside that nobody escaped.

use super::lenient::{Lenient, Mend, Stop, starts_comment};

/// Which quotes a string stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    /// `"`.
    Double,
    /// `'`.
    Single,
    /// `` ` ``.
    Back,
    /// `“ ”`.
    Curly,
    /// `"""`.
    Triple,
}

impl Quote {
    /// What a character opens.
    pub(super) fn opening(c: char) -> Option<Self> {
        Some(match c {
            '"' => Self::Double,
            '\'' => Self::Single,
            '`' => Self::Back,
            '“' | '”' => Self::Curly,
            _ => return None,
        })
    }

    fn closes(self, c: char) -> bool {
        match self {
            Self::Double | Self::Triple => c == '"',
            Self::Single => c == '\'',
            Self::Back => c == '`',
            Self::Curly => matches!(c, '“' | '”' | '"'),
        }
    }
}

impl Lenient<'_> {
    /// Reads a string from its opening quote on. Where the reply was cut, what there is of it.
    pub(super) fn string(&mut self, quote: Quote, key: bool) -> Result<String, Stop> {
        let triple = quote == Quote::Double && self.rest().starts_with("\"\"\"");
        let quote = if triple { Quote::Triple } else { quote };
        if quote != Quote::Double {
            self.mended.add(Mend::Quotes);
        }
        self.at += if triple { 3 } else { self.peek().map_or(0, char::len_utf8) };
        let mut text = String::new();
        loop {
            // The plain run up to the next character that may mean something.
            let rest = self.rest();
            let run = rest.find(|c: char| c == '\\' || c == '\n' || quote.closes(c)).unwrap_or(rest.len());
            text.push_str(rest.get(..run).unwrap_or(""));
            self.at += run;
            match self.peek() {
                None => {
                    self.ended()?;
                    return Ok(text);
                }
                Some('\\') => self.escape(&mut text),
                Some('\n') => {
                    self.mended.add(Mend::LineBreak);
                    text.push('\n');
                    self.at += 1;
                }
                Some(_) if triple => {
                    if self.rest().starts_with("\"\"\"") {
                        self.at += 3;
                        return Ok(text);
                    }
                    text.push('"');
                    self.at += 1;
                }
                Some(c) => {
                    self.at += c.len_utf8();
                    if self.ends_here(key) {
                        return Ok(text);
                    }
                    self.mended.add(Mend::InnerQuote);
                    text.push(c);
                }
            }
        }
    }

    /// Whether the quote just passed ends the string: what follows must be able to follow a string.
    fn ends_here(&self, key: bool) -> bool {
        let rest = self.rest();
        let next = rest.trim_start();
        let line_broke = rest.get(..rest.len() - next.len()).is_some_and(|blank| blank.contains('\n'));
        match next.chars().next() {
            None => true,
            Some(':') => key,
            Some('}' | ']') => !key,
            Some(',') => !key && self.follows_comma(next.get(1..).unwrap_or("")),
            Some('#' | '/') => next.starts_with('#') || starts_comment(next, 0),
            Some(_) => line_broke && !key,
        }
    }

    /// Whether the text behind a comma can be the next element or field.
    fn follows_comma(&self, rest: &str) -> bool {
        let next = rest.trim_start();
        match next.chars().next() {
            None | Some('}' | ']' | '{' | '[' | ',' | '#' | '/') => true,
            Some(c) if Quote::opening(c).is_some() => true,
            Some(c) if self.in_list() && (c.is_ascii_digit() || c == '-') => true,
            Some(_) => {
                let end =
                    next.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(next.len()).min(64);
                let word = next.get(..end).unwrap_or("");
                let colon = next.get(end..).is_some_and(|rest| rest.trim_start().starts_with(':'));
                colon || ["true", "false", "null", "True", "False", "None"].contains(&word)
            }
        }
    }

    fn escape(&mut self, text: &mut String) {
        let mut chars = self.rest().chars();
        chars.next();
        let Some(c) = chars.next() else {
            self.at += 1;
            return;
        };
        self.at += 1 + c.len_utf8();
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            '"' | '\\' | '/' => text.push(c),
            'u' => self.unicode(text),
            '\'' | '`' | '\n' => {
                self.mended.add(Mend::Escape);
                text.push(c);
            }
            other => {
                self.mended.add(Mend::Escape);
                text.push('\\');
                text.push(other);
            }
        }
    }

    /// `\uXXXX` behind its `u`, with the second half of a pair.
    fn unicode(&mut self, text: &mut String) {
        let Some(first) = self.hex() else {
            self.mended.add(Mend::Escape);
            text.push_str("\\u");
            return;
        };
        if !(0xD800..0xDC00).contains(&first) {
            text.push(char::from_u32(first).unwrap_or('\u{FFFD}'));
            return;
        }
        let back = self.at;
        if self.rest().starts_with("\\u") {
            self.at += 2;
            if let Some(second) = self.hex().filter(|second| (0xDC00..0xE000).contains(second)) {
                let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                text.push(char::from_u32(code).unwrap_or('\u{FFFD}'));
                return;
            }
            self.at = back;
        }
        text.push('\u{FFFD}');
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let code = digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())?;
        self.at += 4;
        code
    }
}
