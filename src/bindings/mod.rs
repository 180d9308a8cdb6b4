//! A settings module in another language, from the schema: its reading of every text is that of [`crate::schema`].
//!
//! To add a language: one file with a `write` function, one `mod` line, one entry in [`ALL`]. What a module needs beside
//! its declarations stands in `support/`, in the language itself.

mod go;
mod identifiers;
mod python;
mod rust;
mod shape;
mod typescript;

use crate::project::{Declared, hiding};
use crate::source::printable;
pub use shape::Shape;

/// One language.
#[derive(Debug)]
pub struct Language {
    /// What follows `--types`.
    pub name: &'static str,
    /// What the module stands on.
    pub summary: &'static str,
    /// Writes the whole module; the text ends with a newline.
    pub write: fn(&Module<'_>) -> String,
}

/// Every language.
pub static ALL: &[Language] = &[python::LANGUAGE, typescript::LANGUAGE, rust::LANGUAGE, go::LANGUAGE];

/// A language by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Language> {
    ALL.iter().find(|language| language.name == name)
}

/// Everything that a module says.
#[derive(Debug)]
pub struct Module<'s> {
    /// What it is about.
    pub title: String,
    /// The path of the schema, as users see it.
    pub schema: String,
    /// In the order of the schema.
    pub fields: Vec<Field<'s>>,
}

/// One key.
#[derive(Debug)]
pub struct Field<'s> {
    /// The name of the variable.
    pub key: &'s str,
    /// What it is for.
    pub description: Option<String>,
    /// Its type, and what bounds it.
    pub shape: Shape<'s>,
    /// Whether it must be set in every environment.
    pub required: bool,
    /// Whether the value is secret.
    pub secret: bool,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// What it is where it is not set; never for a secret.
    pub default: Option<&'s serde_json::Value>,
}

impl<'s> Module<'s> {
    /// The module of what a project declares.
    #[must_use]
    pub fn of(declared: &'s Declared) -> Self {
        let schema = &declared.schema.schema;
        let missing = schema.check(None, []).into_iter();
        let missing = missing.filter(|violation| violation.kind.is_lack());
        let required: Vec<_> = missing.filter_map(|violation| violation.key).collect();
        let field = |key: &'s str| {
            let property = schema.property(key);
            let secret = hiding::is_secret(Some(&declared.schema), key);
            let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let told = |value: &&serde_json::Value| {
                !secret && !value.is_null() && !hiding::hides(Some(&declared.schema), key, &text(value))
            };
            let mut shape = Shape::of(&property);
            if secret {
                shape.one_of = None;
            }
            Field {
                key,
                description: property.description().or_else(|| property.title()).map(ToOwned::to_owned),
                shape,
                required: required.iter().any(|name| name == key),
                secret,
                deprecated: property.is_deprecated(),
                default: property.default().filter(told),
            }
        };
        let title = schema.value("/title").and_then(serde_json::Value::as_str);
        Self {
            title: printable(title.unwrap_or("Settings")),
            schema: printable(&declared.path),
            fields: schema.keys().map(field).collect(),
        }
    }
}

/// The lines about a field, for a comment: its description, and whether it should still be used.
fn told(field: &Field<'_>) -> Vec<String> {
    let description = field.description.as_deref().unwrap_or_default();
    let mut lines: Vec<_> = description.lines().map(|line| printable(line.trim_end())).collect();
    if field.deprecated {
        lines.push("Deprecated.".to_owned());
    }
    lines
}

/// What every module has in it, by which a file is known that may be written anew.
pub const WRITTEN: &str = "Written by `sparkcfg schema --types ";

/// What every module says of itself, line by line.
fn heading(module: &Module<'_>, language: &str) -> [String; 5] {
    [
        format!("{}.", module.title.trim_end_matches('.')),
        String::new(),
        format!("{WRITTEN}{language}` from {}: change that, not this.", module.schema),
        "A text is read as sparkcfg reads it. Checked are types, bounds, lengths, patterns and lists of values, and the".to_owned(),
        "formats that a pattern says exactly; all else, such as rules over several keys, `sparkcfg validate` checks.".to_owned(),
    ]
}
