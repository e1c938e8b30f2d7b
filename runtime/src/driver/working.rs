//! The effects under way, each a task that can be told to stop.

use std::future::Future;

use indexmap::IndexMap;
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::error::{Commit, Failure, FailureKind};
use crate::machine::{EffectId, Outcome, Spent};

/// The effects under way.
#[derive(Default)]
pub(super) struct Working {
    tasks: JoinSet<Outcome>,
    open: IndexMap<task::Id, Open>,
    pub(super) canceled: bool,
}

struct Open {
    about: About,
    token: CancellationToken,
}

/// What is known of an effect beside its outcome.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) id: EffectId,
    pub(super) kind: &'static str,
    /// Whether it changes the world.
    pub(super) writes: bool,
}

impl Working {
    pub(super) fn start(
        &mut self,
        about: About,
        token: CancellationToken,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) {
        let handle = self.tasks.spawn(work);
        self.open.insert(handle.id(), Open { about, token });
    }

    pub(super) fn cancel(&mut self, id: &EffectId) {
        for open in self.open.values().filter(|open| open.about.id == *id) {
            open.token.cancel();
        }
    }

    pub(super) fn cancel_all(&mut self) {
        self.canceled = true;
        for open in self.open.values() {
            open.token.cancel();
        }
    }

    /// The next effect that ends. One whose code panicked failed, and nobody knows how far it came.
    pub(super) async fn next(&mut self) -> Option<(About, Outcome)> {
        let (id, outcome) = match self.tasks.join_next_with_id().await? {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => {
                let message = format!("internal error, please report it: {error}");
                let failure = Failure::new(FailureKind::Failed, message).committed(Commit::Unknown);
                (error.id(), Outcome { result: Err(failure), spent: Spent::default() })
            }
        };
        self.open.shift_remove(&id).map(|open| (open.about, outcome))
    }
}
