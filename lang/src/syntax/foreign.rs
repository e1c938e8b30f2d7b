//! Words and signs that other languages write where this one writes something else, and what to write here.

use super::grammar::Rule;
use super::recover::Probe;
use super::split::word_at;
use super::words::{self, Fault};
use crate::kinds;

/// What to write in place of a line that begins with a word of another language.
pub(super) fn line(line: &str, probe: Probe) -> Option<&'static str> {
    let word = word_at(line);
    let rest = line.get(word.len()..).unwrap_or("").trim_start();
    if probe == Probe::Cases {
        return match word {
            "assert" | "check" | "should" | "ensure" | "verify" => Some("write `expect` and a condition"),
            "given" | "stub" | "fake" | "when" => Some("write `mock state = value`"),
            _ => None,
        };
    }
    if probe != Probe::Members {
        return None;
    }
    match word {
        "if" | "elif" | "elsif" | "elseif" | "unless" | "switch" | "case" | "match" => {
            Some("a choice is an edge: `when .ok -> state`, then `else -> state`")
        }
        "return" => Some("an edge is written with its arrow: `-> return value`"),
        "fail" | "throw" | "raise" | "error" => Some("a failure is an edge: `-> fail \"why\"`"),
        "next" | "continue" => Some("an edge is written with its arrow: `-> next`"),
        "break" => Some("an edge is written with its arrow: `-> break`"),
        "goto" | "go" | "then" | "to" | "transition" => Some("an edge is an arrow and a state: `-> state`"),
        "default" | "otherwise" => Some("write `else -> state`"),
        "catch" | "except" | "rescue" => Some("write `on error -> state`"),
        "set" => Some("a value is set by an edge: `-> state set name = value`"),
        "const" | "val" | "mut" => Some("write `let name { value: … }`, or `var name: type = …`"),
        "tool" | "type" | "agent" | "model" | "guard" | "memory" | "mcp" | "skill" | "test" | "import"
            if !rest.starts_with('(') =>
        {
            Some("declarations stand outside of agents, at the start of a line")
        }
        _ => None,
    }
}

/// What to write in place of a declaration that does not exist.
pub(super) fn declaration(word: &str) -> Option<&'static str> {
    if kinds::state(word).is_some() {
        return Some("a state stands inside the braces of an agent");
    }
    match word {
        "enum" => Some("write `type Name = \"a\" | \"b\"`"),
        "struct" | "record" | "interface" | "class" | "schema" | "message" => {
            Some("write `type Name { field: string }`")
        }
        "function" | "def" | "fn" | "func" | "action" => {
            Some("write `tool name(a: string): string { … }`, or an `agent`")
        }
        "workflow" | "flow" | "pipeline" | "graph" | "machine" | "crew" | "bot" | "assistant" | "main" => {
            Some("write `agent Name(input: string): string { … }`")
        }
        "llm" | "provider" | "pool" | "models" => Some("write `model name { use: [\"provider/model\"] }`"),
        "guardrail" | "guards" | "policy" | "filter" => {
            Some("write `guard name { on: input  use: [injection]  action: block }`")
        }
        "use" | "include" | "from" | "require" | "using" => Some("write `import \"./file.agent\" { name }`"),
        "server" => Some("write `mcp name { url: \"https://…\" }`"),
        "spec" | "describe" | "it" | "scenario" => {
            Some("write `test \"name\" { agent: A(x: 1)  expect result == 1 }`")
        }
        "const" | "let" | "var" | "set" | "val" => {
            Some("values stand in agents: `let name { value: … }`, `var name: type = …`")
        }
        "when" | "on" | "else" => Some("an edge stands inside the braces of a state"),
        _ => None,
    }
}

