//! One agent: the types of its names, and its parts put together.

use std::cell::{Cell, RefCell};

use crate::ast::{Body, Expr, ExprKind, Name, Path};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::{AccessPath, Flow, Root, Types};
use crate::ir::{AgentId, SlotId, StateId};
use crate::kinds::ValueRule;
use crate::loader::ModuleId;
use crate::resolve::{AgentScope, Binding, Def, StateEntry};
use crate::span::Span;
use crate::value::{Type, TypeTable};

use super::ask::an;
use super::cx::{At, Cx, Place, Reader};
use super::tables::{Signature, Tables};
use super::types::TypeReader;

/// An agent while it is checked: what its names mean and of which type they are.
pub(super) struct AgentCx<'p> {
    pub(super) tables: &'p Tables<'p>,
    pub(super) module: ModuleId,
    pub(super) id: AgentId,
    pub(super) scope: &'p AgentScope<'p>,
    /// What holds in its places; `None` before its types are known.
    pub(super) flow: Option<Flow<'p>>,
    /// Something in it could not be read, or a name is made twice: states, edges and variables may be missing.
    pub(super) broken: bool,
    vars: Vec<Type>,
    /// By state; of a `let` and an `each` found when first asked for.
    types: Vec<RefCell<Found>>,
    /// The parallels with an `each`, in order: each has a slot.
    eachs: Vec<StateId>,
    /// By state: whether its type was asked for while it was being found.
    hangs: Vec<Cell<bool>>,
    /// By slot: whether something reads it.
    read: Vec<Cell<bool>>,
}

/// How far the type of a state is known.
#[derive(Clone, Debug, Default)]
enum Found {
    #[default]
    NotYet,
    /// Being found: who asks again, asks for itself.
    Asked,
    Known(Type),
}

impl<'p> AgentCx<'p> {
    /// The types of an agent's names, as written. `out` hears what is wrong with the written ones.
    pub(super) fn new(
        tables: &'p Tables<'p>,
        id: AgentId,
        scope: &'p AgentScope<'p>,
        out: &mut Diagnostics,
    ) -> Self {
        let module = tables.names.agents.get(id.index()).map_or(ModuleId(0), |agent| agent.module);
        let vars = scope.decl.body.vars().map(|var| tables.read_type(module, &var.ty, out));
        let vars: Vec<Type> = vars.collect();
        let eachs = scope
            .states
            .iter()
            .filter(|state| state.decl.body.each().is_some() && state.kind.word == "parallel");
        let agent = Self {
            tables,
            module,
            id,
            scope,
            flow: None,
            broken: tables.broken.within(tables.written(scope.decl.span))
                || tables.doubled.within(scope.decl.span),
            read: vec![Cell::new(false); scope.decl.params.len() + vars.len() + scope.states.len()],
            vars,
            types: scope.states.iter().map(|_| RefCell::default()).collect(),
            hangs: scope.states.iter().map(|_| Cell::new(false)).collect(),
            eachs: eachs.map(|state| state.id).collect(),
        };
        for state in &scope.states {
            if let Some(ty) = agent.written(state, out) {
                agent.put(state.id, ty);
            }
        }
        // a parallel's type is its parts', which stand behind it
        for state in scope.states.iter().filter(|state| state.kind.word == "parallel") {
            let ty = agent.parallel(state);
            agent.put(state.id, ty);
        }
        agent
    }

    /// The same agent with what holds in each of its places; what was found without that is found again.
    pub(super) fn with_flow(mut self) -> Self {
        let flow = Flow::of(self.scope, &self);
        for state in self.scope.states.iter().filter(|state| state.kind.word == "let") {
            if let Some(found) = self.types.get(state.id.index()) {
                found.replace(Found::NotYet);
            }
        }
        self.flow = Some(flow);
        self
    }

    fn put(&self, id: StateId, ty: Type) {
        if let Some(found) = self.types.get(id.index()) {
            found.replace(Found::Known(ty));
        }
    }

    /// The type of a state's result, where it does not hang on an expression.
    fn written(&self, state: &StateEntry<'_>, out: &mut Diagnostics) -> Option<Type> {
        let decl = state.decl;
        let declared = decl.ty.as_ref().map(|ty| (ty.span, self.tables.read_type(self.module, ty, out)));
        match (state.kind.value, declared) {
            (ValueRule::Declared, Some((_, ty))) => Some(ty),
            (ValueRule::Declared, None) if self.has_broken_head(state) => Some(Type::Unknown),
            (ValueRule::Declared, None) => Some(Type::String),
            (ValueRule::Rows, declared) => Some(self.rows(declared, out)),
            (ValueRule::None | ValueRule::Inferred, Some((span, _))) => {
                out.push(inferred(state, span));
                self.found(state)
            }
            (ValueRule::None | ValueRule::Inferred, None) => self.found(state),
        }
    }

