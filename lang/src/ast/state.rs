//! Bodies, states, fields and edges. One body serves agents, states, tools and pools: the kinds table says
//! what may stand where.

use super::{Docs, Expr, Ident, Path, TypeExpr};
use crate::span::Span;

/// `{ … }`, its members in the order written.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// What stands in it.
    pub members: Vec<Member>,
    /// From `{` to `}`.
    pub span: Span,
}

/// One member of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Member {
    /// `key: value`.
    Field(Field),
    /// `each: topic in xs`.
    Each(Each),
    /// `-> x` and its relatives.
    Edge(Edge),
    /// `var n: int = 0`.
    Var(Var),
    /// `require a.ok before b`.
    Require(Require),
    /// A nested state.
    State(StateDecl),
}

impl Body {
    /// The fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.members
            .iter()
            .filter_map(|member| if let Member::Field(field) = member { Some(field) } else { None })
    }

    /// The first field with this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().find(|field| &*field.key.name == key)
    }

    /// The edges in order.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.members
            .iter()
            .filter_map(|member| if let Member::Edge(edge) = member { Some(edge) } else { None })
    }

    /// The nested states in order.
    pub fn states(&self) -> impl Iterator<Item = &StateDecl> {
        self.members
            .iter()
            .filter_map(|member| if let Member::State(state) = member { Some(state) } else { None })
    }

    /// The variables in order.
    pub fn vars(&self) -> impl Iterator<Item = &Var> {
        self.members.iter().filter_map(|member| if let Member::Var(var) = member { Some(var) } else { None })
    }

    /// The `require`s in order.
    pub fn requires(&self) -> impl Iterator<Item = &Require> {
        self.members
            .iter()
            .filter_map(|member| if let Member::Require(require) = member { Some(require) } else { None })
    }

    /// The first `each`.
    pub fn each(&self) -> Option<&Each> {
        self.members.iter().find_map(|member| if let Member::Each(each) = member { Some(each) } else { None })
    }
}

/// `key: value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key; any word.
    pub key: Ident,
    /// The value.
    pub value: Expr,
    /// From the key to the value's end.
    pub span: Span,
}

/// `each: name in list`: the one field that makes a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// The name of an element.
    pub name: Ident,
    /// The list.
    pub list: Expr,
    /// The whole.
    pub span: Span,
}

/// `var name: type = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: TypeExpr,
    /// The first value.
    pub value: Expr,
    /// The whole.
    pub span: Span,
}

/// `require a.ok before b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Require {
    /// What must have happened: a state, or a field that must be true.
    pub first: Path,
    /// The state that needs it.
    pub then: Ident,
    /// The whole.
    pub span: Span,
}

/// `KIND name (: Type)? { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct StateDecl {
    /// What a model and a hover read.
    pub docs: Docs,
    /// The word of its kind; `syntax` takes only known kinds and reports others.
    pub kind: Ident,
    /// Its name, which is the variable of its last result.
    pub name: Ident,
    /// The type of its result, where written.
    pub ty: Option<TypeExpr>,
    /// Fields, nested states, edges.
    pub body: Body,
    /// From the kind to the closing brace.
    pub span: Span,
}

/// `when e -> target set x = y`.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// When it is taken.
    pub test: EdgeTest,
    /// Where it goes.
    pub target: Target,
    /// What it writes.
    pub sets: Vec<Assign>,
    /// The whole.
    pub span: Span,
}

/// When an edge is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum EdgeTest {
    /// A bare `->`.
    Always,
    /// `else ->`.
    Else,
    /// `when e ->`.
    When(Expr),
    /// `on a, b ->`.
    On(Vec<Ident>),
}

/// Where an edge goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What it is.
    pub kind: TargetKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of a target.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetKind {
    /// A state (in a pool's body: another pool).
    State(Ident),
    /// `return e`.
    Return(Option<Expr>),
    /// `fail e`.
    Fail(Expr),
    /// `next`.
    Next,
    /// `break`.
    Break,
}

/// `x = e`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// The variable.
    pub name: Ident,
    /// The value.
    pub value: Expr,
}
