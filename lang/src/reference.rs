//! The pages of the reference manual that the tables say: kinds of state, declarations, codes. What tables do not say
//! stands in pages written by hand, beside these in `docs/reference/`.

use std::fmt::Write;

use crate::codes::CODES;
use crate::kinds::{COMMON_EVENTS, DECLARATIONS, Kind, Need, STATES, TOOL_EVENTS, ValueRule};

/// A page of the manual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its file in `docs/reference/`.
    pub file: &'static str,
    /// The whole text.
    pub text: String,
}

/// Every page that is made from the tables.
pub fn markdown() -> Vec<Page> {
    vec![
        Page { file: "states.md", text: states() },
        Page { file: "declarations.md", text: declarations() },
        Page { file: "errors.md", text: errors() },
    ]
}

const MADE: &str = "<!-- Made from the table of kinds by `UPDATE=1 cargo test --test suite reference`. -->\n";

fn states() -> String {
    let mut page = format!(
        "# States\n\n{MADE}\nA state is `KIND name (: Type)? {{ fields  nested states  edges }}`.\n\
         Its name is the variable that holds its last result; inside the state `.f` is a field of its own result.\n\n\
         Every state that does something may also raise {}: `error` stands for every failure, `invalid` for a value that \
         could not be computed, `budget` for a bound of what encloses it.\n\n",
        words(COMMON_EVENTS)
    );
    let rows = STATES.iter().map(|kind| format!("| [`{0}`](#{0}) | {1} |\n", kind.word, kind.doc));
    page.push_str("| kind | does |\n|---|---|\n");
    page.extend(rows);
    for kind in STATES {
        section(&mut page, kind);
        let _ = writeln!(page, "\n{}", value(kind.value));
        let _ = writeln!(page, "{}", events(kind));
    }
    page
}

fn declarations() -> String {
    let mut page = format!(
        "# Declarations\n\n{MADE}\nA declaration begins in column 0; all declarations of a file share one namespace.\n\
         `type` and `import` take no fields and stand in [types](types.md) and in the grammar.\n\n"
    );
    let rows = DECLARATIONS.iter().map(|kind| format!("| [`{0}`](#{0}) | {1} |\n", kind.word, kind.doc));
    page.push_str("| declaration | is |\n|---|---|\n");
    page.extend(rows);
    for kind in DECLARATIONS {
        section(&mut page, kind);
    }
    page
}

fn errors() -> String {
    let mut page = format!(
        "# Errors and warnings\n\n{MADE}\n`agentrun explain E0301` prints the page of a code.\n\n| code | is |\n|---|---|\n"
    );
    let rows = CODES.iter().map(|(code, title)| format!("| [{0}](../errors/{0}.md) | {title} |\n", code.0));
    page.extend(rows);
    page
}

fn section(page: &mut String, kind: &Kind) {
    let _ = write!(page, "\n## {}\n\n{}.\n", kind.word, capital(kind.doc));
    if kind.fields.is_empty() {
        return;
    }
    page.push_str("\n| field | takes | where it is not written | is |\n|---|---|---|---|\n");
    for field in kind.fields {
        let need = match field.need {
            Need::Required => "required".to_owned(),
            Need::Optional => String::new(),
            Need::Default(value) if value.contains(' ') => value.to_owned(),
            Need::Default(value) => format!("`{value}`"),
        };
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            field.key,
            cell(&field.ty.takes()),
            cell(&need),
            cell(field.doc)
        );
    }
}

fn value(rule: ValueRule) -> &'static str {
    match rule {
        ValueRule::Declared => "Its value is of the written type, `string` where none is written.",
        ValueRule::Rows => {
            "Its value is `string[]`, or `Hit[]` where that is written: rows with `.uid`, `.text`, `.score`, `.trust`."
        }
        ValueRule::Inferred => "The type of its value follows from its fields and is not written.",
        ValueRule::None => "It has no value.",
    }
}

fn events(kind: &Kind) -> String {
    match kind.events {
        [] => "It raises nothing of its own.".to_owned(),
        events if events == TOOL_EVENTS => {
            format!("It raises {}, and the errors that its tool declares.", words(events))
        }
        events => format!("It raises {}.", words(events)),
    }
}

fn words(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