    /// True where what makes that name may be what could not be read.
    pub(super) fn may_declare(&self, name: &str) -> bool {
        let decl = self.scope.decl;
        let head = Span { end: decl.body.span.start, ..decl.span };
        let written = self.tables.written(decl.span);
        self.broken
            && (self.tables.broken.within(head)
                || self.tables.broken.within(Span { start: decl.span.end, ..written })
                || self.tables.broken.has_broken_head(written)
                || self.tables.broken.may_declare(name, written, &self.tables.modules.sources))
    }

    /// True where a type may stand that could not be read.
    fn has_broken_head(&self, state: &StateEntry<'_>) -> bool {
        let decl = state.decl;
        self.tables.broken.within(Span { end: decl.body.span.start, ..decl.span })
    }

    fn rows(&self, declared: Option<(Span, Type)>, out: &mut Diagnostics) -> Type {
        let texts = Type::list(Type::String);
        let hits = Type::list(Type::Named(self.tables.hit));
        match declared {
            None => texts,
            Some((_, ty)) if ty == texts || ty == hits || ty == Type::Unknown => ty,
            Some((span, ty)) => {
                let message = format!(
                    "a `recall` gives `string[]` or `Hit[]`, not `{}`",
                    ty.display(&self.tables.types)
                );
                out.push(
                    Diagnostic::new(Code("E0314"), span, message)
                        .hint("`string[]` are the rows' texts, `Hit[]` the rows with `.uid`, `.text`, `.score`, `.trust`"),
                );
                Type::Unknown
            }
        }
    }

    /// The type that a state's fields say; `None` where an expression says it.
    fn found(&self, state: &StateEntry<'_>) -> Option<Type> {
        let body = &state.decl.body;
        Some(match state.kind.word {
            "call" => match self.called(body, "tool") {
                Some(Def::Tool(id)) => {
                    self.tables.tools.get(id.index()).map_or(Type::Unknown, Signature::result)
                }
                _ => Type::Unknown,
            },
            "run" => match self.called(body, "agent") {
                Some(Def::Agent(id)) => {
                    self.tables.agents.get(id.index()).map_or(Type::Unknown, Signature::result)
                }
                _ => Type::Unknown,
            },
            "loop" => shape([("rounds", Type::Int)]),
            "approve" => approval(body),
            "open" => shape([
                ("name", Type::String),
                ("text", Type::String),
                ("files", Type::Map(Type::String.into())),
            ]),
            "remember" | "forget" => Type::Bool,
            "branch" => Type::Null,
            _ => return None,
        })
    }

    fn called(&self, body: &Body, key: &str) -> Option<Def> {
        let value = &body.field(key)?.value;
        let name = match &value.kind {
            ExprKind::Call(callee, _) => callee,
            _ => value,
        };
        let ExprKind::Name(name) = &name.kind else { return None };
        self.tables.names.find(self.module, name)
    }

    fn parallel(&self, state: &StateEntry<'_>) -> Type {
        let all = super::parallel::joins_all(&state.decl.body);
        let mut parts = self.scope.children(Some(state.id));
        if state.decl.body.each().is_some() {
            return Type::list(parts.next().map_or(Type::Unknown, |part| self.state_type(part.id)));
        }
        let fields = parts.map(|part| {
            let ty = self.state_type(part.id);
            (part.decl.name.name.clone(), if all { ty } else { ty.optional() })
        });
        Type::Shape(fields.collect::<Vec<_>>().into())
    }

    /// The type of a name, before what is known in a place.
    pub(super) fn binding_type(&self, binding: Binding) -> Type {
        match binding {
            Binding::Param(index) => {
                let params = self.tables.agents.get(self.id.index()).map(|signature| &signature.params);
                params.and_then(|params| params.get(index)).map_or(Type::Unknown, |param| param.ty.clone())
            }
            Binding::Var(index) => self.var_type(index),
            Binding::State(id) => self.state_type(id),
            Binding::Each(id) => self.element_type(id),
        }
    }

    /// The type of a variable.
    pub(super) fn var_type(&self, index: usize) -> Type {
        self.vars.get(index).cloned().unwrap_or(Type::Unknown)
    }

