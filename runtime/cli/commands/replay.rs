//! `agentrun replay RUN`: the run again, from its record alone; nobody is asked and nothing is done.

use agentrun_runtime::driver::{Agreement, rebuild};
use agentrun_runtime::journal::End;

use crate::exit::Exit;
use crate::launch::shown;
use crate::output;
use crate::recorded::ReplayArgs;
use crate::stored::Stored;

/// Replays a run, and gives its result as the run did.
pub(crate) fn replay(args: &ReplayArgs) -> Exit {
    again(args).unwrap_or_else(|exit| exit)
}

fn again(args: &ReplayArgs) -> Result<Exit, Exit> {
    let stored = Stored::find(&args.run, args.place.journal.as_deref())?;
    let fail = |message: String| {
        output::complain(&message);
        Exit::Failed
    };
    let entries = stored.store.entries(&stored.line.id).map_err(|error| fail(error.to_string()))?;
    let program = stored.program(output::color(args.no_color))?;
    // Another version of the program cannot be the same in every word.
    let agreement =
        if program.hash == stored.line.program { Agreement::Everything } else { Agreement::Effects };
    let rebuilt = rebuild(&program, &entries, agreement).map_err(|error| fail(error.to_string()))?;
    let effects = rebuilt.replayed;
    let how = match &rebuilt.end {
        Some(End::Done { .. }) => "done",
        Some(End::Failed { .. }) => "failed",
        Some(End::Waiting { .. }) => "waiting for a person",
        None => "broken off",
    };
    output::err(&format!(
        "run {} replays the same: {} entries, {effects} effects, {how}\n",
        stored.line.id,
        entries.len()
    ));
    if let Some(End::Done { result }) = &rebuilt.end
        && !result.is_null()
    {
        output::out_text(&format!("{}\n", shown(result)));
    }
    Ok(Exit::Done)
}
