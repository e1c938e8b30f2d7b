//! The parameters and results of tools and agents, and the defaults of parameters and fields.

use indexmap::IndexMap;

use crate::ast::{self, Expr, Name};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Env, eval};
use crate::ir;
use crate::loader::ModuleId;
use crate::span::Span;
use crate::value::{Constraint, Type, TypeBody, TypeTable, Value, validate};

use super::attrs::{self, Home};
use super::cx::{Cx, Place};
use super::tables::{Signature, Tables};
use super::types::plain_field;

/// Fills in what the declared types alone did not need.
pub(super) fn fill(tables: &mut Tables<'_>, out: &mut Diagnostics) {
    type_defaults(tables, out);
    let names = tables.names;
    tables.tools = names
        .tools
        .iter()
        .map(|tool| {
            let decl = tool.decl;
            let head = Head {
                module: tool.module,
                params: &decl.params,
                ty: decl.ty.as_ref(),
                span: head(decl.span, decl.body.span),
            };
            signature(tables, head, out)
        })
        .collect();
    tables.agents = names
        .agents
        .iter()
        .map(|agent| {
            let decl = agent.decl;
            let head = Head {
                module: agent.module,
                params: &decl.params,
                ty: decl.ty.as_ref(),
                span: head(decl.span, decl.body.span),
            };
            signature(tables, head, out)
        })
        .collect();
}

/// Defaults of record fields, in the order declared: one may be made of records whose own defaults come before.
fn type_defaults(tables: &mut Tables<'_>, out: &mut Diagnostics) {
    for (index, declared) in tables.names.types.iter().enumerate() {
        let ast::TypeBody::Record(fields) = &declared.decl.body else { continue };
        for (at, field) in fields.iter().enumerate() {
            let Some(default) = &field.default else { continue };
            let Some(TypeBody::Record(read)) = tables.types.defs.get(index).map(|def| &def.body) else {
                continue;
            };
            let Some(typed) = read.get(at) else { continue };
            let (ty, constraints) = (typed.ty.clone(), typed.constraints.clone());
            let value = constant(tables, declared.module, default, &ty, &constraints, out);
            if let Some(TypeBody::Record(read)) = tables.types.defs.get_mut(index).map(|def| &mut def.body)
                && let Some(field) = read.get_mut(at)
            {
                field.default = Some(value.unwrap_or(Value::Null));
            }
        }
    }
}

/// `name(params): T`, as written.
#[derive(Clone, Copy)]
struct Head<'a> {
    module: ModuleId,
    params: &'a [ast::Param],
    ty: Option<&'a ast::TypeExpr>,
    span: Span,
}

/// What stands before a body.
fn head(whole: Span, body: Span) -> Span {
    Span { end: body.start, ..whole }
}

fn signature(tables: &Tables<'_>, head: Head<'_>, out: &mut Diagnostics) -> Signature {
    let Head { module, params, ty, span } = head;
    let mut seen: IndexMap<&Name, Span> = IndexMap::new();
    let mut read = Vec::with_capacity(params.len());
    for param in params {
        if let Some(first) = seen.get(&param.name.name)
            && not_said(out, *first, param.name.span)
        {
            let message = format!("two parameters are named `{}`", param.name.name);
            out.push(Diagnostic::new(Code("E0205"), param.name.span, message).also(*first, "first one here"));
        }
        seen.entry(&param.name.name).or_insert(param.name.span);
        let ty = tables.read_type(module, &param.ty, out);
        let mut field = plain_field(&param.name.name, ty, None, param.span);
        attrs::read(&param.attrs, &field.ty, Home::Field, &tables.types, out).put_on(&mut field);
        if let Some(default) = &param.default {
            let value = constant(tables, module, default, &field.ty, &field.constraints, out);
            field.default = Some(value.unwrap_or(Value::Null));
        }
        read.push(field);
    }
    let broken = tables.broken.within(span);
    let ty = ty.map(|ty| tables.read_type(module, ty, out)).or_else(|| broken.then_some(Type::Unknown));
    Signature { params: read, ty, broken }
}

/// False where the agent's scope has said it already.
fn not_said(out: &Diagnostics, first: Span, span: Span) -> bool {
    let said = |finding: &Diagnostic| {
        finding.primary.span == span && finding.secondary.iter().any(|label| label.span == first)
    };
    !out.iter().any(said)
}

/// The value of a constant expression, where it fits its type and what that must hold.
fn constant(
    tables: &Tables<'_>,
    module: ModuleId,
    expr: &Expr,
    ty: &Type,
    constraints: &[Constraint],
    out: &mut Diagnostics,
) -> Option<Value> {
    let before = out.len();
    let made = Cx::new(tables, module, Place::Constant, out).expect(expr, ty);
    if out.len() > before {
        return None;
    }
    match fold(&made, &tables.types) {
        Ok(value) => {
            let inside = || {
                let found = validate(&value, ty, &tables.types).into_iter().next()?;
                let at = if found.path.is_empty() { String::new() } else { format!("`{}`: ", found.path) };
                Some(format!("{at}expected {}, found {}", found.expected, found.found))
            };
            let broken = constraints.iter().find_map(|constraint| attrs::broken(&value, constraint));
            let broken = broken.or_else(inside);
            if let Some(why) = broken {
                out.push(Diagnostic::new(
                    Code("E0301"),
                    expr.span,
                    format!("this default is not allowed: {why}"),
                ));
            }
            Some(value)
        }
        Err(why) => {
            out.push(Diagnostic::new(Code("E0313"), expr.span, why));
            None
        }
    }
}

/// The value of an expression that reads nothing.
fn fold(expr: &ir::Expr, types: &TypeTable) -> Result<Value, String> {
    let env = Env::new(types, &[]);
    eval(expr, &env).map(|labeled| labeled.value).map_err(|error| error.message)
}
