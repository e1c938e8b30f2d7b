//! Tools: exactly one body, and what goes with it.

use crate::ast::{Expr, ExprKind, Field, Name, Segment};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, EffectClass, Sandbox, ToolBody, ToolId};
use crate::kinds::{TOOL, TOOL_BODIES};
use crate::resolve::Def;
use crate::value::{Labels, Type};

use super::super::args::Callee;
use super::super::cx::{Cx, Place, Typed};
use super::super::fields::{self, Fields};
use super::super::forms::twice;
use super::super::tables::{Sort, Tables};
use super::builtin::own_effect;
use super::owner;

/// Fields that only some bodies read.
const ONLY: &[(&str, &[&str])] = &[
    ("method", &["http"]),
    ("headers", &["http"]),
    ("body", &["http"]),
    ("sandbox", &["exec", "builtin"]),
    ("network", &["exec", "builtin"]),
    ("env", &["exec", "builtin"]),
];

/// What people write before an address.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// One tool.
pub(in super::super) fn tool(tables: &Tables<'_>, id: ToolId, out: &mut Diagnostics) -> Option<ir::Tool> {
    let declared = tables.names.tools.get(id.index())?;
    let signature = tables.tools.get(id.index())?;
    let decl = declared.decl;
    let fields = fields::read(owner(&TOOL, &decl.name), &decl.body, &tables.broken, out);
    let mut cx = Cx::new(tables, declared.module, Place::Tool(&signature.params), out);
    let written = fields.get("effect").and_then(|field| cx.word(&TOOL, field)).map(|word| match word {
        "read" => EffectClass::Read,
        "irreversible" => EffectClass::Irreversible,
        _ => EffectClass::Write,
    });
    let ty = signature.ty.clone().unwrap_or(Type::Null);
    let tool = (&decl.name.name, decl.name.span);
    let body = if tables.broken.within(decl.body.span) && TOOL_BODIES.iter().all(|key| !fields.has(key)) {
        None
    } else {
        cx.only_body(&fields, tool)
    };
    cx.fits_body(&fields, body);
    let body = body.and_then(|key| cx.body(key, &fields, written, &ty, &signature.params, tool));
    let effect = written.unwrap_or(match &body {
        Some(ToolBody::Builtin(builtin)) => own_effect(*builtin),
        _ => EffectClass::Write,
    });
    Some(ir::Tool {
        name: decl.name.name.clone(),
        doc: decl.docs.text(),
        span: decl.name.span,
        params: signature.params.clone(),
        ty,
        effect,
        once: fields.get("once").map(|field| cx.once(field)),
        allow: fields.get("allow").map(|field| cx.plain_texts(field)),
        labels: fields
            .get("taint")
            .and_then(|field| cx.word(&TOOL, field))
            .map_or(Labels::NONE, |_| Labels::UNTRUSTED),
        errors: fields.get("errors").map(|field| cx.errors(field)).unwrap_or_default(),
        timeout: fields.get("timeout").and_then(|field| cx.millis(field)),
        sandbox: fields.get("sandbox").and_then(|field| cx.word(&TOOL, field)).map_or(
            Sandbox::Base,
            |word| match word {
                "full" => Sandbox::Full,
                "best_effort" => Sandbox::BestEffort,
                "off" => Sandbox::Off,
                _ => Sandbox::Base,
            },
        ),
        network: fields.get("network").and_then(|field| cx.flag(field)).unwrap_or_default(),
        env: fields.get("env").map(|field| cx.pairs(field)).unwrap_or_default(),
        body: body?,
    })
}

impl Cx<'_, '_> {
    /// The one field that says what does the work.
    fn only_body(
        &mut self,
        fields: &Fields<'_>,
        (name, span): (&Name, crate::span::Span),
    ) -> Option<&'static str> {
        let written: Vec<(&'static str, &Field)> =
            TOOL_BODIES.iter().filter_map(|key| Some((*key, fields.get(key)?))).collect();
        match written.as_slice() {
            [] => {
                let bodies = TOOL_BODIES.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
                let message = format!("the tool `{name}` has no body");
                self.out.push(
                    Diagnostic::new(Code("E0507"), span, message)
                        .hint(format!("say what does the work: one of {bodies}")),
                );
                None
            }
            [(key, _)] => Some(key),
            [(key, first), (_, second), ..] => {
                let message = format!("the tool `{name}` has two bodies");
                self.out.push(
                    Diagnostic::new(Code("E0507"), second.span, message).also(first.span, "the other one"),
                );
                Some(key)
            }
        }
    }

    /// Fields that the body does not read.
    fn fits_body(&mut self, fields: &Fields<'_>, body: Option<&'static str>) {
        let Some(body) = body else { return };
        let is_shell = matches!(fields.value("builtin").map(|value| &value.kind), Some(ExprKind::Name(name)) if &**name == "shell");
        for (key, bodies) in ONLY {
            let Some(field) = fields.get(key) else { continue };
            if bodies.contains(&body) && (body != "builtin" || is_shell) {
                continue;
            }
            let listed = bodies.iter().map(|body| {
                if *body == "builtin" { "`builtin: shell`".to_owned() } else { format!("`{body}`") }
            });
            let message = format!("`{key}` means nothing to a tool with `{body}`");
            self.out.push(
                Diagnostic::new(Code("E0508"), field.span, message)
                    .hint(format!("it belongs to {}", listed.collect::<Vec<_>>().join(" and "))),
            );
        }
    }

