//! `x-sparkcfg`, the one keyword that says what standard JSON Schema cannot.

use crate::suggestion::nearest;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::parts::Part;
use super::sameness::Shape;

/// The name of the keyword.
pub const KEYWORD: &str = "x-sparkcfg";

/// How the `$comment` of a property begins that `init` guessed, and that nobody has reviewed yet.
pub const REVIEW: &str = "review: ";

/// What a property may say under `x-sparkcfg`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Extension {
    /// The environments in which the key must be set.
    pub required_in: Vec<String>,
    /// The environments in which the key should be set: there it is a warning that it is not.
    pub recommended_in: Vec<String>,
    /// Environment to schema fragment: what the value must fulfil there, on top of the property itself.
    #[serde(rename = "in")]
    pub within: BTreeMap<String, Value>,
    /// How the value may vary between environments.
    pub drift: Option<Drift>,
    /// The environments in which the key may be set; everywhere when absent.
    pub only_in: Option<Vec<String>>,
    /// The parts of the value that stay the same where the value itself may differ: `scheme`, `port`, `path`, …
    pub same: Vec<Shape>,
    /// The services that read the key.
    pub services: Vec<String>,
    /// Who answers for the key.
    pub owner: Option<String>,
    /// The key to use instead of a deprecated one.
    pub replaced_by: Option<String>,
    /// What stands between the items of a list; `,` when absent.
    pub separator: Option<String>,
    /// Whether `KEY_FILE` may name a file that holds the value, as the Docker images' `_FILE` convention has it.
    pub file_env: Option<bool>,
    /// Whether templates must use the key.
    pub render: Option<Render>,
    /// `true`: the value is secret, like `writeOnly`; `false`: it surely is none.
    pub secret: Option<bool>,
}

/// What a difference between two environments means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// The same value everywhere.
    MustMatch,
    /// A different value everywhere.
    MustDiffer,
    /// Either.
    MayDiffer,
}

impl Drift {
    /// The word that a schema and `sparkcfg.toml` use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MustMatch => "must-match",
            Self::MustDiffer => "must-differ",
            Self::MayDiffer => "may-differ",
        }
    }
}

/// What templates owe a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Render {
    /// Some template must use it.
    Required,
    /// No template needs to.
    Optional,
}

/// What the schema's root may say under `x-sparkcfg`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RootExtension {
    /// Groups of keys, or of parts of keys, that have one value.
    pub agree: Vec<Group>,
    /// Groups of keys, or of parts of keys, that have pairwise different values.
    pub differ: Vec<Group>,
    /// Groups that begin with a list, of which each other member is an item.
    pub contain: Vec<Group>,
}

/// The members of a rule over several keys.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Group {
    /// Members that are always compared.
    Always(Vec<String>),
    /// Members that are compared only under a condition.
    When(ConditionalGroup),
}

/// Members with a condition.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionalGroup {
    /// `KEY` or `KEY#part`.
    pub keys: Vec<String>,
    /// `KEY` or `KEY#part` to the values of which it must have one; all entries must hold.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<Value>>,
}

/// A key, or a part of its value, as a rule names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Member {
    /// The key.
    pub key: String,
    /// The part of the value that counts; the whole value when absent.
    pub part: Option<Part>,
}

impl Member {
    /// Reads `KEY` or `KEY#part`.
    ///
    /// # Errors
    /// The part's name, when there is no such part.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((key, part)) = text.split_once('#') else { return Ok(Self { key: text.to_owned(), part: None }) };
        let part = Part::named(part).ok_or_else(|| part.to_owned())?;
        Ok(Self { key: key.to_owned(), part: Some(part) })
    }
}

impl std::fmt::Display for Member {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.key)?;
        self.part.map_or(Ok(()), |part| write!(formatter, "#{}", part.name()))
    }
}

/// Why an `x-sparkcfg` object cannot be read: a JSON pointer below the object, what is wrong, what to do.
#[derive(Debug)]
pub(super) struct Misread {
    pub(super) below: String,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// Reads an extension, naming an unknown key and the nearest known one.
pub(super) fn read<T: DeserializeOwned + JsonSchema>(value: &Value) -> Result<T, Misread> {
    T::deserialize(value).map_err(|error| {
        // The names come from the types themselves, so that no list is kept by hand.
        let description = schemars::schema_for!(T);
        let known: Vec<&str> = description
            .get("properties")
            .and_then(Value::as_object)
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let unknown = value.as_object().and_then(|object| object.keys().find(|key| !known.contains(&key.as_str())));
        let Some(unknown) = unknown else {
            return Misread { below: String::new(), message: format!("{KEYWORD}: {error}"), help: None };
        };
        let help = match nearest(unknown, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("it takes {}", known.join(", ")),
        };
        let below = format!("/{}", super::place::escape(unknown));
        Misread { below, message: format!("unknown key `{unknown}` in {KEYWORD}"), help: Some(help) }
    })
}
