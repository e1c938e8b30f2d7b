//! "Did you mean": the nearest of the names that would have been right.

use crate::diagnostic::Diagnostic;

/// Names whose lengths are further apart are not compared: a name may be a whole file that lost its way.
const MOST_APART: usize = 64;

/// The candidate nearest to `name`, where one is near enough to be meant: equal but for case, or a few edits away.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let allowed = match name.chars().count() {
        0..=4 => 1,
        5..=8 => 2,
        length => length / 3,
    };
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len().abs_diff(name.len()) <= MOST_APART)
        .filter_map(|candidate| {
            let far = if candidate.eq_ignore_ascii_case(name) { 0 } else { distance(name, candidate) };
            (far <= allowed && far < candidate.chars().count()).then_some((far, candidate))
        })
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// Adds "did you mean" to a finding where a candidate is near; else the whole list where it is short.
pub(crate) fn did_you_mean<'c>(
    finding: Diagnostic,
    name: &str,
    candidates: impl Iterator<Item = &'c str> + Clone,
) -> Diagnostic {
    if let Some(near) = nearest(name, candidates.clone()) {
        let at = finding.primary.span;
        let finding = finding.hint(format!("did you mean `{near}`?"));
        // a finding may point at more than the name
        return if at.range().len() == name.len() { finding.fix(at, near) } else { finding };
    }
    let known: Vec<String> = candidates.map(|candidate| format!("`{candidate}`")).collect();
    match known.len() {
        1..=12 => finding.hint(format!("known here: {}", known.join(", "))),
        _ => finding,
    }
}

/// The same of texts, which a person writes in quotes.
pub(crate) fn did_you_mean_text<'c>(
    finding: Diagnostic,
    text: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Diagnostic {
    let quoted: Vec<String> = candidates.into_iter().map(|candidate| format!("{candidate:?}")).collect();
    did_you_mean(finding, &format!("{text:?}"), quoted.iter().map(String::as_str))
}

/// Edits (insert, delete, replace, swap two neighbours) from one text to the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (i, a) in left.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut cost =
                (at(&row, j) + usize::from(a != *b)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = j > 0 && previous == Some(*b) && right.get(j - 1) == Some(&a);
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(a);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn counts_edits() {
        for (left, right, edits) in
            [("order", "order", 0), ("ordre", "order", 1), ("", "ab", 2), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(left, right), edits, "{left} {right}");
        }
    }

    #[test]
    fn finds_the_nearest_or_none() {
        let names = ["triage", "order", "answer", "fast"];
        for (name, expected) in [
            ("triag", Some("triage")),
            ("Order", Some("order")),
            ("anwser", Some("answer")),
            ("fsat", Some("fast")),
            ("escalate", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, names), expected, "{name}");
        }
    }
}
