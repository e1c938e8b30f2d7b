//! What a sign that does not fit was meant to be, where other languages or a habit tell: a message and the mend.

use super::grammar::Rule;
use super::habits::Elsewhere;
use super::split::word_at;
use super::words::{self, Fault};
use crate::kinds;

/// The message and the mend.
pub(super) type Said = Option<(String, String)>;

/// A fault and what stands around it.
pub(super) struct Case<'t> {
    pub(super) text: &'t str,
    pub(super) fault: &'t Fault,
    pub(super) token: &'t str,
    pub(super) before: &'t str,
    pub(super) rest: &'t str,
    /// An operator could have stood here.
    pub(super) operator: bool,
    /// A value could have stood here.
    pub(super) value: bool,
}

/// What was meant at a fault in `text`, and where that stands if it is not there.
pub(super) fn elsewhere(text: &str, fault: &Fault) -> Option<Elsewhere> {
    case(text, fault).elsewhere()
}

/// What was meant by the sign at a fault in `text`.
pub(super) fn meant(text: &str, fault: &Fault) -> Said {
    let case = case(text, fault);
    case.habits()
        .or_else(|| case.operators())
        .or_else(|| case.equals())
        .or_else(|| case.types())
        .or_else(|| case.edges())
        .or_else(|| case.texts())
        .or_else(|| case.numbers())
        .or_else(|| case.names())
}

