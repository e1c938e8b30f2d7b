//! `@range @len @match`, the labels and `@alias`: what may stand on which type.

use regex::Regex;

use crate::ast::{Arg, Attr, Expr, ExprKind, Name, UnaryOp};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::suggest::did_you_mean;
use crate::value::{Constraint, FieldType, Labels, Type, TypeTable, Value};

/// Where an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// A record's field or a parameter.
    Field,
    /// `type A = T @attr`.
    Alias,
}

/// What the attributes of one field say.
#[derive(Clone, Debug, Default)]
pub(super) struct Attrs {
    pub(super) alias: Option<Name>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) labels: Labels,
}

impl Attrs {
    pub(super) fn put_on(self, field: &mut FieldType) {
        field.alias = self.alias;
        field.constraints = self.constraints;
        field.labels = self.labels;
    }
}

const KNOWN: &[&str] = &["@range", "@len", "@match", "@pii", "@secret", "@untrusted", "@alias"];

/// Reads the attributes of something of type `ty`.
pub(super) fn read(attrs: &[Attr], ty: &Type, home: Home, table: &TypeTable, out: &mut Diagnostics) -> Attrs {
    let mut read = Attrs::default();
    for (index, attr) in attrs.iter().enumerate() {
        let name = &*attr.name.name;
        if let Some(first) = attrs.iter().take(index).find(|other| other.name.name == attr.name.name) {
            out.push(wrong(attr, format!("`@{name}` stands here twice")).also(first.span, "first one here"));
            continue;
        }
        let finding = match name {
            "range" => range(attr, ty, table).map(|constraint| read.constraints.push(constraint)),
            "len" => len(attr, ty, table).map(|constraint| read.constraints.push(constraint)),
            "match" => pattern(attr, ty, table).map(|constraint| read.constraints.push(constraint)),
            "alias" => alias(attr, home).map(|name| read.alias = Some(name)),
            "pii" => label(attr, Labels::PII, &mut read.labels),
            "secret" => label(attr, Labels::SECRET, &mut read.labels),
            "untrusted" => label(attr, Labels::UNTRUSTED, &mut read.labels),
            _ => Err(unknown(attr).into()),
        };
        out.extend(finding.err().map(|finding| *finding));
    }
    read
}

fn unknown(attr: &Attr) -> Diagnostic {
    let finding = wrong(attr, format!("no attribute is named `@{}`", attr.name.name));
    did_you_mean(finding, &format!("@{}", attr.name.name), KNOWN.iter().copied())
}

fn wrong(attr: &Attr, message: String) -> Diagnostic {
    Diagnostic::new(Code("E0311"), attr.span, message)
}

fn label(attr: &Attr, label: Labels, into: &mut Labels) -> Result<(), Box<Diagnostic>> {
    if !attr.args.is_empty() {
        return Err(wrong(attr, format!("`@{}` takes no arguments", attr.name.name)).into());
    }
    *into = into.union(label);
    Ok(())
}

fn alias(attr: &Attr, home: Home) -> Result<Name, Box<Diagnostic>> {
    if home == Home::Alias {
        return Err(wrong(attr, "`@alias` stands on fields and parameters alone".to_owned()).into());
    }
    match attr.args.as_slice() {
        [Arg { name: None, value }] => {
            literal(value).filter(|text| !text.is_empty()).map(Into::into).ok_or_else(|| {
                wrong(attr, "`@alias` takes the name as a text: `@alias(\"id\")`".to_owned()).into()
            })
        }
        _ => Err(wrong(attr, "`@alias` takes one text: `@alias(\"id\")`".to_owned()).into()),
    }
}

fn literal(expr: &Expr) -> Option<&str> {
    if let ExprKind::Text(text) = &expr.kind { text.literal() } else { None }
}

/// The type that a constraint is about: aliases and `?` taken off.
fn constrained<'t>(ty: &'t Type, table: &'t TypeTable) -> &'t Type {
    table.resolve(table.resolve(ty).required())
}

fn misplaced(attr: &Attr, ty: &Type, table: &TypeTable, takes: &str) -> Diagnostic {
    wrong(attr, format!("`@{}` does not fit `{}`: it stands on {takes}", attr.name.name, ty.display(table)))
}

/// What the ends of a range are written as.
enum End {
    Open,
    Number(f64),
    Money(f64),
    Duration(f64),
}

#[expect(clippy::cast_precision_loss, reason = "a bound is compared with floats; no one writes 2^53 dollars")]
fn end(expr: &Expr) -> Option<End> {
    Some(match &expr.kind {
        ExprKind::Null => End::Open,
        ExprKind::Int(value) => End::Number(*value as f64),
        ExprKind::Float(value) => End::Number(*value),
        ExprKind::Money(money) => End::Money(money.nanos as f64 / 1e9),
        ExprKind::Duration(millis) => End::Duration(*millis as f64),
        ExprKind::Paren(inner) => end(inner)?,
        ExprKind::Unary(UnaryOp::Neg, inner) => match end(inner)? {
            End::Open => return None,
            End::Number(value) => End::Number(-value),
            End::Money(value) => End::Money(-value),
            End::Duration(value) => End::Duration(-value),
        },
        _ => return None,
    })
}

/// The two ends: `(1, 5)`, an open one as `null`.
fn ends<'e>(attr: &'e Attr, example: &str) -> Result<(&'e Expr, &'e Expr), Box<Diagnostic>> {
    let wants = || {
        let name = &attr.name.name;
        wrong(attr, format!("`@{name}` takes its lowest and its highest: `@{name}({example})`"))
            .hint("an open end is `null`")
    };
    match attr.args.as_slice() {
        [Arg { name: None, value: low }, Arg { name: None, value: high }] => Ok((low, high)),
        _ => Err(wants().into()),
    }
}

