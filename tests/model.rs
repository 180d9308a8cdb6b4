//! The built-in model: its published schema is current, valid, and says what the model promises.
#![allow(clippy::expect_used, reason = "a failed expectation is the failure of the test")]

use std::path::Path;

use serde_json::{Map, Value, json};
use sparkcfg::model::{self, SecretText, SparkConfig};

fn properties(schema: &Value) -> &Map<String, Value> {
    schema["properties"].as_object().expect("the schema has properties")
}

fn is_valid(schema: &Value, instance: &Value) -> bool {
    jsonschema::options().should_validate_formats(false).build(schema).expect("a schema").is_valid(instance)
}

/// Run with `UPDATE=1` to write the file anew.
#[test]
fn the_published_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(model::SCHEMA_PATH);
    let generated = format!("{:#}\n", model::schema());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &generated).expect("the schema can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(&published, &generated);
    assert!(
        published == generated,
        "{} is stale; `UPDATE=1 cargo test --test model` writes it\n{}",
        model::SCHEMA_PATH,
        difference.unified_diff().header("published", "generated"),
    );
}

#[test]
fn the_schema_is_valid_and_closed() {
    let schema = model::schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::meta::validate(&schema).expect("valid by its own draft");
    for (key, property) in properties(&schema) {
        for (environment, fragment) in property["x-sparkcfg"]["in"].as_object().into_iter().flatten() {
            assert!(jsonschema::meta::is_valid(fragment), "{key} in {environment}");
        }
    }
    assert_eq!(schema["required"], json!(["ENVIRONMENT", "AUTOMAGIK_SPARK_DATABASE_URL"]));
    let unknown = json!({
        "ENVIRONMENT": "testing", "AUTOMAGIK_SPARK_DATABASE_URL": "sqlite:///test.db", "DATABASE_URL": "sqlite:///test.db",
    });
    assert!(!is_valid(&schema, &unknown));
}

#[test]
fn every_key_is_documented() {
    let schema = model::schema();
    let policies = ["must-match", "must-differ", "may-differ"].map(Value::from);
    for (key, property) in properties(&schema) {
        let description = property["description"].as_str().unwrap_or_default();
        assert!(description.len() > 20 && description.ends_with('.') && !description.contains('\n'), "{key}");
        let extension = &property["x-sparkcfg"];
        assert!(policies.contains(&extension["drift"]), "{key}: no drift policy");
        assert!(extension["owner"].is_string(), "{key}: no owner");
        let services = extension["services"].as_array().unwrap_or_else(|| panic!("{key}: no services"));
        assert!(!services.is_empty() || property["deprecated"] == true, "{key}: read by nobody, yet not deprecated");
        let successor = extension["replaced-by"].as_str();
        assert!(successor.is_none_or(|successor| properties(&schema).contains_key(successor)), "{key}: {successor:?}");
        let named_by_type = ["string", "integer", "number", "boolean", "array"].map(Value::from);
        assert!(named_by_type.contains(&property["type"]), "{key}: {}", property["type"]);
    }
}

#[test]
fn every_default_fits_its_key() {
    let schema = model::schema();
    let mut everything = Map::new();
    for (key, property) in properties(&schema) {
        let Some(default) = property.get("default") else { continue };
        assert!(is_valid(property, default), "{key}: {default}");
        everything.insert(key.clone(), default.clone());
    }
    assert!(everything.len() > 20, "the model's defaults are published");
    everything
        .insert("AUTOMAGIK_SPARK_DATABASE_URL".to_owned(), json!("postgresql://spark_user@localhost/automagik_spark"));
    serde_json::from_value::<SparkConfig>(Value::Object(everything)).expect("the model reads its own defaults");
}

