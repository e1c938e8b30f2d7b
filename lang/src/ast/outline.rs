//! The tree as text, without places: every operator in parentheses (written ones as `<…>`),
//! every literal as its value. Two trees are the
//! same program where their outlines are equal.

use std::fmt::{self, Display, Formatter, Write};

use super::{
    Arg, Attr, Body, Docs, Edge, EdgeTest, Expr, ExprKind, Import, Item, Member, Mock, Mocked, Module, Param,
    Pattern, Segment, StateDecl, Target, TargetKind, TestMember, Text, TypeBody, TypeExpr, TypeExprKind,
    TypeField, UnaryOp,
};

/// The outline of a file, one line a member; comments are left out.
pub fn outline(module: &Module) -> String {
    let mut out = Outline { text: String::new(), depth: 0 };
    if let Some(edition) = &module.edition {
        out.line(format_args!("edition {}", edition.node));
    }
    module.imports.iter().for_each(|import| out.import(import));
    module.items.iter().for_each(|item| out.item(item));
    out.text
}

/// An expression, every operator in parentheses.
pub fn expr_outline(expr: &Expr) -> String {
    Shown(expr).to_string()
}

struct Outline {
    text: String,
    depth: usize,
}

impl Outline {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        let indent = self.depth * 2;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:indent$}{line}", "");
    }

    fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    fn import(&mut self, import: &Import) {
        let name = |name: &super::ImportName| match &name.alias {
            Some(alias) => format!("{} as {}", name.name.name, alias.name),
            None => name.name.name.to_string(),
        };
        let names: Vec<String> = import.names.iter().map(name).collect();
        self.line(format_args!("import {:?} {{ {} }}", &*import.path.node, names.join(", ")));
    }

    fn docs(&mut self, docs: &Docs) {
        docs.lines.iter().for_each(|line| self.line(format_args!("## {}", line.node)));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Type(decl) => {
                self.docs(&decl.docs);
                match &decl.body {
                    TypeBody::Alias(ty, attrs) => {
                        self.line(format_args!("type {} = {}{}", decl.name.name, Shown(ty), Attrs(attrs)));
                    }
                    TypeBody::Record(fields) => {
                        self.line(format_args!("type {}", decl.name.name));
                        self.nested(|out| fields.iter().for_each(|field| out.type_field(field)));
                    }
                }
            }
            Item::Tool(decl) => {
                self.docs(&decl.docs);
                self.line(format_args!(
                    "tool {}{}{}",
                    decl.name.name,
                    Params(&decl.params),
                    Result(decl.ty.as_ref())
                ));
                self.body(&decl.body);
            }
            Item::Agent(decl) => {
                self.docs(&decl.docs);
                self.line(format_args!(
                    "agent {}{}{}",
                    decl.name.name,
                    Params(&decl.params),
                    Result(decl.ty.as_ref())
                ));
                self.body(&decl.body);
            }
            Item::Block(decl) => {
                self.docs(&decl.docs);
                self.line(format_args!("{} {}", decl.kind.word(), decl.name.name));
                self.body(&decl.body);
            }
            Item::Test(decl) => {
                self.docs(&decl.docs);
                self.line(format_args!("test {:?}", &*decl.name.node));
                self.nested(|out| decl.members.iter().for_each(|member| out.test_member(member)));
            }
        }
    }

    fn type_field(&mut self, field: &TypeField) {
        self.docs(&field.docs);
        let default = Default(field.default.as_ref());
        self.line(format_args!("{}: {}{}{default}", field.name.name, Shown(&field.ty), Attrs(&field.attrs)));
    }

    fn test_member(&mut self, member: &TestMember) {
        match member {
            TestMember::Field(field) => {
                self.line(format_args!("{}: {}", field.key.name, Shown(&field.value)));
            }
            TestMember::Mock(Mock { mocked: Mocked::Path(path), value, .. }) => {
                self.line(format_args!("mock {} = {}", path.text(), Shown(value)));
            }
            TestMember::Mock(Mock { mocked: Mocked::Candidate(pool, candidate), value, .. }) => {
                self.line(format_args!("mock {}[{:?}] = {}", pool.name, &*candidate.node, Shown(value)));
            }
            TestMember::Expect(expr, _) => self.line(format_args!("expect {}", Shown(expr))),
            TestMember::Snapshot(Some(name), _) => self.line(format_args!("snapshot {:?}", &*name.node)),
            TestMember::Snapshot(None, _) => self.line(format_args!("snapshot")),
        }
    }

    fn body(&mut self, body: &Body) {
        self.nested(|out| body.members.iter().for_each(|member| out.member(member)));
    }

    fn member(&mut self, member: &Member) {
        match member {
            Member::Field(field) => self.line(format_args!("{}: {}", field.key.name, Shown(&field.value))),
            Member::Each(each) => {
                self.line(format_args!("each: {} in {}", each.name.name, Shown(&each.list)));
            }
            Member::Edge(edge) => self.line(format_args!("{}", Shown(edge))),
            Member::Var(var) => {
                self.line(format_args!("var {}: {} = {}", var.name.name, Shown(&var.ty), Shown(&var.value)));
            }
            Member::Require(require) => {
                self.line(format_args!("require {} before {}", require.first.text(), require.then.name));
            }
            Member::State(state) => self.state(state),
        }
    }

    fn state(&mut self, state: &StateDecl) {
        self.docs(&state.docs);
        self.line(format_args!("{} {}{}", state.kind.name, state.name.name, Result(state.ty.as_ref())));
        self.body(&state.body);
    }
}

/// A node as it is shown on a line.
struct Shown<'a, T>(&'a T);

/// `: T`, where there is one.
struct Result<'a>(Option<&'a TypeExpr>);

