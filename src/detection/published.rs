//! Values that everybody can read in a public example.

use super::names::names_password;
use super::urls::{is_in_user_information, is_local_default, url_password};

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
    Published { value: "!ChangeThisMercureHubJWTSecretKey!", known_from: "the API Platform template" },
    Published {
        value: "16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef",
        known_from: "the LibreChat example file",
    },
    Published { value: "255d861b-5ea1-5996-9aa3-922530ec40b1", known_from: "the Directus documentation" },
    Published {
        value: "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=",
        known_from: "a widely copied Airflow compose file",
    },
    Published { value: "6116487b-cda1-52c2-b5b5-c8022c45e263", known_from: "the Directus documentation" },
    Published { value: "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=", known_from: "the Airflow documentation" },
    Published {
        value: "850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907",
        known_from: "the Supabase example file",
    },
    Published { value: "AABBCCDDAABBCCDDAABBCCDDAABBCCDDAABBCCDD", known_from: "the Flowise example file" },
    Published { value: "AKIAIOSFODNN7EXAMPLE", known_from: "the AWS documentation" },
    Published { value: "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", known_from: "the Superset source" },
    Published { value: "DrhYf7zENyR6AlUCKmnz0eYASOQdl6zxH7s7MKFSfFCt", known_from: "the LibreChat example file" },
    Published { value: "SecretPassw0rd", known_from: "many tutorials" },
    Published { value: "TEST_NON_DEV_SECRET", known_from: "the Superset compose files" },
    Published { value: "ThisTokenIsNotSoSecretChangeIt", known_from: "the Symfony skeleton" },
    Published {
        value: "UpNVntn3cDxHJpq99YMc1T1AQgQpc8kfYTuRgBiYa15BLrx8etQoXz3gZv1/u2oq",
        known_from: "the Supabase example file",
    },
    Published { value: "WVF5YThaHlkYwhGUSmCRgsX3tD5ngdN8pkih", known_from: "the Dify example file" },
    Published { value: "a-string-secret-at-least-256-bits-long", known_from: "jwt.io" },
    Published { value: "aSampleMasterKey", known_from: "the Meilisearch documentation" },
    Published { value: "admin123", known_from: "many tutorials" },
    Published { value: "automagik_pass", known_from: "the Automagik compose files" },
    Published { value: "changethis", known_from: "the FastAPI full-stack template" },
    Published { value: "d1r3ctu5", known_from: "the Directus documentation" },
    Published { value: "data encryption key with 32 char", known_from: "the Hoppscotch example file" },
    Published { value: "default:development.unleash-insecure-api-token", known_from: "the Unleash compose file" },
    Published { value: "devin_secret_key", known_from: "a public example" },
    Published { value: "difyai123456", known_from: "the Dify compose files" },
    Published { value: "eW91ci10ZXN0LWVuY3J5cHRpb24ta2V5LS0tLS0tLS0=", known_from: "the Automagik example file" },
    Published {
        value: "eaa5191f2914e30b9387fd84e254e4ba6fc51b4654968a9b0803b456a54b8418",
        known_from: "the LibreChat example file",
    },
    Published {
        value: "f34be427ebb29de8d88c107a71546019685ed8b241d8f2ed00c3df97ad2566f0",
        known_from: "the LibreChat example file",
    },
    Published { value: "generate_a_new_key", known_from: "the Outline example file" },
    Published { value: "guest:guest", known_from: "RabbitMQ's default user" },
    Published { value: "infini_rag_flow", known_from: "the RAGFlow compose files" },
    Published { value: "keyboard cat", known_from: "the documentation of express-session" },
    Published { value: "minio123", known_from: "many tutorials" },
    Published { value: "minioadmin", known_from: "MinIO's default user" },
    Published { value: "miniosecret", known_from: "the Langfuse compose file" },
    Published { value: "mmuser_password", known_from: "the Mattermost compose file" },
    Published { value: "my-secret-pw", known_from: "the documentation of the MySQL image" },
    Published { value: "myadminsecretkey", known_from: "the Hasura documentation" },
    Published { value: "myredissecret", known_from: "the Langfuse compose file" },
    Published { value: "mysecretpassword", known_from: "the documentation of the PostgreSQL image" },
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
    Published { value: "taiga-secret-key", known_from: "the Taiga compose file" },
    Published { value: "thisISaSECRET_1234", known_from: "the Superset source" },
    Published { value: "this_password_is_insecure_and_should_be_updated", known_from: "the Supabase example file" },
    Published { value: "tobemodified", known_from: "the Strapi example file" },
    Published { value: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", known_from: "the AWS documentation" },
    Published { value: "your-256-bit-secret", known_from: "jwt.io" },
    Published { value: "your-super-secret-and-long-postgres-password", known_from: "the Supabase example file" },
    Published {
        value: "your-super-secret-jwt-token-with-at-least-32-characters-long",
        known_from: "the Supabase example file",
    },
];

