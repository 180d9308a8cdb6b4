//! What is logged, and where to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Log levels and files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Logging {
    /// The least severe messages that are logged, in capitals: the worker stops at once on `info`. Not `DEBUG` in prod.
    #[serde(rename = "AUTOMAGIK_SPARK_LOG_LEVEL")]
    #[schemars(extend(
        "x-sparkcfg" = {
            "in": { "prod": { "not": { "enum": [LogLevel::Debug] } } },
            "drift": "may-differ", "services": ["api", "worker", "beat"], "owner": "platform",
        },
    ))]
    pub level: LogLevel,

    /// Log level of the Makefile's own recipes. The application never reads it; where both are set, they must agree.
    #[serde(rename = "LOG_LEVEL")]
    #[schemars(extend(
        "deprecated" = true,
        "x-sparkcfg" = {
            "drift": "may-differ", "services": ["make"], "owner": "platform",
            "replaced-by": "AUTOMAGIK_SPARK_LOG_LEVEL",
        },
    ))]
    pub recipe_level: Option<LogLevel>,

    /// File that the worker logs to, within a folder: on a bare file name the worker stops at once, and nothing expands a
    /// `~`. In prod an absolute path.
    #[serde(rename = "AUTOMAGIK_SPARK_WORKER_LOG")]
    #[schemars(extend(
        "format" = "file-path", "pattern" = "/[^/]", "$comment" = "a path with a folder, logs/worker.log",
        "examples" = ["logs/worker.log", "/var/log/automagik/worker.log"],
        "x-sparkcfg" = {
            "in": { "prod": { "description": "an absolute path", "pattern": "^/" } },
            "drift": "may-differ", "services": ["worker"], "owner": "platform",
        },
    ))]
    pub worker_log: String,

    /// Folder for log files. Nothing reads it.
    #[serde(rename = "LOG_FOLDER")]
    #[schemars(extend(
        "pattern" = "^[^~]*/[^~]*$", "$comment" = "a path with a / and without ~", "deprecated" = true,
        "x-sparkcfg" = {
            "in": { "prod": { "description": "an absolute path", "pattern": "^/" } },
            "drift": "may-differ", "services": [], "owner": "platform", "replaced-by": "AUTOMAGIK_SPARK_WORKER_LOG",
        },
    ))]
    pub folder: String,
}

/// Python's log levels, as its `logging` module spells them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens.
    #[default]
    Info,
    /// What may become a fault.
    Warning,
    /// What failed.
    Error,
    /// What stopped the process.
    Critical,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            level: LogLevel::default(),
            recipe_level: None,
            worker_log: "logs/worker.log".to_owned(),
            folder: "./logs".to_owned(),
        }
    }
}
