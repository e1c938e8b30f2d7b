//! Pools: targets, strategies with what each needs, and the edges of `route`.

use crate::ast::{BlockDecl, Expr, ExprKind, Field};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, KeyRef, ModelId, PROVIDERS, Strategy};
use crate::kinds::MODEL;
use crate::resolve::Def;
use crate::suggest::nearest;
use crate::value::Value;

use super::super::cx::{Cx, Place};
use super::super::fields::{self, Fields};
use super::super::forms::number_of;
use super::super::tables::Tables;
use super::owner;
use super::route::routes;

/// One pool.
pub(in super::super) fn model(tables: &Tables<'_>, id: ModelId, out: &mut Diagnostics) -> Option<ir::Model> {
    let declared = tables.names.models.get(id.index())?;
    let decl = declared.decl;
    let fields = fields::read(owner(&MODEL, &decl.name), &decl.body, &tables.broken, out);
    let mut cx = Cx::new(tables, declared.module, Place::Config, out);
    let strategy =
        fields.get("strategy").and_then(|field| cx.word(&MODEL, field)).map_or(Strategy::Failover, |word| {
            match word {
                "cheapest" => Strategy::Cheapest,
                "fastest" => Strategy::Fastest,
                "weighted" => Strategy::Weighted,
                "cascade" => Strategy::Cascade,
                "route" => Strategy::Route,
                _ => Strategy::Failover,
            }
        });
    let somewhere_else = fields.has("url") || fields.has("exec");
    let targets = fields.get("use").map(|field| cx.targets(field, somewhere_else));
    let weights = cx.weights(&fields, strategy, decl);
    let judge = fields.get("judge").and_then(|field| cx.cascade_judge(field, strategy));
    let retry = fields.get("retry").and_then(|field| cx.small(field, 0));
    let timeout = fields.get("timeout").and_then(|field| cx.millis(field));
    let max_tokens = fields.get("max_tokens").and_then(|field| cx.small(field, 1));
    let temperature = fields.get("temperature").and_then(|field| cx.number(field, (0.0, 2.0)));
    let price = fields.get("price").and_then(|field| cx.price(field));
    let key = fields.get("key").and_then(|field| cx.key(field));
    let url = fields.get("url").map(|field| cx.config(field));
    let exec = fields.get("exec").map(|field| cx.command(field));
    cx.one_place(&fields, strategy);
    let routes = routes(tables, id, strategy, out);
    Some(ir::Model {
        name: decl.name.name.clone(),
        doc: decl.docs.text(),
        span: decl.name.span,
        targets,
        strategy,
        weights,
        retry: retry.unwrap_or_default(),
        timeout,
        max_tokens: max_tokens.unwrap_or_else(|| MODEL.default_number("max_tokens")),
        temperature,
        price,
        key,
        url,
        exec,
        routes,
        judge,
    })
}

impl Cx<'_, '_> {
    fn targets(&mut self, field: &Field, somewhere_else: bool) -> Vec<ir::Target> {
        let items = self.items("use", &field.value, "targets, `[\"provider/model\"]`");
        if matches!(&field.value.kind, ExprKind::List(written) if written.is_empty()) {
            self.out.push(
                Diagnostic::new(Code("E0501"), field.value.span, "a pool without a target answers nothing")
                    .hint("name a target, or leave `use` out: then the machine's own model answers"),
            );
        }
        let mut targets: Vec<ir::Target> = Vec::with_capacity(items.len());
        for item in items {
            let Some(target) = self.target(item, somewhere_else) else { continue };
            if targets.iter().any(|known| known.provider == target.provider && known.model == target.model) {
                let message = format!("the target `{}/{}` stands here twice", target.provider, target.model);
                self.out.push(Diagnostic::new(Code("E0211"), item.span, message));
            }
            targets.push(target);
        }
        targets
    }

