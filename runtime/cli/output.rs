//! The two streams: results on standard output, everything else on standard error. A reader that has gone away
//! (`| head`) is no reason to complain; a result that cannot be written is.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::visible::visible;

/// Whether something that belongs on standard output was lost: the stream is the process's, and so is this.
static LOST: AtomicBool = AtomicBool::new(false);

/// Writes to standard output.
pub(crate) fn out(text: &str) {
    let mut stream = io::stdout().lock();
    let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        complain(&format!("cannot write to standard output: {error}"));
    }
}

/// Writes a text that somebody else wrote to standard output: as it is, but for what would drive a terminal.
pub(crate) fn out_text(text: &str) {
    if io::stdout().is_terminal() { out(&visible(text)) } else { out(text) }
}

/// Whether a part of what belongs on standard output could not be written.
pub(crate) fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Writes to standard error.
pub(crate) fn err(text: &str) {
    let mut stream = io::stderr().lock();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// `error: …` on standard error.
pub(crate) fn complain(message: &str) {
    err(&format!("error: {}\n", visible(message)));
}

/// Whether standard error takes colors.
pub(crate) fn color(no_color: bool) -> bool {
    !no_color && no_color_unset() && io::stderr().is_terminal()
}

/// Whether standard output takes colors.
pub(crate) fn color_out(no_color: bool) -> bool {
    !no_color && no_color_unset() && io::stdout().is_terminal()
}

fn no_color_unset() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
