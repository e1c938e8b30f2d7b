//! `ask` and `plan`: what a model is asked, with what at hand.

use crate::ast::{Expr, ExprKind, Field, Ident, Name};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Ask, ContextItem, McpId, Plan, StateId, ToolId};
use crate::resolve::{Binding, Def};
use crate::value::Type;

use super::cx::{Cx, Reader};
use super::flow::assigned::way_without;
use super::forms::twice;
use super::state::StateCx;
use super::tables::Sort;

impl StateCx<'_, '_> {
    pub(super) fn ask(&mut self) -> Option<ir::Op> {
        self.asked("prompt").map(ir::Op::Ask)
    }

    pub(super) fn plan(&mut self) -> Option<ir::Op> {
        let ask = self.asked("goal");
        let (tools, mcp_tools) = self.tools();
        let confirm = self.confirmed(&tools);
        let agents = match self.fields.get("agents") {
            Some(field) => self.plain(|cx| cx.declared_list(field, Sort::Agent)),
            None => Vec::new(),
        };
        let agents =
            agents.into_iter().filter_map(|(def, _)| if let Def::Agent(id) = def { Some(id) } else { None });
        let steps = self.fields.get("steps").and_then(|field| self.plain(|cx| cx.small(field, 1)));
        Some(ir::Op::Plan(Plan {
            ask: ask?,
            tools,
            mcp_tools,
            agents: agents.collect(),
            steps: steps.unwrap_or_else(|| self.entry.kind.default_number("steps")),
            confirm,
        }))
    }

    fn asked(&mut self, key: &str) -> Option<Ask> {
        let fields = self.fields;
        let model = fields.get("model").and_then(|field| self.plain(|cx| cx.pool(field)));
        let prompt = fields.value(key).map(|text| self.entered(Reader::Prompt, |cx| cx.text_field(text)));
        let system =
            fields.value("system").map(|text| self.entered(Reader::System, |cx| cx.text_field(text)));
        let context = fields.get("context").map(|field| self.context(field)).unwrap_or_default();
        let images = fields.get("images").map(|field| self.entered(Reader::Program, |cx| cx.images(field)));
        let task = fields.get("task").and_then(|field| self.plain(|cx| cx.plain_text(field)));
        let skills = fields.get("skills").map(|field| self.plain(|cx| cx.declared_list(field, Sort::Skill)));
        let skills = skills.unwrap_or_default().into_iter();
        let repair = fields.get("repair").and_then(|field| self.plain(|cx| cx.small(field, 0)));
        let check = fields.get("check").map(|field| self.answered(|cx| cx.conditions(field)));
        let cache = fields.get("cache").and_then(|field| self.plain(|cx| cx.flag(field)));
        let temperature =
            fields.get("temperature").and_then(|field| self.plain(|cx| cx.number(field, (0.0, 2.0))));
        let max_tokens = fields.get("max_tokens").and_then(|field| self.plain(|cx| cx.small(field, 1)));
        let stream = fields.get("stream").and_then(|field| self.plain(|cx| cx.flag(field)));
        Some(Ask {
            model: model?,
            prompt: prompt.unwrap_or_default(),
            system,
            context,
            images: images.unwrap_or_default(),
            task,
            skills: skills
                .filter_map(|(def, _)| if let Def::Skill(id) = def { Some(id) } else { None })
                .collect(),
            repair: repair.unwrap_or_else(|| self.entry.kind.default_number("repair")),
            check: check.unwrap_or_default(),
            cache: cache.unwrap_or_else(|| self.entry.kind.default_flag("cache")),
            temperature,
            max_tokens,
            stream: stream.unwrap_or_else(|| self.entry.kind.default_flag("stream")),
        })
    }

    /// Chat memories and opened skills.
    fn context(&mut self, field: &Field) -> Vec<ContextItem> {
        let items = self.plain(|cx| cx.items("context", &field.value, "chat memories and opened skills"));
        items.iter().filter_map(|item| self.context_item(item)).collect()
    }

