//! Our own tools: their names, what they take and what they do to the world.

use crate::ast::{Expr, ExprKind, Name};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Builtin, EffectClass};
use crate::span::Span;
use crate::suggest::did_you_mean;

use super::super::cx::Cx;

/// An argument of a built-in. A tool's parameter of the same name stands for it; else one that is left over does,
/// in order, where `by_place`.
struct Formal {
    name: &'static str,
    required: bool,
    by_place: bool,
}

const fn required(name: &'static str) -> Formal {
    Formal { name, required: true, by_place: true }
}

const fn optional(name: &'static str, by_place: bool) -> Formal {
    Formal { name, required: false, by_place }
}

struct Known {
    name: &'static str,
    builtin: Builtin,
    effect: EffectClass,
    takes: &'static [Formal],
}

/// The name of every one.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|known| known.name)
}

const BUILTINS: &[Known] = &[
    Known {
        name: "fs.read",
        builtin: Builtin::FsRead,
        effect: EffectClass::Read,
        takes: &[required("path"), optional("from", false), optional("lines", false)],
    },
    Known {
        name: "fs.list",
        builtin: Builtin::FsList,
        effect: EffectClass::Read,
        takes: &[optional("path", true)],
    },
    Known {
        name: "fs.search",
        builtin: Builtin::FsSearch,
        effect: EffectClass::Read,
        takes: &[required("pattern"), optional("path", true)],
    },
    Known {
        name: "fs.write",
        builtin: Builtin::FsWrite,
        effect: EffectClass::Write,
        takes: &[required("path"), required("text")],
    },
    Known {
        name: "fs.patch",
        builtin: Builtin::FsPatch,
        effect: EffectClass::Write,
        takes: &[required("path"), required("patch")],
    },
    Known {
        name: "http.get",
        builtin: Builtin::HttpGet,
        effect: EffectClass::Read,
        takes: &[required("url")],
    },
    Known { name: "shell", builtin: Builtin::Shell, effect: EffectClass::Write, takes: &[required("cmd")] },
];

/// What a built-in does to the world.
pub(super) fn own_effect(builtin: Builtin) -> EffectClass {
    BUILTINS.iter().find(|known| known.builtin == builtin).map_or(EffectClass::Write, |known| known.effect)
}

impl Cx<'_, '_> {
    /// `fs.read` and its like.
    pub(super) fn builtin(
        &mut self,
        expr: &Expr,
        params: &[ir::Param],
        tool: (&Name, Span),
    ) -> Option<Builtin> {
        let name = match &expr.kind {
            ExprKind::Name(name) => name.to_string(),
            ExprKind::Member(base, name) => match &base.kind {
                ExprKind::Name(base) => format!("{base}.{}", name.name),
                _ => String::new(),
            },
            _ => String::new(),
        };
        if name.is_empty() {
            self.wrong_form("builtin", "the name of a built-in such as `fs.read`", expr);
            return None;
        }
        let Some(known) = BUILTINS.iter().find(|known| known.name == name) else {
            let finding =
                Diagnostic::new(Code("E0508"), expr.span, format!("no built-in tool is named `{name}`"));
            self.out.push(did_you_mean(finding, &name, BUILTINS.iter().map(|known| known.name)));
            return None;
        };
        self.out.extend(unbound(known, params, tool));
        Some(known.builtin)
    }
}

/// The finding where a tool's parameters are not what the built-in takes.
fn unbound(known: &Known, params: &[ir::Param], (tool, span): (&Name, Span)) -> Option<Diagnostic> {
    let named = |formal: &Formal| params.iter().any(|param| &*param.name == formal.name);
    let mut left = params.iter().filter(|param| known.takes.iter().all(|formal| formal.name != &*param.name));
    let takes: Vec<String> = known
        .takes
        .iter()
        .map(|formal| {
            if formal.required {
                format!("`{}`", formal.name)
            } else {
                format!("`{}` (optional)", formal.name)
            }
        })
        .collect();
    let takes = format!("`{}` takes {}", known.name, takes.join(", "));
    for formal in known.takes.iter().filter(|formal| !named(formal)) {
        let stands = formal.by_place && left.next().is_some();
        if !stands && formal.required {
            let message =
                format!("no parameter of `{tool}` stands for the `{}` of `{}`", formal.name, known.name);
            return Some(Diagnostic::new(Code("E0508"), span, message).hint(takes));
        }
    }
    let extra = left.next()?;
    let message = format!("`{}` has no use for the parameter `{}`", known.name, extra.name);
    Some(Diagnostic::new(Code("E0508"), extra.span, message).hint(takes))
}
