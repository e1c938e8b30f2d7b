//! What syntax has to say, one constructor a finding.

use crate::ast::Path;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

const UNEXPECTED: Code = Code("E0101");
const UNKNOWN_WORD: Code = Code("E0102");
const UNKNOWN_DECLARATION: Code = Code("E0103");
const UNTERMINATED_STRING: Code = Code("E0104");
const UNTERMINATED_HOLE: Code = Code("E0105");
pub(super) const UNCLOSED_BRACE: Code = Code("E0106");
pub(super) const EXTRA_BRACE: Code = Code("E0107");
const TOO_DEEP: Code = Code("E0108");
const BAD_NUMBER: Code = Code("E0109");
const BAD_ESCAPE: Code = Code("E0110");
const RESERVED: Code = Code("E0111");
const FOREIGN: Code = Code("E0112");
const HOLE: Code = Code("E0113");
const HEAD: Code = Code("E0114");
const NOT_UTF8: Code = Code("E0115");
const AGENT_SCRIPT: Code = Code("E0116");
const CONTROL: Code = Code("E0117");
const PRECEDENCE: Code = Code("E0118");
const NO_EDITION: Code = Code("W1101");
const STRAY_DOC: Code = Code("W1102");

/// Why digits are no number.
pub(super) enum NumberFault {
    TooLarge,
    Unit(String),
    Fraction,
    MoneyUnit(String),
    MoneyDigits,
}

/// Something stands where something else was expected; `name` where that was a name.
pub(super) fn unexpected(span: Span, found: &str, expected: &[&str], name: bool, token: &str) -> Diagnostic {
    if RESERVED_WORDS.contains(&token) && (name || expected.is_empty()) {
        return Diagnostic::new(RESERVED, span, format!("`{token}` is a reserved word and cannot be a name"))
            .label(if name { "expected a name" } else { "" })
            .hint("choose another name");
    }
    let list = any_of(expected);
    if list.is_empty() {
        let bare = found.strip_prefix("a ").unwrap_or(found);
        return Diagnostic::new(UNEXPECTED, span, format!("unexpected {bare}"));
    }
    let finding = Diagnostic::new(UNEXPECTED, span, format!("expected {list}, found {found}"))
        .label(format!("expected {list}"));
    match expected {
        ["`,`", "`}`"] => {
            finding.hint("`,` parts the fields of a value, as in `{ a: 1, b: 2 }`, and `}` closes it")
        }
        ["`,`", "`]`"] => finding.hint("`,` parts the elements of a list, and `]` closes it"),
        ["`,`", "`)`"] => finding.hint("`,` parts what stands in parentheses, and `)` closes them"),
        _ => finding,
    }
}

pub(super) fn no_declaration(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(UNKNOWN_DECLARATION, span, format!("expected a declaration, found {found}"))
        .hint(format!("a declaration begins with {}", quoted(super::split::DECLARATIONS)))
}

pub(super) fn behind_word(span: Span, word: &str, before: &str) -> Diagnostic {
    Diagnostic::new(UNEXPECTED, span, format!("unexpected `{word}` behind `{before}`"))
        .hint("a text stands in double quotes: `\"…\"`")
}

pub(super) fn invisible(span: Span, sign: char) -> Diagnostic {
    Diagnostic::new(CONTROL, span, format!("an invisible character, U+{:04X}, stands here", u32::from(sign)))
        .hint("write a plain blank")
        .fix(span, " ")
}

pub(super) fn drawn_sign(span: Span, sign: char, write: &str) -> Diagnostic {
    Diagnostic::new(FOREIGN, span, format!("unknown sign `{sign}`")).write(write)
}

pub(super) fn behind_string(span: Span, word: &str) -> Diagnostic {
    Diagnostic::new(UNEXPECTED, span, format!("unexpected `{word}` behind a string"))
        .hint("inside a string a quote is written `\\\"`")
}

/// A word of another language, and what to write here.
pub(super) fn foreign_word(span: Span, word: &str, hint: &str) -> Diagnostic {
    if RESERVED_WORDS.contains(&word) {
        return Diagnostic::new(UNEXPECTED, span, format!("unexpected `{word}` at the start of a line"))
            .hint(hint);
    }
    Diagnostic::new(UNKNOWN_WORD, span, format!("unknown word `{word}`")).hint(hint)
}

