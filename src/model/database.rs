//! PostgreSQL: where the program finds it, and how its container is started.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretText;

/// PostgreSQL.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Database {
    /// The database, as a URL with user and password: postgresql or postgresql+asyncpg; sqlite where ENVIRONMENT is
    /// testing. No default. Read by: api, worker, beat.
    #[serde(rename = "AUTOMAGIK_SPARK_DATABASE_URL")]
    #[schemars(with = "String", extend("writeOnly" = true, "pattern" = "^(postgresql(\\+asyncpg)?|sqlite(\\+aiosqlite)?)://", "x-sparkcfg" = {
        "in": { "prod": {
            "description": "in production the database is on a machine of its own, with a password of at least 12 characters",
            "pattern": "://[^:/@]+:[^@]{12,}@",
            "not": { "pattern": "@(localhost|127\\.0\\.0\\.1)[:/]" }
        } },
        "drift": "must-differ", "same": ["scheme"], "services": ["api", "worker", "beat"], "owner": "platform"
    }))]
    pub url: SecretText,
    /// The user that the database container creates. Default: spark_user. Read by: postgres, compose.
    #[serde(rename = "AUTOMAGIK_SPARK_POSTGRES_USER", default = "user")]
    #[schemars(length(min = 1), extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["postgres", "compose"], "owner": "platform"
    }))]
    pub user: String,
    /// That user's password. Default: spark_pass, which everybody knows. Read by: postgres, compose.
    #[serde(rename = "AUTOMAGIK_SPARK_POSTGRES_PASSWORD", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "x-sparkcfg" = {
        "required-in": ["prod"],
        "in": { "prod": { "minLength": 12, "not": { "enum": ["spark_pass", "automagik", "postgres"] } } },
        "drift": "must-differ", "services": ["postgres", "compose"], "owner": "platform", "file-env": true
    }))]
    pub password: Option<SecretText>,
    /// The TCP port of this machine on which the database container answers, 1 to 65535. Default: 5402. Read by: compose.
    #[serde(rename = "AUTOMAGIK_SPARK_POSTGRES_PORT", default = "port")]
    #[schemars(range(min = 1, max = 65535), extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["postgres", "compose"], "owner": "platform"
    }))]
    pub port: u16,
}

fn user() -> String {
    "spark_user".to_owned()
}

fn port() -> u16 {
    5402
}
