//! Every code and its title; each has a page `docs/errors/CODE.md`. Ranges: E01 syntax, E02 names, E03 types,
//! E04 flow, E05 effects and models, W1 warnings.

/// A stable code such as `E0301`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

/// Every code with its title, in order of the code.
pub const CODES: &[(Code, &str)] = &[
    (Code("E0001"), "internal error"),
    // E01 syntax
    (Code("E0101"), "something else was expected here"),
    (Code("E0102"), "an unknown word"),
    (Code("E0103"), "an unknown declaration"),
    (Code("E0104"), "a string that does not end"),
    (Code("E0105"), "a hole that does not end"),
    (Code("E0106"), "a `{` that is never closed"),
    (Code("E0107"), "a `}` that closes nothing"),
    (Code("E0108"), "nested too deep"),
    (Code("E0109"), "a number that is none"),
    (Code("E0110"), "an unknown escape"),
    (Code("E0111"), "a reserved word as a name"),
    (Code("E0112"), "a sign of another language"),
    (Code("E0113"), "a hole that cannot stand here"),
    (Code("E0114"), "the head of a file is out of order"),
    (Code("E0115"), "a file that is not UTF-8"),
    (Code("E0116"), "a file of another language"),
    (Code("E0117"), "a control character"),
    (Code("E0118"), "operators that need parentheses"),
    // E02 names
    (Code("E0201"), "a module that cannot be read"),
    (Code("E0202"), "imports that form a cycle"),
    (Code("E0203"), "a name that the imported file does not declare"),
    (Code("E0204"), "a name declared twice"),
    (Code("E0205"), "a name used twice in an agent"),
    // E03 types
    // E04 flow
    (Code("E0401"), "a cycle without a bound"),
    (Code("E0402"), "a state that is never reached"),
    (Code("E0403"), "a state without a way on"),
    (Code("E0404"), "a choice that leaves a value out"),
    (Code("E0405"), "no end can be reached"),
    (Code("E0406"), "a `require` that does not hold"),
    // E05 effects and models
    // W1 warnings
    (Code("W1101"), "a file without an edition"),
    (Code("W1102"), "a doc that documents nothing"),
    (Code("W1401"), "a bound that nothing counts against"),
    (Code("W1402"), "an edge that is never taken"),
    (Code("W1403"), "an event that nothing raises"),
    (Code("W1404"), "a `require` that a no satisfies"),
    (Code("W1601"), "unknown price"),
];

/// The title of a code.
pub fn title(code: Code) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, title)| *title)
}