    fn body(
        &mut self,
        key: &str,
        fields: &Fields<'_>,
        effect: Option<EffectClass>,
        ty: &Type,
        params: &[ir::Param],
        tool: (&Name, crate::span::Span),
    ) -> Option<ToolBody> {
        let field = fields.get(key)?;
        match key {
            "builtin" => self.builtin(&field.value, params, tool).map(ToolBody::Builtin),
            "http" => Some(self.http(field, fields, effect)),
            "exec" => Some(ToolBody::Exec(self.argv(field, fields.has("allow")))),
            "mcp" => self.server_tool("mcp", &field.value).map(|(id, name)| ToolBody::Mcp(id, name.name)),
            _ => self.agent_body(field, ty),
        }
    }

    fn http(&mut self, field: &Field, fields: &Fields<'_>, effect: Option<EffectClass>) -> ToolBody {
        let method = fields.get("method").and_then(|field| self.word(&TOOL, field));
        let default = if effect == Some(EffectClass::Read) { "GET" } else { "POST" };
        let finding = no_address(&field.value);
        self.out.extend(finding);
        ToolBody::Http {
            url: self.expect(&field.value, &Type::String),
            method: method.unwrap_or(default).into(),
            headers: fields.get("headers").map(|field| self.pairs(field)).unwrap_or_default(),
            body: fields.value("body").map(|value| self.infer(value, None).expr),
        }
    }

    /// A command without a shell; what is no text goes in as JSON.
    fn argv(&mut self, field: &Field, is_judged: bool) -> Vec<ir::Expr> {
        let items = self.items("exec", &field.value, "texts, the program first");
        if matches!(&field.value.kind, ExprKind::List(written) if written.is_empty()) {
            self.out.push(Diagnostic::new(Code("E0319"), field.value.span, "`exec` names no program"));
        }
        let mut argv = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            argv.push(match index {
                0 => self.expect(item, &Type::String),
                _ => self.argument_of_command(item),
            });
        }
        self.command_line(items, is_judged);
        argv
    }

    fn argument_of_command(&mut self, item: &Expr) -> ir::Expr {
        let Typed { ty, expr } = self.infer(item, None);
        if self.nullable(&ty) {
            let finding = self.may_be_null(item, None);
            self.say_null(finding);
        }
        expr
    }

    fn agent_body(&mut self, field: &Field, ty: &Type) -> Option<ToolBody> {
        let (def, name, args) = self.called(&field.value, Sort::Agent, "agent")?;
        let Def::Agent(id) = def else { return None };
        let signature = self.tables.agents.get(id.index())?;
        let args = self.arguments(Callee { name: &name.name, signature }, args, field.value.span);
        let gives = signature.result();
        if let Some(mismatch) = crate::value::mismatch(&gives, ty, &self.tables.types) {
            let message = format!(
                "`{}` gives `{}`, and the tool is to give `{}`",
                name.name,
                self.show(&gives),
                self.show(ty)
            );
            let finding = Diagnostic::new(Code("E0301"), field.value.span, message);
            self.out.push(if mismatch.path.is_empty() {
                finding
            } else {
                finding.label(mismatch.describe(&self.tables.types))
            });
        }
        Some(ToolBody::Agent(id, args))
    }

    /// An idempotency key: a text or a value that prints as one.
    fn once(&mut self, field: &Field) -> ir::Expr {
        let typed = self.present(&field.value);
        let table = &self.tables.types;
        let printable = matches!(
            table.resolve(&typed.ty),
            Type::String | Type::Literal(_) | Type::Int | Type::Date | Type::Unknown
        );
        if !printable {
            let message =
                format!("`once` is a key, a text or a whole number, and this is `{}`", self.show(&typed.ty));
            self.out.push(Diagnostic::new(Code("E0301"), field.value.span, message));
        }
        typed.expr
    }

    /// The tool's own errors: bare words.
    fn errors(&mut self, field: &Field) -> Vec<Name> {
        let items = self.items("errors", &field.value, "words");
        let mut errors: Vec<Name> = Vec::with_capacity(items.len());
        for item in items {
            let Some(word) = self.bare("errors", "bare words such as `[not_found]`", item) else { continue };
            if errors.contains(&word.name) {
                self.out.push(twice("errors", &word));
            } else {
                errors.push(word.name);
            }
        }
        errors
    }
}

/// A text that is seen to be no address: its method stands before it, or its scheme is missing.
fn no_address(url: &Expr) -> Option<Diagnostic> {
    let ExprKind::Text(text) = &url.kind else { return None };
    let Some(Segment::Literal(first, _)) = text.segments.first() else { return None };
    let finding = |message: String| Diagnostic::new(Code("E0319"), url.span, message);
    let (word, rest) = first.split_once(' ').unwrap_or((first, ""));
    if METHODS.contains(&word.to_ascii_uppercase().as_str()) {
        let method = word.to_ascii_uppercase();
        let finding = finding(format!("`http` takes an address, found `{word}` before it"));
        let address = if rest.is_empty() { "https://…" } else { rest.trim() };
        let address = if text.segments.len() > 1 { format!("{address}…") } else { address.to_owned() };
        return Some(finding.hint(match &*method {
            "GET" => format!("write `http: \"{address}\"  effect: read`: what only reads is asked by GET"),
            _ => format!("write `http: \"{address}\"  method: {method}`"),
        }));
    }
    let has_scheme = text.segments.iter().any(|segment| match segment {
        Segment::Literal(text, _) => text.contains("://"),
        Segment::Hole(_) => false,
    });
    if has_scheme {
        return None;
    }
    let shown = if text.segments.len() > 1 { format!("{first}…") } else { first.to_string() };
    Some(
        finding("`http` takes an address with its scheme".to_owned())
            .hint(format!("write `\"https://{}\"`", shown.trim_start_matches('/'))),
    )
}