    fn target(&mut self, item: &Expr, somewhere_else: bool) -> Option<ir::Target> {
        let text = match &item.kind {
            ExprKind::Text(text) => text.literal(),
            ExprKind::Bad => return None,
            _ => None,
        };
        let Some(text) = text else {
            let finding =
                Diagnostic::new(Code("E0501"), item.span, "a target is a text, `\"provider/model\"`");
            let is_pool = matches!(&item.kind, ExprKind::Name(name) if matches!(self.tables.names.find(self.module, name), Some(Def::Model(_))));
            self.out.push(if is_pool {
                finding.hint("one pool sends to others with `strategy: route` and edges: `else -> pool`")
            } else {
                finding
            });
            return None;
        };
        let parts =
            text.split_once('/').filter(|(provider, model)| !provider.is_empty() && !model.is_empty());
        let Some((provider, model)) = parts else {
            let lacks = if text.starts_with('/') || !text.contains('/') { "provider" } else { "model" };
            let message = format!("`{text}` names no {lacks}: a target is `\"provider/model\"`");
            let finding = Diagnostic::new(Code("E0501"), item.span, message);
            self.out.push(match provider_of(text) {
                Some(provider) => finding.write(format!("\"{provider}/{text}\"")),
                None => finding.hint("for example `\"openai/gpt-5-mini\"`"),
            });
            return None;
        };
        if text.chars().any(char::is_whitespace) {
            let message = format!("`{text}` holds a blank, and no target does");
            self.out.push(Diagnostic::new(Code("E0501"), item.span, message));
            return None;
        }
        if !PROVIDERS.contains(&provider) && !somewhere_else {
            let finding =
                Diagnostic::new(Code("W1201"), item.span, format!("`{provider}` is no built-in provider"));
            let finding = match nearest(provider, PROVIDERS.iter().copied()) {
                Some(near) => {
                    let meant = format!("\"{near}/{model}\"");
                    finding.hint(format!("did you mean `{near}`?")).fix(item.span, meant)
                }
                None => finding,
            };
            self.out.push(
                finding
                    .hint(format!("one of your own is declared in agentrun.toml: `[providers.{provider}]`")),
            );
        }
        Some(ir::Target { provider: provider.into(), model: model.into(), span: item.span })
    }

    fn weights(&mut self, fields: &Fields<'_>, strategy: Strategy, decl: &BlockDecl) -> Vec<f64> {
        let weighted = strategy == Strategy::Weighted;
        let Some(field) = fields.get("weights") else {
            let broken = self.tables.broken.within(decl.body.span);
            if weighted && !broken {
                let at = fields.get("strategy").map_or(decl.name.span, |field| field.span);
                self.out.push(
                    Diagnostic::new(Code("E0502"), at, "`strategy: weighted` needs `weights`")
                        .hint("add one number a target, in the order of `use`: `weights: [3, 1]`"),
                );
            }
            return Vec::new();
        };
        if !weighted {
            self.out.push(
                Diagnostic::new(
                    Code("E0502"),
                    field.span,
                    "`weights` are read only with `strategy: weighted`",
                )
                .hint("write `strategy: weighted`, or remove them"),
            );
        }
        let items = self.items("weights", &field.value, "numbers");
        let mut weights = Vec::with_capacity(items.len());
        for item in items {
            match number_of(item).filter(|weight| *weight >= 0.0) {
                Some(weight) => weights.push(weight),
                None => self.wrong_form("weights", "numbers from 0 on", item),
            }
        }
        let targets = match fields.value("use").map(|value| &value.kind) {
            Some(ExprKind::List(targets)) => targets.len(),
            _ => return weights,
        };
        if items.len() != targets {
            let message = format!("{} weights for {targets} targets", items.len());
            self.out.push(
                Diagnostic::new(Code("E0502"), field.value.span, message)
                    .hint("one a target, in the order of `use`"),
            );
        } else if !weights.is_empty() && weights.iter().all(|weight| *weight == 0.0) {
            self.out.push(Diagnostic::new(
                Code("E0502"),
                field.value.span,
                "with every weight 0 no target is ever chosen",
            ));
        }
        weights
    }

