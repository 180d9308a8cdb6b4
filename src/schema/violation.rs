//! What a schema finds wrong, as data: without the value, so that it can be told of a secret too.

use super::value::Types;

/// One violation.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The key; `None` when it is about no key in particular.
    pub key: Option<String>,
    /// What is wrong.
    pub kind: ViolationKind,
    /// The schema's place: a JSON pointer.
    pub pointer: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum ViolationKind {
    /// The text spells none of these types.
    WrongType {
        /// The types that the schema allows.
        expected: Types,
    },
    /// The number is below a limit, above one or no multiple.
    OutOfRange {
        /// Which limit.
        bound: Bound,
        /// The limit as the schema has it.
        limit: String,
    },
    /// The value is not among those listed.
    NotAllowed {
        /// Those listed, as an env file spells them.
        allowed: Vec<String>,
    },
    /// The value is one that must not be used.
    Forbidden,
    /// The text has too few or too many characters, the list too few or too many items.
    BadLength {
        /// Whether it is too short.
        short: bool,
        /// The limit.
        limit: u64,
        /// `characters`, `items` or `members`.
        unit: &'static str,
    },
    /// The text does not match.
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// The text is not of the format.
    Format {
        /// The format's name.
        name: String,
    },
    /// The key has no value.
    Missing {
        /// Why it must have one.
        because: Because,
    },
    /// The schema does not know the key.
    Unknown,
    /// The key is deprecated.
    Deprecated {
        /// What to use instead.
        replaced_by: Option<String>,
    },
    /// The key must not be set in this environment.
    NotHere {
        /// Where it may be set.
        only_in: Vec<String>,
    },
    /// Any other rule of the schema.
    Rule {
        /// The keyword: `oneOf`.
        keyword: String,
    },
}

/// Which limit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At least.
    Minimum,
    /// More than.
    ExclusiveMinimum,
    /// At most.
    Maximum,
    /// Less than.
    ExclusiveMaximum,
    /// A multiple of.
    MultipleOf,
}

/// Why a key must have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The schema requires it.
    Required,
    /// It is required in this environment.
    Environment,
    /// Another key is set.
    Key(String),
    /// A rule of the schema requires it: `then`.
    Rule,
}
