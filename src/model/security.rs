//! Keys that encrypt what the database holds.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::patterns::FERNET_KEY_OF_TEXT;
use super::secret_text::{SecretText, unless_empty};

/// Encryption at rest.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Security {
    /// Fernet key that encrypts the API keys of workflow sources in the database: 32 random bytes in URL-safe base64, 44
    /// characters. Without one the application falls back to a key that stands in its source. Whoever changes it loses
    /// what the old one encrypted.
    #[serde(rename = "AUTOMAGIK_SPARK_ENCRYPTION_KEY", deserialize_with = "unless_empty")]
    #[schemars(extend(
        "format" = "fernet-key",
        "x-sparkcfg" = {
            "required-in": ["staging", "prod"],
            "in": {
                "staging": random_key(),
                "prod": random_key(),
            },
            "drift": "must-differ", "services": ["api", "worker"], "owner": "security",
        },
    ))]
    pub encryption_key: Option<SecretText>,

    /// Fernet key that sister projects declare. No part of this stack reads it; where it is set, it is another one than
    /// `AUTOMAGIK_SPARK_ENCRYPTION_KEY`.
    #[serde(rename = "AUTOMAGIK_ENCRYPTION_KEY", deserialize_with = "unless_empty")]
    #[schemars(extend(
        "format" = "fernet-key", "deprecated" = true,
        "x-sparkcfg" = {
            "in": { "staging": random_key(), "prod": random_key() },
            "drift": "must-differ", "services": [], "owner": "security",
            "replaced-by": "AUTOMAGIK_SPARK_ENCRYPTION_KEY",
        },
    ))]
    pub global_encryption_key: Option<SecretText>,
}

/// A key that nobody could guess. The published one is a text, too; naming it once is enough, hence the condition.
fn random_key() -> Value {
    let published = json!({ "enum": PUBLISHED_KEYS });
    json!({
        "not": published,
        "if": { "not": published },
        "then": { "description": "32 random bytes, not a text in base64", "not": { "pattern": FERNET_KEY_OF_TEXT } },
    })
}

/// Keys that stand in public files.
const PUBLISHED_KEYS: [&str; 1] = ["eW91ci10ZXN0LWVuY3J5cHRpb24ta2V5LS0tLS0tLS0="];
