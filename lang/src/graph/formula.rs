//! A condition as what decides it: `and`, `or` and `not` over atoms, each a test of one subject. Two conditions
//! that speak of the same subject can then be compared: `.n >= 4` and `.n < 4` leave nothing out.

use super::facts::Constant;
use super::key::key;
use super::path::{AccessPath, Root};
use super::types::{Domain, Types};
use crate::ast::{BinaryOp, Expr, ExprKind, Name, Pattern, UnaryOp};
use crate::resolve::AgentScope;
use crate::value::Type;

/// A condition over atoms.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Formula<A> {
    Constant(bool),
    Atom(A),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

/// A test of one subject.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Atom {
    pub(super) subject: Subject,
    /// What is tested in place of a `null`: the `"x"` of `(.a ?? "x") == "y"`.
    pub(super) default: Option<Constant>,
    pub(super) test: Test,
}

impl Atom {
    /// Whether the value of a path is true.
    pub(super) fn true_of(path: AccessPath) -> Self {
        Self { subject: Subject::Path(path), default: None, test: Test::Truth }
    }
}

/// What a test reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A value of the agent's namespace, which keeps what is known of it until it is set again.
    Path(AccessPath),
    /// Any other value, by its text: it counts within one choice.
    Value(String),
    /// A length: a whole number from 0 up.
    Length(String),
    /// Two values, which compare as less, equal or greater.
    Pair(String, String),
}

/// How a subject is tested.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// It is `true`.
    Truth,
    /// It equals one of these.
    OneOf(Vec<Constant>),
    /// It is one of these types' or literals' values.
    Is(Domain),
    /// It stands so to a number (of a pair: the left to the right).
    Order(Order, i128),
}

/// The comparisons that are left when `!=`, `<=` and `>` are said with `not`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    Equal,
    Greater,
}

/// Reads conditions in one place.
pub(super) struct Reader<'a> {
    /// The state whose own result `.f` means; without one, `.f` is a value like any other.
    pub(super) owner: Option<&'a Name>,
    /// The agent's names.
    pub(super) scope: &'a AgentScope<'a>,
    pub(super) types: &'a dyn Types,
}

impl Reader<'_> {
    /// The formula of a condition.
    pub(super) fn formula(&self, expr: &Expr) -> Formula<Atom> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.formula(inner),
            ExprKind::Bool(value) => Formula::Constant(*value),
            ExprKind::Unary(UnaryOp::Not, inner) => negate(self.formula(inner)),
            ExprKind::Binary(op, _, left, right) => self.binary(expr, *op, left, right),
            ExprKind::Is(value, patterns) => match self.patterns(value, patterns) {
                Some(domain) => self.test(value, Test::Is(domain)),
                None => self.opaque(expr),
            },
            _ => self.test(expr, Test::Truth),
        }
    }

    fn binary(&self, whole: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> Formula<Atom> {
        let side = |expr: &Expr| Box::new(self.formula(expr));
        match op {
            BinaryOp::And => Formula::And(side(left), side(right)),
            BinaryOp::Or => Formula::Or(side(left), side(right)),
            BinaryOp::Eq => self.equal(left, right),
            BinaryOp::Ne => negate(self.equal(left, right)),
            BinaryOp::Lt => self.order(Order::Less, whole, left, right),
            BinaryOp::Gt => self.order(Order::Greater, whole, left, right),
            BinaryOp::Ge => negate(self.order(Order::Less, whole, left, right)),
            BinaryOp::Le => negate(self.order(Order::Greater, whole, left, right)),
            BinaryOp::In => match constants(right) {
                Some(constants) => self.test(left, Test::OneOf(constants)),
                None => self.opaque(whole),
            },
            BinaryOp::Else => self.test(whole, Test::Truth),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                self.opaque(whole)
            }
        }
    }

    fn equal(&self, left: &Expr, right: &Expr) -> Formula<Atom> {
        if let Some(constant) = Constant::of(right) {
            self.test(left, Test::OneOf(vec![constant]))
        } else if let Some(constant) = Constant::of(left) {
            self.test(right, Test::OneOf(vec![constant]))
        } else {
            self.pair(Order::Equal, left, right)
        }
    }

    fn order(&self, order: Order, whole: &Expr, left: &Expr, right: &Expr) -> Formula<Atom> {
        match (Constant::of(left), Constant::of(right)) {
            (None, None) => self.pair(order, left, right),
            (None, Some(Constant::Number(number))) => self.test(left, Test::Order(order, number)),
            (Some(Constant::Number(number)), None) => self.test(right, Test::Order(order.flipped(), number)),
            _ => self.opaque(whole),
        }
    }

    fn pair(&self, order: Order, left: &Expr, right: &Expr) -> Formula<Atom> {
        let (left, right) = (self.key(left), self.key(right));
        let (subject, order) = if left <= right {
            (Subject::Pair(left, right), order)
        } else {
            (Subject::Pair(right, left), order.flipped())
        };
        Formula::Atom(Atom { subject, default: None, test: Test::Order(order, 0) })
    }

    fn test(&self, value: &Expr, test: Test) -> Formula<Atom> {
        let (value, default) = with_default(value);
        Formula::Atom(Atom { subject: self.subject(value), default, test })
    }

    fn opaque(&self, expr: &Expr) -> Formula<Atom> {
        let subject = Subject::Value(self.key(expr));
        Formula::Atom(Atom { subject, default: None, test: Test::Truth })
    }

    fn subject(&self, value: &Expr) -> Subject {
        if let Some(path) = self.path(value) {
            return Subject::Path(path);
        }
        let key = self.key(value);
        match &value.kind {
            ExprKind::Call(function, _) if is_length(function) => Subject::Length(key),
            _ => Subject::Value(key),
        }
    }

    /// The path of a value of the agent's namespace, the state's own result by its name.
    pub(super) fn path(&self, value: &Expr) -> Option<AccessPath> {
        let path = AccessPath::of(value)?;
        let path = self.owner.map_or(path.clone(), |owner| path.owned_by(owner));
        matches!(&path.root, Root::Name(name) if self.scope.names.contains_key(name)).then_some(path)
    }

    fn key(&self, expr: &Expr) -> String {
        key(expr, self.owner)
    }

    /// The values of patterns, where cells tell them from all others that `value` may have.
    fn patterns(&self, value: &Expr, patterns: &[Pattern]) -> Option<Domain> {
        let types: Option<Vec<Type>> = patterns
            .iter()
            .map(|pattern| match pattern {
                Pattern::Literal(text) => Some(Type::Literal(text.name.clone())),
                Pattern::Type(path) => self.types.named(path),
            })
            .collect();
        let domain =
            Domain::of(&Type::Union(types?.into()), self.types.table()).filter(|domain| !domain.rest)?;
        let Some(asked) = domain.numbers else { return Some(domain) };
        // cells keep numbers of all sorts as numbers
        let (path, default) = with_default(value);
        let there = Domain::of_path(&self.path(path)?, self.types)?.numbers;
        let is_asked = there.is_some_and(|numbers| numbers.sorts.are(asked.sorts) != Some(false));
        let depends = there.is_some_and(|numbers| numbers.sorts.are(asked.sorts).is_none());
        let numbers = is_asked.then_some(asked);
        (!depends && !matches!(default, Some(Constant::Number(_)))).then_some(Domain { numbers, ..domain })
    }
}

