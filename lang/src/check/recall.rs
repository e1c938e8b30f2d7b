//! `recall`, `remember`, `forget`, `open`: what a state does with memories and skills.

use crate::ast::{Expr, Field};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, MemoryId, Op};
use crate::resolve::Def;
use crate::value::Type;

use super::cx::{Cx, Reader};
use super::state::StateCx;
use super::tables::Sort;

impl StateCx<'_, '_> {
    pub(super) fn recall(&mut self) -> Option<Op> {
        let fields = self.fields;
        let from = fields.get("from").and_then(|field| self.plain(|cx| cx.memory(field)));
        let query = self.read("query", &Type::String);
        let key = self.read("key", &Type::String);
        let top = fields.get("top").and_then(|field| self.plain(|cx| cx.small(field, 1)));
        let filter = fields
            .value("where")
            .map(|value| self.entered(Reader::Program, |cx| cx.record_of("where", value)));
        let as_of = self.read("as_of", &Type::Date);
        if let Some(id) = from
            && query.is_none()
            && key.is_none()
            && let Some(kind @ ("semantic" | "kv")) = self.agent.tables.memory_kind(id)
        {
            let (what, example) =
                if kind == "kv" { ("`key`", "key: …") } else { ("`query`", "query: …") };
            let name = &self.entry.decl.name;
            let message = format!("a `recall` from a `{kind}` memory needs a {what}");
            self.out
                .push(Diagnostic::new(Code("E0212"), name.span, message).hint(format!("add `{example}`")));
        }
        Some(Op::Recall {
            from: from?,
            query,
            key,
            top: top.unwrap_or_else(|| self.entry.kind.default_number("top")),
            filter,
            as_of,
        })
    }

    pub(super) fn remember(&mut self) -> Option<Op> {
        let fields = self.fields;
        let into = fields.get("into").and_then(|field| self.plain(|cx| cx.memory(field)));
        let value = fields.value("value").map(|value| self.entered(Reader::Program, |cx| cx.kept(value)));
        let key = self.read("key", &Type::String);
        let meta =
            fields.value("meta").map(|value| self.entered(Reader::Program, |cx| cx.record_of("meta", value)));
        let ttl = fields.get("ttl").and_then(|field| self.plain(|cx| cx.millis(field)));
        let summarize = fields.get("summarize").and_then(|field| self.plain(|cx| cx.pool(field)));
        self.keyed(into, "remember");
        Some(Op::Remember { into: into?, value: value?, key, meta, ttl, summarize })
    }

    /// A `kv` memory keeps by key.
    fn keyed(&mut self, memory: Option<MemoryId>, verb: &str) {
        if self.fields.has("key") || memory.and_then(|id| self.agent.tables.memory_kind(id)) != Some("kv") {
            return;
        }
        let name = &self.entry.decl.name;
        let message = format!("a `{verb}` into a `kv` memory needs a `key`");
        self.out.push(Diagnostic::new(Code("E0212"), name.span, message).hint("add `key: …`"));
    }

    pub(super) fn forget(&mut self) -> Option<Op> {
        let fields = self.fields;
        let from = fields.get("from").and_then(|field| self.plain(|cx| cx.memory(field)));
        let uid = self.read("uid", &Type::String);
        let key = self.read("key", &Type::String);
        let query = self.read("query", &Type::String);
        let all = fields.get("all").and_then(|field| self.plain(|cx| cx.flag(field))).unwrap_or_default();
        let said: Vec<&Field> = ["uid", "key", "query"]
            .into_iter()
            .filter_map(|key| fields.get(key))
            .chain(fields.get("all").filter(|_| all))
            .collect();
        let name = &self.entry.decl.name;
        let finding = match said.as_slice() {
            [_] => None,
            [] => Some(
                Diagnostic::new(
                    Code("E0212"),
                    name.span,
                    format!("`forget {}` does not say what", name.name),
                )
                .hint("add `uid: …`, `key: …`, `query: …`, or `all: true`"),
            ),
            [first, second, ..] => Some(
                Diagnostic::new(Code("E0213"), second.span, "a `forget` names its rows in one way")
                    .also(first.span, "the other one"),
            ),
        };
        self.out.extend(finding);
        Some(Op::Forget { from: from?, uid, key, query, all })
    }

    pub(super) fn open(&mut self) -> Option<Op> {
        let fields = self.fields;
        let skill = fields
            .get("skill")
            .and_then(|field| self.plain(|cx| cx.declared("skill", &field.value, Sort::Skill)));
        let files = match fields.get("files") {
            Some(field) => {
                let items = self.plain(|cx| cx.items("files", &field.value, "texts"));
                items
                    .iter()
                    .map(|item| self.entered(Reader::Program, |cx| cx.expect(item, &Type::String)))
                    .collect()
            }
            None => Vec::new(),
        };
        match skill? {
            (Def::Skill(skill), _) => Some(Op::Open { skill, files }),
            _ => None,
        }
    }

    fn read(&mut self, key: &str, ty: &Type) -> Option<ir::Expr> {
        let value = self.fields.value(key)?;
        Some(self.entered(Reader::Program, |cx| cx.expect(value, ty)))
    }
}

impl Cx<'_, '_> {
    /// A record or a map, whatever its fields.
    fn record_of(&mut self, key: &str, expr: &Expr) -> ir::Expr {
        let typed = self.present(expr);
        let table = &self.tables.types;
        let is_record = table.fields(&typed.ty).is_some()
            || matches!(table.resolve(&typed.ty), Type::Map(_) | Type::Json | Type::Unknown);
        if !is_record {
            let message = format!("`{key}` takes a record, and this is `{}`", self.show(&typed.ty));
            self.out.push(Diagnostic::new(Code("E0301"), expr.span, message));
        }
        typed.expr
    }

    /// What a memory keeps: texts, values as JSON; no files.
    fn kept(&mut self, expr: &Expr) -> ir::Expr {
        let typed = self.present(expr);
        if matches!(self.tables.types.resolve(&typed.ty), Type::Bytes | Type::Image | Type::Pdf) {
            let message = format!("a memory keeps no `{}`", self.show(&typed.ty));
            self.out.push(Diagnostic::new(Code("E0301"), expr.span, message));
        }
        typed.expr
    }
}
