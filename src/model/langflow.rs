//! LangFlow, where the workflows come from.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretText;

/// LangFlow.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Langflow {
    /// The URL of LangFlow's API, without a slash at the end. Default: http://localhost:7860. Read by: api, worker.
    #[serde(rename = "LANGFLOW_API_URL", default = "api_url")]
    #[schemars(extend("format" = "http-url", "pattern" = "[^/]$", "x-sparkcfg" = {
        "in": { "prod": {
            "description": "in production LangFlow is reached over https or as a service of the private network",
            "pattern": "^(https://|http://langflow[:/]|http://langflow$)"
        } },
        "drift": "may-differ", "services": ["api", "worker"], "owner": "workflows"
    }))]
    pub api_url: String,
    /// The key that LangFlow asks for. No default: a LangFlow of one's own may ask for none. Read by: api, worker.
    #[serde(rename = "LANGFLOW_API_KEY", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "x-sparkcfg" = {
        "drift": "must-differ", "services": ["api", "worker"], "owner": "workflows"
    }))]
    pub api_key: Option<SecretText>,
    /// The TCP port of this machine on which the LangFlow container answers, 1 to 65535. Default: 7860. Read by: langflow,
    /// compose.
    #[serde(rename = "LANGFLOW_PORT", default = "port")]
    #[schemars(range(min = 1, max = 65535), extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["langflow", "compose"], "owner": "workflows"
    }))]
    pub port: u16,
    /// How many processes LangFlow starts. Default: 2. Read by: langflow.
    #[serde(rename = "LANGFLOW_WORKERS", default = "workers")]
    #[schemars(range(min = 1, max = 64), extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["langflow"], "owner": "workflows"
    }))]
    pub workers: u16,
}

fn api_url() -> String {
    "http://localhost:7860".to_owned()
}

fn port() -> u16 {
    7860
}

fn workers() -> u16 {
    2
}
