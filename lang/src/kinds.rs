//! The one table: every kind of state and of declaration, its fields with type, default and one line of
//! documentation, and its events. Checker, completion, hover, formatter and the reference manual read this
//! and nothing else. The rows themselves stand in `kinds/states.rs` and `kinds/declarations.rs`.

mod declarations;
mod states;

pub use declarations::{AGENT, DECLARATIONS, GUARD, MCP, MEMORY, MODEL, SKILL, TEST, TOOL, TOOL_BODIES};
pub use states::{PART_KINDS, STATES};

/// A kind of state (`ask`) or of declaration (`model`).
#[derive(Debug, PartialEq)]
pub struct Kind {
    /// Its keyword.
    pub word: &'static str,
    /// One line.
    pub doc: &'static str,
    /// What its value is.
    pub value: ValueRule,
    /// The fields it takes, in the order the manual and the formatter's hints list them.
    pub fields: &'static [Field],
    /// The events it raises, beside `error` and the bounds of what encloses it; a `call` adds its tool's errors.
    pub events: &'static [&'static str],
}

impl Kind {
    /// The field with this key.
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

/// The row of a state's kind.
pub fn state(word: &str) -> Option<&'static Kind> {
    STATES.iter().copied().find(|kind| kind.word == word)
}

/// The row of a declaration's kind; `type` and `import` have none, since they take no fields.
pub fn declaration(word: &str) -> Option<&'static Kind> {
    DECLARATIONS.iter().copied().find(|kind| kind.word == word)
}

/// Failures that any state may end in: what it reads may not compute (`invalid`), or a budget around it may run
/// out (`budget`). `error` stands for every failure, never for a bound.
pub const COMMON_EVENTS: &[&str] = &["error", "invalid", "budget"];

/// Errors that every tool has beside its own.
pub const TOOL_EVENTS: &[&str] = &["timeout", "unavailable", "denied", "invalid"];

/// Where the type of a state's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRule {
    /// The written type, `string` where none is written.
    Declared,
    /// The written type, `string[]` (texts) where none is written; `Hit[]` is the other one.
    Rows,
    /// Found from its fields; writing one is an error.
    Inferred,
    /// It has none.
    None,
}

/// A field of a kind.
#[derive(Debug, PartialEq)]
pub struct Field {
    /// Its key.
    pub key: &'static str,
    /// What may stand there, and where a bare word is looked up.
    pub ty: FieldType,
    /// Whether it must be written, and what holds where it is not.
    pub need: Need,
    /// One line.
    pub doc: &'static str,
}

/// Whether a field must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Required,
    /// No; this holds where it is not written (as the manual prints it).
    Default(&'static str),
    /// No; nothing holds where it is not written.
    Optional,
}

/// What may stand in a field, and where its bare words are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A pool's name.
    Pool,
    /// A text with holes.
    Text,
    /// A text without holes.
    Literal,
    /// A whole number, written out.
    Int,
    /// A number, written out.
    Number,
    /// `true` or `false`, written out.
    Bool,
    /// A duration, written out.
    Duration,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Words that the program chooses, `[ship, hold]`.
    Words,
    /// An expression of any type.
    Expr,
    /// An expression that is true or false.
    Condition,
    /// A condition, or a list of conditions that must all hold.
    Conditions,
    /// A list of texts.
    Texts,
    /// `name in list`: the one field that makes a name.
    Each,
    /// A list of expressions.
    Exprs,
    /// `tool(arg: e)`.
    ToolCall,
    /// `Agent(arg: e)`.
    AgentCall,
    /// A list of tools (an MCP server's by `server.tool`).
    Tools,
    /// A list of agents.
    Agents,
    /// A list of skills.
    Skills,
    /// One skill.
    Skill,
    /// One memory.
    Memory,
    /// A list of memories.
    Memories,
    /// A list of chat memories and opened skills.
    Context,
    /// A list of guardrails.
    Guards,
    /// `{ cost: $1, time: 1h, calls: 3, tokens: 10_000 }`.
    Budget,
    /// `{ of: e, rounds: n }`.
    Stall,
    /// `all`, `any`, `quorum(n)`.
    Join,
    /// A list of `"provider/model"`.
    Targets,
    /// A list of numbers.
    Numbers,
    /// `{ input: $0.10, output: $0.40 }`.
    Price,
    /// `vkey("team")` or `env.X`.
    Key,
    /// A list of detectors.
    Detectors,
    /// `block | redact | warn | reroute(pool)`.
    Action,
    /// A list of texts without holes.
    Literals,
    /// A list of texts or expressions: a command line.
    Command,
    /// `fs.read` and its like.
    Builtin,
    /// `server.tool`.
    McpTool,
    /// A record of texts: environment, headers.
    Pairs,
    /// A text that stands for what was cut out, or a record of texts by what was found.
    Replace,
    /// A level of scope or a parameter's name.
    Scope,
    /// A text or `env.X`.
    Config,
    /// A list of error names.
    Errors,
    /// `judge(pool, "rubric")`.
    Judge,
    /// `Agent(arg: e)`, or `Agent` alone where `cases:` brings the arguments.
    Tested,
}