/// What to write in place of a state of a kind that does not exist.
pub(super) fn kind(word: &str) -> Option<&'static str> {
    match word {
        "if" | "elif" | "elsif" | "elseif" | "unless" | "switch" | "case" | "match" | "when" | "else" => {
            Some("a choice is an edge: `when .ok -> state`, then `else -> state`")
        }
        "while" | "until" | "repeat" | "do" => Some("a repetition is a `loop` with `until` and `max`"),
        "for" | "foreach" | "map" => Some("for each element write `parallel name { each: x in list … }`"),
        "step" | "task" | "node" | "state" | "stage" | "action" => Some(
            "a state begins with what it does: `ask` a model, `call` a tool, `run` an agent, `plan`, `wait`, …",
        ),
        "llm" | "prompt" | "generate" | "chat" | "complete" | "query" | "infer" => {
            Some("a model is asked by `ask name { … }`")
        }
        "invoke" | "use" | "exec" | "execute" | "do_tool" => {
            Some("a tool is called by `call name { tool: t(…) }`")
        }
        "tool" | "type" | "model" | "guard" | "memory" | "mcp" | "skill" | "test" | "import" => {
            Some("declarations stand outside of agents, at the start of a line")
        }
        "agent" | "subagent" | "delegate" => Some("another agent is run by `run name { agent: A(…) }`"),
        "human" | "confirm" | "review" | "gate" => Some("a person decides in `approve name { … }`"),
        "input" | "listen" | "pause" | "sleep" => Some("a person's or a queue's turn is `wait name { … }`"),
        "function" | "def" | "fn" | "func" | "sub" | "class" | "struct" | "try" | "catch" | "finally" => {
            Some("an agent holds states and edges, no functions or blocks")
        }
        _ => None,
    }
}

