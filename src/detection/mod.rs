//! What a key's name and a value's shape tell about secrets, without a schema.

mod blocks;
mod headers;
mod names;
mod parameters;
mod placeholders;
mod published;
mod shapes;
mod tokens;
mod typed;
mod urls;
mod values;

pub use blocks::{is_in_key_block, key_blocks};
use names::Said;
pub use names::{is_plausible_name, names_a_text, names_secret, names_secret_surely, names_some_key};
pub use placeholders::{is_placeholder, leads_to_a_placeholder, stands_in_for_a_secret};
pub use published::{PUBLISHED, Published, published, published_as};
pub use tokens::{Certainty, Token, known_token, token, undoubted};
pub use typed::{credential, has_private_key};
pub use urls::{is_local_default, is_split_url, told_password, url_password};
pub use values::{is_spoken, may_be_secret};

/// Whether a value is a secret by the name of its key. What a name says less clearly (`DB_AUTH`) a value of plain words denies.
#[must_use]
pub fn is_secret_by_name(key: &str, value: &str) -> bool {
    // Of a shorter value nothing below says yes.
    if value.len() < 6 {
        return false;
    }
    let surely = match names::said_by(key) {
        Said::Nothing => return false,
        Said::Perhaps => false,
        Said::Surely => true,
    };
    // People choose numbers for passwords; of other secrets a short number is none.
    let chosen = || value.len() >= 6 && value.bytes().all(|byte| byte.is_ascii_digit()) && names::names_password(key);
    (may_be_secret(value) || chosen())
        && (names::names_password(key) || !values::is_header_name(value))
        && !values::is_public_key(value)
        && (surely || !values::is_spoken(value))
}

/// Whether two secrets that have this value are the same one. Shorter values are equal by chance, and to say so would tell
/// them, in characters; placeholders and what everybody can read is nobody's own.
#[must_use]
pub fn tells_apart(value: &str) -> bool {
    const SHORTEST: usize = 8;
    value.chars().count() >= SHORTEST && !stands_in_for_a_secret(value) && published(value).is_none()
}

/// Whether a value looks like a key, although neither its name nor its shape says for what: long and without order
/// where the name has the word `key` in it, or longer and of every kind of character.
#[must_use]
pub fn looks_like_a_key(key: &str, value: &str) -> bool {
    let blob = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.~".contains(&byte);
    if value.len() < 20 || !value.bytes().all(blob) || !may_be_secret(value) {
        return false;
    }
    let about = names::is_about_or_public(key);
    if about && !names::is_measure(key) || values::is_public_key(value) {
        return false;
    }
    let named = !about && names::has_word(key, "key");
    let has = |is: fn(&u8) -> bool| value.as_bytes().iter().any(is);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    named && values::entropy(value) >= 3.7 && !values::is_spoken(value)
        || value.len() >= 32 && mixed && values::entropy(value) >= 4.3
}

#[cfg(test)]
mod tests {
    use super::{is_secret_by_name, looks_like_a_key, may_be_secret};

    #[test]
    fn what_can_be_no_secret() {
        for (value, expected) in [
            ("hunter22", true),
            ("127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("%kernel.project_dir%/config/jwt/private.pem", false),
            ("a/b+c.pem=", true),
            ("uploads/2024/img.png", false),
            ("a/B7+c.x9Kp2mLq8z", true),
            ("sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC", false),
            ("sha384-oqVuAfXRKap7fdgcCY5uykM6", true),
            ("./keys", false),
            ("12345", false),
        ] {
            assert_eq!(may_be_secret(value), expected, "{value}");
        }
    }

    #[test]
    fn secrets_by_the_names_of_their_keys() {
        for (key, value, expected) in [
            ("DB_PASSWORD", "hunter22", true),
            ("DB_PASSWORD", "462917", true),
            ("DB_PASSWORD", "4629", false),
            ("API_TOKEN", "462917", false),
            ("DB_AUTH", "scram-sha-256", false),
            ("AUTH", "keycloak", false),
            ("BASIC_AUTH", "enabled", false),
            ("BASIC_AUTH", "admin:hunter", true),
            ("DB_AUTH", "hunter22", true),
            ("K8S_SECRET", "app-credentials", false),
            ("APP_SECRET", "app-credentials", true),
            ("CSRF_TOKEN", "X-CSRF-Token", false),
            ("CSRF_TOKEN", "X-3kf9-Token", true),
            ("CSRF_TOKEN", "x-ray-blue", true),
            ("DB_PASSWORD", "X-Ray-Blue", true),
            ("STRIPE_API_KEY", "pk_live_f81k20zqp3mmw7x9c4vt", false),
            ("LOG_LEVEL", "hunter22", false),
            ("SECRET_MANAGER_PROJECT", "acme-prod-392811", false),
            ("TOKEN_SYMBOL", "USDCOIN", false),
            ("PASSWORD_FIELD", "user_pass", false),
            ("PASSWORD_HINT", "wiki-page-seven", false),
            ("CLIENT_SECRET_REF", "App7-secrets", false),
            ("DB_PASSWORD", "projects/acme/secrets/Db-7/versions/latest", false),
            ("DB_PASSWORD_SERVER", "hunter22", true),
            ("UPSTREAM_AUTHORIZATION", "q7RfT2mLx9Kc", true),
            ("UPSTREAM_AUTHORIZATION", "rbac", false),
        ] {
            assert_eq!(is_secret_by_name(key, value), expected, "{key}={value}");
        }
    }

    #[test]
    fn keys_without_a_name() {
        for (key, value, expected) in [
            ("LICENSE_KEY", "f81k20zqp3mmw7x9c4vt", true),
            ("LICENSE_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("LICENSE_KEY", "f81k20zqp3", false),
            ("LICENSE_KEY_ID", "f81k20zqp3mmw7x9c4vt", false),
            ("SITE_KEY", "f81k20zqp3mmw7x9c4vt", false),
            ("BLOB", "f81k20zqp3mmw7x9c4vtf81k20zqp3mmw7x9c4vt", false),
            ("BLOB", "q7RfT2mLx9KcV4bNz8WpYs3HdGj6AeUo1iQy", true),
            ("API_PORT", "q7RfT2mLx9KcV4bNz8WpYs3HdGj6AeUo1iQy", true),
            ("KEY_TTL", "f81k20zqp3mmw7x9c4vt", false),
            ("DB_HOST", "ec2-203-0-113-25.compute-1.amazonaws.com", false),
            ("BUILD_VERSION", "q7RfT2mLx9KcV4bNz8WpYs3HdGj6AeUo1iQy", false),
            ("VAPID_PUBLIC_KEY", "q7RfT2mLx9KcV4bNz8WpYs3HdGj6AeUo1iQy", false),
            ("POSTHOG", "phc_q7RfT2mLx9KcV4bNz8WpYs3HdGj6AeUo1iQy", false),
            ("BLOB", "a sentence of Some 20 Words which is no blob", false),
            ("IMAGE", "registry.example.com/Team/App-Server:2024.05.17-A1b2C3d4", false),
            ("SORT_KEY", "created_at", false),
            ("I18N_KEY", "errors.validation.required.field", false),
            ("S3_KEY", "uploads/2024/Img-8f3.png", false),
            ("SRI", "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC", false),
        ] {
            assert_eq!(looks_like_a_key(key, value), expected, "{key}={value}");
        }
    }
}
