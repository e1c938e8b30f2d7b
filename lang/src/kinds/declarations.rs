//! The kinds of declaration that have fields. `type` and `import` have none and stand in the grammar alone.

use super::{Field, FieldType, Kind, Need, ValueRule};
use FieldType::{
    Action, AgentCall, Bool, Budget, Builtin, Command, Config, Detectors, Duration, Errors, Expr, Guards,
    Int, Judge, Key, Literal, Literals, McpTool, Number, Numbers, Pairs, Pool, Price, Replace, Scope,
    Targets, Tested, Text, Word,
};
use Need::{Default, Optional, Required};

const fn field(key: &'static str, ty: FieldType, need: Need, doc: &'static str) -> Field {
    Field { key, ty, need, doc }
}

const fn declaration(word: &'static str, doc: &'static str, fields: &'static [Field]) -> Kind {
    Kind { word, doc, value: ValueRule::None, fields, events: &[] }
}

/// A pool of models.
pub const MODEL: Kind = declaration(
    "model",
    "a pool of models under one name",
    &[
        field(
            "use",
            Targets,
            Optional,
            "targets as `\"provider/model\"`, in order; left out: what the machine has",
        ),
        field(
            "strategy",
            Word(&["failover", "cheapest", "fastest", "weighted", "cascade", "route"]),
            Default("failover"),
            "how a target is chosen",
        ),
        field("weights", Numbers, Optional, "one a target, in the order of `use`; only with `weighted`"),
        field("judge", Judge, Optional, "who says whether a `cascade` goes on: `judge(pool, \"rubric\")`"),
        field("retry", Int, Default("0"), "further attempts, once every candidate was tried"),
        field("timeout", Duration, Optional, "of one attempt, to its last token"),
        field("max_tokens", Int, Default("4096"), "what a model may write, and what a call reserves"),
        field("temperature", Number, Optional, "from 0 to 2; left out: the provider's own"),
        field(
            "price",
            Price,
            Optional,
            "a million tokens, where ours is unknown: `{ input: $0.10, output: $0.40 }`",
        ),
        field("key", Key, Optional, "whose key: `vkey(\"team\")` or `env.NAME`"),
        field("url", Config, Optional, "an OpenAI-compatible server"),
        field("exec", Command, Optional, "a command line that answers, as a list"),
    ],
);

/// A guardrail.
pub const GUARD: Kind = declaration(
    "guard",
    "a check of what goes to a model or a tool, or comes from it",
    &[
        field("on", Word(&["input", "output", "tool"]), Required, "what it reads"),
        field(
            "use",
            Detectors,
            Required,
            "detectors: `injection pii secrets topics([…]) judge(pool, \"rubric\") http(\"…\")`",
        ),
        field("action", Action, Default("block"), "what it does: `block`, `redact`, `warn`, `reroute(pool)`"),
        field("replace", Replace, Default("\"[REDACTED]\""), "what stands in a redacted place"),
        field("reversible", Bool, Default("false"), "whether the redaction is undone for the reader"),
    ],
);

/// A memory.
pub const MEMORY: Kind = declaration(
    "memory",
    "something that outlives a state",
    &[
        field("kind", Word(&["chat", "semantic", "file", "kv"]), Required, "what it is"),
        field(
            "scope",
            Scope,
            Optional,
            "whose it is: a parameter's name, or `user team agent session run global`",
        ),
        field("path", Config, Optional, "the file of a `file` memory"),
        field(
            "store",
            Config,
            Optional,
            "where it is kept: `\"sqlite:…\"`, `\"qdrant://…\"`, `\"postgres://…\"`",
        ),
        field("embedder", Config, Optional, "what makes vectors: `\"provider/model\"` or a folder"),
        field("ttl", Duration, Optional, "how long a row is kept"),
        field("summarize", Pool, Optional, "the pool that sums up what leaves a chat's window"),
    ],
);

/// A tool.
pub const TOOL: Kind = declaration(
    "tool",
    "a typed signature and one body",
    &[
        field("builtin", Builtin, Optional, "body: one of ours, such as `fs.read`"),
        field("http", Text, Optional, "body: a request to this address"),
        field("exec", Command, Optional, "body: a command, as a list, without a shell"),
        field("mcp", McpTool, Optional, "body: a server's tool, as `server.tool`"),
        field("agent", AgentCall, Optional, "body: an agent and its arguments"),
        field(
            "effect",
            Word(&["read", "write", "irreversible"]),
            Default("write, or the built-in's own"),
            "what it does to the world",
        ),
        field("once", Expr, Optional, "its idempotency key"),
        field("allow", Literals, Optional, "what it may touch: globs of paths, addresses or command lines"),
        field("taint", Word(&["untrusted"]), Optional, "marks what it gives as text that nobody vouches for"),
        field("errors", Errors, Optional, "its own errors, beside those every tool has"),
        field("timeout", Duration, Optional, "how long a call may take"),
        field(
            "method",
            Word(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
            Default("GET where `effect: read`, else POST"),
            "of an `http` body",
        ),
        field("headers", Pairs, Optional, "of an `http` body"),
        field("body", Expr, Default("the arguments as JSON"), "of an `http` body"),
        field(
            "sandbox",
            Word(&["base", "full", "best_effort", "off"]),
            Default("base"),
            "how a command is confined",
        ),
        field("network", Bool, Default("false"), "whether a command may reach the network"),
        field("env", Pairs, Optional, "a command's environment, beside the clean one"),
    ],
);

/// The fields of a tool of which exactly one is written.
pub const TOOL_BODIES: &[&str] = &["builtin", "http", "exec", "mcp", "agent"];

/// A server of tools.
pub const MCP: Kind = declaration(
    "mcp",
    "a server that speaks the Model Context Protocol",
    &[
        field("url", Config, Optional, "its address"),
        field("command", Command, Optional, "or the command that starts it, as a list"),
        field("auth", Config, Optional, "its credential, such as `env.SHOP_TOKEN`"),
        field("env", Pairs, Optional, "its command's environment, beside the clean one"),
        field("allow", Literals, Optional, "the tools that may be used, as globs"),
        field("timeout", Duration, Optional, "of one call"),
    ],
);

/// A skill.
pub const SKILL: Kind = declaration(
    "skill",
    "a folder with a SKILL.md",
    &[
        field("path", Literal, Optional, "the folder"),
        field("discover", Bool, Default("false"), "whether the usual folders are searched"),
    ],
);

/// An agent.
pub const AGENT: Kind = declaration(
    "agent",
    "a state machine with parameters and a result",
    &[
        field(
            "budget",
            Budget,
            Optional,
            "what a run may spend: `cost time calls tokens`, and what `on budget` keeps: `reserve`",
        ),
        field("guards", Guards, Optional, "guardrails of every model state and tool in it"),
    ],
);

/// A test.
pub const TEST: Kind = declaration(
    "test",
    "one run with answers given, and what must be true of it",
    &[
        field("agent", Tested, Required, "the agent and its arguments"),
        field("cassette", Literal, Optional, "recorded answers, by name"),
        field("cases", Literal, Optional, "a glob of case files, one run each"),
    ],
);

/// Every kind of declaration that has fields, in the order of the manual.
pub const DECLARATIONS: &[&Kind] = &[&MODEL, &GUARD, &MEMORY, &TOOL, &MCP, &SKILL, &AGENT, &TEST];
