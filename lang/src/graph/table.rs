//! Every path that an agent's conditions speak of, and its cells as bits: what is known in a place is one bit set,
//! in which a bit says that the value is *not* in that cell. Where two ways meet, what holds is what both say.

use std::ops::Range;

use fixedbitset::FixedBitSet;
use indexmap::{IndexMap, IndexSet};

use super::cells::{Cell, Cells};
use super::facts::{Case, Constant, Known};
use super::formula::{Atom, Subject};
use super::path::{AccessPath, Root};
use super::types::{DEEPEST_ALIAS, Types};
use crate::ast::Name;
use crate::ir::StateId;
use crate::resolve::StateEntry;
use crate::value::{Type, TypeBody, TypeId, TypeTable};

/// The paths of an agent.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entries: IndexMap<AccessPath, Entry>,
    /// The paths of each root, by index.
    roots: IndexMap<Name, Range<usize>>,
    /// States that have a result only once they were done, by name.
    done_by: IndexMap<Name, StateId>,
    /// How many bits all cells take.
    pub(super) len: usize,
    states: usize,
}

/// A path.
#[derive(Debug)]
pub(super) struct Entry {
    /// The bit of its first cell.
    pub(super) first: usize,
    pub(super) cells: Cells,
    /// The paths it goes through, by index.
    above: Vec<usize>,
}

impl Table {
    /// The table of all atoms of an agent with these states.
    pub(super) fn of<'f>(
        atoms: impl Iterator<Item = &'f Atom>,
        states: &[StateEntry<'_>],
        types: &dyn Types,
    ) -> Self {
        let mut by_path: IndexMap<&AccessPath, Vec<&Atom>> = IndexMap::new();
        for atom in atoms {
            if let Subject::Path(path) = &atom.subject {
                by_path.entry(path).or_default().push(atom);
            }
        }
        // the paths of one root stand side by side, so that setting it clears one range
        by_path.sort_unstable_keys();
        // What a loop or a parallel holds can be read behind its events, too.
        let done_by =
            states.iter().filter(|state| !state.part && !["loop", "parallel"].contains(&state.kind.word));
        let done_by = done_by.map(|state| (state.decl.name.name.clone(), state.id)).collect();
        let mut table = Self { done_by, states: states.len(), ..Self::default() };
        for (path, atoms) in by_path {
            let subject = Subject::Path(path.clone());
            let cells = Cells::of(&subject, atoms.into_iter(), types);
            table.add(path, cells);
        }
        table
    }

    /// How many bits a place takes.
    pub(super) fn bits(&self) -> usize {
        self.len + 4 * self.states
    }

    /// The bit that says that a state has a result.
    pub(super) fn set_bit(&self, id: StateId) -> usize {
        self.len + id.index()
    }

    /// The bit that says that a loop or a parallel can be read: it has a result, or its event was caught.
    pub(super) fn read_bit(&self, id: StateId) -> usize {
        self.len + self.states + id.index()
    }

    /// The bit that says that a state's result is of this round of every loop around it.
    pub(super) fn fresh_bit(&self, id: StateId) -> usize {
        self.len + 2 * self.states + id.index()
    }

    /// The bit that says that no visit of a state has failed since its last result: what an earlier one gave counts for
    /// no `require`.
    pub(super) fn counts_bit(&self, id: StateId) -> usize {
        self.len + 3 * self.states + id.index()
    }

    fn add(&mut self, path: &AccessPath, cells: Cells) {
        let above = std::iter::successors(path.parent(), AccessPath::parent)
            .filter_map(|parent| self.entries.get_index_of(&parent))
            .collect();
        let first = self.len;
        self.len += cells.list.len();
        if let Root::Name(root) = &path.root {
            let index = self.entries.len();
            self.roots.entry(root.clone()).or_insert(index..index).end = index + 1;
        }
        self.entries.insert(path.clone(), Entry { first, cells, above });
    }

    /// Forgets what was known of `root`; what its type rules out is known again, with `unset` that it may be
    /// `null` for want of a result.
    pub(super) fn reset(&self, root: &str, unset: bool, bits: &mut FixedBitSet) {
        for entry in self.under(root) {
            for (at, (cell, possible)) in entry.cells.list.iter().zip(&entry.cells.possible).enumerate() {
                let there = *possible || (unset && *cell == Cell::Null);
                bits.set(entry.first + at, !there);
            }
        }
    }

