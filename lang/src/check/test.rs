//! `test` blocks: the agent and its arguments, the mocks, what is expected.

use crate::ast::{Arg, Body, Expr, ExprKind, Field, Member, Mock, Mocked, Name, TestDecl, TestMember};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, AgentId};
use crate::kinds::TEST;
use crate::loader::ModuleId;
use crate::resolve::{AgentScope, Declared, Def};
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::Type;

use super::args::{Callee, Completeness};
use super::cx::{Cx, Place, Typed};
use super::fields::{self, Owner};
use super::mocked::{Purpose, Target, find};
use super::tables::{Signature, Sort, Tables};

/// What a test speaks of.
pub(super) struct Tested<'p> {
    /// The agent; `None` where it was reported.
    pub(super) agent: Option<AgentId>,
    pub(super) scope: Option<&'p AgentScope<'p>>,
    /// What the agent returns.
    pub(super) result: Type,
}

/// One test; `None` where its agent is not known.
pub(super) fn test(
    tables: &Tables<'_>,
    declared: &Declared<'_, TestDecl>,
    out: &mut Diagnostics,
) -> Option<ir::Test> {
    let decl = declared.decl;
    let module = declared.module;
    let body = Body { members: members(decl), span: decl.body };
    let owner = Owner { kind: &TEST, name: &decl.name.node, span: decl.name.span, part: false };
    let fields = fields::read(owner, &body, &tables.broken, out);
    let mut cx = Cx::new(tables, module, Place::Argument, out);
    let cassette = fields.get("cassette").and_then(|field| cx.plain_text(field));
    let cases = fields.get("cases").and_then(|field| cx.plain_text(field));
    let (agent, args) =
        fields.get("agent").map(|field| cx.tested_agent(field, fields.has("cases"))).unwrap_or_default();
    let tested = Tested {
        agent,
        scope: agent.and_then(|id| tables.names.scope(id)),
        result: agent.and_then(|id| tables.agents.get(id.index())).map_or(Type::Unknown, Signature::result),
    };
    let mut mocks = Vec::new();
    let mut expects = Vec::new();
    let mut snapshots = Vec::new();
    for member in &decl.members {
        match member {
            TestMember::Field(_) => {}
            TestMember::Mock(mock) => mocks.extend(answer(tables, module, &tested, mock, out)),
            TestMember::Expect(condition, _) => {
                expects.push(Cx::new(tables, module, Place::Expect(&tested), out).condition(condition));
            }
            TestMember::Snapshot(name, _) => snapshots.push(name.as_ref().map(|name| name.node.clone())),
        }
    }
    Some(ir::Test {
        name: decl.name.node.clone(),
        span: decl.name.span,
        agent: agent?,
        args,
        mocks,
        cassette,
        cases,
        expects,
        snapshots,
    })
}

/// A test's fields, as a body has them.
fn members(decl: &TestDecl) -> Vec<Member> {
    let field = |member: &TestMember| match member {
        TestMember::Field(field) => Some(Member::Field(field.clone())),
        _ => None,
    };
    decl.members.iter().filter_map(field).collect()
}

impl Cx<'_, '_> {
    /// `Agent(args)`, or `Agent` alone where `cases` bring the arguments.
    fn tested_agent(&mut self, field: &Field, has_cases: bool) -> (Option<AgentId>, Vec<(Name, ir::Expr)>) {
        let (name, args): (&Expr, &[Arg]) = match &field.value.kind {
            ExprKind::Call(name, args) => (name, args),
            _ => (&field.value, &[]),
        };
        let Some((Def::Agent(id), name)) = self.declared("agent", name, Sort::Agent) else {
            return (None, Vec::new());
        };
        let Some(signature) = self.tables.agents.get(id.index()) else { return (None, Vec::new()) };
        let completeness = if has_cases { Completeness::Partial } else { Completeness::Whole };
        let given = self.given(Callee { name: &name.name, signature }, args, field.value.span, completeness);
        let named = signature.params.iter().zip(given);
        let args = named.filter_map(|(param, value)| Some((param.name.clone(), value?))).collect();
        (Some(id), args)
    }
}

/// A mock: the path or candidate that it answers, as text, and the answer.
fn answer(
    tables: &Tables<'_>,
    module: ModuleId,
    tested: &Tested<'_>,
    mock: &Mock,
    out: &mut Diagnostics,
) -> Option<(Name, ir::Expr)> {
    let path = match &mock.mocked {
        Mocked::Path(path) => path,
        Mocked::Candidate(pool, target) => {
            let mut cx = Cx::new(tables, module, Place::Answer(&[]), out);
            cx.candidate(pool, &target.node, target.span);
            let value = cx.infer(&mock.value, None).expr;
            return Some((format!("{}[{:?}]", pool.name, &*target.node).into(), value));
        }
    };
    let scope = tested.scope?;
    let found = match find(tables, scope, path, Purpose::Mock) {
        Ok(found) => found,
        Err(finding) => {
            out.push(*finding);
            return None;
        }
    };
    let errors: Vec<Name> = match &found {
        Target::Tool(id) => tool_errors(tables, *id),
        Target::State(scope, id) => {
            called(tables, scope, *id).map(|id| tool_errors(tables, id)).unwrap_or_default()
        }
    };
    let mut cx = Cx::new(tables, module, Place::Answer(&errors), out);
    let value = match &found {
        Target::State(scope, id) => cx.state_answer(scope, *id, &mock.value),
        Target::Tool(_) => cx.infer(&mock.value, None).expr,
    };
    Some((path.text().into(), value))
}

