//! Declarations.

use super::{Attr, Body, Docs, Expr, Field, Ident, Name, TypeExpr};
use crate::span::{Span, Spanned};

/// `import "std/guards" { clean_in, no_leaks as leaks }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The path as written.
    pub path: Spanned<Name>,
    /// The names taken.
    pub names: Vec<ImportName>,
    /// The whole.
    pub span: Span,
}

/// `no_leaks as leaks`.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportName {
    /// The name over there.
    pub name: Ident,
    /// The name here, where another is wanted.
    pub alias: Option<Ident>,
}

/// A declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `type`.
    Type(TypeDecl),
    /// `tool`.
    Tool(ToolDecl),
    /// `agent`.
    Agent(AgentDecl),
    /// `test`.
    Test(TestDecl),
    /// `model`, `guard`, `mcp`, `skill`, `memory`.
    Block(BlockDecl),
}

impl Item {
    /// The name it declares; a test has none.
    pub fn name(&self) -> Option<&Ident> {
        match self {
            Self::Type(decl) => Some(&decl.name),
            Self::Tool(decl) => Some(&decl.name),
            Self::Agent(decl) => Some(&decl.name),
            Self::Block(decl) => Some(&decl.name),
            Self::Test(_) => None,
        }
    }

    /// From the keyword to the end.
    pub fn span(&self) -> Span {
        match self {
            Self::Type(decl) => decl.span,
            Self::Tool(decl) => decl.span,
            Self::Agent(decl) => decl.span,
            Self::Block(decl) => decl.span,
            Self::Test(decl) => decl.span,
        }
    }
}

/// `type Name = T @attr` or `type Name { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDecl {
    /// Its documentation.
    pub docs: Docs,
    /// Its name.
    pub name: Ident,
    /// What it stands for.
    pub body: TypeBody,
    /// The whole.
    pub span: Span,
}

/// What a declared type stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeBody {
    /// `= T @attr`.
    Alias(TypeExpr, Vec<Attr>),
    /// `{ … }`.
    Record(Vec<TypeField>),
}

/// `name: T @attr = default`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeField {
    /// Its documentation.
    pub docs: Docs,
    /// Its name; any word.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// Constraints and labels.
    pub attrs: Vec<Attr>,
    /// The value where none is given.
    pub default: Option<Expr>,
    /// The whole.
    pub span: Span,
}

/// A parameter of a tool or an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// Constraints and labels.
    pub attrs: Vec<Attr>,
    /// The value where none is given.
    pub default: Option<Expr>,
    /// The whole.
    pub span: Span,
}

/// `tool name(params): T { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDecl {
    /// Its documentation.
    pub docs: Docs,
    /// Its name.
    pub name: Ident,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The type of its result.
    pub ty: Option<TypeExpr>,
    /// Its fields.
    pub body: Body,
    /// The whole.
    pub span: Span,
}

/// `agent Name(params): T { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentDecl {
    /// Its documentation.
    pub docs: Docs,
    /// Its name.
    pub name: Ident,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The type of its result.
    pub ty: Option<TypeExpr>,
    /// Fields, variables, states, handlers.
    pub body: Body,
    /// The whole.
    pub span: Span,
}

/// Which block a [`BlockDecl`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// A pool.
    Model,
    /// A guardrail.
    Guard,
    /// A memory.
    Memory,
    /// An MCP server.
    Mcp,
    /// A skill.
    Skill,
}

impl BlockKind {
    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Guard => "guard",
            Self::Memory => "memory",
            Self::Mcp => "mcp",
            Self::Skill => "skill",
        }
    }
}

/// `model name { … }` and its relatives.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockDecl {
    /// Its documentation.
    pub docs: Docs,
    /// Which one.
    pub kind: BlockKind,
    /// Its name.
    pub name: Ident,
    /// Its fields; a pool's edges.
    pub body: Body,
    /// The whole.
    pub span: Span,
}

/// `test "name" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct TestDecl {
    /// Its documentation.
    pub docs: Docs,
    /// Its name.
    pub name: Spanned<Name>,
    /// What stands in it, in order.
    pub members: Vec<TestMember>,
    /// From `{` to `}`.
    pub body: Span,
    /// The whole.
    pub span: Span,
}

/// One member of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestMember {
    /// `agent: A(x: 1)`, `cassette: "name"`, `cases: "glob"`.
    Field(Field),
    /// `mock s = v`.
    Mock(Mock),
    /// `expect e`.
    Expect(Expr, Span),
    /// `snapshot "name"`.
    Snapshot(Option<Spanned<Name>>, Span),
}

/// `mock state = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mock {
    /// What is answered.
    pub mocked: Mocked,
    /// The raw answer of one attempt.
    pub value: Expr,
    /// The whole.
    pub span: Span,
}

/// What a mock answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Mocked {
    /// `state`, `parallel.part`, `gather.scout.dig`.
    Path(super::Path),
    /// `pool["provider/model"]`.
    Candidate(Ident, Spanned<Name>),
}
