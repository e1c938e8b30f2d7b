//! Stands where this version has no provider yet: every call says so.

use futures_util::future::{BoxFuture, FutureExt as _, ready};

use super::{Caps, Delta, ErrorClass, ModelReply, ModelRequest, Provider, ProviderError};

/// Answers nothing.
pub(super) struct Absent {
    name: String,
}

impl Absent {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }
}

impl Provider for Absent {
    fn caps(&self, _model: &str) -> Caps {
        Caps::default()
    }

    fn complete<'a>(
        &'a self,
        _request: &'a ModelRequest,
        _sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>> {
        let said = format!("this version cannot talk to `{}` yet", self.name);
        ready(Err(ProviderError::of(ErrorClass::NotConfigured, said))).boxed()
    }
}
