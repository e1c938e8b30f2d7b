//! Types in short notation for tests of values, so that a table's row can say its type.

use std::sync::Arc;

use agentrun_lang::span::Span;
use agentrun_lang::value::{
    Constraint, FieldType, Labels, Type, TypeBody, TypeDef, TypeId, TypeTable, Value,
};

/// Declarations (`A = int @range(1, 5); B = { x: A @alias(ex), y: string? = "d" }`) as a table; later ones may be
/// named by earlier ones.
pub(crate) fn types(text: &str) -> TypeTable {
    let mut parser = Parser::new(text);
    let mut names = Vec::new();
    let tokens = parser.tokens.clone();
    for (index, token) in tokens.iter().enumerate() {
        let starts = index == 0 || tokens[index - 1] == ";";
        if starts && tokens.get(index + 1).is_some_and(|next| next == "=") {
            names.push(token.clone());
        }
    }
    parser.names.clone_from(&names);
    let mut table = TypeTable::default();
    for name in &names {
        parser.expect(name);
        parser.expect("=");
        let body = if parser.peek() == "{" {
            TypeBody::Record(parser.fields())
        } else {
            let ty = parser.union();
            let (constraints, labels, _) = parser.attrs();
            TypeBody::Alias { ty, constraints, labels }
        };
        table.defs.push(TypeDef { name: name.as_str().into(), doc: None, body, span: Span::default() });
        parser.eat(";");
    }
    table
}

/// The table with documentation: of a type by its name, of a field by `Type.field`.
pub(crate) fn documented(mut table: TypeTable, docs: &[(&str, &str)]) -> TypeTable {
    for (path, doc) in docs {
        let (name, field) = path.split_once('.').unwrap_or((path, ""));
        let def = table.defs.iter_mut().find(|def| *def.name == *name).unwrap();
        match &mut def.body {
            TypeBody::Record(fields) if !field.is_empty() => {
                fields.iter_mut().find(|known| *known.name == *field).unwrap().doc = Some((*doc).to_owned());
            }
            _ => def.doc = Some((*doc).to_owned()),
        }
    }
    table
}

/// A type in the words of `table`.
pub(crate) fn ty(text: &str, table: &TypeTable) -> Type {
    let mut parser = Parser::new(text);
    parser.names = table.defs.iter().map(|def| def.name.to_string()).collect();
    let ty = parser.union();
    assert!(parser.at == parser.tokens.len(), "`{text}` goes on after the type");
    ty
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
    names: Vec<String>,
}

impl Parser {
    fn new(text: &str) -> Self {
        let mut tokens: Vec<String> = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '"' {
                let mut word = String::from('"');
                for c in chars.by_ref() {
                    if c == '"' {
                        break;
                    }
                    word.push(c);
                }
                tokens.push(word);
            } else if c.is_alphanumeric() || "_.-".contains(c) {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || "_.".contains(*c)) {
                    word.push(c);
                }
                tokens.push(word);
            } else if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
        }
        Self { tokens, at: 0, names: Vec::new() }
    }

    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.tokens[self.at - 1].clone()
    }

    fn eat(&mut self, token: &str) -> bool {
        let here = self.peek() == token;
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, token: &str) {
        assert!(self.eat(token), "expected `{token}`, found `{}`", self.peek());
    }

    fn union(&mut self) -> Type {
        let mut members = vec![self.suffixed()];
        while self.eat("|") {
            members.push(self.suffixed());
        }
        Type::union_of(members)
    }

    fn suffixed(&mut self) -> Type {
        let mut ty = self.one();
        loop {
            if self.eat("[") {
                self.expect("]");
                ty = Type::list(ty);
            } else if self.eat("?") {
                ty = ty.optional();
            } else {
                return ty;
            }
        }
    }

    fn one(&mut self) -> Type {
        if self.eat("(") {
            let ty = self.union();
            self.expect(")");
            return ty;
        }
        if self.peek() == "{" {
            let fields = self.fields().into_iter().map(|field| (field.name, field.ty));
            return Type::Shape(fields.collect());
        }
        let word = self.next();
        if let Some(literal) = word.strip_prefix('"') {
            return Type::Literal(literal.into());
        }
        match word.as_str() {
            "unknown" => Type::Unknown,
            "null" => Type::Null,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "float" => Type::Float,
            "string" => Type::String,
            "money" => Type::Money,
            "duration" => Type::Duration,
            "date" => Type::Date,
            "json" => Type::Json,
            "bytes" => Type::Bytes,
            "image" => Type::Image,
            "pdf" => Type::Pdf,
            "map" => {
                self.expect("<");
                let value = self.union();
                self.expect(">");
                Type::Map(Arc::new(value))
            }
            name => {
                let index = self.names.iter().position(|known| known == name);
                Type::Named(TypeId(
                    u32::try_from(index.unwrap_or_else(|| panic!("no type `{name}`"))).unwrap(),
                ))
            }
        }
    }

    fn fields(&mut self) -> Vec<FieldType> {
        self.expect("{");
        let mut fields = Vec::new();
        while !self.eat("}") {
            let name = self.next();
            self.expect(":");
            let ty = self.union();
            let (constraints, labels, alias) = self.attrs();
            let default = self.eat("=").then(|| self.literal());
            self.eat(",");
            let (name, doc, span) = (name.as_str().into(), None, Span::default());
            fields.push(FieldType { name, alias, ty, constraints, labels, default, doc, span });
        }
        fields
    }

    fn attrs(&mut self) -> (Vec<Constraint>, Labels, Option<Arc<str>>) {
        let (mut constraints, mut labels, mut alias) = (Vec::new(), Labels::NONE, None);
        while self.eat("@") {
            let word = self.next();
            let mut args = Vec::new();
            if self.eat("(") {
                while !self.eat(")") {
                    args.push(self.next());
                    self.eat(",");
                }
            }
            let text = || args[0].trim_start_matches('"').into();
            let number = |index: usize| args[index].parse::<f64>().ok();
            let whole = |index: usize| args[index].parse::<u64>().ok();
            match word.as_str() {
                "range" => constraints.push(Constraint::Range(number(0), number(1))),
                "len" => constraints.push(Constraint::Len(whole(0), whole(1))),
                "match" => constraints.push(Constraint::Match(text())),
                "alias" => alias = Some(text()),
                "pii" => labels = labels.union(Labels::PII),
                "secret" => labels = labels.union(Labels::SECRET),
                "untrusted" => labels = labels.union(Labels::UNTRUSTED),
                other => panic!("no attribute `{other}`"),
            }
        }
        (constraints, labels, alias)
    }

    fn literal(&mut self) -> Value {
        let word = self.next();
        if let Some(text) = word.strip_prefix('"') {
            return Value::text(text);
        }
        match word.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            "[" => {
                self.expect("]");
                Value::list([])
            }
            number => Value::Int(number.parse().unwrap()),
        }
    }
}
