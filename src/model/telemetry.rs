//! What the application tells its makers.

use schemars::JsonSchema;
use serde::Deserialize;

/// Usage statistics.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Telemetry {
    /// Whether to send no usage statistics. `true`, `1`, `yes` and `on` switch them off.
    #[serde(rename = "AUTOMAGIK_SPARK_DISABLE_TELEMETRY")]
    #[schemars(extend(
        "x-sparkcfg" = { "drift": "may-differ", "services": ["api", "worker", "beat"], "owner": "platform" },
    ))]
    pub disabled: bool,
}
