//! Text read as the types that the schema allows.
//!
//! A value becomes the first type, in the order of [`Types::NAMES`], that the schema allows and that the text
//! spells; where the schema lists values, the first that is one of them. Reading never fails: what spells nothing else
//! stays text, and the schema says what is wrong with it.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{BitAnd, BitOr};

use serde_json::{Map, Number, Value};

use super::numbers::Numeral;

/// A set of JSON types. `number` holds `integer`, as JSON Schema has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Types(u8);

impl Types {
    /// No type: the schema says nothing, or contradicts itself.
    pub const NONE: Self = Self(0);
    /// Whole numbers.
    pub const INTEGER: Self = Self(1);
    /// All numbers.
    pub const NUMBER: Self = Self(3);
    /// `true` and `false`.
    pub const BOOLEAN: Self = Self(4);
    /// Nothing.
    pub const NULL: Self = Self(8);
    /// Lists.
    pub const ARRAY: Self = Self(16);
    /// Objects.
    pub const OBJECT: Self = Self(32);
    /// Texts.
    pub const STRING: Self = Self(64);

    /// The types by name, in the order in which a text is tried.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("integer", Self::INTEGER),
        ("number", Self::NUMBER),
        ("boolean", Self::BOOLEAN),
        ("null", Self::NULL),
        ("array", Self::ARRAY),
        ("object", Self::OBJECT),
        ("string", Self::STRING),
    ];

    /// The type that `type` calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, types)| *types)
    }

    /// Whether all of `other` is in the set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a value may have one of several types.
    #[must_use]
    pub const fn is_mixed(self) -> bool {
        // Of numbers, those that are whole are no type of their own.
        let types = if self.has(Self::NUMBER) { self.0 & !Self::INTEGER.0 } else { self.0 };
        types.count_ones() > 1
    }

    /// The names of the types in the set; `integer` only where `number` is not.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let included = Self::NAMES.iter().filter(|(_, types)| self.has(*types));
        included.filter(|(name, _)| *name != "integer" || !self.has(Self::NUMBER)).map(|(name, _)| *name).collect()
    }

    /// The type of a JSON value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if number.is_f64() => Self::NUMBER,
            Value::Number(_) => Self::INTEGER,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }
}

impl BitOr for Types {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Types {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// A value as the schema reads it. Its `Debug` names the type only, because the value may be a secret.
#[derive(Clone, PartialEq)]
pub enum Typed<'a> {
    /// An empty text where the schema allows null.
    Null,
    /// One of `true false 1 0 yes no on off`.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// A whole number that needs more than 128 bits: its digits, with an optional minus.
    Digits(&'a str),
    /// A finite number with a fraction or an exponent.
    Number(f64),
    /// Everything else.
    Text(&'a str),
    /// A list.
    Array(Vec<Value>),
    /// An object.
    Object(Map<String, Value>),
}

/// How a key's text is to be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading<'s> {
    /// The types that the schema allows; none means that it does not say, and that the value stays text.
    pub(super) types: Types,
    /// The values that the schema lists, where the types alone leave open what a text is.
    pub(super) allowed: Vec<&'s Value>,
    /// What stands between the items of a list.
    pub(super) separator: Option<&'s str>,
    /// How the first items of a list are read, each by its own.
    pub(super) first: Vec<Reading<'s>>,
    /// How the items of a list are read that have none of their own.
    pub(super) items: Option<Box<Reading<'s>>>,
}

/// What stands between the items of a list, where the schema says `separator`.
pub(super) fn separator_of(separator: Option<&str>) -> &str {
    separator.filter(|separator| !separator.is_empty()).unwrap_or(",")
}

impl<'a> Typed<'a> {
    /// Reads `text`.
    pub(super) fn read(text: &'a str, reading: &Reading<'_>) -> Self {
        let mut spelled = Types::NAMES
            .iter()
            .filter(|(_, types)| reading.types.has(*types))
            .filter_map(|(_, types)| Self::spelled(text, *types, reading));
        if reading.allowed.is_empty() {
            return spelled.next().unwrap_or(Self::Text(text));
        }
        if reading.allowed.iter().any(|value| value.as_str() == Some(text)) {
            return Self::Text(text);
        }
        let spelled: Vec<_> = spelled.collect();
        let is_listed = |typed: &Self| reading.allowed.iter().any(|value| typed.is(value));
        let chosen = spelled.iter().position(is_listed).unwrap_or_default();
        spelled.into_iter().nth(chosen).unwrap_or(Self::Text(text))
    }

