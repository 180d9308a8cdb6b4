//! What only containers read.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretText;

/// What only containers read.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Compose {
    /// The user that PostgreSQL's image creates; the same as AUTOMAGIK_SPARK_POSTGRES_USER. No default. Read by: postgres.
    #[serde(rename = "POSTGRES_USER", default)]
    #[schemars(with = "String", extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["postgres"], "owner": "platform"
    }))]
    pub postgres_user: Option<String>,
    /// That user's password; the same as AUTOMAGIK_SPARK_POSTGRES_PASSWORD. No default. Read by: postgres.
    #[serde(rename = "POSTGRES_PASSWORD", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "x-sparkcfg" = {
        "drift": "must-differ", "services": ["postgres"], "owner": "platform", "file-env": true
    }))]
    pub postgres_password: Option<SecretText>,
    /// The database that PostgreSQL's image creates; the one in AUTOMAGIK_SPARK_DATABASE_URL. Default: automagik_spark. Read
    /// by: postgres.
    #[serde(rename = "POSTGRES_DB", default = "database")]
    #[schemars(length(min = 1), extend("x-sparkcfg" = {
        "drift": "must-match", "services": ["postgres"], "owner": "platform"
    }))]
    pub postgres_database: String,
    /// Whether Python writes its output at once: 1 or empty. Default: 1. Read by: api, worker, beat.
    #[serde(rename = "PYTHONUNBUFFERED", default = "unbuffered")]
    #[schemars(extend("x-sparkcfg" = {
        "drift": "must-match", "services": ["api", "worker", "beat"], "owner": "platform"
    }))]
    pub python_unbuffered: String,
}

fn database() -> String {
    "automagik_spark".to_owned()
}

fn unbuffered() -> String {
    "1".to_owned()
}
