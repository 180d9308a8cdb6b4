//! Automagik, the agent service that Spark calls.

use schemars::JsonSchema;
use serde::Deserialize;

use super::patterns::{elsewhere, other_host};

/// How the Automagik API is reached.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Automagik {
    /// Host of the Automagik API, to connect to: a name or an address, never `0.0.0.0`, on which one can only listen. In
    /// staging and prod not this machine: in a container that is the container itself.
    #[serde(rename = "AUTOMAGIK_API_HOST")]
    #[schemars(extend(
        "format" = "host", "not" = { "enum": ["0.0.0.0", "::"] },
        "x-sparkcfg" = { "in": { "staging": other_host(), "prod": other_host() }, "drift": "may-differ", "services": ["api"], "owner": "backend" },
    ))]
    pub host: String,

    /// TCP port of the Automagik API.
    #[serde(rename = "AUTOMAGIK_API_PORT")]
    #[schemars(
        range(min = 1, max = 65535),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["api"], "owner": "backend" })
    )]
    pub port: u16,

    /// URL of the Automagik API. PM2 passes it on; its host and port are those of `AUTOMAGIK_API_HOST` and
    /// `AUTOMAGIK_API_PORT`, and in staging and prod not this machine.
    #[serde(rename = "AUTOMAGIK_API_URL")]
    #[schemars(extend(
        "format" = "http-url", "not" = { "pattern": r"^https?://(0\.0\.0\.0|\[::\])([:/?#]|$)" },
        "x-sparkcfg" = { "in": { "staging": elsewhere(), "prod": elsewhere() }, "drift": "may-differ", "services": ["pm2"], "owner": "backend" },
    ))]
    pub url: String,
}

impl Default for Automagik {
    fn default() -> Self {
        Self { host: "localhost".to_owned(), port: 8881, url: "http://localhost:8881".to_owned() }
    }
}