    /// `text` as one type, if it spells that.
    fn spelled(text: &'a str, types: Types, reading: &Reading<'_>) -> Option<Self> {
        match types {
            Types::INTEGER => integer(text),
            Types::NUMBER => number(text),
            Types::BOOLEAN => boolean(text),
            Types::NULL => text.is_empty().then_some(Self::Null),
            Types::ARRAY => array(text, reading),
            Types::OBJECT => object(text),
            _ => None,
        }
    }

    /// Whether this is a value of the schema that is no text, list or object.
    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Boolean(one), Value::Bool(other)) => one == other,
            (_, Value::Number(other)) => {
                self.numeral().is_some_and(|one| one.compare(other.into()).is_some_and(Ordering::is_eq))
            }
            _ => false,
        }
    }

    /// The number, if this is one.
    pub(super) fn numeral(&self) -> Option<Numeral<'a>> {
        match *self {
            Self::Integer(integer) => Some(Numeral::Integer(integer)),
            Self::Digits(digits) => Some(Numeral::Digits(digits)),
            Self::Number(float) => Some(Numeral::Float(float)),
            _ => None,
        }
    }

    /// The digits of an integer beyond 64 bits, which most readers of JSON would round and [`Typed::to_value`] keeps as
    /// a text.
    #[must_use]
    pub fn long_digits(&self) -> Option<String> {
        match self {
            Self::Integer(integer) if i64::try_from(*integer).is_err() && u64::try_from(*integer).is_err() => {
                Some(integer.to_string())
            }
            Self::Digits(text) => {
                let digits = text.trim_start_matches('-');
                let sign = if digits.len() < text.len() { "-" } else { "" };
                Some(format!("{sign}{}", digits.trim_start_matches('0')))
            }
            _ => None,
        }
    }

    /// The value as JSON. An integer beyond 64 bits becomes a string of its digits, because a JSON number would
    /// be rounded by most readers.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(boolean) => Value::Bool(*boolean),
            Self::Integer(integer) => i64::try_from(*integer)
                .map(Number::from)
                .or_else(|_| u64::try_from(*integer).map(Number::from))
                .map_or_else(|_| Value::String(integer.to_string()), Value::Number),
            Self::Number(float) => Number::from_f64(*float).map_or(Value::Null, Value::Number),
            Self::Digits(text) | Self::Text(text) => Value::String((*text).to_owned()),
            Self::Array(items) => Value::Array(items.clone()),
            Self::Object(members) => Value::Object(members.clone()),
        }
    }

    /// The name of the value's JSON type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Integer(_) | Self::Digits(_) => "integer",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

impl fmt::Debug for Typed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.type_name())
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn integer(text: &str) -> Option<Typed<'_>> {
    is_integer(text).then(|| text.parse().map_or(Typed::Digits(text), Typed::Integer))
}

/// The number grammar of JSON (RFC 8259 §6), leading zeros allowed; never infinite.
fn number(text: &str) -> Option<Typed<'_>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let spelled = is_integer(whole)
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(|exponent| are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    let float: f64 = spelled.then(|| text.parse().ok())??;
    float.is_finite().then_some(Typed::Number(float))
}

fn boolean(text: &str) -> Option<Typed<'_>> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let truth = is_one_of(["true", "1", "yes", "on"]);
    (truth || is_one_of(["false", "0", "no", "off"])).then_some(Typed::Boolean(truth))
}

fn array<'a>(text: &'a str, reading: &Reading<'_>) -> Option<Typed<'a>> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).ok().map(Typed::Array);
    }
    let items = (!text.is_empty()).then(|| text.split(separator_of(reading.separator))).into_iter().flatten();
    let plain = Reading::default();
    let rest = reading.items.as_deref().unwrap_or(&plain);
    let readings = reading.first.iter().chain(std::iter::repeat(rest));
    Some(Typed::Array(
        items.zip(readings).map(|(item, reading)| Typed::read(item.trim(), reading).to_value()).collect(),
    ))
}

fn object(text: &str) -> Option<Typed<'_>> {
    text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok().map(Typed::Object))?
}
