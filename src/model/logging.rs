//! Logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Logs.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Logging {
    /// The least severe message that is logged, in capitals: the program stops at its start on lower case. Default: INFO.
    /// Read by: api, worker, beat.
    #[serde(rename = "AUTOMAGIK_SPARK_LOG_LEVEL", default)]
    #[schemars(extend("x-sparkcfg" = {
        "in": { "prod": { "not": { "enum": ["DEBUG"] } } },
        "drift": "may-differ", "services": ["api", "worker", "beat"], "owner": "platform"
    }))]
    pub level: LogLevel,
    /// An older name of AUTOMAGIK_SPARK_LOG_LEVEL that only make reads. No default. Leave it out, or let it say the same.
    #[serde(rename = "LOG_LEVEL", default)]
    #[schemars(with = "String", extend("deprecated" = true, "x-sparkcfg" = {
        "replaced-by": "AUTOMAGIK_SPARK_LOG_LEVEL", "drift": "may-differ", "services": ["make"], "owner": "platform"
    }))]
    pub old_level: Option<String>,
    /// The worker's log file, with its folder: a bare file name stops the worker at its start. Default: logs/worker.log. Read
    /// by: worker.
    #[serde(rename = "AUTOMAGIK_SPARK_WORKER_LOG", default = "worker_log")]
    #[schemars(extend("format" = "file-path", "x-sparkcfg" = {
        "in": { "prod": { "pattern": "^/" } },
        "drift": "may-differ", "services": ["worker"], "owner": "platform"
    }))]
    pub worker_log: String,
    /// A folder for logs that no code reads. Default: ./logs.
    #[serde(rename = "LOG_FOLDER", default = "folder")]
    #[schemars(extend("deprecated" = true, "x-sparkcfg" = {
        "replaced-by": "AUTOMAGIK_SPARK_WORKER_LOG", "drift": "may-differ", "services": ["none"], "owner": "platform"
    }))]
    pub folder: String,
}

/// The levels of Python's logging.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline, with = "String", extend("enum" = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]))]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What a day's work looks like.
    #[default]
    Info,
    /// What may become a fault.
    Warning,
    /// A fault.
    Error,
    /// A fault that ends the program.
    Critical,
}

fn worker_log() -> String {
    "logs/worker.log".to_owned()
}

fn folder() -> String {
    "./logs".to_owned()
}
