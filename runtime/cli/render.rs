//! Diagnostics for people: the only place that knows what one looks like on a terminal.

use agentrun_lang::diagnostic::{Diagnostic, Label, Severity};
use agentrun_lang::source::SourceMap;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

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
        let mut text = self.renderer.render(&[group]);
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
        let mut text = self.renderer.render(&[group]);
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
                let place = |label: &'a Label, kind: AnnotationKind| {
                    let end = source.text.len();
                    let range = label.span.range();
                    let range = range.start.min(end)..range.end.min(end);
                    kind.span(range).label((!label.text.is_empty()).then_some(&*label.text))
                };
                let mut snippet = Snippet::source(&*source.text).path(&*source.name).line_start(1).fold(true);
                if primary.span.source == id {
                    snippet = snippet.annotation(place(primary, AnnotationKind::Primary));
                }
                let others = secondary.iter().filter(|label| label.span.source == id);
                Some(snippet.annotations(others.map(|label| place(label, AnnotationKind::Context))))
            })
            .collect()
    }
}

/// `2 errors and 1 warning`.
pub(crate) fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let warnings = diagnostics.len() - errors;
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => "no errors".into(),
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", count(errors, "error"), count(warnings, "warning")),
    }
}
