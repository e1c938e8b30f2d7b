//! Texts of a fixed-width font: how wide they are, and where long ones are broken.

use super::layout::real;

/// The width of one cell by the font's size.
const CELL: f64 = 0.602;

/// How wide `text` is at a font's size in pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    real(cells(text)) * size * CELL
}

/// `text` in lines of at most `most` cells, at most `lines` of them; the rest is cut off with `…`.
pub(super) fn wrapped(text: &str, most: usize, lines: usize) -> Vec<String> {
    let mut broken: Vec<String> = Vec::new();
    for part in text.lines() {
        let mut line = String::new();
        for word in part.split(' ') {
            let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if cells(&joined) > most && !line.is_empty() {
                broken.push(std::mem::replace(&mut line, word.to_owned()));
            } else {
                line = joined;
            }
        }
        broken.push(line);
    }
    let cut = broken.len() > lines;
    broken.truncate(lines);
    let last = broken.len().saturating_sub(1);
    for (at, line) in broken.iter_mut().enumerate() {
        if cells(line) > most || (cut && at == last) {
            *line = shortened(line, most);
        }
    }
    broken
}

/// `text` cut to `most` cells, the last of them `…`.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut left = most.saturating_sub(1);
    let mut short = String::new();
    for sign in text.chars() {
        let wide = sign_cells(sign);
        if wide > left {
            break;
        }
        left -= wide;
        short.push(sign);
    }
    short.push('…');
    short
}

/// For XML, in text and in quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            // XML takes no other control characters
            _ if sign.is_control() => escaped.push(' '),
            _ => escaped.push(sign),
        }
    }
    escaped
}

fn cells(text: &str) -> usize {
    text.chars().map(sign_cells).sum()
}

/// East Asian signs and emoji take two cells.
fn sign_cells(sign: char) -> usize {
    match u32::from(sign) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
