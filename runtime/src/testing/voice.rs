//! Who answers for a candidate in a test: the test's own lines, else its cassette, else, where that was asked for, the
//! model itself, whose answer the cassette keeps.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _};

use super::cassette::Cassette;
use super::sensitive::Sensitive;
use crate::call::provider::scripted::{Cue, Play, path};
use crate::call::provider::{Caps, Delta, ErrorClass, ModelReply, ModelRequest, Provider, ProviderError};

/// One candidate.
pub(super) struct Voice {
    /// The name by which a test answers for it alone, `smart["openai/gpt-5.1"]`.
    pub(super) name: String,
    /// `openai/gpt-5.1`.
    pub(super) target: String,
    /// Answers from the test's lines.
    pub(super) scripted: Arc<dyn Provider>,
    /// What its provider is known to be, whatever stands for it here: requests are put the same with a key and without.
    pub(super) declared: Option<Arc<dyn Provider>>,
    /// The model itself, where it may be asked.
    pub(super) live: Option<Arc<dyn Provider>>,
    pub(super) shared: Arc<Shared>,
}

/// What the candidates of one test share.
pub(super) struct Shared {
    pub(super) play: Arc<Play>,
    pub(super) cassette: Option<Cassette>,
    pub(super) sensitive: Sensitive,
    /// What nobody answered for: one line each, the mend included.
    pub(super) unanswered: Mutex<Vec<String>>,
}

impl Shared {
    /// Says that something has no answer; said once.
    pub(super) fn unanswered(&self, line: String) {
        let mut lines = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
}

impl Voice {
    async fn answer(
        &self,
        request: &ModelRequest,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<ModelReply, ProviderError> {
        let Shared { play, cassette, sensitive, .. } = &*self.shared;
        let cue = Cue { effect: &request.effect, state: &request.state };
        if play.speaks_for_model(cue, &self.name) {
            return self.scripted.complete(request, sink).await;
        }
        play.note(cue, &self.name, &request.messages);
        if let Some(reply) = cassette.as_ref().and_then(|cassette| cassette.play(request, sensitive)) {
            sink(Delta::Text(reply.text.clone()));
            return Ok(reply);
        }
        if let Some(live) = &self.live {
            let reply = live.complete(request, sink).await?;
            if let Some(cassette) = cassette {
                cassette.keep(&self.target, request, &reply, sensitive);
            }
            return Ok(reply);
        }
        let name = path(&request.effect).name;
        let line = match cassette {
            Some(cassette) => format!("no model answers `{name}`: {}", cassette.miss(request, sensitive)),
            None => {
                format!("no model answers `{name}`: add `mock {name} = …`, or a `cassette:` and record it")
            }
        };
        self.shared.unanswered(line.clone());
        Err(ProviderError::of(ErrorClass::NotConfigured, line))
    }
}

impl Provider for Voice {
    fn caps(&self, model: &str) -> Caps {
        self.declared.as_ref().unwrap_or(&self.scripted).caps(model)
    }

    fn complete<'a>(
        &'a self,
        request: &'a ModelRequest,
        sink: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<ModelReply, ProviderError>> {
        self.answer(request, sink).boxed()
    }
}