fn range(attr: &Attr, ty: &Type, table: &TypeTable) -> Result<Constraint, Box<Diagnostic>> {
    let of = constrained(ty, table);
    let example = match of {
        Type::Unknown | Type::Int | Type::Float => "1, 5",
        Type::Money => "$0, $500",
        Type::Duration => "1s, 1h",
        Type::String | Type::List(_) => {
            return Err(misplaced(attr, ty, table, "numbers, money and durations")
                .hint("for how long it is, write `@len(1, 5)`")
                .into());
        }
        _ => return Err(misplaced(attr, ty, table, "numbers, money and durations").into()),
    };
    let (low, high) = ends(attr, example)?;
    let bound = |expr: &Expr| match (end(expr), of) {
        (Some(End::Open), _) => Ok(None),
        (Some(End::Number(value)), Type::Int | Type::Float | Type::Money | Type::Unknown)
        | (Some(End::Money(value)), Type::Money | Type::Unknown)
        | (Some(End::Duration(value)), Type::Duration | Type::Unknown) => Ok(Some(value)),
        _ => Err(Box::new(Diagnostic::new(
            Code("E0311"),
            expr.span,
            format!("a range of `{}` is written like `@range({example})`", ty.display(table)),
        ))),
    };
    let (low, high) = (bound(low)?, bound(high)?);
    ordered(attr, low, high)?;
    Ok(Constraint::Range(low, high))
}

fn ordered<T: PartialOrd>(attr: &Attr, low: Option<T>, high: Option<T>) -> Result<(), Box<Diagnostic>> {
    match (low, high) {
        (Some(low), Some(high)) if low > high => {
            Err(wrong(attr, format!("`@{}` is empty: its lowest is above its highest", attr.name.name))
                .into())
        }
        _ => Ok(()),
    }
}

fn len(attr: &Attr, ty: &Type, table: &TypeTable) -> Result<Constraint, Box<Diagnostic>> {
    match constrained(ty, table) {
        Type::Unknown | Type::String | Type::List(_) => {}
        Type::Int | Type::Float | Type::Money | Type::Duration => {
            return Err(misplaced(attr, ty, table, "texts and lists")
                .hint("for how large it is, write `@range(1, 5)`")
                .into());
        }
        _ => return Err(misplaced(attr, ty, table, "texts and lists").into()),
    }
    let (low, high) = ends(attr, "1, 200")?;
    let bound = |expr: &Expr| match &expr.kind {
        ExprKind::Null => Ok(None),
        ExprKind::Int(value) if *value >= 0 => Ok(Some(value.unsigned_abs())),
        _ => Err(Box::new(Diagnostic::new(Code("E0311"), expr.span, "a length is a whole number from 0 on"))),
    };
    let (low, high) = (bound(low)?, bound(high)?);
    ordered(attr, low, high)?;
    Ok(Constraint::Len(low, high))
}

fn pattern(attr: &Attr, ty: &Type, table: &TypeTable) -> Result<Constraint, Box<Diagnostic>> {
    if !matches!(constrained(ty, table), Type::Unknown | Type::String) {
        return Err(misplaced(attr, ty, table, "texts").into());
    }
    let [Arg { name: None, value }] = attr.args.as_slice() else {
        let message = "`@match` takes one regular expression: `@match(\"^[A-Z]+$\")`";
        return Err(wrong(attr, message.to_owned()).into());
    };
    let Some(text) = literal(value) else {
        return Err(wrong(attr, "`@match` takes a text without holes".to_owned()).into());
    };
    compiles(text, value)?;
    Ok(Constraint::Match(text.into()))
}

/// Checks a regular expression that stands in the text `at`.
pub(super) fn compiles(text: &str, at: &Expr) -> Result<(), Box<Diagnostic>> {
    let Err(error) = Regex::new(text) else { return Ok(()) };
    let why = match error {
        regex::Error::CompiledTooBig(limit) => format!("it needs more than {limit} bytes"),
        other => {
            other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    };
    let finding = Diagnostic::new(Code("E0312"), at.span, "this regular expression does not compile");
    Err(finding.label(why).into())
}

/// Why a constant breaks a constraint.
#[expect(clippy::cast_precision_loss, reason = "bounds are floats, and no constant of a program needs more")]
pub(super) fn broken(value: &Value, constraint: &Constraint) -> Option<String> {
    let outside = |low: &Option<f64>, high: &Option<f64>, size: f64| {
        low.is_some_and(|low| size < low) || high.is_some_and(|high| size > high)
    };
    match (constraint, value) {
        (Constraint::Range(low, high), value) => {
            let size = match value {
                Value::Int(value) => *value as f64,
                Value::Float(value) => *value,
                Value::Money(money) => money.nanos as f64 / 1e9,
                Value::Duration(millis) => *millis as f64,
                _ => return None,
            };
            outside(low, high, size).then(|| "it is outside of its `@range`".to_owned())
        }
        (Constraint::Len(low, high), value) => {
            let size = match value {
                Value::String(text) => text.chars().count(),
                Value::List(items) => items.len(),
                _ => return None,
            } as u64;
            let outside = low.is_some_and(|low| size < low) || high.is_some_and(|high| size > high);
            outside.then(|| "it is outside of its `@len`".to_owned())
        }
        (Constraint::Match(pattern), Value::String(text)) => {
            let matches = Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
            (!matches).then(|| format!("it does not match `{pattern}`"))
        }
        (Constraint::Match(_), _) => None,
    }
}
