//! The HTTP API.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretText;

/// The HTTP API.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Api {
    /// The bearer token that every caller must send. No default: without it the API answers everybody. Read by: api.
    #[serde(rename = "AUTOMAGIK_SPARK_API_KEY", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "x-sparkcfg" = {
        "required-in": ["staging", "prod"],
        "in": {
            "staging": { "minLength": 24, "not": { "enum": ["namastex888"] } },
            "prod": { "minLength": 24, "not": { "enum": ["namastex888"] } }
        },
        "drift": "must-differ", "services": ["api"], "owner": "platform", "file-env": false
    }))]
    pub key: Option<SecretText>,
    /// The address that the API listens on. Default: 0.0.0.0, every interface; a container needs that. Read by: api, pm2.
    #[serde(rename = "AUTOMAGIK_SPARK_API_HOST", default = "every_interface")]
    #[schemars(extend("format" = "bind-address", "x-sparkcfg" = {
        "drift": "may-differ", "services": ["api", "pm2"], "owner": "platform"
    }))]
    pub host: String,
    /// The TCP port that the API listens on, 1 to 65535. Default: 8883. Read by: api, pm2, compose.
    #[serde(rename = "AUTOMAGIK_SPARK_API_PORT", default = "port")]
    #[schemars(range(min = 1, max = 65535), extend("x-sparkcfg" = {
        "drift": "must-match", "services": ["api", "pm2", "compose"], "owner": "platform"
    }))]
    pub port: u16,
    /// The origins from which a browser may call the API, separated by commas: scheme, host and port, no path and no slash
    /// at the end. Default: http://localhost:3000,http://localhost:8883. Read by: api.
    #[serde(rename = "AUTOMAGIK_SPARK_API_CORS", default = "origins")]
    #[schemars(extend("items" = { "type": "string", "format": "origin" }, "x-sparkcfg" = {
        "in": { "prod": {
            "description": "in production every origin is https and none is this machine",
            "items": { "pattern": "^https://", "not": { "pattern": "//(localhost|127\\.0\\.0\\.1)" } }
        } },
        "drift": "may-differ", "services": ["api"], "owner": "platform"
    }))]
    pub cors: Vec<String>,
    /// The URL under which others reach this API. Default: http://localhost:8883. Read by: api, worker.
    #[serde(rename = "AUTOMAGIK_SPARK_REMOTE_URL", default = "remote_url")]
    #[schemars(extend("format" = "http-url", "x-sparkcfg" = {
        "required-in": ["staging", "prod"],
        "in": {
            "staging": { "format": "https-url" },
            "prod": { "format": "https-url", "description": "others cannot reach this machine as localhost", "not": { "pattern": "//(localhost|127\\.0\\.0\\.1)" } }
        },
        "drift": "must-differ", "same": ["scheme"], "services": ["api", "worker"], "owner": "platform"
    }))]
    pub remote_url: String,
    /// How long a call to a workflow may take, in seconds, 30 to 3600. Default: 600. Read by: api, worker.
    #[serde(rename = "AUTOMAGIK_SPARK_HTTP_TIMEOUT", default = "http_timeout")]
    #[schemars(range(min = 30, max = 3600), extend("x-sparkcfg" = {
        "drift": "must-match", "services": ["api", "worker"], "owner": "platform"
    }))]
    pub http_timeout: f64,
}

fn every_interface() -> String {
    "0.0.0.0".to_owned()
}

fn port() -> u16 {
    8883
}

fn origins() -> Vec<String> {
    vec!["http://localhost:3000".to_owned(), "http://localhost:8883".to_owned()]
}

fn remote_url() -> String {
    "http://localhost:8883".to_owned()
}

fn http_timeout() -> f64 {
    600.0
}
