//! Which environment a process believes to be in, and what every process shares.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The environment and its clock.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Runtime {
    /// The environment that the API, the worker and the scheduler believe to be in. It is the only one of the four
    /// environment markers that the application reads; `testing` allows SQLite as the database.
    #[serde(rename = "ENVIRONMENT")]
    #[schemars(extend(
        "default" = Environment::default(),
        "x-sparkcfg" = {
            "in": {
                "dev": { "enum": [Environment::Development, Environment::Testing] },
                "staging": { "const": Environment::Staging },
                "prod": { "const": Environment::Production },
            },
            "drift": "must-differ", "services": ["api", "worker", "beat"], "owner": "platform",
        },
    ))]
    pub environment: Environment,

    /// IANA time zone in which the scheduler and the worker read schedules and stamp messages. The same everywhere,
    /// or a schedule tested in one environment fires at another hour in the next.
    #[serde(rename = "AUTOMAGIK_TIMEZONE", default = "utc")]
    #[schemars(extend(
        "format" = "timezone", "examples" = ["UTC", "America/Sao_Paulo", "Europe/Lisbon"],
        "x-sparkcfg" = { "drift": "must-match", "services": ["api", "worker", "beat"], "owner": "platform" },
    ))]
    pub timezone: String,

    /// The environment marker that the container images set. The application never reads it, so a value other than
    /// that of `ENVIRONMENT` misleads whoever looks into the container.
    #[serde(rename = "AM_ENV", default)]
    #[schemars(extend(
        "deprecated" = true,
        "x-sparkcfg" = {
            "drift": "may-differ", "services": ["compose"], "owner": "platform", "replaced-by": "ENVIRONMENT",
        },
    ))]
    pub image_marker: Option<Environment>,

    /// The environment marker that the PM2 process file sets. The application never reads it; it must say the same as
    /// `ENVIRONMENT` or be absent.
    #[serde(rename = "AUTOMAGIK_SPARK_ENV", default)]
    #[schemars(extend(
        "deprecated" = true,
        "x-sparkcfg" = {
            "drift": "may-differ", "services": ["pm2"], "owner": "platform", "replaced-by": "ENVIRONMENT",
        },
    ))]
    pub process_marker: Option<Environment>,

    /// Node.js' environment marker, set for PM2 itself. No part of the application reads it; it must say the same as
    /// `ENVIRONMENT` or be absent.
    #[serde(rename = "NODE_ENV", default)]
    #[schemars(extend(
        "x-sparkcfg" = { "drift": "may-differ", "services": ["pm2"], "owner": "platform" },
    ))]
    pub node_marker: Option<Environment>,
}

/// The environments that the application knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// On a person's own machine.
    #[default]
    Development,
    /// Under a test runner.
    Testing,
    /// Like production, for people to try.
    Staging,
    /// For users.
    Production,
}

fn utc() -> String {
    "UTC".to_owned()
}
