//! The journal that runs are kept in: where it is, how a new run gets into it, how what is in it is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_runtime::config::Environment;
use agentrun_runtime::journal::{About, Journal, JournalError, Sqlite};

use crate::args::RunArgs;
use crate::compile::Compiled;
use crate::exit::Exit;
use crate::output;
use crate::setup::Setup;
use crate::visible::visible;

/// The record of a new run, and the command that takes the run up again, where one can; none where it is kept in
/// memory only.
pub(crate) type Kept = Option<(Arc<dyn Journal>, Option<String>)>;

/// Puts a new run into its journal. One that was named must take it; the user's own may be out of reach, which is said.
pub(crate) fn of_new_run(
    args: &RunArgs,
    environment: &Environment,
    compiled: &Compiled,
    setup: &Setup,
    run: &str,
    user: Option<String>,
) -> Result<Kept, Exit> {
    if args.no_journal {
        return Ok(None);
    }
    let about = About {
        run: run.to_string(),
        file: compiled.file.display().to_string(),
        setup: serde_json::to_value(setup).unwrap_or_default(),
        user,
        sources: sources(compiled),
        texts: !args.no_content,
        parent: None,
    };
    match (&args.journal, environment.user_journal()) {
        (Some(path), _) => begin(path, about).map(Some).map_err(|error| {
            output::complain(&error.to_string());
            Exit::Usage
        }),
        (None, Some(path)) => Ok(begin(&path, about).map_err(|error| warn(&error.to_string())).ok()),
        (None, None) => {
            warn("there is no home folder, and XDG_DATA_HOME is not set");
            Ok(None)
        }
    }
    .map(|kept| {
        let again = (!args.no_content).then(|| again(run, args.journal.as_deref()));
        kept.map(|journal| (journal, again))
    })
}

fn begin(path: &Path, about: About) -> Result<Arc<dyn Journal>, JournalError> {
    Ok(Arc::new(Arc::new(Sqlite::open(path)?).record(about)?))
}

fn warn(reason: &str) {
    output::err(&format!(
        "warning: this run is kept in memory only, and cannot be taken up again: {}\n  = help: `--journal FILE` names \
         another place, `--no-journal` says that none is wanted\n",
        visible(reason)
    ));
}

/// The program's texts, the entry first.
fn sources(compiled: &Compiled) -> Vec<(String, String)> {
    let texts = compiled.program.sources.iter();
    texts.map(|source| (source.name.to_string(), source.text.to_string())).collect()
}

/// The command that takes a run up again.
pub(crate) fn again(run: &str, journal: Option<&Path>) -> String {
    let journal = journal.map_or_else(String::new, |path| format!(" --journal {}", path.display()));
    format!("agentrun resume {run}{journal}")
}

/// The journal that is named, or the user's own, which must be there.
pub(crate) fn existing(given: Option<&Path>) -> Result<Arc<Sqlite>, Exit> {
    let fail = |message: String| {
        output::complain(&message);
        Exit::Usage
    };
    let path: PathBuf = match given {
        Some(path) => path.to_path_buf(),
        None => Environment::of_process().user_journal().ok_or_else(|| {
            fail(
                "there is no home folder, and XDG_DATA_HOME is not set: name a journal with `--journal FILE`"
                    .into(),
            )
        })?,
    };
    if !path.exists() {
        return Err(fail(format!("there is no journal {}: no run was kept there", path.display())));
    }
    Sqlite::existing(&path).map(Arc::new).map_err(|error| fail(error.to_string()))
}
