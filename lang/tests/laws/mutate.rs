//! Real programs with a few things cut out, doubled, swapped or put in.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;

const PROGRAMS: &[&str] = &[
    include_str!("../../../tests/suite/lang/parse/ok/declarations.agent"),
    include_str!("../../../tests/suite/lang/parse/ok/states.agent"),
    include_str!("../../../tests/suite/lang/parse/ok/expressions.agent"),
    include_str!("../../../tests/suite/lang/parse/ok/texts.agent"),
    include_str!("../../../tests/suite/lang/parse/ok/tests.agent"),
    include_str!("../../../tests/suite/lang/parse/ok/any_word_is_a_key.agent"),
    include_str!("../../../tests/suite/lang/parse/ok/unicode.agent"),
];

const INSERTS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "${",
    "#",
    "##",
    "->",
    "=>",
    ":",
    ",",
    "=",
    "==",
    "|",
    "@",
    "?",
    ".",
    "'",
    ";",
    "//",
    "/*",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "é",
    "世",
    "“",
    "edition 1\n",
    "\nagent A(",
    "when ",
    "if ",
    "map<",
    " # note\n",
    "## doc\n",
    "1",
    "$",
    "5m",
    "not ",
    "return ",
];

#[derive(Clone, Debug)]
enum Edit {
    Cut(usize, usize),
    Double(usize, usize),
    Insert(usize, &'static str),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<usize>(), 1..12_usize).prop_map(|(at, length)| Edit::Cut(at, length)),
        (any::<usize>(), 1..60_usize).prop_map(|(at, length)| Edit::Double(at, length)),
        (any::<usize>(), select(INSERTS)).prop_map(|(at, text)| Edit::Insert(at, text)),
    ]
}

/// A program with up to four edits.
pub(crate) fn broken() -> impl Strategy<Value = String> {
    (select(PROGRAMS), vec(edit(), 1..5)).prop_map(|(program, edits)| {
        let mut signs: Vec<char> = program.chars().collect();
        for edit in edits {
            apply(&mut signs, &edit);
        }
        signs.into_iter().collect()
    })
}

fn apply(signs: &mut Vec<char>, edit: &Edit) {
    let place = |at: usize| at % (signs.len() + 1);
    match *edit {
        Edit::Cut(at, length) => {
            let start = place(at);
            let end = (start + length).min(signs.len());
            signs.drain(start..end);
        }
        Edit::Double(at, length) => {
            let start = place(at);
            let end = (start + length).min(signs.len());
            let copy = signs[start..end].to_vec();
            signs.splice(start..start, copy);
        }
        Edit::Insert(at, text) => {
            let start = place(at);
            signs.splice(start..start, text.chars());
        }
    }
}
