//! Where a name is made, where it is used, and another name for it.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::loader::ModulePath;
use crate::span::Span;
use crate::syntax::is_reserved;

use super::Analysis;
use super::index::{DefKind, Index};

/// A place in a program, which may be in an imported file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub path: ModulePath,
    /// Where in it; its source is the one of the analysis that answered.
    pub span: Span,
}

/// Texts to put in the place of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// Where the name stands, its definition first.
    pub places: Vec<Place>,
    /// The name that is given up.
    pub old: String,
    /// True where other files may use the name too.
    pub is_shared: bool,
}

/// Why a name is not changed, as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRename(pub String);

/// Where the name at an offset of the entry is made: more than one place of a field that several records have.
pub fn definition(analysis: &Analysis, offset: u32) -> Vec<Place> {
    let names = analysis.names();
    let index = Index::of(analysis, &names);
    let Some((_, made)) = find(analysis, &index, offset) else { return Vec::new() };
    made.iter().filter_map(|span| place(analysis, index.behind(*span))).collect()
}

/// Where the name at an offset of the entry stands in the entry's text, the definition too.
pub fn highlights(analysis: &Analysis, offset: u32) -> Vec<Span> {
    let Some(module) = analysis.module() else { return Vec::new() };
    let all = references(analysis, offset);
    all.into_iter().map(|place| place.span).filter(|span| span.source == module.source).collect()
}

/// Every place of the name at an offset of the entry, its definitions first.
pub fn references(analysis: &Analysis, offset: u32) -> Vec<Place> {
    let names = analysis.names();
    let index = Index::of(analysis, &names);
    let Some((_, made)) = find(analysis, &index, offset) else { return Vec::new() };
    let made: Vec<Span> = made.iter().map(|span| index.behind(*span)).collect();
    let used = index.uses.iter().filter(|(_, def)| made.contains(&index.behind(*def))).map(|(used, _)| *used);
    made.iter().copied().chain(used).filter_map(|span| place(analysis, span)).collect()
}

/// Where the entry uses a name that another file makes; `made` is that file and the name's place in it.
pub fn uses_of(analysis: &Analysis, made: &Place) -> Vec<Span> {
    let Some(entry) = analysis.module() else { return Vec::new() };
    let mut modules = analysis.compilation.modules.list.iter();
    let Some(other) = modules.find(|module| module.path == made.path) else { return Vec::new() };
    let name = Span { source: other.ast.source, ..made.span };
    let names = analysis.names();
    let index = Index::of(analysis, &names);
    let meant = index.uses.iter().filter(|(_, def)| index.behind(*def) == name).map(|(used, _)| *used);
    meant.filter(|used| used.source == entry.source).collect()
}

/// The name at an offset that can be changed, and its text.
pub fn renameable(analysis: &Analysis, offset: u32) -> Result<(Span, String), NoRename> {
    let names = analysis.names();
    let index = Index::of(analysis, &names);
    let (span, made) =
        find(analysis, &index, offset).ok_or_else(|| NoRename("no name stands here".into()))?;
    one(analysis, &index, &made)?;
    Ok((span, analysis.compilation.modules.sources.slice(span).to_owned()))
}

/// Gives the name at an offset another one, where that is legal and free.
pub fn rename(analysis: &Analysis, offset: u32, new: &str) -> Result<Renaming, NoRename> {
    let names = analysis.names();
    let index = Index::of(analysis, &names);
    let (_, made) = find(analysis, &index, offset).ok_or_else(|| NoRename("no name stands here".into()))?;
    let made = one(analysis, &index, &made)?;
    let sources = &analysis.compilation.modules.sources;
    let old = sources.slice(made).to_owned();
    let definition = index.definition(made).ok_or_else(|| NoRename("no name stands here".into()))?;
    legal(new, definition.kind)?;
    let spans = std::iter::once(made).chain(
        index
            .uses
            .iter()
            .filter(|(used, def)| *def == made && sources.slice(*used) == old)
            .map(|(used, _)| *used),
    );
    let mut places: Vec<Place> = spans.filter_map(|span| place(analysis, span)).collect();
    places.dedup();
    let is_shared =
        !matches!(definition.kind, DefKind::Var | DefKind::State | DefKind::Each | DefKind::Alias);
    let renaming = Renaming { places, old, is_shared };
    if new != renaming.old {
        free(analysis, &renaming, new)?;
    }
    Ok(renaming)
}

