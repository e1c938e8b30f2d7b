//! What each dialect can say. The facts are the providers' own, as they documented them in 2026.

use super::Dialect;

/// What a dialect can say.
#[expect(clippy::struct_excessive_bools, reason = "each is an ability that stands alone")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The top must be an object, by `type` alone.
    pub(super) object_root: bool,
    /// Every field must be in `required`; one that may be left out takes `null`.
    pub(super) all_required: bool,
    /// A field that may be left out takes `null` too, even where it need not be there.
    pub(super) null_too: bool,
    /// `minimum`, `maximum`.
    pub(super) range: bool,
    /// The largest `minLength`, `maxLength`; 0: none.
    pub(super) length: u64,
    /// The largest `minItems`, `maxItems`; 0: none but a `minItems` of 1.
    pub(super) items: u64,
    /// `pattern`, and other words about texts.
    pub(super) pattern: bool,
    /// A `format` of a text is kept to.
    pub(super) formats: bool,
    /// `additionalProperties` with a schema; else a map is a list of pairs.
    pub(super) open_maps: bool,
    /// An amount of money may be written as a text, where a number would round it.
    pub(super) exact_money: bool,
    /// An object without fields may say so.
    pub(super) empty_objects: bool,
    /// A schema that takes anything; else JSON comes in a string.
    pub(super) anything: bool,
    /// A type may refer to itself; else a few levels are spelled out.
    pub(super) recursion: bool,
    /// Words may stand beside a `$ref`.
    pub(super) beside_ref: bool,
    /// `default`.
    pub(super) default: bool,
    /// `propertyOrdering`.
    pub(super) ordering: bool,
}

impl Rules {
    /// Says nothing that any provider refuses.
    const LEAST: Self = Self {
        object_root: true,
        all_required: false,
        null_too: true,
        range: false,
        length: 0,
        items: 0,
        pattern: false,
        formats: false,
        open_maps: false,
        exact_money: false,
        empty_objects: true,
        anything: false,
        recursion: false,
        beside_ref: false,
        default: false,
        ordering: false,
    };

    pub(super) fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Full => Self {
                object_root: false,
                range: true,
                length: u64::MAX,
                items: u64::MAX,
                pattern: true,
                open_maps: true,
                exact_money: true,
                anything: true,
                recursion: true,
                beside_ref: true,
                default: true,
                ..Self::LEAST
            },
            // A grammar repeats a rule at most some 2,000 times in all, and a small model leaves out what it may.
            Dialect::Grammar => Self {
                object_root: false,
                all_required: true,
                range: true,
                length: 200,
                items: 100,
                formats: true,
                open_maps: true,
                empty_objects: false,
                anything: true,
                recursion: true,
                ..Self::LEAST
            },
            // The same servers make one grammar of all tools; the others take more than they keep to.
            Dialect::Tool => Self {
                null_too: false,
                range: true,
                length: 200,
                items: 100,
                open_maps: true,
                anything: true,
                recursion: true,
                default: true,
                ..Self::LEAST
            },
            Dialect::OpenAi => {
                Self { all_required: true, range: true, items: u64::MAX, recursion: true, ..Self::LEAST }
            }
            // At most 16 types that are two, and 24 fields that may be left out: the second is spent.
            Dialect::Anthropic => Self { null_too: false, ..Self::LEAST },
            Dialect::Gemini => Self { range: true, items: u64::MAX, ordering: true, ..Self::LEAST },
        }
    }
}
