//! Texts of models, tools and files as a terminal may show them: no character of theirs moves the cursor, changes a
//! color, sets a title or turns the direction of writing. It knows nothing of what the texts mean.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text with every character that drives a terminal written as a sign that stands for it; lines and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(|letter| letter != '\n' && letter != '\t' && drives(letter)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' | '\t' => shown.push(letter),
            // One half of a line's end, as some servers and commands write it.
            '\r' if letters.peek() == Some(&'\n') => {}
            _ if drives(letter) => shown.push(sign(letter)),
            _ => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// The same in one line.
pub(crate) fn one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}

/// What a renderer with colors of its own has left of it: the second set of controls.
pub(crate) fn without_c1(text: String) -> String {
    if text.contains(is_c1) { text.replace(is_c1, "\u{fffd}") } else { text }
}

/// A line of JSON that says the same in characters that drive no terminal: JSON itself leaves some of them bare,
/// inside of strings.
pub(crate) fn escaped_json(line: String) -> String {
    if !line.contains(drives) {
        return line;
    }
    let mut escaped = String::with_capacity(line.len() + 16);
    for letter in line.chars() {
        if drives(letter) {
            // Writing to a string does not fail. All of them take one unit of four digits.
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

fn drives(letter: char) -> bool {
    letter.is_control() || turns(letter)
}

fn is_c1(letter: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&letter)
}

/// Characters that turn the direction of what stands around them, and separators that some terminals break at.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A picture of the first set of controls; the rest have none.
fn sign(letter: char) -> char {
    match u32::from(letter) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped_json, one_line, visible};

    #[test]
    fn nothing_drives_the_terminal() {
        for (text, shown) in [
            ("plain\ttext\nand lines", "plain\ttext\nand lines"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "␛[2J␛]0;title␇"),
            ("one\r\ntwo\rthree\r", "one\ntwo␍three␍"),
            ("back\u{8}\u{7f}", "back␈␡"),
            ("\u{9b}31m red", "\u{fffd}31m red"),
            ("pay \u{202e}001$\u{202c}", "pay \u{fffd}001$\u{fffd}"),
            ("Grüße, 世界 👩‍💻", "Grüße, 世界 👩‍💻"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(one_line("a\nb\u{1b}"), "a b␛");
    }

    #[test]
    fn json_says_the_same() {
        let line = serde_json::to_string("a\u{1b}\u{9b}\u{7f}\u{202e}\n").unwrap();
        let escaped = escaped_json(line.clone());
        assert!(escaped.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{escaped}");
        assert_eq!(
            serde_json::from_str::<String>(&escaped).unwrap(),
            serde_json::from_str::<String>(&line).unwrap()
        );
    }
}