    /// Nothing has set `root`, so it and all below it are `null`.
    pub(super) fn unset(&self, root: &str, bits: &mut FixedBitSet) {
        for entry in self.under(root) {
            for (at, cell) in entry.cells.list.iter().enumerate() {
                bits.set(entry.first + at, *cell != Cell::Null);
            }
        }
    }

    /// `root` is what it was, or it is not counted on any more.
    pub(super) fn doubt(&self, root: &str, bits: &mut FixedBitSet) {
        for entry in self.under(root) {
            // `null` is the first cell of every path
            bits.set(entry.first, false);
        }
    }

    fn under(&self, root: &str) -> impl Iterator<Item = &Entry> {
        let range = self.roots.get(root).cloned().unwrap_or(0..0);
        self.entries.get_range(range).into_iter().flat_map(|slice| slice.values())
    }

    /// Rules out every cell of `path` that `keep` does not.
    pub(super) fn restrict(&self, path: &AccessPath, keep: impl Fn(&Cell) -> bool, bits: &mut FixedBitSet) {
        let Some(entry) = self.entries.get(path) else { return };
        for (at, cell) in entry.cells.list.iter().enumerate() {
            if !keep(cell) {
                bits.insert(entry.first + at);
            }
        }
        self.lift(path, bits);
    }

    /// Rules out every cell of `path` but the one that holds `value`.
    pub(super) fn restrict_to(&self, path: &AccessPath, value: &Constant, bits: &mut FixedBitSet) {
        let Some(entry) = self.entries.get(path) else { return };
        let named = Cell::of(value);
        let is_named = entry.cells.list.contains(&named);
        self.restrict(path, |cell| if is_named { *cell == named } else { cell.takes_in(value) }, bits);
    }

    /// True where `path` is for sure not `null`.
    pub(super) fn is_non_null(&self, path: &AccessPath, bits: &FixedBitSet) -> bool {
        self.entries.get(path).is_some_and(|entry| bits.contains(entry.first))
    }

    /// True where `path` is for sure `true`.
    pub(super) fn is_true(&self, path: &AccessPath, bits: &FixedBitSet) -> bool {
        self.entries.get(path).is_some_and(|entry| {
            entry.cells.list.iter().enumerate().all(|(at, cell)| {
                // what is in no cell is nowhere, which no run comes to
                bits.contains(entry.first + at) != (*cell == Cell::True)
            })
        })
    }

    /// Forgets what was known of one path but for its type.
    pub(super) fn forget(&self, path: &AccessPath, bits: &mut FixedBitSet) {
        let Some(entry) = self.entries.get(path) else { return };
        for (at, (cell, possible)) in entry.cells.list.iter().zip(&entry.cells.possible).enumerate() {
            bits.set(entry.first + at, !(*possible || *cell == Cell::Null));
        }
    }

    /// A field of `null` is `null`: where `path` is not, neither is what it goes through.
    pub(super) fn lift(&self, path: &AccessPath, bits: &mut FixedBitSet) {
        let Some(entry) = self.entries.get(path) else { return };
        // `null` is the first cell of every path
        if !bits.contains(entry.first) {
            return;
        }
        for above in &entry.above {
            if let Some((_, above)) = self.entries.get_index(*above) {
                bits.insert(above.first);
            }
        }
        // A state's result is `null` until the state was done once, and stays.
        if let Root::Name(root) = &path.root
            && let Some(state) = self.done_by.get(root)
        {
            bits.insert(self.set_bit(*state));
        }
    }

