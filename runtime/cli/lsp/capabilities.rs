//! What the client can do, and what the server says it can.

use gen_lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeLensOptions, CompletionOptions, Full,
    InitializeParams, InitializeResult, PositionEncodingKind, RenameOptions, SemanticTokensLegend,
    SemanticTokensOptions, ServerCapabilities, ServerInfo, TextDocumentSyncKind, TextDocumentSyncOptions,
    WorkDoneProgressOptions, WorkspaceFolders,
};

use super::convert::{TOKEN_MODIFIERS, TOKEN_TYPES};
use super::text::Encoding;

/// What was agreed on when the session began.
#[derive(Clone, Debug)]
pub(super) struct Agreed {
    pub(super) encoding: Encoding,
    /// Whether a completion may have places to fill.
    pub(super) snippets: bool,
    /// Whether a symbol may hold others.
    pub(super) nested_symbols: bool,
    /// The folders that are looked through.
    pub(super) folders: Vec<String>,
}

/// What the client's first request says.
pub(super) fn agree(params: &InitializeParams) -> Agreed {
    let client = &params.capabilities;
    let encodings = client.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    let utf8 = encodings.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8));
    let folders = match &params.workspace_folders_initialize_params.workspace_folders {
        Some(WorkspaceFolders::WorkspaceFolderList(list)) => {
            list.iter().map(|folder| folder.uri.0.clone()).collect()
        }
        #[expect(deprecated, reason = "clients that know no folders say it there")]
        _ => params.root_uri.iter().map(|uri| uri.0.clone()).collect(),
    };
    Agreed {
        encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
        snippets: snippets(client).unwrap_or(false),
        nested_symbols: nested_symbols(client).unwrap_or(false),
        folders,
    }
}

fn snippets(client: &ClientCapabilities) -> Option<bool> {
    client.text_document.as_ref()?.completion.as_ref()?.completion_item.as_ref()?.snippet_support
}

fn nested_symbols(client: &ClientCapabilities) -> Option<bool> {
    client.text_document.as_ref()?.document_symbol.as_ref()?.hierarchical_document_symbol_support
}

/// The answer to the first request.
pub(super) fn result(agreed: &Agreed) -> InitializeResult {
    let encoding = match agreed.encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
    };
    let legend = SemanticTokensLegend {
        token_types: TOKEN_TYPES.iter().map(|word| (*word).to_owned()).collect(),
        token_modifiers: TOKEN_MODIFIERS.iter().map(|word| (*word).to_owned()).collect(),
    };
    let capabilities = ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::Incremental),
                save: Some(true.into()),
                ..TextDocumentSyncOptions::default()
            }
            .into(),
        ),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "@", "{", ">", ":"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(true.into()),
        definition_provider: Some(true.into()),
        references_provider: Some(true.into()),
        document_highlight_provider: Some(true.into()),
        document_symbol_provider: Some(true.into()),
        document_formatting_provider: Some(true.into()),
        rename_provider: Some(
            RenameOptions { prepare_provider: Some(true), ..RenameOptions::default() }.into(),
        ),
        code_action_provider: Some(
            CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QuickFix]),
                ..CodeActionOptions::default()
            }
            .into(),
        ),
        code_lens_provider: Some(CodeLensOptions::default()),
        inlay_hint_provider: Some(true.into()),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend,
                range: None,
                full: Some(Full::Bool(true)),
                work_done_progress_options: WorkDoneProgressOptions::default(),
            }
            .into(),
        ),
        ..ServerCapabilities::default()
    };
    let server = ServerInfo { name: "agentrun".into(), version: Some(env!("CARGO_PKG_VERSION").into()) };
    InitializeResult { capabilities, server_info: Some(server) }
}