/// The message and the mend for a sign of another language at a fault.
pub(super) fn sign(text: &str, fault: &Fault) -> Option<(String, String)> {
    let token = words::token(text, fault.at);
    let before = text.get(..fault.at).unwrap_or("");
    let rest = text.get(fault.at..).unwrap_or("");
    let glued = before.trim_end().len() == before.len();
    let operator = fault.has(&[Rule::op, Rule::kw_and]);
    let value = fault.wants_value();
    let ty = fault.has(&[Rule::ty, Rule::ty_one, Rule::map_ty]);
    let behind_ty = fault.has(&[Rule::list_of, Rule::maybe, Rule::bar]) && !operator;
    let said = |message: &str, hint: &str| Some((message.to_owned(), hint.to_owned()));
    match token {
        "&&" => said("unknown operator `&&`", "write `and`"),
        "||" => said("unknown operator `||`", "write `or`"),
        "!" | "!=" if value => said("unknown operator `!`", "write `not`"),
        "=" if before.ends_with("==") || before.ends_with("!=") => {
            let sign = if before.ends_with("==") { "==" } else { "!=" };
            Some((format!("unknown operator `{sign}=`"), format!("write `{sign}`")))
        }
        "=" if operator && before.ends_with(['+', '-', '*', '/']) => {
            said("a value is not changed in place", "write `set x = x + 1` on an edge")
        }
        "=" if operator => said("`=` compares nothing", "write `==`"),
        "=" if before.ends_with(['+', '-', '*', '/']) => {
            said("a value is not changed in place", "write `set x = x + 1` on an edge")
        }
        "=" if first_word(before) == "var" => {
            said("expected `:`, found `=`", "write `var name: type = value`")
        }
        "=" if first_word(before) == "let" => {
            said("expected `{`, found `=`", "write `let name { value: … }`")
        }
        "+" | "-" | "*" | "/" if rest.get(1..).is_some_and(|rest| rest.starts_with('=')) => {
            said("a value is not changed in place", "write `set x = x + 1` on an edge")
        }
        _ if attribute(before) && fault.has(&[Rule::call, Rule::lparen]) => Some((
            format!("unexpected `{token}` behind an attribute"),
            "its arguments stand in parentheses: `@range(1, 5)`".to_owned(),
        )),
        "=" if fault.only(Rule::colon) => said("expected `:`, found `=`", "a field is written `key: value`"),
        "?" if rest.starts_with("?.") => said("unknown operator `?.`", "write `.`: a field of null is null"),
        "?" if fault.only(Rule::colon) => {
            said("expected `:`, found `?`", "the type takes the mark: `name: string?`")
        }
        "?" if operator => said("there is no `? :`", "let edges choose, or give a default with `??`"),
        "+" if before.ends_with('+') => said("unknown operator `++`", "write `set x = x + 1` on an edge"),
        "-" if before.ends_with('-') && glued => {
            said("unknown operator `--`", "write `set x = x - 1` on an edge")
        }
        "*" if before.ends_with('*') => said("unknown operator `**`", "there is no power; multiply"),
        "`" => said("unknown quote, a backtick", "a string stands in double quotes, with holes `${…}`"),
        "not" if operator && rest.trim_start_matches("not").trim_start().starts_with("in") => {
            said("unknown operator `not in`", "write `not x in xs`")
        }
        "not" if fault.has(&[Rule::pattern, Rule::path]) && before.trim_end().ends_with("is") => {
            said("unknown operator `is not`", "write `not x is …`")
        }
        "->" if fault.has(&[Rule::lbrace, Rule::body]) && fault.has(&[Rule::colon]) => said(
            "expected `:`, found `->`",
            "a result's type is written `: T`; `->` always means \"goes to\"",
        ),
        "->" if fault.has(&[Rule::rparen]) => said(
            "there are no functions without a name",
            "write the condition itself with `it`, as in `all(xs, it.qty > 0)`",
        ),
        "<" if behind_ty => {
            said("unexpected `<` behind a type", "a list is `string[]`, a map is `map<string>`")
        }
        "[" if ty => said("expected a type, found `[`", "a list is written `string[]`"),
        "{" if words::word_before(before.trim_end()) == "enum" => {
            said("there is no `enum`", "write `type Name = \"a\" | \"b\"`")
        }
        "{" if ty => said("expected a type, found `{`", "declare the record: `type Name { … }`"),
        "null" if ty => said("expected a type, found `null`", "what may be missing is written `string?`"),
        "if" if fault.has(&[Rule::arrow]) => {
            said("expected `->`, found `if`", "write `when condition -> state`")
        }
        "(" if fault.has(&[Rule::lbrace, Rule::body])
            && fault.has(&[Rule::colon])
            && !fault.has(&[Rule::bar]) =>
        {
            said("a state takes no parameters", "it reads every name of its agent; take the parentheses away")
        }
        _ if token.starts_with('"') && glued && words::word_before(before) == "f" => {
            said("a string takes no `f`", "holes are written `${…}`")
        }
        "$" if value => said("expected an amount behind `$`", "write it without a blank: `$0.25`"),
        "€" | "£" | "¥" if value => said("only dollars can be written with a sign", "write `$0.25`"),
        _ if first_word(before) == "import" && fault.has(&[Rule::string, Rule::quote]) => Some((
            format!("expected a string, found `{token}`"),
            "write `import \"./file.agent\" { name }`".to_owned(),
        )),
        _ if token.starts_with(|sign: char| sign.is_ascii_digit()) && ends_in_number(before) => {
            said("a number has one point", "write a version or an address as a string")
        }
        "," if fault.ended() && before.rsplit('\n').next().is_some_and(|line| line.contains("->")) => said(
            "unexpected `,` behind an edge",
            "an edge goes to one state; several at once are a `parallel`",
        ),
        _ => None,
    }
}

/// The first word of the line that ends a text.
fn first_word(text: &str) -> &str {
    word_at(text.rsplit('\n').next().unwrap_or("").trim_start())
}

/// True where a text ends with `@word`.
fn attribute(text: &str) -> bool {
    let text = text.trim_end();
    let word = words::word_before(text);
    !word.is_empty() && text.get(..text.len() - word.len()).is_some_and(|text| text.ends_with('@'))
}

/// True where a text ends in a number with a point, and another point.
fn ends_in_number(text: &str) -> bool {
    let number = text.trim_end_matches('.');
    let whole = number.trim_end_matches(|sign: char| sign.is_ascii_digit());
    number.len() + 1 == text.len() && whole.len() < number.len() && whole.ends_with('.')
}
