//! Rules of the model over several keys: what agrees, what differs, and what depends on what.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::patterns::{OWN_REDIS, POSTGRES, POSTGRES_OR_SQLITE, REDIS_WITH_PASSWORD};

/// One entry of the root's `x-sparkcfg.agree` (all members have one value), `x-sparkcfg.differ` (no two members have the
/// same) or `x-sparkcfg.contain` (the first member is a list, and has the others among its items).
///
/// A member is `KEY` or `KEY#part`, where the part is the `scheme`, `user`, `password`, `host`, `port`, `database` or
/// `origin` of a URL or DSN. A key that is not set counts with its default; a member that has no value, or that a
/// sealed file hides, is left out.
///
/// Without a condition the entry is written as a plain array of members: `["A#port", "B"]`. With one it is an object,
/// `{ "keys": ["A#port", "B"], "when": { "A#host": ["localhost"] } }`: it holds only where each member under `when`
/// has one of the values listed for it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum CrossRule {
    /// Holds always.
    Always(Vec<&'static str>),
    /// Holds under a condition.
    When {
        /// The members that are compared.
        keys: Vec<&'static str>,
        /// Member to the values of which it must have one; all entries must hold.
        when: BTreeMap<&'static str, Vec<&'static str>>,
    },
}

impl CrossRule {
    fn always<const N: usize>(keys: [&'static str; N]) -> Self {
        Self::Always(keys.to_vec())
    }

    /// Holds where `member` is one of `values`.
    fn when<const N: usize>(keys: [&'static str; N], member: &'static str, values: &[&'static str]) -> Self {
        Self::When { keys: keys.to_vec(), when: BTreeMap::from([(member, values.to_vec())]) }
    }
}

/// Names of the machine itself.
const LOCAL: &[&str] = &["localhost", "127.0.0.1", "::1"];

/// Hosts behind which stands the compose file's own PostgreSQL.
const OWN_POSTGRES: &[&str] = &["localhost", "127.0.0.1", "::1", "automagik-spark-db", "postgres"];

/// Hosts behind which stands the compose file's own Redis, as [`OWN_REDIS`] has it.
const OWN_REDIS_HOSTS: &[&str] = &["localhost", "127.0.0.1", "::1", "redis"];

/// Hosts behind which stands the compose file's own LangFlow.
const OWN_LANGFLOW: &[&str] = &["localhost", "127.0.0.1", "::1", "langflow"];

/// Which keys must have one value.
pub(super) fn agree() -> Vec<CrossRule> {
    let environment = CrossRule::always(["ENVIRONMENT", "AM_ENV", "AUTOMAGIK_SPARK_ENV", "NODE_ENV"]);
    let level = CrossRule::always(["AUTOMAGIK_SPARK_LOG_LEVEL", "LOG_LEVEL"]);
    let results =
        CrossRule::always(["AUTOMAGIK_SPARK_CELERY_BROKER_URL#host", "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND#host"]);
    let automagik = [
        CrossRule::always(["AUTOMAGIK_API_URL#host", "AUTOMAGIK_API_HOST"]),
        CrossRule::always(["AUTOMAGIK_API_URL#port", "AUTOMAGIK_API_PORT"]),
    ];
    let database = [
        ["AUTOMAGIK_SPARK_DATABASE_URL#user", "AUTOMAGIK_SPARK_POSTGRES_USER"],
        ["AUTOMAGIK_SPARK_DATABASE_URL#password", "AUTOMAGIK_SPARK_POSTGRES_PASSWORD"],
        ["AUTOMAGIK_SPARK_DATABASE_URL#port", "AUTOMAGIK_SPARK_POSTGRES_PORT"],
        ["AUTOMAGIK_SPARK_DATABASE_URL#database", "POSTGRES_DB"],
    ]
    .map(|keys| CrossRule::when(keys, "AUTOMAGIK_SPARK_DATABASE_URL#host", OWN_POSTGRES));
    let broker = [
        ["AUTOMAGIK_SPARK_CELERY_BROKER_URL#port", "AUTOMAGIK_SPARK_REDIS_PORT"],
        ["AUTOMAGIK_SPARK_CELERY_BROKER_URL#password", "AUTOMAGIK_SPARK_REDIS_PASSWORD"],
    ]
    .map(|keys| CrossRule::when(keys, "AUTOMAGIK_SPARK_CELERY_BROKER_URL#host", OWN_REDIS_HOSTS));
    let backend = [
        ["AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND#port", "AUTOMAGIK_SPARK_REDIS_PORT"],
        ["AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND#password", "AUTOMAGIK_SPARK_REDIS_PASSWORD"],
    ]
    .map(|keys| CrossRule::when(keys, "AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND#host", OWN_REDIS_HOSTS));
    // On another host a proxy may listen, at a port of its own, in dev too.
    let remote = CrossRule::when(
        ["AUTOMAGIK_SPARK_REMOTE_URL#port", "AUTOMAGIK_SPARK_API_PORT"],
        "AUTOMAGIK_SPARK_REMOTE_URL#host",
        LOCAL,
    );
    let langflow = CrossRule::when(["LANGFLOW_API_URL#port", "LANGFLOW_PORT"], "LANGFLOW_API_URL#host", OWN_LANGFLOW);
    let always = [environment, level, results].into_iter().chain(automagik);
    always.chain(database).chain(broker).chain(backend).chain([remote, langflow]).collect()
}

/// Which keys must have different values.
pub(super) fn differ() -> Vec<CrossRule> {
    vec![
        // Behind these ports stand processes of one machine; AUTOMAGIK_API_PORT is that of another service's process,
        // which on a person's machine is the same.
        CrossRule::always([
            "AUTOMAGIK_SPARK_API_PORT",
            "AUTOMAGIK_SPARK_POSTGRES_PORT",
            "AUTOMAGIK_SPARK_REDIS_PORT",
            "LANGFLOW_PORT",
            "AUTOMAGIK_API_PORT",
        ]),
        CrossRule::always(["AUTOMAGIK_SPARK_ENCRYPTION_KEY", "AUTOMAGIK_ENCRYPTION_KEY"]),
    ]
}

/// Which lists have which values among their items.
pub(super) fn contain() -> Vec<CrossRule> {
    // The page that the API itself serves calls it from there. Where another one is served from no key says.
    vec![CrossRule::always(["AUTOMAGIK_SPARK_API_CORS", "AUTOMAGIK_SPARK_REMOTE_URL#origin"])]
}

/// What standard JSON Schema can say about several keys.
pub(super) fn all_of() -> Value {
    json!([
        {
            "if": { "properties": { "ENVIRONMENT": { "const": "testing" } }, "required": ["ENVIRONMENT"] },
            "then": { "properties": { "AUTOMAGIK_SPARK_DATABASE_URL": {
                "description": "a URL of PostgreSQL or, because ENVIRONMENT is testing, SQLite",
                "pattern": POSTGRES_OR_SQLITE,
            } } },
            "else": { "properties": { "AUTOMAGIK_SPARK_DATABASE_URL": {
                "description": "a URL of PostgreSQL; SQLite only where ENVIRONMENT is testing",
                "pattern": POSTGRES,
            } } },
        },
        carries_redis_password("AUTOMAGIK_SPARK_CELERY_BROKER_URL"),
        carries_redis_password("AUTOMAGIK_SPARK_CELERY_RESULT_BACKEND"),
    ])
}

/// The compose file's Redis always asks for a password, except where somebody set an empty one.
fn carries_redis_password(key: &str) -> Value {
    json!({
        "if": {
            "properties": { key: { "pattern": OWN_REDIS }, "AUTOMAGIK_SPARK_REDIS_PASSWORD": { "minLength": 1 } },
            "required": [key],
        },
        "then": { "properties": { key: {
            "description": "a URL with the password that Redis asks for, AUTOMAGIK_SPARK_REDIS_PASSWORD",
            "pattern": REDIS_WITH_PASSWORD,
        } } },
    })
}
