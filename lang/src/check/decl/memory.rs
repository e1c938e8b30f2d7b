//! Memories: what each kind needs, and whose a memory is.

use crate::ast::{ExprKind, Field};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, ContextItem, MemoryId, MemoryKind, Op, Piece};
use crate::kinds::MEMORY;
use crate::span::Span;
use crate::suggest::nearest;

use super::super::cx::{Cx, Place};
use super::super::fields::{self, Fields};
use super::super::tables::Tables;
use super::owner;

/// Whose a memory may be, beside a parameter's.
const LEVELS: &[&str] = &["user", "team", "agent", "session", "run", "global"];

/// Fields that only some kinds read.
const ONLY: &[(&str, &[&str])] = &[
    ("path", &["file"]),
    ("embedder", &["semantic"]),
    ("summarize", &["chat"]),
    ("store", &["chat", "semantic", "kv"]),
];

/// One memory.
pub(in super::super) fn memory(
    tables: &Tables<'_>,
    id: MemoryId,
    out: &mut Diagnostics,
) -> Option<ir::Memory> {
    let declared = tables.names.memories.get(id.index())?;
    let decl = declared.decl;
    let fields = fields::read(owner(&MEMORY, &decl.name), &decl.body, &tables.broken, out);
    let mut cx = Cx::new(tables, declared.module, Place::Config, out);
    let word = fields.get("kind").and_then(|field| cx.word(&MEMORY, field));
    let kind = word.map(|word| match word {
        "chat" => MemoryKind::Chat,
        "semantic" => MemoryKind::Semantic,
        "file" => MemoryKind::File,
        _ => MemoryKind::Kv,
    });
    let path = fields.get("path").map(|field| cx.config(field));
    let store = fields.get("store").map(|field| cx.config(field));
    let embedder = fields.get("embedder").map(|field| cx.config(field));
    let scope = fields.get("scope").and_then(|field| cx.scope(field));
    let ttl = fields.get("ttl").and_then(|field| cx.millis(field));
    let summarize = fields.get("summarize").and_then(|field| cx.pool(field));
    if let Some(word) = word {
        cx.kind_needs(word, &fields, decl.name.span);
    }
    Some(ir::Memory {
        name: decl.name.name.clone(),
        doc: decl.docs.text(),
        span: decl.name.span,
        kind: kind?,
        path,
        store,
        embedder,
        scope,
        ttl,
        summarize,
    })
}

impl Cx<'_, '_> {
    fn scope(&mut self, field: &Field) -> Option<crate::ast::Name> {
        let takes = "a parameter's name, or one of `user team agent session run global`";
        self.bare("scope", takes, &field.value).map(|name| name.name)
    }

    fn kind_needs(&mut self, kind: &str, fields: &Fields<'_>, name: Span) {
        let needs = |key: &str, why: &str, hint: &str| {
            let message = format!("a `{kind}` memory needs `{key}`: {why}");
            Diagnostic::new(Code("E0505"), name, message).hint(hint.to_owned())
        };
        if kind == "file" && !fields.has("path") {
            self.out.push(needs("path", "it is a file", "add `path: \"./NOTES.md\"`"));
        }
        if matches!(kind, "semantic" | "kv") && !fields.has("scope") {
            let hint = "name a parameter of the agents that use it, `scope: customer_id`, or one of `user team agent session run global`";
            self.out.push(needs("scope", "it must say whose it is", hint));
        }
        for (key, kinds) in ONLY {
            if let Some(field) = fields.get(key)
                && !kinds.contains(&kind)
            {
                let listed = kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
                let message = format!("a `{kind}` memory has no `{key}`");
                self.out.push(
                    Diagnostic::new(Code("E0505"), field.span, message)
                        .hint(format!("only {listed} memories do")),
                );
            }
        }
    }
}

/// A memory that is scoped by a parameter asks for one of every agent that uses it.
pub(in super::super) fn check_users(tables: &Tables<'_>, agent: &ir::Agent, out: &mut Diagnostics) {
    let mut asked: Vec<MemoryId> = Vec::new();
    for (id, at) in agent.states.iter().flat_map(uses) {
        if asked.contains(&id) {
            continue;
        }
        asked.push(id);
        let Some(declared) = tables.names.memories.get(id.index()) else { continue };
        let Some(field) = declared.decl.body.field("scope") else { continue };
        let ExprKind::Name(scope) = &field.value.kind else { continue };
        if LEVELS.contains(&&**scope) || agent.params.iter().any(|param| param.name == *scope) {
            continue;
        }
        let name = &declared.decl.name.name;
        let message = format!(
            "the memory `{name}` is kept by `{scope}`, and the agent `{}` has no such parameter",
            agent.name
        );
        if let Some(near) = nearest(scope, LEVELS.iter().copied()) {
            let finding = Diagnostic::new(Code("E0506"), field.value.span, message).also(at, "used here");
            out.push(finding.hint(format!("did you mean `scope: {near}`?")).fix(field.value.span, near));
            continue;
        }
        let finding = Diagnostic::new(Code("E0506"), at, message).also(field.span, "its scope");
        out.push(match nearest(scope, agent.params.iter().map(|param| &*param.name)) {
            Some(near) => finding.hint(format!("did you mean `scope: {near}`?")).fix(field.value.span, near),
            None => finding
                .hint(format!("give the agent a parameter: `agent {}({scope}: string, …)`", agent.name)),
        });
    }
}

/// The memories that a state names, with its place.
fn uses(state: &ir::State) -> Vec<(MemoryId, Span)> {
    let ids: Vec<MemoryId> = match &state.op {
        Op::Recall { from, .. } | Op::Forget { from, .. } => vec![*from],
        Op::Remember { into, .. } => vec![*into],
        Op::Ask(ask) => of_ask(ask),
        Op::Plan(plan) => of_ask(&plan.ask),
        Op::Loop(round) => round.carry.clone(),
        _ => Vec::new(),
    };
    ids.into_iter().map(|id| (id, state.span)).collect()
}

/// What stands in its context, and the files in its texts.
fn of_ask(ask: &ir::Ask) -> Vec<MemoryId> {
    let in_context = ask.context.iter().filter_map(|item| match item {
        ContextItem::Memory(id) => Some(*id),
        ContextItem::Skill(_) => None,
    });
    let pieces = ask.prompt.pieces.iter().chain(ask.system.iter().flat_map(|system| &system.pieces));
    let in_texts = pieces.filter_map(|piece| match piece {
        Piece::Hole(ir::Expr { kind: ir::ExprKind::Memory(id), .. }) => Some(*id),
        _ => None,
    });
    in_context.chain(in_texts).collect()
}