fn find(analysis: &Analysis, index: &Index, offset: u32) -> Option<(Span, Vec<Span>)> {
    index.at(analysis.module()?.source, offset)
}

fn place(analysis: &Analysis, span: Span) -> Option<Place> {
    let mut modules = analysis.compilation.modules.list.iter();
    let module = modules.find(|module| module.ast.source == span.source)?;
    Some(Place { path: module.path.clone(), span })
}

/// The one definition to rename.
fn one(analysis: &Analysis, index: &Index, made: &[Span]) -> Result<Span, NoRename> {
    let [only] = made else {
        return Err(NoRename(
            "this is a field of several types: rename it where each of them declares it".into(),
        ));
    };
    let module = place(analysis, *only).map(|place| place.path);
    if matches!(module, Some(ModulePath::Std(_))) {
        return Err(NoRename("this name is the standard library's".into()));
    }
    let definition = index.definition(*only);
    // What a field means hangs on types, and those are not all known in a file with errors.
    if definition.is_some_and(|definition| definition.kind == DefKind::Field)
        && !analysis.compilation.diagnostics.is_clean()
    {
        return Err(NoRename("a field is renamed in a program without errors: mend those first".into()));
    }
    Ok(*only)
}

fn legal(new: &str, kind: DefKind) -> Result<(), NoRename> {
    let begins = new.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_');
    if !begins || !new.chars().all(super::at::is_word) {
        return Err(NoRename(format!("`{new}` is no name: letters, digits and `_`, and no digit first")));
    }
    if kind != DefKind::Field && is_reserved(new) {
        return Err(NoRename(format!("`{new}` is a reserved word")));
    }
    Ok(())
}

/// The program with the new name has no error that it did not have, and every place means what it meant.
fn free(analysis: &Analysis, renaming: &Renaming, new: &str) -> Result<(), NoRename> {
    let after = renamed(analysis, renaming, new);
    let errors = |analysis: &Analysis| {
        let all = analysis.compilation.diagnostics.iter();
        all.filter(|finding| finding.severity == Severity::Error).count()
    };
    if errors(&after) > errors(analysis) {
        let said = after.compilation.diagnostics.iter().find(|finding| finding.severity == Severity::Error);
        let why = said.map_or(String::new(), |finding| format!(": {}", finding.message));
        return Err(NoRename(format!("`{new}` cannot be the name{why}")));
    }
    let (before_names, after_names) = (analysis.names(), after.names());
    let before = Index::of(analysis, &before_names);
    let renamed_index = Index::of(&after, &after_names);
    if meanings(&before) != meanings(&renamed_index) {
        return Err(NoRename(format!("`{new}` is taken: something else would be meant by it")));
    }
    Ok(())
}

/// By use, in the order of the places: which definition it means. A new name changes neither order.
fn meanings(index: &Index) -> Vec<Option<usize>> {
    let order: BTreeMap<Span, usize> =
        index.definitions.iter().enumerate().map(|(at, definition)| (definition.name, at)).collect();
    index.uses.iter().map(|(_, made)| order.get(made).copied()).collect()
}

/// The program as it is with the new name.
fn renamed(analysis: &Analysis, renaming: &Renaming, new: &str) -> Analysis {
    let modules = &analysis.compilation.modules;
    let mut loader = crate::loader::MemoryLoader::default();
    let mut edits: BTreeMap<&ModulePath, Vec<Span>> = BTreeMap::new();
    for place in &renaming.places {
        edits.entry(&place.path).or_default().push(place.span);
    }
    for module in &modules.list {
        let Some(source) = modules.sources.get(module.ast.source) else { continue };
        let mut text = source.text.to_string();
        let mut spans = edits.remove(&module.path).unwrap_or_default();
        spans.sort_unstable();
        spans.dedup();
        for span in spans.into_iter().rev() {
            if text.get(span.range()).is_some() {
                text.replace_range(span.range(), new);
            }
        }
        loader = loader.with(module.path.clone(), text);
    }
    match modules.list.first() {
        Some(entry) => Analysis::of(&entry.path, &loader),
        None => Analysis::of(&ModulePath::file(""), &loader),
    }
}