#[test]
fn secrets_are_marked_and_defaults_are_those_of_the_schema() {
    let schema = model::schema();
    let secret: Vec<_> = properties(&schema).iter().filter(|(_, property)| property["writeOnly"] == true).collect();
    let names: Vec<_> = secret.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        names,
        [
            "AUTOMAGIK_SPARK_API_KEY",
            "AUTOMAGIK_SPARK_DATABASE_URL",
            "AUTOMAGIK_SPARK_POSTGRES_PASSWORD",
            "AUTOMAGIK_SPARK_CELERY_BROKER_URL",
            "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND",
            "AUTOMAGIK_SPARK_REDIS_PASSWORD",
            "LANGFLOW_API_KEY",
            "AUTOMAGIK_SPARK_ENCRYPTION_KEY",
            "AUTOMAGIK_ENCRYPTION_KEY",
            "PYPI_TOKEN",
            "TESTPYPI_TOKEN",
        ]
    );
    let least = json!({ "ENVIRONMENT": "testing", "AUTOMAGIK_SPARK_DATABASE_URL": "sqlite:///test.db" });
    let config: SparkConfig = serde_json::from_value(least).expect("only two keys are required");
    let default = |key: &str| properties(&schema)[key]["default"].clone();
    assert_eq!(default("AUTOMAGIK_SPARK_REDIS_PASSWORD"), config.queue.redis_password.expose());
    assert_eq!(default("AUTOMAGIK_SPARK_CELERY_BROKER_URL"), config.queue.broker_url.expose());
    assert_eq!(default("AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND"), config.queue.result_backend.expose());
    assert_eq!(default("AUTOMAGIK_SPARK_POSTGRES_PASSWORD"), config.database.password.expose());
    assert!(!format!("{config:?}").contains("spark_pass"));
}

#[test]
fn text_is_read_into_the_groups() {
    let text = json!({
        "ENVIRONMENT": "staging", "AUTOMAGIK_SPARK_DATABASE_URL": "postgresql://u:p@db/x", "AUTOMAGIK_SPARK_API_KEY": "",
        "AUTOMAGIK_SPARK_REMOTE_URL": "https://spark.example.com/", "AUTOMAGIK_SPARK_HTTP_TIMEOUT": 30,
        "AUTOMAGIK_SPARK_LOG_LEVEL": "WARNING", "AUTOMAGIK_SPARK_DISABLE_TELEMETRY": true, "LANGFLOW_API_KEY": "a-key",
    });
    let config: SparkConfig = serde_json::from_value(text).expect("it fits the model");
    assert_eq!(config.runtime.environment, model::runtime::Environment::Staging);
    assert!(config.api.key.is_none());
    assert_eq!(config.api.remote_url, "https://spark.example.com");
    assert_eq!(config.logging.level, model::logging::LogLevel::Warning);
    assert!(config.telemetry.disabled);
    assert_eq!(config.langflow.api_key.as_ref().map(SecretText::expose), Some("a-key"));
}

