//! The lists that completion draws from; each function adds one sort of thing.

mod flow;

use std::collections::BTreeSet;

use crate::ast::{BlockDecl, ExprKind, Item, Param};
use crate::check::{builtin_forms, builtin_tools};
use crate::ir::StateId;
use crate::kinds::FieldType;
use crate::loader::ModuleId;
use crate::resolve::{AgentScope, Binding, Def, Names};
use crate::span::Span;
use crate::value::Type;

use super::Analysis;
use super::complete::{Completion, ItemKind};
use super::context::{Context, FrameKind, Sort};
use super::hover::{ATTRIBUTES, TYPES};
use super::snippets;

/// What was found to offer so far.
pub(super) struct Offer<'o, 't> {
    pub(super) analysis: &'o Analysis,
    pub(super) context: &'o Context<'t>,
    names: Names<'o>,
    /// The agent whose names are read here, and the state around the cursor.
    agent: Option<usize>,
    pub(super) state: Option<StateId>,
    pub(super) span: Span,
    list: Vec<Completion>,
}

impl<'o, 't> Offer<'o, 't> {
    pub(super) fn new(analysis: &'o Analysis, context: &'o Context<'t>, start: usize, end: usize) -> Self {
        let names = analysis.names();
        let source = analysis.module().map(|module| module.source).unwrap_or_default();
        let own = names
            .agents
            .iter()
            .position(|agent| agent.module == ModuleId(0) && context.agent() == Some(&*agent.decl.name.name));
        let agent = own.or_else(|| tested(context, &names));
        let mut state = None;
        if let Some(scope) = agent.and_then(|agent| names.scopes.get(agent)) {
            for name in context.states() {
                let mut inside = scope.states.iter().filter(|entry| entry.parent == state);
                state = inside.find(|entry| &*entry.decl.name.name == name).map(|entry| entry.id).or(state);
            }
        }
        let span = Span::new(source, start, end);
        Self { analysis, context, names, agent, state, span, list: Vec::new() }
    }

    /// What was found, each label once.
    pub(super) fn finish(self) -> Vec<Completion> {
        let mut seen = BTreeSet::new();
        let unique = self.list.into_iter().filter(|item| seen.insert((item.label.clone(), item.kind)));
        unique.collect()
    }

    pub(super) fn add(&mut self, label: &str, kind: ItemKind, detail: &str, doc: &str) {
        self.push(label, kind, detail, doc, label, false);
    }

    pub(super) fn push(
        &mut self,
        label: &str,
        kind: ItemKind,
        detail: &str,
        doc: &str,
        insert: &str,
        is_snippet: bool,
    ) {
        // the mark is no name
        if label == "cursor_here" {
            return;
        }
        self.list.push(Completion {
            label: label.to_owned(),
            kind,
            detail: detail.to_owned(),
            doc: doc.to_owned(),
            insert: insert.to_owned(),
            is_snippet,
            span: self.span,
        });
    }

    pub(super) fn word(&mut self, word: &str, doc: &str) {
        self.add(word, ItemKind::Keyword, "", doc);
    }

    /// Whether the cursor's word begins in column 0.
    pub(super) fn is_head(&self) -> bool {
        let text = self.analysis.source().map_or("", |source| &source.text);
        let before = text.get(..self.span.start as usize).unwrap_or("");
        before.is_empty() || before.ends_with('\n')
    }

