//! Encryption of stored credentials.

use schemars::JsonSchema;
use serde::Deserialize;

use super::SecretText;

/// Encryption of stored credentials.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Security {
    /// The Fernet key that protects stored credentials: 32 bytes in URL-safe base64, 44 characters. No default. Changing it
    /// makes everything stored with the old one unreadable. Read by: api, worker.
    #[serde(rename = "AUTOMAGIK_SPARK_ENCRYPTION_KEY", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "format" = "fernet-key", "x-sparkcfg" = {
        "required-in": ["staging", "prod"],
        "drift": "must-differ", "services": ["api", "worker"], "owner": "platform"
    }))]
    pub encryption_key: Option<SecretText>,
    /// The Fernet key of the Automagik suite, which this program does not use. No default.
    #[serde(rename = "AUTOMAGIK_ENCRYPTION_KEY", default)]
    #[schemars(with = "String", extend("writeOnly" = true, "format" = "fernet-key", "deprecated" = true, "x-sparkcfg" = {
        "replaced-by": "AUTOMAGIK_SPARK_ENCRYPTION_KEY", "drift": "must-differ", "services": ["none"], "owner": "platform"
    }))]
    pub suite_encryption_key: Option<SecretText>,
}
