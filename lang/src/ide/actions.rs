//! Mends that an editor can make: what the findings of the compiler say exactly.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

use super::Analysis;

/// A mend of one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What a person reads before choosing it.
    pub title: String,
    /// The finding that it mends.
    pub finding: Diagnostic,
    /// What goes, in the entry.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// The mends of findings that touch `start..end` of the entry.
pub fn actions(analysis: &Analysis, start: u32, end: u32) -> Vec<Action> {
    let Some(module) = analysis.module() else { return Vec::new() };
    let findings = analysis.compilation.diagnostics.clone().sorted();
    let touches = |span: Span| span.source == module.source && span.start <= end && start <= span.end;
    findings
        .into_iter()
        .filter_map(|finding| {
            let fix = finding.fix.clone()?;
            let here = touches(finding.primary.span) || touches(fix.span);
            (here && fix.span.source == module.source).then(|| {
                let old = analysis.compilation.modules.sources.slice(fix.span);
                let title = match finding.hints.first().filter(|_| !is_seen(old)) {
                    Some(hint) => hint.clone(),
                    None => title(old, &fix.text),
                };
                Action { title, finding, span: fix.span, text: fix.text }
            })
        })
        .collect()
}

/// False of what no editor draws.
fn is_seen(text: &str) -> bool {
    text.chars()
        .all(|sign| sign.is_ascii() || sign.is_alphanumeric() || ('\u{2190}'..'\u{2300}').contains(&sign))
        && !text.chars().any(char::is_control)
}

fn title(old: &str, new: &str) -> String {
    let short = |text: &str| text.trim().lines().next().unwrap_or("").chars().take(60).collect::<String>();
    match (old.trim().is_empty(), new.trim().is_empty()) {
        (true, _) => format!("write `{}`", short(new)),
        (false, true) => format!("remove `{}`", short(old)),
        (false, false) => format!("replace `{}` by `{}`", short(old), short(new)),
    }
}
