//! Telemetry.

use schemars::JsonSchema;
use serde::Deserialize;

/// Telemetry.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Telemetry {
    /// Whether the program sends no usage data: true, 1, yes or on. Default: false. Read by: api, worker.
    #[serde(rename = "AUTOMAGIK_SPARK_DISABLE_TELEMETRY", default)]
    #[schemars(extend("x-sparkcfg" = {
        "drift": "may-differ", "services": ["api", "worker"], "owner": "platform"
    }))]
    pub disabled: bool,
}