    fn context_item(&mut self, item: &Expr) -> Option<ContextItem> {
        let name =
            self.plain(|cx| cx.bare("context", "names of chat memories and of `open` states", item))?;
        if let Some(id) = self.agent.scope.state_named(&name.name) {
            return self.opened(id, &name);
        }
        match self.agent.tables.names.find(self.agent.module, &name.name) {
            Some(Def::Memory(id)) => match self.agent.tables.memory_kind(id) {
                // a kind that does not exist was reported where it stands
                Some(kind) if ["semantic", "file", "kv"].contains(&kind) => {
                    let message =
                        format!("`{}` is a `{kind}` memory, and a `context` takes chat memories", name.name);
                    let finding = Diagnostic::new(Code("E0505"), name.span, message);
                    self.out.push(match kind {
                        "file" => {
                            finding.hint(format!("a file's text stands in the prompt: `${{{}}}`", name.name))
                        }
                        _ => finding.hint(format!(
                            "its rows are read by a state: `recall x {{ from: {}  query: … }}`",
                            name.name
                        )),
                    });
                    None
                }
                _ => Some(ContextItem::Memory(id)),
            },
            Some(Def::Skill(_)) => {
                let message = format!("`{}` is a skill that is not opened", name.name);
                self.out.push(Diagnostic::new(Code("E0208"), name.span, message).hint(format!(
                    "open it by a state before: `open x {{ skill: {} }}`, then `context: [x]`",
                    name.name
                )));
                None
            }
            _ => {
                self.plain(|cx| cx.declared("context", item, Sort::Memory));
                None
            }
        }
    }

    fn opened(&mut self, id: StateId, name: &Ident) -> Option<ContextItem> {
        let state = self.agent.scope.state(id)?;
        if state.kind.word != "open" {
            let message = format!(
                "`{}` is {} state, and a `context` takes `open` states",
                name.name,
                an(state.kind.word)
            );
            self.out.push(
                Diagnostic::new(Code("E0208"), name.span, message)
                    .hint(format!("what it gave stands in the prompt: `${{{}}}`", name.name)),
            );
            return None;
        }
        let facts = self.agent.flow.as_ref().map(|flow| flow.entering(self.entry.id));
        if let Some(way) = facts.and_then(|facts| way_without(&facts, id)) {
            self.out.push(
                Diagnostic::new(Code("E0302"), name.span, format!("`{}` may not be opened yet", name.name))
                    .label(format!("it has no result on the way `{way}`")),
            );
        }
        Some(ContextItem::Skill(self.agent.slot(Binding::State(id))))
    }

    /// A planner's tools: declared ones, and a server's by `server.tool`.
    fn tools(&mut self) -> (Vec<ToolId>, Vec<(McpId, Name)>) {
        let (mut tools, mut of_servers) = (Vec::new(), Vec::new());
        let Some(field) = self.fields.get("tools") else { return (tools, of_servers) };
        for item in self.plain(|cx| cx.items("tools", &field.value, "tools")) {
            if let ExprKind::Member(..) = &item.kind {
                let Some((server, name)) = self.plain(|cx| cx.server_tool("tools", item)) else {
                    continue;
                };
                let pair = (server, name.name.clone());
                if of_servers.contains(&pair) {
                    self.out.push(twice("tools", &name));
                } else {
                    of_servers.push(pair);
                }
            } else {
                let Some((Def::Tool(id), name)) = self.plain(|cx| cx.declared("tools", item, Sort::Tool))
                else {
                    continue;
                };
                if tools.contains(&id) {
                    self.out.push(twice("tools", &name));
                } else {
                    tools.push(id);
                }
            }
        }
        (tools, of_servers)
    }

    fn confirmed(&mut self, tools: &[ToolId]) -> Vec<ToolId> {
        let Some(field) = self.fields.get("confirm") else { return Vec::new() };
        let mut confirmed = Vec::new();
        let items = self.plain(|cx| cx.items("confirm", &field.value, "tools"));
        for item in items {
            if let ExprKind::Member(..) = &item.kind {
                let source = self.agent.tables.source(item.span);
                self.out.push(
                    Diagnostic::new(Code("E0513"), item.span, "only a declared tool can be confirmed")
                        .hint(format!("declare it and list that: `tool name(…): T {{ mcp: {source} }}`")),
                );
                continue;
            }
            let Some((Def::Tool(id), name)) = self.plain(|cx| cx.declared("confirm", item, Sort::Tool))
            else {
                continue;
            };
            if confirmed.contains(&id) {
                self.out.push(twice("confirm", &name));
                continue;
            }
            if !tools.contains(&id) {
                let message = format!("`confirm` names `{}`, which is not among `tools`", name.name);
                self.out.push(
                    Diagnostic::new(Code("E0513"), name.span, message)
                        .hint("list it in `tools` too, or remove it here"),
                );
            }
            confirmed.push(id);
        }
        confirmed
    }
}

