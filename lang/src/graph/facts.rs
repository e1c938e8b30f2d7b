//! What it says about access paths that a condition is true or false. Pure syntax: no types, no graph; the
//! checker narrows with it inside an expression (`a != null and a.b > 1`), [`Flow`](super::Flow) along the graph.

use super::cells::{NANOS, nanos};
use super::path::{AccessPath, Root};
use crate::ast::{BinaryOp, Expr, ExprKind, Name, Pattern, UnaryOp};

/// Something known of a path's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which value.
    pub path: AccessPath,
    /// What of it.
    pub known: Known,
}

/// What can be known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is not `null`.
    NonNull,
    /// It is `null`.
    Null,
    /// It is `true`.
    True,
    /// It is `false`.
    False,
    /// It is one of these.
    Is(Vec<Case>),
    /// It is none of these (it may be `null`).
    IsNot(Vec<Case>),
}

/// What a value is compared with by `is`, `==` and `in`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// A string.
    Literal(Name),
    /// A type, by its name as written.
    Type(Name),
}

impl Case {
    /// The case that a pattern is.
    pub fn of(pattern: &Pattern) -> Self {
        match pattern {
            Pattern::Literal(text) => Self::Literal(text.name.clone()),
            Pattern::Type(path) => Self::Type(path.text().into()),
        }
    }

    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

/// What follows from `expr` being `truth`. Nothing is said twice of a path in the same words; what is not known
/// is left out, so every fact holds whenever the condition does.
pub fn facts(expr: &Expr, truth: bool) -> Vec<Fact> {
    let mut list = Vec::new();
    collect(expr, truth, &mut list);
    list
}

fn collect(expr: &Expr, truth: bool, into: &mut Vec<Fact>) {
    match &expr.kind {
        ExprKind::Paren(inner) => collect(inner, truth, into),
        ExprKind::Unary(UnaryOp::Not, inner) => collect(inner, !truth, into),
        ExprKind::Binary(op, _, left, right) => match op {
            BinaryOp::And if truth => sequence(left, right, truth, into),
            BinaryOp::Or if !truth => sequence(left, right, truth, into),
            BinaryOp::And | BinaryOp::Or => either(left, right, truth, into),
            BinaryOp::Eq => equal(left, right, truth, into),
            BinaryOp::Ne => equal(left, right, !truth, into),
            BinaryOp::In => member_of(left, right, truth, into),
            BinaryOp::Else => fallback(left, right, truth, into),
            _ => {}
        },
        ExprKind::Is(value, patterns) => {
            let cases: Vec<Case> = patterns.iter().map(Case::of).collect();
            if let Some(path) = compared(value, |default| default.is_outside(&cases)) {
                one_of(path, cases, truth, into);
            }
        }
        _ => {
            if let Some(path) = AccessPath::of(expr) {
                boolean(path, truth, into);
            }
        }
    }
}

/// Both sides came out as `truth`.
fn sequence(left: &Expr, right: &Expr, truth: bool, into: &mut Vec<Fact>) {
    collect(left, truth, into);
    collect(right, truth, into);
}

/// The left side came out as `truth`, or it did not and the right one did.
fn either(left: &Expr, right: &Expr, truth: bool, into: &mut Vec<Fact>) {
    let first = facts(left, truth);
    let mut second = facts(left, !truth);
    collect(right, truth, &mut second);
    for fact in join(&first, &second) {
        add(fact, into);
    }
}

/// `left == right` came out as `truth`.
fn equal(left: &Expr, right: &Expr, truth: bool, into: &mut Vec<Fact>) {
    let (value, constant) = if Constant::of(right).is_some() { (left, right) } else { (right, left) };
    let Some(constant) = Constant::of(constant) else { return };
    let differs = |default: &Constant| match (default, &constant) {
        (Constant::Text(one), Constant::Text(other)) => one != other,
        (Constant::Bool(one), Constant::Bool(other)) => one != other,
        _ => false,
    };
    let Some(path) = compared(value, differs) else { return };
    match (constant, truth) {
        (Constant::Null, true) => add(Fact { path, known: Known::Null }, into),
        (Constant::Null, false) | (Constant::Number(_), true) => non_null(path, into),
        (Constant::Bool(value), true) => boolean(path, value, into),
        (Constant::Text(text), _) => one_of(path, vec![Case::Literal(text)], truth, into),
        (Constant::Bool(_) | Constant::Number(_), false) => {}
    }
}

/// `value in ["a", "b"]` came out as `truth`.
fn member_of(value: &Expr, list: &Expr, truth: bool, into: &mut Vec<Fact>) {
    let ExprKind::List(items) = &unparen(list).kind else { return };
    let cases: Option<Vec<Case>> = items
        .iter()
        .map(|item| match Constant::of(item) {
            Some(Constant::Text(text)) => Some(Case::Literal(text)),
            _ => None,
        })
        .collect();
    let Some(cases) = cases.filter(|cases| !cases.is_empty()) else { return };
    if let Some(path) = compared(value, |default| default.is_outside(&cases)) {
        one_of(path, cases, truth, into);
    }
}

/// `value ?? constant`, as a condition, came out as `truth`.
fn fallback(value: &Expr, default: &Expr, truth: bool, into: &mut Vec<Fact>) {
    if Constant::of(default) == Some(Constant::Bool(!truth)) {
        collect(value, truth, into);
    }
}

fn one_of(path: AccessPath, cases: Vec<Case>, truth: bool, into: &mut Vec<Fact>) {
    if !truth {
        add(Fact { path, known: Known::IsNot(cases) }, into);
        return;
    }
    // a type may be an alias that takes `null`; a string is never `null`
    if cases.iter().all(Case::is_literal) {
        non_null(path.clone(), into);
    }
    add(Fact { path, known: Known::Is(cases) }, into);
}

fn boolean(path: AccessPath, truth: bool, into: &mut Vec<Fact>) {
    non_null(path.clone(), into);
    add(Fact { path, known: if truth { Known::True } else { Known::False } }, into);
}

/// A field of `null` is `null`, so what a value that is there stands in is there too.
fn non_null(path: AccessPath, into: &mut Vec<Fact>) {
    if let Some(parent) = path.parent() {
        non_null(parent, into);
    }
    // `.` alone is the state's own result, which no path names
    if !path.steps.is_empty() || path.root != Root::Own {
        add(Fact { path, known: Known::NonNull }, into);
    }
}

fn add(fact: Fact, into: &mut Vec<Fact>) {
    if !into.contains(&fact) {
        into.push(fact);
    }
}

/// What holds whichever of the two lists does.
fn join(first: &[Fact], second: &[Fact]) -> Vec<Fact> {
    let mut list = Vec::new();
    for one in first {
        for other in second.iter().filter(|other| other.path == one.path) {
            if let Some(known) = join_known(&one.known, &other.known) {
                add(Fact { path: one.path.clone(), known }, &mut list);
            }
        }
    }
    list
}

fn join_known(one: &Known, other: &Known) -> Option<Known> {
    match (one, other) {
        (Known::Is(some), Known::Is(more)) => {
            let mut cases = some.clone();
            cases.extend(more.iter().filter(|case| !some.contains(case)).cloned());
            Some(Known::Is(cases))
        }
        (Known::IsNot(some), Known::IsNot(more)) => {
            is_not(some.iter().filter(|case| more.contains(case)).cloned().collect())
        }
        (Known::Is(some), Known::IsNot(others)) | (Known::IsNot(others), Known::Is(some)) => {
            // types may overlap, literals do not
            let apart = some.iter().all(Case::is_literal);
            let left = others.iter().filter(|case| apart && case.is_literal() && !some.contains(case));
            is_not(left.cloned().collect())
        }
        _ => (one == other).then(|| one.clone()),
    }
}

fn is_not(cases: Vec<Case>) -> Option<Known> {
    (!cases.is_empty()).then_some(Known::IsNot(cases))
}

/// A value that stands in the text as such.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Null,
    Bool(bool),
    Text(Name),
    /// A number, an amount or milliseconds, in billionths.
    Number(i128),
}

