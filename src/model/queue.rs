//! The task queue: Celery over Redis.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::patterns::{REDIS_WITH_PASSWORD, elsewhere};
use super::secret_text::SecretText;

/// Broker, results and the Redis of the compose file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Queue {
    /// URL of the Redis database that hands out tasks: `redis://:PASSWORD@HOST:PORT/NUMBER`, or `rediss` for TLS, which
    /// the API's own health check passes over. The number is 0 to 15. In prod a password, and a host other than
    /// this machine.
    #[serde(rename = "AUTOMAGIK_SPARK_CELERY_BROKER_URL")]
    #[schemars(extend(
        "format" = "redis-url", "pattern" = NUMBERED, "default" = URL,
        "x-sparkcfg" = {
            "in": { "staging": elsewhere(), "prod": elsewhere_with_password() },
            "drift": "must-differ", "services": ["api", "worker", "beat"], "owner": "data",
        },
    ))]
    pub broker_url: SecretText,

    /// URL of the Redis database that keeps what tasks returned. On the same host as the broker, by the same rules.
    #[serde(rename = "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND")]
    #[schemars(extend(
        "format" = "redis-url", "pattern" = NUMBERED, "default" = URL,
        "x-sparkcfg" = {
            "in": { "staging": elsewhere(), "prod": elsewhere_with_password() },
            "drift": "must-differ", "services": ["api", "worker", "beat"], "owner": "data",
        },
    ))]
    pub result_backend: SecretText,

    /// TCP port on which the compose file's Redis listens, inside its network and on the host alike.
    #[serde(rename = "AUTOMAGIK_SPARK_REDIS_PORT")]
    #[schemars(
        range(min = 1, max = 65535),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["redis", "compose"], "owner": "data" })
    )]
    pub redis_port: u16,

    /// Password that the compose file's Redis asks for; the broker's and the results' URL must carry it. The default is
    /// published with the application's source: prod refuses it, and wants at least 16 characters.
    #[serde(rename = "AUTOMAGIK_SPARK_REDIS_PASSWORD")]
    #[schemars(extend(
        "default" = PASSWORD,
        "x-sparkcfg" = {
            "in": { "prod": { "minLength": 16, "not": { "enum": [PASSWORD] } } },
            "drift": "must-differ", "services": ["redis", "compose"], "owner": "data",
        },
    ))]
    pub redis_password: SecretText,

    /// Tasks that one worker process runs at a time. The application does not read it: set in its environment alone, it
    /// has no effect. The templates hand it to the worker's command as `--concurrency`.
    #[serde(rename = "CELERY_WORKER_CONCURRENCY")]
    #[schemars(
        range(min = 1, max = 65535),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["worker"], "owner": "backend" })
    )]
    pub concurrency: u16,
}

const PASSWORD: &str = "spark_redis_pass";
const URL: &str = "redis://localhost:5412/0";

/// A host, and a database from 0 to 15 or none.
const NUMBERED: &str = r"^[a-z]+://[^/?#]+(/(1[0-5]|[0-9])?)?(\?.*)?$";

fn elsewhere_with_password() -> Value {
    json!({ "allOf": [
        elsewhere(),
        { "description": "a password before the host", "pattern": REDIS_WITH_PASSWORD },
    ] })
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            broker_url: URL.to_owned().into(),
            result_backend: URL.to_owned().into(),
            redis_port: 5412,
            redis_password: PASSWORD.to_owned().into(),
            concurrency: 2,
        }
    }
}
