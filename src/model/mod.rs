//! The built-in typed model: automagik-spark, a `FastAPI` service with Celery, Redis, PostgreSQL and LangFlow.
//!
//! Keys, types, defaults and rules are those of the stack's own files and code; `schemas/spark.schema.json` is written
//! from these structs (`sparkcfg schema`). One file a group. A doc comment becomes the description that users read, so
//! each says what the key means, its unit, its default and who reads it.

mod api;
mod automagik;
mod compose;
mod database;
mod langflow;
mod logging;
mod queue;
mod release;
mod runtime;
mod security;
mod telemetry;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::secret::Secret;

pub use api::Api;
pub use automagik::Automagik;
pub use compose::Compose;
pub use database::Database;
pub use langflow::Langflow;
pub use logging::{LogLevel, Logging};
pub use queue::Queue;
pub use release::Release;
pub use runtime::{Runtime, Stage};
pub use security::Security;
pub use telemetry::Telemetry;

/// Where a repository keeps the schema of this model.
pub const SCHEMA_PATH: &str = "schemas/spark.schema.json";

/// Everything that configures one environment of the stack.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SparkConfig {
    /// Which environment this is, and its clock.
    #[serde(flatten)]
    pub runtime: Runtime,
    /// The HTTP API.
    #[serde(flatten)]
    pub api: Api,
    /// PostgreSQL.
    #[serde(flatten)]
    pub database: Database,
    /// Celery and Redis.
    #[serde(flatten)]
    pub queue: Queue,
    /// LangFlow, where the workflows come from.
    #[serde(flatten)]
    pub langflow: Langflow,
    /// The Automagik API that the health page asks.
    #[serde(flatten)]
    pub automagik: Automagik,
    /// Telemetry.
    #[serde(flatten)]
    pub telemetry: Telemetry,
    /// Logs.
    #[serde(flatten)]
    pub logging: Logging,
    /// Encryption of stored credentials.
    #[serde(flatten)]
    pub security: Security,
    /// What only containers read.
    #[serde(flatten)]
    pub compose: Compose,
    /// What only a release needs.
    #[serde(flatten)]
    pub release: Release,
}

/// A secret of the model: it can be read from a layer, and nothing prints it.
#[derive(Debug)]
pub struct SecretText(Secret);

impl SecretText {
    /// The text itself. Never pass it to anything that prints, logs or reports.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// The schema of the model: JSON Schema 2020-12 with `x-sparkcfg`.
#[must_use]
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut schema = generator.into_root_schema_for::<SparkConfig>().to_value();
    for property in
        schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut())
    {
        let Some(members) = property.as_object_mut() else { continue };
        // serde's names for the sizes of numbers; `minimum` and `maximum` say the same in the standard's words.
        if matches!(members.get("format").and_then(Value::as_str), Some("uint16" | "uint32" | "double")) {
            members.remove("format");
        }
    }
    if let Some(members) = schema.as_object_mut() {
        members.insert("title".to_owned(), json!("automagik-spark"));
        members.insert("additionalProperties".to_owned(), json!(false));
        members.insert("allOf".to_owned(), rules());
        members.insert("x-sparkcfg".to_owned(), cross_rules());
    }
    schema
}

/// The schema as it stands in [`SCHEMA_PATH`].
#[must_use]
pub fn schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text.push('\n');
    text
}

/// What the standard's own words can say about several keys.
fn rules() -> Value {
    json!([{
        "$comment": "SQLite is for tests: everywhere else the database is PostgreSQL",
        "if": { "not": { "properties": { "ENVIRONMENT": { "const": "testing" } }, "required": ["ENVIRONMENT"] } },
        "then": { "properties": { "AUTOMAGIK_SPARK_DATABASE_URL": { "pattern": "^postgresql" } } }
    }])
}

