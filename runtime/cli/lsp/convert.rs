//! The compiler's structs in the protocol's words.

use agentrun_lang::diagnostic::{self, Severity};
use agentrun_lang::ide::{self, ItemKind, LensKind, TokenKind};
use agentrun_lang::source::SourceMap;
use gen_lsp_types::{
    CodeLens, Command, CompletionItem, CompletionItemKind, CompletionItemTextEdit, Diagnostic,
    DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, DocumentSymbol, Documentation,
    InlayHint, InlayHintKind, InsertTextFormat, Label, Location, MarkupContent, MarkupKind, SemanticToken,
    SemanticTokens, SymbolKind, TextEdit, Uri,
};
use serde_json::json;

use super::text::{Lines, number};

/// Findings that say that something is not needed.
const UNNEEDED: &[&str] = &["W1302", "W1305", "W1301"];

/// A finding about the text of `lines`; `uris` says where another source is.
pub(super) fn finding(
    finding: &diagnostic::Diagnostic,
    lines: &Lines<'_>,
    sources: &SourceMap,
    place: impl Fn(agentrun_lang::span::Span) -> Option<Location>,
) -> Diagnostic {
    let mut message = finding.message.clone();
    if !finding.primary.text.is_empty() && !message.contains(&finding.primary.text) {
        message = format!("{message}: {}", finding.primary.text);
    }
    for hint in &finding.hints {
        message = format!("{message}\nhelp: {hint}");
    }
    let related = finding.secondary.iter().filter_map(|label| {
        Some(DiagnosticRelatedInformation { location: place(label.span)?, message: label.text.clone() })
    });
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    let severity = match finding.severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
    };
    // an editor shows nothing of an empty range
    let mut range = finding.primary.span.range();
    if range.is_empty() {
        let text = sources.get(finding.primary.span.source).map_or("", |source| &*source.text);
        let next = text.get(range.start..).and_then(|rest| rest.chars().next());
        range.end += next.filter(|sign| *sign != '\n').map_or(0, char::len_utf8);
    }
    Diagnostic {
        range: lines.range(range),
        severity: Some(severity),
        code: Some(finding.code.0.to_owned().into()),
        source: Some("agentrun".into()),
        message: message.into(),
        tags: UNNEEDED.contains(&finding.code.0).then(|| vec![DiagnosticTag::Unnecessary]),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// The items of a completion, in the order given.
pub(super) fn completions(
    items: &[ide::Completion],
    lines: &Lines<'_>,
    snippets: bool,
) -> Vec<CompletionItem> {
    items.iter().enumerate().map(|(at, item)| completion(item, at, lines, snippets)).collect()
}

fn completion(item: &ide::Completion, at: usize, lines: &Lines<'_>, snippets: bool) -> CompletionItem {
    let kind = match item.kind {
        ItemKind::Field => CompletionItemKind::Field,
        ItemKind::Keyword => CompletionItemKind::Keyword,
        ItemKind::State => CompletionItemKind::Method,
        ItemKind::Variable => CompletionItemKind::Variable,
        ItemKind::Function => CompletionItemKind::Function,
        ItemKind::Agent => CompletionItemKind::Class,
        ItemKind::Resource => CompletionItemKind::Module,
        ItemKind::Type => CompletionItemKind::Struct,
        ItemKind::Event => CompletionItemKind::Event,
        ItemKind::Value => CompletionItemKind::EnumMember,
    };
    let format =
        if item.is_snippet && snippets { InsertTextFormat::Snippet } else { InsertTextFormat::PlainText };
    let new_text = if item.is_snippet && !snippets { plain(&item.insert) } else { item.insert.clone() };
    let edit = TextEdit { range: lines.range(item.span.range()), new_text };
    CompletionItem {
        label: item.label.clone(),
        kind: Some(kind),
        detail: (!item.detail.is_empty()).then(|| item.detail.clone()),
        documentation: (!item.doc.is_empty()).then(|| Documentation::MarkupContent(markdown(&item.doc))),
        sort_text: Some(format!("{at:04}")),
        insert_text_format: Some(format),
        text_edit: Some(CompletionItemTextEdit::TextEdit(edit)),
        ..CompletionItem::default()
    }
}

/// A snippet for a client that knows none: its places hold what they propose.
fn plain(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find(['$', '\\']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        if let Some(escaped) = found.strip_prefix('\\') {
            let length = escaped.chars().next().map_or(0, char::len_utf8);
            out.push_str(escaped.get(..length).unwrap_or(""));
            rest = escaped.get(length..).unwrap_or("");
            continue;
        }
        let place = found.get(1..).unwrap_or("");
        if let Some((number, after)) = place.strip_prefix('{').and_then(|place| place.split_once('}')) {
            out.push_str(number.split_once(':').map_or("", |(_, text)| text));
            rest = after;
        } else {
            rest = place.trim_start_matches(|sign: char| sign.is_ascii_digit());
        }
    }
    out + rest
}

pub(super) fn markdown(text: &str) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value: text.to_owned() }
}

