//! Where an expression stands: what its names mean there, and what is known of them.

use crate::ast::{Expr, Name};
use crate::diagnostic::Diagnostics;
use crate::graph::{AccessPath, Fact, Facts, Root, Step, facts};
use crate::ir;
use crate::loader::ModuleId;
use crate::resolve::Binding;
use crate::span::Span;
use crate::value::{Type, Value};

use super::agent::AgentCx;
use super::narrow::{narrow, told_by_fields};
use super::tables::Tables;
use super::test::Tested;

/// An expression with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) expr: ir::Expr,
}

impl Typed {
    pub(super) fn new(ty: Type, kind: ir::ExprKind, span: Span) -> Self {
        Self { ty, expr: ir::Expr { kind, span } }
    }

    /// What stands for something already reported.
    pub(super) fn unknown(span: Span) -> Self {
        Self::new(Type::Unknown, ir::ExprKind::Const(Value::Null), span)
    }
}

/// What names mean in an expression.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// Nothing: a default, an attribute.
    Constant,
    /// `env.X` alone: a declaration's field.
    Config,
    /// A tool's parameters and `env.X`.
    Tool(&'p [ir::Param]),
    /// A variable's first value: parameters, and the variables above it.
    Var(&'p AgentCx<'p>, usize),
    /// An agent's names.
    Agent(&'p AgentCx<'p>, At<'p>),
    /// What the edges of a pool read.
    Route,
    /// A test's argument: constants and `file("…")`.
    Argument,
    /// A mock's answer: constants, `file("…")`, `error(kind)`; the errors that a tool adds to the usual ones.
    Answer(&'p [Name]),
    /// `expect`.
    Expect(&'p Tested<'p>),
}

/// A place inside an agent.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    /// The state; `None` in what the agent itself holds.
    pub(super) state: Option<ir::StateId>,
    /// The type of the state's own result, where `.f` may be read.
    pub(super) own: Option<&'p Type>,
    /// What holds there; `None` before the graph is known.
    pub(super) facts: Option<&'p Facts<'p, 'p>>,
    /// Who reads it.
    pub(super) reader: Reader,
}

/// Who reads what an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// The program.
    Program,
    /// A model, in its `system` text: a file memory may stand there.
    System,
    /// A model, in its prompt: images and documents attach too.
    Prompt,
    /// Whoever judges an answer that is not the state's value yet: the state's own name means that answer.
    Judge,
}

/// The context of one expression.
pub(super) struct Cx<'p, 'd> {
    pub(super) tables: &'p Tables<'p>,
    pub(super) module: ModuleId,
    pub(super) place: Place<'p>,
    pub(super) out: &'d mut Diagnostics,
    facts: Vec<Fact>,
    its: Vec<Type>,
}

impl<'p, 'd> Cx<'p, 'd> {
    pub(super) fn new(
        tables: &'p Tables<'p>,
        module: ModuleId,
        place: Place<'p>,
        out: &'d mut Diagnostics,
    ) -> Self {
        Self { tables, module, place, out, facts: Vec::new(), its: Vec::new() }
    }

    /// Adds what holds here for sure.
    pub(super) fn know(&mut self, known: impl IntoIterator<Item = Fact>) {
        for fact in known {
            let path = self.owned(fact.path);
            self.facts.push(Fact { path, known: fact.known });
        }
    }

    /// Runs `then` with what `condition` being `truth` says.
    pub(super) fn knowing<T>(
        &mut self,
        condition: &Expr,
        truth: bool,
        then: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.facts.len();
        self.know(facts(condition, truth));
        let value = then(self);
        self.facts.truncate(before);
        value
    }

    /// Runs `then` with `it` being of that type.
    pub(super) fn binding_it<T>(&mut self, ty: Type, then: impl FnOnce(&mut Self) -> T) -> T {
        // what is known of an outer `it` says nothing of this one
        let outer = AccessPath::name("it".into()).root;
        let hidden: Vec<Fact> = self.facts.extract_if(.., |fact| fact.path.root == outer).collect();
        self.its.push(ty);
        let value = then(self);
        self.its.pop();
        self.facts.extend(hidden);
        value
    }

    pub(super) fn it(&self) -> Option<&Type> {
        self.its.last()
    }

    /// The type of a path of type `ty`, by what the place and the expression around it know.
    pub(super) fn narrowed(&self, path: AccessPath, ty: Type) -> Type {
        let path = self.owned(path);
        let ty = self.known(&path, ty);
        let told = |field: &Name, ty: Type| self.known(&path.clone().then(Step::Field(field.clone())), ty);
        told_by_fields(ty, &self.tables.types, told)
    }

    /// The same by what is known of the path itself.
    fn known(&self, path: &AccessPath, ty: Type) -> Type {
        let table = &self.tables.types;
        let ty = match self.place {
            // What held of an earlier visit's value says nothing of the answer that is judged.
            Place::Agent(_, At { reader: Reader::Judge, .. }) if self.is_own(path) => ty,
            Place::Agent(_, At { facts: Some(facts), .. }) => facts.narrow(path, &ty, table),
            _ => ty,
        };
        let here = self.facts.iter().filter(|fact| fact.path == *path);
        here.fold(ty, |ty, fact| narrow(ty, &fact.known, &self.reader(), table))
    }

    /// False where nothing could narrow a path.
    pub(super) fn knows_something(&self) -> bool {
        !self.facts.is_empty() || matches!(self.place, Place::Agent(_, At { facts: Some(_), .. }))
    }

    fn is_own(&self, path: &AccessPath) -> bool {
        self.owned(AccessPath { root: Root::Own, steps: Vec::new() }).root == path.root
    }

    /// `.f` of a state is `state.f`.
    fn owned(&self, path: AccessPath) -> AccessPath {
        match self.place {
            Place::Agent(agent, At { state: Some(id), .. }) => match agent.scope.state(id) {
                Some(state) => path.owned_by(&state.decl.name.name),
                None => path,
            },
            _ => path,
        }
    }

    /// What an agent's name means here.
    pub(super) fn binding(&self, name: &str) -> Option<Binding> {
        match self.place {
            Place::Agent(agent, at) => agent.scope.lookup(at.state, name),
            _ => None,
        }
    }
}
