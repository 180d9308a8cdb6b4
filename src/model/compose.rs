//! What only the containers need.

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of the compose file's containers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Compose {
    /// Database that the compose file's PostgreSQL creates on its first start.
    #[serde(rename = "POSTGRES_DB")]
    #[schemars(
        length(min = 1),
        extend("x-sparkcfg" = { "drift": "must-match", "services": ["postgres", "compose"], "owner": "data" })
    )]
    pub database: String,

    /// Image of the API's container: the registry before its name, and behind it the version or digest that is released.
    #[serde(rename = "AUTOMAGIK_SPARK_API_IMAGE")]
    #[schemars(
        length(min = 1),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["compose"], "owner": "platform" })
    )]
    pub api_image: String,

    /// Image of the containers of the worker and of the scheduler, as that of the API.
    #[serde(rename = "AUTOMAGIK_SPARK_WORKER_IMAGE")]
    #[schemars(
        length(min = 1),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["compose"], "owner": "platform" })
    )]
    pub worker_image: String,

    /// Whether Python writes its output at once, so that container logs are complete when a process dies.
    #[serde(rename = "PYTHONUNBUFFERED")]
    #[schemars(extend(
        "x-sparkcfg" = { "drift": "must-match", "services": ["api", "worker", "beat"], "owner": "platform" },
    ))]
    pub unbuffered: bool,
}

impl Default for Compose {
    fn default() -> Self {
        Self {
            database: "automagik_spark".to_owned(),
            api_image: "automagik-spark-api:stable".to_owned(),
            worker_image: "automagik-spark-worker:stable".to_owned(),
            unbuffered: true,
        }
    }
}
