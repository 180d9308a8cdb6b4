//! Values that everybody can read in a public example.

use super::urls::url_password;

/// A value known from public examples, and where it is known from.
#[derive(Debug)]
pub struct Published {
    /// The value as it stands there.
    pub value: &'static str,
    /// Where anybody can read it.
    pub known_from: &'static str,
}

/// Values that everybody knows. To add one: one line, in the order of the values.
pub static PUBLISHED: &[Published] = &[
    Published { value: "!ChangeMe!", known_from: "the API Platform template" },
    Published { value: "SecretPassw0rd", known_from: "many tutorials" },
    Published { value: "admin123", known_from: "many tutorials" },
    Published { value: "automagik_pass", known_from: "the Automagik compose files" },
    Published { value: "changethis", known_from: "the FastAPI full-stack template" },
    Published { value: "devin_secret_key", known_from: "a public example" },
    Published { value: "difyai123456", known_from: "the Dify compose files" },
    Published { value: "eW91ci10ZXN0LWVuY3J5cHRpb24ta2V5LS0tLS0tLS0=", known_from: "the Automagik example file" },
    Published { value: "guest:guest", known_from: "RabbitMQ's default user" },
    Published { value: "minioadmin", known_from: "MinIO's default user" },
    Published { value: "namastex888", known_from: "the Automagik example file" },
    Published { value: "password123", known_from: "many tutorials" },
    Published { value: "postgres:postgres", known_from: "PostgreSQL's default user" },
    Published { value: "secretkey", known_from: "many tutorials" },
    Published { value: "spark_pass", known_from: "the Automagik Spark compose files" },
    Published { value: "spark_redis_pass", known_from: "the Automagik Spark compose files" },
    Published {
        value: "super-secret-jwt-token-with-at-least-32-characters-long",
        known_from: "the Supabase example file",
    },
    Published { value: "your-super-secret-and-long-postgres-password", known_from: "the Supabase example file" },
];

/// The published value that `value` is, or that is the password of the URL `value`.
#[must_use]
pub fn published(value: &str) -> Option<&'static Published> {
    let inside = url_password(value).map(|password| &value[password]);
    PUBLISHED.iter().find(|known| known.value == value || inside == Some(known.value))
}
