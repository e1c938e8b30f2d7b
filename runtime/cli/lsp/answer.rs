//! The answer to each request.

use std::path::Path;
use std::rc::Rc;

use agentrun_lang::graph;
use agentrun_lang::ide::{self, Analysis};
use agentrun_lang::loader::ModulePath;
use gen_lsp_types::{
    CodeActionKind, CodeActionParams, CompletionParams, Contents, DocumentHighlight, DocumentHighlightKind,
    Hover, Location, PrepareRenamePlaceholder, ReferenceParams, RenameParams, TextDocumentIdentifier,
    TextDocumentPositionParams,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::convert;
use super::documents::{file_path, files_below, path_of};
use super::edit;
use super::main_loop::Server;
use super::text::{Lines, number};
use super::wire::Refusal;

/// Params of every request that is about a whole file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    text_document: TextDocumentIdentifier,
    /// Of `agentrun/graph`: one agent's graph alone.
    agent: Option<String>,
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Refusal> {
    serde_json::from_value(params).map_err(|error| Refusal::new(Refusal::INVALID_PARAMS, error.to_string()))
}

fn give(value: impl serde::Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(|error| Refusal::new(Refusal::FAILED, error.to_string()))
}

impl Server {
    pub(super) fn answer(&mut self, method: &str, params: Value) -> Result<Value, Refusal> {
        match method {
            "textDocument/completion" => self.completion(&read(params)?),
            "textDocument/hover" => self.hover(&read(params)?),
            "textDocument/definition" => self.definition(&read(params)?),
            "textDocument/references" => self.references(&read(params)?),
            "textDocument/documentHighlight" => self.highlights(&read(params)?),
            "textDocument/prepareRename" => self.prepare_rename(&read(params)?),
            "textDocument/rename" => self.rename(&read(params)?),
            "textDocument/documentSymbol" => self.symbols(&read(params)?),
            "textDocument/semanticTokens/full" => self.tokens(&read(params)?),
            "textDocument/formatting" => self.formatting(&read(params)?),
            "textDocument/codeAction" => self.actions(&read(params)?),
            "textDocument/codeLens" => self.lenses(&read(params)?),
            "textDocument/inlayHint" => self.hints(&read(params)?),
            "agentrun/graph" => self.graph(&read(params)?),
            _ => Err(Refusal::new(Refusal::NO_METHOD, format!("there is no method `{method}`"))),
        }
    }

    /// The file and the offset of a position.
    fn at(
        &mut self,
        params: &TextDocumentPositionParams,
    ) -> Result<(ModulePath, Rc<Analysis>, u32), Refusal> {
        let path = path_of(&params.text_document.uri.0);
        let analysis = self.analysis(&path)?;
        let text = analysis.source().map_or("", |source| &*source.text);
        let offset = number(Lines::of(text, self.agreed.encoding).offset(params.position));
        Ok((path, analysis, offset))
    }

    fn completion(&mut self, params: &CompletionParams) -> Result<Value, Refusal> {
        let params = &params.text_document_position_params;
        let path = path_of(&params.text_document.uri.0);
        let text = &self.document(&path)?.text;
        let lines = Lines::of(text, self.agreed.encoding);
        let offset = lines.offset(params.position);
        let items = ide::complete(&path, &self.documents, offset);
        give(convert::completions(&items, &lines, self.agreed.snippets))
    }

    fn hover(&mut self, params: &TextDocumentPositionParams) -> Result<Value, Refusal> {
        let (_, analysis, offset) = self.at(params)?;
        let (Some(hover), Some(source)) = (ide::hover(&analysis, offset), analysis.source()) else {
            return Ok(Value::Null);
        };
        let range = Lines::of(&source.text, self.agreed.encoding).range(hover.span.range());
        give(Hover { contents: Contents::MarkupContent(convert::markdown(&hover.text)), range: Some(range) })
    }

    fn definition(&mut self, params: &TextDocumentPositionParams) -> Result<Value, Refusal> {
        let (_, analysis, offset) = self.at(params)?;
        let found = ide::definition(&analysis, offset);
        give(self.locations(&edit::places(&analysis, &found, self.agreed.encoding)))
    }

    fn locations(&self, places: &edit::Places) -> Vec<Location> {
        let mut locations = Vec::new();
        for (path, ranges) in places {
            let Some(uri) = self.documents.uri(path) else { continue };
            locations.extend(ranges.iter().map(|range| Location { uri: uri.clone(), range: *range }));
        }
        locations
    }

    fn references(&mut self, params: &ReferenceParams) -> Result<Value, Refusal> {
        let (_, analysis, offset) = self.at(&params.text_document_position_params)?;
        let mut found = ide::references(&analysis, offset);
        let made = ide::definition(&analysis, offset);
        if !params.context.include_declaration {
            found.retain(|place| !made.contains(place));
        }
        let mut places = edit::places(&analysis, &found, self.agreed.encoding);
        let files = if made.is_empty() { Vec::new() } else { self.files() };
        for made in &made {
            let name = analysis.compilation.modules.sources.slice(made.span);
            let shared = edit::Shared { made, name };
            let encoding = self.agreed.encoding;
            edit::add_elsewhere(&mut places, &shared, |_| true, &self.documents, &files, encoding);
        }
        give(self.locations(&places))
    }

    fn highlights(&mut self, params: &TextDocumentPositionParams) -> Result<Value, Refusal> {
        let (_, analysis, offset) = self.at(params)?;
        let text = analysis.source().map_or("", |source| &*source.text);
        let lines = Lines::of(text, self.agreed.encoding);
        let found = ide::highlights(&analysis, offset);
        let highlight = |range| DocumentHighlight { range, kind: Some(DocumentHighlightKind::Text) };
        give(found.iter().map(|span| highlight(lines.range(span.range()))).collect::<Vec<_>>())
    }

    fn prepare_rename(&mut self, params: &TextDocumentPositionParams) -> Result<Value, Refusal> {
        let (_, analysis, offset) = self.at(params)?;
        let (span, placeholder) = ide::renameable(&analysis, offset).map_err(not_renamed)?;
        let text = analysis.source().map_or("", |source| &*source.text);
        let range = Lines::of(text, self.agreed.encoding).range(span.range());
        give(PrepareRenamePlaceholder { range, placeholder })
    }

    fn rename(&mut self, params: &RenameParams) -> Result<Value, Refusal> {
        let (_, analysis, offset) = self.at(&params.text_document_position_params)?;
        let renaming = ide::rename(&analysis, offset, &params.new_name).map_err(not_renamed)?;
        let mut places = edit::places(&analysis, &renaming.places, self.agreed.encoding);
        if let Some(made) = renaming.places.first().filter(|_| renaming.is_shared) {
            let name = renaming.old.as_str();
            let (shared, files, encoding) = (edit::Shared { made, name }, self.files(), self.agreed.encoding);
            let same = |written: &str| written == name;
            edit::add_elsewhere(&mut places, &shared, same, &self.documents, &files, encoding);
        }
        give(edit::renaming(places, &params.new_name, &self.documents))
    }

    /// The files that may use what another makes: those that are open, and those of the folders.
    fn files(&self) -> Vec<ModulePath> {
        let mut files: Vec<ModulePath> = self.documents.open.keys().cloned().collect();
        for folder in self.agreed.folders.iter().filter_map(|uri| file_path(uri)) {
            files.extend(files_below(Path::new(&folder)));
        }
        files.sort();
        files.dedup();
        files
    }

    fn symbols(&mut self, params: &Whole) -> Result<Value, Refusal> {
        let (analysis, text) = self.whole(params)?;
        let lines = Lines::of(&text, self.agreed.encoding);
        let symbols: Vec<_> =
            ide::symbols(&analysis).iter().map(|symbol| convert::symbol(symbol, &lines)).collect();
        if self.agreed.nested_symbols {
            return give(symbols);
        }
        let uri = &params.text_document.uri;
        let flat = symbols.into_iter().map(|symbol| {
            json!({ "name": symbol.name, "kind": symbol.kind, "location": { "uri": uri, "range": symbol.range } })
        });
        give(flat.collect::<Vec<_>>())
    }

    fn tokens(&mut self, params: &Whole) -> Result<Value, Refusal> {
        let (analysis, text) = self.whole(params)?;
        give(convert::tokens(&ide::tokens(&analysis), &Lines::of(&text, self.agreed.encoding)))
    }

    fn formatting(&mut self, params: &Whole) -> Result<Value, Refusal> {
        let path = path_of(&params.text_document.uri.0);
        let text = &self.document(&path)?.text;
        give(edit::formatting(text, self.agreed.encoding))
    }

    fn actions(&mut self, params: &CodeActionParams) -> Result<Value, Refusal> {
        let only = params.context.only.as_deref();
        if only.is_some_and(|only| !only.contains(&CodeActionKind::QuickFix)) {
            return Ok(json!([]));
        }
        let uri = &params.text_document.uri;
        let analysis = self.analysis(&path_of(&uri.0))?;
        give(edit::actions(&analysis, &self.documents, uri, params.range, self.agreed.encoding))
    }

    fn lenses(&mut self, params: &Whole) -> Result<Value, Refusal> {
        let (analysis, text) = self.whole(params)?;
        let lines = Lines::of(&text, self.agreed.encoding);
        let uri = &params.text_document.uri;
        give(ide::lenses(&analysis).iter().map(|lens| convert::lens(lens, uri, &lines)).collect::<Vec<_>>())
    }

    fn hints(&mut self, params: &Whole) -> Result<Value, Refusal> {
        let (analysis, text) = self.whole(params)?;
        let lines = Lines::of(&text, self.agreed.encoding);
        give(ide::hints(&analysis).iter().map(|hint| convert::hint(hint, &lines)).collect::<Vec<_>>())
    }

    /// The picture of a file's graphs; `null` where it does not compile.
    fn graph(&mut self, params: &Whole) -> Result<Value, Refusal> {
        let analysis = self.analysis(&path_of(&params.text_document.uri.0))?;
        let Some(program) = &analysis.compilation.program else { return Ok(Value::Null) };
        let only = params.agent.as_deref().and_then(|name| program.entry_agent(name));
        give(graph::svg(program, only))
    }

    fn whole(&mut self, params: &Whole) -> Result<(Rc<Analysis>, String), Refusal> {
        let analysis = self.analysis(&path_of(&params.text_document.uri.0))?;
        let text = analysis.source().map_or_else(String::new, |source| source.text.to_string());
        Ok((analysis, text))
    }
}

fn not_renamed(why: ide::NoRename) -> Refusal {
    Refusal::new(Refusal::FAILED, why.0)
}
