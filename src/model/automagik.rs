//! The Automagik API that the health page asks.

use schemars::JsonSchema;
use serde::Deserialize;

/// The Automagik API.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Automagik {
    /// The host of the Automagik API, as a client reaches it: never 0.0.0.0, which is an address to listen on. Default:
    /// localhost. Read by: api.
    #[serde(rename = "AUTOMAGIK_API_HOST", default = "host")]
    #[schemars(extend("format" = "host", "not" = { "enum": ["0.0.0.0", "::"] }, "x-sparkcfg" = {
        "drift": "may-differ", "services": ["api", "pm2"], "owner": "platform"
    }))]
    pub host: String,
    /// The TCP port of the Automagik API, 1 to 65535. Default: 8881. Read by: api.
    #[serde(rename = "AUTOMAGIK_API_PORT", default = "port")]
    #[schemars(range(min = 1, max = 65535), extend("x-sparkcfg" = {
        "drift": "must-match", "services": ["api", "pm2"], "owner": "platform"
    }))]
    pub port: u16,
    /// The same as one URL. Default: http://localhost:8881. Passed on by: pm2; no code reads it.
    #[serde(rename = "AUTOMAGIK_API_URL", default = "url")]
    #[schemars(extend("format" = "http-url", "x-sparkcfg" = {
        "drift": "may-differ", "services": ["pm2"], "owner": "platform"
    }))]
    pub url: String,
}

fn host() -> String {
    "localhost".to_owned()
}

fn port() -> u16 {
    8881
}

fn url() -> String {
    "http://localhost:8881".to_owned()
}
