//! `x-sparkcfg`: the one keyword that says what JSON Schema cannot.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// `x-sparkcfg` of one property.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Extension {
    /// Environments that must have a value.
    pub required_in: Vec<String>,
    /// Environment → what else holds for the value there.
    pub r#in: BTreeMap<String, Value>,
    /// How the value may differ between environments.
    pub drift: Option<Drift>,
    /// The only environments that may have a value.
    pub only_in: Vec<String>,
    /// The parts of a URL that must not differ between environments.
    pub same: Vec<String>,
    /// Who reads it.
    pub services: Vec<String>,
    /// Who decides about it.
    pub owner: Option<String>,
    /// The key to use instead of a deprecated one.
    pub replaced_by: Option<String>,
    /// What separates the items of a list; `,` by default.
    pub separator: Option<String>,
    /// Whether `KEY_FILE` may name a file that holds the value.
    pub file_env: bool,
    /// Whether a template must use it: `required`.
    pub render: Option<String>,
    /// Whether it is a secret, where `writeOnly` does not say so.
    pub secret: Option<bool>,
}

/// How a value may differ between environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drift {
    /// Equal everywhere.
    MustMatch,
    /// Equal nowhere.
    MustDiffer,
    /// As it comes.
    MayDiffer,
}

/// `x-sparkcfg` at the root of a schema.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RootExtension {
    /// Values that must be equal.
    pub agree: Vec<CrossRule>,
    /// Values that must not be equal.
    pub differ: Vec<CrossRule>,
}

/// Keys, or parts of URLs (`KEY#port`), that a rule compares.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum CrossRule {
    /// The rule always holds.
    Always(Vec<String>),
    /// The rule holds where each `KEY#part` has one of the values.
    When(Conditional),
}

/// A rule with a condition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditional {
    /// What is compared.
    pub keys: Vec<String>,
    /// `KEY#part` → the values with which the rule holds.
    pub when: BTreeMap<String, Vec<String>>,
}

impl CrossRule {
    /// What is compared.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        match self {
            Self::Always(keys) | Self::When(Conditional { keys, .. }) => keys,
        }
    }
}

/// The members of both structs, for suggestions.
pub(super) const PROPERTY_KEYS: &[&str] = &[
    "required-in",
    "in",
    "drift",
    "only-in",
    "same",
    "services",
    "owner",
    "replaced-by",
    "separator",
    "file-env",
    "render",
    "secret",
    "must-match",
    "must-differ",
    "may-differ",
];

/// The members of [`RootExtension`].
pub(super) const ROOT_KEYS: &[&str] = &["agree", "differ", "keys", "when"];