/// `(environment, key, value, whether it fits)`; formats beyond the standard are tested with the schema module.
#[test]
fn values_fit_or_not() {
    let phrase = "eW91ci10ZXN0LWVuY3J5cHRpb24ta2V5LS0tLS0tLS0=";
    let other_phrase = "bXktdmVyeS1vd24tZW5jcnlwdGlvbi1waHJhc2UtISE=";
    let random = "kq3XvU0d9rY-0mVb7Zt5cO1sGf_2LwJh8nEaTiPxRyA=";
    let cases = [
        ("dev", "ENVIRONMENT", json!("testing"), true),
        ("dev", "ENVIRONMENT", json!("production"), false),
        ("staging", "ENVIRONMENT", json!("staging"), true),
        ("prod", "ENVIRONMENT", json!("development"), false),
        ("prod", "ENVIRONMENT", json!("prod"), false),
        ("dev", "AUTOMAGIK_SPARK_API_KEY", json!(""), true),
        ("dev", "AUTOMAGIK_SPARK_API_KEY", json!("namastex888"), true),
        ("staging", "AUTOMAGIK_SPARK_API_KEY", json!("namastex888"), false),
        ("prod", "AUTOMAGIK_SPARK_API_KEY", json!("a".repeat(23)), false),
        ("prod", "AUTOMAGIK_SPARK_API_KEY", json!("a".repeat(24)), true),
        ("dev", "AUTOMAGIK_SPARK_API_PORT", json!(0), false),
        ("dev", "AUTOMAGIK_SPARK_API_PORT", json!(65535), true),
        ("dev", "AUTOMAGIK_SPARK_API_PORT", json!(65536), false),
        ("dev", "AUTOMAGIK_SPARK_HTTP_TIMEOUT", json!(29.9), false),
        ("dev", "AUTOMAGIK_SPARK_HTTP_TIMEOUT", json!(3600), true),
        ("dev", "AUTOMAGIK_SPARK_HTTP_TIMEOUT", json!("nan"), false),
        ("dev", "AUTOMAGIK_SPARK_API_CORS", json!(["http://localhost:3000"]), true),
        ("dev", "AUTOMAGIK_SPARK_API_CORS", json!([]), false),
        ("prod", "AUTOMAGIK_SPARK_API_CORS", json!(["https://spark.example.com"]), true),
        ("prod", "AUTOMAGIK_SPARK_API_CORS", json!(["https://localhost:8883"]), false),
        ("prod", "AUTOMAGIK_SPARK_API_CORS", json!(["http://spark.example.com"]), false),
        ("prod", "AUTOMAGIK_SPARK_API_CORS", json!(["https://a.example.com", "*"]), false),
        ("prod", "AUTOMAGIK_SPARK_REMOTE_URL", json!("https://127.0.0.1:8883/"), false),
        ("prod", "AUTOMAGIK_SPARK_REMOTE_URL", json!("https://localhost.example.com/"), true),
        ("dev", "AUTOMAGIK_SPARK_DATABASE_URL", json!("postgresql://u:p@localhost:5402/x"), true),
        ("prod", "AUTOMAGIK_SPARK_DATABASE_URL", json!("postgresql://u:0123456789ab@localhost:5402/x"), false),
        ("prod", "AUTOMAGIK_SPARK_DATABASE_URL", json!("postgresql://u:0123456789ab@[::1]:5402/x"), false),
        ("prod", "AUTOMAGIK_SPARK_DATABASE_URL", json!("postgresql://u:0123456789a@db.example.com/x"), false),
        ("prod", "AUTOMAGIK_SPARK_DATABASE_URL", json!("postgresql+asyncpg://u:0123456789ab@db.example.com/x"), true),
        ("prod", "AUTOMAGIK_SPARK_POSTGRES_PASSWORD", json!("automagik"), false),
        ("prod", "AUTOMAGIK_SPARK_POSTGRES_PASSWORD", json!("automagic"), true),
        ("dev", "AUTOMAGIK_SPARK_CELERY_BROKER_URL", json!("redis://localhost:5412/15"), true),
        ("dev", "AUTOMAGIK_SPARK_CELERY_BROKER_URL", json!("redis://localhost:5412/16"), false),
        ("prod", "AUTOMAGIK_SPARK_CELERY_BROKER_URL", json!("rediss://redis.example.com:6379/0"), false),
        ("prod", "AUTOMAGIK_SPARK_CELERY_BROKER_URL", json!("rediss://:secret@redis.example.com:6379/0"), true),
        ("prod", "AUTOMAGIK_SPARK_CELERY_BROKER_URL", json!("redis://:secret@127.0.0.1:6379/0"), false),
        ("prod", "AUTOMAGIK_SPARK_REDIS_PASSWORD", json!("spark_redis_pass"), false),
        ("prod", "AUTOMAGIK_SPARK_REDIS_PASSWORD", json!("sixteen-or-more-"), true),
        ("dev", "CELERY_WORKER_CONCURRENCY", json!(0), false),
        ("prod", "LANGFLOW_API_URL", json!("http://langflow:7860"), true),
        ("prod", "LANGFLOW_API_URL", json!("http://langflow.example.com:7860"), false),
        ("prod", "LANGFLOW_API_URL", json!("http://localhost:7860"), false),
        ("prod", "LANGFLOW_API_URL", json!("https://langflow.example.com"), true),
        ("staging", "LANGFLOW_API_URL", json!("http://localhost:7860"), false),
        ("staging", "LANGFLOW_API_URL", json!("http://langflow:7860"), true),
        ("staging", "AUTOMAGIK_SPARK_DATABASE_URL", json!("postgresql://u:p@127.0.0.1:5402/x"), false),
        ("staging", "AUTOMAGIK_SPARK_CELERY_BROKER_URL", json!("redis://:p@localhost:5412/0"), false),
        ("staging", "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND", json!("redis://:p@redis:5412/0"), true),
        ("dev", "AUTOMAGIK_SPARK_API_HOST", json!("localhost"), true),
        ("staging", "AUTOMAGIK_SPARK_API_HOST", json!("localhost"), false),
        ("prod", "AUTOMAGIK_SPARK_API_HOST", json!("127.0.0.1"), false),
        ("prod", "AUTOMAGIK_SPARK_API_HOST", json!("0.0.0.0"), true),
        ("dev", "AUTOMAGIK_API_HOST", json!("0.0.0.0"), false),
        ("dev", "AUTOMAGIK_SPARK_LOG_LEVEL", json!("info"), false),
        ("dev", "AUTOMAGIK_SPARK_LOG_LEVEL", json!("DEBUG"), true),
        ("prod", "AUTOMAGIK_SPARK_LOG_LEVEL", json!("DEBUG"), false),
        ("dev", "AUTOMAGIK_SPARK_WORKER_LOG", json!("worker.log"), false),
        ("prod", "AUTOMAGIK_SPARK_WORKER_LOG", json!("logs/worker.log"), false),
        ("prod", "AUTOMAGIK_SPARK_WORKER_LOG", json!("/var/log/automagik/worker.log"), true),
        ("dev", "LOG_FOLDER", json!("~/logs"), false),
        ("staging", "AUTOMAGIK_SPARK_ENCRYPTION_KEY", json!(phrase), false),
        ("prod", "AUTOMAGIK_SPARK_ENCRYPTION_KEY", json!(other_phrase), false),
        ("prod", "AUTOMAGIK_SPARK_ENCRYPTION_KEY", json!(random), true),
        ("dev", "PYPI_TOKEN", json!("token"), false),
    ];
    let schema = model::schema();
    for (environment, key, value, expected) in cases {
        let property = &properties(&schema)[key];
        let fragment = property["x-sparkcfg"]["in"].get(environment).cloned().unwrap_or(json!(true));
        let effective = json!({ "allOf": [property, fragment] });
        assert_eq!(is_valid(&effective, &value), expected, "{environment}: {key}={value}");
    }
}