/// The word with its article.
pub(super) fn an(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} `{word}`")
}

impl Cx<'_, '_> {
    /// A condition, or a list of them.
    pub(super) fn conditions(&mut self, field: &Field) -> Vec<ir::Expr> {
        match &field.value.kind {
            ExprKind::List(items) => items.iter().map(|item| self.condition(item)).collect(),
            _ => vec![self.condition(&field.value)],
        }
    }

    /// Images and documents, one by one or as lists; one that may be null attaches where it is there.
    fn images(&mut self, field: &Field) -> Vec<ir::Expr> {
        let items: &[Expr] = match &field.value.kind {
            ExprKind::List(items) => items,
            _ => std::slice::from_ref(&field.value),
        };
        let mut images = Vec::with_capacity(items.len());
        for item in items {
            let typed = self.infer(item, None);
            let bare = self.without_null(&typed.ty);
            let table = &self.tables.types;
            let element = match table.resolve(&bare) {
                Type::List(element) => table.resolve(element).clone(),
                other => other.clone(),
            };
            if !matches!(element, Type::Image | Type::Pdf | Type::Unknown) {
                let message =
                    format!("`images` takes images and documents, found `{}`", self.show(&typed.ty));
                self.out.push(Diagnostic::new(Code("E0301"), item.span, message));
            }
            images.push(typed.expr);
        }
        images
    }

    /// `server.tool`, as its server's name and the tool's over there.
    pub(super) fn server_tool(&mut self, key: &str, expr: &Expr) -> Option<(McpId, Ident)> {
        let mut segments = Vec::new();
        let mut at = expr;
        let server = loop {
            match &at.kind {
                ExprKind::Member(base, name) => {
                    segments.push(name);
                    at = base;
                }
                ExprKind::Name(name) if !segments.is_empty() => {
                    break Ident { name: name.clone(), span: at.span };
                }
                ExprKind::Text(text) if text.literal().is_some() => {
                    let name = text.literal().unwrap_or_default();
                    self.wrong_quotes(key, "a server's tool, `server.tool`", expr, name);
                    return None;
                }
                _ => {
                    self.wrong_form(key, "a server's tool, `server.tool`", expr);
                    return None;
                }
            }
        };
        let Def::Mcp(id) = self.tables.find(self.module, &server, Sort::Mcp, self.out) else { return None };
        segments.reverse();
        let name = segments.iter().map(|segment| &*segment.name).collect::<Vec<_>>().join(".");
        let span = segments.first().map_or(expr.span, |first| first.span.to(expr.span));
        let name = Ident { name: name.into(), span };
        self.allowed(id, &server, &name);
        Some((id, name))
    }

    /// Reports a server's tool that the server's `allow` leaves out.
    fn allowed(&mut self, id: McpId, server: &Ident, tool: &Ident) {
        let Some(declared) = self.tables.names.mcps.get(id.index()) else { return };
        let Some(allow) = declared.decl.body.field("allow") else { return };
        let ExprKind::List(globs) = &allow.value.kind else { return };
        let texts = globs.iter().filter_map(|glob| match &glob.kind {
            ExprKind::Text(text) => text.literal(),
            _ => None,
        });
        if texts.clone().any(|glob| glob_matches(glob, &tool.name)) || texts.count() < globs.len() {
            return;
        }
        let message = format!("the server `{}` does not allow `{}`", server.name, tool.name);
        self.out.push(
            Diagnostic::new(Code("E0511"), tool.span, message)
                .also(allow.span, "what it allows")
                .hint(format!("add `\"{}\"` to its `allow`", tool.name)),
        );
    }
}

/// `*` stands for any run of characters.
fn glob_matches(glob: &str, name: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn matches_globs() {
        for (glob, name, expected) in [
            ("orders.*", "orders.get", true),
            ("orders.*", "refunds.create", false),
            ("*", "anything", true),
            ("refunds.create", "refunds.create", true),
            ("refunds.create", "refunds.created", false),
            ("*.get", "orders.get", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
        ] {
            assert_eq!(glob_matches(glob, name), expected, "{glob} {name}");
        }
    }
}
