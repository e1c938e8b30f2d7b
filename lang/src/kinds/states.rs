//! The kinds of state: what each does, takes and raises.

use super::{Field, FieldType, Kind, Need, ValueRule};
use FieldType::{
    AgentCall, Agents, Bool, Budget, Condition, Conditions, Context, Duration, Each, Expr, Exprs, Guards,
    Int, Join, Literal, Memories, Memory, Number, Pool, Skills, Stall, Text, Texts, ToolCall, Tools, Words,
};
use Need::{Default, Optional, Required};

const fn field(key: &'static str, ty: FieldType, need: Need, doc: &'static str) -> Field {
    Field { key, ty, need, doc }
}

const MODEL: Field = field("model", Pool, Required, "the pool that answers");
const SYSTEM: Field = field("system", Text, Optional, "what the model is told before the conversation");
const CONTEXT: Field =
    field("context", Context, Optional, "chat memories, as real messages, and opened skills, as text");
const IMAGES: Field = field("images", Exprs, Optional, "images and documents to attach");
const TASK: Field = field("task", Literal, Optional, "the kind of work, read by a pool's `route`");
const REPAIR: Field = field("repair", Int, Default("0"), "how often to ask again, quoting what was wrong");
const CHECK: Field = field(
    "check",
    Conditions,
    Optional,
    "what must be true of the answer: its fields are read as `.f`, the whole by the state's name",
);
const GUARDS: Field = field("guards", Guards, Optional, "guardrails beside the agent's; all run");
const TEMPERATURE: Field = field("temperature", Number, Optional, "from 0 to 2, in place of the pool's");
const MAX_TOKENS: Field =
    field("max_tokens", Int, Optional, "what the model may write, in place of the pool's");
const STREAM: Field =
    field("stream", Bool, Default("true"), "whether a `string` answer is shown as it is written");
const BUDGET: Field = field("budget", Budget, Optional, "what it may spend: `cost time calls tokens`");
const SHOW: Field = field("show", Exprs, Optional, "what the person sees beside the question");
const TIMEOUT: Field = field("timeout", Duration, Optional, "how long to wait before the event `timeout`");
const TTL: Field = field("ttl", Duration, Optional, "how long it is kept, in place of the memory's");

const MODEL_EVENTS: &[&str] = &["invalid", "blocked", "refused", "unavailable", "failed"];

const ASK: Kind = Kind {
    word: "ask",
    doc: "one typed model call",
    value: ValueRule::Declared,
    fields: &[
        MODEL,
        SYSTEM,
        field("prompt", Text, Required, "what to ask; `${…}` holes are typed"),
        CONTEXT,
        IMAGES,
        TASK,
        field("skills", Skills, Optional, "skills that the model may open"),
        REPAIR,
        CHECK,
        GUARDS,
        field(
            "cache",
            Bool,
            Default("false"),
            "whether the same request may be answered from the cache; no effect yet",
        ),
        TEMPERATURE,
        MAX_TOKENS,
        STREAM,
    ],
    events: MODEL_EVENTS,
};

const PLAN: Kind = Kind {
    word: "plan",
    doc: "a planner: the model picks among tools, skills and agents, step by step, until it gives the type",
    value: ValueRule::Declared,
    fields: &[
        MODEL,
        SYSTEM,
        field("goal", Text, Required, "what to reach; `${…}` holes are typed"),
        CONTEXT,
        IMAGES,
        field("tools", Tools, Optional, "tools it may call; one of an MCP server as `server.tool`"),
        field("skills", Skills, Optional, "skills it may open"),
        field("agents", Agents, Optional, "agents it may run"),
        field("steps", Int, Default("20"), "at most so many turns, then the event `exhausted`"),
        field("confirm", Tools, Optional, "tools that ask a person before each call"),
        TASK,
        REPAIR,
        CHECK,
        GUARDS,
        TEMPERATURE,
        MAX_TOKENS,
        STREAM,
    ],
    events: &["exhausted", "invalid", "blocked", "refused", "unavailable", "failed"],
};

const CALL: Kind = Kind {
    word: "call",
    doc: "one tool call, without a model",
    value: ValueRule::Inferred,
    fields: &[
        field(
            "tool",
            ToolCall,
            Required,
            "the tool and its arguments: `refund(order: o.id, amount: o.total)`",
        ),
        field("timeout", Duration, Optional, "in place of the tool's"),
        field("retry", Int, Default("0"), "further attempts, where repeating is safe"),
    ],
    events: super::TOOL_EVENTS,
};

const LOOP: Kind = Kind {
    word: "loop",
    doc: "a nested machine, round after round: `-> next` begins another, `-> break` leaves",
    value: ValueRule::Inferred,
    fields: &[
        field("until", Condition, Optional, "tested at each `next`; true takes the normal exit"),
        field("max", Int, Optional, "at most so many rounds, then the event `exhausted`"),
        field("budget", Budget, Optional, "what all rounds may spend, then the event `budget`"),
        field(
            "stall",
            Stall,
            Optional,
            "`{ of: e, rounds: n }`: `n` rounds without a smaller `e`, then `stalled`",
        ),
        field("fresh", Bool, Default("false"), "whether each round starts with an empty model context"),
        field("carry", Memories, Optional, "memories that survive `fresh`"),
    ],
    events: &["exhausted", "stalled", "budget"],
};

