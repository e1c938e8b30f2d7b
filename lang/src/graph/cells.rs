//! The values of a subject, cut into the cells that conditions tell apart: `null`, `true`, `false`, each literal,
//! each record, each number named and what lies between. What is known of a value is which cells it is not in.

use std::collections::BTreeSet;

use indexmap::IndexSet;

use super::facts::Constant;
use super::formula::{Atom, Order, Subject, Test};
use super::types::{Domain, Types};
use crate::ast::Name;
use crate::value::TypeId;

/// Numbers are kept in billionths, so that they compare exactly.
pub(super) const NANOS: i128 = 1_000_000_000;

/// A number in billionths; `None` where it is none of so many of them exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "what does not come back as it was is left out"
)]
pub(super) fn nanos(number: f64) -> Option<i128> {
    let nanos = (number * 1e9).round() as i128;
    (nanos as f64 / 1e9 == number && nanos < i128::MAX && nanos > i128::MIN).then_some(nanos)
}

/// A set of values that no condition at hand tells apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    True,
    False,
    Literal(Name),
    /// A string that is not named.
    Text,
    Record(TypeId),
    At(i128),
    /// Between two numbers, both exclusive.
    Between(Option<i128>, Option<i128>),
    /// Of a pair.
    Order(Order),
    /// Any other value.
    Other,
}

/// The cells of one subject; one that its type rules out is not possible.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    /// False where nothing is known of the type: an error is reported already, or it is found later.
    pub(super) typed: bool,
    pub(super) list: Vec<Cell>,
    pub(super) possible: Vec<bool>,
}

impl Cells {
    /// The cells of `subject` that `atoms` and its type tell apart.
    pub(super) fn of<'f>(
        subject: &Subject,
        atoms: impl Iterator<Item = &'f Atom>,
        types: &dyn Types,
    ) -> Self {
        if let Subject::Pair(..) = subject {
            let list = [Order::Less, Order::Equal, Order::Greater].map(Cell::Order).to_vec();
            return Self { typed: true, possible: vec![true; list.len()], list };
        }
        let domain = match subject {
            Subject::Path(path) => Domain::of_path(path, types),
            Subject::Length(_) => Some(Domain::length()),
            Subject::Value(_) | Subject::Pair(..) => None,
        };
        let mut named = Named::default();
        atoms.for_each(|atom| named.atom(atom));
        if let Some(domain) = &domain {
            named.domain(domain);
        }
        let list = named.cells();
        let possible =
            list.iter().map(|cell| domain.as_ref().is_none_or(|domain| cell.is_possible(domain))).collect();
        let is_typed = match subject {
            Subject::Path(path) => domain.is_some() || types.is_typed(path),
            _ => true,
        };
        Self { typed: is_typed, list, possible }
    }
}

/// What conditions and types name.
#[derive(Default)]
struct Named {
    literals: IndexSet<Name>,
    records: IndexSet<TypeId>,
    numbers: BTreeSet<i128>,
}

impl Named {
    fn atom(&mut self, atom: &Atom) {
        atom.default.iter().for_each(|constant| self.constant(constant));
        match &atom.test {
            Test::Truth => {}
            Test::OneOf(constants) => constants.iter().for_each(|constant| self.constant(constant)),
            Test::Is(domain) => self.domain(domain),
            Test::Order(_, number) => {
                self.numbers.insert(*number);
            }
        }
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Text(text) => {
                self.literals.insert(text.clone());
            }
            Constant::Number(number) => {
                self.numbers.insert(*number);
            }
            Constant::Null | Constant::Bool(_) => {}
        }
    }

    fn domain(&mut self, domain: &Domain) {
        self.literals.extend(domain.literals.iter().cloned());
        self.records.extend(&domain.records);
    }

    fn cells(self) -> Vec<Cell> {
        let mut list = vec![Cell::Null, Cell::True, Cell::False, Cell::Text, Cell::Other];
        list.extend(self.literals.into_iter().map(Cell::Literal));
        list.extend(self.records.into_iter().map(Cell::Record));
        let mut low = None;
        for number in self.numbers {
            list.push(Cell::Between(low, Some(number)));
            list.push(Cell::At(number));
            low = Some(number);
        }
        list.push(Cell::Between(low, None));
        list
    }
}

