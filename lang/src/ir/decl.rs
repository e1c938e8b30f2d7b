//! What stands beside the machines: pools, guardrails, memories, tools, servers, skills, agents, tests.

use serde::{Deserialize, Serialize};

use super::{AgentId, Budget, Expr, GuardId, McpId, ModelId, On, SlotId, State, StateId};
use crate::ast::Name;
use crate::span::Span;
use crate::value::{FieldType, Labels, Type, Value};

/// A pool of models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Its targets in order; `None`: what the machine has.
    pub targets: Option<Vec<Target>>,
    /// How a target is chosen.
    pub strategy: Strategy,
    /// One a target, for `weighted`.
    pub weights: Vec<f64>,
    /// Further attempts, once every candidate was tried.
    pub retry: u32,
    /// Milliseconds of one attempt, to its last token.
    pub timeout: Option<u64>,
    /// What a call reserves and a model may write.
    pub max_tokens: u32,
    /// Where the provider takes one.
    pub temperature: Option<f64>,
    /// Where ours is unknown.
    pub price: Option<Price>,
    /// Whose key.
    pub key: Option<KeyRef>,
    /// An OpenAI-compatible address; the target's model name goes there.
    pub url: Option<Expr>,
    /// A command line that answers.
    pub exec: Option<Vec<Expr>>,
    /// With `route`: condition and pool; `None` is `else`.
    pub routes: Vec<(Option<Expr>, ModelId)>,
    /// Who says whether an answer of a `cascade` is good enough: `judge(pool, "rubric")` as its arguments.
    pub judge: Option<Expr>,
}

/// `"provider/model"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// `openai`.
    pub provider: Name,
    /// `gpt-5-mini`.
    pub model: Name,
    /// Where it stands.
    pub span: Span,
}

/// How a pool chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// In order; the next when one fails.
    #[default]
    Failover,
    /// The least known price first.
    Cheapest,
    /// The least latency first.
    Fastest,
    /// At random by weight.
    Weighted,
    /// In order, on at a bad answer.
    Cascade,
    /// Another pool by edges.
    Route,
}

/// A million tokens, in billionths of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Read.
    pub input: i64,
    /// Written.
    pub output: i64,
}

/// Where a pool's key comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum KeyRef {
    /// `vkey("team")`.
    Virtual(Name),
    /// `env.X`.
    Env(Name),
}

/// A guardrail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// What it reads.
    pub on: GuardOn,
    /// Its detectors: a name and its arguments (`topics`, `[["politics"]]`); `judge`'s pool is its first, by name.
    pub detectors: Vec<(Name, Vec<Value>)>,
    /// What it does.
    pub action: GuardAction,
    /// What stands in a redacted place.
    pub replace: Expr,
    /// Whether the redaction is undone for the reader.
    pub reversible: bool,
}

/// What a guardrail reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuardOn {
    /// What goes to a model.
    Input,
    /// What comes from a model.
    Output,
    /// What comes from a tool.
    Tool,
}

/// What a guardrail does; the strictest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuardAction {
    /// Ends the call.
    Block,
    /// Cuts the place out.
    Redact,
    /// Says so.
    Warn,
    /// Asks another pool.
    Reroute(ModelId),
}

/// A memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Which kind.
    pub kind: MemoryKind,
    /// A file's path.
    pub path: Option<Expr>,
    /// Where it is kept.
    pub store: Option<Expr>,
    /// What makes vectors.
    pub embedder: Option<Expr>,
    /// Whose it is: a level or a parameter's name.
    pub scope: Option<Name>,
    /// Milliseconds.
    pub ttl: Option<u64>,
    /// The pool that sums a chat up.
    pub summarize: Option<ModelId>,
}

/// The kinds of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemoryKind {
    /// A window of messages and a running summary.
    Chat,
    /// By meaning.
    Semantic,
    /// A markdown file.
    File,
    /// By key.
    Kv,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: Name,
    /// What a model reads.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Its parameters, slots 0 and up in its own expressions.
    pub params: Vec<Param>,
    /// What it gives ([`Type::Null`]: nothing).
    pub ty: Type,
    /// What does the work.
    pub body: ToolBody,
    /// What it does to the world; where unwritten: a built-in's own, `write` of everything else.
    pub effect: EffectClass,
    /// Its idempotency key.
    pub once: Option<Expr>,
    /// What it may touch: globs of paths, addresses or command lines; `None`: the body's default.
    pub allow: Option<Vec<Name>>,
    /// Labels of its result.
    pub labels: Labels,
    /// Its own errors.
    pub errors: Vec<Name>,
    /// Milliseconds.
    pub timeout: Option<u64>,
    /// How a command is confined.
    pub sandbox: Sandbox,
    /// Whether a command may reach the network.
    pub network: bool,
    /// Environment of a command: name and value.
    pub env: Vec<(Name, Expr)>,
}

