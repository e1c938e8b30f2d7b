//! Circles among things that lead to each other: agents that run one another, pools that send to one another.

/// Each circle once, as the indices on it; `next` gives what an index leads to. Linear in nodes and edges.
pub(super) fn cycles(count: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let mut state = vec![Mark::New; count];
    let mut found = Vec::new();
    for start in 0..count {
        if state.get(start) != Some(&Mark::New) {
            continue;
        }
        let mut path: Vec<(usize, Vec<usize>)> = vec![(start, next(start))];
        mark(&mut state, start, Mark::Open);
        while let Some((node, left)) = path.last_mut() {
            let node = *node;
            let Some(to) = left.pop() else {
                mark(&mut state, node, Mark::Closed);
                path.pop();
                continue;
            };
            match state.get(to) {
                Some(Mark::New) => {
                    mark(&mut state, to, Mark::Open);
                    path.push((to, next(to)));
                }
                Some(Mark::Open) => {
                    let from = path.iter().position(|(node, _)| *node == to).unwrap_or_default();
                    found.push(path.iter().skip(from).map(|(node, _)| *node).collect());
                }
                _ => {}
            }
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    /// On the way that is being walked.
    Open,
    Closed,
}

fn mark(state: &mut [Mark], index: usize, mark: Mark) {
    if let Some(slot) = state.get_mut(index) {
        *slot = mark;
    }
}
