//! What is published about an open file: its own findings, and at its imports what is wrong with the files behind them.

use std::path::Path;

use agentrun_lang::codes::Code;
use agentrun_lang::diagnostic::{Diagnostic, Severity};
use agentrun_lang::ide::Analysis;
use agentrun_lang::loader::ModulePath;
use agentrun_lang::span::{SourceId, Span};
use agentrun_runtime::config::Environment;
use gen_lsp_types::Location;

use super::convert;
use super::documents::Documents;
use super::text::{Encoding, Lines};
use crate::compile;

/// The compiler's word on a provider that it does not know.
const UNKNOWN_PROVIDER: Code = Code("W1201");

/// Findings of one file that are shown; nobody reads more.
const MOST: usize = 500;

/// What is said of the entry of an analysis.
pub(super) fn of(
    analysis: &Analysis,
    path: &ModulePath,
    documents: &Documents,
    encoding: Encoding,
) -> Vec<gen_lsp_types::Diagnostic> {
    let sources = &analysis.compilation.modules.sources;
    // a file that is no text has a source and no tree
    let Some(source) = sources.get(SourceId(0)) else { return Vec::new() };
    let mut all = analysis.compilation.diagnostics.clone().sorted();
    if all.iter().any(|finding| finding.code == UNKNOWN_PROVIDER)
        && let ModulePath::File(file) = path
        && let Ok(config) = compile::configuration(Path::new(&**file), &Environment::of_process())
    {
        compile::drop_declared(&mut all, sources, &config);
    }
    let behind = behind_imports(analysis, &all);
    let own = all.into_iter().filter(|finding| finding.primary.span.source == source.id);
    let mut shown: Vec<Diagnostic> = own.chain(behind).collect();
    shown.sort_by_key(|finding| finding.severity);
    let lines = Lines::of(&source.text, encoding);
    let place = |span: Span| location(analysis, documents, span, encoding);
    shown.iter().take(MOST).map(|finding| convert::finding(finding, &lines, sources, place)).collect()
}

/// For each imported file with errors, one finding at the import.
fn behind_imports(analysis: &Analysis, all: &[Diagnostic]) -> Vec<Diagnostic> {
    let modules = &analysis.compilation.modules;
    let Some(entry) = modules.list.first() else { return Vec::new() };
    let mut found = Vec::new();
    for (index, module) in modules.list.iter().enumerate().skip(1) {
        let errors = all.iter().filter(|finding| finding.severity == Severity::Error);
        let mut errors = errors.filter(|finding| finding.primary.span.source == module.ast.source);
        let Some(first) = errors.next() else { continue };
        let more = errors.count();
        let direct = entry.ast.imports.iter().zip(&entry.imports);
        let direct = direct.filter(|(_, target)| target.is_some_and(|target| target.index() == index));
        let import = direct.map(|(import, _)| import).chain(&entry.ast.imports).next();
        let Some(import) = import else { continue };
        let rest = if more == 0 { String::new() } else { format!(", and {more} more errors") };
        let message = format!("`{}` does not compile: {}{rest}", module.path, first.message);
        found.push(Diagnostic::new(first.code, import.path.span, message).also(first.primary.span, "here"));
    }
    found
}

/// Where a span of any module is.
pub(super) fn location(
    analysis: &Analysis,
    documents: &Documents,
    span: Span,
    encoding: Encoding,
) -> Option<Location> {
    let modules = &analysis.compilation.modules;
    let module = modules.list.iter().find(|module| module.ast.source == span.source)?;
    let source = modules.sources.get(span.source)?;
    let uri = documents.uri(&module.path)?;
    Some(Location { uri, range: Lines::of(&source.text, encoding).range(span.range()) })
}