/// `set n = 1 -> next`.
pub(super) fn set_first(span: Span, hint: &str) -> Diagnostic {
    Diagnostic::new(UNEXPECTED, span, "unexpected `set` before an edge").hint(hint)
}

/// A sign of another language, and what to write here.
pub(super) fn foreign_sign(span: Span, message: &str, hint: &str) -> Diagnostic {
    let code = if message.contains("expected") { UNEXPECTED } else { FOREIGN };
    Diagnostic::new(code, span, message).hint(hint)
}

pub(super) fn no_colon(span: Span, word: &str) -> Diagnostic {
    Diagnostic::new(UNEXPECTED, span, format!("unexpected `:` behind `{word}`"))
        .hint(format!("write `{word} …` without a colon"))
}

pub(super) fn comment_block(span: Span) -> Diagnostic {
    Diagnostic::new(FOREIGN, span, "`/*` begins no comment").hint("write `#` on each line")
}

pub(super) fn curly_quotes(span: Span) -> Diagnostic {
    Diagnostic::new(FOREIGN, span, "a string stands in straight double quotes").hint("write `\"…\"`")
}

pub(super) fn no_value(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(UNEXPECTED, span, format!("expected {what}, found the end of the line"))
        .label(format!("expected {what}"))
}

pub(super) const RESERVED_WORDS: &[&str] = &[
    "when", "else", "on", "set", "return", "fail", "next", "break", "and", "or", "not", "in", "is", "as",
    "true", "false", "null",
];

