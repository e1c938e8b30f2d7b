//! A name that is misspelt where it is made: every use of it is unknown then, and one mistake would be said many
//! times, each time in the wrong place. Where several uses agree and the name nearest to them is written once in the
//! whole file, that one is the odd one out.

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::SourceMap;
use crate::span::{SourceId, Span};

/// Of more findings, none is looked into.
const MOST: usize = 1000;

/// Takes out what a declaration is said to lack where a field of it is only misspelt.
pub(super) fn misspelt(found: &mut Diagnostics, sources: &SourceMap) {
    let strangers: Vec<Span> = found
        .iter()
        .filter(|finding| finding.code.0 == "E0210" && meant(finding).is_some())
        .map(|finding| finding.primary.span)
        .collect();
    if strangers.is_empty() || found.len() > MOST {
        return;
    }
    let lacks = |finding: &Diagnostic| {
        let at = finding.primary.span;
        let near = |field: &Span| {
            let text = sources.get(at.source).and_then(|source| {
                source.text.get(at.start.min(field.start) as usize..at.start.max(field.start) as usize)
            });
            field.source == at.source
                && text.is_some_and(|text| {
                    !text
                        .lines()
                        .skip(1)
                        .any(|line| line.starts_with(|sign: char| sign.is_ascii_alphabetic()))
                })
        };
        ["E0505", "E0507", "E0511"].contains(&finding.code.0) && strangers.iter().any(near)
    };
    let kept: Vec<Diagnostic> = found.iter().filter(|finding| !lacks(finding)).cloned().collect();
    *found = Diagnostics::default();
    found.extend(kept);
}

/// Says once, where the name is made, what was said at each of its uses.
pub(super) fn one_out(found: &mut Diagnostics, sources: &SourceMap) {
    if found.len() > MOST {
        return;
    }
    let mut uses: IndexMap<(SourceId, String, String), Vec<Span>> = IndexMap::new();
    for finding in found.iter() {
        if let (Some(name), Some(near)) = (unknown(finding), meant(finding)) {
            let key = (finding.primary.span.source, name.to_owned(), near.to_owned());
            uses.entry(key).or_default().push(finding.primary.span);
        }
    }
    uses.retain(|_, places| {
        places.sort_unstable();
        places.dedup();
        places.len() > 1
    });
    let odd: Vec<(SourceId, String, Diagnostic)> = uses
        .into_iter()
        .filter_map(|((source, name, near), places)| {
            let made = only_place(source, &sources.get(source)?.text, &near)?;
            let code = found.iter().find(|finding| places.contains(&finding.primary.span))?.code;
            let message = format!("`{near}` is read nowhere, and `{name}` in {} places", places.len());
            let mut finding = Diagnostic::new(code, made, message)
                .hint(format!("did you mean `{name}`?"))
                .fix(made, &*name);
            if let Some(first) = places.first() {
                finding = finding.also(*first, "read here first");
            }
            Some((source, name, finding))
        })
        .collect();
    if odd.is_empty() {
        return;
    }
    let is_said = |finding: &Diagnostic| {
        let source = finding.primary.span.source;
        let name = unknown(finding);
        odd.iter().any(|(known, odd, _)| *known == source && name == Some(odd))
    };
    let kept: Vec<Diagnostic> = found.iter().filter(|finding| !is_said(finding)).cloned().collect();
    *found = Diagnostics::default();
    found.extend(kept);
    found.extend(odd.into_iter().map(|(.., finding)| finding));
}

/// The name that a finding does not know.
fn unknown(finding: &Diagnostic) -> Option<&str> {
    let mut quoted = finding.message.split('`').skip(1).step_by(2);
    match finding.code.0 {
        "E0206" | "E0207" | "E0209" | "E0214" | "E0218" if finding.message.contains(" is named `") => {
            quoted.next()
        }
        "E0303" if finding.message.contains(" has no field `") => quoted.nth(1),
        "E0514" if finding.message.contains(" has no state `") => quoted.nth(1),
        _ => None,
    }
}

/// The known name that it says is near.
fn meant(finding: &Diagnostic) -> Option<&str> {
    finding.hints.first()?.strip_prefix("did you mean `")?.strip_suffix("`?")
}

/// The only place where a word stands in a text.
fn only_place(source: SourceId, text: &str, word: &str) -> Option<Span> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut places = text.match_indices(word).filter(|(at, _)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    });
    let (Some((at, _)), None) = (places.next(), places.next()) else { return None };
    let start = u32::try_from(at).ok()?;
    Some(Span { source, start, end: u32::try_from(at + word.len()).ok()? })
}
