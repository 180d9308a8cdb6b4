//! Whether two texts are one value of a key, and which parts of it two different values have in common.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::formats::{bytes, nanoseconds};
use super::numbers::Numeral;
use super::parts::{Part, Url};
use super::property::Property;
use super::typed::{Reading, Typed};

/// A part of a value that may have to stay the same where the value itself may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// What stands before `://`.
    Scheme,
    /// The user of a URL.
    User,
    /// The host of a URL.
    Host,
    /// The port of a URL, or its scheme's own.
    Port,
    /// The path of a URL without its first `/`, the database of a DSN.
    Database,
    /// Scheme, host and port of a URL.
    Origin,
    /// The path of a URL.
    Path,
    /// How many characters.
    Length,
    /// What follows the number: `s` of `30s`.
    Unit,
}

impl Shape {
    const ALL: [Self; 9] = [
        Self::Scheme,
        Self::User,
        Self::Host,
        Self::Port,
        Self::Database,
        Self::Origin,
        Self::Path,
        Self::Length,
        Self::Unit,
    ];

    /// The part that a schema calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }

    /// Its name in a schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::User => "user",
            Self::Host => "host",
            Self::Port => "port",
            Self::Database => "database",
            Self::Origin => "origin",
            Self::Path => "path",
            Self::Length => "length",
            Self::Unit => "unit",
        }
    }

    /// Whether a difference in this part of some texts comes from one in another part, so that telling that one tells all: a
    /// text that is no URL has no part of one, a port that nobody wrote is its scheme's, and an origin is made of other parts.
    #[must_use]
    pub fn follows(self, other: Self, texts: &[&str]) -> bool {
        let of_url = |shape| !matches!(shape, Self::Length | Self::Unit);
        let urls: Vec<_> = texts.iter().map(|text| Url::read(text)).collect();
        if of_url(self) && of_url(other) && urls.iter().any(Option::is_none) {
            return true;
        }
        match (self, other) {
            (Self::Port, Self::Scheme) => urls.iter().flatten().all(|url| url.port.is_none()),
            (Self::Origin, Self::Scheme | Self::Host | Self::Port) => true,
            _ => false,
        }
    }

    /// This part of `text`; `None` when it has none.
    #[must_use]
    pub fn of(self, text: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::Scheme => Part::Scheme.of(text),
            Self::User => Part::User.of(text),
            Self::Host => Part::Host.of(text),
            Self::Port => Part::Port.of(text),
            Self::Database => Part::Database.of(text),
            Self::Origin => Part::Origin.of(text),
            Self::Path => Url::read(text).map(|url| if url.path.is_empty() { "/" } else { url.path }.into()),
            Self::Length => Some(text.chars().count().to_string().into()),
            Self::Unit => {
                let unit = text.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
                (unit.len() < text.len()).then(|| unit.trim_start().into())
            }
        }
    }
}

/// How the texts of one key are compared: read once from the schema, used for every pair.
#[derive(Debug)]
pub struct Sameness<'s> {
    reading: Option<Reading<'s>>,
    is_set: bool,
    format: Option<&'s str>,
}

impl<'s> Property<'s> {
    /// How the schema has the texts of this key compared.
    #[must_use]
    pub fn sameness(&self) -> Sameness<'s> {
        if !self.is_declared() {
            return Sameness { reading: None, is_set: false, format: None };
        }
        let format = self.checked_format();
        Sameness { reading: Some(self.reading()), is_set: self.is_list() && self.is_set(), format }
    }
}

impl Sameness<'_> {
    /// Whether two texts are one value: by the types and the format that the schema gives the key, else byte for byte.
    ///
    /// Numbers and booleans are compared by what they say, durations and sizes in one unit, URLs part by part, lists
    /// item by item (in any order where the schema says `uniqueItems`), objects by their members.
    #[must_use]
    pub fn same(&self, one: &str, other: &str) -> bool {
        if one == other {
            return true;
        }
        let Some(reading) = &self.reading else { return false };
        match (Typed::read(one, reading), Typed::read(other, reading)) {
            (Typed::Boolean(one), Typed::Boolean(other)) => one == other,
            (Typed::Array(one), Typed::Array(other)) if self.is_set => same_set(&one, &other),
            (Typed::Array(one), Typed::Array(other)) => same_list(&one, &other),
            (Typed::Object(one), Typed::Object(other)) => same_json(&Value::Object(one), &Value::Object(other)),
            (Typed::Text(one), Typed::Text(other)) => self.format.is_some_and(|format| same_text(format, one, other)),
            (one, other) => match (one.numeral(), other.numeral()) {
                (Some(one), Some(other)) => one.compare(other).is_some_and(std::cmp::Ordering::is_eq),
                _ => false,
            },
        }
    }
}

fn same_text(format: &str, one: &str, other: &str) -> bool {
    let equal = |one: Option<_>, other: Option<_>| one.is_some() && one == other;
    match format {
        "duration" => equal(nanoseconds(one), nanoseconds(other)),
        "byte-size" => bytes(one).is_some() && bytes(one) == bytes(other),
        "uri" | "http-url" | "https-url" | "dsn" | "postgres-url" | "redis-url" | "origin" => {
            match (Url::read(one), Url::read(other)) {
                (Some(one), Some(other)) => one.is_same(&other),
                _ => false,
            }
        }
        "host" | "bind-address" | "hostname" | "uuid" => one.eq_ignore_ascii_case(other),
        _ => false,
    }
}

