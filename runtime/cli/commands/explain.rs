//! `agentrun explain E0301`: the page of a code.

use agentrun_lang::codes::{CODES, Code};
use agentrun_lang::suggest::nearest;
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
    let code = full(asked);
    if let Some(page) = PAGES.get_file(format!("{code}.md")).and_then(|page| page.contents_utf8()) {
        output::out(page);
        return Exit::Done;
    }
    let mend = match nearest(&code, CODES.iter().map(|(Code(known), _)| *known)) {
        Some(near) => format!("; did you mean {near}?"),
        None => ";".to_string(),
    };
    output::complain(&format!("there is no code {asked}{mend} `agentrun explain` lists all"));
    Exit::Usage
}

/// `e401`, `401` and `E0401` are one code.
fn full(asked: &str) -> String {
    let asked = asked.trim().to_ascii_uppercase();
    let letters = asked.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letter, number) = asked.split_at(letters);
    if number.is_empty() {
        return asked;
    }
    let letter = if letter.is_empty() { "E" } else { letter };
    format!("{letter}{number:0>4}")
}
