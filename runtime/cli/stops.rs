//! What ends a run from outside: Ctrl-C, and the SIGTERM that containers and service managers send.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;

/// The signals that ask a run to end, as they come.
pub(crate) struct Stops {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Stops {
    /// Listens from now on. Where the system refuses a listener, the signal keeps its own effect.
    pub(crate) fn new() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    /// How the program is to end, once it is asked to.
    pub(crate) async fn next(&mut self) -> Exit {
        tokio::select! {
            () = came(self.interrupt.as_mut()) => Exit::Interrupted,
            () = came(self.terminate.as_mut()) => Exit::Terminated,
        }
    }
}

async fn came(signal: Option<&mut Signal>) {
    let heard = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await;
    }
}
