//! What a value's own look tells: whether it may be a secret at all.

use super::urls::url_password;

/// Whether a value may be a secret at all: not a number, a boolean, a path, a plain URL or a handful of characters.
#[must_use]
pub fn may_be_secret(value: &str) -> bool {
    let number = value.len() < 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    let word = ["true", "false", "none", "null", "yes", "no", "on", "off", "enabled", "disabled", "include"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    let path = value.starts_with(['/', '~']) || value.starts_with("./") || value.contains('/') && names_key_file(value);
    let resource = value.starts_with("arn:") || value.contains("://") && url_password(value).is_none();
    let address = value.parse::<std::net::IpAddr>().is_ok();
    value.len() >= 6 && !(number || word || path || resource || address)
}

/// Whether a value is the name of a header: `X-CSRF-Token`.
pub(super) fn is_header_name(value: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    value.strip_prefix("X-").is_some_and(|rest| rest.split('-').all(word))
}

/// Whether a value is a key that its maker gives to every browser.
pub(super) fn is_public_key(value: &str) -> bool {
    ["pk_live_", "pk_test_", "phc_"].iter().any(|start| value.starts_with(start))
}

/// Whether a value is made of words and numbers, as names are and what nobody can guess is not: `scram-sha-256`.
#[must_use]
pub fn is_spoken(value: &str) -> bool {
    let word = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && part.len() < 6
            || part.bytes().all(|byte| byte.is_ascii_lowercase())
            || part.bytes().all(|byte| byte.is_ascii_uppercase())
            || part.bytes().skip(1).all(|byte| byte.is_ascii_lowercase()) && part.as_bytes()[0].is_ascii_uppercase()
    };
    let spoken = |item: &str| {
        let mut parts = item.split(['-', '_', '.', ' ', '/']);
        item.len() <= 40 && parts.all(|part| !part.is_empty() && part.len() <= 16 && word(part))
    };
    value.split(',').map(str::trim).all(|item| spoken(item) || is_host_name(item))
}

/// Whether a text is the name of a host: `domain1.com`.
fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let ends = text
        .rsplit_once('.')
        .is_some_and(|(_, end)| (2..=6).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_lowercase()));
    ends && text.split('.').all(label)
}

/// Whether a path ends as those of keys and certificates do.
fn names_key_file(path: &str) -> bool {
    [".pem", ".key", ".crt", ".cer", ".p12", ".pfx", ".jks"].iter().any(|end| path.ends_with(end))
}

/// How many bits a byte of `value` carries, going by how often each occurs (Shannon).
#[allow(clippy::cast_precision_loss, reason = "values are far shorter than where that begins")]
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0usize; 256];
    value.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = value.len() as f64;
    let bits = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f64 / length)
        .map(|share| -share * share.log2());
    bits.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoken_values() {
        for (value, expected) in [
            ("keycloak", true),
            ("scram-sha-256", true),
            ("App Credentials", true),
            ("GOOGLE,GITHUB", true),
            ("domain1.com, domain2.com", true),
            ("hunter2", false),
            ("hunter2,hunter3", false),
            ("admin:secret", false),
            ("qwErty", false),
            ("84629175", false),
            ("", false),
        ] {
            assert_eq!(is_spoken(value), expected, "{value}");
        }
    }
}