/// `(settings beyond the required ones, whether they go together)`, for what standard JSON Schema can say.
#[test]
fn keys_go_together_or_not() {
    let cases = [
        (json!({ "AUTOMAGIK_SPARK_DATABASE_URL": "sqlite+aiosqlite:///./test.db" }), false),
        (json!({ "AUTOMAGIK_SPARK_DATABASE_URL": "sqlite:///test.db", "ENVIRONMENT": "testing" }), true),
        (json!({ "AUTOMAGIK_SPARK_DATABASE_URL": "postgresql://localhost/x", "ENVIRONMENT": "testing" }), true),
        (json!({ "AUTOMAGIK_SPARK_DATABASE_URL": "mysql://localhost/x", "ENVIRONMENT": "testing" }), false),
        (json!({ "AUTOMAGIK_SPARK_DATABASE_URL": "postgres://localhost/x" }), false),
        (json!({ "AUTOMAGIK_SPARK_CELERY_BROKER_URL": "redis://localhost:5412/0" }), false),
        (json!({ "AUTOMAGIK_SPARK_CELERY_BROKER_URL": "redis://:secret@localhost:5412/0" }), true),
        (json!({ "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND": "redis://redis:5412/1" }), false),
        (json!({ "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND": "redis://cache.example.com:6379/1" }), true),
        (
            json!({
                "AUTOMAGIK_SPARK_CELERY_BROKER_URL": "redis://localhost:5412/0", "AUTOMAGIK_SPARK_REDIS_PASSWORD": "",
            }),
            true,
        ),
    ];
    let schema = model::schema();
    for (settings, expected) in cases {
        let mut instance =
            json!({ "ENVIRONMENT": "development", "AUTOMAGIK_SPARK_DATABASE_URL": "postgresql://localhost/x" });
        for (key, value) in settings.as_object().expect("an object") {
            instance[key] = value.clone();
        }
        assert_eq!(is_valid(&schema, &instance), expected, "{settings}");
    }
}

/// Each member of a rule names a declared key, so that a renamed key cannot leave a rule that never holds.
#[test]
fn rules_name_declared_keys() {
    let schema = model::schema();
    let rules = ["agree", "differ"].map(|kind| schema["x-sparkcfg"][kind].as_array().expect("a list").clone());
    for rule in rules.iter().flatten() {
        let keys = rule.get("keys").unwrap_or(rule).as_array().expect("a list of members");
        assert!(keys.len() > 1, "{rule}");
        let conditions = rule.get("when").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        for member in keys.iter().filter_map(Value::as_str).chain(conditions.map(String::as_str)) {
            let (key, part) = member.split_once('#').map_or((member, None), |(key, part)| (key, Some(part)));
            assert!(properties(&schema).contains_key(key), "{rule}");
            let parts = ["scheme", "user", "password", "host", "port", "database", "origin"];
            assert!(part.is_none_or(|part| parts.contains(&part)), "{rule}");
        }
    }
}