/// The tool that a `call` calls.
fn called(tables: &Tables<'_>, scope: &AgentScope<'_>, id: ir::StateId) -> Option<ir::ToolId> {
    let field = scope.state(id).filter(|state| state.kind.word == "call")?.decl.body.field("tool")?;
    let ExprKind::Call(name, _) = &field.value.kind else { return None };
    let ExprKind::Name(name) = &name.kind else { return None };
    match tables.names.find(tables.names.agents.get(scope.id.index())?.module, name) {
        Some(Def::Tool(id)) => Some(id),
        _ => None,
    }
}

/// The errors that a tool declares.
fn tool_errors(tables: &Tables<'_>, id: ir::ToolId) -> Vec<Name> {
    let field = tables.names.tools.get(id.index()).and_then(|tool| tool.decl.body.field("errors"));
    let Some(ExprKind::List(items)) = field.map(|field| &field.value.kind) else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| if let ExprKind::Name(name) = &item.kind { Some(name.clone()) } else { None })
        .collect()
}

impl Cx<'_, '_> {
    fn candidate(&mut self, pool: &crate::ast::Ident, target: &str, span: Span) {
        let Def::Model(id) = self.tables.find(self.module, pool, Sort::Pool, self.out) else { return };
        let field = self.tables.names.models.get(id.index()).and_then(|model| model.decl.body.field("use"));
        let Some(ExprKind::List(items)) = field.map(|field| &field.value.kind) else { return };
        let targets: Vec<&str> = items
            .iter()
            .filter_map(|item| match &item.kind {
                ExprKind::Text(text) => text.literal(),
                _ => None,
            })
            .collect();
        if !targets.contains(&target) {
            let message = format!("the pool `{}` has no target `{target}`", pool.name);
            let finding = Diagnostic::new(Code("E0514"), span, message);
            self.out.push(did_you_mean(finding, target, targets.into_iter()));
        }
    }

    /// The answer of a state. A model's may be anything: whether it passes is what the test is about.
    fn state_answer(&mut self, scope: &AgentScope<'_>, id: ir::StateId, value: &Expr) -> ir::Expr {
        let Some(entry) = scope.state(id) else { return self.infer(value, None).expr };
        match (entry.kind.word, &value.kind) {
            ("plan", ExprKind::Call(..)) => self.planned(scope, &entry.decl.body, value),
            ("plan", ExprKind::List(turns)) if turns.iter().any(is_tool_call) => {
                let calls = turns.iter().map(|turn| self.planned(scope, &entry.decl.body, turn)).collect();
                ir::Expr { kind: ir::ExprKind::List(calls), span: value.span }
            }
            ("approve", ExprKind::Object(pairs)) => {
                let known = ["approved", "choice", "by", "comment", "edited"];
                for pair in pairs.iter().filter(|pair| !known.contains(&&*pair.key.name)) {
                    let message = format!("a person's decision has no `{}`", pair.key.name);
                    let finding = Diagnostic::new(Code("E0303"), pair.key.span, message);
                    self.out.push(did_you_mean(finding, &pair.key.name, known.into_iter()));
                }
                self.infer(value, None).expr
            }
            _ => self.infer(value, None).expr,
        }
    }

    /// `search(query: "x")`: a planner's turn that calls a tool.
    fn planned(&mut self, scope: &AgentScope<'_>, body: &Body, value: &Expr) -> ir::Expr {
        let ExprKind::Call(callee, args) = &value.kind else { return self.infer(value, None).expr };
        if !is_tool_call(value) {
            return self.infer(value, None).expr;
        }
        let module = self.tables.names.agents.get(scope.id.index()).map_or(self.module, |agent| agent.module);
        let name = self.tables.source(callee.span).to_owned();
        let listed: Vec<&Expr> = match body.field("tools").map(|field| &field.value.kind) {
            Some(ExprKind::List(items)) => items.iter().collect(),
            _ => Vec::new(),
        };
        let names: Vec<&str> = listed.iter().map(|item| self.tables.source(item.span)).collect();
        if !names.contains(&&*name) {
            let finding =
                Diagnostic::new(Code("E0514"), callee.span, format!("the planner has no tool `{name}`"));
            self.out.push(did_you_mean(finding, &name, names.into_iter()));
            self.read_arguments(args);
            return Typed::unknown(value.span).expr;
        }
        let signature = match self.tables.names.find(module, &name) {
            Some(Def::Tool(id)) => self.tables.tools.get(id.index()),
            _ => None,
        };
        let given: Vec<(Name, ir::Expr)> = if let Some(signature) = signature {
            let values = self.given(Callee { name: &name, signature }, args, value.span, Completeness::Whole);
            let params = signature.params.iter().zip(values);
            params.filter_map(|(param, value)| Some((param.name.clone(), value?))).collect()
        } else {
            // a server's tool has no signature here
            let by_name = args.iter().filter_map(|arg| Some((arg.name.as_ref()?.name.clone(), &arg.value)));
            by_name.map(|(name, value)| (name, self.infer(value, None).expr)).collect()
        };
        let node = |kind| ir::Expr { kind, span: value.span };
        let name = node(ir::ExprKind::Const(crate::value::Value::text(name)));
        node(ir::ExprKind::Call(ir::Function::ToolCall, vec![name, node(ir::ExprKind::Record(given))]))
    }
}

/// A call that is neither `error(…)` nor `file(…)`.
fn is_tool_call(expr: &Expr) -> bool {
    let ExprKind::Call(callee, _) = &expr.kind else { return false };
    !matches!(&callee.kind, ExprKind::Name(name) if matches!(&**name, "error" | "file"))
}