impl Order {
    fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::Equal => Self::Equal,
            Self::Greater => Self::Less,
        }
    }
}

impl<A> Formula<A> {
    /// Every atom, from left to right.
    pub(super) fn atoms<'f>(&'f self, visit: &mut impl FnMut(&'f A)) {
        match self {
            Self::Constant(_) => {}
            Self::Atom(atom) => visit(atom),
            Self::Not(inner) => inner.atoms(visit),
            Self::And(left, right) | Self::Or(left, right) => {
                left.atoms(visit);
                right.atoms(visit);
            }
        }
    }

    /// The same condition over other atoms.
    pub(super) fn map<B>(&self, atom: &mut impl FnMut(&A) -> B) -> Formula<B> {
        match self {
            Self::Constant(value) => Formula::Constant(*value),
            Self::Atom(test) => Formula::Atom(atom(test)),
            Self::Not(inner) => Formula::Not(Box::new(inner.map(atom))),
            Self::And(left, right) => Formula::And(Box::new(left.map(atom)), Box::new(right.map(atom))),
            Self::Or(left, right) => Formula::Or(Box::new(left.map(atom)), Box::new(right.map(atom))),
        }
    }

    /// Its value where `atom` says each atom's; `None` where a value was read that its test does not take.
    pub(super) fn eval(&self, atom: &mut impl FnMut(&A) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Constant(value) => Some(*value),
            Self::Atom(test) => atom(test),
            Self::Not(inner) => inner.eval(atom).map(|value| !value),
            Self::And(left, right) => {
                if left.eval(atom)? {
                    right.eval(atom)
                } else {
                    Some(false)
                }
            }
            Self::Or(left, right) => {
                if left.eval(atom)? {
                    Some(true)
                } else {
                    right.eval(atom)
                }
            }
        }
    }
}

fn negate(formula: Formula<Atom>) -> Formula<Atom> {
    match formula {
        Formula::Constant(value) => Formula::Constant(!value),
        Formula::Not(inner) => *inner,
        other => Formula::Not(Box::new(other)),
    }
}

/// `x ?? "none"` tests `x`, and `"none"` where that is `null`.
fn with_default(value: &Expr) -> (&Expr, Option<Constant>) {
    match &value.kind {
        ExprKind::Paren(inner) => with_default(inner),
        ExprKind::Binary(BinaryOp::Else, _, path, default) => match Constant::of(default) {
            Some(constant) => (path, Some(constant)),
            None => (value, None),
        },
        _ => (value, None),
    }
}

fn constants(list: &Expr) -> Option<Vec<Constant>> {
    match &list.kind {
        ExprKind::Paren(inner) => constants(inner),
        ExprKind::List(items) => items.iter().map(Constant::of).collect(),
        _ => None,
    }
}

fn is_length(function: &Expr) -> bool {
    matches!(&function.kind, ExprKind::Name(name) if matches!(&**name, "len" | "count"))
}