    fn cascade_judge(&mut self, field: &Field, strategy: Strategy) -> Option<ir::Expr> {
        if strategy != Strategy::Cascade {
            self.out.push(
                Diagnostic::new(Code("E0502"), field.span, "`judge` is asked only with `strategy: cascade`")
                    .hint("write `strategy: cascade`, or remove it"),
            );
        }
        let ExprKind::Call(name, args) = &field.value.kind else {
            self.wrong_form("judge", "`judge(pool, \"rubric\")`", &field.value);
            return None;
        };
        if !matches!(&name.kind, ExprKind::Name(name) if &**name == "judge") {
            self.wrong_form("judge", "`judge(pool, \"rubric\")`", &field.value);
            return None;
        }
        let judge = self.judge(args, field.value.span)?;
        let text = |text: crate::ast::Name| ir::Expr {
            kind: ir::ExprKind::Const(Value::text(text)),
            span: field.value.span,
        };
        Some(ir::Expr {
            kind: ir::ExprKind::List(vec![text(judge.pool), text(judge.rubric)]),
            span: field.value.span,
        })
    }

    fn key(&mut self, field: &Field) -> Option<KeyRef> {
        let takes = "`vkey(\"team\")` or `env.NAME`";
        match &field.value.kind {
            ExprKind::Call(name, args) if matches!(&name.kind, ExprKind::Name(name) if &**name == "vkey") => {
                match args.as_slice() {
                    [arg] if arg.name.is_none() => self
                        .literal_text(&arg.value, "the name of a virtual key")
                        .map(|name| KeyRef::Virtual(name.into())),
                    _ => {
                        self.wrong_form("key", takes, &field.value);
                        None
                    }
                }
            }
            ExprKind::Member(base, name) if matches!(&base.kind, ExprKind::Name(base) if &**base == "env") => {
                Some(KeyRef::Env(name.name.clone()))
            }
            ExprKind::Text(_) => {
                self.out.push(
                    Diagnostic::new(Code("E0319"), field.value.span, "a key does not stand in a program")
                        .hint(format!("write {takes}")),
                );
                None
            }
            ExprKind::Name(name) => {
                let message = format!("`key` takes {takes}, found the name `{name}`");
                let finding = Diagnostic::new(Code("E0319"), field.value.span, message);
                self.out.push(finding.write(format!("env.{name}")));
                None
            }
            _ => {
                self.wrong_form("key", takes, &field.value);
                None
            }
        }
    }

    /// A pool answers in one way: by its targets, by a command, or by other pools.
    fn one_place(&mut self, fields: &Fields<'_>, strategy: Strategy) {
        if let (Some(url), Some(exec)) = (fields.get("url"), fields.get("exec")) {
            let message = "a pool answers by a `url` or by a command, not by both";
            self.out.push(Diagnostic::new(Code("E0213"), exec.span, message).also(url.span, "the other one"));
        }
        if strategy != Strategy::Route {
            return;
        }
        for key in ["use", "url", "exec"] {
            let Some(field) = fields.get(key) else { continue };
            self.out.push(
                Diagnostic::new(
                    Code("E0503"),
                    field.span,
                    format!("a pool with `strategy: route` has no `{key}`"),
                )
                .hint("its edges choose another pool, which has the targets"),
            );
        }
    }
}

/// The provider that makes a model of that name.
fn provider_of(model: &str) -> Option<&'static str> {
    let makers = [
        ("gpt", "openai"),
        ("o1", "openai"),
        ("o3", "openai"),
        ("claude", "anthropic"),
        ("gemini", "google"),
    ];
    makers.iter().find(|(prefix, _)| model.starts_with(prefix)).map(|(_, provider)| *provider)
}