    /// The type of a state's result.
    pub(super) fn state_type(&self, id: StateId) -> Type {
        let Some(found) = self.types.get(id.index()) else { return Type::Unknown };
        match &*found.borrow() {
            Found::Known(ty) => return ty.clone(),
            Found::Asked => {
                if let Some(hangs) = self.hangs.get(id.index()) {
                    hangs.set(true);
                }
                return Type::Unknown;
            }
            Found::NotYet => {}
        }
        found.replace(Found::Asked);
        let ty = self.let_type(id);
        found.replace(Found::Known(ty.clone()));
        ty
    }

    /// True of a `let` whose type could not be found, since it hangs on itself.
    pub(super) fn hangs(&self, id: StateId) -> bool {
        self.hangs.get(id.index()).is_some_and(Cell::get) && has_unknown(&self.state_type(id))
    }

    fn let_type(&self, id: StateId) -> Type {
        let Some(value) = self.scope.state(id).and_then(|state| state.decl.body.field("value")) else {
            return Type::Unknown;
        };
        widen(&self.muted(id, &value.value))
    }

    /// Whether the tool of a `call` is an agent of the program.
    fn calls_an_agent(&self, state: &StateEntry<'_>) -> bool {
        let tool = match state.decl.body.field("tool").map(|field| &field.value.kind) {
            Some(ExprKind::Call(callee, _)) => &callee.kind,
            _ => return false,
        };
        let ExprKind::Name(name) = tool else { return false };
        let Some(Def::Tool(id)) = self.tables.names.find(self.module, name) else { return false };
        self.tables.names.tools.get(id.index()).is_some_and(|tool| tool.decl.body.field("agent").is_some())
    }

    /// The type of a parallel's element.
    fn element_type(&self, id: StateId) -> Type {
        let Some(each) = self.scope.state(id).and_then(|state| state.decl.body.each()) else {
            return Type::Unknown;
        };
        let list = self.muted(id, &each.list);
        match self.tables.types.resolve(self.tables.types.resolve(&list).required()) {
            Type::List(item) => (**item).clone(),
            Type::Json => Type::Json,
            _ => Type::Unknown,
        }
    }

    /// The type of an expression that a state reads when it is entered; what is wrong with it is said elsewhere.
    fn muted(&self, id: StateId, expr: &Expr) -> Type {
        let mut muted = Diagnostics::default();
        let facts = self.flow.as_ref().map(|flow| flow.entering(id));
        let at = At { state: Some(id), own: None, facts: facts.as_ref(), reader: Reader::Program };
        Cx::new(self.tables, self.module, Place::Agent(self, at), &mut muted).infer(expr, None).ty
    }

    /// Writes the types of its names down.
    pub(super) fn note(&self) {
        let decl = self.scope.decl;
        let params = (0..decl.params.len()).map(Binding::Param);
        let vars = (0..self.vars.len()).map(Binding::Var);
        let states = self.scope.states.iter().map(|state| Binding::State(state.id));
        let eachs = self.eachs.iter().map(|id| Binding::Each(*id));
        let all = params.chain(vars).chain(states).chain(eachs);
        self.tables.notes.agent(all.map(|binding| (binding, self.binding_type(binding))));
    }

    /// Notes that something reads a name.
    pub(super) fn reads(&self, binding: Binding) {
        if let Some(read) = self.read.get(self.slot(binding).index()) {
            read.set(true);
        }
    }

    /// Whether something reads a name, as far as the agent is checked.
    pub(super) fn is_read(&self, binding: Binding) -> bool {
        self.read.get(self.slot(binding).index()).is_some_and(Cell::get)
    }

