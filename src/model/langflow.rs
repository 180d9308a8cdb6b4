//! LangFlow, the engine that runs workflows.

use schemars::JsonSchema;
use serde::Deserialize;

use super::patterns::{THIS_MACHINE, elsewhere};
use super::secret_text::{SecretText, unless_empty};

/// How LangFlow is reached, and how the compose file starts it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Langflow {
    /// URL of the LangFlow API. In prod `https`, or plain `http` to a service of the same private network, named by one
    /// word: `http://langflow:7860`. In staging, too, not this machine: in a container that is the container itself.
    #[serde(rename = "LANGFLOW_API_URL")]
    #[schemars(extend(
        "format" = "http-url",
        "x-sparkcfg" = {
            "in": { "staging": elsewhere(), "prod": {
                "description": "https, or http to a service of the private network named by one word; not this machine",
                "pattern": "^(https://.+|http://[A-Za-z][A-Za-z0-9_-]*(:[0-9]{1,5})?(/.*)?)$",
                "not": { "pattern": THIS_MACHINE },
            } },
            "drift": "may-differ", "services": ["api", "worker"], "owner": "workflows",
        },
    ))]
    pub api_url: String,

    /// Key for the LangFlow API. Empty or absent where LangFlow asks for none.
    #[serde(rename = "LANGFLOW_API_KEY", deserialize_with = "unless_empty")]
    #[schemars(extend(
        "x-sparkcfg" = { "drift": "must-differ", "services": ["api", "worker"], "owner": "workflows" },
    ))]
    pub api_key: Option<SecretText>,

    /// TCP port under which the compose file publishes LangFlow.
    #[serde(rename = "LANGFLOW_PORT")]
    #[schemars(
        range(min = 1, max = 65535),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["langflow", "compose"], "owner": "workflows" })
    )]
    pub port: u16,

    /// Processes in which LangFlow serves requests.
    #[serde(rename = "LANGFLOW_WORKERS")]
    #[schemars(
        range(min = 1, max = 65535),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["langflow"], "owner": "workflows" })
    )]
    pub workers: u16,
}

impl Default for Langflow {
    fn default() -> Self {
        Self { api_url: "http://localhost:7860".to_owned(), api_key: None, port: 7860, workers: 2 }
    }
}
