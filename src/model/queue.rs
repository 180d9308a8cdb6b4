//! Celery and Redis: where the program finds the queue, and how its container is started.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretText;

/// Celery and Redis.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Queue {
    /// The queue of tasks, a Redis URL with the number of a database, 0 to 15. Default: redis://localhost:5412/0. Read
    /// by: api, worker, beat.
    #[serde(rename = "AUTOMAGIK_SPARK_CELERY_BROKER_URL", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "format" = "redis-url", "x-sparkcfg" = {
        "required-in": ["staging", "prod"],
        "in": { "prod": {
            "description": "in production Redis asks for a password and is on a machine of its own",
            "pattern": "://[^@/]*:[^@]+@",
            "not": { "pattern": "@(localhost|127\\.0\\.0\\.1)[:/]" }
        } },
        "drift": "must-differ", "same": ["scheme", "database"], "services": ["api", "worker", "beat"], "owner": "platform"
    }))]
    pub broker_url: Option<SecretText>,
    /// Where results are kept, a Redis URL with the number of a database, 0 to 15. Default: redis://localhost:5412/0. Read
    /// by: api, worker, beat.
    #[serde(rename = "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "format" = "redis-url", "x-sparkcfg" = {
        "required-in": ["staging", "prod"],
        "in": { "prod": {
            "description": "in production Redis asks for a password and is on a machine of its own",
            "pattern": "://[^@/]*:[^@]+@",
            "not": { "pattern": "@(localhost|127\\.0\\.0\\.1)[:/]" }
        } },
        "drift": "must-differ", "same": ["scheme", "database"], "services": ["api", "worker", "beat"], "owner": "platform"
    }))]
    pub result_backend: Option<SecretText>,
    /// The TCP port of this machine on which the Redis container answers, 1 to 65535. Default: 5412. Read by: compose.
    #[serde(rename = "AUTOMAGIK_SPARK_REDIS_PORT", default = "port")]
    #[schemars(range(min = 1, max = 65535), extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["redis", "compose"], "owner": "platform"
    }))]
    pub redis_port: u16,
    /// The password that the Redis container asks for. Default: spark_redis_pass, which everybody knows. Read by: redis,
    /// compose.
    #[serde(rename = "AUTOMAGIK_SPARK_REDIS_PASSWORD", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "x-sparkcfg" = {
        "required-in": ["prod"],
        "in": { "prod": { "minLength": 16, "not": { "enum": ["spark_redis_pass"] } } },
        "drift": "must-differ", "services": ["redis", "compose"], "owner": "platform", "file-env": true
    }))]
    pub redis_password: Option<SecretText>,
    /// How many tasks a worker runs at once. Default: 2. Meant for: worker; the application that PM2 and make start does
    /// not read it yet.
    #[serde(rename = "CELERY_WORKER_CONCURRENCY", default = "concurrency")]
    #[schemars(range(min = 1, max = 65535), extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["worker"], "owner": "platform"
    }))]
    pub concurrency: u16,
}

fn port() -> u16 {
    5412
}

fn concurrency() -> u16 {
    2
}
