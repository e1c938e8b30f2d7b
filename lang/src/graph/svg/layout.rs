//! Layered layout of one level of a graph: nodes in rows from top to bottom, edges between them through slots of
//! their own, so that no edge crosses a node or a label. It knows sizes alone, nothing of states.

use super::order::order;
use super::place::place;

/// Between two things side by side.
const SIDE: f64 = 22.0;
/// Between two edges side by side.
const LANE: f64 = 14.0;
/// Between two rows, at least; where an edge goes far to the side, more.
const GAP: f64 = 14.0;
const MOST_GAP: f64 = 46.0;
const SLOPE: f64 = 0.11;

/// A point, y downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) w: f64,
    pub(super) h: f64,
}

/// What is laid out.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) nodes: Vec<Block>,
    pub(super) links: Vec<Link>,
}

/// A node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    pub(super) size: Size,
    /// Room to its right, for an edge from it to itself.
    pub(super) aside: f64,
    pub(super) row: Row,
}

/// Which row a node wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Row {
    /// Below all that lead to it.
    #[default]
    Below,
    /// Right above what it leads to.
    Above,
    /// The first one.
    First,
    /// The last one.
    Last,
    /// This one.
    Fixed(usize),
}

/// An edge between two different nodes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The label's size.
    pub(super) label: Option<Size>,
    /// Where on the lower side of `from` it begins, from the left; `None`: where it fits.
    pub(super) port: Option<f64>,
    /// It goes up, whatever else leads where.
    pub(super) up: bool,
}

/// Where everything stands.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Upper left corners.
    pub(super) nodes: Vec<Point>,
    pub(super) routes: Vec<Route>,
    pub(super) size: Size,
}

/// How an edge goes: straight from one point to the next, but for a curve over each gap between rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Route {
    pub(super) points: Vec<Point>,
    /// The label's center.
    pub(super) label: Option<Point>,
}

/// Something in a row: a node, or the slot of an edge that passes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) size: Size,
    pub(super) node: Option<usize>,
    /// The edge, and whether its label stands here.
    pub(super) slot: Option<(usize, bool)>,
    pub(super) row: usize,
}

/// A piece of an edge from a row to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) link: usize,
    /// Where it leaves the upper and reaches the lower item, from their centers.
    pub(super) ends: [f64; 2],
}

/// Rows of items and the pieces between them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) items: Vec<Item>,
    pub(super) order: Vec<Vec<usize>>,
    pub(super) pieces: Vec<Piece>,
}

/// Lays `input` out.
pub(super) fn layout(input: &Input) -> Output {
    let turned = turned(input);
    let ranks = ranks(input, &turned);
    let mut rows = rows(input, &turned, &ranks);
    order(&mut rows);
    attach(input, &mut rows);
    let centers = place(&rows, |one, other| {
        let both_lanes = one.node.is_none() && other.node.is_none();
        f64::midpoint(one.size.w, other.size.w) + if both_lanes { LANE } else { SIDE }
    });
    output(input, &turned, &rows, &centers)
}

/// Which edges go up: those that close a cycle for a walk in the order of the nodes.
fn turned(input: &Input) -> Vec<bool> {
    let mut turned: Vec<bool> = input.links.iter().map(|link| link.up).collect();
    let down = |link: &Link| if link.up { (link.to, link.from) } else { (link.from, link.to) };
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); input.nodes.len()];
    for (index, link) in input.links.iter().enumerate() {
        if let Some(list) = out.get_mut(down(link).0) {
            list.push(index);
        }
    }
    // 0: not met, 1: on the way, 2: left
    let mut state = vec![0_u8; input.nodes.len()];
    for root in 0..input.nodes.len() {
        let mut way = vec![(root, 0_usize)];
        if state.get(root) != Some(&0) {
            continue;
        }
        while let Some((node, at)) = way.pop() {
            set(&mut state, node, 1);
            let Some(index) = out.get(node).and_then(|list| list.get(at)).copied() else {
                set(&mut state, node, 2);
                continue;
            };
            way.push((node, at + 1));
            let Some(link) = input.links.get(index) else { continue };
            let (_, to) = down(link);
            match state.get(to) {
                Some(0) => way.push((to, 0)),
                Some(1) => set(&mut turned, index, !link.up),
                _ => {}
            }
        }
    }
    turned
}

