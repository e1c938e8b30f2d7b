//! The bounds of time of one attempt: to its first word, between two pieces, in all.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::{ErrorClass, ProviderError, Timeouts};

/// What is left of an attempt's time.
pub(super) struct Bounds {
    timeouts: Timeouts,
    total: Pin<Box<Sleep>>,
    patience: Patience,
}

/// What is waited for beside the end of all time.
enum Patience {
    /// An answer that comes whole: it has no first token, and a model may think long before it.
    Whole,
    /// A stream's first content.
    FirstWord(Pin<Box<Sleep>>),
    /// The next chunk.
    Flow,
}

impl Bounds {
    /// Begins to count.
    pub(super) fn start(timeouts: Timeouts, stream: bool) -> Self {
        let patience =
            if stream { Patience::FirstWord(Box::pin(sleep(timeouts.first_token))) } else { Patience::Whole };
        Self { timeouts, total: Box::pin(sleep(timeouts.total)), patience }
    }

    /// Content has come: from now on only silence counts.
    pub(super) fn flow(&mut self) {
        self.patience = Patience::Flow;
    }

    /// Waits, but not longer than any bound that counts now.
    pub(super) async fn wait<T>(&mut self, work: impl Future<Output = T>) -> Result<T, ProviderError> {
        let Self { timeouts, total, patience } = self;
        let impatient = async {
            match patience {
                Patience::Whole => std::future::pending().await,
                Patience::FirstWord(timer) => {
                    timer.await;
                    (
                        ErrorClass::TimeoutFirstToken,
                        format!("no first word within {}", spoken(timeouts.first_token)),
                    )
                }
                Patience::Flow => {
                    sleep(timeouts.idle).await;
                    (
                        ErrorClass::TimeoutIdle,
                        format!("it was silent for {} in the middle of the answer", spoken(timeouts.idle)),
                    )
                }
            }
        };
        tokio::select! {
            biased;
            value = work => Ok(value),
            () = total => {
                let said = format!("no whole answer within {}", spoken(timeouts.total));
                Err(ProviderError::of(ErrorClass::TimeoutTotal, said))
            }
            (class, said) = impatient => Err(ProviderError::of(class, said)),
        }
    }
}

/// `1500 ms`, `30 s`.
pub(in crate::call) fn spoken(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) { format!("{} s", millis / 1000) } else { format!("{millis} ms") }
}
