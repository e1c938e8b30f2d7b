//! Findings as plain text, each beside the lines it points at: what a snapshot shows.

use std::fmt::Write;

use agentrun_lang::diagnostic::{Diagnostic, Label, Severity};
use agentrun_lang::source::SourceMap;

/// All findings in order.
pub(crate) fn render(sources: &SourceMap, findings: &[Diagnostic]) -> String {
    findings.iter().map(|finding| render_one(sources, finding)).collect::<Vec<_>>().join("\n")
}

fn render_one(sources: &SourceMap, finding: &Diagnostic) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = format!("{severity}[{}]: {}\n", finding.code.0, finding.message);
    label(&mut text, sources, &finding.primary, '^');
    for other in &finding.secondary {
        label(&mut text, sources, other, '-');
    }
    for hint in &finding.hints {
        let _ = writeln!(text, "help: {hint}");
    }
    text
}

fn label(text: &mut String, sources: &SourceMap, label: &Label, mark: char) {
    let source = sources.get(label.span.source).expect("a label points into a known source");
    let at = source.line_column(label.span.start);
    let line = source.text.lines().nth(at.line - 1).unwrap_or("");
    let before: String =
        line.chars().take(at.column - 1).map(|sign| if sign == '\t' { '\t' } else { ' ' }).collect();
    let width = source.slice(label.span).lines().next().unwrap_or("").chars().count().max(1);
    let marks = mark.to_string().repeat(width);
    let _ = writeln!(text, "  --> {}:{}:{}", source.name, at.line, at.column);
    let _ = writeln!(text, "   | {line}");
    let _ = writeln!(text, "{}", format!("   | {before}{marks} {}", label.text).trim_end());
}
