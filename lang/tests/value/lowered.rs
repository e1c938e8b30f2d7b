//! Expressions of tests: parsed by the real grammar, names put to slots by hand.

use agentrun_lang::ast;
use agentrun_lang::ir::{Expr, ExprKind, Function, Meter, Pattern, Piece, SlotId, Template};
use agentrun_lang::source::{Source, SourceMap};
use agentrun_lang::syntax::parse;
use agentrun_lang::value::{TypeTable, Value};

use crate::support::ty;

/// The expression in `text`, with the source its spans point into. Names are looked up in `names`, by their
/// index.
pub(crate) fn expression(text: &str, names: &[&str], types: &TypeTable) -> (Expr, Source) {
    let mut sources = SourceMap::default();
    let source = sources.add("test", format!("edition 1\nagent A() {{ let x {{ value: {text} }} }}"));
    let (module, diagnostics) = parse(&source);
    assert!(diagnostics.is_clean(), "{text}: {:?}", diagnostics.sorted());
    let ast::Item::Agent(agent) = &module.items[0] else { panic!("{text}: no agent") };
    let state = agent.body.members.iter().find_map(|member| match member {
        ast::Member::State(state) => Some(state),
        _ => None,
    });
    let field = state.unwrap().body.members.iter().find_map(|member| match member {
        ast::Member::Field(field) => Some(field),
        _ => None,
    });
    (Lower { names, types }.expr(&field.unwrap().value), source)
}

struct Lower<'a> {
    names: &'a [&'a str],
    types: &'a TypeTable,
}

impl Lower<'_> {
    fn expr(&self, expr: &ast::Expr) -> Expr {
        let kind = match &expr.kind {
            ast::ExprKind::Null => ExprKind::Const(Value::Null),
            ast::ExprKind::Bool(bool) => ExprKind::Const(Value::Bool(*bool)),
            ast::ExprKind::Int(int) => ExprKind::Const(Value::Int(*int)),
            ast::ExprKind::Float(float) => ExprKind::Const(Value::Float(*float)),
            ast::ExprKind::Money(money) => ExprKind::Const(Value::Money(*money)),
            ast::ExprKind::Duration(millis) => ExprKind::Const(Value::Duration(*millis)),
            ast::ExprKind::Text(text) => match text.literal() {
                Some(text) => ExprKind::Const(Value::text(text)),
                None => ExprKind::Template(self.template(text)),
            },
            ast::ExprKind::List(items) => ExprKind::List(items.iter().map(|item| self.expr(item)).collect()),
            ast::ExprKind::Object(pairs) => ExprKind::Record(
                pairs.iter().map(|pair| (pair.key.name.clone(), self.expr(&pair.value))).collect(),
            ),
            ast::ExprKind::Own(field) => {
                let own = Expr { kind: ExprKind::Own, span: expr.span };
                ExprKind::Field(Box::new(own), field.name.clone())
            }
            ast::ExprKind::Name(name) => self.name(name),
            ast::ExprKind::Member(of, field) => match &of.kind {
                ast::ExprKind::Name(env) if &**env == "env" => ExprKind::Env(field.name.clone()),
                _ => ExprKind::Field(Box::new(self.expr(of)), field.name.clone()),
            },
            ast::ExprKind::Index(of, key) => {
                ExprKind::Index(Box::new(self.expr(of)), Box::new(self.expr(key)))
            }
            ast::ExprKind::Call(of, args) => {
                let ast::ExprKind::Name(name) = &of.kind else { panic!("a call of {of:?}") };
                ExprKind::Call(function(name), args.iter().map(|arg| self.expr(&arg.value)).collect())
            }
            ast::ExprKind::Cast(of, to) => {
                ExprKind::Cast(Box::new(self.expr(of)), ty(&notation(to), self.types))
            }
            ast::ExprKind::Unary(op, of) => ExprKind::Unary(*op, Box::new(self.expr(of))),
            ast::ExprKind::Binary(op, _, left, right) => {
                ExprKind::Binary(*op, Box::new(self.expr(left)), Box::new(self.expr(right)))
            }
            ast::ExprKind::Is(of, patterns) => {
                let pattern = |pattern: &ast::Pattern| match pattern {
                    ast::Pattern::Literal(word) => Pattern::Literal(word.name.clone()),
                    ast::Pattern::Type(path) => Pattern::Type(ty(&path.text(), self.types)),
                };
                ExprKind::Is(Box::new(self.expr(of)), patterns.iter().map(pattern).collect())
            }
            ast::ExprKind::Paren(inner) => return self.expr(inner),
            ast::ExprKind::Bad => panic!("a bad expression"),
        };
        Expr { kind, span: expr.span }
    }

    fn template(&self, text: &ast::Text) -> Template {
        let piece = |segment: &ast::Segment| match segment {
            ast::Segment::Literal(text, _) => Piece::Text(text.clone()),
            ast::Segment::Hole(hole) => Piece::Hole(self.expr(hole)),
        };
        Template { pieces: text.segments.iter().map(piece).collect() }
    }

    fn name(&self, name: &str) -> ExprKind {
        if let Some(index) = self.names.iter().position(|known| *known == name) {
            return ExprKind::Slot(SlotId(u32::try_from(index).unwrap()));
        }
        match name {
            "it" => ExprKind::It,
            "now" => ExprKind::Now,
            "own" => ExprKind::Own,
            "cost" => ExprKind::Meter(Meter::Cost),
            "time" => ExprKind::Meter(Meter::Time),
            "calls" => ExprKind::Meter(Meter::Calls),
            "tokens" => ExprKind::Meter(Meter::Tokens),
            "caller" | "task" | "difficulty" => ExprKind::Routing(name.into()),
            "unset" => ExprKind::Slot(SlotId(u32::MAX)),
            other => panic!("no name `{other}`"),
        }
    }
}

fn function(name: &str) -> Function {
    match name {
        "len" => Function::Len,
        "sum" => Function::Sum,
        "min" => Function::Min,
        "max" => Function::Max,
        "all" => Function::All,
        "any" => Function::Any,
        "count" => Function::Count,
        "first" => Function::First,
        "last" => Function::Last,
        "join" => Function::Join,
        "lower" => Function::Lower,
        "trim" => Function::Trim,
        "contains" => Function::Contains,
        "starts" => Function::Starts,
        "matches" => Function::Matches,
        "latency" => Function::Latency,
        "price" => Function::Price,
        "file" => Function::File,
        other => panic!("no function `{other}`"),
    }
}

fn notation(ty: &ast::TypeExpr) -> String {
    match &ty.kind {
        ast::TypeExprKind::Path(path) => path.text(),
        ast::TypeExprKind::Literal(word) => format!("\"{word}\""),
        ast::TypeExprKind::Map(value) => format!("map<{}>", notation(value)),
        ast::TypeExprKind::List(item) => format!("({})[]", notation(item)),
        ast::TypeExprKind::Optional(inner) => format!("({})?", notation(inner)),
        ast::TypeExprKind::Union(members) => members.iter().map(notation).collect::<Vec<_>>().join(" | "),
    }
}
