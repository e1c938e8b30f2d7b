//! What completion writes: a text for each word of the language, with `${1:places}` to fill.

use crate::kinds::{Field, FieldType, Kind, Need, ValueRule};

/// A word, what it is, what is written.
type Row = (&'static str, &'static str, &'static str);

pub(super) const DECLARATIONS: &[Row] = &[
    ("edition", "the edition of the language, on the first line", "edition 1"),
    ("import", "names of another file", "import \"${1:std/guards}\" { ${2} }"),
    ("type", "a record, or another name of a type", "type ${1:Name} {\n  ${2:field}: ${3:string}\n}"),
    ("model", "a pool of models under one name", "model ${1:fast} { use: [\"${2:openai/gpt-5-mini}\"] }"),
    (
        "guard",
        "a check of what goes to a model or a tool, or comes from it",
        "guard ${1:clean} {\n  on:  ${2:input}\n  use: [${3:injection}]\n}",
    ),
    ("memory", "something that outlives a state", "memory ${1:talk} { kind: ${2:chat} }"),
    (
        "tool",
        "a typed signature and one body",
        "tool ${1:name}(${2:arg}: ${3:string}): ${4:string} {\n  exec:   [\"${5:./command}\", ${2:arg}]\n  effect: ${6:read}\n}",
    ),
    ("mcp", "a server that speaks the Model Context Protocol", "mcp ${1:name} { url: \"${2:https://…}\" }"),
    ("skill", "a folder with a SKILL.md", "skill ${1:name} { path: \"${2:skills/name}\" }"),
    (
        "agent",
        "a state machine with parameters and a result",
        "agent ${1:Main}(${2:question}: string): ${3:string} {\n  ask ${4:answer} {\n    model:  ${5:fast}\n    prompt: \"${6}\"\n    -> return ${4:answer}\n  }\n}",
    ),
    (
        "test",
        "one run with answers given, and what must be true of it",
        "test \"${1:name}\" {\n  agent: ${2:Main}(${3})\n  mock ${4:state} = ${5:\"…\"}\n  expect ${6:result == \"…\"}\n}",
    ),
];

pub(super) const TEST: &[Row] = &[
    ("mock", "the answer of a state, one attempt or visit each", "mock ${1:state} = ${2:\"…\"}"),
    ("expect", "what must be true of the run", "expect $1"),
    ("snapshot", "the run as text, to be reviewed", "snapshot"),
];

pub(super) const AGENT: &[Row] = &[
    ("on", "where an event leads", "on ${1:error} -> ${2:state}"),
    ("var", "what edges may change", "var ${1:name}: ${2:int} = ${3:0}"),
    ("require", "what must have happened before a state", "require ${1:ok.approved} before ${2:state}"),
];

pub(super) const EDGES: &[Row] = &[
    ("->", "where it goes on", "-> "),
    ("when", "an edge with a condition", "when ${1:condition} -> ${2:state}"),
    ("else", "where it goes on otherwise", "else -> ${1:state}"),
    ("on", "where an event leads", "on ${1:error} -> ${2:state}"),
];

pub(super) const MOCKS: &[Row] = &[
    ("\"…\"", "\"$1\"", "the raw answer"),
    ("{ … }", "{ $1 }", "a record"),
    ("error(timeout)", "error(${1:timeout})", "the attempt fails"),
    ("file(\"…\")", "file(\"$1\")", "the answer stands in a file"),
];

pub(super) const EXPECT: &[Row] = &[
    ("path", "path == [\"$1\"]", "the states visited, in order"),
    ("result", "result", "what the agent gave"),
    ("visits", "visits($1)", "how often a state was entered"),
    ("visited", "visited($1)", "whether a state was entered"),
    ("attempts", "attempts($1)", "how many attempts a state's calls took"),
    ("model_of", "model_of($1)", "the target that answered a state"),
    ("calls", "calls($1)", "how often a tool was called"),
    ("args", "args($1)", "what a tool was called with"),
    ("blocked", "blocked($1)", "whether a guard blocked something"),
    ("prompts", "prompts", "all prompts as one text"),
    ("judge", "judge(${1:result}, \"${2:rubric}\")", "what a model says of a value"),
];

/// What may be written in a field that is neither a name nor an expression.
pub(super) fn of(ty: FieldType) -> Option<&'static [Row]> {
    Some(match ty {
        FieldType::Text => &[
            ("\"…\"", "\"$1\"", "a text, with holes"),
            ("\"\"\"…\"\"\"", "\"\"\"\n  $1\n\"\"\"", "a text of several lines"),
        ],
        FieldType::Literal | FieldType::Config => &[("\"…\"", "\"$1\"", "a text")],
        FieldType::Int | FieldType::Number => &[],
        FieldType::Duration => &[("30s", "${1:30s}", "a duration: `90s`, `10m`, `1h30m`")],
        FieldType::Budget => &[("{ … }", "{ cost: \\$${1:0.50}, calls: ${2:10} }", "what may be spent")],
        FieldType::Stall => &[("{ … }", "{ of: ${1:value}, rounds: ${2:3} }", "rounds without progress")],
        FieldType::Price => {
            &[("{ … }", "{ input: \\$${1:0.10}, output: \\$${2:0.40} }", "of a million tokens")]
        }
        FieldType::Join => &[
            ("all", "all", "every part must come"),
            ("any", "any", "the first that comes"),
            ("quorum", "quorum(${1:2})", "so many, or such a share"),
        ],
        FieldType::Action => &[
            ("block", "block", "the call ends as `blocked`"),
            ("redact", "redact", "what was found is replaced"),
            ("warn", "warn", "it goes on, and is noted"),
            ("reroute", "reroute(${1:pool})", "another pool answers"),
        ],
        FieldType::Detectors => &[
            ("injection", "injection", "instructions hidden in a text"),
            ("pii", "pii", "a person's data"),
            ("secrets", "secrets", "keys and passwords"),
            ("topics", "topics([\"$1\"])", "subjects that are not wanted"),
            ("judge", "judge(${1:pool}, \"${2:rubric}\")", "a model decides"),
            ("http", "http(\"${1:https://…}\")", "a service decides"),
        ],
        FieldType::Judge => &[("judge", "judge(${1:pool}, \"${2:rubric}\")", "a model decides")],
        FieldType::Key => &[
            ("vkey", "vkey(\"${1:team}\")", "a virtual key"),
            ("env", "env.${1:NAME}", "a variable of the environment"),
        ],
        FieldType::Pairs => &[("{ … }", "{ ${1:NAME}: \"$2\" }", "a record of texts")],
        FieldType::Replace => &[("\"…\"", "\"${1:[REDACTED]}\"", "what stands in its place")],
        FieldType::Each => &[("name in list", "${1:item} in ${2:list}", "a part for each element")],
        _ => return None,
    })
}

