//! From pest's rules and the text to words a person reads.

use super::grammar::Rule;

/// Where a strict parse failed, and the rules that could have stood there.
pub(super) struct Fault {
    /// In the chunk.
    pub(super) at: usize,
    pub(super) rules: Vec<Rule>,
}

impl Fault {
    /// True where one of `rules` could have stood.
    pub(super) fn has(&self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.rules.contains(rule))
    }

    /// True where a member or an expression could have ended.
    pub(super) fn ended(&self) -> bool {
        // A strict parse that takes nothing at all names itself.
        self.has(&[Rule::EOI, Rule::probe_members, Rule::probe_fields, Rule::probe_cases, Rule::probe_decls])
    }

    /// True where nothing else could have stood.
    pub(super) fn only(&self, rule: Rule) -> bool {
        self.has(&[rule]) && self.rules.iter().all(|other| *other == rule || word(*other).is_none())
    }

    /// True where a value could have stood.
    pub(super) fn wants_value(&self) -> bool {
        self.has(&[Rule::expr, Rule::own, Rule::paren, Rule::list])
    }

    /// True where a reference or a new name could have stood.
    pub(super) fn wants_name(&self) -> bool {
        self.has(&[Rule::ident, Rule::path, Rule::param, Rule::import_name]) || self.wants_value()
    }

    /// What could have stood there, each once, the likely ones alone where there are some.
    pub(super) fn expected(&self, text: &str) -> Vec<&'static str> {
        let value = self.wants_value();
        let mut words: Vec<&'static str> = if value { vec![VALUE] } else { Vec::new() };
        words.extend(
            self.rules.iter().filter(|rule| !(value && is_primary(**rule))).filter_map(|rule| word(*rule)),
        );
        if self.has(&[Rule::kw_in]) && !self.has(&[Rule::op]) {
            words.push("`in`");
        }
        words.sort_by_key(|word| ORDER.iter().position(|known| known == word).unwrap_or(ORDER.len()));
        words.dedup();
        // A strict parse takes an end wherever a member has ended: then what follows is simply none.
        let ended = self.ended();
        // `when:` would be a field, but whoever writes `when` means an edge.
        let opener = OPENERS.contains(&word_before(text.get(..self.at).unwrap_or("").trim_end()));
        let weak = |word: &str| {
            WEAK.contains(&word) || (ended && ["`,`", NAME].contains(&word)) || (opener && word == "`:`")
        };
        let strong: Vec<&'static str> = words.iter().copied().filter(|word| !weak(word)).collect();
        if strong.is_empty() && !ended {
            words.retain(|word| [NAME, "`=`", "`:`", "`(`"].contains(word));
            return words;
        }
        strong
    }
}

const NAME: &str = "a name";

const VALUE: &str = "a value";

const ORDER: &[&str] = &[NAME, VALUE, "a type", "`->`", "`:`", "`,`"];

/// Said only where nothing else is expected.
const WEAK: &[&str] = &["an operator", "`(`", "`|`", "`@`", "`=`", "`[`", "the end"];

const OPENERS: &[&str] = &[
    "when", "else", "on", "var", "require", "each", "ask", "plan", "call", "loop", "branch", "parallel",
    "run", "approve", "wait", "recall", "remember", "forget", "open", "let", "mock", "expect", "snapshot",
];

fn word(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::arrow => "`->`",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::eq => "`=`",
        Rule::bar => "`|`",
        Rule::at | Rule::attr => "`@`",
        Rule::lbrace | Rule::body | Rule::record | Rule::cases => "`{`",
        Rule::rbrace | Rule::unclosed => "`}`",
        Rule::lparen | Rule::params | Rule::call => "`(`",
        Rule::rparen => "`)`",
        Rule::lbrack => "`[`",
        Rule::rbrack => "`]`",
        Rule::langle => "`<`",
        Rule::rangle => "`>`",
        Rule::kw_before => "`before`",
        Rule::word | Rule::ident | Rule::path | Rule::import_name | Rule::param => NAME,
        Rule::expr | Rule::object | Rule::arg | Rule::pattern => VALUE,
        Rule::ty | Rule::ty_one | Rule::map_ty => "a type",
        Rule::string | Rule::quote => "a string",
        Rule::number => "a number",
        Rule::target => "a state, `return`, `fail`, `next` or `break`",
        Rule::op
        | Rule::kw_and
        | Rule::kw_or
        | Rule::kw_in
        | Rule::is
        | Rule::member
        | Rule::index
        | Rule::cast
        | Rule::list_of
        | Rule::maybe => "an operator",
        Rule::EOI => "the end",
        _ => return None,
    })
}

/// Rules that are one form of a value.
fn is_primary(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::ident
            | Rule::string
            | Rule::block_str
            | Rule::quote
            | Rule::quotes
            | Rule::number
            | Rule::money
            | Rule::list
            | Rule::object
            | Rule::paren
            | Rule::lparen
            | Rule::lbrace
            | Rule::lbrack
            | Rule::own
            | Rule::expr
            | Rule::arg
            | Rule::word
    )
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

/// The token at an offset as it is named in a message; `next_line` where it stands on a later line than expected.
pub(super) fn found(text: &str, at: usize, next_line: bool) -> String {
    let token = token(text, at);
    match token.chars().next() {
        None => "the end".to_owned(),
        Some(_) if next_line => "the end of the line".to_owned(),
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

/// True where nothing but blanks stands before an offset on its line.
pub(super) fn leads(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("").trim_end_matches([' ', '\t', '\r']);
    before.is_empty() || before.ends_with(['\n', '{'])
}

/// The word that ends a text; may be empty.
pub(super) fn word_before(text: &str) -> &str {
    let begin = text
        .rfind(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
        .map_or(0, |at| at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    text.get(begin..).unwrap_or("")
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