fn same_json(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            Numeral::from(one).compare(Numeral::from(other)).is_some_and(std::cmp::Ordering::is_eq)
        }
        (Value::Array(one), Value::Array(other)) => same_list(one, other),
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|twin| same_json(value, twin)))
        }
        _ => one == other,
    }
}

fn same_list(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_json(one, other))
}

/// The same items, whatever their order and however often.
fn same_set(one: &[Value], other: &[Value]) -> bool {
    let within = |some: &[Value], all: &[Value]| some.iter().all(|item| all.iter().any(|twin| same_json(item, twin)));
    within(one, other) && within(other, one)
}

#[cfg(test)]
mod tests {
    use super::Shape;
    use crate::schema::Schema;

    #[test]
    fn a_part_may_follow_from_another() {
        for (shape, other, texts, expected) in [
            (Shape::Port, Shape::Scheme, ["http://a", "https://a"], true),
            (Shape::Port, Shape::Scheme, ["http://a:1", "https://a"], false),
            (Shape::Port, Shape::Host, ["http://a", "https://b"], false),
            (Shape::Path, Shape::Scheme, ["http://a/b", "a b"], true),
            (Shape::Length, Shape::Scheme, ["http://a/b", "a b"], false),
            (Shape::Origin, Shape::Host, ["http://a", "http://b"], true),
        ] {
            assert_eq!(shape.follows(other, &texts), expected, "{shape:?} {other:?} {texts:?}");
        }
        assert_eq!(Shape::ALL.map(|shape| Shape::named(shape.name())), Shape::ALL.map(Some));
    }

    #[test]
    fn values_are_compared_by_what_they_say() {
        let schema = Schema::parse(
            r#"{ "properties": {
                "N": { "type": "number" }, "I": { "type": "integer" }, "B": { "type": "boolean" },
                "T": { "type": "string" }, "D": { "type": "string", "format": "duration" },
                "S": { "type": "string", "format": "byte-size" }, "U": { "type": "string", "format": "uri" },
                "R": { "type": "string", "format": "redis-url" }, "H": { "type": "string", "format": "host" },
                "L": { "type": "array" }, "P": { "type": "array", "x-sparkcfg": { "separator": ":" } },
                "A": { "type": "array", "uniqueItems": true, "items": { "type": "number" } }, "O": { "type": "object" }
            } }"#,
        )
        .unwrap();
        for (key, one, other, expected) in [
            ("N", "1.0", "1", true),
            ("N", "1e3", "1000", true),
            ("N", "1", "1.1", false),
            ("I", "08", "8", true),
            ("I", "3000", "3_000", false),
            ("I", "170141183460469231731687303715884105728", "0170141183460469231731687303715884105728", true),
            ("B", "yes", "TRUE", true),
            ("B", "on", "0", false),
            ("T", "1.0", "1", false),
            ("D", "1m30s", "90s", true),
            ("D", "PT1M30S", "90000ms", true),
            ("D", "1.5h", "90m", true),
            ("D", "P1M", "P30D", false),
            ("D", "P1M", "P1M0D", true),
            ("D", "0", "0s", true),
            ("D", "1m", "1M", false),
            ("S", "300M", "314572800", true),
            ("S", "1GiB", "1024 MiB", true),
            ("S", "1KB", "1024", false),
            ("S", "1.5KiB", "1536B", true),
            ("U", "HTTP://Example.com", "http://example.com:80/", true),
            ("U", "http://a/b%63", "http://a/bc", true),
            ("U", "http://u:p@a/", "http://u:q@a/", false),
            ("U", "http://a/?x=1", "http://a/?x=2", false),
            ("R", "redis://h", "redis://h:6379/0", true),
            ("R", "redis://h/1", "redis://h/0", false),
            ("H", "DB", "db", true),
            ("L", "a, b", "a,b", true),
            ("L", "[\"a\",\"b\"]", "a,b", true),
            ("L", "a,b", "b,a", false),
            ("P", "a:b", "[\"a\", \"b\"]", true),
            ("A", "2,1.0", "1,2", true),
            ("A", "1,2", "1,3", false),
            ("O", "{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1}", true),
            ("O", "{\"a\":1}", "{\"a\":1,\"b\":2}", false),
            ("UNKNOWN", "1", "1.0", false),
            ("UNKNOWN", "1", "1", true),
        ] {
            let property = schema.property(key);
            assert_eq!(property.sameness().same(one, other), expected, "{key}: {one} and {other}");
            assert_eq!(property.sameness().same(other, one), expected, "{key}: {other} and {one}");
        }
    }

    #[test]
    fn shapes_are_parts_of_values() {
        for (shape, text, expected) in [
            (Shape::Scheme, "HTTPS://a", Some("https")),
            (Shape::Port, "https://a", Some("443")),
            (Shape::Path, "https://a", Some("/")),
            (Shape::Path, "https://a/b?c", Some("/b")),
            (Shape::Database, "postgresql://a/app", Some("app")),
            (Shape::Host, "no url", None),
            (Shape::Length, "äbc", Some("3")),
            (Shape::Unit, "1.5 GiB", Some("GiB")),
            (Shape::Unit, "30", Some("")),
            (Shape::Unit, "s", None),
        ] {
            assert_eq!(shape.of(text).as_deref(), expected, "{shape:?} of {text}");
        }
    }
}