/// The row of each node; rows between two of nodes are left for labels.
fn ranks(input: &Input, turned: &[bool]) -> Vec<usize> {
    let down = |index: usize, link: &Link| {
        if turned.get(index) == Some(&true) { (link.to, link.from) } else { (link.from, link.to) }
    };
    let links: Vec<(usize, usize)> =
        input.links.iter().enumerate().map(|(index, link)| down(index, link)).collect();
    let mut ranks = vec![0_usize; input.nodes.len()];
    for (block, rank) in input.nodes.iter().zip(&mut ranks) {
        if let Row::Fixed(row) = block.row {
            *rank = row * 2;
        }
    }
    // without cycles, no way is longer than there are nodes
    for _ in 0..input.nodes.len() {
        let mut moved = false;
        for (from, to) in &links {
            let least = ranks.get(*from).copied().unwrap_or(0) + 2;
            if ranks.get(*to).is_some_and(|rank| *rank < least) {
                set(&mut ranks, *to, least);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let last = ranks.iter().copied().max().unwrap_or(0);
    for (node, block) in input.nodes.iter().enumerate() {
        match block.row {
            Row::Last => set(&mut ranks, node, last.max(2)),
            Row::Above => {
                let below =
                    links.iter().filter(|(from, _)| *from == node).filter_map(|(_, to)| ranks.get(*to));
                let highest = below.copied().min().unwrap_or(2);
                set(&mut ranks, node, highest.saturating_sub(2));
            }
            Row::Below | Row::First | Row::Fixed(_) => {}
        }
    }
    ranks
}

fn rows(input: &Input, turned: &[bool], ranks: &[usize]) -> Rows {
    let mut rows = Rows::default();
    for (node, (block, row)) in input.nodes.iter().zip(ranks).enumerate() {
        let size = Size { w: block.size.w + block.aside, h: block.size.h };
        rows.add(Item { size, node: Some(node), slot: None, row: *row });
    }
    for (index, link) in input.links.iter().enumerate() {
        let is_turned = turned.get(index) == Some(&true);
        let (upper, lower) = if is_turned { (link.to, link.from) } else { (link.from, link.to) };
        let rank = |node: usize| ranks.get(node).copied().unwrap_or(0);
        let (first, last) = (rank(upper) + 1, rank(lower));
        // a label stands next to where its edge begins
        let labelled = if is_turned { last.saturating_sub(1) } else { first };
        let mut above = upper;
        for row in first..last {
            let label = link.label.filter(|_| row == labelled);
            let slot = Item {
                size: label.unwrap_or_default(),
                node: None,
                slot: Some((index, label.is_some())),
                row,
            };
            let slot = rows.add(slot);
            rows.pieces.push(Piece { upper: above, lower: slot, link: index, ends: [0.0; 2] });
            above = slot;
        }
        rows.pieces.push(Piece { upper: above, lower, link: index, ends: [0.0; 2] });
    }
    rows
}

impl Rows {
    fn add(&mut self, item: Item) -> usize {
        let index = self.items.len();
        if self.order.len() <= item.row {
            self.order.resize(item.row + 1, Vec::new());
        }
        if let Some(row) = self.order.get_mut(item.row) {
            row.push(index);
        }
        self.items.push(item);
        index
    }

    /// The place of each item in its row.
    pub(super) fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.items.len()];
        for row in &self.order {
            for (at, item) in row.iter().enumerate() {
                set(&mut positions, *item, at);
            }
        }
        positions
    }
}

/// Spreads the ends of edges over the sides of their nodes, in the order of where they go.
fn attach(input: &Input, rows: &mut Rows) {
    let positions = rows.positions();
    let place = |item: usize| positions.get(item).copied().unwrap_or(0);
    // by node: the pieces below it, those above it, each with the place it goes to
    let mut ends: Vec<[Vec<(usize, usize)>; 2]> = input.nodes.iter().map(|_| Default::default()).collect();
    for (at, piece) in rows.pieces.iter().enumerate() {
        if let Some([below, _]) = ends.get_mut(piece.upper) {
            below.push((place(piece.lower), at));
        }
        if let Some([_, above]) = ends.get_mut(piece.lower) {
            above.push((place(piece.upper), at));
        }
    }
    for (node, (block, ends)) in input.nodes.iter().zip(ends).enumerate() {
        for (side, mut pieces) in ends.into_iter().enumerate() {
            pieces.sort_unstable();
            let share = block.size.w / real(pieces.len() + 1);
            for (number, (_, at)) in pieces.into_iter().enumerate() {
                let Some(piece) = rows.pieces.get_mut(at) else { continue };
                let link = input.links.get(piece.link);
                let port = link.filter(|link| link.from == node).and_then(|link| link.port);
                // the item is wider than its node by what stands aside
                let from_center =
                    port.unwrap_or(share * real(number + 1)) - f64::midpoint(block.size.w, block.aside);
                if let Some(end) = piece.ends.get_mut(side) {
                    *end = from_center;
                }
            }
        }
    }
}

fn output(input: &Input, turned: &[bool], rows: &Rows, centers: &[f64]) -> Output {
    let center = |item: usize| centers.get(item).copied().unwrap_or(0.0);
    let left = |item: usize| center(item) - rows.items.get(item).map_or(0.0, |item| item.size.w / 2.0);
    let right = |item: usize| center(item) + rows.items.get(item).map_or(0.0, |item| item.size.w / 2.0);
    let shift = (0..rows.items.len()).map(left).fold(f64::INFINITY, f64::min);
    let shift = if shift.is_finite() { shift } else { 0.0 };
    let width = (0..rows.items.len()).map(right).fold(f64::NEG_INFINITY, f64::max) - shift;
    let far = slants(rows, centers);
    let mut bands: Vec<[f64; 2]> = Vec::with_capacity(rows.order.len());
    let mut y = 0.0;
    for (at, row) in rows.order.iter().enumerate() {
        let height =
            row.iter().filter_map(|item| rows.items.get(*item)).map(|item| item.size.h).fold(0.0, f64::max);
        if at > 0 {
            y += (GAP + SLOPE * far.get(at - 1).copied().unwrap_or(0.0)).min(MOST_GAP);
        }
        bands.push([y, y + height]);
        y += height;
    }
    let band =
        |item: usize| rows.items.get(item).and_then(|item| bands.get(item.row)).copied().unwrap_or([0.0; 2]);
    let nodes =
        (0..input.nodes.len()).map(|node| Point { x: left(node) - shift, y: band(node)[0] }).collect();
    let mut routes = vec![Route::default(); input.links.len()];
    for piece in &rows.pieces {
        let Some(route) = routes.get_mut(piece.link) else { continue };
        let [from, to] = [(piece.upper, piece.ends[0]), (piece.lower, piece.ends[1])]
            .map(|(item, off)| center(item) + off - shift);
        if let Some(node) = rows.items.get(piece.upper).and_then(|item| item.node) {
            let height = input.nodes.get(node).map_or(0.0, |block| block.size.h);
            route.points.push(Point { x: from, y: band(piece.upper)[0] + height });
        }
        route.points.push(Point { x: from, y: band(piece.upper)[1] });
        route.points.push(Point { x: to, y: band(piece.lower)[0] });
        if let Some((_, true)) = rows.items.get(piece.lower).and_then(|item| item.slot) {
            let [top, bottom] = band(piece.lower);
            route.label = Some(Point { x: to, y: f64::midpoint(top, bottom) });
        }
    }
    for (route, turned) in routes.iter_mut().zip(turned) {
        if *turned {
            route.points.reverse();
        }
    }
    Output { nodes, routes, size: Size { w: width, h: y } }
}

/// How far to the side the farthest piece below each row goes.
fn slants(rows: &Rows, centers: &[f64]) -> Vec<f64> {
    let mut far = vec![0.0_f64; rows.order.len()];
    for piece in &rows.pieces {
        let at = |item: usize| centers.get(item).copied().unwrap_or(0.0);
        let [from, to] = piece.ends;
        let slant = (at(piece.upper) + from - at(piece.lower) - to).abs();
        let row = rows.items.get(piece.upper).map_or(0, |item| item.row);
        let most = far.get(row).copied().unwrap_or(0.0).max(slant);
        set(&mut far, row, most);
    }
    far
}

/// A count as a number to reckon with.
pub(super) fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(super) fn set<T>(list: &mut [T], index: usize, value: T) {
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
}
