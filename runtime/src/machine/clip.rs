//! How much of a tool's text anybody reads: its beginning and its end.

/// What is kept of a long text from its beginning, and from its end.
const CLIP: usize = 32 << 10;

/// The text; the middle of one longer than 64 KiB is left out, and how much of it is said.
pub fn clip(text: String) -> String {
    if text.len() <= 2 * CLIP {
        return text;
    }
    let head = text.get(..text.floor_char_boundary(CLIP)).unwrap_or_default();
    let tail = text.get(text.ceil_char_boundary(text.len() - CLIP)..).unwrap_or_default();
    let left_out = text.len() - head.len() - tail.len();
    format!("{head}\n[{left_out} bytes left out]\n{tail}")
}