/// The keys that a field's record takes.
pub(super) fn keys(ty: FieldType) -> &'static [Row] {
    match ty {
        FieldType::Budget => &[
            ("cost", "cost: \\$${1:0.50}", "money"),
            ("time", "time: ${1:10m}", "how long; waiting for people is not counted"),
            ("calls", "calls: ${1:10}", "model calls"),
            ("tokens", "tokens: ${1:10_000}", "tokens"),
            ("reserve", "reserve: \\$${1:0.10}", "what the path behind `on budget` may spend"),
        ],
        FieldType::Stall => &[
            ("of", "of: $1", "what must get smaller"),
            ("rounds", "rounds: ${1:3}", "for so many rounds it may not"),
        ],
        FieldType::Price => &[
            ("input", "input: \\$${1:0.10}", "of a million tokens read"),
            ("output", "output: \\$${1:0.40}", "of a million tokens written"),
        ],
        _ => &[],
    }
}

/// A field with a place for its value.
pub(super) fn field(field: &Field) -> String {
    match field.ty {
        FieldType::Text | FieldType::Literal => format!("{}: \"$1\"", field.key),
        FieldType::Tools
        | FieldType::Agents
        | FieldType::Skills
        | FieldType::Memories
        | FieldType::Context
        | FieldType::Guards
        | FieldType::Targets
        | FieldType::Detectors => format!("{}: [$1]", field.key),
        _ => format!("{}: $1", field.key),
    }
}

/// A state with its required fields.
pub(super) fn state(kind: &Kind) -> String {
    let ty = if kind.value == ValueRule::Declared { ": ${2:string}" } else { "" };
    let mut text = format!("{} ${{1:name}}{ty} {{\n", kind.word);
    let mut place = 3;
    for field in kind.fields.iter().filter(|field| field.need == Need::Required) {
        let value = if field.ty == FieldType::Text { format!("\"${place}\"") } else { format!("${place}") };
        text += &format!("  {}: {value}\n", field.key);
        place += 1;
    }
    text += &format!("  -> ${place}\n}}");
    text
}
