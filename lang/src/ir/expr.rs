//! Expressions with names resolved to slots. `eval` computes them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{MemoryId, SlotId};
use crate::ast::{BinaryOp, Name, UnaryOp};
use crate::span::Span;
use crate::value::{Type, Value};

/// An expression with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// A literal, or a constant the compiler folded.
    Const(Value),
    /// A parameter, variable, state's result or `each` element; `null` where it was never set.
    Slot(SlotId),
    /// The state's own result (`.f` is `Field(Own, f)`).
    Own,
    /// `it` of the innermost built-in that binds it.
    It,
    /// `cost`, `time`, `calls`, `tokens` of the run so far.
    Meter(Meter),
    /// The moment the state was entered.
    Now,
    /// `env.X`; only in declarations.
    Env(Name),
    /// `caller`, `task`, `difficulty`, `prompt_tokens`: what a pool's edges read; `latency(p)`, `price(p)` are functions.
    Routing(Name),
    /// The text of a `file` memory, as it is when the state is entered; only in a model state's texts.
    Memory(MemoryId),
    /// A text with holes.
    Template(Template),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a: 1 }`.
    Record(Vec<(Name, Expr)>),
    /// `a.f`; of a null it is null.
    Field(Box<Expr>, Name),
    /// `a[i]`, `m["k"]`; null where there is none.
    Index(Box<Expr>, Box<Expr>),
    /// `-a`, `not a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`; `and`, `or`, `??` read their right side only when they need it.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a is "x" | T`.
    Is(Box<Expr>, Vec<Pattern>),
    /// `a as T`; null where it does not fit.
    Cast(Box<Expr>, Type),
    /// A built-in; `all any count sum min max` may bind `it` in their second argument.
    Call(Function, Vec<Expr>),
}

impl Expr {
    /// The expressions directly inside, from left to right: what every walk over expressions goes down by.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Template(template) => template.holes().collect(),
            ExprKind::List(items) | ExprKind::Call(_, items) => items.iter().collect(),
            ExprKind::Record(fields) => fields.iter().map(|(_, field)| field).collect(),
            ExprKind::Field(of, _) | ExprKind::Unary(_, of) | ExprKind::Is(of, _) | ExprKind::Cast(of, _) => {
                vec![of]
            }
            ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::Const(_)
            | ExprKind::Slot(_)
            | ExprKind::Own
            | ExprKind::It
            | ExprKind::Meter(_)
            | ExprKind::Now
            | ExprKind::Env(_)
            | ExprKind::Routing(_)
            | ExprKind::Memory(_) => Vec::new(),
        }
    }
}

impl Template {
    /// Its holes, from left to right.
    pub fn holes(&self) -> impl DoubleEndedIterator<Item = &Expr> {
        self.pieces.iter().filter_map(|piece| if let Piece::Hole(hole) = piece { Some(hole) } else { None })
    }
}

/// What `is` compares with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pattern {
    /// A string literal.
    Literal(Name),
    /// A type.
    Type(Type),
}

/// A text with holes; the common indent of a block is gone already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// From left to right.
    pub pieces: Vec<Piece>,
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    /// Plain text.
    Text(Arc<str>),
    /// `${…}`: text and scalars print bare, records and lists as JSON, media attach.
    Hole(Expr),
}

/// What a run has spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Meter {
    /// Money, in USD.
    Cost,
    /// Running time without durable waits.
    Time,
    /// Model calls.
    Calls,
    /// Input and output tokens.
    Tokens,
}

/// The closed set of built-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Function {
    /// `len(x)`: characters of a string, elements of a list, fields of a map.
    Len,
    /// `sum(xs)`, `sum(xs, e)`.
    Sum,
    /// `min(xs)`, `min(xs, e)`, `min(a, b)` is not there: lists only.
    Min,
    /// `max(xs)`, `max(xs, e)`.
    Max,
    /// `all(xs, cond)`.
    All,
    /// `any(xs, cond)`.
    Any,
    /// `count(xs)`, `count(xs, cond)`.
    Count,
    /// `first(xs)`.
    First,
    /// `last(xs)`.
    Last,
    /// `join(xs, separator)`.
    Join,
    /// `lower(s)`.
    Lower,
    /// `trim(s)`.
    Trim,
    /// `contains(text, part)`.
    Contains,
    /// `starts(text, prefix)`.
    Starts,
    /// `matches(text, "regex")`: the pattern is a literal, checked to compile.
    Matches,
    /// `file("path")`: a media or text file beside the program; only in a test's arguments.
    File,
    /// `error(kind)`: only as a mock's value.
    Error,
    /// `search(query: "x")` as the mock of a planner: the tool's name and a record of the arguments given.
    ToolCall,
    /// `latency(pool)`: only in a pool's edges.
    Latency,
    /// `price(pool)`: only in a pool's edges.
    Price,
    /// What only a test's `expect` reads: `visits visited calls args attempts model_of blocked judge`, by name;
    /// states, tools, pools and guards arrive as string constants.
    Expect(ExpectFunction),
}

/// Functions and names of `expect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ExpectFunction {
    /// `path`.
    Path,
    /// `visits(s)`.
    Visits,
    /// `visited(s)`.
    Visited,
    /// `calls(tool)`.
    Calls,
    /// `args(tool)`.
    Args,
    /// `attempts(s)`.
    Attempts,
    /// `model_of(s)`.
    ModelOf,
    /// `prompts`.
    Prompts,
    /// `blocked(guard)`.
    Blocked,
    /// `result`.
    Result,
    /// `pass_rate`.
    PassRate,
    /// `judge(expr, "rubric")`.
    Judge,
}
