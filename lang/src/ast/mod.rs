//! The tree of one file: plain data with places, a mirror of `syntax/`. Nothing here knows names or types.

mod expr;
mod item;
mod outline;
mod state;
mod ty;

pub use expr::{Arg, BinaryOp, Expr, ExprKind, Pair, Pattern, Segment, Text, UnaryOp};
pub use item::{
    AgentDecl, BlockDecl, BlockKind, Import, ImportName, Item, Mock, Mocked, Param, TestDecl, TestMember,
    ToolDecl, TypeBody, TypeDecl, TypeField,
};
pub use outline::{expr_outline, outline};
pub use state::{
    Assign, Body, Each, Edge, EdgeTest, Field, Member, Require, StateDecl, Target, TargetKind, Var,
};
pub use ty::{Attr, TypeExpr, TypeExprKind};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::span::{SourceId, Span, Spanned};

/// A name as written; cheap to copy.
pub type Name = Arc<str>;

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ident {
    /// The name.
    pub name: Name,
    /// Where it stands.
    pub span: Span,
}

/// A dotted name, `refund_ok.approved`; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The segments from left to right.
    pub segments: Vec<Ident>,
    /// From the first to the last.
    pub span: Span,
}

impl Path {
    /// The path as written, joined by dots.
    pub fn text(&self) -> String {
        self.segments.iter().map(|segment| &*segment.name).collect::<Vec<_>>().join(".")
    }
}

/// One file.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// The file.
    pub source: SourceId,
    /// `edition 1`, where it is written.
    pub edition: Option<Spanned<u32>>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Declarations in order.
    pub items: Vec<Item>,
    /// Comments (`#`, `###`) in order, with their text; docs (`##`) stand with what they document.
    pub comments: Vec<Spanned<Name>>,
}

/// `##` lines above a declaration, a state or a field, without the marks, joined by newlines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Docs {
    /// Each line with its place.
    pub lines: Vec<Spanned<Name>>,
}

impl Docs {
    /// The text a model or a hover reads; `None` where nothing is written.
    pub fn text(&self) -> Option<String> {
        let lines: Vec<&str> = self.lines.iter().map(|line| &*line.node).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