impl Constant {
    pub(super) fn of(expr: &Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Paren(inner) => Self::of(inner),
            ExprKind::Null => Some(Self::Null),
            ExprKind::Bool(value) => Some(Self::Bool(*value)),
            ExprKind::Text(text) => Some(Self::Text(text.literal()?.into())),
            ExprKind::Int(value) | ExprKind::Duration(value) => {
                Some(Self::Number(i128::from(*value) * NANOS))
            }
            ExprKind::Float(value) => nanos(*value).map(Self::Number),
            ExprKind::Money(value) => Some(Self::Number(value.nanos)),
            ExprKind::Unary(UnaryOp::Neg, inner) => match Self::of(inner)? {
                Self::Number(number) => Some(Self::Number(number.saturating_neg())),
                _ => None,
            },
            _ => None,
        }
    }

    /// True where it is for sure none of `cases`.
    fn is_outside(&self, cases: &[Case]) -> bool {
        let Self::Text(text) = self else { return false };
        cases.iter().all(|case| matches!(case, Case::Literal(other) if other != text))
    }
}

/// The path whose value is compared: `x`, and `x ?? "none"` where the default is none of what it is compared with.
fn compared(value: &Expr, differs: impl Fn(&Constant) -> bool) -> Option<AccessPath> {
    let value = unparen(value);
    let ExprKind::Binary(BinaryOp::Else, _, path, default) = &value.kind else {
        return AccessPath::of(value);
    };
    Constant::of(default).filter(differs)?;
    AccessPath::of(path)
}

fn unparen(expr: &Expr) -> &Expr {
    if let ExprKind::Paren(inner) = &expr.kind { unparen(inner) } else { expr }
}
