//! `agentrun lsp`: the language server.

use crate::exit::Exit;
use crate::lsp;

/// Serves an editor until it leaves.
pub(crate) fn lsp() -> Exit {
    lsp::serve()
}
