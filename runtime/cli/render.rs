//! Diagnostics for people: the only place that knows what one looks like on a terminal.

use std::fmt;
use std::ops::Range;

use agentrun_lang::diagnostic::{Diagnostic, Label, Severity};
use agentrun_lang::source::{Source, SourceMap};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::visible::without_c1;

/// Renders diagnostics over the sources they point into.
pub(crate) struct Render<'a> {
    sources: &'a SourceMap,
    renderer: Renderer,
}

impl<'a> Render<'a> {
    /// With colors or without.
    pub(crate) fn new(sources: &'a SourceMap, color: bool) -> Self {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        Self { sources, renderer }
    }

    /// One diagnostic, ending in a newline.
    pub(crate) fn diagnostic(&self, diagnostic: &Diagnostic) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&*diagnostic.message).id(diagnostic.code.0);
        let mut group = Group::with_title(title);
        for snippet in self.snippets(&diagnostic.primary, &diagnostic.secondary) {
            group = group.element(snippet);
        }
        for hint in &diagnostic.hints {
            group = group.element(Level::HELP.message(&**hint));
        }
        let mut text = without_c1(self.renderer.render(&[group]));
        text.push('\n');
        text
    }

    /// A run's failure at its place in the program.
    pub(crate) fn failure(&self, title: &str, label: &Label, notes: &[String]) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(title));
        for snippet in self.snippets(label, &[]) {
            group = group.element(snippet);
        }
        for note in notes {
            group = group.element(Level::NOTE.message(&**note));
        }
        let mut text = without_c1(self.renderer.render(&[group]));
        text.push('\n');
        text
    }

    /// One snippet a source: the primary one first.
    fn snippets(&self, primary: &'a Label, secondary: &'a [Label]) -> Vec<Snippet<'a, Annotation<'a>>> {
        let mut order = vec![primary.span.source];
        for label in secondary {
            if !order.contains(&label.span.source) {
                order.push(label.span.source);
            }
        }
        order
            .into_iter()
            .filter_map(|id| {
                let source = self.sources.get(id)?;
                let labels = std::iter::once(primary).chain(secondary);
                let lines = lines_around(source, labels.filter(|label| label.span.source == id));
                let text = source.text.get(lines.clone())?;
                let place = |label: &'a Label, kind: AnnotationKind| {
                    // Whatever a finding points at, the picture must come: it panics in the middle of a character.
                    let inside = |at: usize| at.min(lines.end).saturating_sub(lines.start);
                    let range = label.span.range();
                    let range = text.floor_char_boundary(inside(range.start))
                        ..text.ceil_char_boundary(inside(range.end));
                    kind.span(range).label((!label.text.is_empty()).then_some(&*label.text))
                };
                let first = u32::try_from(lines.start).unwrap_or(u32::MAX);
                let mut snippet = Snippet::source(text)
                    .path(&*source.name)
                    .line_start(source.line_column(first).line)
                    .fold(true);
                if primary.span.source == id {
                    snippet = snippet.annotation(place(primary, AnnotationKind::Primary));
                }
                let others = secondary.iter().filter(|label| label.span.source == id);
                Some(snippet.annotations(others.map(|label| place(label, AnnotationKind::Context))))
            })
            .collect()
    }
}

/// The whole lines that hold some labels: the rest of a large file need not be read to show them.
fn lines_around<'l>(source: &Source, labels: impl Iterator<Item = &'l Label>) -> Range<usize> {
    let text = &*source.text;
    let (mut start, mut end) = (text.len(), 0);
    for label in labels {
        let range = label.span.range();
        start = start.min(range.start);
        end = end.max(range.end).min(text.len());
    }
    let bytes = text.as_bytes();
    let before = bytes.get(..start).unwrap_or_default();
    let after = bytes.get(end..).unwrap_or_default();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    start..after.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| end + newline)
}

/// How many findings there are: `2 errors and 1 warning`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) errors: usize,
    warnings: usize,
}

impl Count {
    pub(crate) fn of(diagnostics: &[Diagnostic]) -> Self {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        Self { errors, warnings: diagnostics.len() - errors }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { errors: self.errors + other.errors, warnings: self.warnings + other.warnings }
    }

    pub(crate) fn all(self) -> usize {
        self.errors + self.warnings
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        match (self.errors, self.warnings) {
            (0, 0) => f.write_str("no errors"),
            (errors, 0) => f.write_str(&count(errors, "error")),
            (0, warnings) => f.write_str(&count(warnings, "warning")),
            (errors, warnings) => write!(f, "{} and {}", count(errors, "error"), count(warnings, "warning")),
        }
    }
}
