//! The choice at a state: its conditions in order, each over the values that the ones before it left. It is exact
//! as long as the values of all subjects together are few; else each subject is taken for itself.

use fixedbitset::FixedBitSet;
use indexmap::IndexMap;

use super::cells::{Cell, Cells};
use super::formula::{Atom, Formula, Subject};
use super::table::Table;
use super::types::Types;

/// So many combinations are tried one by one.
const EXACT: usize = 4096;

/// Edges of one state that are compared with each other; of more, each may be taken or not.
pub(super) const COMPARED: usize = 2048;

/// A condition by the index of its atoms.
type Condition = Option<Formula<usize>>;

/// The conditions of a state's edges.
#[derive(Debug)]
pub(super) struct Choice {
    /// In order; `None` is always true.
    conditions: Vec<Condition>,
    subjects: Vec<Local>,
    tests: Vec<Tested>,
    /// Pairs of subjects, the second a path through the first.
    nested: Vec<(usize, usize)>,
    /// Nothing is known of the conditions.
    pub(super) opaque: bool,
}

#[derive(Debug)]
struct Local {
    subject: Subject,
    cells: Cells,
    /// The bit of its first cell, where what is known of it outlives the choice.
    first: Option<usize>,
    /// For each cell a number, the same for cells that all tests answer alike.
    alike: Vec<usize>,
}

/// An atom's answer for each cell of its subject.
#[derive(Debug)]
struct Tested {
    subject: usize,
    passes: Vec<Option<bool>>,
}

/// For each subject and each of its cells, whether a value may be there.
pub(super) type Values = Vec<Vec<bool>>;

/// What may happen at a choice.
#[derive(Debug)]
pub(super) struct Outcome {
    /// For each edge the values with which its condition is tried, and those with which it is taken; `None` where
    /// it never is.
    pub(super) edges: Vec<[Option<Values>; 2]>,
    /// The values with which no edge is taken, and one case of them.
    pub(super) rest: Option<(Values, Values)>,
    /// Whether some value is of a type that its condition does not take, which is an error of its own.
    pub(super) mistyped: bool,
}

impl Choice {
    /// The choice between `conditions`, in order.
    pub(super) fn of(conditions: &[Option<Formula<Atom>>], table: &Table, types: &dyn Types) -> Self {
        let mut atoms: Vec<&Atom> = Vec::new();
        conditions.iter().flatten().for_each(|formula| formula.atoms(&mut |atom| atoms.push(atom)));
        let mut subjects: Vec<Local> = Vec::new();
        for atom in &atoms {
            if subjects.iter().any(|local| local.subject == atom.subject) {
                continue;
            }
            subjects.push(Local::of(&atom.subject, &atoms, table, types));
        }
        let tests: Vec<Tested> = atoms
            .iter()
            .filter_map(|atom| {
                let subject = subjects.iter().position(|local| local.subject == atom.subject)?;
                let cells = &subjects.get(subject)?.cells.list;
                Some(Tested { subject, passes: cells.iter().map(|cell| cell.passes(atom)).collect() })
            })
            .collect();
        for test in &tests {
            if let Some(local) = subjects.get_mut(test.subject) {
                local.split(test);
            }
        }
        let nested = nested(&subjects);
        let mut next = 0;
        let conditions = conditions
            .iter()
            .map(|condition| {
                condition.as_ref().map(|formula| {
                    formula.map(&mut |_| {
                        next += 1;
                        next - 1
                    })
                })
            })
            .collect();
        Self { conditions, subjects, tests, nested, opaque: false }
    }

    /// A choice between so many conditions that none is looked into.
    pub(super) fn opaque(conditions: &[Option<Formula<Atom>>]) -> Self {
        let unread = |condition: &Option<Formula<Atom>>| condition.as_ref().map(|_| Formula::Constant(true));
        let conditions = conditions.iter().map(unread).collect();
        Self { conditions, subjects: Vec::new(), tests: Vec::new(), nested: Vec::new(), opaque: true }
    }

    /// What may happen where `known` holds.
    pub(super) fn outcome(&self, known: &FixedBitSet) -> Outcome {
        self.outcome_of(&self.conditions, known)
    }

    /// Whether an edge would ever be taken if it were the only one.
    pub(super) fn is_ever_taken(&self, index: usize, known: &FixedBitSet) -> bool {
        let Some(condition) = self.conditions.get(index) else { return false };
        let outcome = self.outcome_of(std::slice::from_ref(condition), known);
        outcome.edges.into_iter().any(|[_, taken]| taken.is_some())
    }