    /// What `bits` say of `path`, in the words of conditions.
    pub(super) fn known(&self, path: &AccessPath, bits: &FixedBitSet, types: &TypeTable) -> Vec<Known> {
        let Some(entry) = self.entries.get(path) else { return Vec::new() };
        let ruled_out = |at: usize| bits.contains(entry.first + at);
        let left: Vec<&Cell> = entry
            .cells
            .list
            .iter()
            .enumerate()
            .filter(|(at, _)| !ruled_out(*at))
            .map(|(_, cell)| cell)
            .collect();
        let mut known = Vec::new();
        match left.as_slice() {
            [] => return known,
            [Cell::Null] => return vec![Known::Null],
            [Cell::True] => known.push(Known::True),
            [Cell::False] => known.push(Known::False),
            _ => {}
        }
        if ruled_out(0) {
            known.insert(0, Known::NonNull);
        }
        let cases: Option<Vec<Case>> = left.iter().map(|cell| cell.case(types)).collect();
        if let Some(cases) = cases {
            known.push(Known::Is(cases));
        }
        let others: Vec<Case> = entry
            .cells
            .list
            .iter()
            .enumerate()
            .filter(|(at, _)| ruled_out(*at) && entry.cells.possible.get(*at) == Some(&true))
            .filter_map(|(_, cell)| cell.case(types))
            .collect();
        if !others.is_empty() {
            known.push(Known::IsNot(others));
        }
        known
    }

    /// `ty` without what `bits` rule out of the values of `path`.
    pub(super) fn narrow(&self, path: &AccessPath, ty: &Type, bits: &FixedBitSet, types: &TypeTable) -> Type {
        let Some(entry) = self.entries.get(path) else { return ty.clone() };
        let mut null = false;
        let mut literals: IndexSet<&Name> = IndexSet::new();
        let mut records: IndexSet<TypeId> = IndexSet::new();
        for (_, cell) in entry.cells.list.iter().enumerate().filter(|(at, _)| bits.contains(entry.first + at))
        {
            match cell {
                Cell::Null => null = true,
                Cell::Literal(text) => {
                    literals.insert(text);
                }
                Cell::Record(id) => {
                    records.insert(*id);
                }
                _ => {}
            }
        }
        let mut members = Vec::new();
        flatten(ty, types, DEEPEST_ALIAS, &mut members);
        let left: Vec<Type> = members
            .iter()
            .filter(|member| match member {
                Type::Null => !null,
                Type::Literal(text) => !literals.contains(text),
                Type::Named(id) => !records.contains(id),
                _ => true,
            })
            .cloned()
            .collect();
        if left.len() == members.len() || left.is_empty() {
            return ty.clone();
        }
        // only `null` went: the type keeps its name
        if let Type::Optional(inner) = ty
            && left.len() + 1 == members.len()
            && !left.contains(&Type::Null)
        {
            return Type::clone(inner);
        }
        union(left)
    }
}

/// The members of a type, aliases of unions taken apart.
fn flatten(ty: &Type, types: &TypeTable, depth: u32, into: &mut Vec<Type>) {
    let Some(depth) = depth.checked_sub(1) else { return into.push(ty.clone()) };
    match ty {
        Type::Optional(inner) => {
            flatten(inner, types, depth, into);
            into.push(Type::Null);
        }
        Type::Union(members) => members.iter().for_each(|member| flatten(member, types, depth, into)),
        Type::Named(id) => match types.get(*id).map(|def| &def.body) {
            Some(TypeBody::Alias { ty: Type::Union(members), .. }) => {
                members.iter().for_each(|member| flatten(member, types, depth, into));
            }
            Some(TypeBody::Alias { ty: inner @ (Type::Optional(_) | Type::Named(_)), .. }) => {
                flatten(inner, types, depth, into);
            }
            _ => into.push(ty.clone()),
        },
        _ => into.push(ty.clone()),
    }
}

fn union(members: Vec<Type>) -> Type {
    let null = members.contains(&Type::Null);
    let mut rest: Vec<Type> = members.into_iter().filter(|member| *member != Type::Null).collect();
    let ty = match rest.len() {
        0 => return Type::Null,
        1 => rest.remove(0),
        _ => Type::Union(rest.into()),
    };
    if null { ty.optional() } else { ty }
}

impl Cell {
    fn case(&self, types: &TypeTable) -> Option<Case> {
        match self {
            Self::Literal(text) => Some(Case::Literal(text.clone())),
            Self::Record(id) => types.get(*id).map(|def| Case::Type(def.name.clone())),
            _ => None,
        }
    }
}
