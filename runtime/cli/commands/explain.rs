//! `agentrun explain E0301`: the page of a code.

use agentrun_lang::codes::{CODES, Code};
use include_dir::{Dir, include_dir};

use crate::args::ExplainArgs;
use crate::exit::Exit;
use crate::output;

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/errors");

/// Prints the page of a code, or the list of codes.
pub(crate) fn explain(args: &ExplainArgs) -> Exit {
    let Some(asked) = &args.code else {
        for (code, title) in CODES {
            output::out(&format!("{}  {title}\n", code.0));
        }
        return Exit::Done;
    };
    let code = asked.trim().to_ascii_uppercase();
    match PAGES.get_file(format!("{code}.md")).and_then(|page| page.contents_utf8()) {
        Some(page) => {
            output::out(page);
            Exit::Done
        }
        None => {
            let near = CODES
                .iter()
                .map(|(Code(known), _)| *known)
                .filter(|known| known.chars().zip(code.chars()).filter(|(a, b)| a == b).count() >= 4)
                .take(5)
                .collect::<Vec<_>>();
            let mend =
                if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
            output::complain(&format!("there is no code {asked}{mend}; `agentrun explain` lists all"));
            Exit::Usage
        }
    }
}
