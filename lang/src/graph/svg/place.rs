//! How far to the right each item stands, so that edges are straight where they can be. After Brandes and Köpf: items
//! that an edge joins are put into blocks of one vertical line, blocks are pushed together, and that is done four
//! times, from each corner; an item stands in the middle of what the four say.

use super::layout::{Item, Piece, Rows, set};

/// The center of each item; `apart` says how far two neighbours of a row stand apart at least.
pub(super) fn place(rows: &Rows, apart: impl Fn(&Item, &Item) -> f64) -> Vec<f64> {
    let bent = crossing_long_ones(rows);
    let mut plans: Vec<Vec<f64>> = Vec::with_capacity(4);
    for downward in [true, false] {
        for leftmost in [true, false] {
            let blocks = Blocks::of(rows, &bent, downward, leftmost);
            plans.push(blocks.compacted(rows, &apart));
        }
    }
    balanced(&plans)
}

/// The order of the four plans: each second one is pushed to the right.
fn balanced(plans: &[Vec<f64>]) -> Vec<f64> {
    let ends = |plan: &[f64]| {
        let least = plan.iter().copied().fold(f64::INFINITY, f64::min);
        (least, plan.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    let narrowest = plans
        .iter()
        .map(|plan| ends(plan))
        .min_by(|one, other| (one.1 - one.0).total_cmp(&(other.1 - other.0)));
    let Some((left, right)) = narrowest else { return Vec::new() };
    let moved: Vec<Vec<f64>> = plans
        .iter()
        .enumerate()
        .map(|(index, plan)| {
            let (least, most) = ends(plan);
            let by = if index % 2 == 0 { left - least } else { right - most };
            plan.iter().map(|at| at + by).collect()
        })
        .collect();
    let count = moved.first().map_or(0, Vec::len);
    (0..count)
        .map(|item| {
            let mut four: Vec<f64> = moved.iter().filter_map(|plan| plan.get(item)).copied().collect();
            four.sort_by(f64::total_cmp);
            match four.as_slice() {
                [_, low, high, _] => f64::midpoint(*low, *high),
                _ => 0.0,
            }
        })
        .collect()
}

/// The pieces that cross a piece of a long edge: that one stays straight.
fn crossing_long_ones(rows: &Rows) -> Vec<bool> {
    let positions = rows.positions();
    let place = |item: usize| positions.get(item).copied().unwrap_or(0);
    let is_lane = |item: usize| rows.items.get(item).is_some_and(|item| item.node.is_none());
    let is_long = |piece: &Piece| is_lane(piece.upper) && is_lane(piece.lower);
    let row = |piece: &Piece| rows.items.get(piece.upper).map_or(0, |item| item.row);
    let mut long: Vec<Vec<(usize, usize)>> = vec![Vec::new(); rows.order.len()];
    for piece in rows.pieces.iter().filter(|piece| is_long(piece)) {
        if let Some(list) = long.get_mut(row(piece)) {
            list.push((place(piece.upper), place(piece.lower)));
        }
    }
    rows.pieces
        .iter()
        .map(|piece| {
            let (upper, lower) = (place(piece.upper), place(piece.lower));
            let crosses = |(above, below): &(usize, usize)| {
                (*above < upper && *below > lower) || (*above > upper && *below < lower)
            };
            !is_long(piece) && long.get(row(piece)).is_some_and(|list| list.iter().any(crosses))
        })
        .collect()
}

/// Items in vertical lines.
struct Blocks {
    /// The first item of each item's block.
    root: Vec<usize>,
    /// How far an item stands from its block's line.
    inner: Vec<f64>,
    /// 1 where blocks are pushed to the left, -1 where all is mirrored.
    side: f64,
}

impl Blocks {
    fn of(rows: &Rows, bent: &[bool], downward: bool, leftmost: bool) -> Self {
        let count = rows.items.len();
        let side = if leftmost { 1.0 } else { -1.0 };
        let mut blocks = Self { root: (0..count).collect(), inner: vec![0.0; count], side };
        let positions = rows.positions();
        let place = |item: usize| {
            let at = positions.get(item).copied().unwrap_or(0);
            if leftmost { at } else { usize::MAX - at }
        };
        let mut before: Vec<Vec<(usize, f64, bool)>> = vec![Vec::new(); count];
        for (piece, bent) in rows.pieces.iter().zip(bent) {
            let [from, to] = piece.ends;
            let (item, other, off) = if downward {
                (piece.lower, piece.upper, from - to)
            } else {
                (piece.upper, piece.lower, to - from)
            };
            if let Some(list) = before.get_mut(item) {
                list.push((other, off, *bent));
            }
        }
        for list in &mut before {
            list.sort_by_key(|(other, ..)| place(*other));
        }
        let mut taken = vec![false; count];
        let order: Vec<&Vec<usize>> =
            if downward { rows.order.iter().collect() } else { rows.order.iter().rev().collect() };
        for row in order {
            let mut reached: Option<usize> = None;
            let items: Vec<usize> = if leftmost { row.clone() } else { row.iter().rev().copied().collect() };
            for item in items {
                let others = before.get(item).map_or(&[][..], Vec::as_slice);
                let last = others.len().saturating_sub(1);
                for middle in [last / 2, last.div_ceil(2)] {
                    let Some((other, off, bent)) = others.get(middle).copied() else { continue };
                    let free = blocks.root.get(item) == Some(&item) && taken.get(other) == Some(&false);
                    if free && !bent && reached.is_none_or(|reached| reached < place(other)) {
                        blocks.join(item, other, off * side);
                        set(&mut taken, other, true);
                        reached = Some(place(other));
                    }
                }
            }
        }
        blocks
    }

    fn join(&mut self, item: usize, other: usize, off: f64) {
        let root = self.root_of(other);
        let inner = self.inner.get(other).copied().unwrap_or(0.0) + off;
        set(&mut self.root, item, root);
        set(&mut self.inner, item, inner);
    }

    fn root_of(&self, item: usize) -> usize {
        self.root.get(item).copied().unwrap_or(item)
    }

    /// Pushes the blocks together, then each as near to its neighbour behind as that allows.
    fn compacted(&self, rows: &Rows, apart: &impl Fn(&Item, &Item) -> f64) -> Vec<f64> {
        let count = rows.items.len();
        let mut behind: Vec<Vec<(usize, f64)>> = vec![Vec::new(); count];
        let mut waits = vec![0_usize; count];
        for row in &rows.order {
            let items: Vec<usize> =
                if self.side > 0.0 { row.clone() } else { row.iter().rev().copied().collect() };
            for pair in items.windows(2) {
                let [one, other] = *pair else { continue };
                let (Some(left), Some(right)) = (rows.items.get(one), rows.items.get(other)) else {
                    continue;
                };
                let inner = |item: usize| self.inner.get(item).copied().unwrap_or(0.0);
                let least = apart(left, right) + inner(one) - inner(other);
                let to = self.root_of(other);
                if let Some(list) = behind.get_mut(self.root_of(one)) {
                    list.push((to, least));
                }
                if let Some(waits) = waits.get_mut(to) {
                    *waits += 1;
                }
            }
        }
        let mut ready: Vec<usize> =
            (0..count).filter(|item| self.root_of(*item) == *item && waits.get(*item) == Some(&0)).collect();
        let mut order = Vec::with_capacity(count);
        let mut at = vec![0.0_f64; count];
        while let Some(block) = ready.pop() {
            order.push(block);
            let here = at.get(block).copied().unwrap_or(0.0);
            for (next, least) in behind.get(block).map_or(&[][..], Vec::as_slice) {
                if let Some(place) = at.get_mut(*next) {
                    *place = place.max(here + least);
                }
                if let Some(waits) = waits.get_mut(*next) {
                    *waits -= 1;
                    if *waits == 0 {
                        ready.push(*next);
                    }
                }
            }
        }
        for block in order.into_iter().rev() {
            let room = behind
                .get(block)
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .filter_map(|(next, least)| at.get(*next).map(|place| place - least));
            let room = room.fold(f64::INFINITY, f64::min);
            if let Some(place) = at.get_mut(block).filter(|_| room.is_finite()) {
                *place = place.max(room);
            }
        }
        (0..count)
            .map(|item| {
                let line = at.get(self.root_of(item)).copied().unwrap_or(0.0);
                (line + self.inner.get(item).copied().unwrap_or(0.0)) * self.side
            })
            .collect()
    }
}
