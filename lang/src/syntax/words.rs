//! From pest's rules and the text to words a person reads.

use super::grammar::Rule;

/// What could have stood there, each once, in the order of the list below.
pub(super) fn expected(rules: &[Rule]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = rules.iter().filter_map(|rule| word(*rule)).collect();
    words.sort_by_key(|word| ORDER.iter().position(|known| known == word).unwrap_or(0));
    words.dedup();
    let only_closing = words.len() > 1;
    words.retain(|word| !(only_closing && WEAK.contains(word)));
    words
}

const ORDER: &[&str] = &["a name", "a value", "a type", "an operator"];

/// Said only where nothing else is expected.
const WEAK: &[&str] = &["an operator", "`(`", "the end"];

fn word(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::arrow => "`->`",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::eq => "`=`",
        Rule::bar => "`|`",
        Rule::at => "`@`",
        Rule::lbrace | Rule::body | Rule::record | Rule::cases => "`{`",
        Rule::rbrace => "`}`",
        Rule::lparen | Rule::params | Rule::call => "`(`",
        Rule::rparen => "`)`",
        Rule::rbrack => "`]`",
        Rule::langle => "`<`",
        Rule::rangle => "`>`",
        Rule::kw_in => "`in`",
        Rule::kw_before => "`before`",
        Rule::ident | Rule::word | Rule::path | Rule::import_name | Rule::param => "a name",
        Rule::expr | Rule::object | Rule::list | Rule::arg | Rule::pattern => "a value",
        Rule::ty | Rule::ty_one | Rule::map_ty => "a type",
        Rule::string | Rule::quote => "a string",
        Rule::number => "a number",
        Rule::target => "a state, `return`, `fail`, `next` or `break`",
        Rule::op | Rule::kw_and | Rule::kw_or | Rule::is | Rule::member | Rule::index | Rule::cast => {
            "an operator"
        }
        Rule::EOI => "the end",
        _ => return None,
    })
}

/// The token at an offset; empty at the end of the text.
pub(super) fn token(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or("");
    let word = |sign: char| sign.is_alphanumeric() || sign == '_';
    let Some(first) = rest.chars().next() else {
        return "";
    };
    let end = match first {
        '"' => rest.get(1..).and_then(|rest| rest.find(['"', '\n'])).map_or(rest.len(), |end| end + 2),
        _ if word(first) => rest.find(|sign| !word(sign)).unwrap_or(rest.len()),
        _ => ["->", "==", "!=", "<=", ">=", "&&", "||", "??", "=>"]
            .iter()
            .find(|sign| rest.starts_with(**sign))
            .map_or(first.len_utf8(), |sign| sign.len()),
    };
    rest.get(..end).unwrap_or("")
}

/// The token at an offset, as it is named in a message.
pub(super) fn found(text: &str, at: usize) -> String {
    let token = token(text, at);
    match token.chars().next() {
        None => "the end".to_owned(),
        Some('\n' | '\r') => "the end of the line".to_owned(),
        Some('"') => "a string".to_owned(),
        Some(_) => format!("`{token}`"),
    }
}

/// Where the token before an offset ends, comments and blanks left out.
pub(super) fn end_before(text: &str, at: usize) -> usize {
    let mut before = text.get(..at).unwrap_or("").trim_end();
    loop {
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let last = before.get(line..).unwrap_or("");
        let Some(comment) = comment_of(last) else {
            return before.len();
        };
        before = before.get(..line + comment).unwrap_or("").trim_end();
    }
}

/// Where a comment begins in a line of code.
fn comment_of(line: &str) -> Option<usize> {
    let mut in_string = false;
    let mut escaped = false;
    for (at, sign) in line.char_indices() {
        match sign {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '#' if !in_string => return Some(at),
            _ => {}
        }
    }
    None
}