impl Cell {
    fn is_possible(&self, domain: &Domain) -> bool {
        match self {
            Self::Null => domain.null,
            Self::True | Self::False => domain.boolean,
            Self::Literal(text) => domain.text || domain.literals.contains(text),
            Self::Text => domain.text,
            Self::Record(id) => domain.records.contains(id),
            Self::At(number) => domain.numbers.is_some_and(|numbers| {
                numbers.low.is_none_or(|low| low <= *number)
                    && numbers.high.is_none_or(|high| *number <= high)
                    && (!numbers.sorts.are_whole() || number % NANOS == 0)
            }),
            Self::Between(low, high) => domain.numbers.is_some_and(|numbers| {
                let inside = numbers.low.is_none_or(|least| high.is_none_or(|high| least < high))
                    && numbers.high.is_none_or(|most| low.is_none_or(|low| low < most));
                inside
                    && !(numbers.sorts.are_whole() && holds_no_whole(*low, *high, numbers.low, numbers.high))
            }),
            Self::Order(_) => false,
            Self::Other => domain.rest,
        }
    }

    /// Whether a value of this cell passes `test`; `None` where the test does not take such a value.
    pub(super) fn passes(&self, atom: &Atom) -> Option<bool> {
        match (self, &atom.default) {
            (Self::Null, Some(default)) => Self::of(default).tested(&atom.test),
            _ => self.tested(&atom.test),
        }
    }

    pub(super) fn of(constant: &Constant) -> Self {
        match constant {
            Constant::Null => Self::Null,
            Constant::Bool(true) => Self::True,
            Constant::Bool(false) => Self::False,
            Constant::Text(text) => Self::Literal(text.clone()),
            Constant::Number(number) => Self::At(*number),
        }
    }

    /// Whether a value that no cell names is in this one.
    pub(super) fn takes_in(&self, value: &Constant) -> bool {
        match (self, value) {
            (Self::Text, Constant::Text(_)) => true,
            (Self::Between(low, high), Constant::Number(number)) => {
                low.is_none_or(|low| low < *number) && high.is_none_or(|high| *number < high)
            }
            _ => false,
        }
    }

    fn tested(&self, test: &Test) -> Option<bool> {
        match test {
            Test::Truth => match self {
                Self::True => Some(true),
                Self::False => Some(false),
                _ => None,
            },
            Test::OneOf(constants) => Some(constants.iter().any(|constant| *self == Self::of(constant))),
            Test::Is(domain) => Some(self.is_of(domain)),
            Test::Order(order, number) => Some(self.stands_to(*number)? == *order),
        }
    }

    fn is_of(&self, domain: &Domain) -> bool {
        match self {
            Self::At(_) | Self::Between(..) => domain.numbers.is_some(),
            _ => self.is_possible(domain),
        }
    }

    fn stands_to(&self, number: i128) -> Option<Order> {
        match self {
            Self::Order(order) => Some(*order),
            Self::At(at) => Some(match at.cmp(&number) {
                std::cmp::Ordering::Less => Order::Less,
                std::cmp::Ordering::Equal => Order::Equal,
                std::cmp::Ordering::Greater => Order::Greater,
            }),
            Self::Between(_, Some(high)) if *high <= number => Some(Order::Less),
            Self::Between(..) => Some(Order::Greater),
            _ => None,
        }
    }
}

/// Whether no whole number lies strictly between `low` and `high` and within the inclusive bounds.
fn holds_no_whole(low: Option<i128>, high: Option<i128>, least: Option<i128>, most: Option<i128>) -> bool {
    let above = low.map(|low| low.div_euclid(NANOS) + 1);
    let least = least.map(|least| (least + NANOS - 1).div_euclid(NANOS));
    let below = high.map(|high| (high + NANOS - 1).div_euclid(NANOS) - 1);
    let most = most.map(|most| most.div_euclid(NANOS));
    let lowest = above.max(least);
    let highest = match (below, most) {
        (Some(below), Some(most)) => Some(below.min(most)),
        (below, most) => below.or(most),
    };
    matches!((lowest, highest), (Some(lowest), Some(highest)) if lowest > highest)
}
