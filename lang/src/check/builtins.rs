//! Calls in expressions: the closed set of built-ins, and what only a pool's edges or a test may call.

use crate::ast::{Arg, Expr, ExprKind, Name};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Function};
use crate::resolve::Def;
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::{Currency, Money, Type, Value};

use super::attrs;
use super::cx::{Cx, Place, Typed};
use super::tables::Sort;

/// A built-in: its name, what it is, how it is written.
struct BuiltIn {
    name: &'static str,
    function: Function,
    form: &'static str,
    /// Fewest and most arguments; two forms are joined as they stand between backticks.
    takes: (usize, usize),
}

const fn built_in(
    name: &'static str,
    function: Function,
    form: &'static str,
    takes: (usize, usize),
) -> BuiltIn {
    BuiltIn { name, function, form, takes }
}

const BUILT_INS: &[BuiltIn] = &[
    built_in("len", Function::Len, "len(x)", (1, 1)),
    built_in("sum", Function::Sum, "sum(list)` or `sum(list, it.qty)", (1, 2)),
    built_in("min", Function::Min, "min(list)` or `min(list, it.qty)", (1, 2)),
    built_in("max", Function::Max, "max(list)` or `max(list, it.qty)", (1, 2)),
    built_in("all", Function::All, "all(list, it.ok)", (2, 2)),
    built_in("any", Function::Any, "any(list, it.ok)", (2, 2)),
    built_in("count", Function::Count, "count(list)` or `count(list, it.ok)", (1, 2)),
    built_in("first", Function::First, "first(list)", (1, 1)),
    built_in("last", Function::Last, "last(list)", (1, 1)),
    built_in("join", Function::Join, "join(list, \", \")", (2, 2)),
    built_in("lower", Function::Lower, "lower(text)", (1, 1)),
    built_in("trim", Function::Trim, "trim(text)", (1, 1)),
    built_in("contains", Function::Contains, "contains(text, part)", (2, 2)),
    built_in("starts", Function::Starts, "starts(text, prefix)", (2, 2)),
    built_in("matches", Function::Matches, "matches(text, \"^[a-z]+$\")", (2, 2)),
];

/// The name and the forms of every built-in, for editors.
pub(super) fn forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILT_INS.iter().map(|known| (known.name, known.form))
}

/// Names that other languages give them.
const FOREIGN: &[(&str, &str)] = &[
    ("length", "len"),
    ("size", "len"),
    ("average", "sum(xs) / len(xs)"),
    ("avg", "sum(xs) / len(xs)"),
    ("filter", "count(list, it.ok)"),
    ("some", "any"),
    ("every", "all"),
    ("startswith", "starts"),
    ("starts_with", "starts"),
    ("lowercase", "lower"),
    ("tolowercase", "lower"),
    ("strip", "trim"),
    ("match", "matches"),
    ("exists", "x != null"),
    ("defined", "x != null"),
    ("str", "\"${x}\""),
    ("string", "\"${x}\""),
    ("int", "x as int"),
    ("float", "x as float"),
];