/// ` = e`, where there is one.
struct Default<'a>(Option<&'a Expr>);

struct Attrs<'a>(&'a [Attr]);

struct Params<'a>(&'a [Param]);

impl Display for Result<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |ty| write!(f, ": {}", Shown(ty)))
    }
}

impl Display for Default<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |value| write!(f, " = {}", Shown(value)))
    }
}

impl Display for Attrs<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|attr| write!(f, " @{}({})", attr.name.name, list(&attr.args)))
    }
}

impl Display for Params<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let params = self.0.iter().map(|param| {
            let default = Default(param.default.as_ref());
            format!("{}: {}{}{default}", param.name.name, Shown(&param.ty), Attrs(&param.attrs))
        });
        write!(f, "({})", params.collect::<Vec<_>>().join(", "))
    }
}

fn list<T>(nodes: &[T]) -> String
where
    for<'a> Shown<'a, T>: Display,
{
    nodes.iter().map(|node| Shown(node).to_string()).collect::<Vec<_>>().join(", ")
}

impl Display for Shown<'_, TypeExpr> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            TypeExprKind::Path(path) => f.write_str(&path.text()),
            TypeExprKind::Literal(text) => write!(f, "{text:?}"),
            TypeExprKind::Map(of) => write!(f, "map<{}>", Shown(&**of)),
            TypeExprKind::List(of) => write!(f, "{}[]", Shown(&**of)),
            TypeExprKind::Optional(of) => write!(f, "{}?", Shown(&**of)),
            TypeExprKind::Union(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| Shown(part).to_string()).collect();
                f.write_str(&parts.join(" | "))
            }
        }
    }
}

impl Display for Shown<'_, Arg> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.0.name {
            write!(f, "{}: ", name.name)?;
        }
        Shown(&self.0.value).fmt(f)
    }
}

impl Display for Shown<'_, super::Pair> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", &*self.0.key.name, Shown(&self.0.value))
    }
}

impl Display for Shown<'_, Pattern> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Pattern::Literal(literal) => write!(f, "{:?}", &*literal.name),
            Pattern::Type(path) => f.write_str(&path.text()),
        }
    }
}

impl Display for Shown<'_, Expr> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ExprKind::Null => f.write_str("null"),
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Int(value) => write!(f, "{value}"),
            ExprKind::Float(value) => write!(f, "{value:?}"),
            ExprKind::Money(money) => write!(f, "{} {} nanos", money.currency.as_str(), money.nanos),
            ExprKind::Duration(milliseconds) => write!(f, "{milliseconds} ms"),
            ExprKind::Text(text) => Shown(text).fmt(f),
            ExprKind::List(items) => write!(f, "[{}]", list(items)),
            ExprKind::Object(pairs) => write!(f, "{{{}}}", list(pairs)),
            ExprKind::Own(field) => write!(f, ".{}", field.name),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Member(of, field) => write!(f, "{}.{}", Shown(&**of), field.name),
            ExprKind::Index(of, index) => write!(f, "{}[{}]", Shown(&**of), Shown(&**index)),
            ExprKind::Call(of, args) => write!(f, "{}({})", Shown(&**of), list(args)),
            ExprKind::Cast(of, ty) => write!(f, "({} as {})", Shown(&**of), Shown(ty)),
            ExprKind::Unary(UnaryOp::Neg, of) => write!(f, "(-{})", Shown(&**of)),
            ExprKind::Unary(UnaryOp::Not, of) => write!(f, "(not {})", Shown(&**of)),
            ExprKind::Binary(op, _, left, right) => {
                write!(f, "({} {} {})", Shown(&**left), op.symbol(), Shown(&**right))
            }
            ExprKind::Is(of, patterns) => {
                let patterns: Vec<String> =
                    patterns.iter().map(|pattern| Shown(pattern).to_string()).collect();
                write!(f, "({} is {})", Shown(&**of), patterns.join(" | "))
            }
            ExprKind::Paren(of) => write!(f, "<{}>", Shown(&**of)),
            ExprKind::Bad => f.write_str("<bad>"),
        }
    }
}

impl Display for Shown<'_, Text> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.block { "block\"" } else { "\"" })?;
        for segment in &self.0.segments {
            match segment {
                Segment::Literal(text, _) => {
                    let quoted = format!("{text:?}");
                    f.write_str(quoted.get(1..quoted.len() - 1).unwrap_or(""))?;
                }
                Segment::Hole(expr) => write!(f, "${{{}}}", Shown(expr))?,
            }
        }
        f.write_char('"')
    }
}

impl Display for Shown<'_, Edge> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.test {
            EdgeTest::Always => {}
            EdgeTest::Else => f.write_str("else ")?,
            EdgeTest::When(test) => write!(f, "when {} ", Shown(test))?,
            EdgeTest::On(events) => {
                let events: Vec<&str> = events.iter().map(|event| &*event.name).collect();
                write!(f, "on {} ", events.join(", "))?;
            }
        }
        write!(f, "-> {}", Shown(&self.0.target))?;
        for (at, set) in self.0.sets.iter().enumerate() {
            f.write_str(if at == 0 { " set " } else { ", " })?;
            write!(f, "{} = {}", set.name.name, Shown(&set.value))?;
        }
        Ok(())
    }
}

impl Display for Shown<'_, Target> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            TargetKind::State(name) => f.write_str(&name.name),
            TargetKind::Return(None) => f.write_str("return"),
            TargetKind::Return(Some(value)) => write!(f, "return {}", Shown(value)),
            TargetKind::Fail(why) => write!(f, "fail {}", Shown(why)),
            TargetKind::Next => f.write_str("next"),
            TargetKind::Break => f.write_str("break"),
        }
    }
}
