//! Words that other languages write where this one writes something else, and what to write here.

use super::recover::Probe;
use super::split::word_at;
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
        "model" | "tool" | "agent" | "skill" if !declares(rest) => match word {
            "model" => Some("a field takes a colon: `model: name`"),
            "tool" => Some("a field takes a colon: `tool: name(…)`"),
            "agent" => Some("a field takes a colon: `agent: Name(…)`"),
            _ => Some("a field takes a colon: `skill: name`"),
        },
        "tool" | "type" | "agent" | "model" | "guard" | "memory" | "mcp" | "skill" | "test" | "import"
            if !rest.starts_with('(') =>
        {
            Some("declarations stand outside of agents, at the start of a line")
        }
        _ => None,
    }
}

/// True where a declaration goes on: a name, perhaps parameters, then a brace.
fn declares(rest: &str) -> bool {
    let name = word_at(rest);
    let after = rest.get(name.len()..).unwrap_or("").trim_start();
    let typed = after.split_once(')').is_some_and(|(_, behind)| behind.trim_start().starts_with([':', '{']));
    after.starts_with('{') || (after.starts_with('(') && typed)
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