/// The published value that `value` is, or that is the password, or the user and password, of the URL `value`.
#[must_use]
pub fn published(value: &str) -> Option<&'static Published> {
    let known = |value: &str| {
        let at = LENGTHS.has(value).then(|| PUBLISHED.binary_search_by(|known| known.value.cmp(value)).ok());
        at.flatten().map(|at| &PUBLISHED[at])
    };
    known(value).or_else(|| {
        let password = url_password(value)?;
        if !is_in_user_information(value) {
            return known(&value[password]);
        }
        let user = value[..password.end].rfind("://").map_or(0, |scheme| scheme + 3);
        let both = known(&value[user..password.end]).filter(|_| !is_local_default(value));
        known(&value[password]).or(both)
    })
}

/// How long the texts of a list are that begin with a byte, be it a capital or not: this turns down nearly every value, of
/// which each is asked.
struct Lengths([u128; 256]);

impl Lengths {
    const fn with(mut self, text: &str) -> Self {
        let first = text.as_bytes()[0];
        self.0[first.to_ascii_lowercase() as usize] |= 1 << text.len();
        self.0[first.to_ascii_uppercase() as usize] |= 1 << text.len();
        self
    }

    /// Whether `value` may be one of the texts.
    fn has(&self, value: &str) -> bool {
        let Some(first) = value.as_bytes().first() else { return false };
        value.len() < 128 && self.0[usize::from(*first)] & 1 << value.len() != 0
    }
}

static LENGTHS: Lengths = {
    let (mut lengths, mut at) = (Lengths([0; 256]), 0);
    while at < PUBLISHED.len() {
        lengths = lengths.with(PUBLISHED[at].value);
        at += 1;
    }
    lengths
};

static TRIED_LENGTHS: Lengths = {
    let (mut lengths, mut at) = (Lengths([0; 256]), 0);
    while at < TRIED_FIRST.len() {
        lengths = lengths.with(TRIED_FIRST[at]);
        at += 1;
    }
    lengths
};

/// Words that are tried first wherever a password is asked for: what databases come with, and what people choose most.
/// Anywhere else they are words like others.
static TRIED_FIRST: &[&str] = &[
    "000000",
    "111111",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "123123",
    "abc123",
    "admin",
    "administrator",
    "cassandra",
    "clickhouse",
    "couchdb",
    "default",
    "elastic",
    "guest",
    "iloveyou",
    "influxdb",
    "keycloak",
    "letmein",
    "mariadb",
    "minio",
    "mongo",
    "mongodb",
    "mysql",
    "neo4j",
    "oracle",
    "pass",
    "passw0rd",
    "password",
    "password1",
    "postgres",
    "postgresql",
    "qwerty",
    "rabbitmq",
    "redis",
    "root",
    "rootpassword",
    "rootroot",
    "sa",
    "secret",
    "solr",
    "sysadmin",
    "test",
    "test123",
    "tiger",
    "toor",
    "user",
    "welcome",
    "welcome1",
];

/// The published value that `value` is as the value of `key`: as [`published`], and, for a password, one of those that are
/// tried first.
#[must_use]
pub fn published_as(key: &str, value: &str) -> Option<&'static str> {
    let tried = || {
        let common = TRIED_LENGTHS.has(value) && TRIED_FIRST.iter().any(|word| word.eq_ignore_ascii_case(value));
        let common = common && names_password(key);
        common.then_some("every list of usual passwords")
    };
    published(value).map(|known| known.known_from).or_else(tried)
}

#[cfg(test)]
mod tests {
    use super::{PUBLISHED, TRIED_FIRST, published, published_as};

    #[test]
    fn usual_passwords() {
        for (key, value, expected) in [
            ("DB_PASSWORD", "postgres", true),
            ("PGPASSWORD", "Password", true),
            ("REDIS_PASS", "root", true),
            ("DB_USER", "postgres", false),
            ("API_TOKEN", "root", false),
            ("DB_PASSWORD", "postgres2", false),
            ("DB_PASSWORD", "", false),
            ("API_KEY", "namastex888", true),
        ] {
            assert_eq!(published_as(key, value).is_some(), expected, "{key}={value}");
        }
    }

    #[test]
    fn none_is_turned_down_by_its_length() {
        for known in PUBLISHED {
            assert!(published(known.value).is_some_and(|found| found.value == known.value), "{}", known.value);
        }
        for word in TRIED_FIRST {
            for spelling in [(*word).to_owned(), word.to_ascii_uppercase()] {
                assert!(published_as("DB_PASSWORD", &spelling).is_some(), "{spelling}");
            }
        }
    }

    #[test]
    fn values_are_in_order() {
        assert!(PUBLISHED.is_sorted_by(|one, next| one.value < next.value));
    }

    #[test]
    fn also_in_urls() {
        for (value, expected) in [
            ("namastex888", Some("namastex888")),
            ("redis://:difyai123456@cache:6379/1", Some("difyai123456")),
            ("amqp://guest:guest@rabbitmq:5672//", Some("guest:guest")),
            ("postgresql+asyncpg://postgres:postgres@db/x", Some("postgres:postgres")),
            ("postgres://postgres:postgres@localhost/x", None),
            ("postgres://app:other@db/x", None),
            ("postgres", None),
            ("", None),
        ] {
            assert_eq!(published(value).map(|known| known.value), expected, "{value}");
        }
    }
}
