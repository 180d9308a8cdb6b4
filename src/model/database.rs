//! The database that the application keeps everything in, and the PostgreSQL of the compose file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::patterns::elsewhere;
use super::secret_text::SecretText;

/// The application's database.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Database {
    /// URL of the database, with user and password: `postgresql+asyncpg://USER:PASSWORD@HOST:PORT/NAME`. Without
    /// `+asyncpg` the application adds it. SQLite only where `ENVIRONMENT` is `testing`. In prod a host other than this
    /// machine and a password of at least 12 characters.
    #[serde(rename = "AUTOMAGIK_SPARK_DATABASE_URL")]
    #[schemars(extend(
        "format" = "dsn",
        "x-sparkcfg" = {
            "in": { "staging": elsewhere(), "prod": { "allOf": [
                elsewhere(),
                {
                    "description": "a user, and a password of at least 12 characters",
                    "pattern": "^[a-z+]+://[^:/?#@]+:[^@]{12,}@",
                },
            ] } },
            "drift": "must-differ", "same": ["scheme"], "services": ["api", "worker", "beat"], "owner": "data",
        },
    ))]
    pub url: SecretText,

    /// User that the compose file's PostgreSQL creates on its first start.
    #[serde(rename = "AUTOMAGIK_SPARK_POSTGRES_USER", default = "user")]
    #[schemars(
        length(min = 1),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["postgres", "compose"], "owner": "data" })
    )]
    pub user: String,

    /// Password of that user. The default is published with the application's source and opens only a database on a
    /// person's own machine; prod refuses it and its kin.
    #[serde(rename = "AUTOMAGIK_SPARK_POSTGRES_PASSWORD", default = "password")]
    #[schemars(
        length(min = 1),
        extend(
            "default" = PASSWORD,
            "x-sparkcfg" = {
                "in": { "prod": { "not": { "enum": PUBLISHED_PASSWORDS } } },
                "drift": "must-differ", "services": ["postgres", "compose"], "owner": "data",
            },
        )
    )]
    pub password: SecretText,

    /// TCP port on which the compose file's PostgreSQL listens, inside its network and on the host alike.
    #[serde(rename = "AUTOMAGIK_SPARK_POSTGRES_PORT", default = "port")]
    #[schemars(
        range(min = 1, max = 65535),
        extend("x-sparkcfg" = { "drift": "may-differ", "services": ["postgres", "compose", "pm2"], "owner": "data" })
    )]
    pub port: u16,
}

const PASSWORD: &str = "spark_pass";

/// Passwords that stand in public files.
const PUBLISHED_PASSWORDS: [&str; 3] = [PASSWORD, "automagik", "postgres"];

fn user() -> String {
    "spark_user".to_owned()
}

fn password() -> SecretText {
    PASSWORD.to_owned().into()
}

fn port() -> u16 {
    5402
}
