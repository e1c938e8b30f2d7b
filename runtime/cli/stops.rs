//! What ends a run from outside: Ctrl-C, the SIGTERM that containers and service managers send, and the SIGHUP of a
//! terminal that was closed.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;

/// The signals that ask a run to end, as they come.
pub(crate) struct Stops {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
}

impl Stops {
    /// Listens from now on. Where the system refuses a listener, the signal keeps its own effect.
    pub(crate) fn new() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            hang_up: hang_up(),
        }
    }

    /// How the program is to end, once it is asked to.
    pub(crate) async fn next(&mut self) -> Exit {
        tokio::select! {
            () = came(self.interrupt.as_mut()) => Exit::Interrupted,
            () = came(self.terminate.as_mut()) => Exit::Terminated,
            () = came(self.hang_up.as_mut()) => Exit::HungUp,
        }
    }
}

/// SIGHUP, unless whoever started this ignores it, as `nohup` does: listening would undo that.
fn hang_up() -> Option<Signal> {
    let hang_up = SignalKind::hangup();
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let ignored = u64::from_str_radix(ignored.trim(), 16).ok()?;
    let bit = hang_up.as_raw_value().checked_sub(1)?;
    if ignored >> bit & 1 == 1 { None } else { signal(hang_up).ok() }
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
