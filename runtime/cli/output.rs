//! The two streams: results on standard output, everything else on standard error. A reader that has gone away
//! (`| head`) is no reason to complain.

use std::io::{self, IsTerminal as _, Write as _};

/// Writes to standard output.
pub(crate) fn out(text: &str) {
    let mut stream = io::stdout().lock();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Writes to standard error.
pub(crate) fn err(text: &str) {
    let mut stream = io::stderr().lock();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// `error: …` on standard error.
pub(crate) fn complain(message: &str) {
    err(&format!("error: {message}\n"));
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
