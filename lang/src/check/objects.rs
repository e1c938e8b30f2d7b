//! Object literals against the record, the union or the map that is wanted.

use indexmap::IndexMap;

use crate::ast::{Name, Pair};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::{Type, Value, literals};

use super::cx::{Cx, Typed};

/// A field of the record that is wanted.
struct Wanted {
    name: Name,
    ty: Type,
    needed: bool,
}

impl Cx<'_, '_> {
    /// `{ … }` where nothing or anything is wanted.
    pub(super) fn object(&mut self, pairs: &[Pair], want: Option<&Type>, span: Span) -> Typed {
        if let Some(typed) = want.and_then(|want| self.object_for(pairs, want, span)) {
            return typed;
        }
        self.doubled(pairs);
        let mut fields: IndexMap<Name, Type> = IndexMap::with_capacity(pairs.len());
        let mut values = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let value = self.infer(&pair.value, None);
            fields.entry(pair.key.name.clone()).or_insert(value.ty);
            values.push((pair.key.name.clone(), value.expr));
        }
        let ty = Type::Shape(fields.into_iter().collect::<Vec<_>>().into());
        Typed::new(ty, ir::ExprKind::Record(values), span)
    }

    /// `{ … }` where a record, a map, or a union that holds one is wanted; `None` where none of them is.
    pub(super) fn object_for(&mut self, pairs: &[Pair], want: &Type, span: Span) -> Option<Typed> {
        let table = &self.tables.types;
        let members: Vec<Type> = table.members(want).into_iter().cloned().collect();
        let mut records = Vec::new();
        for member in &members {
            match table.resolve(member) {
                Type::Optional(inner) => return self.object_for(pairs, &(**inner).clone(), span),
                Type::Json => return Some(self.anything(pairs, span)),
                Type::Map(value) => return Some(self.map(pairs, member, &(**value).clone(), span)),
                other if table.fields(other).is_some() => records.push(member.clone()),
                _ => {}
            }
        }
        let meant = match records.as_slice() {
            [] => return None,
            [only] => only.clone(),
            many => self.meant(pairs, many)?,
        };
        Some(self.record(pairs, &meant, span))
    }

    fn anything(&mut self, pairs: &[Pair], span: Span) -> Typed {
        self.doubled(pairs);
        let values = pairs.iter().map(|pair| (pair.key.name.clone(), self.expect(&pair.value, &Type::Json)));
        Typed::new(Type::Json, ir::ExprKind::Record(values.collect()), span)
    }

    fn map(&mut self, pairs: &[Pair], ty: &Type, value: &Type, span: Span) -> Typed {
        self.doubled(pairs);
        let values = pairs.iter().map(|pair| (pair.key.name.clone(), self.expect(&pair.value, value)));
        Typed::new(ty.clone(), ir::ExprKind::Record(values.collect()), span)
    }

    /// The record of a union that the keys speak for: its literal fields agree, and most keys are its own.
    fn meant(&self, pairs: &[Pair], records: &[Type]) -> Option<Type> {
        let table = &self.tables.types;
        let score = |record: &&Type| {
            let fields = table.fields(record).unwrap_or_default();
            let known = |pair: &&Pair| fields.iter().any(|field| *field.name == pair.key.name);
            let own = pairs.iter().filter(known).count();
            let foreign = pairs.len() - own;
            let missing = fields
                .iter()
                .filter(|field| !field.optional && pairs.iter().all(|pair| pair.key.name != *field.name))
                .count();
            let agrees = fields.iter().all(|field| {
                let written = pairs.iter().find(|pair| pair.key.name == *field.name);
                match (literals(field.ty, table), written.and_then(|pair| text(&pair.value))) {
                    (Some(words), Some(text)) => words.iter().any(|word| ***word == *text),
                    _ => true,
                }
            });
            (agrees, std::cmp::Reverse(foreign + missing), own)
        };
        // the first of the best, as a reader would take it
        records.iter().rev().max_by_key(score).cloned()
    }

    fn record(&mut self, pairs: &[Pair], ty: &Type, span: Span) -> Typed {
        self.doubled(pairs);
        let wanted: Vec<Wanted> = self
            .tables
            .types
            .fields(ty)
            .unwrap_or_default()
            .into_iter()
            .map(|field| Wanted { name: field.name.clone(), ty: field.ty.clone(), needed: !field.optional })
            .collect();
        let mut values: IndexMap<Name, ir::Expr> = IndexMap::with_capacity(pairs.len());
        let mut strangers = 0;
        for pair in pairs {
            let value = if let Some(field) = wanted.iter().find(|field| field.name == pair.key.name) {
                self.tables.notes.field(pair.key.span, ty, &field.name, &self.tables.types);
                self.expect(&pair.value, &field.ty)
            } else {
                strangers += 1;
                self.stranger(pair, ty, &wanted);
                self.infer(&pair.value, None).expr
            };
            values.entry(pair.key.name.clone()).or_insert(value);
        }
        self.missing(&wanted, &values, strangers, ty, span);
        // in the declared order, so that equal records print alike
        let ordered =
            wanted.iter().filter_map(|field| Some((field.name.clone(), values.swap_remove(&field.name)?)));
        let ordered: Vec<(Name, ir::Expr)> = ordered.collect();
        Typed::new(ty.clone(), ir::ExprKind::Record(self.with_defaults(ordered, ty, span)), span)
    }

    /// Adds what is left out: a field's default, `null` where it may be left out without one.
    fn with_defaults(&self, given: Vec<(Name, ir::Expr)>, ty: &Type, span: Span) -> Vec<(Name, ir::Expr)> {
        let table = &self.tables.types;
        let Some(fields) = table.fields(ty) else { return given };
        let defaults = table.record(ty).unwrap_or_default();
        let mut given: IndexMap<Name, ir::Expr> = given.into_iter().collect();
        let complete = fields.iter().enumerate().filter_map(|(index, field)| {
            let absent = || self.nullable(field.ty).then_some(Value::Null);
            let default = || {
                let value = defaults.get(index).and_then(|field| field.default.clone()).or_else(absent)?;
                Some(ir::Expr { kind: ir::ExprKind::Const(value), span })
            };
            Some((field.name.clone(), given.swap_remove(field.name).or_else(default)?))
        });
        complete.collect()
    }

    fn stranger(&mut self, pair: &Pair, ty: &Type, wanted: &[Wanted]) {
        let message = format!("`{}` has no field `{}`", self.show(ty), pair.key.name);
        let finding = Diagnostic::new(Code("E0303"), pair.key.span, message);
        let names: Vec<&str> = wanted.iter().map(|field| &*field.name).collect();
        self.out.push(did_you_mean(finding, &pair.key.name, names.into_iter()));
    }

    fn missing(
        &mut self,
        wanted: &[Wanted],
        values: &IndexMap<Name, ir::Expr>,
        strangers: usize,
        ty: &Type,
        span: Span,
    ) {
        let missing: Vec<&Wanted> =
            wanted.iter().filter(|field| field.needed && !values.contains_key(&field.name)).collect();
        // a misspelled key is one mistake: what it stands for is not missing beside it
        if missing.is_empty() || strangers >= missing.len() {
            return;
        }
        let names: Vec<String> = missing.iter().map(|field| format!("`{}`", field.name)).collect();
        let shown: Vec<String> =
            missing.iter().map(|field| format!("{}: {}", field.name, self.show(&field.ty))).collect();
        let word = if names.len() == 1 { "field" } else { "fields" };
        let message = format!("`{}` needs the {word} {}", self.show(ty), names.join(", "));
        self.out
            .push(Diagnostic::new(Code("E0308"), span, message).hint(format!("add `{}`", shown.join(", "))));
    }

    /// Reports keys that stand twice.
    fn doubled(&mut self, pairs: &[Pair]) {
        let mut seen: IndexMap<&str, Span> = IndexMap::with_capacity(pairs.len());
        for pair in pairs {
            match seen.get(&*pair.key.name) {
                Some(first) => self.out.push(
                    Diagnostic::new(
                        Code("E0211"),
                        pair.key.span,
                        format!("the key `{}` stands here twice", pair.key.name),
                    )
                    .also(*first, "first one here"),
                ),
                None => {
                    seen.insert(&pair.key.name, pair.key.span);
                }
            }
        }
    }
}

fn text(expr: &crate::ast::Expr) -> Option<&str> {
    if let crate::ast::ExprKind::Text(text) = &expr.kind { text.literal() } else { None }
}
