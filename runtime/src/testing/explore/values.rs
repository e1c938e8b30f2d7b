//! Values of a type to try: few, and those that conditions tell apart. What a program compares with is tried on both
//! sides of it.

use std::sync::Arc;

use agentrun_lang::ir::{Expr, ExprKind, Op, Program};
use agentrun_lang::value::{
    Constraint, Date, FieldType, Media, MediaSource, Money, Record, Type, TypeBody, TypeTable, Value, unkept,
    validate,
};

/// The most values of one type.
const MOST: usize = 64;
/// Records within records; deeper ones are `null`, empty or left out.
const DEEPEST: usize = 6;
/// Texts for patterns, most of which fit one of them.
const TEXTS: &[&str] = &[
    "text",
    "A-17",
    "ABC",
    "abc",
    "A-1042",
    "1",
    "42",
    "x@mail.example",
    "2026-01-01",
    "https://example.org",
    "a-b-c",
    "+34 600 000 000",
];

/// What a program compares with.
#[derive(Debug, Default)]
pub(super) struct Pool {
    values: Vec<Value>,
}

impl Pool {
    /// The constants of a program's expressions.
    pub(super) fn of(program: &Program) -> Self {
        let mut pool = Self::default();
        for agent in &program.agents {
            let edges = agent
                .states
                .iter()
                .flat_map(|state| state.edges.iter().chain(state.on.iter().map(|on| &on.edge)));
            for expr in edges.flat_map(|edge| edge.when.iter().chain(edge.sets.iter().map(|set| &set.value)))
            {
                pool.add(expr);
            }
            for state in &agent.states {
                match &state.op {
                    Op::Ask(ask) => ask.check.iter().for_each(|check| pool.add(check)),
                    Op::Loop(around) => around.until.iter().for_each(|until| pool.add(until)),
                    Op::Let(value) => pool.add(value),
                    _ => {}
                }
            }
        }
        pool
    }

    fn add(&mut self, expr: &Expr) {
        if let ExprKind::Const(value) = &expr.kind
            && !self.values.contains(value)
        {
            self.values.push(value.clone());
        }
        expr.children().into_iter().for_each(|inner| self.add(inner));
    }

    /// Values of a type, the plainest first.
    pub(super) fn values(&self, ty: &Type, types: &TypeTable) -> Vec<Value> {
        let mut found = Maker { pool: self, types }.of_type(ty, &[], 0);
        found.retain(|value| validate(value, ty, types).is_empty());
        found.truncate(MOST);
        found
    }

    /// The same for a parameter or a field with constraints of its own.
    pub(super) fn of_field(&self, field: &FieldType, types: &TypeTable) -> Vec<Value> {
        let maker = Maker { pool: self, types };
        let mut found = maker.of_type(&field.ty, &field.constraints, 0);
        found.retain(|value| {
            validate(value, &field.ty, types).is_empty() && maker.keeps(value, &field.constraints)
        });
        found.truncate(MOST);
        found
    }
}

struct Maker<'a> {
    pool: &'a Pool,
    types: &'a TypeTable,
}

