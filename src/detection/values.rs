//! What a value's own look tells: whether it may be a secret at all.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::urls::url_password;

/// Whether a value may be a secret at all: not a number, a boolean, a path, a plain URL or a handful of characters.
#[must_use]
pub fn may_be_secret(value: &str) -> bool {
    let number = value.len() < 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    let word = ["true", "false", "none", "null", "yes", "no", "on", "off", "enabled", "disabled", "include"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    let path = value.starts_with(['/', '~']) || value.starts_with("./") || value.contains('/') && names_a_file(value);
    // Names of secrets at Google's and at Vault's.
    let kept = value.starts_with("projects/") && value.contains("/secrets/") || value.starts_with("vault:");
    let resource = kept || value.starts_with("arn:") || value.contains("://") && url_password(value).is_none();
    let address = value.parse::<std::net::IpAddr>().is_ok();
    value.len() >= 6 && !(number || word || path || resource || address || is_told_hash(value))
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

/// Whether a path ends as those of keys and certificates do, or leads to a file by names alone, with none of the other signs that
/// Base64 has.
fn names_a_file(path: &str) -> bool {
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let ends = || {
        let (_, end) = path.rsplit('/').next().and_then(|name| name.rsplit_once('.'))?;
        let short =
            (1..=5).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        (short && end.bytes().any(|byte| byte.is_ascii_lowercase())).then_some(())
    };
    [".pem", ".key", ".crt", ".cer", ".p12", ".pfx", ".jks"].iter().any(|end| path.ends_with(end))
        || path.bytes().all(of_name) && ends().is_some()
}

/// Whether a value is a hash that says of what kind it is, as of a script that a page takes: `sha384-…`, `sha256:…`.
fn is_told_hash(value: &str) -> bool {
    const HASHES: &[(&str, usize)] = &[("sha1", 20), ("sha256", 32), ("sha384", 48), ("sha512", 64)];
    let told = HASHES.iter().find_map(|(name, size)| {
        let rest = value.strip_prefix(name)?.strip_prefix(['-', ':'])?;
        Some((rest, *size))
    });
    told.is_some_and(|(rest, size)| {
        let is_hex = rest.len() == 2 * size && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex || STANDARD.decode(rest).is_ok_and(|bytes| bytes.len() == size)
    })
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
