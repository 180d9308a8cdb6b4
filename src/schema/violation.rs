//! What the schema finds wrong: the facts of a message, never the value itself.

/// One rule of the schema that a setting breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The key; `None` when the rule is about the settings as a whole.
    pub key: Option<String>,
    /// Where inside a list or object value, as a JSON pointer; empty for the value itself.
    pub path: String,
    /// What is wrong.
    pub kind: ViolationKind,
    /// The broken keyword in the schema, as a JSON pointer (RFC 6901).
    pub pointer: String,
}

/// What is wrong, with what a message about it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViolationKind {
    /// The text spells none of the allowed types.
    WrongType {
        /// `integer`, `number`, `boolean`, `null`, `array`, `object`, `string`.
        expected: Vec<&'static str>,
    },
    /// A number is too small.
    BelowMinimum {
        /// The bound, as JSON writes it.
        limit: String,
        /// Whether the bound itself is too small, too.
        exclusive: bool,
    },
    /// A number is too large.
    AboveMaximum {
        /// The bound, as JSON writes it.
        limit: String,
        /// Whether the bound itself is too large, too.
        exclusive: bool,
    },
    /// A number is no multiple of the one given.
    NotMultiple {
        /// The divisor, as JSON writes it.
        of: String,
    },
    /// The value is none of those listed by `enum` or `const`.
    NotAllowed {
        /// The listed values: strings as they are, everything else as JSON.
        allowed: Vec<String>,
        /// The listed value that was probably meant; never given for a secret key.
        nearest: Option<String>,
        /// The types of which every value is allowed besides: `integer` of `anyOf: [integer, "auto"]`.
        types: Vec<&'static str>,
    },
    /// The value is one that `not` rules out by name.
    Forbidden,
    /// Too few characters, items or members.
    TooShort {
        /// The fewest allowed.
        limit: u64,
        /// What is counted.
        unit: Unit,
    },
    /// Too many characters, items or members.
    TooLong {
        /// The most allowed.
        limit: u64,
        /// What is counted.
        unit: Unit,
    },
    /// The text does not match `pattern`.
    Pattern {
        /// The regular expression, as written.
        pattern: String,
    },
    /// The text does not have the form that `format` names.
    Format {
        /// The format's name.
        name: String,
    },
    /// The key, or the member at `path`, is not set.
    Missing {
        /// What asks for it.
        because: Because,
    },
    /// The key, or the member at `path`, is not in the schema, which allows no others.
    Unknown {
        /// The declared name that was probably meant.
        nearest: Option<String>,
    },
    /// Any other keyword.
    Rule {
        /// `anyOf`, `oneOf`, `not`, `contains`, `uniqueItems`, …
        keyword: String,
        /// What it looks at, where it is about the settings as a whole.
        over: Option<Box<Over>>,
    },
    /// The key is set although it is deprecated.
    Deprecated {
        /// The key to use instead.
        replaced_by: Option<String>,
    },
    /// The key is set in an environment that `only-in` leaves out.
    NotHere {
        /// The environments in which it may be set.
        allowed_environments: Vec<String>,
    },
}

impl ViolationKind {
    /// Whether something that has to be there is not; what is only recommended is no such thing.
    #[must_use]
    pub const fn is_lack(&self) -> bool {
        matches!(self, Self::Missing { because } if !matches!(because, Because::Recommended))
    }
}

/// What a rule about the settings as a whole looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// The keys that it names, in the order of the text.
    pub keys: Vec<String>,
    /// The keys that each alternative wants, where none of them wants more than that keys are set.
    pub choices: Vec<Vec<String>>,
    /// How many alternatives are fulfilled.
    pub fitting: usize,
}

/// What a length counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Characters of a text (Unicode scalar values).
    Characters,
    /// Items of a list.
    Items,
    /// Members of an object; at the root, keys that are set.
    Members,
}

/// Why something has to be there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// `required` says so for every environment.
    Always,
    /// `required-in` names this environment.
    Environment,
    /// `recommended-in` names this environment.
    Recommended,
    /// Another key is set (`dependentRequired`, `dependencies`).
    Key(String),
    /// A condition on these keys holds (`if`/`then`/`else`, or the only alternative that can be meant).
    Condition(Vec<String>),
}