fn case<'t>(text: &'t str, fault: &'t Fault) -> Case<'t> {
    Case {
        text,
        fault,
        token: words::token(text, fault.at),
        before: text.get(..fault.at).unwrap_or(""),
        rest: text.get(fault.at..).unwrap_or(""),
        operator: fault.has(&[Rule::op, Rule::kw_and]),
        value: fault.wants_value(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is the answer of a match whose last arm is none")]
fn said(message: &str, hint: &str) -> Said {
    Some((message.to_owned(), hint.to_owned()))
}

impl Case<'_> {
    pub(super) fn has(&self, rules: &[Rule]) -> bool {
        self.fault.has(rules)
    }

    /// Nothing stands between the sign and what is before it.
    fn glued(&self) -> bool {
        self.before.trim_end().len() == self.before.len()
    }

    /// The first word of the line.
    pub(super) fn first_word(&self) -> &str {
        word_at(self.line_before().trim_start())
    }

    fn line_before(&self) -> &str {
        self.before.rsplit('\n').next().unwrap_or("")
    }

    fn operators(&self) -> Said {
        let changes = "write `set x = x + 1` on an edge";
        match self.token {
            "&&" => said("unknown operator `&&`", "write `and`"),
            "||" => said("unknown operator `||`", "write `or`"),
            "!" | "!=" if self.value => said("unknown operator `!`", "write `not`"),
            "?" if self.rest.starts_with("?.") => {
                said("unknown operator `?.`", "write `.`: a field of null is null")
            }
            "?" if self.operator => {
                said("there is no `? :`", "let edges choose, or give a default with `??`")
            }
            "+" if self.before.ends_with('+') => said("unknown operator `++`", changes),
            "-" if self.before.ends_with('-') && self.glued() => said("unknown operator `--`", changes),
            "*" if self.before.ends_with('*') => said("unknown operator `**`", "there is no power; multiply"),
            "." if self.before.ends_with('.') || self.rest.starts_with("..") => said(
                "unknown operator `..`",
                "a list is written element by element; there is no range or spread",
            ),
            "not" if self.operator && self.behind("not").starts_with("in") => {
                said("unknown operator `not in`", "write `not x in xs`")
            }
            "not" if self.has(&[Rule::pattern, Rule::path]) && self.before.trim_end().ends_with("is") => {
                said("unknown operator `is not`", "write `not x is …`")
            }
            "->" if self.has(&[Rule::rparen]) && !self.line_before().trim().is_empty() => said(
                "there are no functions without a name",
                "write the condition itself with `it`, as in `all(xs, it.qty > 0)`",
            ),
            _ if self.value && self.ends_in_percent() => {
                said("unknown operator `%` behind a number", "write a share as `0.7`")
            }
            _ => None,
        }
    }

    pub(super) fn behind(&self, word: &str) -> &str {
        self.rest.get(word.len()..).unwrap_or("").trim_start()
    }

    fn ends_in_percent(&self) -> bool {
        let number = self.before.trim_end().strip_suffix('%');
        number.is_some_and(|number| number.ends_with(|sign: char| sign.is_ascii_digit()))
    }

    fn equals(&self) -> Said {
        let changes = "write `set x = x + 1` on an edge";
        if matches!(self.token, "+" | "-" | "*" | "/") && self.behind(self.token).starts_with('=') {
            return said("a value is not changed in place", changes);
        }
        if self.token != "=" {
            return None;
        }
        match self.before {
            before if before.ends_with("==") => said("unknown operator `===`", "write `==`"),
            before if before.ends_with("!=") => said("unknown operator `!==`", "write `!=`"),
            before if before.ends_with(['+', '-', '*', '/']) => {
                said("a value is not changed in place", changes)
            }
            before if before.ends_with(':') => {
                said("unexpected `=` behind `:`", "a field is written `key: value`")
            }
            _ if self.operator => said("`=` compares nothing", "write `==`"),
            _ if self.first_word() == "var" => {
                said("expected `:`, found `=`", "write `var name: type = value`")
            }
            _ if self.fault.only(Rule::colon) && self.line_before().contains("->") => {
                let name = words::word_before(self.before.trim_end());
                Some((
                    "expected `set` before what an edge changes".to_owned(),
                    format!("write `set {name} = …`"),
                ))
            }
            _ if self.fault.only(Rule::colon) => {
                said("expected `:`, found `=`", "a field is written `key: value`")
            }
            _ if self.first_word() == "let" => {
                said("expected `{`, found `=`", "write `let name { value: … }`")
            }
            _ => None,
        }
    }

    fn types(&self) -> Said {
        let ty = self.has(&[Rule::ty, Rule::ty_one, Rule::map_ty]);
        let behind = self.has(&[Rule::list_of, Rule::maybe, Rule::bar]) && !self.operator;
        match self.token {
            "?" if self.fault.only(Rule::colon) => {
                said("expected `:`, found `?`", "the type takes the mark: `name: string?`")
            }
            "<" if behind => {
                said("unexpected `<` behind a type", "a list is `string[]`, a map is `map<string>`")
            }
            "[" if behind => {
                said("unexpected `[` behind a type", "a list is `string[]`, what may be missing `string?`")
            }
            "," | ")" if self.fault.only(Rule::colon) && self.before.contains('(') => {
                let name = words::word_before(self.before.trim_end());
                Some((
                    format!("expected `:`, found `{}`", self.token),
                    format!("a parameter has a type: `{name}: string`"),
                ))
            }
            "@" if self.operator => said(
                "unexpected `@` behind a value",
                "an attribute stands behind the type, before the default: `name: T @attr = value`",
            ),
            "," if self.has(&[Rule::rangle]) => said(
                "expected `>`, found `,`",
                "a map's keys are strings; write the type of its values: `map<int>`",
            ),
            "[" if ty => said("expected a type, found `[`", "a list is written `string[]`"),
            "{" if words::word_before(self.before.trim_end()) == "enum" => {
                said("there is no `enum`", "write `type Name = \"a\" | \"b\"`")
            }
            "{" if ty => said("expected a type, found `{`", "declare the record: `type Name { … }`"),
            "null" if ty => said("expected a type, found `null`", "what may be missing is written `string?`"),
            "->" if self.has(&[Rule::lbrace, Rule::body]) && self.has(&[Rule::colon]) => said(
                "expected `:`, found `->`",
                "a result's type is written `: T`; `->` always means \"goes to\"",
            ),
            _ if self.is_behind_attribute() => Some((
                format!("unexpected `{}` behind an attribute", self.token),
                "its arguments stand in parentheses: `@range(1, 5)`".to_owned(),
            )),
            _ => None,
        }
    }

    fn is_behind_attribute(&self) -> bool {
        let text = self.before.trim_end();
        let word = words::word_before(text);
        let at = text.get(..text.len() - word.len()).is_some_and(|text| text.ends_with('@'));
        at && !word.is_empty() && self.has(&[Rule::call, Rule::lparen])
    }

    fn edges(&self) -> Said {
        let opens = ["when", "else", "on"].contains(&self.first_word());
        let colon = "an edge takes no colon: `when .ok -> state`";
        match self.token {
            ":" if self.first_word() == "on"
                || self.line_before().contains(" on ") && self.has(&[Rule::arrow]) =>
            {
                said("expected `->`, found `:`", colon)
            }
            ":" if opens && self.has(&[Rule::arrow]) => said("expected `->`, found `:`", colon),
            "->" if opens && self.line_before().trim_end().ends_with(':') => {
                said("expected `->`, found `:`", colon)
            }
            "->" if self.fault.only(Rule::colon) => said(
                "expected `:`, found `->`",
                "an edge begins with `->`, `when`, `else` or `on`, and stands in the state that it leaves",
            ),
            "{" if self.fault.ended() && self.is_behind_kind() => {
                said("unexpected `:` behind the kind of a state", "write `ask name { … }`, without a colon")
            }
            "return" | "fail" | "next" | "break"
                if self.has(&[Rule::arrow]) && !self.has(&[Rule::target]) =>
            {
                Some((format!("expected `->`, found `{}`", self.token), format!("write `-> {}`", self.token)))
            }
            "if" if self.has(&[Rule::arrow]) => {
                said("expected `->`, found `if`", "write `when condition -> state`")
            }
            "(" if self.has(&[Rule::lbrace, Rule::body])
                && self.has(&[Rule::colon])
                && !self.has(&[Rule::bar]) =>
            {
                said(
                    "a state takes no parameters",
                    "it reads every name of its agent; take the parentheses away",
                )
            }
            "," if self.fault.ended() && self.line_before().contains("->") => {
                let last = self.behind(",").is_empty() || self.rest.starts_with(",\n");
                let several = "an edge goes to one state; several at once are a `parallel`";
                said("unexpected `,` behind an edge", if last { "take it away" } else { several })
            }
            "-" | "*" if self.fault.ended() && self.line_before().trim().is_empty() => Some((
                format!("unexpected `{}` at the start of a line", self.token),
                "members have no mark before them".to_owned(),
            )),
            _ => None,
        }
    }

    /// `ask: a {`.
    fn is_behind_kind(&self) -> bool {
        let line = self.line_before().trim();
        line.split_once(':').is_some_and(|(kind, name)| {
            kinds::state(kind.trim()).is_some() && word_at(name.trim()) == name.trim()
        })
    }

    fn texts(&self) -> Said {
        let string = self.token.starts_with('"');
        match self.token {
            "`" => said("unknown quote, a backtick", "a string stands in double quotes, with holes `${…}`"),
            "$" if self.rest.starts_with("${") => said(
                "a hole stands outside of a string",
                "write the text in double quotes, or the name alone",
            ),
            _ if string && self.glued() && words::word_before(self.before) == "f" => {
                said("a string takes no `f`", "holes are written `${…}`")
            }
            _ if string && self.fault.ended() && self.behind(self.token).starts_with(':') => {
                said("unexpected quotes around a key", "the key of a field is a plain word: `prompt: …`")
            }
            _ if string && self.fault.ended() && self.before.trim_end().ends_with('"') => {
                said("unexpected second string", "write one string, or join two with `+`")
            }
            _ if self.first_word() == "import" && self.has(&[Rule::string, Rule::quote]) => Some((
                format!("expected a string, found `{}`", self.token),
                "write `import \"./file.agent\" { name }`".to_owned(),
            )),
            _ => None,
        }
    }

    fn is_behind_number(&self) -> bool {
        self.operator && self.number_before().starts_with(|sign: char| sign.is_ascii_digit())
    }

    /// The number that ends the text before the sign; may be empty.
    fn number_before(&self) -> &str {
        let text = self.before.trim_end_matches([' ', '\t']);
        let begin = text.rfind(|sign: char| !(sign.is_ascii_digit() || matches!(sign, '.' | '_')));
        text.get(begin.map_or(0, |at| at + 1)..).unwrap_or("")
    }

    fn numbers(&self) -> Said {
        let digit = self.token.starts_with(|sign: char| sign.is_ascii_digit());
        match self.token {
            "$" if self.value
                && self.rest.get(1..).is_some_and(|rest| rest.starts_with(char::is_alphabetic)) =>
            {
                said(
                    "unexpected `$` before a name",
                    "a name stands as it is; only in a string it stands in `${…}`",
                )
            }
            "$" if self.value => said("expected an amount behind `$`", "write it without a blank: `$0.25`"),
            "€" | "£" | "¥" if self.value => {
                said("only dollars can be written with a sign", "write `$0.25`")
            }
            "$" if self.is_behind_number() => Some((
                "an amount begins with its `$`".to_owned(),
                format!("write `${}`", self.number_before()),
            )),
            "USD" | "usd" | "dollar" | "dollars" if self.is_behind_number() => Some((
                format!("an amount takes no `{}` behind it", self.token),
                format!("write `${}`", self.number_before()),
            )),
            "EUR" | "eur" | "euro" | "euros" | "GBP" | "€" | "£" | "¥" if self.is_behind_number() => {
                said("only dollars can be written as an amount", "write `$0.25`")
            }
            _ if digit
                && self.operator
                && ["USD", "usd"].contains(&words::word_before(self.before.trim_end())) =>
            {
                Some(("an amount begins with a `$`".to_owned(), format!("write `${}`", self.token)))
            }
            _ if digit && ends_in_number(self.before) => {
                said("a number has one point", "write a version or an address as a string")
            }
            _ if digit && self.before.ends_with('.') => {
                Some(("a number begins with a digit".to_owned(), format!("write `0.{}`", self.token)))
            }
            _ => None,
        }
    }

    fn names(&self) -> Said {
        if self.fault.only(Rule::colon) {
            let key = words::word_before(self.before.trim_end());
            let is_word =
                self.token.starts_with(|sign: char| sign.is_alphanumeric() || "\"$[{".contains(sign));
            if is_word && kinds::is_key(key) && self.line_before().contains(key) {
                let found = words::found(self.rest, 0, false);
                return Some((
                    format!("expected `:`, found {found}"),
                    format!("a field is written `{key}: …`"),
                ));
            }
        }
        let letters = "names have the letters a to z, digits and `_`";
        let named = self.before.ends_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_');
        match self.token {
            _ if self.token.starts_with(|sign: char| sign.is_alphabetic() && !sign.is_ascii()) => {
                let name = words::word_before(self.before);
                Some((format!("unexpected letter in `{name}{}`", self.token), letters.to_owned()))
            }
            "-" if named
                && self.glued()
                && self.rest.get(1..).is_some_and(|rest| !word_at(rest).is_empty()) =>
            {
                let word = words::word_before(self.before);
                let name = format!("{word}_{}", word_at(self.rest.get(1..).unwrap_or("")));
                Some(("unexpected `-` in a name".to_owned(), format!("write `{name}`")))
            }
            _ if self.first_word() == "import" && self.has(&[Rule::kw_as]) => Some((
                format!("expected `,` or `}}`, found {}", words::found(self.rest, 0, self.token.is_empty())),
                "`,` parts the names, and `}` closes them".to_owned(),
            )),
            _ if self.first_word() == "import" && self.has(&[Rule::lbrace]) => Some((
                format!("expected `{{`, found {}", words::found(self.rest, 0, self.token.is_empty())),
                "name what is taken: `import \"./file.agent\" { name }`".to_owned(),
            )),
            _ => None,
        }
    }
}

/// True where a text ends in a number with a point, and another point.
fn ends_in_number(text: &str) -> bool {
    let number = text.trim_end_matches('.');
    let whole = number.trim_end_matches(|sign: char| sign.is_ascii_digit());
    number.len() + 1 == text.len() && whole.len() < number.len() && whole.ends_with('.')
}
