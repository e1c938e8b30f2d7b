//! One walk over the trees that notes every name, by the kinds table's word on where a bare one is looked up.

mod lookup;

pub(super) use lookup::declared;

use std::collections::BTreeMap;

use crate::ast::{
    Arg, Attr, BlockKind, Body, Each, Edge, EdgeTest, Expr, ExprKind, Ident, Item, Member, Mock, Mocked,
    Param, Path, Pattern, Segment, StateDecl, Target, TargetKind, TestDecl, TestMember, Text, TypeBody,
    TypeExpr, TypeExprKind,
};
use crate::ir::StateId;
use crate::kinds::{self, Kind};
use crate::loader::ModuleId;
use crate::resolve::{AgentScope, Binding, Def, Names};
use crate::span::Span;

use self::lookup::{Lookup, bound, lookup};
use super::index::{DefKind, Definition, Index, Word};

pub(super) struct Walk<'w, 'a> {
    names: &'w Names<'a>,
    module: ModuleId,
    /// The agent whose names are read.
    agent: Option<(usize, &'w AgentScope<'a>)>,
    state: Option<StateId>,
    index: &'w mut Index,
}

impl<'w, 'a: 'w> Walk<'w, 'a> {
    pub(super) fn new(names: &'w Names<'a>, module: ModuleId, index: &'w mut Index) -> Self {
        Self { names, module, agent: None, state: None, index }
    }

    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Type(decl) => {
                self.index.define(&decl.name, decl.span, DefKind::Type, decl.docs.text());
                match &decl.body {
                    TypeBody::Alias(ty, attrs) => {
                        self.ty(ty);
                        self.attrs(attrs);
                    }
                    TypeBody::Record(fields) => {
                        for field in fields {
                            self.index.define(&field.name, field.span, DefKind::Field, field.docs.text());
                            self.ty(&field.ty);
                            self.attrs(&field.attrs);
                        }
                    }
                }
            }
            Item::Tool(decl) => {
                self.index.define(&decl.name, decl.span, DefKind::Tool, decl.docs.text());
                for param in &decl.params {
                    self.index.define(&param.name, param.span, DefKind::Param, None);
                }
                self.head(&decl.params, decl.ty.as_ref(), decl.span, "tool");
                let own: BTreeMap<&str, Span> =
                    decl.params.iter().map(|param| (&*param.name.name, param.name.span)).collect();
                self.body(&kinds::TOOL, &decl.body, &own);
            }
            Item::Agent(decl) => self.agent(decl),
            Item::Test(decl) => self.test(decl),
            Item::Block(decl) => {
                let kind = match decl.kind {
                    BlockKind::Model => DefKind::Model,
                    BlockKind::Guard => DefKind::Guard,
                    BlockKind::Memory => DefKind::Memory,
                    BlockKind::Mcp => DefKind::Mcp,
                    BlockKind::Skill => DefKind::Skill,
                };
                self.index.define(&decl.name, decl.span, kind, decl.docs.text());
                let Some(row) = kinds::declaration(decl.kind.word()) else { return };
                self.keyword(decl.span, row);
                self.body(row, &decl.body, &BTreeMap::new());
            }
        }
    }

    fn agent(&mut self, decl: &crate::ast::AgentDecl) {
        self.index.define(&decl.name, decl.span, DefKind::Agent, decl.docs.text());
        let found = self.names.scopes.iter().enumerate().find(|(_, scope)| scope.decl.span == decl.span);
        self.head(&decl.params, decl.ty.as_ref(), decl.span, "agent");
        let Some((at, scope)) = found else { return };
        let mut bind = |name: &Ident, whole: Span, kind: DefKind, binding: Binding, docs: Option<String>| {
            let binding = Some((at, binding));
            self.index.definitions.push(Definition { name: name.span, whole, kind, binding, docs });
        };
        for (index, param) in decl.params.iter().enumerate() {
            bind(&param.name, param.span, DefKind::Param, Binding::Param(index), None);
        }
        for (index, var) in decl.body.vars().enumerate() {
            bind(&var.name, var.span, DefKind::Var, Binding::Var(index), None);
        }
        for state in &scope.states {
            let decl = state.decl;
            bind(&decl.name, decl.span, DefKind::State, Binding::State(state.id), decl.docs.text());
            if let Some(each) = decl.body.each() {
                bind(&each.name, each.span, DefKind::Each, Binding::Each(state.id), None);
            }
        }
        self.agent = Some((at, scope));
        self.body(&kinds::AGENT, &decl.body, &BTreeMap::new());
        self.agent = None;
    }

    fn head(&mut self, params: &[Param], ty: Option<&TypeExpr>, span: Span, word: &'static str) {
        if let Some(kind) = kinds::declaration(word) {
            self.keyword(span, kind);
        }
        for param in params {
            self.ty(&param.ty);
            self.attrs(&param.attrs);
        }
        if let Some(ty) = ty {
            self.ty(ty);
        }
    }

    fn keyword(&mut self, span: Span, kind: &'static Kind) {
        let end = span.start.saturating_add(u32::try_from(kind.word.len()).unwrap_or(0));
        self.index.words.push((Span { end, ..span }, Word::Kind(kind)));
    }

    fn attrs(&mut self, attrs: &[Attr]) {
        for attr in attrs {
            self.index.words.push((attr.name.span, Word::Attribute));
        }
    }

    fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeExprKind::Path(path) => self.type_path(path),
            TypeExprKind::Literal(_) => {}
            TypeExprKind::Map(of) | TypeExprKind::List(of) | TypeExprKind::Optional(of) => self.ty(of),
            TypeExprKind::Union(members) => members.iter().for_each(|member| self.ty(member)),
        }
    }

    fn type_path(&mut self, path: &Path) {
        let Some(name) = path.segments.first() else { return };
        if !self.declared_name(&name.name, name.span) {
            self.index.words.push((name.span, Word::BuiltInType));
        }
    }

    /// The members of a body; `own` are names that only this body knows.
    fn body(&mut self, kind: &'static Kind, body: &Body, own: &BTreeMap<&str, Span>) {
        for member in &body.members {
            match member {
                Member::Field(field) => {
                    let row = kind.field(&field.key.name);
                    if let Some(row) = row {
                        self.index.words.push((field.key.span, Word::Key(kind, row)));
                    }
                    let how = row.map_or(Lookup::Value, |row| lookup(row.ty));
                    if !own.is_empty() {
                        self.own_names(&field.value, own);
                    }
                    self.expr(&field.value, how);
                }
                Member::Each(Each { list, span, .. }) => {
                    if let Some(row) = kind.field("each") {
                        let end = span.start.saturating_add(4);
                        self.index.words.push((Span { end, ..*span }, Word::Key(kind, row)));
                    }
                    self.expr(list, Lookup::Value);
                }
                Member::Edge(edge) => self.edge(edge),
                Member::Var(var) => {
                    self.ty(&var.ty);
                    self.expr(&var.value, Lookup::Value);
                }
                Member::Require(require) => {
                    let state = require.first.segments.first();
                    for name in state.into_iter().chain([&require.then]) {
                        self.value_name(&name.name, name.span);
                    }
                }
                Member::State(state) => self.state(state),
            }
        }
    }

    fn state(&mut self, decl: &StateDecl) {
        let Some(kind) = kinds::state(&decl.kind.name) else { return };
        self.index.words.push((decl.kind.span, Word::Kind(kind)));
        decl.ty.iter().for_each(|ty| self.ty(ty));
        let scope = self.agent.map(|(_, scope)| scope);
        let outer = self.state;
        let id = scope.and_then(|scope| scope.states.iter().find(|state| state.decl.span == decl.span));
        self.state = id.map(|state| state.id).or(outer);
        self.body(kind, &decl.body, &BTreeMap::new());
        self.state = outer;
    }

    fn edge(&mut self, edge: &Edge) {
        match &edge.test {
            EdgeTest::Always | EdgeTest::Else => {}
            EdgeTest::When(test) => self.expr(test, Lookup::Value),
            EdgeTest::On(events) => {
                self.index.words.extend(events.iter().map(|event| (event.span, Word::Event)));
            }
        }
        self.target(&edge.target);
        for set in &edge.sets {
            self.value_name(&set.name.name, set.name.span);
            self.expr(&set.value, Lookup::Value);
        }
    }

    fn target(&mut self, target: &Target) {
        match &target.kind {
            TargetKind::State(name) => {
                self.value_name(&name.name, name.span);
            }
            TargetKind::Return(Some(value)) | TargetKind::Fail(value) => self.expr(value, Lookup::Value),
            TargetKind::Return(None) | TargetKind::Next | TargetKind::Break => {}
        }
    }

    fn test(&mut self, decl: &TestDecl) {
        self.keyword(decl.span, &kinds::TEST);
        let fields = decl.members.iter().filter_map(|member| match member {
            TestMember::Field(field) => Some(field),
            _ => None,
        });
        let tested = fields.clone().find(|field| &*field.key.name == "agent").and_then(|field| {
            let callee = match &field.value.kind {
                ExprKind::Call(callee, _) => callee,
                _ => &field.value,
            };
            let ExprKind::Name(name) = &callee.kind else { return None };
            self.scope_named(name)
        });
        self.agent = None;
        for field in fields {
            if let Some(row) = kinds::TEST.field(&field.key.name) {
                self.index.words.push((field.key.span, Word::Key(&kinds::TEST, row)));
                self.expr(&field.value, lookup(row.ty));
            }
        }
        self.agent = tested;
        for member in &decl.members {
            match member {
                TestMember::Mock(Mock { mocked, value, .. }) => {
                    match mocked {
                        Mocked::Path(path) => self.mocked(path),
                        Mocked::Candidate(pool, _) => {
                            self.declared_name(&pool.name, pool.span);
                        }
                    }
                    self.expr(value, Lookup::Tested);
                }
                TestMember::Expect(expr, _) => self.expr(expr, Lookup::Tested),
                TestMember::Field(_) | TestMember::Snapshot(..) => {}
            }
        }
        self.agent = None;
    }

    fn scope_named(&self, name: &str) -> Option<(usize, &'w AgentScope<'a>)> {
        let (Def::Agent(id), _) = self.names.modules.get(self.module.index())?.get(name)? else {
            return None;
        };
        Some((id.index(), self.names.scope(*id)?))
    }

    /// `gather.scout.dig`: a state, a part of it, a state of the agent that it runs.
    fn mocked(&mut self, path: &Path) {
        let Some((_, mut scope)) = self.agent else { return };
        let mut parent: Option<StateId> = None;
        for name in &path.segments {
            let state = scope.states.iter().find(|state| {
                *state.decl.name.name == *name.name
                    && (state.part == parent.is_some())
                    && (parent.is_none() || state.parent == parent)
            });
            let Some(state) = state else { return };
            self.index.uses.push((name.span, state.decl.name.span));
            parent = (state.kind.word == "parallel").then_some(state.id);
            if state.kind.word == "run" {
                let field = state.decl.body.field("agent").map(|field| &field.value.kind);
                let Some(ExprKind::Call(callee, _)) = field else { return };
                let ExprKind::Name(run) = &callee.kind else { return };
                let Some((_, next)) = self.scope_named(run) else { return };
                scope = next;
            }
        }
    }

    /// A use of an agent's name or of a declaration.
    fn value_name(&mut self, name: &str, span: Span) -> bool {
        if let Some((_, scope)) = self.agent
            && let Some(binding) = scope.lookup(self.state, name)
            && let Some(made) = bound(scope, binding)
        {
            self.index.uses.push((span, made));
            return true;
        }
        self.declared_name(name, span)
    }

    /// A use of a declaration.
    fn declared_name(&mut self, name: &str, span: Span) -> bool {
        let Some((def, local)) =
            self.names.modules.get(self.module.index()).and_then(|scope| scope.get(name))
        else {
            return false;
        };
        let is_alias = self.index.is_alias(*local);
        let made = if is_alias { *local } else { declared(self.names, *def).unwrap_or(*local) };
        self.index.uses.push((span, made));
        true
    }

    /// Uses of a tool's parameters inside its body.
    fn own_names(&mut self, expr: &Expr, own: &BTreeMap<&str, Span>) {
        expr.each(&mut |expr| {
            if let ExprKind::Name(name) = &expr.kind
                && let Some(made) = own.get(&**name)
            {
                self.index.uses.push((expr.span, *made));
            }
        });
    }

    fn text(&mut self, text: &Text) {
        for segment in &text.segments {
            if let Segment::Hole(hole) = segment {
                self.expr(hole, Lookup::Value);
            }
        }
    }

    fn expr(&mut self, expr: &Expr, how: Lookup) {
        match &expr.kind {
            ExprKind::Text(text) => self.text(text),
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item, how)),
            ExprKind::Object(pairs) => {
                let how = if how == Lookup::Tested { how } else { Lookup::Value };
                for pair in pairs {
                    self.expr(&pair.value, how);
                }
            }
            ExprKind::Name(name) => match how {
                Lookup::Word => self.index.words.push((expr.span, Word::Enum)),
                Lookup::Value | Lookup::Tested => {
                    self.value_name(name, expr.span);
                }
                Lookup::Declared => {
                    if !self.declared_name(name, expr.span) {
                        self.index.words.push((expr.span, Word::Enum));
                    }
                }
            },
            ExprKind::Member(base, field) => {
                self.expr(base, how);
                self.part(base, field);
            }
            ExprKind::Index(base, index) => {
                self.expr(base, how);
                self.expr(index, Lookup::Value);
            }
            ExprKind::Call(callee, args) => self.call(callee, args, how),
            ExprKind::Cast(value, ty) => {
                self.expr(value, how);
                self.ty(ty);
            }
            ExprKind::Unary(_, value) | ExprKind::Paren(value) => self.expr(value, how),
            ExprKind::Binary(_, _, left, right) => {
                self.expr(left, how);
                self.expr(right, how);
            }
            ExprKind::Is(value, patterns) => {
                self.expr(value, how);
                for pattern in patterns {
                    if let Pattern::Type(path) = pattern {
                        self.type_path(path);
                    }
                }
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Money(_)
            | ExprKind::Duration(_)
            | ExprKind::Own(_)
            | ExprKind::Bad => {}
        }
    }

    /// `passes.security`: a parallel's part.
    fn part(&mut self, base: &Expr, field: &Ident) {
        let (ExprKind::Name(name), Some((_, scope))) = (&base.kind, self.agent) else { return };
        let Some(Binding::State(id)) = scope.lookup(self.state, name) else { return };
        let mut parts = scope.children(Some(id)).filter(|state| state.part);
        if let Some(part) = parts.find(|state| state.decl.name.name == field.name) {
            self.index.uses.push((field.span, part.decl.name.span));
        }
    }

    fn call(&mut self, callee: &Expr, args: &[Arg], how: Lookup) {
        let ExprKind::Name(name) = &callee.kind else {
            self.expr(callee, how);
            return args.iter().for_each(|arg| self.expr(&arg.value, Lookup::Value));
        };
        let known = (how != Lookup::Value)
            .then(|| self.names.modules.get(self.module.index()).and_then(|scope| scope.get(&**name)))
            .flatten();
        let params: Option<&[Param]> = match known {
            Some((Def::Tool(id), _)) => self.names.tools.get(id.index()).map(|tool| &*tool.decl.params),
            Some((Def::Agent(id), _)) => self.names.agents.get(id.index()).map(|agent| &*agent.decl.params),
            _ => None,
        };
        if params.is_some() {
            self.declared_name(name, callee.span);
        } else {
            self.index.words.push((callee.span, Word::Function));
        }
        for arg in args {
            if let Some(name) = &arg.name
                && let Some(param) =
                    params.and_then(|params| params.iter().find(|p| p.name.name == name.name))
            {
                self.index.uses.push((name.span, param.name.span));
            }
            // `reroute(pool)` names a declaration, `refund(order: o)` a value
            let inside = match (how, params) {
                (Lookup::Declared, None) | (Lookup::Tested, _) => how,
                _ => Lookup::Value,
            };
            self.expr(&arg.value, inside);
        }
    }
}