/// What does a tool's work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToolBody {
    /// One of ours.
    Builtin(Builtin),
    /// A request.
    Http {
        /// The address.
        url: Expr,
        /// `GET` where the effect is `read`, else `POST`, unless written.
        method: Name,
        /// Name and value.
        headers: Vec<(Name, Expr)>,
        /// The body; unwritten: the arguments as JSON, where the method has one.
        body: Option<Expr>,
    },
    /// A command, without a shell.
    Exec(Vec<Expr>),
    /// A tool of a server, by its name over there.
    Mcp(McpId, Name),
    /// An agent, with its arguments.
    Agent(AgentId, Vec<Expr>),
}

/// Our own tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Builtin {
    /// `fs.read(path)`.
    FsRead,
    /// `fs.list(path)`.
    FsList,
    /// `fs.search(pattern, path)`.
    FsSearch,
    /// `fs.write(path, text)`.
    FsWrite,
    /// `fs.patch(path, patch)`.
    FsPatch,
    /// `http.get(url)`.
    HttpGet,
    /// `shell(cmd)`.
    Shell,
}

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EffectClass {
    /// Nothing: may be repeated.
    Read,
    /// Something that can be undone.
    Write,
    /// Something that cannot.
    Irreversible,
}

/// How a command is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sandbox {
    /// Namespaces too.
    Full,
    /// Landlock, seccomp, limits, a clean environment.
    Base,
    /// What the machine has.
    BestEffort,
    /// A clean environment, a timeout, limits.
    Off,
}

/// An MCP server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mcp {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Its address.
    pub url: Option<Expr>,
    /// Or its command.
    pub command: Option<Vec<Expr>>,
    /// Its credential.
    pub auth: Option<Expr>,
    /// Environment of its command.
    pub env: Vec<(Name, Expr)>,
    /// The tools that may be used, as globs.
    pub allow: Option<Vec<Name>>,
    /// Milliseconds.
    pub timeout: Option<u64>,
}

/// A skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skill {
    /// Its name.
    pub name: Name,
    /// Its documentation.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Its folder.
    pub path: Option<Name>,
    /// Whether folders found on the way up count.
    pub discover: bool,
}

/// A parameter of an agent or a tool. It is a record's field with a place.
pub type Param = FieldType;

/// A variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Var {
    /// Its name.
    pub name: Name,
    /// Its slot.
    pub slot: SlotId,
    /// Its type.
    pub ty: Type,
    /// Its first value.
    pub value: Expr,
    /// Where it stands.
    pub span: Span,
}

/// `require a.ok before b`, proved; kept for the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Require {
    /// As written.
    pub text: Name,
    /// Where it stands.
    pub span: Span,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Its name.
    pub name: Name,
    /// What a model that may run it reads.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Its parameters: slots 0 and up.
    pub params: Vec<Param>,
    /// What it returns ([`Type::Null`]: nothing).
    pub ty: Type,
    /// Its variables.
    pub vars: Vec<Var>,
    /// What it may spend.
    pub budget: Option<Budget>,
    /// Its guardrails.
    pub guards: Vec<GuardId>,
    /// Where it begins.
    pub first: StateId,
    /// Every state, nested ones too.
    pub states: Vec<State>,
    /// Its own handlers; each fires once a run for each event.
    pub on: Vec<On>,
    /// What was proved.
    pub requires: Vec<Require>,
    /// The name of every slot, for records and pictures.
    pub slots: Vec<Name>,
}

/// A test block, compiled. Who answers what is kept by name; the next issue runs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Its name.
    pub name: Name,
    /// Where its name stands.
    pub span: Span,
    /// Which agent.
    pub agent: AgentId,
    /// Its arguments by parameter name; empty where `cases` brings them.
    pub args: Vec<(Name, Expr)>,
    /// What answers: a dotted path or `pool["target"]`, and the raw answer.
    pub mocks: Vec<(Name, Expr)>,
    /// A cassette's name.
    pub cassette: Option<Name>,
    /// A glob of case files.
    pub cases: Option<Name>,
    /// Each must be true.
    pub expects: Vec<Expr>,
    /// Snapshots to take, by name.
    pub snapshots: Vec<Option<Name>>,
}
