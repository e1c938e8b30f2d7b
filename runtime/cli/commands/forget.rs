//! `agentrun forget --user USER`: deletes every text of a user from the journal.

use crate::exit::Exit;
use crate::keep;
use crate::output;
use crate::recorded::ForgetArgs;

/// Forgets a user.
pub(crate) fn forget(args: &ForgetArgs) -> Exit {
    let store = match keep::existing(args.place.journal.as_deref()) {
        Ok(store) => store,
        Err(exit) => return exit,
    };
    match store.forget(&args.user) {
        Ok(gone) if gone.runs == 0 && gone.texts == 0 => {
            output::err(&format!("{} holds nothing of this user\n", store.path().display()));
            Exit::Done
        }
        Ok(gone) => {
            let counted =
                |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
            output::err(&format!(
                "{} of {} deleted\n",
                counted(gone.texts, "text"),
                counted(gone.runs, "run")
            ));
            Exit::Done
        }
        Err(error) => {
            output::complain(&error.to_string());
            Exit::Failed
        }
    }
}