    pub(super) fn scope(&self) -> Option<&AgentScope<'o>> {
        self.agent.and_then(|agent| self.names.scopes.get(agent))
    }

    pub(super) fn type_of(&self, binding: Binding) -> Option<&'o Type> {
        let known = self.analysis.notes.agents.get(self.agent?)?;
        known.iter().find(|(known, _)| *known == binding).map(|(_, ty)| ty)
    }

    fn shown(&self, binding: Binding) -> String {
        match self.type_of(binding) {
            Some(ty) if !matches!(ty, Type::Unknown | Type::Null) => {
                Some(self.analysis.show(ty)).filter(|shown| !shown.contains("unknown")).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    pub(super) fn declarations(&mut self) {
        for (word, doc, insert) in snippets::DECLARATIONS {
            self.push(word, ItemKind::Keyword, "", doc, insert, true);
        }
    }

    pub(super) fn types(&mut self) {
        for (name, doc) in TYPES {
            self.add(name, ItemKind::Type, "", doc);
        }
        self.push("map", ItemKind::Type, "map<T>", "texts to values", "map<${1:string}>", true);
        self.declared(|def| matches!(def, Def::Type(_)), ItemKind::Type);
    }

    pub(super) fn attributes(&mut self) {
        for (name, insert, doc) in ATTRIBUTES {
            self.push(name, ItemKind::Keyword, "", doc, insert, true);
        }
    }

    /// Declared names of some sort.
    fn declared(&mut self, wanted: impl Fn(Def) -> bool, kind: ItemKind) {
        let found: Vec<(String, Def)> = self
            .names
            .modules
            .first()
            .into_iter()
            .flat_map(|scope| scope.iter())
            .filter(|(_, (def, _))| wanted(*def))
            .map(|(name, (def, _))| (name.to_string(), *def))
            .collect();
        for (name, def) in found {
            let doc = self.docs(def);
            self.add(&name, kind, def.sort(), &doc);
        }
    }

    fn docs(&self, def: Def) -> String {
        let names = &self.names;
        let docs = match def {
            Def::Type(id) => names.types.get(id.0 as usize).map(|it| &it.decl.docs),
            Def::Model(id) => names.models.get(id.index()).map(|it| &it.decl.docs),
            Def::Guard(id) => names.guards.get(id.index()).map(|it| &it.decl.docs),
            Def::Memory(id) => names.memories.get(id.index()).map(|it| &it.decl.docs),
            Def::Tool(id) => names.tools.get(id.index()).map(|it| &it.decl.docs),
            Def::Mcp(id) => names.mcps.get(id.index()).map(|it| &it.decl.docs),
            Def::Skill(id) => names.skills.get(id.index()).map(|it| &it.decl.docs),
            Def::Agent(id) => names.agents.get(id.index()).map(|it| &it.decl.docs),
            Def::Unknown => None,
        };
        docs.and_then(crate::ast::Docs::text).unwrap_or_default()
    }

    /// Tools or agents with their arguments to fill in.
    fn callable(&mut self, agents: bool) {
        let scope = self.names.modules.first().into_iter().flat_map(|scope| scope.iter());
        let found: Vec<(String, Def, &'o [Param])> = scope
            .filter_map(|(name, (def, _))| {
                let params: &'o [Param] = match def {
                    Def::Tool(id) if !agents => &self.names.tools.get(id.index())?.decl.params,
                    Def::Agent(id) if agents => &self.names.agents.get(id.index())?.decl.params,
                    _ => return None,
                };
                Some((name.to_string(), *def, params))
            })
            .collect();
        for (name, def, params) in found {
            let needed = params.iter().filter(|param| param.default.is_none());
            let args: Vec<String> = needed
                .enumerate()
                .map(|(at, param)| format!("{0}: ${{{1}:{0}}}", param.name.name, at + 1))
                .collect();
            let insert = format!("{name}({})", args.join(", "));
            let kind = if agents { ItemKind::Agent } else { ItemKind::Function };
            self.push(&name, kind, def.sort(), &self.docs(def), &insert, true);
        }
    }

    /// The names that the imported file declares.
    pub(super) fn importable(&mut self) {
        let Some(file) = self.context.frames.first() else { return };
        let Some(path) = file.pieces.iter().find(|piece| piece.sort == Sort::Text) else { return };
        let written = path.text.trim_matches('"');
        let modules = &self.analysis.compilation.modules;
        let Some(entry) = modules.list.first() else { return };
        let path = entry.path.import(written);
        let Some(module) = modules.list.iter().find(|module| module.path == path) else { return };
        for item in &module.ast.items {
            let (kind, docs) = match item {
                Item::Type(decl) => (ItemKind::Type, &decl.docs),
                Item::Tool(decl) => (ItemKind::Function, &decl.docs),
                Item::Agent(decl) => (ItemKind::Agent, &decl.docs),
                Item::Block(decl) => (ItemKind::Resource, &decl.docs),
                Item::Test(_) => continue,
            };
            if let Some(name) = item.name() {
                self.add(&name.name, kind, written, &docs.text().unwrap_or_default());
            }
        }
    }

    /// Values of an expression.
    pub(super) fn values(&mut self) {
        if self.context.body().is_some_and(|body| body.first() == "expect") {
            for (name, form, doc) in snippets::EXPECT {
                self.push(name, ItemKind::Function, "", doc, form, true);
            }
            self.states();
            return self.functions();
        }
        let Some(scope) = self.scope() else { return self.functions() };
        let state = self.state;
        let names: Vec<(String, Binding)> = scope
            .names
            .keys()
            .filter_map(|name| Some((name.to_string(), scope.lookup(state, name)?)))
            .filter(|(_, binding)| match binding {
                Binding::State(id) => scope.state(*id).is_some_and(|entry| entry.kind.word != "branch"),
                _ => true,
            })
            .collect();
        for (name, binding) in names {
            let kind =
                if matches!(binding, Binding::State(_)) { ItemKind::State } else { ItemKind::Variable };
            let shown = self.shown(binding);
            self.add(&name, kind, &shown, "");
        }
        self.functions();
    }

    fn functions(&mut self) {
        for (name, form) in builtin_forms() {
            let detail = form.replace('`', "");
            self.push(name, ItemKind::Function, &detail, "", &format!("{name}($1)"), true);
        }
        for (name, doc) in [
            ("cost", "what the run has spent, in money"),
            ("time", "how long it has taken"),
            ("calls", "how many model calls it has made"),
            ("tokens", "how many tokens it has used"),
            ("now", "the time at the state's entry"),
        ] {
            self.add(name, ItemKind::Variable, "", doc);
        }
        for word in ["true", "false", "null", "not"] {
            self.add(word, ItemKind::Value, "", "");
        }
    }

    /// What may stand in a field.
    pub(super) fn values_of(&mut self, ty: FieldType, in_list: bool) {
        match ty {
            FieldType::Pool => self.declared(|def| matches!(def, Def::Model(_)), ItemKind::Resource),
            FieldType::ToolCall => self.callable(false),
            FieldType::AgentCall | FieldType::Tested => self.callable(true),
            FieldType::Tools if in_list => {
                self.declared(|def| matches!(def, Def::Tool(_)), ItemKind::Function);
                self.declared(|def| matches!(def, Def::Mcp(_)), ItemKind::Resource);
            }
            FieldType::McpTool => self.declared(|def| matches!(def, Def::Mcp(_)), ItemKind::Resource),
            FieldType::Agents if in_list => {
                self.declared(|def| matches!(def, Def::Agent(_)), ItemKind::Agent);
            }
            FieldType::Skill => self.declared(|def| matches!(def, Def::Skill(_)), ItemKind::Resource),
            FieldType::Skills if in_list => {
                self.declared(|def| matches!(def, Def::Skill(_)), ItemKind::Resource);
            }
            FieldType::Memory => self.declared(|def| matches!(def, Def::Memory(_)), ItemKind::Resource),
            FieldType::Memories | FieldType::Context if in_list => {
                let chats: Vec<bool> =
                    self.names.memories.iter().map(|memory| is_chat(memory.decl)).collect();
                let is_chat = |def| matches!(def, Def::Memory(id) if chats.get(id.index()) == Some(&true));
                self.declared(is_chat, ItemKind::Resource);
                if ty == FieldType::Context {
                    self.states_where(|_, entry| entry.kind.word == "open");
                }
            }
            FieldType::Guards if in_list => {
                self.declared(|def| matches!(def, Def::Guard(_)), ItemKind::Resource);
            }
            FieldType::Tools
            | FieldType::Agents
            | FieldType::Skills
            | FieldType::Memories
            | FieldType::Context
            | FieldType::Guards
            | FieldType::Exprs
            | FieldType::Texts
            | FieldType::Literals
            | FieldType::Targets
            | FieldType::Numbers
            | FieldType::Command
            | FieldType::Words
            | FieldType::Errors
                if !in_list =>
            {
                self.push("[…]", ItemKind::Value, "", &ty.takes(), "[$1]", true);
            }
            FieldType::Word(words) => words.iter().for_each(|word| self.add(word, ItemKind::Value, "", "")),
            FieldType::Bool => {
                self.add("true", ItemKind::Value, "", "");
                self.add("false", ItemKind::Value, "", "");
            }
            FieldType::Builtin => {
                builtin_tools().for_each(|name| self.add(name, ItemKind::Function, "", ""));
            }
            FieldType::Scope => {
                for level in ["user", "team", "agent", "session", "run", "global"] {
                    self.add(level, ItemKind::Value, "", "");
                }
            }
            other => match snippets::of(other) {
                Some(list) => {
                    for (label, insert, doc) in list {
                        self.push(label, ItemKind::Value, "", doc, insert, true);
                    }
                }
                None => self.values(),
            },
        }
    }
}

/// Whether a memory is a conversation.
fn is_chat(decl: &BlockDecl) -> bool {
    let kind = decl.body.field("kind").map(|field| &field.value.kind);
    matches!(kind, Some(ExprKind::Name(word)) if &**word == "chat")
}

/// The agent that the test around the cursor tests, told from the words of its `agent:`.
fn tested(context: &Context<'_>, names: &Names<'_>) -> Option<usize> {
    let test = context.frames.iter().any(|frame| matches!(frame.kind, FrameKind::Decl("test", _)));
    let name = test.then_some(context.tested?)?;
    names.agents.iter().position(|agent| &*agent.decl.name.name == name)
}
