//! `AGENTRUN_LOG`: spans and events on standard error, for those who look for a fault. Off unless set.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::output;

/// Turns logging on where `AGENTRUN_LOG` asks for it: a filter such as `info` or `agentrun_runtime=debug`; with
/// `AGENTRUN_LOG_FORMAT=json` one object a line. Each line of a run carries its spans, the run's id among them.
pub(crate) fn start() {
    let Some(filter) = std::env::var("AGENTRUN_LOG").ok().filter(|filter| !filter.is_empty()) else { return };
    let filter = match EnvFilter::try_new(&filter) {
        Ok(filter) => filter,
        Err(error) => {
            output::err(&format!("warning: AGENTRUN_LOG is no filter ({error}); nothing is logged\n"));
            return;
        }
    };
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let base = base.with_span_events(FmtSpan::CLOSE);
    let json = std::env::var("AGENTRUN_LOG_FORMAT").is_ok_and(|format| format == "json");
    // Somebody may have set one already; then theirs holds.
    let _ = if json { base.json().try_init() } else { base.with_ansi(output::color(false)).try_init() };
}
