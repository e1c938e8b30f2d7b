//! Small questions of a text: the word around an offset.

/// True of a letter, a digit or `_`.
pub(super) fn is_word(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// Where the word begins that ends at `offset`; `offset` itself where none does.
pub(super) fn word_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or("");
    before.trim_end_matches(is_word).len()
}
