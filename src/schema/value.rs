//! A value's text as the first type that the schema allows and the text spells.

use serde_json::{Number, Value};

/// A set of JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types(u8);

/// The types in the order in which a text is tried as one of them.
const NAMES: [(&str, Types); 7] = [
    ("integer", Types::INTEGER),
    ("number", Types::NUMBER),
    ("boolean", Types::BOOLEAN),
    ("null", Types::NULL),
    ("array", Types::ARRAY),
    ("object", Types::OBJECT),
    ("string", Types::STRING),
];

impl Types {
    /// No type at all.
    pub const NONE: Self = Self(0);
    /// Whole numbers.
    pub const INTEGER: Self = Self(1);
    /// Numbers that need not be whole. JSON Schema's `number` is this and [`Types::INTEGER`].
    pub const NUMBER: Self = Self(2);
    /// `true` and `false`.
    pub const BOOLEAN: Self = Self(4);
    /// `null`.
    pub const NULL: Self = Self(8);
    /// Lists.
    pub const ARRAY: Self = Self(16);
    /// Maps.
    pub const OBJECT: Self = Self(32);
    /// Text.
    pub const STRING: Self = Self(64);
    /// Every type, as where a schema names none.
    pub const ALL: Self = Self(127);

    /// The types of a schema's `type` keyword; all of them for anything that is no type.
    #[must_use]
    pub fn of_keyword(value: &Value) -> Self {
        let one = |name: &Value| {
            let named = NAMES.iter().find(|(known, _)| name == known).map_or(Self::NONE, |(_, types)| *types);
            if named == Self::NUMBER { Self::NUMBER.or(Self::INTEGER) } else { named }
        };
        match value {
            Value::Array(names) => names.iter().map(one).fold(Self::NONE, Self::or),
            name => one(name),
        }
    }

    /// Whether all types of `other` are among these.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets have.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The names for people; `number` stands for `integer` too.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let covered = |types: Self| types == Self::INTEGER && self.has(Self::NUMBER);
        NAMES.iter().filter(|(_, types)| self.has(*types) && !covered(*types)).map(|(name, _)| *name).collect()
    }
}

