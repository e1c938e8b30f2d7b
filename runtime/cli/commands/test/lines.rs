//! Two texts or lists side by side, as lines of a terminal.

use similar::{ChangeTag, TextDiff};

/// How a line stands between two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// In both.
    Both,
    /// Only in the wanted one.
    Wanted,
    /// Only in what was found.
    Found,
}

/// The lines of two texts with their sides; long stretches of what both have are left out.
pub(super) fn difference(wanted: &str, found: &str) -> Vec<(Side, String)> {
    let diff = TextDiff::from_lines(wanted, found);
    let mut lines = Vec::new();
    for (n, group) in diff.grouped_ops(2).iter().enumerate() {
        if n > 0 {
            lines.push((Side::Both, "…".to_owned()));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let side = match change.tag() {
                ChangeTag::Equal => Side::Both,
                ChangeTag::Delete => Side::Wanted,
                ChangeTag::Insert => Side::Found,
            };
            lines.push((side, change.value().trim_end_matches('\n').to_owned()));
        }
    }
    lines
}

/// Two lists in two columns: equal elements beside each other, what only one has alone on its line.
pub(super) fn side_by_side(wanted: &[String], found: &[String]) -> Vec<(Side, String)> {
    let width = wanted.iter().map(|word| word.chars().count()).max().unwrap_or(0).max("expected".len());
    let row =
        |side: Side, left: &str, right: &str| (side, format!("{left:width$}  {right}").trim_end().to_owned());
    let mut rows = vec![row(Side::Both, "expected", "taken")];
    for op in similar::capture_diff_slices(similar::Algorithm::Myers, wanted, found) {
        for change in op.iter_changes(wanted, found) {
            let value = change.value();
            rows.push(match change.tag() {
                ChangeTag::Equal => row(Side::Both, &value, &value),
                ChangeTag::Delete => row(Side::Wanted, &value, ""),
                ChangeTag::Insert => row(Side::Found, "", &value),
            });
        }
    }
    rows
}
