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

    /// The number that holds where a field is not written; 0 of a field without one.
    pub fn default_number(&self, key: &str) -> u32 {
        match self.field(key).map(|field| field.need) {
            Some(Need::Default(text)) => text.parse().unwrap_or_default(),
            _ => 0,
        }
    }

    /// Whether a switch is on where it is not written.
    pub fn default_flag(&self, key: &str) -> bool {
        matches!(self.field(key).map(|field| field.need), Some(Need::Default("true")))
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

/// Whether some kind of state or declaration has a field of this key.
pub fn is_key(word: &str) -> bool {
    STATES.iter().chain(DECLARATIONS).any(|kind| kind.field(word).is_some())
}

/// Failures that any state may end in: what it reads may not compute (`invalid`), or a budget around it may run
/// out (`budget`). `error` stands for every failure, never for a bound.
pub const COMMON_EVENTS: &[&str] = &["error", "invalid", "budget"];

/// Errors that every tool has beside its own; `failed` is what has no name of its own.
pub const TOOL_EVENTS: &[&str] = &["timeout", "unavailable", "denied", "invalid", "failed"];

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

impl FieldType {
    /// What may stand there, as the manual says it.
    pub fn takes(self) -> String {
        let text = match self {
            Self::Pool => "the name of a model pool",
            Self::Text => "a text, with holes",
            Self::Literal => "a text, without holes",
            Self::Int => "a whole number, written out",
            Self::Number => "a number, written out",
            Self::Bool => "`true` or `false`",
            Self::Duration => "a duration, written out",
            Self::Word(words) => {
                return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ");
            }
            Self::Words | Self::Errors => "a list of words of your choice",
            Self::Expr => "an expression",
            Self::Condition => "a condition",
            Self::Conditions => "a condition, or a list of them",
            Self::Texts => "a list of texts",
            Self::Each => "`name in list`",
            Self::Exprs => "a list of expressions",
            Self::ToolCall => "a tool with its arguments",
            Self::AgentCall | Self::Tested => "an agent with its arguments",
            Self::Tools => "a list of tools",
            Self::Agents => "a list of agents",
            Self::Skills => "a list of skills",
            Self::Skill => "the name of a skill",
            Self::Memory => "the name of a memory",
            Self::Memories => "a list of memories",
            Self::Context => "a list of chat memories and `open` states",
            Self::Guards => "a list of guards",
            Self::Budget => "a record of constants",
            Self::Stall => "`{ of: e, rounds: n }`",
            Self::Join => "`all`, `any`, `quorum(n)`, `quorum(share)`",
            Self::Targets => "a list of `\"provider/model\"`",
            Self::Numbers => "a list of numbers",
            Self::Price => "`{ input: $…, output: $… }`",
            Self::Key => "`vkey(\"…\")` or `env.NAME`",
            Self::Detectors => "a list of detectors",
            Self::Action => "`block` `redact` `warn` `reroute(pool)`",
            Self::Literals => "a list of texts, without holes",
            Self::Command => "a list of texts, the program first",
            Self::Builtin => "the name of a built-in",
            Self::McpTool => "`server.tool`",
            Self::Pairs => "a record of texts",
            Self::Replace => "a text, or a record of texts",
            Self::Scope => "a parameter's name or a level",
            Self::Config => "a text; `env.NAME` may stand in it",
            Self::Judge => "`judge(pool, \"rubric\")`",
        };
        text.to_owned()
    }
}
