//! The one table: every kind of state and of declaration, its fields with type, default and one line of
//! documentation, and its events. Checker, completion, hover, formatter and the reference manual read this
//! and nothing else.

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

/// Where the type of a state's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRule {
    /// The written type, `string` where none is written.
    Declared,
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
    /// A level of scope or a parameter's name.
    Scope,
    /// A text or `env.X`.
    Config,
    /// A list of error names.
    Errors,
    /// `judge(pool, "rubric")`.
    Judge,
}