const BRANCH: Kind = Kind {
    word: "branch",
    doc: "a choice, without an effect",
    value: ValueRule::None,
    fields: &[],
    events: &[],
};

const PARALLEL: Kind = Kind {
    word: "parallel",
    doc: "nested states side by side, or one for each element of a list",
    value: ValueRule::Inferred,
    fields: &[
        field("each", Each, Optional, "`each: name in list` runs the one part for each element"),
        field("max", Int, Optional, "at most so many at once"),
        field("join", Join, Default("all"), "when it is done: `all`, `any`, `quorum(n)` or `quorum(share)`"),
        BUDGET,
    ],
    events: &["partial"],
};

const RUN: Kind = Kind {
    word: "run",
    doc: "another agent, with a slice of the budget",
    value: ValueRule::Inferred,
    fields: &[field("agent", AgentCall, Required, "the agent and its arguments: `Scout(topic)`"), BUDGET],
    events: &["failed", "budget"],
};

const APPROVE: Kind = Kind {
    word: "approve",
    doc: "a person's decision; the process may end meanwhile",
    value: ValueRule::Inferred,
    fields: &[
        field("prompt", Text, Required, "the question"),
        SHOW,
        field(
            "by",
            Text,
            Optional,
            "who may answer: a person or `role:NAME`; no effect yet, whoever is there may",
        ),
        TIMEOUT,
        field("choices", Words, Optional, "words to choose from, in place of yes and no"),
    ],
    events: &["timeout"],
};

const WAIT: Kind = Kind {
    word: "wait",
    doc: "a user's turn, a queue's or a webhook's message; the process may end meanwhile",
    value: ValueRule::Declared,
    fields: &[
        SHOW,
        field("queue", Text, Optional, "the queue whose people answer; no effect yet"),
        field("webhook", Text, Optional, "the webhook that answers; no effect yet"),
        TIMEOUT,
    ],
    events: &["timeout"],
};

const RECALL: Kind = Kind {
    word: "recall",
    doc: "rows of a memory: `string[]` gives their texts, `Hit[]` the whole rows",
    value: ValueRule::Rows,
    fields: &[
        field("from", Memory, Required, "the memory"),
        field("query", Expr, Optional, "the text to look for"),
        field("key", Expr, Optional, "the key to look up"),
        field("top", Int, Default("5"), "at most so many rows"),
        field("where", Expr, Optional, "a record that a row's `meta` must match"),
        field("as_of", Expr, Optional, "the date whose state is read"),
    ],
    events: &["unavailable"],
};

const REMEMBER: Kind = Kind {
    word: "remember",
    doc: "one row written to a memory",
    value: ValueRule::Inferred,
    fields: &[
        field("into", Memory, Required, "the memory"),
        field("value", Expr, Required, "what is kept"),
        field("key", Expr, Optional, "its key; a row of the same key is superseded"),
        field("meta", Expr, Optional, "a record kept beside it"),
        TTL,
        field("summarize", Pool, Optional, "the pool that sums it up first"),
    ],
    events: &["unavailable", "blocked", "refused"],
};

const FORGET: Kind = Kind {
    word: "forget",
    doc: "rows of a memory deleted, with all that was made from them",
    value: ValueRule::Inferred,
    fields: &[
        field("from", Memory, Required, "the memory"),
        field("uid", Expr, Optional, "one row by its uid"),
        field("query", Expr, Optional, "the rows that a text finds"),
        field("key", Expr, Optional, "the row of a key"),
        field("all", Bool, Default("false"), "everything in the scope"),
    ],
    events: &["unavailable"],
};

const OPEN: Kind = Kind {
    word: "open",
    doc: "a skill's text, ready to stand in a `context:`",
    value: ValueRule::Inferred,
    fields: &[
        field("skill", FieldType::Skill, Required, "the skill"),
        field("files", Texts, Optional, "files of its folder to read beside its text"),
    ],
    events: &["unavailable"],
};

const LET: Kind = Kind {
    word: "let",
    doc: "a value, computed without an effect",
    value: ValueRule::Inferred,
    fields: &[field("value", Expr, Required, "the value")],
    events: &["invalid"],
};

/// Every kind of state, in the order of the manual.
pub const STATES: &[&Kind] = &[
    &ASK, &PLAN, &CALL, &LOOP, &BRANCH, &PARALLEL, &RUN, &APPROVE, &WAIT, &RECALL, &REMEMBER, &FORGET, &OPEN,
    &LET,
];

/// The kinds that may be a part of a `parallel`.
pub const PART_KINDS: &[&str] = &["ask", "plan", "call", "run", "recall", "open", "approve", "wait"];
