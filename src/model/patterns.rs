//! Patterns that several groups and rules share; all within what a linear regular-expression engine can do.

use serde_json::{Value, json};

/// A URL whose host is the machine that reads it: a container that follows it finds nobody there.
pub(super) const THIS_MACHINE: &str =
    r"^[a-z0-9+]+://([^/?#]*@)?(localhost|127\.[0-9.]+|0\.0\.0\.0|\[::1?\])([:/?#]|$)";

/// What a URL must be where processes run in containers: on a host other than the one that reads it.
pub(super) fn elsewhere() -> Value {
    json!({ "description": "a host other than this machine", "not": { "pattern": THIS_MACHINE } })
}

/// The same of a host alone.
pub(super) fn other_host() -> Value {
    json!({ "description": "a host other than this machine", "not": { "pattern": LOOPBACK } })
}

/// An address that only the machine itself can reach.
pub(super) const LOOPBACK: &str = r"^(localhost|127\.[0-9.]+|\[?::1\]?)$";

/// A Redis URL on this machine, or on the compose file's own Redis.
pub(super) const OWN_REDIS: &str = r"^rediss?://([^/?#]*@)?(localhost|127\.[0-9.]+|\[::1\]|redis)([:/?#]|$)";

/// A Redis URL with a password.
pub(super) const REDIS_WITH_PASSWORD: &str = "^rediss?://[^:/?#@]*:[^/?#@]+@";

/// A PostgreSQL URL that the application accepts; it adds the driver where none is written.
pub(super) const POSTGRES: &str = r"^postgresql(\+asyncpg)?://";

/// What the application accepts under a test runner.
pub(super) const POSTGRES_OR_SQLITE: &str = r"^(postgresql(\+asyncpg)?|sqlite(\+aiosqlite)?)://";

/// A Fernet key whose 32 bytes all have the top bit clear, as text has and random bytes do not (one in 2³²).
///
/// Four letters of base64 hold three bytes. The bytes' top bits are bit 5 of the first letter's six, bit 3 of the
/// second's and bit 1 of the third's, so each position has a set of letters in which that bit is clear.
pub(super) const FERNET_KEY_OF_TEXT: &str = concat!(
    "^([A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9_-]){10}",
    "[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]=$"
);