impl Maker<'_> {
    /// Whether a value holds constraints.
    fn keeps(&self, value: &Value, constraints: &[Constraint]) -> bool {
        let field =
            FieldType { constraints: constraints.to_vec(), ..plain_field(&"it".into(), &Type::Unknown) };
        unkept(value, &field, self.types).is_none()
    }

    fn of_type(&self, ty: &Type, constraints: &[Constraint], depth: usize) -> Vec<Value> {
        let mut found = match ty {
            Type::Null | Type::Unknown => vec![Value::Null],
            Type::Bool => vec![Value::Bool(true), Value::Bool(false)],
            Type::Int => self.ints(constraints),
            Type::Float => self.ints(constraints).into_iter().map(as_float).collect(),
            Type::String => self.texts(constraints),
            Type::Money => self.amounts(),
            Type::Duration => self.durations(),
            Type::Date => vec![Value::Date(Date::Day(jiff::civil::date(2026, 1, 1)))],
            Type::Json => vec![Value::record::<&str>([]), Value::text("text"), Value::Null],
            Type::Bytes => vec![Value::Bytes(Arc::from(*b"bytes"))],
            Type::Image | Type::Pdf => vec![media(ty)],
            Type::Literal(text) => vec![Value::text(text.clone())],
            Type::Optional(inner) => {
                let mut some = self.of_type(inner, constraints, depth);
                some.insert(some.len().min(1), Value::Null);
                some
            }
            Type::List(item) => self.lists(item, constraints, depth),
            Type::Map(item) => {
                let one = self.of_type(item, &[], depth + 1).into_iter().next();
                one.map(|value| Value::record([("key", value)]))
                    .into_iter()
                    .chain([Value::record::<&str>([])])
                    .collect()
            }
            Type::Union(members) => self.union(members, depth),
            Type::Named(id) => match self.types.get(*id).map(|def| &def.body) {
                Some(TypeBody::Alias { ty, constraints: own, .. }) => {
                    let all: Vec<Constraint> = own.iter().chain(constraints).cloned().collect();
                    self.of_type(ty, &all, depth)
                }
                Some(TypeBody::Record(fields)) => self.records(fields, depth),
                None => Vec::new(),
            },
            Type::Shape(fields) => {
                let fields: Vec<FieldType> = fields.iter().map(|(name, ty)| plain_field(name, ty)).collect();
                self.records(&fields, depth)
            }
        };
        found.truncate(MOST);
        found
    }

    fn ints(&self, constraints: &[Constraint]) -> Vec<Value> {
        let mut numbers = vec![1, 0];
        for value in &self.pool.values {
            if let Value::Int(int) = value {
                numbers.extend([*int, int.saturating_add(1), int.saturating_sub(1)]);
            }
        }
        for constraint in constraints {
            if let Constraint::Range(low, high) = constraint {
                let ends: Vec<i64> = low.iter().chain(high).map(|end| whole(*end)).collect();
                numbers.splice(0..0, ends);
            }
        }
        let mut found: Vec<Value> = Vec::new();
        for number in numbers {
            if !found.contains(&Value::Int(number)) {
                found.push(Value::Int(number));
            }
        }
        found.retain(|value| self.keeps(value, constraints));
        found
    }

    fn texts(&self, constraints: &[Constraint]) -> Vec<Value> {
        let own = self
            .pool
            .values
            .iter()
            .filter(|value| matches!(value, Value::String(text) if text.len() < 200))
            .cloned();
        let lengths = constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Len(Some(low), _) => usize::try_from(*low).ok().filter(|low| *low < 10_000),
            _ => None,
        });
        let long = lengths.map(|length| Value::text("a".repeat(length)));
        let all = TEXTS.iter().map(|text| Value::text(*text)).take(1).chain(own).chain([Value::text("")]);
        let all = all.chain(TEXTS.iter().skip(1).map(|text| Value::text(*text))).chain(long);
        let mut found: Vec<Value> = Vec::new();
        for value in all {
            if !found.contains(&value) && self.keeps(&value, constraints) {
                found.push(value);
            }
        }
        // What only a pattern tells apart is the same to a program.
        found.truncate(if constraints.is_empty() { 8 } else { 3 });
        found
    }

    fn amounts(&self) -> Vec<Value> {
        let dollar = 1_000_000_000;
        let mut found = vec![Value::Money(Money::usd_nanos(dollar)), Value::Money(Money::usd_nanos(0))];
        for value in &self.pool.values {
            if let Value::Money(money) = value {
                let more = money.checked_add(Money::usd_nanos(dollar)).map(Value::Money);
                found.extend([Some(value.clone()), more].into_iter().flatten());
            }
        }
        found
    }

    fn durations(&self) -> Vec<Value> {
        let mut found = vec![Value::Duration(60_000), Value::Duration(0)];
        for value in &self.pool.values {
            if let Value::Duration(millis) = value {
                found.extend([value.clone(), Value::Duration(millis.saturating_add(1))]);
            }
        }
        found
    }

    fn lists(&self, item: &Type, constraints: &[Constraint], depth: usize) -> Vec<Value> {
        if depth >= DEEPEST {
            return vec![Value::list([])];
        }
        let items = self.of_type(item, &[], depth + 1);
        let mut found: Vec<Value> = items.iter().take(4).map(|item| Value::list([item.clone()])).collect();
        found.push(Value::list([]));
        found.push(Value::list(items.iter().take(3).cloned()));
        for constraint in constraints {
            if let (Constraint::Len(Some(low), _), Some(first)) = (constraint, items.first()) {
                let count = usize::try_from(*low).unwrap_or(0).min(1_000);
                found.insert(0, Value::list(std::iter::repeat_n(first.clone(), count)));
            }
        }
        found.retain(|value| self.keeps(value, constraints));
        found
    }

    /// The first value of each member, then the second, so that every member is among the first.
    fn union(&self, members: &[Type], depth: usize) -> Vec<Value> {
        let all: Vec<Vec<Value>> = members.iter().map(|member| self.of_type(member, &[], depth)).collect();
        let longest = all.iter().map(Vec::len).max().unwrap_or(0);
        (0..longest).flat_map(|at| all.iter().filter_map(move |values| values.get(at).cloned())).collect()
    }

    /// A record of first values, then the same with each other value of one field, then of two.
    fn records(&self, fields: &[FieldType], depth: usize) -> Vec<Value> {
        let of_field = |field: &FieldType| {
            if depth >= DEEPEST { Vec::new() } else { self.of_type(&field.ty, &field.constraints, depth + 1) }
        };
        let options: Vec<Vec<Value>> = fields.iter().map(of_field).collect();
        let record = |changed: &[(usize, &Value)]| {
            let mut record = Record::new();
            for (at, field) in fields.iter().enumerate() {
                let other = changed.iter().find(|(place, _)| *place == at).map(|(_, value)| *value);
                let value = other.or_else(|| options.get(at).and_then(|values| values.first()));
                record.insert(field.name.clone(), value.cloned().unwrap_or(Value::Null));
            }
            Value::Record(Arc::new(record))
        };
        let mut others: Vec<(usize, &Value)> = Vec::new();
        let most = options.iter().map(Vec::len).max().unwrap_or(0);
        for nth in 1..most {
            for (at, values) in options.iter().enumerate() {
                others.extend(values.get(nth).map(|value| (at, value)));
            }
        }
        let mut found = vec![record(&[])];
        found.extend(others.iter().map(|other| record(&[*other])));
        for (at, one) in others.iter().enumerate() {
            let pairs = others.iter().take(at).filter(|other| other.0 != one.0);
            found.extend(pairs.map(|other| record(&[*one, *other])));
            if found.len() > MOST {
                break;
            }
        }
        found
    }
}

fn plain_field(name: &agentrun_lang::ast::Name, ty: &Type) -> FieldType {
    FieldType {
        name: name.clone(),
        alias: None,
        ty: ty.clone(),
        constraints: Vec::new(),
        labels: agentrun_lang::value::Labels::NONE,
        default: None,
        doc: None,
        span: agentrun_lang::span::Span::default(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a value to try need not be exact")]
fn as_float(value: Value) -> Value {
    if let Value::Int(int) = value { Value::Float(int as f64) } else { value }
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and what does not fit is left out")]
fn whole(end: f64) -> i64 {
    end as i64
}

fn media(ty: &Type) -> Value {
    let mime = if *ty == Type::Pdf { "application/pdf" } else { "image/png" };
    Value::Media(Media { mime: mime.into(), source: MediaSource::Bytes(Arc::from(*b"media")) })
}
