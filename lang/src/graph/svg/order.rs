//! The order of items within rows, so that few edges cross.

use super::layout::{Rows, real, set};

/// Down and up so many times.
const SWEEPS: usize = 12;

/// Orders the rows of `rows`.
pub(super) fn order(rows: &mut Rows) {
    let (above, below) = neighbors(rows);
    let mut positions = rows.positions();
    let mut best = rows.order.clone();
    let mut fewest = crossings(rows);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        let count = rows.order.len();
        for step in 1..count {
            let row = if down { step } else { count - 1 - step };
            sort(rows, row, if down { &above } else { &below }, &mut positions);
        }
        let now = crossings(rows);
        if now < fewest {
            fewest = now;
            best.clone_from(&rows.order);
        }
    }
    rows.order = best;
}

fn neighbors(rows: &Rows) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut above = vec![Vec::new(); rows.items.len()];
    let mut below = vec![Vec::new(); rows.items.len()];
    for piece in &rows.pieces {
        if let Some(list) = above.get_mut(piece.lower) {
            list.push(piece.upper);
        }
        if let Some(list) = below.get_mut(piece.upper) {
            list.push(piece.lower);
        }
    }
    (above, below)
}

/// Sorts a row by the mean place of what its items hang on; what hangs on nothing keeps its place.
fn sort(rows: &mut Rows, row: usize, hangs_on: &[Vec<usize>], positions: &mut [usize]) {
    let Some(items) = rows.order.get_mut(row) else { return };
    let mut keyed: Vec<(f64, usize)> = items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let others = hangs_on.get(*item).map_or(&[][..], Vec::as_slice);
            let sum: usize = others.iter().filter_map(|other| positions.get(*other)).sum();
            let mean = if others.is_empty() { real(at) } else { real(sum) / real(others.len()) };
            (mean, *item)
        })
        .collect();
    keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (at, (slot, (_, item))) in items.iter_mut().zip(keyed).enumerate() {
        *slot = item;
        set(positions, item, at);
    }
}

fn crossings(rows: &Rows) -> usize {
    let positions = rows.positions();
    let place = |item: usize| positions.get(item).copied().unwrap_or(0);
    let mut by_row: Vec<Vec<(usize, usize)>> = vec![Vec::new(); rows.order.len()];
    for piece in &rows.pieces {
        let row = rows.items.get(piece.upper).map_or(0, |item| item.row);
        if let Some(list) = by_row.get_mut(row) {
            list.push((place(piece.upper), place(piece.lower)));
        }
    }
    by_row
        .into_iter()
        .map(|mut list| {
            list.sort_unstable();
            inversions(&list.into_iter().map(|(_, lower)| lower).collect::<Vec<_>>())
        })
        .sum()
}

/// How many pairs stand in the wrong order: a prefix sum over places, kept as a Fenwick tree.
fn inversions(list: &[usize]) -> usize {
    let size = list.iter().max().map_or(0, |most| most + 1);
    let mut tree = vec![0_usize; size + 1];
    let mut count = 0;
    for (seen, value) in list.iter().enumerate() {
        let mut not_greater = 0;
        let mut at = value + 1;
        while at > 0 {
            not_greater += tree.get(at).copied().unwrap_or(0);
            at &= at - 1;
        }
        count += seen - not_greater;
        let mut at = value + 1;
        while at <= size {
            let sum = tree.get(at).copied().unwrap_or(0) + 1;
            set(&mut tree, at, sum);
            at += at & at.wrapping_neg();
        }
    }
    count
}
