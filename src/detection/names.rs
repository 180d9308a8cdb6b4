//! What a key's name tells about its value.

use super::tokens::known_token;

/// Whether a key's name says that its value is a secret: `DB_PASSWORD`, `stripeApiKey`.
#[must_use]
pub fn names_secret(key: &str) -> bool {
    let is = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    let (mut says_so, mut public, mut before, mut last) = (false, false, "", "");
    for word in words(key) {
        let pair =
            |[first, second]: &[&str; 2]| first.eq_ignore_ascii_case(before) && second.eq_ignore_ascii_case(word);
        let key = word.eq_ignore_ascii_case("apikey") || KEYS.iter().any(pair);
        says_so |= is(SECRET, word) || ends_in_password(word) || SECRET_PAIRS.iter().any(pair) || key && !public;
        public |= is(PUBLIC, word);
        (before, last) = (word, word);
    }
    (says_so || is(SECRET_AT_THE_END, last)) && !is(ABOUT_A_SECRET, last)
}

/// Whether one of the words of a name is `word`.
pub(super) fn has_word(key: &str, word: &str) -> bool {
    words(key).any(|found| found.eq_ignore_ascii_case(word))
}

/// Whether a name says that its value is about a secret, or is one for everybody: `KEY_ID`, `SITE_KEY`.
pub(super) fn is_about_or_public(key: &str) -> bool {
    let is = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    words(key).any(|word| is(PUBLIC, word)) || words(key).last().is_some_and(|last| is(ABOUT_A_SECRET, last))
}

/// Whether `key` may be told: a name of bearable length, not a line of a key file that was read as one.
#[must_use]
pub fn is_plausible_name(key: &str) -> bool {
    let name = key.chars().all(|character| character.is_alphanumeric() || "_-.[]".contains(character));
    let has = |is: fn(&u8) -> bool| key.as_bytes().iter().any(is);
    let blob = key.len() >= 32 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    name && !blob && key.len() <= 128 && known_token(key).is_none()
}

/// Whether a word is one of those that grew together: `PGPASSWORD`.
fn ends_in_password(word: &str) -> bool {
    const END: &[u8] = b"password";
    word.as_bytes().last_chunk::<{ END.len() }>().is_some_and(|end| end.eq_ignore_ascii_case(END))
}

/// A word that says "secret" wherever it stands.
const SECRET: &[&str] =
    &["credential", "credentials", "passphrase", "passwd", "password", "pwd", "secret", "secrets", "token"];

/// A word that says so only as the last one: `AUTH_DESCRIPTION` describes a component called auth.
const SECRET_AT_THE_END: &[&str] = &["auth", "pass", "pat", "pw", "salt"];

/// Two words that say so together, unless a word of [`PUBLIC`] stands before them.
const KEYS: &[[&str; 2]] = &[["access", "key"], ["api", "key"], ["app", "key"]];

/// Two words that say so together.
const SECRET_PAIRS: &[[&str; 2]] = &[
    ["auth", "token"],
    ["basic", "auth"],
    ["encryption", "key"],
    ["key", "base"],
    ["master", "key"],
    ["private", "key"],
    ["secret", "key"],
    ["signing", "key"],
];

/// A last word that turns the name into something about a secret: `TOKEN_TTL`, `PASSWORD_MIN_LENGTH`, `AUTH_URL`.
const ABOUT_A_SECRET: &[&str] = &[
    "algo",
    "algorithm",
    "audience",
    "backend",
    "count",
    "days",
    "dir",
    "disabled",
    "enabled",
    "encoding",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "file",
    "format",
    "header",
    "host",
    "hours",
    "id",
    "issuer",
    "iterations",
    "length",
    "lifetime",
    "limit",
    "max",
    "method",
    "min",
    "mins",
    "minutes",
    "mode",
    "name",
    "path",
    "port",
    "prefix",
    "provider",
    "realm",
    "region",
    "rounds",
    "scope",
    "scopes",
    "seconds",
    "size",
    "storage",
    "suffix",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "validity",
    "version",
];

/// A word that makes the key after it one for everybody: `PUBLIC_API_KEY`. A password stays one.
const PUBLIC: &[&str] = &["public", "publishable", "site"];

/// The words of a name: split at `_`, `-`, `.` and where camel case turns.
fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(['_', '-', '.']).filter(|part| !part.is_empty()).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let turns = |pair: &[u8]| {
                (pair[0].is_ascii_lowercase() || pair[0].is_ascii_digit()) && pair[1].is_ascii_uppercase()
            };
            let end = rest.as_bytes().windows(2).position(turns).map_or(rest.len(), |at| at + 1);
            let (word, after) = rest.split_at(end);
            rest = after;
            (!word.is_empty()).then_some(word)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for key in [
            "DB_PASSWORD",
            "API_KEY",
            "stripeApiKey",
            "JWT_SECRET",
            "SECRET_KEY_BASE",
            "GITHUB_TOKEN",
            "pw",
            "PGPASSWORD",
            "SITE_PASSWORD",
            "mysqlpassword",
            "PUBLIC_SITE_SECRET_KEY",
            "API_KEY_PUBLIC",
        ] {
            assert!(names_secret(key), "{key}");
        }
        for key in [
            "TOKEN_TTL",
            "PASSWORD_MIN_LENGTH",
            "AUTH_URL",
            "PUBLIC_API_KEY",
            "NEXT_PUBLIC_APIKEY",
            "PGPASSWORD_FILE",
            "KEYBOARD",
            "AUTHOR",
            "PASSENGER",
            "STRIPE_PUBLISHABLE_KEY",
            "AUTH_DESCRIPTION",
            "SECRET_NAME",
            "",
            "_",
        ] {
            assert!(!names_secret(key), "{key}");
        }
    }
}