impl Cx<'_, '_> {
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], span: Span) -> Typed {
        let ExprKind::Name(name) = &callee.kind else {
            return self.no_function(callee, span);
        };
        match self.place {
            Place::Route if matches!(&**name, "latency" | "price") => {
                return self.of_pool(name, callee, args, span);
            }
            Place::Argument | Place::Answer(_) if &**name == "file" => return self.file(args, span),
            Place::Answer(errors) if &**name == "error" => return self.error(args, errors, span),
            Place::Expect(_) => {
                if let Some(typed) = self.expect_function(name, callee.span, args, span) {
                    return typed;
                }
            }
            _ => {}
        }
        match BUILT_INS.iter().find(|known| known.name == &**name) {
            Some(known) => self.built_in(known, args, span),
            None => self.no_function(callee, span),
        }
    }

    fn no_function(&mut self, callee: &Expr, span: Span) -> Typed {
        let finding = match &callee.kind {
            ExprKind::Name(name) => self.why_no_function(name, callee.span),
            ExprKind::Member(base, method) => {
                let finding = Diagnostic::new(
                    Code("E0217"),
                    method.span,
                    format!("values have no methods: `{}`", method.name),
                );
                let lower = method.name.to_ascii_lowercase();
                let ours = FOREIGN.iter().find(|(theirs, _)| *theirs == lower).map(|(_, ours)| *ours);
                let ours = ours.unwrap_or(&method.name);
                match BUILT_INS.iter().find(|known| known.name == ours) {
                    Some(known) if known.takes == (1, 1) => {
                        finding.hint(format!("write `{ours}({})`", self.tables.source(base.span)))
                    }
                    Some(known) => finding.hint(format!("write `{}`", known.form)),
                    None => {
                        let names: Vec<String> =
                            BUILT_INS.iter().map(|known| format!("`{}`", known.name)).collect();
                        finding.hint(format!("there are built-ins alone: {}", names.join(", ")))
                    }
                }
            }
            _ => Diagnostic::new(Code("E0217"), callee.span, "only a built-in can be called here"),
        };
        self.out.push(finding);
        Typed::unknown(span)
    }

    fn why_no_function(&self, name: &Name, span: Span) -> Diagnostic {
        let found = self.tables.names.find(self.module, name);
        match found {
            Some(Def::Tool(_)) => {
                return Diagnostic::new(
                    Code("E0208"),
                    span,
                    format!("`{name}` is a tool, and an expression calls no tools"),
                )
                .hint(format!("a state calls it: `call x {{ tool: {name}(…) }}`, then read `x`"));
            }
            Some(Def::Agent(_)) => {
                return Diagnostic::new(
                    Code("E0208"),
                    span,
                    format!("`{name}` is an agent, and an expression runs no agents"),
                )
                .hint(format!("a state runs it: `run x {{ agent: {name}(…) }}`, then read `x`"));
            }
            _ => {}
        }
        let misplaced = match &**name {
            "file" | "error" => Some("a test"),
            "latency" | "price" => Some("the edges of a pool with `strategy: route`"),
            "visits" | "visited" | "calls" | "args" | "attempts" | "model_of" | "blocked" => {
                Some("a test's `expect`")
            }
            "judge" => Some("a test's `expect`, a guard's `use:` and a cascade's `judge:`"),
            _ => None,
        };
        if let Some(place) = misplaced {
            return Diagnostic::new(Code("E0215"), span, format!("`{name}(…)` stands only in {place}"));
        }
        let finding = Diagnostic::new(Code("E0217"), span, format!("no built-in is named `{name}`"));
        let lower = name.to_ascii_lowercase();
        match FOREIGN.iter().find(|(theirs, _)| *theirs == lower) {
            Some((_, ours)) if BUILT_INS.iter().any(|known| known.name == *ours) => finding.write(*ours),
            Some((_, ours)) => finding.hint(format!("write `{ours}`")),
            None => did_you_mean(finding, name, BUILT_INS.iter().map(|known| known.name)),
        }
    }

    fn built_in(&mut self, known: &BuiltIn, args: &[Arg], span: Span) -> Typed {
        let (least, most) = known.takes;
        if let Some(named) = args.iter().find_map(|arg| arg.name.as_ref()) {
            let finding = Diagnostic::new(
                Code("E0306"),
                named.span,
                format!("`{}` takes its arguments by place", known.name),
            );
            self.out.push(finding.hint(format!("write `{}`", known.form)));
            return Typed::unknown(span);
        }
        if args.len() < least || args.len() > most {
            let wants = if least == most { least.to_string() } else { format!("{least} or {most}") };
            let message = format!("`{}` takes {wants} {}, found {}", known.name, plural(most), args.len());
            self.out
                .push(Diagnostic::new(Code("E0306"), span, message).hint(format!("write `{}`", known.form)));
            return Typed::unknown(span);
        }
        let values: Vec<&Expr> = args.iter().map(|arg| &arg.value).collect();
        match (known.function, values.as_slice()) {
            (Function::Len, [of]) => self.len(of, span),
            (Function::First | Function::Last, [list]) => {
                let (list, item) = self.list_of(list, known.form);
                done(known.function, item.optional(), vec![list], span)
            }
            (Function::Sum | Function::Min | Function::Max, [list, each @ ..]) => {
                self.over_numbers(known, list, each.first().copied(), span)
            }
            (Function::All | Function::Any, [list, condition]) => {
                let args = self.over_all(known, list, condition);
                done(known.function, Type::Bool, args, span)
            }
            (Function::Count, [list]) => {
                let (list, _) = self.list_of(list, known.form);
                done(Function::Count, Type::Int, vec![list], span)
            }
            (Function::Count, [list, condition]) => {
                let args = self.over_all(known, list, condition);
                done(Function::Count, Type::Int, args, span)
            }
            (Function::Join, [list, separator]) => self.join(known, list, separator, span),
            (Function::Lower | Function::Trim, [text]) => {
                let text = self.expect(text, &Type::String);
                done(known.function, Type::String, vec![text], span)
            }
            (Function::Matches, [text, pattern]) => self.matches(text, pattern, span),
            (Function::Contains, [whole, part]) => self.contains(whole, part, span),
            (function, values) => {
                let args = values.iter().map(|value| self.expect(value, &Type::String)).collect();
                done(function, Type::Bool, args, span)
            }
        }
    }

    fn len(&mut self, of: &Expr, span: Span) -> Typed {
        let typed = self.present(of);
        let table = &self.tables.types;
        let counts = |ty: &Type| {
            matches!(
                ty,
                Type::String | Type::Literal(_) | Type::List(_) | Type::Map(_) | Type::Json | Type::Unknown
            )
        };
        if !table.members(&typed.ty).into_iter().all(|member| counts(table.resolve(member))) {
            let message =
                format!("`len` counts a text, a list or a map, and this is `{}`", self.show(&typed.ty));
            self.out.push(Diagnostic::new(Code("E0304"), of.span, message));
        }
        done(Function::Len, Type::Int, vec![typed.expr], span)
    }

    /// A list that is there, and the type of its elements.
    fn list_of(&mut self, list: &Expr, form: &str) -> (ir::Expr, Type) {
        let typed = self.present_wanted(list, Some(&Type::list(Type::Unknown)));
        let item = match self.tables.types.resolve(&typed.ty) {
            Type::List(item) => (**item).clone(),
            Type::Json => Type::Json,
            Type::Unknown => Type::Unknown,
            _ => {
                let message = format!("expected a list, found `{}`", self.show(&typed.ty));
                self.out
                    .push(Diagnostic::new(Code("E0301"), list.span, message).hint(format!("write `{form}`")));
                Type::Unknown
            }
        };
        (typed.expr, item)
    }

    fn over_all(&mut self, known: &BuiltIn, list: &Expr, condition: &Expr) -> Vec<ir::Expr> {
        let (list, item) = self.list_of(list, known.form);
        let condition = self.binding_it(item, |cx| cx.condition(condition));
        vec![list, condition]
    }

    fn over_numbers(&mut self, known: &BuiltIn, list: &Expr, each: Option<&Expr>, span: Span) -> Typed {
        let (list_expr, item) = self.list_of(list, known.form);
        let at = each.unwrap_or(list);
        let (each, ty) = match each {
            None => (None, item),
            Some(each) => {
                let typed = self.binding_it(item, |cx| cx.present(each));
                (Some(typed.expr), typed.ty)
            }
        };
        let ty = self.summable(known, at, &ty);
        if known.function != Function::Sum {
            let args = std::iter::once(list_expr).chain(each).collect();
            return done(known.function, ty.optional(), args, span);
        }
        // an empty list's sum is a zero of the right kind
        let zero = match ty {
            Type::Money => Value::Money(Money { nanos: 0, currency: Currency::USD }),
            Type::Duration => Value::Duration(0),
            Type::Float => Value::Float(0.0),
            _ => Value::Int(0),
        };
        let node = |kind| ir::Expr { kind, span };
        let each = each.unwrap_or_else(|| node(ir::ExprKind::It));
        let args = vec![list_expr, each, node(ir::ExprKind::Const(zero))];
        done(Function::Sum, ty, args, span)
    }

    /// What can be added up, or ordered.
    fn summable(&mut self, known: &BuiltIn, at: &Expr, ty: &Type) -> Type {
        let table = &self.tables.types;
        let ordered = known.function != Function::Sum;
        let plain = table.resolve(ty);
        let takes = match plain {
            Type::Int | Type::Float | Type::Money | Type::Duration | Type::Unknown => true,
            Type::Date | Type::String => ordered,
            _ => false,
        };
        if takes {
            return plain.clone();
        }
        let finding = if *plain == Type::Json {
            self.untyped(at)
        } else {
            let verb = if ordered { "orders" } else { "adds" };
            let message = format!("`{}` {verb} no `{}`", known.name, self.show(ty));
            Diagnostic::new(Code("E0304"), at.span, message).hint(format!("write `{}`", known.form))
        };
        self.out.push(finding);
        Type::Unknown
    }

    fn join(&mut self, known: &BuiltIn, list: &Expr, separator: &Expr, span: Span) -> Typed {
        let (list_expr, item) = self.list_of(list, known.form);
        let table = &self.tables.types;
        let printable = |member: &Type| {
            !matches!(
                table.resolve(member),
                Type::List(_)
                    | Type::Map(_)
                    | Type::Bytes
                    | Type::Image
                    | Type::Pdf
                    | Type::Optional(_)
                    | Type::Null
            ) && table.fields(member).is_none()
        };
        if !table.members(&item).into_iter().all(printable) {
            let message = format!("`join` takes a list of texts, and this is `{}[]`", self.show(&item));
            self.out.push(Diagnostic::new(Code("E0304"), list.span, message));
        }
        let separator = self.expect(separator, &Type::String);
        done(Function::Join, Type::String, vec![list_expr, separator], span)
    }

    fn contains(&mut self, whole: &Expr, part: &Expr, span: Span) -> Typed {
        let typed = self.present(whole);
        if matches!(self.tables.types.resolve(&typed.ty), Type::List(_) | Type::Map(_)) {
            let (list, item) = (self.tables.source(whole.span), self.tables.source(part.span));
            let message = format!("`contains` looks into a text, and this is `{}`", self.show(&typed.ty));
            self.out.push(
                Diagnostic::new(Code("E0301"), whole.span, message).hint(format!("write `{item} in {list}`")),
            );
            return Typed::unknown(span);
        }
        let whole = self.fit(whole, typed, &Type::String);
        let part = self.expect(part, &Type::String);
        done(Function::Contains, Type::Bool, vec![whole, part], span)
    }

    fn matches(&mut self, text: &Expr, pattern: &Expr, span: Span) -> Typed {
        let text = self.expect(text, &Type::String);
        if let Some(regex) = self.literal_text(pattern, "the pattern of `matches`") {
            let finding = attrs::compiles(regex, pattern);
            self.out.extend(finding.err().map(|finding| *finding));
        }
        let pattern = self.expect(pattern, &Type::String);
        done(Function::Matches, Type::Bool, vec![text, pattern], span)
    }

    /// `latency(pool)`, `price(pool)`.
    fn of_pool(&mut self, name: &Name, callee: &Expr, args: &[Arg], span: Span) -> Typed {
        let (function, ty) = match &**name {
            "latency" => (Function::Latency, Type::Duration),
            _ => (Function::Price, Type::Money),
        };
        let [Arg { name: None, value: Expr { kind: ExprKind::Name(pool), span: at } }] = args else {
            let message = format!("`{name}` takes the name of a pool: `{name}(fast)`");
            self.out.push(Diagnostic::new(Code("E0306"), callee.span, message));
            return Typed::unknown(span);
        };
        self.tables.find_named(self.module, pool, *at, Sort::Pool, self.out);
        let pool = ir::Expr { kind: ir::ExprKind::Const(Value::text(pool.clone())), span: *at };
        done(function, ty, vec![pool], span)
    }

    /// `file("path")`: whatever type is wanted there.
    fn file(&mut self, args: &[Arg], span: Span) -> Typed {
        let [Arg { name: None, value }] = args else {
            let message = "`file` takes the path of a file: `file(\"fixtures/a.pdf\")`";
            self.out.push(Diagnostic::new(Code("E0306"), span, message));
            return Typed::unknown(span);
        };
        let Some(path) = self.literal_text(value, "the path of `file`") else { return Typed::unknown(span) };
        let path = ir::Expr { kind: ir::ExprKind::Const(Value::text(path)), span: value.span };
        done(Function::File, Type::Unknown, vec![path], span)
    }
}

pub(super) fn done(function: Function, ty: Type, args: Vec<ir::Expr>, span: Span) -> Typed {
    Typed::new(ty, ir::ExprKind::Call(function, args), span)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "argument" } else { "arguments" }
}
