//! The built-in typed model of the reference stack, Automagik Spark: the source of `schemas/spark.schema.json`.
//!
//! One file a group; each field is one environment variable, and its doc comment is the schema's `description`.
//! To add a key: one field in its group. What JSON Schema cannot say about it stands under `x-sparkcfg`, what holds
//! between keys in `rules.rs`.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::Value;

mod patterns;
mod rules;
mod secret_text;

pub mod api;
pub mod automagik;
pub mod compose;
pub mod database;
pub mod langflow;
pub mod logging;
pub mod queue;
pub mod release;
pub mod runtime;
pub mod security;
pub mod telemetry;

pub use rules::CrossRule;
pub use secret_text::SecretText;

/// Where the generated schema stands in this repository.
pub const SCHEMA_PATH: &str = "schemas/spark.schema.json";

/// Configuration of Automagik Spark and of the services that it needs: API, worker and scheduler, PostgreSQL, Redis and
/// LangFlow. Every property is one environment variable.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(
    title = "Automagik Spark",
    extend(
        "additionalProperties" = false,
        "allOf" = rules::all_of(),
        "x-sparkcfg" = { "agree": rules::agree(), "differ": rules::differ(), "contain": rules::contain() },
    )
)]
pub struct SparkConfig {
    /// The environment and its clock.
    #[serde(flatten)]
    pub runtime: runtime::Runtime,
    /// The HTTP API.
    #[serde(flatten)]
    pub api: api::Api,
    /// The database.
    #[serde(flatten)]
    pub database: database::Database,
    /// The task queue.
    #[serde(flatten)]
    pub queue: queue::Queue,
    /// The workflow engine.
    #[serde(flatten)]
    pub langflow: langflow::Langflow,
    /// The agent service.
    #[serde(flatten)]
    pub automagik: automagik::Automagik,
    /// Usage statistics.
    #[serde(flatten)]
    pub telemetry: telemetry::Telemetry,
    /// Log levels and files.
    #[serde(flatten)]
    pub logging: logging::Logging,
    /// Encryption at rest.
    #[serde(flatten)]
    pub security: security::Security,
    /// The containers.
    #[serde(flatten)]
    pub compose: compose::Compose,
    /// The release pipeline.
    #[serde(flatten)]
    pub release: release::Release,
}

/// The model as a JSON Schema 2020-12, always the same and in the order of the fields.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.with_transform(ForText).into_generator().into_root_schema_for::<SparkConfig>().to_value()
}

/// Makes what Rust's types say fit for environment variables, and plain enough for any validator.
#[derive(Clone)]
struct ForText;

impl Transform for ForText {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        remove_width(schema);
        remove_null(schema);
        list_alternatives(schema);
        unwrap_lines(schema);
        shorten_default(schema);
        order_members(schema);
    }
}

/// `uint16` and the like are no formats of JSON Schema, and the range says the same.
fn remove_width(schema: &mut Schema) {
    if matches!(schema.get("format").and_then(Value::as_str), Some("uint16" | "double")) {
        schema.remove("format");
    }
}

/// A variable is set or it is not; there is no null to write into an env file.
fn remove_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_mut_slice() {
            let only = std::mem::take(only);
            schema.remove("anyOf");
            for (keyword, value) in only {
                if schema.get(&keyword).is_none() {
                    schema.insert(keyword, value);
                }
            }
        }
    }
}

/// One `enum` instead of a `oneOf` of described constants, so that a fault can name what is allowed.
fn list_alternatives(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    let values: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    if let Some(values) = values {
        schema.remove("oneOf");
        schema.insert("type".to_owned(), "string".into());
        schema.insert("enum".to_owned(), values.into());
    }
}

/// A doc comment breaks its lines for the source file; a description is one line a paragraph.
fn unwrap_lines(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        let paragraphs: Vec<_> = description.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        *description = paragraphs.join("\n\n");
    }
}

/// `600`, as people write it, instead of `600.0`.
fn shorten_default(schema: &mut Schema) {
    let whole = schema.get("default").and_then(Value::as_f64).filter(|number| number.fract() == 0.0);
    let digits = whole.map(|number| format!("{number:.0}"));
    if let Some(integer) = digits.and_then(|digits| digits.parse::<i64>().ok()) {
        schema.insert("default".to_owned(), integer.into());
    }
}

/// What a reader wants to know first stands first; the derive leaves an order that depends on its own workings.
fn order_members(schema: &mut Schema) {
    const FIRST: [&str; 8] = ["$schema", "title", "description", "deprecated", "type", "writeOnly", "format", "enum"];
    const LAST: [&str; 5] = ["properties", "required", "additionalProperties", "allOf", "x-sparkcfg"];
    let Some(members) = schema.as_object_mut() else { return };
    let mut sorted: Vec<_> = std::mem::take(members).into_iter().collect();
    sorted.sort_by_key(|(keyword, _)| {
        let place = |list: &[&str]| list.iter().position(|known| known == keyword);
        match (place(&FIRST), place(&LAST)) {
            (Some(place), _) => (0, place),
            (None, None) => (1, 0),
            (None, Some(place)) => (2, place),
        }
    });
    members.extend(sorted);
}

/// The schema as it stands in [`SCHEMA_PATH`].
#[must_use]
pub fn schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}