/// The words in backticks, as a list.
fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    any_of(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// `a`, `a or b`, `a, b or c`.
fn any_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

pub(super) fn unknown_word(span: Span, word: &str, meant: &str) -> Diagnostic {
    Diagnostic::new(UNKNOWN_WORD, span, format!("unknown word `{word}`"))
        .hint(format!("did you mean `{meant}`?"))
        .fix(span, meant)
}

pub(super) fn unknown_kind(span: Span, word: &str, meant: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::new(UNKNOWN_WORD, span, format!("unknown kind of state `{word}`"));
    match meant {
        Some(meant) => diagnostic.hint(format!("did you mean `{meant}`?")).fix(span, meant),
        None => diagnostic.hint(format!("a state is one of {}", kinds())),
    }
}

fn kinds() -> String {
    let words: Vec<&str> = crate::kinds::STATES.iter().map(|kind| kind.word).collect();
    quoted(&words)
}

pub(super) fn unknown_declaration(span: Span, word: &str, meant: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::new(UNKNOWN_DECLARATION, span, format!("unknown declaration `{word}`"));
    match meant {
        Some(meant) => diagnostic.hint(format!("did you mean `{meant}`?")).fix(span, meant),
        None => diagnostic.hint(format!("a declaration begins with {}", quoted(super::split::DECLARATIONS))),
    }
}

pub(super) fn foreign_declaration(span: Span, word: &str, hint: &str) -> Diagnostic {
    Diagnostic::new(UNKNOWN_DECLARATION, span, format!("unknown declaration `{word}`")).hint(hint)
}

pub(super) fn unterminated_string(span: Span) -> Diagnostic {
    Diagnostic::new(UNTERMINATED_STRING, span, "this string does not end on its line")
        .hint("close it with `\"`, or use `\"\"\"` for a text of several lines")
}

pub(super) fn unterminated_block(span: Span) -> Diagnostic {
    Diagnostic::new(UNTERMINATED_STRING, span, "this text is never closed").hint("close it with `\"\"\"`")
}

pub(super) fn unterminated_hole(span: Span) -> Diagnostic {
    Diagnostic::new(UNTERMINATED_HOLE, span, "this hole is never closed")
        .hint("close it with `}`, or write `\\${` for the characters themselves")
}

pub(super) fn unclosed_brace(span: Span, expected: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::new(UNCLOSED_BRACE, span, "this `{` is never closed");
    match expected {
        Some(at) => diagnostic.also(at, "by its indentation, `}` is missing before this"),
        None => diagnostic.hint("add `}`"),
    }
}

pub(super) fn extra_brace(span: Span) -> Diagnostic {
    Diagnostic::new(EXTRA_BRACE, span, "this `}` closes nothing")
        .hint("take it away, or open a `{` before it")
}

pub(super) fn too_deep(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(TOO_DEEP, span, format!("nested deeper than {most} levels"))
        .hint("name a part with `let`, a `type` or an agent of its own")
}

pub(super) fn too_high(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(
        TOO_DEEP,
        span,
        format!("this expression is more than {most} operators and brackets deep"),
    )
    .hint("name a part with `let`")
}

pub(super) fn too_high_a_type(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(TOO_DEEP, span, format!("this type is more than {most} brackets and marks deep"))
        .hint("name a part with a `type` of its own")
}

pub(super) fn bad_number(span: Span, written: &str, fault: &NumberFault) -> Diagnostic {
    match fault {
        NumberFault::TooLarge => {
            let diagnostic = Diagnostic::new(BAD_NUMBER, span, format!("`{written}` is too large"));
            if written.bytes().all(|digit| digit.is_ascii_digit()) {
                return diagnostic.hint(format!("the largest whole number is {}", i64::MAX));
            }
            diagnostic.hint("write a smaller one")
        }
        NumberFault::Unit(unit) if unit.contains(|sign: char| sign.is_ascii_digit()) => {
            Diagnostic::new(BAD_NUMBER, span, format!("`{written}` is no number"))
                .hint("a duration has one unit, as in `90m`; a number has no exponent")
        }
        NumberFault::Unit(unit) => {
            Diagnostic::new(BAD_NUMBER, span, format!("unknown unit `{unit}` in `{written}`"))
                .hint("the units of a duration are `ms`, `s`, `m`, `h` and `d`")
        }
        NumberFault::Fraction => {
            Diagnostic::new(BAD_NUMBER, span, format!("`{written}` is no whole number of milliseconds"))
                .hint("write it in a smaller unit")
        }
        NumberFault::MoneyUnit(unit) => {
            Diagnostic::new(BAD_NUMBER, span, format!("unexpected `{unit}` in the amount `{written}`"))
                .hint("an amount is `$` and a number, such as `$0.25`")
        }
        NumberFault::MoneyDigits => Diagnostic::new(
            BAD_NUMBER,
            span,
            format!("`{written}` has more than nine digits behind the point"),
        )
        .hint("amounts are kept to a billionth"),
    }
}

pub(super) fn bad_escape(span: Span, written: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(BAD_ESCAPE, span, format!("unknown escape `{written}`"));
    if written.starts_with("\\u") {
        return diagnostic.hint("write a character as `\\u{1F600}`, with one to six hexadecimal digits");
    }
    diagnostic.hint(format!(
        "escapes are `\\n`, `\\t`, `\\r`, `\\\\`, `\\\"`, `\\$` and `\\u{{…}}`; for a backslash write `\\{written}`"
    ))
}

pub(super) fn semicolon(span: Span) -> Diagnostic {
    Diagnostic::new(FOREIGN, span, "nothing ends with `;` here").hint("take it away").fix(span, "")
}

pub(super) fn slashes(span: Span) -> Diagnostic {
    Diagnostic::new(FOREIGN, span, "`//` begins no comment").write("#")
}

pub(super) fn other_arrow(span: Span, sign: &str) -> Diagnostic {
    Diagnostic::new(FOREIGN, span, format!("unknown sign `{sign}`")).write("->")
}

pub(super) fn single_quotes(span: Span) -> Diagnostic {
    Diagnostic::new(FOREIGN, span, "a string stands in double quotes").hint("write `\"…\"`")
}

pub(super) fn empty_hole(span: Span) -> Diagnostic {
    Diagnostic::new(HOLE, span, "this hole is empty")
        .hint("name a value, as in `${question}`, or write `\\${` for the characters themselves")
}

pub(super) fn hole_in_plain_string(span: Span) -> Diagnostic {
    Diagnostic::new(HOLE, span, "no hole may stand in this string").hint("write the text itself")
}

pub(super) fn unknown_edition(span: Span, written: &str) -> Diagnostic {
    Diagnostic::new(HEAD, span, format!("unknown edition `{written}`"))
        .hint("this version knows `edition 1`; a newer one of agentrun may know more")
}

pub(super) fn late_edition(span: Span) -> Diagnostic {
    Diagnostic::new(HEAD, span, "`edition` stands first in a file").hint("move it to the first line")
}

pub(super) fn second_edition(span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(HEAD, span, "`edition` is written twice").also(first, "first here").hint("take one away")
}

pub(super) fn late_import(span: Span, item: Span) -> Diagnostic {
    Diagnostic::new(HEAD, span, "imports stand before declarations")
        .also(item.at_start(), "the first declaration")
        .hint("move it up")
}

pub(super) fn not_utf8(span: Span, byte: u8) -> Diagnostic {
    Diagnostic::new(NOT_UTF8, span, format!("the byte 0x{byte:02x} is not UTF-8"))
        .hint("save the file as UTF-8")
}

pub(super) fn agent_script(span: Span) -> Diagnostic {
    Diagnostic::new(AGENT_SCRIPT, span, "this is a file of Salesforce's Agent Script, not of agentrun")
        .hint("files of both end in `.agent`; one of ours begins with `edition 1`")
}

pub(super) fn control_character(span: Span, byte: u8) -> Diagnostic {
    Diagnostic::new(CONTROL, span, format!("a control character, U+{byte:04X}, stands here"))
        .hint(format!("take it away; in a text it is written `\\u{{{byte:x}}}`"))
}

pub(super) fn turned(span: Span, sign: &str) -> Diagnostic {
    let code = sign.chars().next().map_or(0, u32::from);
    Diagnostic::new(
        CONTROL,
        span,
        format!("a character that turns the text around, U+{code:04X}, stands here"),
    )
    .label("what a reader sees is not what is read")
    .hint(format!("take it away; in a text it is written `\\u{{{code:x}}}`"))
}

pub(super) fn no_when(condition: Span) -> Diagnostic {
    Diagnostic::new(UNEXPECTED, condition, "expected `when` before a condition")
        .label("this is read of the value above it")
        .hint("write `when .ok -> state`")
}

pub(super) fn chained_comparison(sign: Span, left: Span) -> Diagnostic {
    Diagnostic::new(PRECEDENCE, sign, "comparisons do not chain")
        .also(left, "this is a comparison already")
        .hint("join two with `and`, or set parentheses")
}

pub(super) fn loose_operand(sign: Span, left: Span) -> Diagnostic {
    Diagnostic::new(PRECEDENCE, sign, "a comparison cannot be the operand of this operator")
        .also(left, "the comparison")
        .hint("set parentheses around what belongs together")
}

pub(super) fn loose_not(span: Span) -> Diagnostic {
    Diagnostic::new(PRECEDENCE, span, "`not` cannot stand behind this operator")
        .hint("set parentheses around `not` and its operand")
}

pub(super) fn dotted_type(path: &Path) -> Diagnostic {
    let last = path.segments.last().map_or("", |segment| &*segment.name);
    Diagnostic::new(UNEXPECTED, path.span, format!("`{}` is no type: a type's name has no dot", path.text()))
        .hint(format!("import it and write `{last}`"))
}

pub(super) fn optional_twice(span: Span) -> Diagnostic {
    Diagnostic::new(UNEXPECTED, span, "unexpected second `?` behind a type")
        .hint("one says that it may be missing")
}

pub(super) fn no_edition(span: Span) -> Diagnostic {
    Diagnostic::new(NO_EDITION, span, "this file does not say its edition")
        .hint("write `edition 1` on the first line")
        .fix(Span { start: 0, end: 0, ..span }, "edition 1\n\n")
}

pub(super) fn stray_doc(span: Span) -> Diagnostic {
    Diagnostic::new(STRAY_DOC, span, "this `##` documents nothing")
        .hint("`##` stands above a declaration, a state or a field of a type; write `#` for a comment")
}

pub(super) fn doc_behind_code(span: Span) -> Diagnostic {
    Diagnostic::new(STRAY_DOC, span, "`##` behind code documents nothing")
        .hint("move it to the line above what it documents, or write `#` for a comment")
}

pub(super) fn internal(span: Span) -> Diagnostic {
    Diagnostic::new(Code("E0001"), span, "internal error: the grammar and the tree disagree")
        .hint("please report it with this file")
}