    /// Where a name's value is kept: parameters first, then variables, states, `each` names.
    pub(super) fn slot(&self, binding: Binding) -> SlotId {
        let params = self.scope.decl.params.len();
        let vars = params + self.vars.len();
        let states = vars + self.scope.states.len();
        let index = match binding {
            Binding::Param(index) => index,
            Binding::Var(index) => params + index,
            Binding::State(id) => vars + id.index(),
            Binding::Each(id) => states + self.eachs.iter().position(|each| *each == id).unwrap_or_default(),
        };
        SlotId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The name of every slot.
    pub(super) fn slots(&self) -> Vec<Name> {
        let params = self.scope.decl.params.iter().map(|param| param.name.name.clone());
        let vars = self.scope.decl.body.vars().map(|var| var.name.name.clone());
        let states = self.scope.states.iter().map(|state| self.state_name(state));
        let eachs = self.eachs.iter().filter_map(|id| {
            self.scope.state(*id).and_then(|state| state.decl.body.each()).map(|each| each.name.name.clone())
        });
        params.chain(vars).chain(states).chain(eachs).collect()
    }

    /// A part's name is `parallel.part`.
    pub(super) fn state_name(&self, state: &StateEntry<'_>) -> Name {
        let own = &state.decl.name.name;
        match state.parent.filter(|_| state.part).and_then(|id| self.scope.state(id)) {
            Some(parent) => format!("{}.{own}", parent.decl.name.name).into(),
            None => own.clone(),
        }
    }

    /// A warning for each variable that nothing reads.
    pub(super) fn unread(&self, out: &mut Diagnostics) {
        for (index, var) in self.scope.decl.body.vars().enumerate() {
            if !self.is_read(Binding::Var(index)) {
                let message = format!("nothing reads the variable `{}`", var.name.name);
                out.push(
                    Diagnostic::new(Code("W1302"), var.name.span, message).hint("remove it, or read it"),
                );
            }
        }
    }
}

impl Types for AgentCx<'_> {
    fn table(&self) -> &TypeTable {
        &self.tables.types
    }

    fn root(&self, name: &str) -> Option<Type> {
        self.scope.names.get(name).map(|(binding, _)| self.binding_type(*binding))
    }

    fn named(&self, path: &Path) -> Option<Type> {
        let reader = TypeReader { names: self.tables.names, module: self.module, hit: self.tables.hit };
        reader.look_up(&path.text()).ok()
    }

    fn is_validated(&self, path: &AccessPath) -> bool {
        let Root::Name(root) = &path.root else { return false };
        match self.scope.names.get(root) {
            // of a record that another agent hands over, the fields are not looked into
            Some((Binding::Param(_), _)) => path.steps.is_empty(),
            Some((Binding::State(id), _)) => {
                self.scope.state(*id).is_some_and(|state| match state.kind.word {
                    "ask" | "plan" | "wait" => true,
                    "call" => !self.calls_an_agent(state),
                    _ => false,
                })
            }
            Some((Binding::Var(_) | Binding::Each(_), _)) | None => false,
        }
    }
}

fn inferred(state: &StateEntry<'_>, span: Span) -> Diagnostic {
    let kind = state.kind.word;
    let message = format!("{} has no written type", an(kind));
    let finding = Diagnostic::new(Code("E0314"), span, message);
    match kind {
        "branch" => finding.hint("a `branch` has no value: remove the type"),
        "call" => finding.hint("its type is the tool's: remove it here"),
        "run" => finding.hint("its type is the agent's: remove it here"),
        _ => finding.hint("its type is found from its fields: remove it"),
    }
}

fn shape<const N: usize>(fields: [(&str, Type); N]) -> Type {
    Type::Shape(fields.map(|(name, ty)| (name.into(), ty)).into())
}

/// A person's answer. `choice` is there where `choices` are, and then it is one of them.
fn approval(body: &Body) -> Type {
    let choices: Vec<Type> = match body.field("choices").map(|field| &field.value.kind) {
        Some(ExprKind::List(items)) => items
            .iter()
            .filter_map(|item| match &item.kind {
                ExprKind::Name(word) => Some(Type::Literal(word.clone())),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut fields: Vec<(Name, Type)> = vec![("approved".into(), Type::Bool)];
    if !choices.is_empty() {
        fields.push(("choice".into(), Type::union_of(choices)));
    }
    fields.push(("by".into(), Type::String));
    fields.push(("comment".into(), Type::String.optional()));
    fields.push(("edited".into(), Type::Json.optional()));
    Type::Shape(fields.into())
}

fn has_unknown(ty: &Type) -> bool {
    match ty {
        Type::Unknown => true,
        Type::List(inner) | Type::Optional(inner) | Type::Map(inner) => has_unknown(inner),
        Type::Union(members) => members.iter().any(has_unknown),
        Type::Shape(fields) => fields.iter().any(|(_, ty)| has_unknown(ty)),
        _ => false,
    }
}

/// The type a value keeps: a literal's is `string`.
fn widen(ty: &Type) -> Type {
    match ty {
        Type::Literal(_) => Type::String,
        Type::List(item) => Type::list(widen(item)),
        Type::Optional(inner) => widen(inner).optional(),
        Type::Union(members) if members.iter().all(|member| matches!(member, Type::Literal(_))) => ty.clone(),
        Type::Shape(fields) => {
            Type::Shape(fields.iter().map(|(name, ty)| (name.clone(), widen(ty))).collect::<Vec<_>>().into())
        }
        _ => ty.clone(),
    }
}
