//! The HTTP API: where it listens, who may call it, and from where.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::patterns::{LOOPBACK, THIS_MACHINE};
use super::secret_text::{SecretText, unless_empty};

/// The API's own settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Api {
    /// Bearer token that callers of the API send. Empty or absent, the API asks nobody for one: fine on a person's own
    /// machine, an open door anywhere else. At least 24 characters in staging and prod; a value that was ever published
    /// counts as none.
    #[serde(rename = "AUTOMAGIK_SPARK_API_KEY", deserialize_with = "unless_empty")]
    #[schemars(extend(
        "x-sparkcfg" = {
            "required-in": ["staging", "prod"], "recommended-in": ["dev"],
            "in": {
                "staging": { "minLength": 24, "not": { "enum": PUBLISHED_KEYS } },
                "prod": { "minLength": 24, "not": { "enum": PUBLISHED_KEYS } },
            },
            "drift": "must-differ", "services": ["api"], "owner": "security",
        },
    ))]
    pub key: Option<SecretText>,

    /// Address on which the API listens, without a port: `0.0.0.0` for all interfaces, which a container needs,
    /// `127.0.0.1` for this machine only. In staging and prod it listens in a container, so not that.
    #[serde(rename = "AUTOMAGIK_SPARK_API_HOST")]
    #[schemars(extend(
        "format" = "host", "examples" = ["0.0.0.0", "127.0.0.1"],
        "x-sparkcfg" = {
            "in": { "staging": reachable(), "prod": reachable() },
            "drift": "may-differ", "services": ["api", "pm2"], "owner": "backend",
        },
    ))]
    pub host: String,

    /// TCP port on which the API listens. The compose file publishes it and the health check calls it.
    #[serde(rename = "AUTOMAGIK_SPARK_API_PORT")]
    #[schemars(
        range(min = 1, max = 65535),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["api", "compose", "pm2"], "owner": "backend" })
    )]
    pub port: u16,

    /// Origins whose pages may call the API from a browser, separated by commas: scheme, host and port, no path and no
    /// `/` at the end. In prod only `https`, and no address of this machine.
    #[serde(rename = "AUTOMAGIK_SPARK_API_CORS")]
    #[schemars(
        length(min = 1),
        extend(
            "items" = { "type": "string", "format": "origin" }, "uniqueItems" = true,
            "x-sparkcfg" = {
                "in": { "prod": { "items": {
                    "description": "an origin that starts with https:// and is not on this machine",
                    "pattern": "^https://",
                    "not": { "pattern": THIS_MACHINE },
                } } },
                "separator": ",", "drift": "may-differ", "services": ["api"], "owner": "backend",
            },
        )
    )]
    pub cors: Vec<String>,

    /// URL under which others reach the API, for webhooks and callbacks; a `/` at the end is dropped. In prod `https`,
    /// and no address of this machine. Its origin is one of those that may call the API, too.
    #[serde(rename = "AUTOMAGIK_SPARK_REMOTE_URL", deserialize_with = "without_trailing_slash")]
    #[schemars(extend(
        "format" = "http-url",
        "x-sparkcfg" = {
            "in": { "prod": {
                "format": "https-url",
                "description": "a URL that is not on this machine",
                "not": { "pattern": THIS_MACHINE },
            } },
            "drift": "must-differ", "services": ["api", "worker"], "owner": "backend",
        },
    ))]
    pub remote_url: String,

    /// Seconds that the API and the worker wait for an answer of a workflow before they give up; 30 to 3600.
    #[serde(rename = "AUTOMAGIK_SPARK_HTTP_TIMEOUT")]
    #[schemars(
        range(min = 30, max = 3600),
        extend("x-sparkcfg" = { "drift": "must-match", "services": ["api", "worker"], "owner": "backend" })
    )]
    pub http_timeout: f64,
}

/// Keys that stand in public files, so that everybody knows them.
const PUBLISHED_KEYS: [&str; 1] = ["namastex888"];

fn reachable() -> Value {
    json!({ "description": "an address that others reach, such as 0.0.0.0", "not": { "pattern": LOOPBACK } })
}

impl Default for Api {
    fn default() -> Self {
        Self {
            key: None,
            host: "0.0.0.0".to_owned(),
            port: 8883,
            cors: vec!["http://localhost:3000".to_owned(), "http://localhost:8883".to_owned()],
            remote_url: "http://localhost:8883".to_owned(),
            http_timeout: 600.0,
        }
    }
}

fn without_trailing_slash<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut url = String::deserialize(deserializer)?;
    url.truncate(url.trim_end_matches('/').len());
    Ok(url)
}