    fn outcome_of(&self, conditions: &[Condition], known: &FixedBitSet) -> Outcome {
        if self.opaque {
            return unread(conditions);
        }
        let values: Values = self
            .subjects
            .iter()
            .map(|local| {
                let free = |at: usize| local.first.is_none_or(|first| !known.contains(first + at));
                local.cells.possible.iter().enumerate().map(|(at, possible)| *possible && free(at)).collect()
            })
            .collect();
        let classes: Vec<Vec<Class>> =
            values.iter().enumerate().map(|(subject, cells)| self.classes(subject, cells)).collect();
        let combinations = classes.iter().try_fold(1_usize, |product, list| product.checked_mul(list.len()));
        match combinations {
            Some(count) if count <= EXACT => self.each_combination(conditions, &classes, count),
            _ => self.one_by_one(conditions, values),
        }
    }

    /// Whether the types of all that is tested are known.
    pub(super) fn is_typed(&self) -> bool {
        self.subjects.iter().all(|local| local.cells.typed)
    }

    /// Writes into `known` what `values` rule out.
    pub(super) fn learn(&self, values: &Values, table: &Table, known: &mut FixedBitSet) {
        for (local, cells) in self.subjects.iter().zip(values) {
            let (Some(first), Subject::Path(path)) = (local.first, &local.subject) else { continue };
            for (at, possible) in cells.iter().enumerate() {
                if !possible {
                    known.insert(first + at);
                }
            }
            table.lift(path, known);
        }
    }

    /// Each subject with the cells that `values` leave it and that are not all it has.
    pub(super) fn described<'c>(
        &'c self,
        values: &'c Values,
    ) -> impl Iterator<Item = (&'c Subject, Vec<&'c Cell>)> {
        self.subjects.iter().zip(values).filter_map(|(local, cells)| {
            let possible = local.cells.possible.iter().filter(|possible| **possible).count();
            let left: Vec<&Cell> = local
                .cells
                .list
                .iter()
                .zip(cells)
                .filter(|(_, there)| **there)
                .map(|(cell, _)| cell)
                .collect();
            (left.len() < possible).then_some((&local.subject, left))
        })
    }

    /// The values of a subject that no test of this choice tells apart, taken together.
    fn classes(&self, subject: usize, cells: &[bool]) -> Vec<Class> {
        let mut classes: IndexMap<usize, Class> = IndexMap::new();
        let alike = self.subjects.get(subject).map_or(&[][..], |local| local.alike.as_slice());
        for (at, (_, class)) in cells.iter().zip(alike).enumerate().filter(|(_, (there, _))| **there) {
            classes.entry(*class).or_default().cells.push(at);
        }
        classes.into_values().collect()
    }

    fn each_combination(&self, conditions: &[Condition], classes: &[Vec<Class>], count: usize) -> Outcome {
        let mut outcome =
            Outcome { edges: vec![[None, None]; conditions.len()], rest: None, mistyped: false };
        for number in 0..count {
            let mut left = number;
            let chosen: Vec<&Class> = classes
                .iter()
                .filter_map(|list| {
                    let class = list.get(left % list.len());
                    left /= list.len();
                    class
                })
                .collect();
            if self.nested.iter().any(|pair| contradicts(*pair, &chosen)) {
                continue;
            }
            self.try_edges(conditions, &chosen, &mut outcome);
        }
        outcome
    }

    fn try_edges(&self, conditions: &[Condition], chosen: &[&Class], outcome: &mut Outcome) {
        for (condition, [tried, taken]) in conditions.iter().zip(&mut outcome.edges) {
            self.note(chosen, tried);
            let answer = condition.as_ref().map_or(Some(true), |formula| {
                formula.eval(&mut |test| {
                    let test = self.tests.get(*test)?;
                    let cell = chosen.get(test.subject)?.cells.first()?;
                    test.passes.get(*cell).copied().flatten()
                })
            });
            match answer {
                Some(false) => {}
                Some(true) => return self.note(chosen, taken),
                // the state fails: no edge is taken
                None => {
                    outcome.mistyped |=
                        self.subjects.iter().any(|local| local.first.is_some() && local.cells.typed);
                    return;
                }
            }
        }
        if let Some((all, _)) = &mut outcome.rest {
            Self::mark(chosen, all);
            return;
        }
        let mut case = None;
        self.note(chosen, &mut case);
        outcome.rest = case.map(|case| (case.clone(), case));
    }

    fn note(&self, chosen: &[&Class], into: &mut Option<Values>) {
        let none = || self.subjects.iter().map(|local| vec![false; local.cells.list.len()]).collect();
        Self::mark(chosen, into.get_or_insert_with(none));
    }

    fn mark(chosen: &[&Class], into: &mut Values) {
        for (cells, class) in into.iter_mut().zip(chosen) {
            for at in &class.cells {
                if let Some(cell) = cells.get_mut(*at) {
                    *cell = true;
                }
            }
        }
    }

    fn one_by_one(&self, conditions: &[Condition], values: Values) -> Outcome {
        let mut edges = Vec::with_capacity(conditions.len());
        let mut left = Some(values);
        for condition in conditions {
            let tried = left.take();
            let (taken, rest) = match (condition, &tried) {
                (_, None) => (None, None),
                (None, Some(values)) => (Some(values.clone()), None),
                (Some(formula), Some(values)) => {
                    (self.assume(formula, true, values), self.assume(formula, false, values))
                }
            };
            edges.push([tried, taken]);
            left = rest;
        }
        Outcome { edges, rest: left.map(|left| (left.clone(), left)), mistyped: false }
    }

    /// The values of `from` with which `formula` may be `truth`.
    fn assume(&self, formula: &Formula<usize>, truth: bool, from: &Values) -> Option<Values> {
        match formula {
            Formula::Constant(value) => (*value == truth).then(|| from.clone()),
            Formula::Not(inner) => self.assume(inner, !truth, from),
            Formula::Atom(test) => {
                let test = self.tests.get(*test)?;
                let mut values = from.clone();
                let cells = values.get_mut(test.subject)?;
                for (cell, passes) in cells.iter_mut().zip(&test.passes) {
                    *cell &= *passes == Some(truth);
                }
                cells.iter().any(|there| *there).then_some(values)
            }
            Formula::And(left, right) if truth => self.assume(right, truth, &self.assume(left, truth, from)?),
            Formula::Or(left, right) if !truth => self.assume(right, truth, &self.assume(left, truth, from)?),
            Formula::And(left, right) | Formula::Or(left, right) => {
                let first = self.assume(left, truth, from);
                let second =
                    self.assume(left, !truth, from).and_then(|from| self.assume(right, truth, &from));
                match (first, second) {
                    (Some(first), Some(second)) => Some(union(first, &second)),
                    (one, other) => one.or(other),
                }
            }
        }
    }
}

