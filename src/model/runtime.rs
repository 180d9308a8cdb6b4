//! Which environment this is, and its clock.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which environment this is, and its clock.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Runtime {
    /// The kind of environment. Default: development. Read by: api, worker, beat. Only `testing` changes what the code
    /// does: it allows SQLite.
    #[serde(rename = "ENVIRONMENT")]
    #[schemars(extend("default" = "development", "x-sparkcfg" = {
        "in": {
            "dev": { "enum": ["development", "testing"] },
            "staging": { "const": "staging" },
            "prod": { "const": "production" }
        },
        "drift": "must-differ", "services": ["api", "worker", "beat"], "owner": "platform"
    }))]
    pub environment: Stage,
    /// An older name of ENVIRONMENT that nothing reads. No default. Leave it out, or let it say the same.
    #[serde(rename = "AM_ENV", default)]
    #[schemars(with = "String", extend("deprecated" = true, "x-sparkcfg" = {
        "replaced-by": "ENVIRONMENT", "drift": "may-differ", "services": ["compose"], "owner": "platform"
    }))]
    pub am_env: Option<String>,
    /// An older name of ENVIRONMENT that PM2 sets and nothing reads. No default. Leave it out, or let it say the same.
    #[serde(rename = "AUTOMAGIK_SPARK_ENV", default)]
    #[schemars(with = "String", extend("deprecated" = true, "x-sparkcfg" = {
        "replaced-by": "ENVIRONMENT", "drift": "may-differ", "services": ["pm2"], "owner": "platform"
    }))]
    pub spark_env: Option<String>,
    /// Set by PM2 out of habit; no part of the stack runs on Node. No default. Leave it out, or let it say the same.
    #[serde(rename = "NODE_ENV", default)]
    #[schemars(with = "String", extend("deprecated" = true, "x-sparkcfg" = {
        "replaced-by": "ENVIRONMENT", "drift": "may-differ", "services": ["pm2"], "owner": "platform"
    }))]
    pub node_env: Option<String>,
    /// The time zone in which schedules are meant, an IANA name. Default: UTC. Read by: worker, beat.
    #[serde(rename = "AUTOMAGIK_TIMEZONE", default = "utc")]
    #[schemars(extend("format" = "timezone", "x-sparkcfg" = {
        "drift": "must-match", "services": ["worker", "beat"], "owner": "platform"
    }))]
    pub timezone: String,
}

/// The kinds of environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[schemars(extend("enum" = ["development", "testing", "staging", "production"]), with = "String")]
pub enum Stage {
    /// A developer's machine.
    Development,
    /// Automatic tests.
    Testing,
    /// The rehearsal of production.
    Staging,
    /// Production.
    Production,
}

fn utc() -> String {
    "UTC".to_owned()
}
