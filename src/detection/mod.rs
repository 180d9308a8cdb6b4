//! What a key's name and a value's shape tell about secrets, without a schema.

mod names;
mod published;
mod tokens;
mod urls;
mod values;

pub use names::{is_plausible_name, names_secret};
pub use published::{PUBLISHED, Published, published};
pub use tokens::{Certainty, Token, known_token, token};
pub use urls::{is_local_default, url_password};
pub use values::{is_placeholder, leads_to_a_placeholder, may_be_secret, stands_in_for_a_secret};

/// Whether a value looks like a key, although neither its name nor its shape says for what: long and without order
/// where the name has the word `key` in it, or longer and of every kind of character.
#[must_use]
pub fn looks_like_a_key(key: &str, value: &str) -> bool {
    let blob = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.~".contains(&byte);
    if value.len() < 20 || !value.bytes().all(blob) || !may_be_secret(value) {
        return false;
    }
    let named = names::has_word(key, "key") && !names::is_about_or_public(key);
    let has = |is: fn(&u8) -> bool| value.as_bytes().iter().any(is);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    named && values::entropy(value) >= 3.7 || value.len() >= 32 && mixed && values::entropy(value) >= 4.3
}

#[cfg(test)]
mod tests {
    use super::{looks_like_a_key, may_be_secret};

    #[test]
    fn what_can_be_no_secret() {
        for (value, expected) in [
            ("hunter22", true),
            ("127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("%kernel.project_dir%/config/jwt/private.pem", false),
            ("a/b+c.pem=", true),
            ("./keys", false),
            ("12345", false),
        ] {
            assert_eq!(may_be_secret(value), expected, "{value}");
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
            ("BLOB", "a sentence of Some 20 Words which is no blob", false),
            ("IMAGE", "registry.example.com/Team/App-Server:2024.05.17-A1b2C3d4", false),
            ("SORT_KEY", "created_at", false),
        ] {
            assert_eq!(looks_like_a_key(key, value), expected, "{key}={value}");
        }
    }
}