/// The outcome of conditions that may each hold or not.
fn unread(conditions: &[Condition]) -> Outcome {
    let mut open = true;
    let mut edges = Vec::with_capacity(conditions.len());
    for condition in conditions {
        edges.push(if open { [Some(Values::new()), Some(Values::new())] } else { [None, None] });
        open = open && condition.is_some();
    }
    let rest = open.then(|| (Values::new(), Values::new()));
    Outcome { edges, rest, mistyped: false }
}

/// Cells of one subject, by index, which all tests answer alike.
#[derive(Default)]
struct Class {
    cells: Vec<usize>,
}

impl Local {
    fn of(subject: &Subject, atoms: &[&Atom], table: &Table, types: &dyn Types) -> Self {
        let entry = match subject {
            Subject::Path(path) => table.entries.get(path),
            _ => None,
        };
        let cells = entry.map_or_else(
            || Cells::of(subject, atoms.iter().copied().filter(|atom| atom.subject == *subject), types),
            |entry| entry.cells.clone(),
        );
        // a result that is not there yet is `null`, whatever its type
        let mut cells = cells;
        if entry.is_some() {
            for (cell, possible) in cells.list.iter().zip(&mut cells.possible) {
                *possible |= *cell == Cell::Null;
            }
        }
        let alike = vec![0; cells.list.len()];
        Self { subject: subject.clone(), cells, first: entry.map(|entry| entry.first), alike }
    }

    /// Tells cells apart that a test answers differently.
    fn split(&mut self, test: &Tested) {
        let mut numbers: IndexMap<(usize, Option<bool>), usize> = IndexMap::new();
        for (class, passes) in self.alike.iter_mut().zip(&test.passes) {
            let next = numbers.len();
            *class = *numbers.entry((*class, *passes)).or_insert(next);
        }
    }
}

fn nested(subjects: &[Local]) -> Vec<(usize, usize)> {
    let path =
        |local: &Local| if let Subject::Path(path) = &local.subject { Some(path.clone()) } else { None };
    let mut pairs = Vec::new();
    for (outer, above) in subjects.iter().enumerate() {
        for (inner, below) in subjects.iter().enumerate() {
            let (Some(above), Some(below)) = (path(above), path(below)) else { continue };
            if above.root == below.root
                && above.steps.len() < below.steps.len()
                && below.steps.starts_with(&above.steps)
            {
                pairs.push((outer, inner));
            }
        }
    }
    pairs
}

/// A field of `null` is `null`; `null` is the first cell of a path.
fn contradicts((outer, inner): (usize, usize), chosen: &[&Class]) -> bool {
    let only_null = chosen.get(outer).is_some_and(|class| class.cells == [0]);
    let some_value = chosen.get(inner).is_some_and(|class| !class.cells.contains(&0));
    only_null && some_value
}

fn union(mut first: Values, second: &Values) -> Values {
    for (cells, others) in first.iter_mut().zip(second) {
        for (cell, other) in cells.iter_mut().zip(others) {
            *cell |= *other;
        }
    }
    first
}
