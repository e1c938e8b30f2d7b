//! A provider that cannot be asked: it answers every attempt with what it lacks and the mend, so that failover
//! treats it like any other and a pool's next candidate gets its turn.

use futures_util::future::BoxFuture;

use crate::call::provider::{Caps, Delta, ErrorClass, ModelReply, ModelRequest, Provider, ProviderError};
use crate::chat::Usage;

/// Nothing is ever sent.
pub(super) struct Unconfigured {
    reason: String,
}

impl Unconfigured {
    pub(super) fn new(reason: String) -> Self {
        Self { reason }
    }
}

impl Provider for Unconfigured {
    /// It would take anything: what it lacks is a key, and that is what the reader should be told.
    fn caps(&self, _model: &str) -> Caps {
        Caps { tools: true, schema: true, images: true, pdf: true, ..Caps::default() }
    }

    fn complete<'a>(
        &'a self,
        _request: &'a ModelRequest,
        _sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>> {
        let error = ProviderError {
            class: ErrorClass::NotConfigured,
            status: None,
            message: self.reason.clone(),
            retry_after: None,
            partial: String::new(),
            usage: Usage::default(),
        };
        Box::pin(std::future::ready(Err(error)))
    }
}
