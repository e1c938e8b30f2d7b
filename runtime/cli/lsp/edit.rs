//! Changes of texts: formatting, mends, a new name in every file that uses it.

use std::collections::{BTreeMap, HashMap};

use agentrun_lang::format::format;
use agentrun_lang::ide::{self, Analysis};
use agentrun_lang::loader::{Loader as _, ModulePath};
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::Span;
use agentrun_lang::syntax::parse;
use gen_lsp_types::{CodeAction, CodeActionKind, Range, TextEdit, Uri, WorkspaceEdit};

use super::convert;
use super::documents::Documents;
use super::findings::location;
use super::text::{Encoding, Lines};

/// What the formatter changes; `None` of a file with syntax errors.
pub(super) fn formatting(text: &str, encoding: Encoding) -> Option<Vec<TextEdit>> {
    let source = SourceMap::default().add("", text);
    let (module, findings) = parse(&source);
    if !findings.is_clean() {
        return None;
    }
    let new = format(&module, &source);
    if new == text {
        return Some(Vec::new());
    }
    // the cursor stays where nothing changes
    let same = |(left, right): &(&str, &str)| left == right;
    let head: usize = text
        .split_inclusive('\n')
        .zip(new.split_inclusive('\n'))
        .take_while(same)
        .map(|(line, _)| line.len())
        .sum();
    let (old_rest, new_rest) = (text.get(head..).unwrap_or(""), new.get(head..).unwrap_or(""));
    let tail: usize = old_rest
        .split_inclusive('\n')
        .rev()
        .zip(new_rest.split_inclusive('\n').rev())
        .take_while(same)
        .map(|(line, _)| line.len())
        .sum();
    let range = Lines::of(text, encoding).range(head..text.len() - tail);
    let new_text = new.get(head..new.len() - tail).unwrap_or("").to_owned();
    Some(vec![TextEdit { range, new_text }])
}

/// The mends of what is found in a range.
pub(super) fn actions(
    analysis: &Analysis,
    documents: &Documents,
    uri: &Uri,
    range: Range,
    encoding: Encoding,
) -> Vec<CodeAction> {
    let Some(source) = analysis.source() else { return Vec::new() };
    let lines = Lines::of(&source.text, encoding);
    let offset = |position| super::text::number(lines.offset(position));
    let found = ide::actions(analysis, offset(range.start), offset(range.end));
    let place = |span: Span| location(analysis, documents, span, encoding);
    let sources = &analysis.compilation.modules.sources;
    let action = |action: ide::Action| CodeAction {
        title: action.title,
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![convert::finding(&action.finding, &lines, sources, place)]),
        is_preferred: Some(true),
        edit: Some(one(
            uri.clone(),
            TextEdit { range: lines.range(action.span.range()), new_text: action.text },
        )),
        ..CodeAction::default()
    };
    found.into_iter().map(action).collect()
}

fn one(uri: Uri, edit: TextEdit) -> WorkspaceEdit {
    WorkspaceEdit { changes: Some(HashMap::from([(uri, vec![edit])])), ..WorkspaceEdit::default() }
}

/// The files that hold a name, each with its places.
pub(super) type Places = BTreeMap<ModulePath, Vec<Range>>;

/// The places of an analysis by file.
pub(super) fn places(analysis: &Analysis, found: &[ide::Place], encoding: Encoding) -> Places {
    let mut places = Places::new();
    for place in found {
        let Some(source) = analysis.compilation.modules.sources.get(place.span.source) else { continue };
        let range = Lines::of(&source.text, encoding).range(place.span.range());
        let ranges = places.entry(place.path.clone()).or_default();
        if !ranges.contains(&range) {
            ranges.push(range);
        }
    }
    places
}

/// A name that one file makes and others may use.
pub(super) struct Shared<'n> {
    pub(super) made: &'n ide::Place,
    /// The name in its own file.
    pub(super) name: &'n str,
}

/// Adds what other files use of a name, where `keep` takes what they call it.
pub(super) fn add_elsewhere(
    places: &mut Places,
    shared: &Shared<'_>,
    keep: impl Fn(&str) -> bool,
    documents: &Documents,
    files: &[ModulePath],
    encoding: Encoding,
) {
    for file in files {
        let known = places.contains_key(file) || *file == shared.made.path;
        if known || !may_use(documents, file, shared.name) {
            continue;
        }
        let analysis = Analysis::of(file, documents);
        let Some(source) = analysis.source() else { continue };
        let lines = Lines::of(&source.text, encoding);
        let used = ide::uses_of(&analysis, shared.made);
        let used = used.iter().filter(|span| keep(source.slice(**span)));
        let ranges: Vec<Range> = used.map(|span| lines.range(span.range())).collect();
        if !ranges.is_empty() {
            places.insert(file.clone(), ranges);
        }
    }
}

/// Whether a file imports anything and has the word: one that does not need not be compiled.
fn may_use(documents: &Documents, file: &ModulePath, name: &str) -> bool {
    let Ok(bytes) = documents.load(file) else { return false };
    let Ok(text) = std::str::from_utf8(&bytes) else { return false };
    text.contains("import") && text.contains(name)
}

/// The edit that writes `new` in every place.
pub(super) fn renaming(places: Places, new: &str, documents: &Documents) -> WorkspaceEdit {
    let mut changes = HashMap::new();
    for (path, ranges) in places {
        let Some(uri) = documents.uri(&path) else { continue };
        let edits = ranges.into_iter().map(|range| TextEdit { range, new_text: new.to_owned() });
        changes.insert(uri, edits.collect::<Vec<_>>());
    }
    WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
}
