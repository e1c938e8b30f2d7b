//! Every code and its title; each has a page `docs/errors/CODE.md`. Ranges: E01 syntax, E02 names, E03 types,
//! E04 flow, E05 effects and models, W1 warnings.

/// A stable code such as `E0301`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

/// Every code with its title, in order of the code.
pub const CODES: &[(Code, &str)] = &[
    (Code("E0001"), "internal error"),
    // E01 syntax
    // E02 names
    (Code("E0201"), "a module that cannot be read"),
    (Code("E0202"), "imports that form a cycle"),
    (Code("E0203"), "a name that the imported file does not declare"),
    (Code("E0204"), "a name declared twice"),
    (Code("E0205"), "a name used twice in an agent"),
    // E03 types
    // E04 flow
    // E05 effects and models
    // W1 warnings
];

/// The title of a code.
pub fn title(code: Code) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, title)| *title)
}
