//! A reader of JSON as models write it: comments, single and curly quotes, keys without quotes, commas too many or
//! too few, Python's words, line breaks and bare quotes in strings, a closing bracket that was forgotten. What it
//! mended it says. It never guesses an end: JSON that stops midway is completed only where the caller knows that
//! the reply was cut.

use super::quoted::Quote;
use super::raw::Raw;
use crate::value::MAX_NESTING;

/// What was mended, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mended(u16);

/// One kind of mending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    Comment,
    Quotes,
    BareKey,
    BareText,
    Comma,
    Word,
    LineBreak,
    InnerQuote,
    Escape,
    Number,
    Close,
    Cut,
}

/// Each mending with the words a note has for it.
const MENDS: [(Mend, &str); 12] = [
    (Mend::Comment, "comments"),
    (Mend::Quotes, "other quotes than `\"`"),
    (Mend::BareKey, "keys without quotes"),
    (Mend::BareText, "texts without quotes"),
    (Mend::Comma, "commas too many or too few"),
    (Mend::Word, "words such as `True` or `None`"),
    (Mend::LineBreak, "line breaks inside strings"),
    (Mend::InnerQuote, "quotes inside strings"),
    (Mend::Escape, "escapes that JSON does not know"),
    (Mend::Number, "numbers that JSON does not know"),
    (Mend::Close, "brackets that were not closed"),
    (Mend::Cut, "an end that was cut off"),
];

impl Mended {
    pub(super) fn add(&mut self, mend: Mend) {
        self.0 |= 1 << mend as u16;
    }

    pub(super) fn has(self, mend: Mend) -> bool {
        self.0 & (1 << mend as u16) != 0
    }

    pub(super) fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(super) fn words(self) -> impl Iterator<Item = &'static str> {
        MENDS.iter().filter(move |(mend, _)| self.has(*mend)).map(|(_, words)| *words)
    }
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It is no JSON, not even loosely.
    Syntax,
    /// The text ended inside it.
    End,
    /// It is nested too deeply.
    Depth,
}

/// What was read, and where it ended.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) raw: Raw,
    pub(super) mended: Mended,
    pub(super) end: usize,
}

/// Reads one object or list (or any value, where `text` starts with one) from byte `start` on. With `cut`, a text
/// that ends midway is completed. `work` is taken down by the bytes that were looked at; at zero it is no JSON.
pub(super) fn read(text: &str, start: usize, cut: bool, work: &mut usize) -> Result<Read, Stop> {
    let mut reader =
        Lenient { text, at: start, cut, objects: 0, lists: 0, mended: Mended::default(), missing: false };
    let raw = reader.value();
    *work = work.saturating_sub(reader.at.saturating_sub(start) + 1);
    match raw {
        Ok(Some(raw)) => Ok(Read { raw, mended: reader.mended, end: reader.at }),
        Ok(None) => Err(Stop::End),
        Err(stop) => Err(stop),
    }
}

pub(super) struct Lenient<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    cut: bool,
    objects: usize,
    lists: usize,
    pub(super) mended: Mended,
    /// The text ended where something had to follow.
    missing: bool,
}

/// A value, or `None` where the text was cut before one.
type Found = Result<Option<Raw>, Stop>;

impl<'t> Lenient<'t> {
    fn value(&mut self) -> Found {
        self.blanks();
        match self.peek() {
            None => self.ended().map(|()| None),
            Some('{') => self.object(),
            Some('[') => self.list(),
            Some(c) => match Quote::opening(c) {
                Some(quote) => self.string(quote, false).map(|text| Some(Raw::Text(text))),
                None => self.bare(),
            },
        }
    }

    fn object(&mut self) -> Found {
        self.open()?;
        self.objects += 1;
        let mut fields = Vec::new();
        while !self.closed('}', ']', self.lists > 0)? {
            let Some(key) = self.key()? else { break };
            if !self.missing {
                self.blanks();
                match self.peek() {
                    Some(':') => self.at += 1,
                    None => self.ended()?,
                    Some(_) => return Err(Stop::Syntax),
                }
            }
            if self.missing {
                break;
            }
            let Some(value) = self.value()? else { break };
            fields.push((key, value));
            self.comma(false)?;
        }
        self.objects -= 1;
        Ok(Some(Raw::Object(fields)))
    }

    fn list(&mut self) -> Found {
        self.open()?;
        self.lists += 1;
        let mut items = Vec::new();
        while !self.closed(']', '}', self.objects > 0)? {
            let Some(item) = self.value()? else { break };
            items.push(item);
            self.comma(true)?;
        }
        self.lists -= 1;
        Ok(Some(Raw::List(items)))
    }

    fn open(&mut self) -> Result<(), Stop> {
        if self.objects + self.lists >= MAX_NESTING {
            return Err(Stop::Depth);
        }
        self.at += 1;
        Ok(())
    }

