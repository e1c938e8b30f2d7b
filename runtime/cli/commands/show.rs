//! `agentrun show RUN`: what a run did, in its order, with times, tokens and costs.

use serde_json::json;

use super::runs::as_json;
use crate::exit::Exit;
use crate::output;
use crate::page::page;
use crate::recorded::ShowArgs;
use crate::stored::Stored;
use crate::timeline::timeline;
use crate::visible::escaped_json;

/// What stands where a text is gone.
const GONE: &str = "(forgotten)";

/// Shows a run.
pub(crate) fn show(args: &ShowArgs) -> Exit {
    let stored = match Stored::find(&args.run, args.place.journal.as_deref()) {
        Ok(stored) => stored,
        Err(exit) => return exit,
    };
    let entries = match stored.store.entries_for_show(&stored.line.id, GONE) {
        Ok(entries) => entries,
        Err(error) => {
            output::complain(&error.to_string());
            return Exit::Failed;
        }
    };
    if args.json {
        let mut run = as_json(&stored.line);
        if let Some(run) = run.as_object_mut() {
            run.insert("entries".into(), json!(entries));
        }
        output::out(&format!("{}\n", escaped_json(format!("{run:#}"))));
    } else if args.html {
        // Without its program the page has no picture.
        let program = stored.program(false).ok();
        output::out(&page(&stored.line, &entries, program.as_deref()));
    } else {
        output::out_text(&timeline(&stored.line, &entries));
    }
    Exit::Done
}