/// A value with a type.
#[derive(Debug, Clone, PartialEq)]
pub enum Typed<'a> {
    /// `null`, from an empty text.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number, exact whatever its size: `-?[0-9]+`.
    Integer(&'a str),
    /// Any other number.
    Number(f64),
    /// Text.
    Text(&'a str),
    /// A list or a map.
    Nested(Value),
}

impl<'a> Typed<'a> {
    /// Reads `text` as the first of `types` that it spells; as text when it spells none of them.
    ///
    /// Never fails: whether the type is right is for the schema to say. Lists are JSON if they start with `[`, else
    /// split at `separator`.
    #[must_use]
    pub fn read(text: &'a str, types: Types, separator: &str) -> Self {
        if types.has(Types::INTEGER) && is_integer(text) {
            return Self::Integer(text);
        }
        if types.has(Types::NUMBER)
            && let Some(number) = number(text)
        {
            return Self::Number(number);
        }
        if types.has(Types::BOOLEAN)
            && let Some(boolean) = boolean(text)
        {
            return Self::Boolean(boolean);
        }
        if types.has(Types::NULL) && text.is_empty() {
            return Self::Null;
        }
        if types.has(Types::ARRAY)
            && let Some(list) = list(text, types, separator)
        {
            return Self::Nested(list);
        }
        if types.has(Types::OBJECT)
            && text.starts_with('{')
            && let Ok(map @ Value::Object(_)) = serde_json::from_str(text)
        {
            return Self::Nested(map);
        }
        Self::Text(text)
    }

    /// The type of the value.
    #[must_use]
    pub fn kind(&self) -> Types {
        match self {
            Self::Null => Types::NULL,
            Self::Boolean(_) => Types::BOOLEAN,
            Self::Integer(_) => Types::INTEGER,
            // A number without a fraction is an integer since draft 6, `1.0` included.
            Self::Number(number) if number.fract() == 0.0 => Types::INTEGER,
            Self::Number(_) => Types::NUMBER,
            Self::Text(_) => Types::STRING,
            Self::Nested(Value::Array(_)) => Types::ARRAY,
            Self::Nested(_) => Types::OBJECT,
        }
    }

    /// The number, rounded to the nearest double where it is too long for one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(text) => text.parse().ok(),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The value as JSON. Whole numbers beyond 64 bits become doubles, as JSON readers make them.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(boolean) => Value::Bool(*boolean),
            Self::Integer(text) => {
                let small = text.parse::<i64>().ok().map(Number::from);
                let number = small.or_else(|| text.parse::<u64>().ok().map(Number::from));
                let number = number.or_else(|| text.parse().ok().and_then(Number::from_f64));
                number.map_or_else(|| Value::String((*text).to_owned()), Value::Number)
            }
            Self::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String((*text).to_owned()),
            Self::Nested(value) => value.clone(),
        }
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A JSON number with a fraction or an exponent; `NaN`, `inf`, `0x10` and `1_000` are none.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let starts = text.strip_prefix('-').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    if !plain || !starts || text.ends_with('.') {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `true false 1 0 yes no on off`, in any case.
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text.len() {
        1..=5 if is(["true", "1", "yes", "on"]) => Some(true),
        1..=5 if is(["false", "0", "no", "off"]) => Some(false),
        _ => None,
    }
}

fn list(text: &str, types: Types, separator: &str) -> Option<Value> {
    if text.starts_with('[') {
        return match serde_json::from_str(text) {
            Ok(list @ Value::Array(_)) => Some(list),
            // Broken JSON is text, so that the schema names it.
            _ => None,
        };
    }
    if types.has(Types::STRING) && !text.contains(separator) {
        return None;
    }
    if text.is_empty() {
        return Some(Value::Array(Vec::new()));
    }
    Some(text.split(separator).map(|item| Value::from(item.trim())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_become_the_first_type_they_spell() {
        let number = Types::of_keyword(&json!("number"));
        let cases = [
            ("8080", Types::INTEGER, json!(8080)),
            ("-1", Types::INTEGER, json!(-1)),
            ("18446744073709551615", Types::INTEGER, json!(18_446_744_073_709_551_615_u64)),
            (" 8080 ", Types::INTEGER, json!(" 8080 ")),
            ("0x10", Types::INTEGER, json!("0x10")),
            ("1_000", Types::INTEGER, json!("1_000")),
            ("1.0", Types::INTEGER, json!("1.0")),
            ("+1", Types::INTEGER, json!("+1")),
            ("1.5", number, json!(1.5)),
            ("1e3", number, json!(1000.0)),
            ("NaN", number, json!("NaN")),
            ("inf", number, json!("inf")),
            ("1.", number, json!("1.")),
            (".5", number, json!(".5")),
            ("YES", Types::BOOLEAN, json!(true)),
            ("off", Types::BOOLEAN, json!(false)),
            ("2", Types::BOOLEAN, json!("2")),
            ("", Types::NULL.or(Types::INTEGER), json!(null)),
            ("", Types::STRING, json!("")),
            ("a, b", Types::ARRAY, json!(["a", "b"])),
            ("[1,2]", Types::ARRAY, json!([1, 2])),
            ("[1,", Types::ARRAY, json!("[1,")),
            ("", Types::ARRAY, json!([])),
            ("{\"a\":1}", Types::OBJECT, json!({"a": 1})),
            ("{a}", Types::OBJECT, json!("{a}")),
            ("1", Types::ALL, json!(1)),
            ("plain", Types::ALL, json!("plain")),
        ];
        for (text, types, expected) in cases {
            assert_eq!(Typed::read(text, types, ",").to_value(), expected, "{text:?}");
        }
    }

    #[test]
    fn names_leave_nothing_out() {
        for (keyword, expected) in [
            (json!("number"), vec!["number"]),
            (json!(["integer", "null"]), vec!["integer", "null"]),
            (json!("nonsense"), vec![]),
        ] {
            assert_eq!(Types::of_keyword(&keyword).names(), expected);
        }
    }
}