    /// Takes the closing bracket. One that belongs to what stands around closes this one too.
    fn closed(&mut self, own: char, other: char, around: bool) -> Result<bool, Stop> {
        self.blanks();
        while self.peek() == Some(',') {
            self.mended.add(Mend::Comma);
            self.at += 1;
            self.blanks();
        }
        match self.peek() {
            None => self.ended().map(|()| true),
            Some(c) if c == own => {
                self.at += 1;
                Ok(true)
            }
            Some(c) if c == other && around => {
                self.mended.add(Mend::Close);
                Ok(true)
            }
            Some(c) if c == other => Err(Stop::Syntax),
            Some(_) => Ok(false),
        }
    }

    /// Takes the comma behind an element, and says so where there should be one and is none.
    fn comma(&mut self, in_list: bool) -> Result<(), Stop> {
        if self.missing {
            return Ok(());
        }
        self.blanks();
        match self.peek() {
            Some(',') => {
                self.at += 1;
                self.blanks();
                if matches!(self.peek(), Some('}' | ']')) {
                    self.mended.add(Mend::Comma);
                }
            }
            Some('}' | ']') => {}
            Some(';') if !in_list => return Err(Stop::Syntax),
            Some(_) => self.mended.add(Mend::Comma),
            None => self.ended()?,
        }
        Ok(())
    }

    fn key(&mut self) -> Result<Option<String>, Stop> {
        if let Some(quote) = self.peek().and_then(Quote::opening) {
            let key = self.string(quote, true)?;
            return Ok((!self.missing).then_some(key));
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-$. ".contains(c))).unwrap_or(rest.len());
        let key = rest.get(..end).unwrap_or("").trim_end();
        if key.is_empty() || key.len() > 64 {
            return Err(Stop::Syntax);
        }
        self.at += end;
        self.mended.add(Mend::BareKey);
        Ok(Some(key.to_owned()))
    }

    /// A number, a word of JSON or of Python, or a text without quotes.
    fn bare(&mut self) -> Found {
        let rest = self.rest();
        let mut end = rest.len();
        let mut before = ' ';
        for (at, c) in rest.char_indices() {
            let comment = before.is_whitespace() && (c == '#' || starts_comment(rest, at));
            let colon = c == ':' && !rest.get(at + 1..).is_some_and(|rest| rest.starts_with("//"));
            if comment || ",}]\n".contains(c) {
                end = at;
                break;
            }
            if colon || "{[\"".contains(c) || at > 200 {
                return Err(Stop::Syntax);
            }
            before = c;
        }
        let word = rest.get(..end).unwrap_or("").trim();
        self.at += end;
        if self.peek().is_none() && self.objects + self.lists > 0 {
            // The text ends in the word: it may have gone on.
            return self.ended().map(|()| None);
        }
        if word.is_empty() || word.contains("...") || word.contains('…') {
            return Err(Stop::Syntax);
        }
        Ok(Some(self.word(word)))
    }

    fn word(&mut self, word: &str) -> Raw {
        if is_number(word) {
            return Raw::Number(word.to_owned());
        }
        match word {
            "true" => return Raw::Bool(true),
            "false" => return Raw::Bool(false),
            "null" => return Raw::Null,
            "NaN" | "nan" | "Infinity" | "-Infinity" | "inf" | "-inf" => {
                self.mended.add(Mend::Number);
                return Raw::NoNumber(word.to_owned());
            }
            _ => {}
        }
        let lower = word.to_ascii_lowercase();
        if ["true", "false", "null", "none", "undefined", "nil"].contains(&lower.as_str()) {
            self.mended.add(Mend::Word);
            return match lower.as_str() {
                "true" => Raw::Bool(true),
                "false" => Raw::Bool(false),
                _ => Raw::Null,
            };
        }
        if let Some(number) = loose_number(word) {
            self.mended.add(Mend::Number);
            return Raw::Number(number);
        }
        self.mended.add(Mend::BareText);
        Raw::Text(word.to_owned())
    }

    /// White space and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            let comment = if trimmed.starts_with("//") || trimmed.starts_with('#') {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            self.mended.add(Mend::Comment);
            self.at += comment;
        }
    }

    /// The text has ended too early: an error, unless the caller knows that it was cut.
    pub(super) fn ended(&mut self) -> Result<(), Stop> {
        if !self.cut {
            return Err(Stop::End);
        }
        self.missing = true;
        self.mended.add(Mend::Cut);
        Ok(())
    }

    pub(super) fn in_list(&self) -> bool {
        self.lists > 0
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
}

pub(super) fn starts_comment(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with("//") || rest.starts_with("/*"))
}

/// A number by JSON's own grammar.
pub(super) fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(left, right)| (left, Some(right)));
    let (whole, fraction) =
        number.split_once('.').map_or((number, None), |(left, right)| (left, Some(right)));
    let exponent = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

/// `+5`, `.5`, `5.`, `1_000`, `007` as JSON would write it.
fn loose_number(word: &str) -> Option<String> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", word.strip_prefix('+').unwrap_or(word)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain = digits.replace('_', "");
    let plain = plain.strip_suffix('.').unwrap_or(&plain);
    let plain = if plain.starts_with('.') { format!("0{plain}") } else { plain.to_owned() };
    let trimmed = plain.trim_start_matches('0');
    let plain = if trimmed.starts_with(|c: char| c.is_ascii_digit()) { trimmed } else { &plain };
    let number = format!("{sign}{plain}");
    is_number(&number).then_some(number)
}