/// Values that must be equal or must not be. A container's port and password are set in two places: in the URL that the
/// program reads, and where the container is started; they belong together while the host is this machine or the
/// container itself.
fn cross_rules() -> Value {
    const DATABASE: &str = "AUTOMAGIK_SPARK_DATABASE_URL";
    const BROKER: &str = "AUTOMAGIK_SPARK_CELERY_BROKER_URL";
    const BACKEND: &str = "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND";
    let local = json!(["localhost", "127.0.0.1", "host.docker.internal"]);
    let database = json!(["localhost", "127.0.0.1", "host.docker.internal", "automagik-spark-db", "postgres"]);
    let cache = json!(["localhost", "127.0.0.1", "host.docker.internal", "redis"]);
    let when = |keys: [&str; 2], host: &str, hosts: &Value| json!({ "keys": keys, "when": { host: hosts } });
    let (database_host, broker_host, backend_host) =
        (format!("{DATABASE}#host"), format!("{BROKER}#host"), format!("{BACKEND}#host"));
    json!({
        "agree": [
            ["ENVIRONMENT", "AM_ENV"],
            ["ENVIRONMENT", "AUTOMAGIK_SPARK_ENV"],
            ["ENVIRONMENT", "NODE_ENV"],
            when([&format!("{DATABASE}#user"), "AUTOMAGIK_SPARK_POSTGRES_USER"], &database_host, &database),
            when([&format!("{DATABASE}#password"), "AUTOMAGIK_SPARK_POSTGRES_PASSWORD"], &database_host, &database),
            when([&format!("{DATABASE}#port"), "AUTOMAGIK_SPARK_POSTGRES_PORT"], &database_host, &local),
            when([&format!("{DATABASE}#database"), "POSTGRES_DB"], &database_host, &database),
            ["POSTGRES_USER", "AUTOMAGIK_SPARK_POSTGRES_USER"],
            ["POSTGRES_PASSWORD", "AUTOMAGIK_SPARK_POSTGRES_PASSWORD"],
            when([&format!("{BROKER}#port"), "AUTOMAGIK_SPARK_REDIS_PORT"], &broker_host, &local),
            when([&format!("{BACKEND}#port"), "AUTOMAGIK_SPARK_REDIS_PORT"], &backend_host, &local),
            when([&format!("{BROKER}#password"), "AUTOMAGIK_SPARK_REDIS_PASSWORD"], &broker_host, &cache),
            when([&format!("{BACKEND}#password"), "AUTOMAGIK_SPARK_REDIS_PASSWORD"], &backend_host, &cache),
            [broker_host, backend_host],
            when(["AUTOMAGIK_SPARK_REMOTE_URL#port", "AUTOMAGIK_SPARK_API_PORT"], "AUTOMAGIK_SPARK_REMOTE_URL#host", &local),
            when(["LANGFLOW_API_URL#port", "LANGFLOW_PORT"], "LANGFLOW_API_URL#host", &local),
            when(["AUTOMAGIK_API_URL#host", "AUTOMAGIK_API_HOST"], "AUTOMAGIK_API_URL#scheme", &json!(["http"])),
            when(["AUTOMAGIK_API_URL#port", "AUTOMAGIK_API_PORT"], "AUTOMAGIK_API_URL#scheme", &json!(["http"])),
            ["AUTOMAGIK_SPARK_LOG_LEVEL", "LOG_LEVEL"]
        ],
        "differ": [
            ["AUTOMAGIK_SPARK_API_PORT", "AUTOMAGIK_SPARK_POSTGRES_PORT", "AUTOMAGIK_SPARK_REDIS_PORT", "LANGFLOW_PORT", "AUTOMAGIK_API_PORT"],
            ["AUTOMAGIK_SPARK_ENCRYPTION_KEY", "AUTOMAGIK_ENCRYPTION_KEY"]
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Drift, Schema};

    #[test]
    fn the_schema_is_valid_and_complete() {
        let document = schema();
        assert!(jsonschema::meta::validate(&document).is_ok());
        let compiled = Schema::parse(&schema_text()).unwrap();
        assert!(compiled.is_closed());
        assert_eq!(compiled.keys().count(), 40);
        for key in compiled.keys() {
            let property = compiled.property(key).unwrap();
            assert!(property.description().is_some_and(|text| text.len() > 20), "{key} has no description");
            let extension = property.extension.unwrap_or_else(|| panic!("{key} has no x-sparkcfg"));
            assert!(extension.drift.is_some(), "{key} has no drift policy");
            assert!(!extension.services.is_empty(), "{key} is read by nobody");
            if property.secret == Some(true)
                && !extension.services.iter().any(|service| service == "postgres" || service == "redis")
            {
                assert_ne!(
                    extension.drift,
                    Some(Drift::MustMatch),
                    "{key} is a secret that must be the same everywhere"
                );
            }
        }
    }

    #[test]
    fn defaults_are_valid() {
        let compiled = Schema::parse(&schema_text()).unwrap();
        let defaults: Vec<_> =
            compiled.keys().filter_map(|key| Some((key, compiled.property(key)?.default()?))).collect();
        assert!(defaults.len() > 20);
        let broken = compiled.check(None, defaults.iter().map(|(key, text)| (*key, Some(text.as_str()))));
        let broken: Vec<_> = broken
            .iter()
            .filter(|violation| violation.key.as_deref() != Some("AUTOMAGIK_SPARK_DATABASE_URL"))
            .collect();
        let deprecated = broken.iter().filter(|violation| violation.pointer.ends_with("/deprecated")).count();
        assert_eq!(broken.len(), deprecated, "{broken:?}");
    }

    #[test]
    fn the_written_schema_is_the_models() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/spark.schema.json");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == schema_text(), "{SCHEMA_PATH} is stale; write it with: cargo run -- schema");
    }
}
