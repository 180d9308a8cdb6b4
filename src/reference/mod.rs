//! What a schema says of every key, for people: one file a form.
//!
//! To add a form: one file with a `write` function, one `mod` line, one entry in [`ALL`].

pub mod example;
mod html;
mod json;
mod kind;
mod markdown;
pub mod markers;

pub use kind::bounds;
use serde::Serialize;
use serde_json::Value;

use crate::project::Declared;
use crate::project::hiding;
use crate::schema::Property;
use crate::source::{printable, printable_lines};

/// One form of the reference.
#[derive(Debug)]
pub struct Form {
    /// What follows `--format`.
    pub name: &'static str,
    /// One line for messages.
    pub summary: &'static str,
    /// Writes the whole reference; the text ends with a newline.
    pub write: fn(&Reference) -> String,
}

/// Every form.
pub static ALL: &[Form] = &[markdown::FORM, html::FORM, json::FORM];

/// A form by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Form> {
    ALL.iter().find(|form| form.name == name)
}

/// Everything that can be told of a schema's keys. No text in it is a secret, and none acts on a terminal.
#[derive(Debug, Serialize)]
pub struct Reference {
    /// Rises when a member changes its meaning.
    pub version: u32,
    /// `title` of the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `description` of the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The path of the schema, as users see it.
    pub schema: String,
    /// In the order of the schema.
    pub keys: Vec<Entry>,
}

/// Where a key must be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// Nowhere.
    No,
    /// In every environment.
    Everywhere,
    /// In these.
    In(Vec<String>),
}

/// One key.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The name of the variable.
    pub key: String,
    /// In words: `integer, 1 to 65535`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The values that are allowed, as an env file writes them; none where any is, and for secrets.
    pub values: Vec<String>,
    /// As an env file writes it; none for secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// As env files write them; none for secrets.
    pub examples: Vec<String>,
    /// Where it must be set.
    pub required: Required,
    /// The environments in which alone it may be set.
    #[serde(rename = "only-in", skip_serializing_if = "Option::is_none")]
    pub only_in: Option<Vec<String>>,
    /// Whether the value is secret.
    pub secret: bool,
    /// How values of environments may differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<&'static str>,
    /// The services that read it.
    pub services: Vec<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// What to use instead.
    #[serde(rename = "replaced-by", skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Reference {
    /// The reference of what a project declares.
    #[must_use]
    pub fn of(declared: &Declared) -> Self {
        let schema = &declared.schema.schema;
        let everywhere = missing(declared, None);
        let mut environments = declared.environments.clone();
        for name in schema.keys().flat_map(|key| schema.property(key).required_in()) {
            if !environments.contains(name) {
                environments.push(name.clone());
            }
        }
        let somewhere: Vec<_> = environments.iter().map(|name| (name, missing(declared, Some(name)))).collect();
        let required = |key: &str| {
            if everywhere.iter().any(|missing| missing == key) {
                return Required::Everywhere;
            }
            let wanting = somewhere.iter().filter(|(_, missing)| missing.iter().any(|missing| missing == key));
            let names: Vec<_> = wanting.map(|(name, _)| printable(name)).collect();
            match names.len() {
                0 => Required::No,
                // Those of which nobody has a file yet would be left out of "everywhere".
                count if count == environments.len() && count > 1 => Required::Everywhere,
                _ => Required::In(names),
            }
        };
        let told = |pointer: &str| schema.value(pointer).and_then(Value::as_str).map(printable_lines);
        Self {
            version: 1,
            title: told("/title"),
            description: told("/description"),
            schema: printable(&declared.path),
            keys: schema.keys().map(|key| Entry::of(declared, key, required(key))).collect(),
        }
    }
}

/// The keys that an environment misses as long as nothing is set.
fn missing(declared: &Declared, environment: Option<&str>) -> Vec<String> {
    let violations = declared.schema.schema.check(environment, []);
    let missing = violations.into_iter().filter(|violation| violation.kind.is_lack());
    missing.filter(|violation| violation.path.is_empty()).filter_map(|violation| violation.key).collect()
}

impl Entry {
    fn of(declared: &Declared, key: &str, required: Required) -> Self {
        let property = declared.schema.schema.property(key);
        let secret = hiding::is_secret(Some(&declared.schema), key);
        let told = |value: &Value| {
            let text = text_of(value, &property);
            (!secret && !hiding::hides(Some(&declared.schema), key, &text)).then_some(text)
        };
        let names = |list: &[String]| list.iter().map(|name| printable(name)).collect::<Vec<_>>();
        Self {
            key: printable(key),
            kind: kind::in_words(&property),
            values: property.allowed_values().into_iter().filter_map(told).collect(),
            default: property.default().filter(|value| !value.is_null()).and_then(told),
            examples: property.examples().into_iter().filter_map(told).collect(),
            required,
            only_in: property.only_in().map(names),
            secret,
            policy: property.drift().map(crate::schema::extension::Drift::name),
            services: names(property.services()),
            owner: property.owner().map(printable),
            deprecated: property.is_deprecated(),
            replaced_by: property.replaced_by().map(printable),
            description: property.description().or_else(|| property.title()).map(printable_lines),
        }
    }

    /// Where it must be set, in a few words.
    fn where_required(&self) -> String {
        match &self.required {
            Required::No => String::new(),
            Required::Everywhere => "everywhere".to_owned(),
            Required::In(names) => names.join(", "),
        }
    }
}

/// A value of the schema as an env file writes it. A list has its separator, where no item holds it.
fn text_of(value: &Value, property: &Property<'_>) -> String {
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let separator = property.separator().unwrap_or(",");
    match value {
        Value::Array(items) if !items.is_empty() => {
            let texts: Vec<_> = items.iter().map(plain).collect();
            let fits = |(text, item): (&String, &Value)| {
                !item.is_array() && !item.is_object() && text.trim() == text && !text.contains(separator)
            };
            let joined = texts.join(separator);
            let splits = texts.iter().zip(items).all(fits) && !joined.starts_with('[') && !joined.is_empty();
            if splits { joined } else { value.to_string() }
        }
        value => plain(value),
    }
}