/// A tree of symbols.
pub(super) fn symbol(symbol: &ide::Symbol, lines: &Lines<'_>) -> DocumentSymbol {
    let kind = match symbol.word.as_str() {
        "agent" => SymbolKind::Class,
        "type" => SymbolKind::Struct,
        "field" => SymbolKind::Field,
        "tool" => SymbolKind::Function,
        "var" => SymbolKind::Variable,
        "test" => SymbolKind::Event,
        "model" | "guard" | "memory" | "mcp" | "skill" => SymbolKind::Module,
        _ => SymbolKind::Method,
    };
    let children: Vec<DocumentSymbol> =
        symbol.children.iter().map(|child| self::symbol(child, lines)).collect();
    let name = if symbol.name.is_empty() { "\"\"".to_owned() } else { symbol.name.clone() };
    DocumentSymbol {
        name,
        detail: Some(symbol.word.clone()),
        kind,
        tags: None,
        #[expect(deprecated, reason = "the struct has the field")]
        deprecated: None,
        range: lines.range(symbol.whole.range()),
        selection_range: lines.range(symbol.span.range()),
        children: (!children.is_empty()).then_some(children),
    }
}

pub(super) const TOKEN_TYPES: &[&str] = &[
    "keyword",
    "type",
    "class",
    "function",
    "namespace",
    "parameter",
    "variable",
    "method",
    "property",
    "event",
    "enumMember",
    "decorator",
];

pub(super) const TOKEN_MODIFIERS: &[&str] = &["declaration"];

fn token_type(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Keyword => "keyword",
        TokenKind::Type => "type",
        TokenKind::Agent => "class",
        TokenKind::Function => "function",
        TokenKind::Resource => "namespace",
        TokenKind::Parameter => "parameter",
        TokenKind::Variable => "variable",
        TokenKind::State => "method",
        TokenKind::Property => "property",
        TokenKind::Event => "event",
        TokenKind::EnumMember => "enumMember",
        TokenKind::Attribute => "decorator",
    }
}

/// Tokens, each told from the one before it.
pub(super) fn tokens(tokens: &[ide::Token], lines: &Lines<'_>) -> SemanticTokens {
    let mut data = Vec::with_capacity(tokens.len());
    let (mut line, mut start) = (0, 0);
    for token in tokens {
        let range = lines.range(token.span.range());
        if range.start.line != range.end.line {
            continue;
        }
        let same = range.start.line == line;
        let kind = TOKEN_TYPES.iter().position(|word| *word == token_type(token.kind)).unwrap_or(0);
        data.push(SemanticToken {
            delta_line: range.start.line - line,
            delta_start: if same { range.start.character - start } else { range.start.character },
            length: range.end.character - range.start.character,
            token_type: number(kind),
            token_modifiers_bitset: u32::from(token.is_made),
        });
        (line, start) = (range.start.line, range.start.character);
    }
    SemanticTokens { result_id: None, data }
}

pub(super) fn hint(hint: &ide::InlayHint, lines: &Lines<'_>) -> InlayHint {
    InlayHint {
        position: lines.position(hint.offset as usize),
        label: Label::String(hint.text.clone()),
        kind: Some(InlayHintKind::Type),
        text_edits: None,
        tooltip: None,
        padding_left: None,
        padding_right: None,
        data: None,
    }
}

pub(super) fn lens(lens: &ide::Lens, uri: &Uri, lines: &Lines<'_>) -> CodeLens {
    let (title, command) = match lens.kind {
        LensKind::Run => ("run", "agentrun.run"),
        LensKind::Graph => ("graph", "agentrun.graph"),
        LensKind::Test => ("test", "agentrun.test"),
    };
    let command = Command {
        title: title.into(),
        tooltip: None,
        command: command.into(),
        arguments: Some(vec![json!(uri.0), json!(lens.name)]),
    };
    CodeLens { range: lines.range(lens.span.range()), command: Some(command), data: None }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_snippet_without_places() {
        for (snippet, text) in [
            ("ask ${1:name} {\n  $3\n}", "ask name {\n  \n}"),
            ("{ cost: \\$${1:0.50} }", "{ cost: $0.50 }"),
            ("fail \"${1:why}\"", "fail \"why\""),
            ("${1}", ""),
            ("$", ""),
            ("\\", ""),
        ] {
            assert_eq!(plain(snippet), text);
        }
    }
}
